//! `caregraph connector try`: what is asked for one patient, what comes back, and what is made of it, side by side.

use std::fmt::Write as _;
use std::sync::Arc;

use caregraph_connectors::conformance::{Stage, Subject, Take};
use caregraph_connectors::connector::RosterEntry;
use caregraph_connectors::locate::Locator;
use caregraph_connectors::record::Section;
use caregraph_connectors::{Ask, Connector, LocalId, Problem, RosterCursor, Share, builtin};
use clap::Args;
use secrecy::ExposeSecret as _;
use serde_json::Value;
use tokio::time::Instant;

use super::super::{Failed, print, runtime, say};
use super::{check, source};
use crate::app;
use crate::config::ConnectorConfig;

/// More of an answer than this is not printed.
const SHOWN: usize = 64 * 1024;

/// What is tried.
#[derive(Debug, Args)]
pub(in super::super) struct Options {
    #[command(flatten)]
    source: source::Which,
    /// The patient, by the id that the source gave them; the first of its list when absent.
    #[arg(long, value_name = "ID")]
    patient: Option<String>,
    /// So many patients of the list, one after the other, to see how different they are.
    #[arg(long, value_name = "N", default_value_t = 1, conflicts_with = "patient")]
    patients: usize,
    /// One section alone, such as MEDICATIONS; `roster` for the list of patients, `directory` for services.
    #[arg(long, value_name = "SECTION")]
    section: Option<String>,
}

pub(super) fn run(options: &Options) -> Result<(), Failed> {
    let source = options.source.read()?;
    let identifier = options.source.identifier()?;
    let subject = Subject { identifier, ..app::subject(&source.config, &builtin())? };
    say("caregraph: what follows is personal data of your own system; keep it to yourself");
    runtime()?.block_on(shown(&source.config, &subject, options, &Locator::of(&source.text)))
}

/// A part of what a source has.
enum Part {
    Roster,
    Lookup,
    Directory,
    Section(Section),
}

impl Part {
    fn named(name: &str, connector: &dyn Connector) -> Result<Self, Failed> {
        let name = name.to_ascii_uppercase().replace('-', "_");
        let section = connector.offers().iter().find(|section| section.name() == name);
        match (name.as_str(), section) {
            ("ROSTER", _) => Ok(Self::Roster),
            ("LOOKUP", _) => Ok(Self::Lookup),
            ("DIRECTORY" | "SERVICES", _) => Ok(Self::Directory),
            (_, Some(section)) => Ok(Self::Section(*section)),
            (_, None) => {
                let offers: Vec<&str> = connector.offers().iter().map(|it| it.name()).collect();
                Err(Failed(format!(
                    "the manifest describes no section {name}; write roster or one of {}",
                    offers.join(", ")
                )))
            }
        }
    }

    /// All that there is.
    fn all(connector: &dyn Connector) -> Vec<Self> {
        let is_of_patient = |section: &&Section| **section != Section::Services;
        let sections = connector.offers().iter().filter(is_of_patient).copied();
        let roster = connector.has_roster().then_some(Self::Roster);
        let lookup = connector.finds_by().map(|_| Self::Lookup);
        let directory = connector.directory().map(|_| Self::Directory);
        roster
            .into_iter()
            .chain(lookup)
            .chain(directory)
            .chain(sections.map(Self::Section))
            .collect()
    }
}

async fn shown(
    config: &ConnectorConfig,
    subject: &Subject,
    options: &Options,
    locator: &Locator<'_>,
) -> Result<(), Failed> {
    let stage = Arc::new(Stage::default());
    let connector = subject.connector(&stage)?;
    let connector = &*connector;
    let parts = match &options.section {
        Some(name) => vec![Part::named(name, connector)?],
        None => Part::all(connector),
    };
    let patients = match &options.patient {
        Some(id) => vec![LocalId::new(id.as_str())],
        None if connector.finds_by().is_some() => {
            let found = found(connector, subject).await.unwrap_or_default();
            found.into_iter().map(|entry| entry.id).collect()
        }
        None => first(connector, subject, options.patients).await,
    };
    stage.takes();
    stage.objections();
    let tell = |title: &str, made: String| {
        let mut text = format!("== {title}\n");
        stage.takes().iter().for_each(|take| exchange(&mut text, take));
        let _ = write!(text, "-- mapped\n{made}\n");
        let unfit = stage.unfit();
        for finding in stage.objections() {
            check::line(&mut text, options.source.manifest.as_path(), &finding, locator);
            let values = finding.path.as_ref().and_then(|path| unfit.get(path));
            for value in values.into_iter().flatten() {
                let _ = writeln!(text, "       does not fit: {value:?}");
            }
        }
        print(&text);
    };
    for part in parts {
        match part {
            Part::Roster => tell("roster", roster(connector, subject).await),
            Part::Lookup => tell("lookup", lookup(connector, subject).await),
            Part::Directory => tell("directory", directory(connector).await),
            Part::Section(_) if patients.is_empty() => {
                return Err(Failed("nobody is listed; name a patient with --patient, or with --identifier where the source is asked for one".to_owned()));
            }
            Part::Section(section) => {
                for patient in &patients {
                    let share = share(connector, subject, section, patient).await;
                    tell(section.name(), records(config, share));
                }
            }
        }
    }
    Ok(())
}

/// The first patients of the list.
async fn first(connector: &dyn Connector, subject: &Subject, count: usize) -> Vec<LocalId> {
    let (mut ids, mut from) = (Vec::new(), RosterCursor::Start);
    while ids.len() < count {
        let deadline = Instant::now() + subject.io.timeout;
        let Ok(page) = connector.roster(&from, deadline).await else { break };
        ids.extend(page.people.into_iter().map(|entry| entry.id));
        match page.next {
            Some(next) => from = next,
            None => break,
        }
    }
    ids.truncate(count);
    ids
}

/// Whom the source finds under the identifier that was given.
async fn found(connector: &dyn Connector, subject: &Subject) -> Result<Vec<RosterEntry>, Problem> {
    let Some(identifier) = &subject.identifier else { return Ok(Vec::new()) };
    connector.find(identifier.expose_secret(), Instant::now() + subject.io.timeout).await
}

async fn lookup(connector: &dyn Connector, subject: &Subject) -> String {
    if subject.identifier.is_none() {
        return "nobody was asked for; name somebody with --identifier".to_owned();
    }
    match found(connector, subject).await {
        Err(problem) => format!("problem: {problem}"),
        Ok(found) => {
            let mut text = format!("{} found", found.len());
            for entry in &found {
                person(&mut text, entry);
            }
            text
        }
    }
}

fn person(text: &mut String, entry: &RosterEntry) {
    let person = pretty(&serde_json::to_value(&entry.person).unwrap_or_default());
    let _ = write!(text, "\nid {:?}, active {}\n{person}", entry.id.as_str(), entry.active);
}

async fn roster(connector: &dyn Connector, subject: &Subject) -> String {
    match connector.roster(&RosterCursor::Start, Instant::now() + subject.io.timeout).await {
        Err(problem) => format!("problem: {problem}"),
        Ok(page) => {
            let mut text = format!(
                "{} patients on this page, {} entries that cannot be read; {}",
                page.people.len(),
                page.unreadable,
                if page.next.is_some() { "more pages follow" } else { "this is the last page" }
            );
            for entry in page.people.iter().take(3) {
                person(&mut text, entry);
            }
            text
        }
    }
}

async fn directory(connector: &dyn Connector) -> String {
    let Some(directory) = connector.directory() else { return "it keeps no directory".to_owned() };
    let problem = directory.refresh().await.err().map(|it| format!("problem: {it}\n"));
    let catalogue = directory.catalogue();
    let services = catalogue.services();
    let mut text = format!("{}{} services", problem.unwrap_or_default(), services.len());
    for service in services.iter().take(3) {
        let service = serde_json::to_value(&**service).unwrap_or_default();
        let _ = write!(text, "\n{}", pretty(&service));
    }
    text
}

async fn share(
    connector: &dyn Connector,
    subject: &Subject,
    section: Section,
    patient: &LocalId,
) -> Share {
    let deadline = Instant::now() + subject.io.timeout;
    let patients = std::slice::from_ref(patient);
    let mut answer = connector.fetch(Ask { patients, section, deadline, since: None }).await;
    answer.remove(patient).unwrap_or_default()
}

/// The records, each with the labels by which it is shown or hidden.
fn records(config: &ConnectorConfig, share: Share) -> String {
    let Share { records, problem, withdrawn, .. } = share;
    let mut text = format!("{} records, {withdrawn} withdrawn", records.len());
    if let Some(problem) = problem {
        let _ = write!(text, "\nproblem: {problem}");
    }
    for record in &records {
        let _ = write!(text, "\n{}", pretty(&serde_json::to_value(record).unwrap_or_default()));
        let labels = app::effective_labels(config, record);
        let labels = if labels.is_empty() { "none".to_owned() } else { labels.join(", ") };
        let _ = write!(text, "\nlabels in effect: {labels}");
    }
    text
}

/// A question and its answer. What shows who we are was not written down.
fn exchange(text: &mut String, take: &Take) {
    let _ = writeln!(text, "-> {} {}", take.asked.method, take.asked.url);
    for (name, value) in &take.asked.headers {
        let _ = writeln!(text, "   {name}: {}", value.to_str().unwrap_or("…"));
    }
    if !take.asked.body.is_empty() {
        let _ = writeln!(text, "   {}", String::from_utf8_lossy(&take.asked.body));
    }
    match &take.came {
        Err(problem) => {
            let _ = writeln!(text, "<- {problem}");
        }
        Ok(answer) => {
            let media_type = answer.headers.get("content-type").and_then(|it| it.to_str().ok());
            let _ = writeln!(
                text,
                "<- {} {} ({} bytes, {} ms)",
                answer.status,
                media_type.unwrap_or("of no stated type"),
                answer.body.len(),
                take.took.as_millis()
            );
            let body = match serde_json::from_slice::<Value>(&answer.body) {
                Ok(value) => pretty(&value),
                Err(_) => String::from_utf8_lossy(&answer.body).into_owned(),
            };
            let end = body.char_indices().nth(SHOWN).map_or(body.len(), |(place, _)| place);
            let _ = writeln!(text, "{}", body.get(..end).unwrap_or_default());
        }
    }
}

/// JSON as people read it, without what is not there.
fn pretty(value: &Value) -> String {
    let mut value = value.clone();
    prune(&mut value);
    serde_json::to_string_pretty(&value).unwrap_or_default()
}

fn prune(value: &mut Value) {
    let is_nothing = |value: &Value| match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        _ => false,
    };
    match value {
        Value::Array(items) => items.iter_mut().for_each(prune),
        Value::Object(members) => {
            members.values_mut().for_each(prune);
            members.retain(|_, value| !is_nothing(value));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use caregraph_connectors::record::Record;
    use serde_json::json;

    use super::*;
    use crate::config::load_manifest;

    #[test]
    fn each_record_is_shown_with_the_labels_that_it_has_in_effect() {
        let example = include_str!("../../../connectors/examples/greenleaf-pharmacy.toml");
        let told = |head: &str, labels: Value| {
            let config = load_manifest(&format!("{head}{example}"), &builtin()).unwrap();
            let drug = json!({"drug": {"text": "Sevelamer 800 mg tab"}});
            let fact = json!({"order": {"intent": "order", "medication": drug}});
            let record = json!({"reference": "order/1", "labels": labels, "fact": fact});
            let records = vec![serde_json::from_value::<Record>(record).unwrap()];
            let text = super::records(&config, Share { records, ..Share::default() });
            text.lines().last().unwrap_or_default().to_owned()
        };
        assert_eq!(told("", json!([{"code": "PSY"}])), "labels in effect: MENTAL_HEALTH");
        assert_eq!(told("", json!([{"code": "N"}])), "labels in effect: none");
        let of_source = told("labels = [\"PART_2\"]\n", json!([]));
        assert_eq!(of_source, "labels in effect: PART_2");
    }
}
