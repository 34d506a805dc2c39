//! Where the audit log is, as it is configured.

use std::path::{Path, PathBuf};

use super::AuditConfig;
use super::check::Check;
use super::raw::RawAudit;

impl Check<'_> {
    /// Beside a store in SQLite the log gets a file of its own; in PostgreSQL it stands in the same database.
    pub(super) fn audit(&mut self, audit: RawAudit, store: &str) -> AuditConfig {
        if let Some(url) = &audit.url
            && !["sqlite://", "postgres://", "postgresql://"].iter().any(|it| url.starts_with(it))
        {
            self.wrong("audit.url", "must begin with sqlite:// or postgres://");
        }
        let url = audit.url.unwrap_or_else(|| beside(store));
        let head = audit.head.map(PathBuf::from);
        let head = head.or_else(|| Some(file(&url)?.with_extension("head")));
        AuditConfig { url, head }
    }
}

/// `sqlite://caregraph.db` becomes `sqlite://caregraph-audit.db`.
fn beside(store: &str) -> String {
    let Some(file) = file(store) else { return store.to_owned() };
    let mut name = file.file_stem().unwrap_or_default().to_owned();
    name.push("-audit");
    if let Some(ending) = file.extension() {
        name.push(".");
        name.push(ending);
    }
    format!("sqlite://{}", file.with_file_name(name).display())
}

fn file(url: &str) -> Option<PathBuf> {
    let path = url.strip_prefix("sqlite://")?.split('?').next()?;
    Some(Path::new(path).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_stands_beside_the_store() {
        for (store, log) in [
            ("sqlite://caregraph.db", "sqlite://caregraph-audit.db"),
            (
                "sqlite:///var/lib/care.graph/x.sqlite?mode=rwc",
                "sqlite:///var/lib/care.graph/x-audit.sqlite",
            ),
            ("sqlite://store", "sqlite://store-audit"),
            ("postgres://host/db", "postgres://host/db"),
        ] {
            assert_eq!(beside(store), log);
        }
    }
}
