//! The one door for writes.
//!
//! A write is a [`Job`]: a named struct of owned values that sees only the transaction: no `App`, no network, no hashing, no signing.
//! It returns its outcome, and **a refusal is an outcome and is kept** (a burned challenge, an alarm, an audit event must stay); `Err`
//! is for the database alone, takes the job's changes back and becomes 503. A caller is answered only after the commit.
//!
//! On SQLite one writer commits whatever is waiting together, a savepoint for each job; a lone job never waits for company. On
//! PostgreSQL each job is a transaction of its own, run again only after a serialization failure or a deadlock.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use sea_orm::sqlx::error::DatabaseError;
use sea_orm::{
    ConnectionTrait as _, DatabaseConnection, DatabaseTransaction, DbErr, RuntimeErr, SqliteTransactionMode, TransactionOptions,
    TransactionTrait as _,
};
use tokio::sync::{mpsc, oneshot};

use crate::base::random;
use crate::store::{Counts, Store, StoreError};

/// How many writes may wait on SQLite; more are refused with 503.
const QUEUE: usize = 1024;
/// How long one job may run on SQLite, where everybody waits behind it.
const DEADLINE: Duration = Duration::from_secs(1);
/// And on PostgreSQL, which looks for deadlocks only after `deadlock_timeout` (a second, unless somebody changed it): a job that is given
/// up before that is never told of the deadlock, and never run again.
const POOL_DEADLINE: Duration = Duration::from_millis(2_500);
/// How often a job is run again on PostgreSQL, and for how long in all.
const RETRIES: u32 = 5;
const RETRY_FOR: Duration = Duration::from_secs(2);

/// A write in progress. All a job sees.
#[derive(Debug)]
pub struct Write<'t> {
    transaction: &'t DatabaseTransaction,
}

impl<'t> Write<'t> {
    /// The transaction, for the files of this floor.
    pub(super) const fn transaction(&self) -> &'t DatabaseTransaction {
        self.transaction
    }
}

/// One change that happens whole or not at all.
///
/// It may be run more than once (PostgreSQL asks for that after a conflict), so it must not keep anything between runs.
pub trait Job: Send + Sync + 'static {
    /// What the change comes to, refusals included.
    type Outcome: Send + 'static;

    /// How long it may take where that is longer than what others get: for the rare change of very many rows that has to be one.
    const PATIENCE: Duration = Duration::ZERO;

    /// Makes the change.
    fn run(&self, write: &Write<'_>) -> impl Future<Output = Result<Self::Outcome, StoreError>> + Send;
}

/// The way to the writer.
#[derive(Clone, Debug)]
pub(super) enum Door {
    /// SQLite: a queue to the one task that owns the writing connection.
    Queue(mpsc::Sender<Box<dyn Queued>>),
    /// PostgreSQL: a pool; the database orders the writes.
    Pool(DatabaseConnection),
}

tokio::task_local! {
    /// Set while a job runs, so that a write inside a write fails at once instead of waiting for itself.
    static WRITING: ();
}

impl Store {
    /// Runs `job` and answers with its outcome once that is on disk.
    pub async fn write<J: Job>(&self, job: J) -> Result<J::Outcome, StoreError> {
        if WRITING.try_with(|()| ()).is_ok() {
            return Err(StoreError::Nested);
        }
        let outcome = match &self.door {
            Door::Queue(queue) => {
                let (reply, answer) = oneshot::channel();
                let pending = Pending { job, outcome: None, reply };
                queue.try_send(Box::new(pending)).map_err(|_| StoreError::Full)?;
                answer.await.map_err(|_| StoreError::Lost("the writer is gone".to_owned()))?
            }
            // The job runs in a task of its own: once begun it runs to its end, even when its caller has gone.
            Door::Pool(pool) => {
                let pool = pool.clone();
                tokio::spawn(async move { run_with_retries(&pool, &job).await }).await.map_err(|_| StoreError::Panicked)?
            }
        };
        if outcome.is_ok() {
            self.counts.writes.fetch_add(1, Ordering::Relaxed);
        }
        outcome
    }
}

/// A job in the queue, whatever its outcome's type.
pub(super) trait Queued: Send {
    /// Whether nobody waits for it any more.
    fn is_abandoned(&self) -> bool;
    /// Runs it inside the savepoint; whether its changes are to be kept.
    fn run<'a>(&'a mut self, write: &'a Write<'a>) -> Pin<Box<dyn Future<Output = bool> + Send + 'a>>;
    /// Answers its caller: with its outcome, or with why the commit failed.
    fn answer(self: Box<Self>, commit: Result<(), StoreError>);
}

impl std::fmt::Debug for dyn Queued {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Queued")
    }
}

struct Pending<J: Job> {
    job: J,
    outcome: Option<Result<J::Outcome, StoreError>>,
    reply: oneshot::Sender<Result<J::Outcome, StoreError>>,
}

impl<J: Job> Queued for Pending<J> {
    fn is_abandoned(&self) -> bool {
        self.reply.is_closed()
    }

    fn run<'a>(&'a mut self, write: &'a Write<'a>) -> Pin<Box<dyn Future<Output = bool> + Send + 'a>> {
        Box::pin(async move {
            let outcome = guarded(&self.job, write, DEADLINE).await;
            let keep = outcome.is_ok();
            self.outcome = Some(outcome);
            keep
        })
    }

    fn answer(self: Box<Self>, commit: Result<(), StoreError>) {
        let answer = match (self.outcome, commit) {
            // Its own failure says more than that of the batch.
            (Some(Err(error)), _) | (_, Err(error)) => Err(error),
            (Some(Ok(outcome)), Ok(())) => Ok(outcome),
            (None, Ok(())) => Err(StoreError::Lost("the write was not run".to_owned())),
        };
        // The caller may have gone meanwhile; the change stays.
        let _ = self.reply.send(answer);
    }
}

/// Runs a job within its deadline; a panic takes back its own changes and nobody else's.
async fn guarded<J: Job>(job: &J, write: &Write<'_>, deadline: Duration) -> Result<J::Outcome, StoreError> {
    let run = WRITING.scope((), AssertUnwindSafe(job.run(write)).catch_unwind());
    match tokio::time::timeout(deadline.max(J::PATIENCE), run).await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(_)) => Err(StoreError::Panicked),
        Err(_) => Err(StoreError::TooSlow),
    }
}

/// The single writer of SQLite: owns the connection, commits what is waiting together, up to `together` jobs.
pub(super) async fn write_queue(connection: DatabaseConnection, mut queue: mpsc::Receiver<Box<dyn Queued>>, together: usize) {
    let mut waiting = Vec::with_capacity(together);
    while queue.recv_many(&mut waiting, together).await > 0 {
        // A job whose caller has gone before it began is not begun.
        waiting.retain(|job| !job.is_abandoned());
        if waiting.is_empty() {
            continue;
        }
        let commit = write_batch(&connection, &mut waiting).await;
        for job in waiting.drain(..) {
            job.answer(commit.as_ref().copied().map_err(|error| StoreError::Lost(error.to_string())));
        }
    }
}

async fn write_batch(connection: &DatabaseConnection, jobs: &mut [Box<dyn Queued>]) -> Result<(), DbErr> {
    let immediate = TransactionOptions { sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate), ..TransactionOptions::default() };
    let outer = connection.begin_with_options(immediate).await?;
    // With nobody else in the batch, the transaction itself is what a job's changes are taken back with.
    if let [job] = jobs {
        return if job.run(&Write { transaction: &outer }).await { outer.commit().await } else { outer.rollback().await };
    }
    // One savepoint, moved on behind each job that is kept: that asks SQLite once between two jobs, where one for each would ask twice.
    outer.execute_unprepared("SAVEPOINT job").await?;
    let last = jobs.len().saturating_sub(1);
    for (place, job) in jobs.iter_mut().enumerate() {
        if !job.run(&Write { transaction: &outer }).await {
            outer.execute_unprepared("ROLLBACK TO job").await?;
        } else if place < last {
            outer.execute_unprepared("RELEASE job; SAVEPOINT job").await?;
        }
    }
    outer.commit().await
}

/// One transaction on PostgreSQL, run again when the database says that it clashed with another.
async fn run_with_retries<J: Job>(pool: &DatabaseConnection, job: &J) -> Result<J::Outcome, StoreError> {
    let began = Instant::now();
    let mut tries = 0;
    loop {
        let error = match run_once(pool, job).await {
            Err(StoreError::Database(error)) if is_conflict(&error) => error,
            outcome => return outcome,
        };
        tries += 1;
        if tries > RETRIES || began.elapsed() > RETRY_FOR {
            return Err(error.into());
        }
        let [jitter] = random::bytes::<1>();
        tokio::time::sleep(Duration::from_millis(u64::from(tries) * 5 + u64::from(jitter) / 8)).await;
    }
}

async fn run_once<J: Job>(pool: &DatabaseConnection, job: &J) -> Result<J::Outcome, StoreError> {
    let transaction = pool.begin().await?;
    match guarded(job, &Write { transaction: &transaction }, POOL_DEADLINE).await {
        Ok(outcome) => {
            // A connection lost here may have committed or not: the caller is told that we don't know, and it is not run again.
            transaction.commit().await.map_err(|error| if is_conflict(&error) { error.into() } else { StoreError::Lost(error.to_string()) })?;
            Ok(outcome)
        }
        Err(error) => {
            // If taking back fails the connection is broken, and closing it takes back as well.
            let _ = transaction.rollback().await;
            Err(error)
        }
    }
}

/// serialization_failure or deadlock_detected (PostgreSQL, appendix A): the only errors after which a job is run again.
fn is_conflict(error: &DbErr) -> bool {
    let (DbErr::Exec(RuntimeErr::SqlxError(cause)) | DbErr::Query(RuntimeErr::SqlxError(cause)) | DbErr::Conn(RuntimeErr::SqlxError(cause))) = error
    else {
        return false;
    };
    let code = cause.as_database_error().and_then(DatabaseError::code);
    matches!(code.as_deref(), Some("40001" | "40P01"))
}

/// Opens the door that fits the database, and counts what passes. On SQLite up to `together` writes share a commit.
pub(super) fn open_door(writer: DatabaseConnection, counts: &Arc<Counts>, together: u32) -> std::io::Result<Door> {
    let mut writer = writer;
    let counted = Arc::clone(counts);
    writer.set_metric_callback(move |_| {
        counted.statements_in_writes.fetch_add(1, Ordering::Relaxed);
    });
    if writer.get_database_backend() == sea_orm::DbBackend::Sqlite {
        let (queue, receiver) = mpsc::channel(QUEUE);
        let together = usize::try_from(together).unwrap_or(QUEUE).max(1);
        // A thread of its own: verifying signatures for others must not hold up a commit that everybody behind it waits for.
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
        std::thread::Builder::new().name("weftid-writer".to_owned()).spawn(move || runtime.block_on(write_queue(writer, receiver, together)))?;
        Ok(Door::Queue(queue))
    } else {
        Ok(Door::Pool(writer))
    }
}
