//! Opening the database: connections as this house needs them, and migrations by one node at a time.

use std::fs::OpenOptions;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
use sea_orm::{
    ConnectOptions, ConnectionTrait as _, Database, DatabaseConnection, DbBackend, DbErr, SqliteTransactionMode, Statement, TransactionOptions,
    TransactionTrait as _,
};
use secrecy::{ExposeSecret as _, SecretString};
use weftid_migrations::{Migrator, MigratorTrait as _};

use crate::base::id::KeyId;
use crate::store::{Counts, Store, write};

/// How long a write waits for another process (the command line) that is writing.
const BUSY: Duration = Duration::from_secs(5);
/// Names the lock that nodes hold while they migrate on PostgreSQL. Arbitrary, and ours.
const MIGRATION_LOCK: i64 = 0x57_45_46_54_49_44;

/// Where the tables are.
#[derive(Clone, Debug)]
pub enum Target {
    /// In a file of this folder: `weftid.sqlite`.
    Sqlite {
        /// The data directory; made with mode 0700 if it is not there.
        directory: PathBuf,
        /// Connections that read; one more writes.
        readers: u32,
        /// How many waiting writes are committed together, at most.
        writes_together: u32,
    },
    /// On a PostgreSQL server.
    Postgres {
        /// Its URL, password included.
        url: SecretString,
        /// Connections that read, and as many that write.
        connections: u32,
    },
}

/// Why the database could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The data directory or a file in it can't be made.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The thread that writes can't be started.
    #[error("the writer can't be started: {0}")]
    Writer(std::io::Error),
    /// The database refused.
    #[error("the database can't be opened: {0}")]
    Database(#[from] DbErr),
    /// It does not keep what it says it has written.
    #[error(
        "SQLite does not run with synchronous=FULL in WAL mode here (synchronous={synchronous}, journal_mode={journal_mode}): what is answered with success would not be safe"
    )]
    NotDurable {
        /// What it runs with.
        synchronous: i64,
        /// What it runs with.
        journal_mode: String,
    },
}

/// A data key as it rests: its name, and what the master key made of it.
pub type WrappedKey = (KeyId, Vec<u8>);

impl Store {
    /// Opens the database and brings its tables up to this release.
    pub async fn open(target: &Target) -> Result<Self, OpenError> {
        Self::open_if(target, |_| Ok(())).await
    }

    /// The same, unless `judge` refuses the data keys that are there, wrapped, before any table is changed (D-SEC-06).
    pub async fn open_if<E: From<OpenError>>(target: &Target, judge: impl FnOnce(&[WrappedKey]) -> Result<(), E>) -> Result<Self, E> {
        let (reader, writer) = match target {
            Target::Sqlite { directory, readers, .. } => open_sqlite(directory, *readers, judge).await?,
            Target::Postgres { url, connections } => open_postgres(url, *connections, judge).await?,
        };
        let counts = Arc::new(Counts::default());
        let mut reader = reader;
        let counted = Arc::clone(&counts);
        reader.set_metric_callback(move |_| {
            counted.reads.fetch_add(1, Ordering::Relaxed);
        });
        let together = match target {
            Target::Sqlite { writes_together, .. } => *writes_together,
            Target::Postgres { .. } => 1,
        };
        let door = write::open_door(writer, &counts, together).map_err(OpenError::Writer)?;
        Ok(Self { reader, door, counts })
    }

    /// Whether the database answers at all.
    pub async fn ping(&self) -> bool {
        self.reader.ping().await.is_ok()
    }
}

/// Connections that read, and those that write.
type Connections = (DatabaseConnection, DatabaseConnection);

async fn open_sqlite<E: From<OpenError>>(
    directory: &Path,
    readers: u32,
    judge: impl FnOnce(&[WrappedKey]) -> Result<(), E>,
) -> Result<Connections, E> {
    let file = directory.join("weftid.sqlite");
    let at = |path: &Path| {
        let path = path.to_owned();
        move |source| OpenError::File { path, source }
    };
    if !directory.is_dir() {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(directory).map_err(at(directory))?;
    }
    // Made here with its mode, before SQLite makes it with the umask's: its WAL and SHM files take theirs from it.
    OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(&file).map_err(at(&file))?;
    let lock_path = directory.join("migrating.lock");
    let lock = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(&lock_path).map_err(at(&lock_path))?;

    let url = format!("sqlite://{}?mode=rw", file.display());
    // Held from before the first connection: switching a new file to WAL and migrating it is for one node at a time. The operating system
    // lets go of it even if this process dies.
    let waiting = lock.try_clone().map_err(at(&lock_path))?;
    tokio::task::spawn_blocking(move || waiting.lock()).await.map_err(std::io::Error::other).flatten().map_err(at(&lock_path))?;
    let writer = Database::connect(sqlite_options(&url, 1, false)).await.map_err(OpenError::from)?;
    check_durability(&writer).await?;
    judge(&wrapped_keys(&writer).await.map_err(OpenError::from)?)?;
    migrate_at_once(&writer).await.map_err(OpenError::from)?;
    lock.unlock().map_err(at(&lock_path))?;
    let reader = Database::connect(sqlite_options(&url, readers, true)).await.map_err(OpenError::from)?;
    Ok((reader, writer))
}

/// The data keys that are there. Not by their entity: the tables may be an older release's, and this much was in them from the first on.
async fn wrapped_keys(connection: &DatabaseConnection) -> Result<Vec<WrappedKey>, DbErr> {
    let backend = connection.get_database_backend();
    let table = match backend {
        DbBackend::Postgres => "SELECT 1 FROM pg_tables WHERE schemaname = current_schema() AND tablename = 'data_keys'",
        _ => "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'data_keys'",
    };
    if connection.query_one_raw(Statement::from_string(backend, table)).await?.is_none() {
        return Ok(Vec::new());
    }
    let rows = connection.query_all_raw(Statement::from_string(backend, "SELECT id, wrapped FROM data_keys ORDER BY number")).await?;
    rows.iter().map(|row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?))).collect()
}

fn sqlite_options(url: &str, connections: u32, only_reads: bool) -> ConnectOptions {
    let mut options = quiet(url);
    options.max_connections(connections).min_connections(1).map_sqlx_sqlite_opts(move |options| {
        let options = options.journal_mode(SqliteJournalMode::Wal).synchronous(SqliteSynchronous::Full).busy_timeout(BUSY).foreign_keys(true);
        if only_reads { options.pragma("query_only", "ON") } else { options }
    });
    // SQLite connections hold no server's patience; keep them for good.
    options.idle_timeout(Option::<Duration>::None).max_lifetime(Option::<Duration>::None).test_before_acquire(false);
    options
}

fn quiet(url: &str) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    // Statements carry personal data and digests; they are not for logs.
    options.sqlx_logging(false).record_stmt_in_spans(false).acquire_timeout(Duration::from_secs(5));
    options
}

/// Reads back what the database really runs with, instead of trusting what it was told.
async fn check_durability(writer: &DatabaseConnection) -> Result<(), OpenError> {
    let pragma = |name: &str| Statement::from_string(DbBackend::Sqlite, format!("PRAGMA {name}"));
    let synchronous = writer.query_one_raw(pragma("synchronous")).await?.map_or(Ok(-1), |row| row.try_get_by_index::<i64>(0))?;
    let journal_mode =
        writer.query_one_raw(pragma("journal_mode")).await?.map_or_else(|| Ok(String::new()), |row| row.try_get_by_index::<String>(0))?;
    // 2 is FULL.
    if synchronous == 2 && journal_mode == "wal" { Ok(()) } else { Err(OpenError::NotDurable { synchronous, journal_mode }) }
}

/// All steps in one transaction: sea-orm-migration gives SQLite none by itself, and a process that is killed between two tables would leave
/// a database that no later start can bring up (E-MIG-01).
async fn migrate_at_once(writer: &DatabaseConnection) -> Result<(), DbErr> {
    let immediate = TransactionOptions { sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate), ..TransactionOptions::default() };
    let transaction = writer.begin_with_options(immediate).await?;
    Migrator::up(&transaction, None).await?;
    transaction.commit().await
}

async fn open_postgres<E: From<OpenError>>(
    url: &SecretString,
    connections: u32,
    judge: impl FnOnce(&[WrappedKey]) -> Result<(), E>,
) -> Result<Connections, E> {
    let failed = OpenError::from;
    let options = || {
        let mut options = quiet(url.expose_secret());
        options.max_connections(connections).min_connections(1).set_application_name("weftid");
        options
    };
    let (reader, writer) = (Database::connect(options()).await.map_err(failed)?, Database::connect(options()).await.map_err(failed)?);
    // Two nodes that migrate an empty database at once would break each other: one holds this lock to the end of its transaction.
    let lock = reader.begin().await.map_err(failed)?;
    let hold = Statement::from_sql_and_values(DbBackend::Postgres, "SELECT pg_advisory_xact_lock($1)", [MIGRATION_LOCK.into()]);
    lock.execute_raw(hold).await.map_err(failed)?;
    judge(&wrapped_keys(&writer).await.map_err(failed)?)?;
    Migrator::up(&writer, None).await.map_err(failed)?;
    lock.commit().await.map_err(failed)?;
    Ok((reader, writer))
}
