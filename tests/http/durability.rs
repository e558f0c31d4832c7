//! What "done" means: on disk before the answer (security requirement E-CRASH-03), run again only where that is safe, and forgotten only
//! when nobody could use it any more.

use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use weftid::actions::sweeping::{Sweeper, sweep_at};
use weftid::base::clock::{Clock, Time};
use weftid::base::id::{CredentialId, KeyId, PasskeyId};
use weftid::store::{Job, Store, StoreError, Write, data_key, passkey};
use weftid_tests::database::{Database, Kind};
use weftid_tests::on_both_databases;
use weftid_tests::person::Person;
use weftid_tests::process::{Process, environment};
use weftid_tests::provider::Provider;
use weftid_tests::relying_party::{Asked, RelyingParty};

use crate::process::{invites, nearly_comes_aboard};
use crate::store::target;

const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);

/// What the kernel was asked for while one request was answered, line by line; ends the test when strace is missing.
struct Trace {
    strace: tokio::process::Child,
    file: std::path::PathBuf,
}

impl Trace {
    async fn of(server: &Process, file: std::path::PathBuf) -> Self {
        let mut command = tokio::process::Command::new("strace");
        command.args(["-f", "-y", "-s", "64", "-e", "trace=pwrite64,fdatasync,fsync,sendto,sendmsg,write,writev", "-o"]);
        command.arg(&file).args(["-p", &server.id().to_string()]).stderr(Stdio::piped()).kill_on_drop(true);
        let mut strace = command.spawn().expect("this test needs strace (Debian: strace), which tests/run installs");
        // It says so when it holds every thread.
        let mut said = tokio::io::BufReader::new(strace.stderr.take().expect("a pipe"));
        let mut line = String::new();
        tokio::io::AsyncBufReadExt::read_line(&mut said, &mut line).await.expect("strace speaks");
        assert!(line.contains("attached"), "strace can't look at the server: {line}");
        tokio::spawn(async move { tokio::io::copy(&mut said, &mut tokio::io::sink()).await });
        tokio::time::sleep(Duration::from_millis(200)).await;
        Self { strace, file }
    }

    async fn ends(mut self) -> Vec<String> {
        tokio::time::sleep(Duration::from_millis(200)).await;
        let pid = self.strace.id().expect("it runs").to_string();
        tokio::process::Command::new("kill").args(["-INT", &pid]).status().await.expect("kill(1) is there");
        self.strace.wait().await.expect("strace ends");
        std::fs::read_to_string(&self.file).expect("a trace").lines().map(str::to_owned).collect()
    }
}

/// E-CRASH-03: the log of SQLite is synced after the last write to it and before the first byte of the answer leaves.
#[tokio::test]
async fn the_disk_has_it_before_the_answer_leaves() {
    let database = Database::empty_sqlite();
    let server = Process::serve_at(&database, weftid_tests::watched::free_port(), &[("log.filter", "warn")]).await;
    let link = invites(&environment(&database, server.address.port()), "ada@id.example").await;
    let mut ada = Person::new(&server.wire);
    let (finish, body) = nearly_comes_aboard(&mut ada, &link).await;
    let trace = Trace::of(&server, database.data_dir().join("strace")).await;
    let answer = ada.posts_json(&finish, &body).await;
    let lines = trace.ends().await;
    assert_eq!(answer.status, 200, "{answer}");

    let whole = lines.join("\n");
    let answered = lines.iter().position(|line| line.contains("HTTP/1.1 200")).unwrap_or_else(|| panic!("no answer was seen:\n{whole}"));
    let to_log = |line: &&String| line.contains("weftid.sqlite-wal");
    let written = lines.iter().rposition(|line| line.contains("pwrite64(") && to_log(&line));
    let written = written.unwrap_or_else(|| panic!("no write to the log was seen:\n{whole}"));
    // What another thread did meanwhile may split a call in two lines: the second one says that it is done.
    let begun = lines.iter().skip(written).position(|line| line.contains("sync(") && to_log(&line)).map(|at| at + written);
    let begun = begun.unwrap_or_else(|| panic!("no sync after the last write:\n{whole}"));
    let done = if lines[begun].contains("unfinished") {
        let thread = lines[begun].split_whitespace().next().unwrap();
        let resumed = |line: &String| line.starts_with(thread) && line.contains("sync resumed");
        begun + lines.iter().skip(begun).position(resumed).expect("the sync ends")
    } else {
        begun
    };
    assert!(lines[done].contains("= 0"), "{}", lines[done]);
    assert!(written < begun && done < answered, "the answer left before the disk had it:\n{whole}");
}

/// Two passkeys that are updated in this order, with a pause between; counts how often it was run.
struct Both {
    passkeys: [PasskeyId; 2],
    runs: Arc<AtomicU32>,
}

impl Job for Both {
    type Outcome = bool;

    async fn run(&self, write: &Write<'_>) -> Result<bool, StoreError> {
        let run = self.runs.fetch_add(1, Ordering::SeqCst);
        let seen = passkey::Use { counter: run.into(), backed_up: true, at: Time::from_seconds(1_800_000_000), from: String::new() };
        passkey::record_use(write, self.passkeys[0], seen.clone()).await?;
        tokio::time::sleep(Duration::from_millis(200)).await;
        passkey::record_use(write, self.passkeys[1], seen).await?;
        Ok(true)
    }
}

/// E-RACE-01 at its root, ARCHITECTURE.md "One door for writes": two writes that stand in each other's way on PostgreSQL both come through, for the one
/// that the database gave up is run again.
#[tokio::test]
async fn a_deadlock_is_run_again() {
    let provider = Provider::start(Kind::Postgres).await;
    let mut passkeys = Vec::new();
    for (name, email) in [("Ada", "ada@id.example"), ("Bob", "bob@id.example")] {
        let person = provider.person(email, name).await;
        let id = CredentialId::new(person.authenticator.credentials[0].id.clone()).unwrap();
        let (_, found) = weftid::store::reads::passkey_and_user::passkey_and_user(provider.app.store(), &id).await.unwrap();
        passkeys.push(found.expect("it is registered").passkey.id);
    }
    let runs = Arc::new(AtomicU32::new(0));
    let job = |passkeys| provider.app.store().write(Both { passkeys, runs: Arc::clone(&runs) });
    let (one, other) = tokio::join!(job([passkeys[0], passkeys[1]]), job([passkeys[1], passkeys[0]]));
    assert!(matches!((&one, &other), (Ok(true), Ok(true))), "{one:?} {other:?}");
    assert!(runs.load(Ordering::SeqCst) > 2, "they were never in each other's way");
}

/// Writes one row; waits with the transaction open if it is told to.
struct Row {
    number: i64,
    dawdle: Duration,
    runs: Arc<AtomicU32>,
}

impl Job for Row {
    type Outcome = bool;

    async fn run(&self, write: &Write<'_>) -> Result<bool, StoreError> {
        self.runs.fetch_add(1, Ordering::SeqCst);
        let row = data_key::Model { id: KeyId::random(), number: self.number, wrapped: vec![0], created_at: Time::from_seconds(1) };
        let added = data_key::insert_unless_there(write, row).await?;
        tokio::time::sleep(self.dawdle).await;
        Ok(added)
    }
}

/// Ends the connection of whoever is in this state, as a crash of the database would.
async fn cuts(database: &Database, state: &str) {
    let sql = format!(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND {state}"
    );
    for _ in 0..200 {
        if database.count(&sql).await > 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("no connection is {state}");
}

/// E-CRASH-02: a connection that is lost in the middle of a write takes the write back, one that is lost during COMMIT leaves it open
/// what became of it: both are failures, and neither is run again. A conflict that the database reports at COMMIT is.
#[tokio::test]
async fn a_lost_commit_is_never_run_again() {
    let database = Database::empty(Kind::Postgres).await;
    let store = Store::open(&target(&database)).await.unwrap();
    let write = |number, dawdle| {
        let (store, runs) = (store.clone(), Arc::new(AtomicU32::new(0)));
        let counted = Arc::clone(&runs);
        (runs, tokio::spawn(async move { store.write(Row { number, dawdle, runs: counted }).await }))
    };

    let (runs, middle) = write(1, Duration::from_millis(800));
    cuts(&database, "state = 'idle in transaction'").await;
    let outcome = middle.await.unwrap();
    assert!(outcome.is_err(), "{outcome:?}");
    assert_eq!((runs.load(Ordering::SeqCst), database.count("SELECT count(*) FROM data_keys").await), (1, 0));

    // A trigger that waits until COMMIT and is slow then, or clashes twice.
    database
        .execute(
            "CREATE SEQUENCE clashes; CREATE FUNCTION at_commit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
             IF NEW.number = 2 THEN PERFORM pg_sleep(10); END IF;
             IF NEW.number = 3 AND nextval('clashes') < 3 THEN RAISE 'clash' USING ERRCODE = '40001'; END IF;
             RETURN NULL; END $$;
             CREATE CONSTRAINT TRIGGER at_commit AFTER INSERT ON data_keys DEFERRABLE INITIALLY DEFERRED
             FOR EACH ROW EXECUTE FUNCTION at_commit()",
        )
        .await;
    let (runs, commit) = write(2, Duration::ZERO);
    cuts(&database, "query ILIKE 'COMMIT%' AND state = 'active'").await;
    let outcome = commit.await.unwrap();
    assert!(matches!(outcome, Err(StoreError::Lost(_))), "{outcome:?}");
    assert_eq!(runs.load(Ordering::SeqCst), 1, "a write whose COMMIT was sent was run again");

    let (runs, clashing) = write(3, Duration::ZERO);
    assert!(matches!(clashing.await.unwrap(), Ok(true)));
    assert_eq!(runs.load(Ordering::SeqCst), 3, "a clash at COMMIT is run again until it goes through");
}

async fn an_unread_code(provider: &Provider, person: &mut Person) -> (RelyingParty, Asked, String) {
    let shop = provider.shop("shop").await;
    let asked = shop.asks(&["profile"], &[]);
    let callback = person.agrees_to(&asked.url).await;
    let code = shop.reads_code(&asked, &callback).unwrap();
    (shop, asked, code)
}

on_both_databases! {
    /// ARCHITECTURE.md "Spent": everything is swept when it is due and not before, and a code whose spending was forgotten is
    /// refused, even by a node whose clock is so far behind that the code looks fresh.
    async fn what_is_over_is_swept_when_it_is_due(kind: Kind) {
        let provider = Provider::start(kind).await;
        let began = provider.clock.now();
        let mut ada = provider.person("ada@id.example", "Ada").await;
        let (shop, asked, code) = an_unread_code(&provider, &mut ada).await;
        let large = asked.url.as_str().replace(&asked.state, &"s".repeat(1_800));
        let mut stranger = provider.stranger();
        stranger.opens(&format!("{large}&login_hint={}", "h".repeat(200))).await.shows("sign-in");
        shop.redeems_code(&asked, &code).await.expect("the code is good");
        let count = async |table: &str| provider.database.count(&format!("SELECT count(*) FROM {table}")).await;
        let tables = ["spent WHERE gave IS NULL", "spent WHERE gave IS NOT NULL", "authorization_requests", "one_time_links", "sessions", "grants"];
        for table in tables {
            assert!(count(table).await > 0, "nothing to sweep in {table}");
        }
        // Each is over after its lifetime, and is kept 10 minutes more (spent values, requests), or a day.
        for (tables, over) in [
            (&["spent WHERE gave IS NULL"][..], MINUTE * 15),
            (&["spent WHERE gave IS NOT NULL", "authorization_requests"], MINUTE * 40),
            (&["one_time_links"], HOUR * (72 + 24)),
            (&["sessions"], HOUR * 24 * 15),
            (&["grants"], HOUR * 24 * 181),
        ] {
            provider.clock.advance(began.plus(over).since(provider.clock.now()));
            sweep_at(&provider.app, provider.app.now()).await.unwrap();
            for table in tables {
                assert!(count(table).await > 0, "{table} was swept before it was due");
            }
            provider.clock.advance(Duration::from_millis(1));
            sweep_at(&provider.app, provider.app.now()).await.unwrap();
            for table in tables {
                assert_eq!(count(table).await, 0, "{table} was not swept when it was due");
            }
        }
    }

    /// A-CODE-01, ARCHITECTURE.md "Spent": a code whose spending was forgotten is refused, even by a node whose clock is so far
    /// behind that the code looks fresh.
    async fn a_swept_code_is_refused(kind: Kind) {
        let provider = Provider::start(kind).await;
        let began = provider.clock.now();
        let mut ada = provider.person("ada@id.example", "Ada").await;
        let (shop, asked, code) = an_unread_code(&provider, &mut ada).await;
        shop.redeems_code(&asked, &code).await.expect("the code is good");
        provider.clock.advance(MINUTE * 41);
        assert!(sweep_at(&provider.app, provider.app.now()).await.unwrap() > 0);
        assert_eq!(provider.database.count("SELECT count(*) FROM spent").await, 0, "it is forgotten");
        let behind = Provider::on(provider.database.copied().await, Clock::manual(began), &[]).await;
        let mut elsewhere =
            RelyingParty::new(&behind.wire, &behind.clock, &behind.issuer, &shop.id, shop.secret.as_deref(), &shop.redirect_uri);
        elsewhere.discovers().await;
        let before = behind.database.count("SELECT count(*) FROM grants").await;
        let pairs = [("grant_type", "authorization_code"), ("code", &*code), ("code_verifier", &*asked.verifier), ("redirect_uri", "https://shop.test/callback")];
        let again = elsewhere.posts("token_endpoint", &pairs).await;
        assert_eq!(again.error_code(), "invalid_grant", "{again}");
        assert_eq!(behind.database.count("SELECT count(*) FROM grants").await, before, "it was redeemed twice");
    }

    /// ARCHITECTURE.md "Spent": nothing is swept while the clocks disagree about how much time has passed.
    async fn a_clock_that_jumps_stops_the_sweep(kind: Kind) {
        let provider = Provider::start(kind).await;
        let _ada = provider.person("ada@id.example", "Ada").await;
        let mut sweeper = Sweeper::new();
        assert_eq!(sweeper.sweep(&provider.app).await.unwrap(), Some(0));
        provider.clock.advance(HOUR);
        assert_eq!(sweeper.sweep(&provider.app).await.unwrap(), None);
        assert_eq!(provider.database.count("SELECT count(*) FROM spent").await, 1);
        // When they agree again, it goes on.
        assert_eq!(sweeper.sweep(&provider.app).await.unwrap(), Some(1));
    }
}
