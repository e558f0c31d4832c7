//! The databases that tests run on: SQLite in a directory of its own, and PostgreSQL in one server per test process.
//!
//! Migrating and making the first keys (RSA) is done once per process; every test gets a copy. Nothing is left behind, even when the test
//! process is killed: the server's watcher stops it as soon as the pipe to the process closes.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use sea_orm::{ConnectionTrait as _, Statement};
use tempfile::TempDir;
use tokio::sync::OnceCell;

use crate::watched::{Watched, free_port, unprivileged};

/// Which database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The embedded one.
    Sqlite,
    /// PostgreSQL 15 or newer, a real server.
    Postgres,
}

/// A database of one test, and the data directory that goes with it (it also holds the master key). Both are gone when it is dropped.
#[derive(Debug)]
pub struct Database {
    /// Which one.
    pub kind: Kind,
    url: String,
    directory: TempDir,
}

/// How an empty database is made ready: migrated, with its first keys. Runs once per process and kind.
pub type Prepare = fn(&Database) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send + '_>>;

static SQLITE: OnceCell<Database> = OnceCell::const_new();
static POSTGRES: OnceCell<Database> = OnceCell::const_new();
static SERVER: OnceCell<Server> = OnceCell::const_new();
static NUMBER: AtomicU64 = AtomicU64::new(0);

impl Database {
    /// An empty directory: the provider makes its SQLite database and its master key in it.
    pub fn empty_sqlite() -> Self {
        let directory = scratch();
        let url = format!("sqlite://{}", directory.path().join("weftid.sqlite").display());
        Self { kind: Kind::Sqlite, url, directory }
    }

    /// A PostgreSQL database without any table.
    pub async fn empty_postgres() -> Self {
        Self::new_postgres("").await
    }

    /// A database without any table.
    pub async fn empty(kind: Kind) -> Self {
        match kind {
            Kind::Sqlite => Self::empty_sqlite(),
            Kind::Postgres => Self::empty_postgres().await,
        }
    }

    /// A copy of a database that `prepare` made ready.
    pub async fn ready(kind: Kind, prepare: Prepare) -> Self {
        let template = match kind {
            Kind::Sqlite => &SQLITE,
            Kind::Postgres => &POSTGRES,
        };
        template.get_or_init(|| async move { prepared(Self::empty(kind).await, prepare).await }).await.copied().await
    }

    /// The settings that point the provider here.
    pub fn settings(&self) -> Vec<(&'static str, String)> {
        let data_dir = ("data_dir", self.data_dir().display().to_string());
        match self.kind {
            Kind::Sqlite => vec![data_dir, ("database.url", "sqlite".to_owned())],
            Kind::Postgres => {
                vec![data_dir, ("database.url", self.url.clone()), ("keys.master_key_file", self.master_key().display().to_string())]
            }
        }
    }

    /// Its URL, for looking behind the provider's back.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Where the provider keeps its files: `data_dir`.
    pub fn data_dir(&self) -> &Path {
        self.directory.path()
    }

    /// Where the master key lies.
    pub fn master_key(&self) -> PathBuf {
        self.directory.path().join("master.key")
    }

    /// Another copy of this database as it is now. Nobody may be writing to it.
    pub async fn copied(&self) -> Self {
        let copy = match self.kind {
            Kind::Sqlite => Self::empty_sqlite(),
            Kind::Postgres => {
                let name = self.url.rsplit('/').next().unwrap_or_default();
                let here = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");
                execute(&server().await.url("postgres"), &here).await;
                Self::new_postgres(&format!("TEMPLATE {name}")).await
            }
        };
        for entry in std::fs::read_dir(self.data_dir()).expect("the directory is there").flatten() {
            // The shared-memory file is rebuilt from the log beside it; a copy of it would only mislead.
            if entry.path().is_file() && !entry.file_name().to_string_lossy().ends_with("-shm") {
                std::fs::copy(entry.path(), copy.data_dir().join(entry.file_name())).expect("a copy of the data directory");
            }
        }
        copy
    }

    /// The same PostgreSQL database, for another node: with a data directory of its own, and the same master key. This one must outlive it.
    #[must_use]
    pub fn for_another_node(&self) -> Self {
        assert_eq!(self.kind, Kind::Postgres, "SQLite is for one node");
        let other = Self { kind: self.kind, url: self.url.clone(), directory: scratch() };
        std::fs::copy(self.master_key(), other.master_key()).expect("a copy of the master key");
        other
    }

    /// Runs statements behind the provider's back: to look like an accident, never to arrange what people do through doors.
    pub async fn execute(&self, sql: &str) {
        execute(&self.url, sql).await;
    }

    /// Counts behind the provider's back: the first column of the first row, as a whole number.
    pub async fn count(&self, sql: &str) -> i64 {
        let connection = connect(&self.url).await;
        let statement = Statement::from_string(connection.get_database_backend(), sql);
        let row = connection.query_one_raw(statement).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
        let count = row.unwrap_or_else(|| panic!("no row: {sql}")).try_get_by_index(0).unwrap_or_else(|error| panic!("{sql}: {error}"));
        connection.close().await.expect("the connection closes");
        count
    }

    async fn new_postgres(how: &str) -> Self {
        let server = server().await;
        let name = format!("test_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        execute(&server.url("postgres"), &format!("CREATE DATABASE {name} {how}")).await;
        let database = Self { kind: Kind::Postgres, url: server.url(&name), directory: scratch() };
        let key = weftid::base::random::bytes::<32>().iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
        std::fs::write(database.master_key(), key).expect("the master key is written");
        let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(database.master_key(), private).expect("the master key is ours alone");
        database
    }
}

/// A directory for the data of one test. All of them lie in one that a watcher removes when this process ends, however it ends.
fn scratch() -> TempDir {
    static ROOT: OnceLock<(PathBuf, Watched)> = OnceLock::new();
    let (root, _) = ROOT.get_or_init(|| {
        let mut command = std::process::Command::new("sh");
        let script = "trap : INT TERM HUP PIPE; dir=$(mktemp -d /tmp/weftid-tests.XXXXXX) && { echo \"$dir\"; cat >/dev/null; }; rm -rf \"$dir\"";
        command.args(["-c", script]);
        let (watched, stdout) = Watched::start(command);
        let mut path = String::new();
        BufReader::new(stdout).read_line(&mut path).expect("the watcher speaks");
        (PathBuf::from(path.trim()), watched)
    });
    TempDir::new_in(root).expect("a directory for the test's data")
}

/// Makes a template in a runtime of its own: when that ends, so do all tasks and connections that preparing left behind.
async fn prepared(database: Database, prepare: Prepare) -> Database {
    let work = move || {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
        runtime.block_on(prepare(&database));
        runtime.shutdown_timeout(std::time::Duration::from_secs(10));
        database
    };
    tokio::task::spawn_blocking(move || std::thread::spawn(work).join()).await.expect("the thread was waited for").expect("the template was made")
}

async fn connect(url: &str) -> sea_orm::DatabaseConnection {
    let mut options = sea_orm::ConnectOptions::new(url);
    options.max_connections(1).sqlx_logging(false);
    sea_orm::Database::connect(options).await.unwrap_or_else(|error| panic!("{url}: {error}"))
}

async fn execute(url: &str, sql: &str) {
    let connection = connect(url).await;
    connection.execute_unprepared(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    connection.close().await.expect("the connection closes");
}

async fn server() -> &'static Server {
    SERVER.get_or_init(|| async { tokio::task::spawn_blocking(Server::start).await.expect("PostgreSQL starts") }).await
}

/// One PostgreSQL server, alive as long as this process.
struct Server {
    port: u16,
    _watched: Watched,
}

// The watcher has the server's whole life: it makes the cluster, starts it, waits until the pipe closes, stops it, removes it.
// `fsync` stays on: the tests' durability is the product's.
const WATCHER: &str = r#"
dir=$(mktemp -d /tmp/weftid-postgres.XXXXXX) || exit 1
trap '"$BIN/pg_ctl" -D "$dir/data" -m immediate -w stop >/dev/null 2>&1; rm -rf "$dir"' EXIT
# The pipe may be closed before we have said anything: that must not end us before the server.
trap : INT TERM HUP PIPE
"$BIN/initdb" -D "$dir/data" -U weftid -A trust -E UTF8 --locale=C --no-sync >"$dir/log" 2>&1 || { cat "$dir/log"; exit 1; }
"$BIN/pg_ctl" -D "$dir/data" -w -t 60 -l "$dir/log" -o "-p $PORT -k $dir -c listen_addresses=127.0.0.1 -c max_connections=500" start >/dev/null 2>&1 \
  || { cat "$dir/log"; exit 1; }
echo ready
cat >/dev/null
"#;

impl Server {
    fn start() -> Self {
        let bin = postgres_bin();
        let mut said = String::new();
        // Somebody else may take the port between our look and the server's start.
        for _ in 0..3 {
            let port = free_port();
            let mut command = std::process::Command::new("sh");
            command.args(["-c", WATCHER]).env("BIN", &bin).env("PORT", port.to_string()).env("LC_ALL", "C").current_dir("/");
            unprivileged(&mut command, &["postgres", "nobody"]);
            let (watched, stdout) = Watched::start(command);
            let mut stdout = BufReader::new(stdout);
            said.clear();
            stdout.read_line(&mut said).expect("the watcher speaks");
            if said.trim() == "ready" {
                return Self { port, _watched: watched };
            }
            stdout.read_to_string(&mut said).expect("the watcher speaks");
        }
        panic!("PostgreSQL of {} does not start:\n{said}", bin.display());
    }

    fn url(&self, name: &str) -> String {
        format!("postgres://weftid@127.0.0.1:{}/{name}", self.port)
    }
}

/// Where the server's programs are: `WEFTID_POSTGRES_BIN`, or the newest of Debian's.
fn postgres_bin() -> PathBuf {
    if let Some(bin) = std::env::var_os("WEFTID_POSTGRES_BIN") {
        return bin.into();
    }
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest = versions.filter_map(|entry| Some((entry.file_name().to_str()?.parse::<u32>().ok()?, entry.path()))).max();
    let (_, path) =
        newest.expect("the tests need a PostgreSQL server (Debian: postgresql); tests/run installs it, WEFTID_POSTGRES_BIN names another");
    path.join("bin")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prepare(database: &Database) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async {
            if database.kind == Kind::Sqlite {
                std::fs::File::create(database.data_dir().join("weftid.sqlite")).unwrap();
            }
            database.execute("CREATE TABLE thing (n INTEGER)").await;
            database.execute("INSERT INTO thing VALUES (1)").await;
            std::fs::write(database.master_key(), "key").unwrap();
            assert_eq!(database.settings()[0], ("data_dir", database.data_dir().display().to_string()));
        })
    }

    crate::on_both_databases! {
        /// Tests run at once and must not see each other.
        async fn every_test_has_its_own(kind: Kind) {
            // Not by `ready`: its template is the whole process's, and this one is no provider's.
            let template = prepared(Database::empty(kind).await, prepare).await;
            let (one, other) = (template.copied().await, template.copied().await);
            one.execute("INSERT INTO thing VALUES (2)").await;
            assert_eq!((one.count("SELECT count(*) FROM thing").await, other.count("SELECT count(*) FROM thing").await), (2, 1));
            assert_eq!(std::fs::read(other.master_key()).unwrap(), b"key");
            assert_eq!(one.copied().await.count("SELECT count(*) FROM thing").await, 2);
        }
    }

    /// What tests show about durability holds only on a server that syncs.
    #[tokio::test]
    async fn the_server_syncs() {
        let server = server().await;
        let connection = connect(&server.url("postgres")).await;
        let row = connection.query_one_raw(Statement::from_string(connection.get_database_backend(), "SHOW fsync")).await.unwrap().unwrap();
        assert_eq!(row.try_get_by_index::<String>(0).unwrap(), "on");
    }
}
