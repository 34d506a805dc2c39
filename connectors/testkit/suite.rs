//! Plays every case and judges what the connector made of it.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout};
use tracing::instrument::WithSubscriber as _;
use url::Url;

use super::case::{self, Case};
use super::dialect::{Dialect, Subject};
use super::ear::Ear;
use super::fault::{Fault, Stage};
use super::http::HttpAnswer;
use super::report::{Finding, Report, Verdict};
use super::server::{Play, Server};
use super::{CANARY, STRANGER};
use crate::connector::{Ask, Connector, LocalId, Problem, RosterCursor};
use crate::egress::{Credentials, Egress};
use crate::record::Section;
use crate::registry::Io;

/// The timeout that connectors are built with; long enough for a busy machine, short enough to be waited for.
const TIMEOUT: Duration = Duration::from_millis(400);

/// The timeout where the load is heavy.
const HEAVY: Duration = Duration::from_secs(20);

/// How long after its deadline a connector may come back.
const GRACE: Duration = Duration::from_millis(200);

/// How much later than the latest possible moment a connector is given up.
const GIVEN_UP: Duration = Duration::from_secs(10);

/// What the connector is asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operation {
    Ask(&'static str, Section),
    Roster,
    Refresh,
}

/// What the connector said.
#[derive(Debug, Default)]
struct Told {
    problem: Option<Problem>,
    records: usize,
    strangers: usize,
    /// A promise of the contract that was broken beside the case.
    broken: Option<&'static str>,
}

/// What happened.
struct Outcome {
    told: Option<Told>,
    elapsed: Duration,
    limit: Duration,
    logged: String,
    struck: bool,
    requests: usize,
    foreign: usize,
}

/// Plays every case that makes sense for this dialect.
pub async fn comply(dialect: &dyn Dialect) -> Report {
    let mut report = Report { kind: dialect.kind().name, findings: Vec::new() };
    for case in case::all() {
        let main = match dialect.subject() {
            Subject::Patient { id, section, .. } => Operation::Ask(id, section),
            Subject::Directory => Operation::Refresh,
        };
        report.findings.push(judged(dialect, &case, main).await);
        if dialect.roster().is_some() && case.general {
            report.findings.push(judged(dialect, &case, Operation::Roster).await);
        }
    }
    for operation in unoffered(dialect) {
        report.findings.push(refused(dialect, operation).await);
    }
    report
}

/// What the connector must refuse without asking anybody.
fn unoffered(dialect: &dyn Dialect) -> Vec<Operation> {
    match dialect.subject() {
        Subject::Patient { id, unoffered, .. } => vec![Operation::Ask(id, unoffered)],
        Subject::Directory => vec![Operation::Ask("1", Section::Conditions), Operation::Roster],
    }
}

async fn judged(dialect: &dyn Dialect, case: &Case, operation: Operation) -> Finding {
    let mut outcome = play(dialect, case, operation).await;
    // A busy machine is no fault of the connector: what was only late is played once more.
    if outcome.as_ref().is_ok_and(|it| it.told.is_some() && it.elapsed > it.limit) {
        outcome = play(dialect, case, operation).await;
    }
    let (verdict, said) = match outcome {
        Ok(outcome) if !outcome.struck => {
            (Verdict::DoesNotApply, "No answer of this dialect can be changed so.".to_owned())
        }
        Ok(outcome) => verdict(dialect, case, operation, &outcome),
        Err(error) => (Verdict::Failed, error),
    };
    Finding { operation: operation.name(), case: case.name, verdict, said }
}

fn verdict(
    dialect: &dyn Dialect,
    case: &Case,
    operation: Operation,
    outcome: &Outcome,
) -> (Verdict, String) {
    let is_directory = operation == Operation::Refresh;
    let healthy = match operation {
        Operation::Roster => dialect.roster().unwrap_or_default(),
        Operation::Ask(..) | Operation::Refresh => dialect.records(),
    };
    let expected = format!("{} and {}", case.expected, case.kept.words(is_directory));
    let Some(told) = &outcome.told else {
        return (Verdict::Failed, format!("Expected {expected}; it panicked or never came back."));
    };
    let mut wrong = faults_of(told, outcome);
    if !(case.right)(told.problem.as_ref()) {
        wrong.push("the problem is another");
    }
    if !case.kept.allows(told.records, healthy, is_directory) {
        wrong.push("the number of records is another");
    }
    let problem = told.problem.as_ref().map_or("no problem".to_owned(), |it| format!("{it:?}"));
    let seen = format!("{problem} and {} record(s) of {healthy}", told.records);
    if wrong.is_empty() {
        (Verdict::Passed, format!("Expected {expected}; saw {seen}."))
    } else {
        (Verdict::Failed, format!("Expected {expected}; saw {seen}: {}.", wrong.join(", ")))
    }
}

/// What no case allows.
fn faults_of(told: &Told, outcome: &Outcome) -> Vec<&'static str> {
    let said = told.problem.as_ref().map(ToString::to_string).unwrap_or_default();
    let checks = [
        (outcome.elapsed > outcome.limit, "it came back too late"),
        (told.strangers > 0, "records of somebody else came through"),
        (outcome.foreign > 0, "a foreign host was called"),
        (said.contains(CANARY), "the problem's text repeats what was sent"),
        (outcome.logged.contains(CANARY), "the log repeats what was sent"),
    ];
    let wrong = checks.into_iter().filter(|(is_wrong, _)| *is_wrong).map(|(_, words)| words);
    wrong.chain(told.broken).collect()
}

async fn refused(dialect: &dyn Dialect, operation: Operation) -> Finding {
    let case = Case {
        name: "not offered",
        fault: Fault::Healthy,
        expected: "NotSupported",
        right: |problem| problem == Some(&Problem::NotSupported),
        kept: case::Kept::Empty,
        heavy: false,
        general: false,
    };
    let (verdict, said) = match play(dialect, &case, operation).await {
        Ok(outcome) if outcome.requests > 0 => {
            (Verdict::Failed, "Expected no request; saw one.".to_owned())
        }
        Ok(outcome) => verdict(dialect, &case, operation, &outcome),
        Err(error) => (Verdict::Failed, error),
    };
    Finding { operation: operation.name(), case: case.name, verdict, said }
}

/// Sets the stage and plays one case on it.
async fn play(dialect: &dyn Dialect, case: &Case, operation: Operation) -> Result<Outcome, String> {
    let no_port = |error: io::Error| format!("No port could be opened: {error}.");
    let server = Server::bind().await.map_err(no_port)?;
    let foreign = Server::bind().await.map_err(no_port)?;
    let deadline = if case.heavy { HEAVY } else { TIMEOUT };
    let patience = dialect.patience(deadline);
    let limit = GRACE + if operation == Operation::Refresh { patience } else { deadline };
    let stage = Stage::new(dialect, &case.fault, foreign.origin(), patience);
    let elsewhere = |_: &_| Play::Answer(HttpAnswer::of("text/plain", CANARY));
    let scene = async {
        let connector = connector(dialect, server.origin(), deadline)?;
        if operation == Operation::Refresh {
            let directory = connector.directory().ok_or("It is no directory.")?;
            directory.refresh().await.map_err(|it| format!("The first reading failed: {it}"))?;
        }
        stage.arm();
        let (ear, before, started) = (Ear::default(), server.requests(), Instant::now());
        let told = operation.run(connector, started + deadline).with_subscriber(ear.clone());
        // In a task of its own, so that a panic is a finding. One that never comes back is one, too.
        let told = timeout(limit + GIVEN_UP, tokio::spawn(told)).await.ok().and_then(Result::ok);
        Ok(Outcome {
            told,
            elapsed: started.elapsed(),
            limit,
            logged: ear.heard(),
            struck: stage.has_struck(),
            requests: server.requests() - before,
            foreign: foreign.connections(),
        })
    };
    tokio::select! {
        outcome = scene => outcome,
        never = server.serve(|request| stage.play(request)) => match never {},
        never = foreign.serve(elsewhere) => match never {},
    }
}

fn connector(
    dialect: &dyn Dialect,
    origin: &str,
    timeout: Duration,
) -> Result<Arc<dyn Connector>, String> {
    let base_url = Url::parse(&format!("{origin}{}", dialect.base_path()))
        .map_err(|error| format!("The base path is none: {error}."))?;
    let egress = Egress::new().map_err(|error| error.to_string())?;
    let io = Io { base_url, credentials: Credentials::None, timeout, egress };
    (dialect.kind().build)(dialect.settings(), io).map_err(|error| error.to_string())
}

impl Operation {
    fn name(self) -> &'static str {
        match self {
            Self::Ask(..) => "ask",
            Self::Roster => "roster",
            Self::Refresh => "refresh",
        }
    }

    async fn run(self, connector: Arc<dyn Connector>, deadline: Instant) -> Told {
        match self {
            Self::Ask(id, section) => ask(&*connector, id, section, deadline).await,
            Self::Roster => roster(&*connector, deadline).await,
            Self::Refresh => refresh(&*connector).await,
        }
    }
}

async fn ask(
    connector: &dyn Connector,
    id: &'static str,
    section: Section,
    deadline: Instant,
) -> Told {
    let patient = LocalId::new(id);
    let ask = Ask { patients: std::slice::from_ref(&patient), section, deadline, since: None };
    let mut answer = connector.fetch(ask).await;
    let Some(share) = answer.remove(&patient) else {
        return Told { broken: Some("the patient has no share"), ..Told::default() };
    };
    let is_strange = |reference: &str| reference.contains(STRANGER);
    Told {
        problem: share.problem,
        records: share.records.len(),
        strangers: share.records.iter().filter(|it| is_strange(&it.reference)).count(),
        broken: (!answer.is_empty()).then_some("there are shares for others than the patient"),
    }
}

async fn roster(connector: &dyn Connector, deadline: Instant) -> Told {
    match connector.roster(&RosterCursor::Start, deadline).await {
        Ok(page) => Told { records: page.people.len(), ..Told::default() },
        Err(problem) => Told { problem: Some(problem), ..Told::default() },
    }
}

async fn refresh(connector: &dyn Connector) -> Told {
    let Some(directory) = connector.directory() else { return Told::default() };
    let before = directory.catalogue();
    let failed = directory.refresh().await.err();
    let after = directory.catalogue();
    let names_it = failed.is_none() || after.problem() == failed.as_ref();
    let kept_it = failed.is_none() || after.read_at() == before.read_at();
    let broken = match (names_it, kept_it) {
        (false, _) => Some("the copy does not name the problem"),
        (true, false) => Some("the copy is not the old one"),
        (true, true) => None,
    };
    Told {
        problem: after.problem().cloned(),
        records: after.services().len(),
        strangers: after.services().iter().filter(|it| it.id.contains(STRANGER)).count(),
        broken,
    }
}
