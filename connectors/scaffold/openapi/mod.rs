//! Manifests from descriptions in OpenAPI 3.0 and 3.1.

mod auth;
mod operation;
mod schema;

use self::operation::{Operation, Use};
use self::schema::Document;
use super::guess::Target;
use super::head::written;
use super::manifest::{Question, blocks, incomplete};
use super::outline::Outline;
use super::tree::{BYTES, Budget, Tree, read_json};
use super::{Draft, Head, Refused, yaml};

/// How many paths are looked at, and how many blocks come of them.
const PATHS: usize = 500;
const BLOCKS: usize = 40;

/// Writes a manifest from a description.
pub(super) fn draft(head: &Head, text: &str) -> Result<Draft, Refused> {
    let root = read(text)?;
    let document = Document::new(&root);
    let mut head = head.clone();
    head.name = head.name.or_else(|| root.at(&["info", "title"])?.text().map(str::to_owned));
    head.base_url = head.base_url.or_else(|| server(&root));
    let paths = root.get("paths").map(Tree::fields).unwrap_or_default();
    if paths.is_empty() {
        return Err(Refused(
            "describes no `paths`, so that there is nothing to ask for".to_owned(),
        ));
    }
    let operations: Vec<Operation> = paths
        .iter()
        .take(PATHS)
        .filter_map(|(path, item)| Operation::of(&document, path, item))
        .collect();
    let listing = operations.iter().find(|it| matches!(it.judged(), Some(Use::Roster)));
    let home = listing.map(|it| it.path.clone());
    let mut parts: Vec<(Target, Outline, Question)> = Vec::new();
    let (mut unused, mut remarks) = (Vec::new(), Vec::new());
    for operation in operations {
        let is_first = |target: Target| !parts.iter().any(|(known, ..)| *known == target);
        match operation.target(home.as_deref()) {
            Ok(target)
                if parts.len() < BLOCKS
                    && (is_first(target) || matches!(target, Target::Record(_))) =>
            {
                remarks.push(format!("GET {}: taken for {}", operation.path, target.words()));
                parts.extend(
                    operation.into_parts().map(|(outline, question)| (target, outline, question)),
                );
            }
            Ok(_) => unused.push(format!("GET {} (another one was taken)", operation.path)),
            Err(why) => unused.push(format!("GET {} ({why})", operation.path)),
        }
    }
    let others = paths.iter().take(PATHS).filter(|(_, item)| item.get("get").is_none());
    unused.extend(others.map(|(path, _)| format!("{path} (it has no GET)")));
    if parts.is_empty() {
        let why = "describes no GET whose JSON lists patients, services, or what is known of one patient; give samples of answers instead";
        return Err(Refused(why.to_owned()));
    }
    let mut blocks = blocks(parts);
    remarks.extend(incomplete(&mut blocks));
    let auth = auth::rule(&document);
    remarks.extend(auth.remark);
    Ok(Draft { manifest: written(&head, auth.rule.as_deref(), &blocks, &unused), remarks })
}

fn read(text: &str) -> Result<Tree, Refused> {
    let text = text.trim_start_matches('\u{feff}');
    if text.len() > BYTES {
        return Err(Refused("is larger than 8 MiB".to_owned()));
    }
    let root = if text.trim_start().starts_with('{') {
        read_json(text, &Budget::new())?
    } else {
        yaml::read(text)?
    };
    match root.get("openapi").and_then(Tree::scalar) {
        Some(version) if version.starts_with("3.0") || version.starts_with("3.1") => Ok(root),
        Some(_) => {
            Err(Refused("is of another version than 3.0 and 3.1, which are read here".to_owned()))
        }
        None if root.get("swagger").is_some() => Err(Refused(
            "is Swagger 2.0; convert it to OpenAPI 3, or give samples of answers".to_owned(),
        )),
        None => Err(Refused("is no OpenAPI description: it has no `openapi`".to_owned())),
    }
}

/// The first server, with the usual values of its variables; only one that is a whole address.
fn server(root: &Tree) -> Option<String> {
    let server = root.get("servers")?.items().first()?;
    let mut url = server.get("url")?.text()?.to_owned();
    for (name, variable) in server.get("variables").map(Tree::fields).unwrap_or_default() {
        let usual = variable.get("default").and_then(Tree::scalar)?;
        url = url.replace(&format!("{{{name}}}"), &usual);
    }
    url.starts_with("http").then_some(url)
}
