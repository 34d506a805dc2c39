//! Our own databases fail: F28, F37. Nothing is shown that is not written down.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use caregraph::audit::AuditStore as _;
use caregraph::store::AuditTables;
use caregraph_sandbox::{Options, Role, Sandbox, TokenSpec};
use serde_json::json;
use sqlx::Connection as _;

use super::tell;
use crate::audit::CHART;
use crate::audit_log::{caregraph, config, lock_log, unlock_log};
use crate::config::Shape;
use crate::crowd::{Crowd, Heard, Question};
use crate::gateway::{TestGateway, run, until};
use crate::home::Home;
use crate::killed::people;
use crate::process::Process;
use crate::servers::Postgres;

const CLIENTS: usize = 8;
/// How long a request may take.
const DEADLINE: u64 = 1_000;
/// How long a database is away.
const AWAY: Duration = Duration::from_secs(3);
/// How soon all is well again.
const SOON: Duration = Duration::from_secs(5);

/// Clients who read charts.
fn readers(address: &str, token: &str, people: Vec<String>) -> Crowd {
    let (address, token) = (address.to_owned(), token.to_owned());
    Crowd::start(CLIENTS, move |client, turn| {
        let id = &people[(client + turn) % people.len()];
        Question::new(&address, &token, CHART, &json!({ "id": id }))
    })
}

/// The requests that the log knows.
async fn logged(url: &str) -> BTreeSet<String> {
    let tables = AuditTables::open_existing(url).await.expect("the log is there");
    let rows = tables.behind((0, 0), usize::MAX).await.expect("the log can be read");
    tables.close().await;
    rows.iter().map(|row| row.entry().expect("an entry is one").body.request).collect()
}

/// How many were shown something, and how many of them the log does not know.
async fn unlogged(heard: &[Heard], url: &str) -> (usize, usize) {
    let known = logged(url).await;
    let shown: Vec<&Heard> = heard.iter().filter(|heard| heard.holds("\"name\":{")).collect();
    let is_unknown = |heard: &&&Heard| {
        heard.reply.as_ref().is_some_and(|(_, request, _)| !known.contains(request))
    };
    (shown.len(), shown.iter().filter(is_unknown).count())
}

/// How long after that moment the first answer came to a question that was asked after it.
fn well_after(heard: &[Heard], moment: Instant) -> Duration {
    let after = heard.iter().filter(|heard| heard.began >= moment && heard.is_fine());
    let first = after.map(|heard| heard.began + heard.took).min();
    first.expect("somebody is answered again").duration_since(moment)
}

/// How many questions were asked and answered between two moments with something of a patient.
fn shown_between(heard: &[Heard], from: Instant, until: Instant) -> usize {
    let within = heard.iter().filter(|it| it.began >= from && it.began + it.took <= until);
    within.filter(|it| it.is_fine()).count()
}

async fn ids(gateway: &TestGateway) -> Vec<String> {
    let mut ids = Vec::new();
    for person in 0..10 {
        ids.push(gateway.patient(person).await);
    }
    ids
}

#[test]
fn f28_a_full_disk_shows_nothing_and_room_heals() {
    run(async {
        if !Command::new("prlimit").arg("--version").output().is_ok_and(|it| it.status.success()) {
            return;
        }
        let options = Options { patients: 12, ..Options::default() };
        let sandbox = Sandbox::start(options).await.expect("the sandbox starts");
        let home = Home::new();
        let path = home.path().join("caregraph.toml");
        let shape = Shape { deadline_ms: DEADLINE, ..Shape::default() };
        std::fs::write(&path, shape.text(&sandbox, home.path())).unwrap();
        let config = path.display().to_string();
        let token = sandbox.issuer().token(&TokenSpec::new(Role::PrimaryCare));
        let people = people(&config, &token).await;
        // Whoever may write no further is told so, and not ended.
        let serve = "trap '' XFSZ; exec \"$0\" serve --config \"$1\"";
        let program = env!("CARGO_BIN_EXE_caregraph");
        let gateway = Process::of(Command::new("sh").args(["-c", serve, program, &config]));
        let crowd = readers(&gateway.address, &token, people);
        crowd.hears(100).await;
        let full = Instant::now();
        limit(gateway.id(), "1");
        crowd.hears(100).await;
        tokio::time::sleep(AWAY).await;
        let room = Instant::now();
        limit(gateway.id(), "unlimited");
        crowd.hears(200).await;
        let heard = crowd.ends().await;
        drop(gateway);
        let url = format!("sqlite://{}", home.path().join("caregraph-audit.db").display());
        let (shown, unknown) = unlogged(&heard, &url).await;
        let (meanwhile, healed) = (shown_between(&heard, full, room), well_after(&heard, room));
        let refused = heard.iter().filter(|it| matches!(it.reply, Some((503, ..)))).count();
        let whole = caregraph(&["audit", "verify", "--config", &config]);
        assert!(whole.status.success(), "{whole:?}");
        assert_eq!((unknown, meanwhile), (0, 0));
        assert!(refused > 50 && healed <= SOON, "{refused} {healed:?}");
        tell(
            "F28",
            "full disk: 0 shown without an entry, well again <= 5 s",
            format!(
                "{shown} shown, {unknown} without an entry; {refused} refused with 503, {meanwhile} shown while the disk was \
                 full; well again after {healed:.0?}; the log is whole"
            ),
        );
    });
}

/// How many bytes a file of that process may have.
fn limit(process: u32, bytes: &str) {
    let arguments = ["--pid", &process.to_string(), &format!("--fsize={bytes}:unlimited")];
    let set = Command::new("prlimit").args(arguments).status().expect("prlimit runs");
    assert!(set.success(), "the process is ours");
}

#[test]
fn f28_a_postgres_that_breaks_shows_nothing_and_heals() {
    run(async {
        let Some(mut postgres) = Postgres::start().await else { return };
        let home = std::sync::Arc::new(Home::new());
        std::fs::write(home.path().join("key"), "a5".repeat(32)).unwrap();
        let (url, key) = (postgres.url(), home.path().join("key").display().to_string());
        let builder = TestGateway::builder().patients(12).at_home(home);
        let builder = builder.shape(|shape| {
            shape.store = Some(format!("url = {url:?}\nkey = \"file:{key}\""));
            shape.deadline_ms = DEADLINE;
        });
        let gateway = builder.start().await;
        let token = gateway.token(Role::PrimaryCare);
        let crowd = readers(&gateway.address.to_string(), &token, ids(&gateway).await);
        crowd.hears(100).await;
        postgres.stop_at_once();
        let stopped = Instant::now();
        tokio::time::sleep(AWAY).await;
        let starting = Instant::now();
        postgres.start_again();
        postgres.answers().await;
        let back = Instant::now();
        let is_well = || async {
            let address = gateway.address.to_string();
            let id = json!({ "id": gateway.patient(0).await });
            Question::new(&address, &token, CHART, &id).ask(&gateway.client).await.is_fine()
        };
        until("all is well", is_well).await;
        crowd.hears(100).await;
        let heard = crowd.ends().await;
        let (shown, unknown) = unlogged(&heard, &url).await;
        let healed = well_after(&heard, back);
        let meanwhile = shown_between(&heard, stopped, starting);
        let within = heard.iter().map(|it| it.took).max().unwrap_or_default();
        assert_eq!(unknown, 0);
        assert!(healed <= SOON, "{healed:?}");
        tell(
            "F28",
            "PostgreSQL restarts: 0 shown without an entry, well again <= 5 s",
            format!(
                "{shown} shown, {unknown} without an entry, {meanwhile} while it was away; well again {healed:.0?} after it \
                 came back; nobody waited longer than {within:.1?}"
            ),
        );
        gateway.stop().await;
    });
}

#[test]
fn f28_a_locked_store_delays_what_is_recorded_and_nothing_else() {
    run(async {
        let builder = TestGateway::builder().patients(12);
        let gateway = builder.shape(|shape| shape.deadline_ms = DEADLINE).start().await;
        let people = ids(&gateway).await;
        let patient = gateway.token_for(Role::Patient, &people[0]);
        let token = gateway.token(Role::PrimaryCare);
        let crowd = readers(&gateway.address.to_string(), &token, people.clone());
        crowd.hears(50).await;
        let mut lock = locked(&gateway.home.path().join("caregraph.db")).await;
        let locked = Instant::now();
        let record = "mutation($id: ID!) { recordConsent(input: { patient: $id, decision: DENY, roles: [PHARMACIST], basis: \"form 17\" }) { id } }";
        let answer = gateway.ask_with(&patient, record, json!({ "id": people[0] })).await;
        let waited = locked.elapsed();
        let refused = !answer.codes().is_empty();
        crowd.hears(50).await;
        let unlocked = Instant::now();
        sqlx::query("ROLLBACK").execute(&mut lock).await.unwrap();
        lock.close().await.unwrap();
        let heard = crowd.ends().await;
        let (readers, fine) = (heard.len(), heard.iter().filter(|it| it.is_fine()).count());
        let read = shown_between(&heard, locked, unlocked);
        assert!(refused, "{}", answer.text);
        assert_eq!(fine, readers);
        assert!(read > 0);
        // What was refused may be tried again, and is then done.
        let again = || async {
            let answer = gateway.ask_with(&patient, record, json!({ "id": people[0] })).await;
            answer.codes().is_empty()
        };
        until("it is recorded", again).await;
        let healed = unlocked.elapsed();
        assert!(healed <= 3 * SOON, "{healed:?}");
        tell(
            "F28",
            "SQLite locked: reads go on, writes are refused, well again <= 5 s",
            format!(
                "{fine} of {readers} reads fine ({read} while it was locked); the write refused after {waited:.1?}; recorded \
                 {healed:.1?} after the lock"
            ),
        );
        gateway.stop().await;
    });
}

/// Takes a database for itself, as a backup that hangs would.
async fn locked(path: &Path) -> sqlx::AnyConnection {
    sqlx::any::install_default_drivers();
    let url = format!("sqlite://{}", path.display());
    let mut connection = sqlx::AnyConnection::connect(&url).await.unwrap();
    sqlx::query("BEGIN IMMEDIATE").execute(&mut connection).await.unwrap();
    connection
}

#[test]
fn f37_a_blocked_audit_log_stops_answers_and_loses_nothing() {
    run(async {
        let builder = TestGateway::builder().patients(12);
        let gateway = builder.shape(|shape| shape.deadline_ms = DEADLINE).start().await;
        let people = ids(&gateway).await;
        let token = gateway.token(Role::PrimaryCare);
        let crowd = readers(&gateway.address.to_string(), &token, people);
        crowd.hears(100).await;
        let lock = lock_log(gateway.home.path()).await;
        let blocked = Instant::now();
        tokio::time::sleep(AWAY).await;
        let freed = Instant::now();
        unlock_log(lock).await;
        crowd.hears(200).await;
        let heard = crowd.ends().await;
        let url = format!("sqlite://{}", gateway.home.path().join("caregraph-audit.db").display());
        let (shown, unknown) = unlogged(&heard, &url).await;
        let meanwhile = shown_between(&heard, blocked, freed);
        let (healed, refused) =
            (well_after(&heard, freed), heard.iter().filter(|it| !it.is_fine()).count());
        let home = gateway.home.clone();
        let config = config(&gateway, &home);
        gateway.stop().await;
        let whole = caregraph(&["audit", "verify", "--config", &config]);
        assert!(whole.status.success(), "{whole:?}");
        assert_eq!((unknown, meanwhile), (0, 0));
        assert!(refused >= CLIENTS && healed <= SOON, "{refused} {healed:?}");
        tell(
            "F37",
            "refused while blocked, order kept, nothing lost",
            format!(
                "{shown} shown, {unknown} without an entry; blocked for {AWAY:?}: {meanwhile} shown, {refused} refused; well \
                 again after {healed:.0?}; the chain is whole"
            ),
        );
    });
}
