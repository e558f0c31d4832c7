//! The store by itself, on both databases: the one door for writes, the memory of what is spent, and tables that are what the entities say.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use weftid::base::clock::Time;
use weftid::base::id::KeyId;
use weftid::base::single_use::SingleUseId;
use weftid::config::{Config, DatabaseUrl};
use weftid::store::connect::Target;
use weftid::store::spent::{self, Spending};
use weftid::store::{Job, Store, StoreError, Write, data_key, horizon};
use weftid_tests::database::{Database, Kind};
use weftid_tests::on_both_databases;

const NOW: Time = Time::from_seconds(1_800_000_000);
const MINUTE: Duration = Duration::from_mins(1);

pub(crate) fn target(database: &Database) -> Target {
    let settings = database.settings();
    let pairs: Vec<_> = settings.iter().filter(|(path, _)| !path.starts_with("keys.")).map(|(path, value)| (*path, value.as_str())).collect();
    let with_key: Vec<_> = pairs.into_iter().chain([("keys.master_key", "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY")]).collect();
    let config = Config::from_pairs(&with_key).expect("the settings are right");
    match config.database.url {
        DatabaseUrl::Embedded => Target::Sqlite { directory: config.data_dir, readers: 2, writes_together: 64 },
        DatabaseUrl::Postgres(url) => Target::Postgres { url, connections: 4 },
    }
}

async fn fresh(kind: Kind) -> (Database, Store) {
    let database = Database::empty(kind).await;
    let store = Store::open(&target(&database)).await.expect("the database opens");
    (database, store)
}

/// A database with all its tables and nothing in them.
pub(crate) async fn migrated(kind: Kind) -> Database {
    fresh(kind).await.0
}

/// Writes a row that can be found again, and then does what it was told.
#[derive(Clone)]
struct Leave {
    number: i64,
    then: Then,
    runs: Arc<AtomicU32>,
}

#[derive(Clone)]
enum Then {
    Keep,
    Fail,
    Panic,
    Dawdle(Duration),
    WriteInside(Store),
}

impl Leave {
    fn row(number: i64, then: Then) -> Self {
        Self { number, then, runs: Arc::default() }
    }
}

impl Job for Leave {
    type Outcome = bool;

    async fn run(&self, write: &Write<'_>) -> Result<bool, StoreError> {
        self.runs.fetch_add(1, Ordering::SeqCst);
        let row = data_key::Model { id: KeyId::random(), number: self.number, wrapped: vec![0], created_at: NOW };
        let added = data_key::insert_unless_there(write, row).await?;
        match &self.then {
            Then::Keep => {}
            Then::Fail => return Err(StoreError::Unreadable("told to fail".to_owned())),
            Then::Panic => panic!("told to panic"),
            Then::Dawdle(time) => tokio::time::sleep(*time).await,
            Then::WriteInside(store) => {
                store.write(Self::row(self.number + 1000, Then::Keep)).await?;
            }
        }
        Ok(added)
    }
}

async fn left(store: &Store) -> Vec<i64> {
    data_key::all(store).await.expect("the rows can be read").into_iter().map(|row| row.number).collect()
}

on_both_databases! {
    /// E-CRASH-06, D-AUD-03: what a failing or panicking job wrote is gone, what its neighbours wrote stays, and the door stays open.
    async fn a_job_is_kept_whole_or_not_at_all(kind: Kind) {
        let (_database, store) = fresh(kind).await;
        let jobs = [(1, Then::Keep), (2, Then::Fail), (3, Then::Panic), (4, Then::Keep), (5, Then::Dawdle(Duration::from_secs(3))), (6, Then::Keep)];
        let writes = jobs.into_iter().map(|(number, then)| {
            let store = store.clone();
            tokio::spawn(async move { store.write(Leave::row(number, then)).await })
        });
        let mut outcomes = Vec::new();
        for write in writes.collect::<Vec<_>>() {
            outcomes.push(write.await.expect("the caller lives"));
        }
        assert!(matches!(outcomes[0], Ok(true)), "{:?}", outcomes[0]);
        assert!(matches!(outcomes[1], Err(StoreError::Unreadable(_))), "{:?}", outcomes[1]);
        assert!(matches!(outcomes[2], Err(StoreError::Panicked)), "{:?}", outcomes[2]);
        assert!(matches!(outcomes[3], Ok(true)), "{:?}", outcomes[3]);
        assert!(matches!(outcomes[4], Err(StoreError::TooSlow)), "{:?}", outcomes[4]);
        assert!(matches!(outcomes[5], Ok(true)), "{:?}", outcomes[5]);
        assert_eq!(left(&store).await, [1, 4, 6]);
        assert_eq!(store.counters().writes, 3);
    }

    /// The one door: a refusal is an outcome, and what was written beside it is kept.
    async fn a_refusal_is_kept(kind: Kind) {
        let (_database, store) = fresh(kind).await;
        assert!(store.write(Leave::row(7, Then::Keep)).await.unwrap());
        assert!(!store.write(Leave::row(7, Then::Keep)).await.unwrap(), "the number is taken");
        assert_eq!(left(&store).await, [7]);
    }

    /// A write inside a write would wait for itself; it fails at once instead.
    async fn a_write_inside_a_write_fails_at_once(kind: Kind) {
        let (_database, store) = fresh(kind).await;
        let nested = tokio::time::timeout(MINUTE, store.write(Leave::row(1, Then::WriteInside(store.clone())))).await.expect("it does not wait");
        assert!(matches!(nested, Err(StoreError::Nested)), "{nested:?}");
        assert_eq!(left(&store).await, [0_i64; 0]);
    }

    /// A job that has begun runs to its end, also when nobody waits for it any more.
    async fn what_has_begun_is_finished_without_its_caller(kind: Kind) {
        let (_database, store) = fresh(kind).await;
        let job = Leave::row(1, Then::Dawdle(Duration::from_millis(300)));
        let runs = Arc::clone(&job.runs);
        let caller = tokio::spawn({
            let store = store.clone();
            async move { store.write(job).await }
        });
        while runs.load(Ordering::SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
        caller.abort();
        for _ in 0..100 {
            if left(&store).await == [1] {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the write was lost with its caller");
    }

    /// E-RACE-01 at its root: of fifty that spend one value, one does.
    async fn a_value_is_spent_once(kind: Kind) {
        let (_database, store) = fresh(kind).await;
        let id = SingleUseId::new(NOW.plus(MINUTE));
        let spenders: Vec<_> = (0..50_u8)
            .map(|number| {
                let store = store.clone();
                tokio::spawn(async move { store.write(Spend { id, gave: vec![number], epoch: 1 }).await })
            })
            .collect();
        let (mut now, mut before) = (Vec::new(), Vec::new());
        for (number, spender) in (0..50_u8).zip(spenders) {
            match spender.await.unwrap().unwrap() {
                Spending::Now => now.push(number),
                Spending::Before(gave) => before.push(gave.unwrap()),
                Spending::Forgotten => panic!("it is not over"),
            }
        }
        assert_eq!(now.len(), 1);
        assert_eq!(before.len(), 49);
        assert!(before.iter().all(|gave| *gave == now), "everybody learns what it gave");
    }

    /// ARCHITECTURE.md "Spent": the memory of what is spent must not fail open. What may have been forgotten is refused, and so is another epoch.
    async fn what_may_have_been_forgotten_is_refused(kind: Kind) {
        let (database, store) = fresh(kind).await;
        let over = SingleUseId::new(NOW);
        let alive = SingleUseId::new(NOW.plus(MINUTE));
        assert_eq!(store.write(Spend { id: over, gave: vec![1], epoch: 1 }).await.unwrap(), Spending::Now);
        store.write(Sweep(NOW)).await.unwrap();
        assert_eq!(database.count("SELECT count(*) FROM spent").await, 1, "the horizon is exclusive: what ends at it may still be there");
        assert_eq!(store.write(Spend { id: SingleUseId::new(NOW), gave: vec![], epoch: 1 }).await.unwrap(), Spending::Forgotten);
        store.write(Sweep(NOW.plus(Duration::from_millis(1)))).await.unwrap();
        assert_eq!(database.count("SELECT count(*) FROM spent").await, 0);
        assert_eq!(store.write(Spend { id: over, gave: vec![], epoch: 1 }).await.unwrap(), Spending::Forgotten, "a second use is not a first one");
        assert_eq!(store.write(Spend { id: alive, gave: vec![], epoch: 2 }).await.unwrap(), Spending::Forgotten, "another epoch");
        assert_eq!(store.write(Spend { id: alive, gave: vec![], epoch: 1 }).await.unwrap(), Spending::Now);
    }

    /// A sweep takes no more than a batch at a time, oldest first.
    async fn a_sweep_goes_in_batches(kind: Kind) {
        let (database, store) = fresh(kind).await;
        for _ in 0..spent::SWEEP_BATCH + 3 {
            store.write(Spend { id: SingleUseId::new(NOW), gave: vec![], epoch: 1 }).await.unwrap();
        }
        store.write(Spend { id: SingleUseId::new(NOW.plus(MINUTE)), gave: vec![], epoch: 1 }).await.unwrap();
        let after = NOW.plus(Duration::from_secs(1));
        assert_eq!(store.write(Sweep(after)).await.unwrap(), spent::SWEEP_BATCH);
        assert_eq!(store.write(Sweep(after)).await.unwrap(), 3);
        assert_eq!(store.write(Sweep(after)).await.unwrap(), 0);
        assert_eq!(database.count("SELECT count(*) FROM spent").await, 1);
    }

    /// E-MIG-02: nodes that start together on an empty database all come up.
    async fn nodes_that_start_together_migrate_once(kind: Kind) {
        let database = Database::empty(kind).await;
        let target = target(&database);
        let starts: Vec<_> = (0..4)
            .map(|_| {
                let target = target.clone();
                tokio::spawn(async move { Store::open(&target).await.map(drop) })
            })
            .collect();
        for start in starts {
            start.await.unwrap().expect("every node opens the database");
        }
        assert_eq!(database.count("SELECT count(*) FROM horizon").await, 1);
    }
}

struct Spend {
    id: SingleUseId,
    gave: Vec<u8>,
    epoch: i64,
}

impl Job for Spend {
    type Outcome = Spending;

    async fn run(&self, write: &Write<'_>) -> Result<Spending, StoreError> {
        spent::spend(write, self.id, Some(self.gave.clone()), self.epoch).await
    }
}

struct Sweep(Time);

impl Job for Sweep {
    type Outcome = u64;

    async fn run(&self, write: &Write<'_>) -> Result<u64, StoreError> {
        horizon::raise_swept_through(write, self.0).await?;
        spent::sweep(write, self.0).await
    }
}

/// The queue is bounded: when the writer can't keep up, callers are refused at once instead of waiting for ever.
#[tokio::test]
async fn a_full_queue_refuses() {
    let (_database, store) = fresh(Kind::Sqlite).await;
    let slow = tokio::spawn({
        let store = store.clone();
        async move { store.write(Leave::row(1, Then::Dawdle(Duration::from_millis(500)))).await }
    });
    tokio::time::sleep(Duration::from_millis(50)).await;
    let waiting: Vec<_> = (0..1100)
        .map(|number| {
            let store = store.clone();
            tokio::spawn(async move { store.write(Leave::row(10 + number, Then::Keep)).await })
        })
        .collect();
    let (mut kept, mut full) = (0, 0);
    for caller in waiting {
        match caller.await.unwrap() {
            Ok(true) => kept += 1,
            Err(StoreError::Full) => full += 1,
            other => panic!("{other:?}"),
        }
    }
    assert!(slow.await.unwrap().is_ok());
    assert_eq!(kept + full, 1100);
    assert!(full >= 1, "1,024 may wait; {kept} were kept");
    assert!(kept >= 1000, "those who waited were served; {kept} were kept");
}

/// A job whose caller has gone before it began is not begun.
#[tokio::test]
async fn what_nobody_waits_for_is_not_begun() {
    let (_database, store) = fresh(Kind::Sqlite).await;
    let slow = tokio::spawn({
        let store = store.clone();
        async move { store.write(Leave::row(1, Then::Dawdle(Duration::from_millis(300)))).await }
    });
    tokio::time::sleep(Duration::from_millis(50)).await;
    let job = Leave::row(2, Then::Keep);
    let runs = Arc::clone(&job.runs);
    let gone = tokio::spawn({
        let store = store.clone();
        async move { store.write(job).await }
    });
    tokio::time::sleep(Duration::from_millis(50)).await;
    gone.abort();
    slow.await.unwrap().unwrap();
    store.write(Leave::row(3, Then::Keep)).await.unwrap();
    assert_eq!(runs.load(Ordering::SeqCst), 0);
    assert_eq!(left(&store).await, [1, 3]);
}

/// E-CRASH-03, D-BAK-04: SQLite runs with synchronous=FULL in WAL mode, and its files are its owner's alone.
#[tokio::test]
async fn the_embedded_database_is_durable_and_private() {
    use std::os::unix::fs::PermissionsExt as _;

    let (database, store) = fresh(Kind::Sqlite).await;
    store.write(Leave::row(1, Then::Keep)).await.unwrap();
    for entry in std::fs::read_dir(database.data_dir()).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o077, 0, "{:?}", entry.path());
    }
    assert!(database.data_dir().join("weftid.sqlite-wal").is_file(), "WAL mode");
}
