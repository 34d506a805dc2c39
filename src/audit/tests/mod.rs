//! What was written is whole; what was cut off, put back or half written is found.

mod tampering;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use sqlx::{AnyConnection, AssertSqlSafe, Connection as _};
use uuid::Uuid;

use super::{
    AuditKey, AuditLog, AuditStore, Body, Checkpoint, Entry, Event, Find, HeadFile, Outcome, Point,
    Row, Verdict, Verifier, verify,
};
use crate::identity::{PersonId, StoreKey, now_ms};
use crate::store::testing::{Folder, Postgres, database_url};
use crate::store::{AuditTables, Store};

fn run<T>(test: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.unwrap().block_on(test)
}

fn key() -> StoreKey {
    StoreKey::new([7; 32])
}

fn start() -> Body {
    Body::of(Event::Start, Outcome::Done)
}

fn entry(number: usize) -> Entry {
    let person = PersonId::new(Uuid::from_u128(number as u128 % 40 + 1));
    let body = Body {
        role: "PRIMARY_CARE".to_owned(),
        request: format!("request-{number}"),
        ..Body::of(Event::Read, Outcome::Done)
    };
    Entry { at_ms: now_ms(), person: Some(person), viewer: format!("viewer-{}", number % 7), body }
}

/// A log in a folder of its own.
struct Files {
    folder: Folder,
    /// Whether several nodes write to it.
    is_shared: bool,
}

impl Files {
    fn new() -> Self {
        Self { folder: Folder::new(), is_shared: false }
    }

    fn shared() -> Self {
        Self { is_shared: true, ..Self::new() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn url(&self) -> String {
        format!("sqlite://{}", self.path("audit.db").display())
    }

    fn head(&self) -> HeadFile {
        HeadFile::new(self.path("audit.head"))
    }

    /// One run of a gateway that writes so many entries, some alone and some together.
    async fn write(&self, entries: usize) {
        let tables = AuditTables::open(&self.url()).await.unwrap();
        let tables = Arc::new(if self.is_shared { tables.shared() } else { tables });
        let opened = AuditLog::open(tables, &key(), Some(self.head()), start()).await;
        let (log, task) = opened.unwrap();
        write(&log, entries).await;
        log.close(task).await;
    }

    async fn verdict(&self, is_keyed: bool, more: &[Checkpoint]) -> Verdict {
        let key = AuditKey::new(&key()).unwrap();
        let verifier = Verifier { public: key.public(), secret: is_keyed.then_some(&key) };
        let mut vouched = more.to_vec();
        vouched.extend(self.head().read(&key.public()).unwrap());
        let tables = AuditTables::open_existing(&self.url()).await.unwrap();
        let verdict = verify(&tables, &verifier, &vouched).await.unwrap();
        tables.close().await;
        verdict
    }

    async fn rows(&self) -> Vec<Row> {
        let tables = AuditTables::open_existing(&self.url()).await.unwrap();
        let rows = tables.behind((0, 0), usize::MAX).await.unwrap();
        tables.close().await;
        rows
    }
}

async fn write(log: &AuditLog, entries: usize) {
    let mut written = 0;
    while written < entries {
        let size = [1, 1, 3, 20][written % 4].min(entries - written);
        log.append((written..written + size).map(entry).collect()).await.unwrap();
        written += size;
    }
}

#[test]
fn one_writer_goes_on_where_the_one_before_stopped() {
    run(async {
        let files = Files::new();
        for entries in [5, 0, 9] {
            files.write(entries).await;
        }
        let verdict = files.verdict(true, &[]).await;
        assert!(matches!(verdict, Verdict::Whole { entries: 20, chains: 1, .. }));
    });
}

#[test]
fn several_writers_begin_chains_and_know_the_others() {
    run(async {
        let files = Files::shared();
        for entries in [5, 0, 9] {
            files.write(entries).await;
        }
        let rows = files.rows().await;
        let Verdict::Whole { entries, chains, last } = files.verdict(true, &[]).await else {
            panic!("it is broken")
        };
        assert_eq!((entries, chains), (14 + 6, 3));
        assert_eq!(last, rows.last().map(Row::point));
        assert!(matches!(files.verdict(false, &[]).await, Verdict::Whole { entries: 20, .. }));
        let heads = rows.iter().find(|row| row.chain == 3).unwrap().entry().unwrap().body.heads;
        assert_eq!(heads.len(), 1, "what an earlier beginning said is not said again");
    });
}

#[test]
fn many_who_wait_share_a_flush() {
    run(async {
        let files = Files::new();
        let tables = Arc::new(AuditTables::open(&files.url()).await.unwrap());
        let (log, task) = AuditLog::open(tables, &key(), None, start()).await.unwrap();
        let waiting = (0..300).map(|number| {
            let log = log.clone();
            tokio::spawn(async move { log.append(vec![entry(number)]).await })
        });
        for waiting in waiting.collect::<Vec<_>>() {
            waiting.await.unwrap().unwrap();
        }
        let groups = log.figures().groups.load(std::sync::atomic::Ordering::Relaxed);
        assert!(groups < 150, "{groups} groups for 300 entries");
        log.close(task).await;
        assert!(matches!(files.verdict_of(None).await, Verdict::Whole { entries: 302, .. }));
    });
}

impl Files {
    async fn verdict_of(&self, head: Option<Checkpoint>) -> Verdict {
        let key = AuditKey::new(&key()).unwrap();
        let verifier = Verifier { public: key.public(), secret: Some(&key) };
        let tables = AuditTables::open_existing(&self.url()).await.unwrap();
        let verdict = verify(&tables, &verifier, head.as_slice()).await.unwrap();
        tables.close().await;
        verdict
    }
}

#[test]
fn a_rollback_of_log_and_head_together_is_found_by_a_kept_checkpoint_alone() {
    run(async {
        let files = Files::new();
        files.write(3).await;
        for name in ["audit.db", "audit.head"] {
            std::fs::copy(files.path(name), files.path(&format!("{name}.old"))).unwrap();
        }
        files.write(3).await;
        let key = AuditKey::new(&key()).unwrap();
        let kept = files.head().read(&key.public()).unwrap().unwrap();
        let kept: Checkpoint = kept.to_string().parse().unwrap();
        for name in ["audit.db", "audit.head"] {
            std::fs::rename(files.path(&format!("{name}.old")), files.path(name)).unwrap();
        }
        assert!(matches!(files.verdict(true, &[]).await, Verdict::Whole { .. }));
        let Verdict::Broken(fault) = files.verdict(true, &[kept]).await else {
            panic!("not found")
        };
        assert_eq!((fault.chain, fault.seq), (1, 6));
    });
}

#[test]
fn a_log_ahead_of_its_head_is_whole_and_one_behind_it_is_not_opened() {
    run(async {
        let files = Files::new();
        files.write(3).await;
        std::fs::copy(files.path("audit.head"), files.path("old.head")).unwrap();
        files.write(3).await;
        std::fs::copy(files.path("audit.head"), files.path("new.head")).unwrap();
        // As after a kill between the two writes.
        std::fs::copy(files.path("old.head"), files.path("audit.head")).unwrap();
        assert!(matches!(files.verdict(true, &[]).await, Verdict::Whole { entries: 10, .. }));
        std::fs::copy(files.path("new.head"), files.path("audit.head")).unwrap();
        alter(&files.path("audit.db"), &["DELETE FROM audit_entry WHERE seq > 5"]).await;
        let tables = Arc::new(AuditTables::open(&files.url()).await.unwrap());
        let opened = AuditLog::open(tables.clone(), &key(), Some(files.head()), start()).await;
        assert!(matches!(opened, Err(super::AuditError::Cut { seq: 10, .. })));
        std::fs::remove_file(files.path("audit.head")).unwrap();
        let opened = AuditLog::open(tables, &key(), Some(files.head()), start()).await;
        assert!(matches!(opened, Err(super::AuditError::NoHead { .. })));
    });
}

#[test]
fn half_a_head_leaves_the_other_half() {
    let folder = Folder::new();
    let key = AuditKey::new(&key()).unwrap();
    let mut head = HeadFile::new(folder.path().join("head"));
    let at = |seq| key.sign(Point { chain: 1, seq, hash: [3; 32] });
    for seq in [1, 2, 3] {
        head.write(&at(seq)).unwrap();
    }
    assert_eq!(head.read(&key.public()).unwrap(), Some(at(3)));
    let mut bytes = std::fs::read(folder.path().join("head")).unwrap();
    bytes[20] ^= 1;
    std::fs::write(folder.path().join("head"), &bytes).unwrap();
    assert_eq!(head.read(&key.public()).unwrap(), Some(at(2)));
    bytes[4_096 + 20] ^= 1;
    std::fs::write(folder.path().join("head"), &bytes).unwrap();
    assert!(head.read(&key.public()).is_err());
}

async fn alter(file: &Path, statements: &[&str]) {
    alter_at(&format!("sqlite://{}", file.display()), statements).await;
}

async fn alter_at(url: &str, statements: &[&str]) {
    sqlx::any::install_default_drivers();
    let mut connection = AnyConnection::connect(url).await.unwrap();
    let mut change = connection.begin().await.unwrap();
    for statement in statements {
        sqlx::query(AssertSqlSafe((*statement).to_owned())).execute(&mut *change).await.unwrap();
    }
    change.commit().await.unwrap();
    connection.close().await.unwrap();
}

#[test]
fn every_promise_holds_on_postgres() {
    let Some(server) = Postgres::start() else { return };
    server.run(&[nodes_share_a_database]);
}

/// Not a test of its own: on SQLite there is but one node.
fn nodes_share_a_database() {
    run(async {
        let url = database_url().await.unwrap();
        let store = Store::open(&url).await.unwrap();
        let tables: [Arc<AuditTables>; 2] = [
            Arc::new(AuditTables::open(&url).await.unwrap()),
            Arc::new(AuditTables::open(&url).await.unwrap()),
        ];
        let open = |tables: &Arc<AuditTables>| {
            let tables = tables.clone();
            async move { AuditLog::open(tables, &key(), None, start()).await.unwrap() }
        };
        let (one, other) = tokio::join!(open(&tables[0]), open(&tables[1]));
        tokio::join!(write(&one.0, 50), write(&other.0, 50));
        let find = Find {
            people: Some(vec![PersonId::new(Uuid::from_u128(3))]),
            limit: 100,
            ..Find::default()
        };
        let found = one.0.find(&find).await.unwrap();
        assert_eq!(found.len(), 4, "two of each node");
        assert!(found.is_sorted_by(|a, b| a.0 > b.0), "the newest first");
        let next = Find { after: Some(found[1].0), ..find };
        assert_eq!(one.0.find(&next).await.unwrap(), found[2..]);
        one.0.close(one.1).await;
        other.0.close(other.1).await;
        let third = Arc::new(AuditTables::open(&url).await.unwrap());
        let (log, task) = AuditLog::open(third.clone(), &key(), None, start()).await.unwrap();
        write(&log, 5).await;
        let key = AuditKey::new(&key()).unwrap();
        let verifier = Verifier { public: key.public(), secret: Some(&key) };
        let whole = verify(third.as_ref(), &verifier, &[]).await.unwrap();
        assert!(matches!(whole, Verdict::Whole { entries: 110, chains: 3, .. }), "{whole:?}");
        alter_at(&url, &["DELETE FROM audit_entry WHERE chain = 1 AND seq > 20"]).await;
        let Verdict::Broken(fault) = verify(third.as_ref(), &verifier, &[]).await.unwrap() else {
            panic!("it was not found")
        };
        assert_eq!((fault.chain, fault.seq), (1, 21));
        log.close(task).await;
        store.close().await;
    });
}
