//! `caregraph audit`: whether the log is whole, what stands in it, and its public key.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, Subcommand};
use secrecy::SecretString;

use super::{Failed, check, print, runtime, say};
use crate::app;
use crate::audit::{
    AuditKey, AuditStore, Checkpoint, Entry, Fault, Find, HeadFile, Place, PublicKey, Verdict,
    Verifier, fhir, instant, verify,
};
use crate::identity::{PersonId, PersonIndex, StoreKey};
use crate::store::{AuditTables, Store};
use crate::view::id::GlobalId;

/// How many entries are read at once.
const PAGE: usize = 1_000;

/// What to do with the log.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Say whether the log is whole; if not, name the first bad entry. The exit code is 1 then.
    Verify {
        #[command(flatten)]
        at: Whereabouts,
        /// A checkpoint that was kept elsewhere, as it stands in the gateway's log; may be given several times.
        #[arg(long, value_name = "TEXT")]
        checkpoint: Vec<Checkpoint>,
    },
    /// Print the public key by which the log's signatures are checked.
    Key {
        #[command(flatten)]
        at: Whereabouts,
    },
    /// Print entries for other systems, one on each line.
    Export {
        #[command(flatten)]
        at: Whereabouts,
        /// The format: `fhir`, `AuditEvent` resources of FHIR R4.
        #[arg(long, value_name = "FORMAT", default_value = "fhir", value_parser = ["fhir"])]
        format: String,
        #[command(flatten)]
        wanted: Wanted,
    },
    /// Print entries, one on each line, the newest first.
    Search {
        #[command(flatten)]
        at: Whereabouts,
        #[command(flatten)]
        wanted: Wanted,
        /// How many at most.
        #[arg(long, default_value_t = 100)]
        limit: usize,
    },
}

/// Where the log is.
#[derive(Args, Debug)]
pub(super) struct Whereabouts {
    /// The configuration file of the gateway.
    #[arg(long, value_name = "FILE", required_unless_present = "store", conflicts_with = "store")]
    config: Option<PathBuf>,
    /// The log itself, `sqlite://PATH` or `postgres://…`, in place of a configuration.
    #[arg(long, value_name = "URL")]
    store: Option<String>,
    /// The public key, as `caregraph audit key` prints it: needed with --store to verify.
    #[arg(long, value_name = "HEX", requires = "store")]
    key: Option<String>,
    /// The head file; beside a SQLite file it is found by itself.
    #[arg(long, value_name = "FILE", requires = "store")]
    head: Option<PathBuf>,
}

/// Which entries.
#[derive(Args, Debug)]
pub(super) struct Wanted {
    /// Only what is about the patient of this id.
    #[arg(long, value_name = "ID")]
    patient: Option<String>,
    /// Only what this viewer did: the subject of their tokens.
    #[arg(long, value_name = "SUBJECT")]
    viewer: Option<String>,
    /// Only what happened then or later, such as 2027-01-31T12:00:00Z.
    #[arg(long, value_name = "TIME", value_parser = moment)]
    from: Option<i64>,
    /// Only what happened before then.
    #[arg(long, value_name = "TIME", value_parser = moment)]
    until: Option<i64>,
}

/// A log that was found.
struct Log {
    url: String,
    head: Option<PathBuf>,
    public: Option<PublicKey>,
    secret: Option<AuditKey>,
    /// The configuration, when there is one, and the store's key.
    store: Option<(String, StoreKey)>,
}

pub(super) fn run(command: &Command) -> Result<(), Failed> {
    runtime()?.block_on(async {
        match command {
            Command::Verify { at, checkpoint } => verify_log(&at.find()?, checkpoint).await,
            Command::Key { at } => {
                let key = at.find()?.public.ok_or_else(|| no_key("print"))?;
                print(&key.to_string());
                Ok(())
            }
            Command::Export { at, wanted, format: _ } => {
                let show = |place: &Place, entry: &Entry| fhir::event(place, entry).to_string();
                list(&at.find()?, wanted, usize::MAX, show).await
            }
            Command::Search { at, wanted, limit } => list(&at.find()?, wanted, *limit, line).await,
        }
    })
}

impl Whereabouts {
    fn find(&self) -> Result<Log, Failed> {
        if let Some(path) = &self.config {
            return of_config(path);
        }
        let url = self.store.clone().unwrap_or_default();
        let public = match &self.key {
            None => None,
            Some(text) => Some(PublicKey::parse(text).ok_or_else(|| {
                Failed(
                    "--key must hold 64 hexadecimal digits, as \"caregraph audit key\" prints them"
                        .to_owned(),
                )
            })?),
        };
        let beside = app::sqlite_file(&url).map(|file| file.with_extension("head"));
        Ok(Log { head: self.head.clone().or(beside), url, public, secret: None, store: None })
    }
}

impl Log {
    /// The ids under which a person's entries may be found; without a configuration, that one alone.
    async fn people(&self, person: PersonId) -> Result<Vec<PersonId>, Failed> {
        let Some((url, key)) = &self.store else { return Ok(vec![person]) };
        let store = Store::open(url).await?;
        let index = PersonIndex::new(Arc::new(store.clone()), Vec::new(), key).await?;
        let people = index.aliases(person).await;
        store.close().await;
        Ok(people?)
    }
}

fn of_config(path: &Path) -> Result<Log, Failed> {
    let config = check::read(path)?;
    let key: Option<&SecretString> = config.store_key.as_ref();
    if key.is_none()
        && let Some(file) = app::sqlite_file(&config.store)
        && !file.with_extension("key").exists()
    {
        return Err(Failed(format!(
            "there is no store at {} yet: its key is missing",
            file.display()
        )));
    }
    let key = app::store_key(&config.store, key)?;
    let secret = AuditKey::new(&key)?;
    let (url, head) = (config.audit.url, config.audit.head);
    let (public, store) = (Some(secret.public()), Some((config.store, key)));
    Ok(Log { url, head, public, secret: Some(secret), store })
}

fn no_key(what: &str) -> Failed {
    Failed(format!("there is no key to {what} with: give --config, or --key beside --store"))
}

async fn verify_log(log: &Log, checkpoints: &[Checkpoint]) -> Result<(), Failed> {
    let public = log.public.ok_or_else(|| no_key("verify"))?;
    if let Some(forged) = checkpoints.iter().find(|checkpoint| !public.accepts(checkpoint)) {
        return Err(Failed(format!(
            "the checkpoint of entry {} of chain {} was not signed with this log's key",
            forged.point.seq, forged.point.chain
        )));
    }
    // The head is read before the log, which may grow meanwhile.
    let head = log.head.clone().map(HeadFile::new);
    let known = head.as_ref().map(|head| head.read(&public)).transpose()?.flatten();
    let vouched: Vec<Checkpoint> = checkpoints.iter().copied().chain(known).collect();
    let tables = AuditTables::open_existing(&log.url).await?;
    let verifier = Verifier { public, secret: log.secret.as_ref() };
    let verdict = verify(&tables, &verifier, &vouched).await;
    tables.close().await;
    match verdict? {
        Verdict::Broken(fault) => Err(broken(&fault)),
        Verdict::Whole { entries, chains, last } => {
            if let (Some(head), None, true) = (&head, known, entries > 0) {
                return Err(Failed(format!(
                    "the audit log is not as it was written: its head file {} is missing",
                    head.path().display()
                )));
            }
            if head.is_none() {
                say(
                    "caregraph: there is no head file: a cut at the end is found by --checkpoint alone",
                );
            }
            let last = last.map_or_else(String::new, |last| {
                format!(", the last is entry {} of chain {}", last.seq, last.chain)
            });
            print(&format!("the audit log is whole: {entries} entries in {chains} chains{last}"));
            Ok(())
        }
    }
}

fn broken(fault: &Fault) -> Failed {
    Failed(format!("the audit log is not as it was written: {fault}"))
}

/// Prints what is wanted, page by page.
async fn list(
    log: &Log,
    wanted: &Wanted,
    limit: usize,
    show: impl Fn(&Place, &Entry) -> String,
) -> Result<(), Failed> {
    let people = match &wanted.patient {
        None => None,
        Some(id) => Some(log.people(person(id)?).await?),
    };
    let tables = AuditTables::open_existing(&log.url).await?;
    let (mut left, mut after) = (limit, None);
    while left > 0 {
        let find = Find {
            people: people.clone(),
            viewer: wanted.viewer.clone(),
            not_in_roles: Vec::new(),
            from_ms: wanted.from,
            until_ms: wanted.until,
            after,
            limit: left.min(PAGE),
        };
        let rows = tables.find(&find).await?;
        for row in &rows {
            let place = (row.at_ms, row.chain, row.seq);
            print(&show(&place, &row.entry()?));
            after = Some(place);
        }
        if rows.len() < find.limit {
            break;
        }
        left -= rows.len();
    }
    tables.close().await;
    Ok(())
}

fn person(id: &str) -> Result<PersonId, Failed> {
    match GlobalId::decode(id) {
        Some(GlobalId::Patient(person)) => Ok(person),
        _ => PersonId::parse(id)
            .ok_or_else(|| Failed("--patient must be the id of a patient".to_owned())),
    }
}

/// An entry on one line, as it is stored.
fn line(place: &Place, entry: &Entry) -> String {
    let mut shown = serde_json::json!({
        "entry": format!("{}.{}", place.1, place.2),
        "at": instant::write(entry.at_ms),
    });
    if let Some(person) = entry.person {
        shown["patient"] = GlobalId::Patient(person).encode().0.into();
    }
    if !entry.viewer.is_empty() {
        shown["viewer"] = entry.viewer.clone().into();
    }
    if let Ok(serde_json::Value::Object(body)) = serde_json::to_value(&entry.body)
        && let Some(shown) = shown.as_object_mut()
    {
        shown.extend(body);
    }
    shown.to_string()
}

fn moment(text: &str) -> Result<i64, String> {
    instant::read(text).ok_or_else(|| "must be an instant such as 2027-01-31T12:00:00Z".to_owned())
}
