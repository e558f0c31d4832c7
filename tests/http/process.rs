//! The real binary as a process: how it starts, refuses to start, goes away, and what the command line may do beside it.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use url::Url;
use weftid::base::clock::Clock;
use weftid_tests::database::{Database, Kind};
use weftid_tests::on_both_databases;
use weftid_tests::person::Person;
use weftid_tests::process::{Ended, Process, environment, run, variable};
use weftid_tests::relying_party::RelyingParty;
use weftid_tests::watched::free_port;

/// The settings of a server on this database at this port, by their paths.
pub(crate) fn settings_of(database: &Database, port: u16) -> Vec<(&'static str, String)> {
    let mut pairs = database.settings();
    pairs.extend([("issuer", format!("http://localhost:{port}")), ("http.bind", format!("127.0.0.1:{port}"))]);
    pairs
}

/// Invites by the command line: the link.
pub(crate) async fn invites(environment: &BTreeMap<String, String>, email: &str) -> String {
    succeeds(&run(&["users", "invite", "--email", email], environment).await)
}

/// Opens an invitation and answers its ceremony up to the call that finishes it: its path and body.
pub(crate) async fn nearly_comes_aboard(person: &mut Person, link: &str) -> (String, Value) {
    person.opens(link).await.shows("invitation");
    let path = Url::parse(link).unwrap().path().to_owned();
    let options = person.posts_json(&format!("{path}/passkey/begin"), &json!({"name": "Ada"})).await.expect(200).json();
    let origin = person.url();
    let credential = person.authenticator.create(&options["publicKey"], &origin).unwrap();
    (format!("{path}/passkey/finish"), json!({"ceremony": options["ceremony"], "credential": credential, "name": "Ada"}))
}

pub(crate) async fn comes_aboard(wire: &weftid_tests::wire::Wire, link: &str) -> Person {
    let mut person = Person::new(wire);
    let (finish, body) = nearly_comes_aboard(&mut person, link).await;
    let finished = person.posts_json(&finish, &body).await;
    person.follows(finished).await.shows("backup-codes");
    person.presses("acknowledge", &[("acknowledged", "yes")]).await.shows("dashboard");
    person
}

#[track_caller]
pub(crate) fn succeeds(ended: &Ended) -> String {
    assert_eq!(ended.status.code(), Some(0), "{ended:?}");
    assert_eq!(ended.stderr, "", "{ended:?}");
    ended.stdout.trim().to_owned()
}

#[track_caller]
pub(crate) fn fails(ended: &Ended, code: i32, words: &[&str]) {
    assert_eq!(ended.status.code(), Some(code), "{ended:?}");
    for word in words {
        assert!(ended.stderr.contains(word), "{word:?} is not said: {ended:?}");
    }
}

async fn at_once_or_within_a_second(mut holds: impl AsyncFnMut() -> bool) -> bool {
    // The server looks every second; half a second more for two busy cores.
    let deadline = Instant::now() + Duration::from_millis(1500);
    loop {
        if holds().await {
            return true;
        }
        if Instant::now() > deadline {
            return false;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Sends a request up to the middle of its body.
async fn half_a_request(server: &Process) -> TcpStream {
    let mut connection = TcpStream::connect(server.address).await.unwrap();
    let head = format!(
        "POST /token HTTP/1.1\r\nHost: localhost:{}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 40\r\n\r\ngrant_type=",
        server.address.port()
    );
    connection.write_all(head.as_bytes()).await.unwrap();
    // Until the server has begun with it.
    tokio::time::sleep(Duration::from_millis(300)).await;
    connection
}

/// E-LOAD-13: SIGTERM lets what is in flight finish (a body that is still being sent, a write that waits for the database), takes nothing
/// new, and ends with 0.
#[tokio::test]
async fn sigterm_lets_requests_finish() {
    let database = Database::empty_sqlite();
    let mut server = Process::serve(&database).await;
    let environment = environment(&database, server.address.port());
    let link = invites(&environment, "ada@id.example").await;
    let mut ada = Person::new(&server.wire);
    let (finish, body) = nearly_comes_aboard(&mut ada, &link).await;

    let mut slow = half_a_request(&server).await;
    let mut options = sea_orm::ConnectOptions::new(database.url());
    options.max_connections(1);
    let other = sea_orm::Database::connect(options).await.unwrap();
    sea_orm::ConnectionTrait::execute_unprepared(&other, "BEGIN IMMEDIATE").await.unwrap();
    let waiting = tokio::spawn(async move { (ada.posts_json(&finish, &body).await, ada) });
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!waiting.is_finished(), "the write does not wait for the other writer");

    let asked = Instant::now();
    server.is_asked_to_stop().await;
    server.says("going away").await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    let refused = TcpStream::connect(server.address).await.expect_err("nothing new is taken");
    assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);

    sea_orm::ConnectionTrait::execute_unprepared(&other, "ROLLBACK").await.unwrap();
    other.close().await.unwrap();
    let (answer, ada) = waiting.await.unwrap();
    assert_eq!(answer.status, 200, "{answer}");
    slow.write_all(b"authorization_code&code=0123456").await.unwrap();
    let mut said = String::new();
    slow.read_to_string(&mut said).await.unwrap();
    assert!(said.starts_with("HTTP/1.1 401") && said.contains("invalid_client"), "{said}");
    assert_eq!(server.ends().await.code(), Some(0), "{}", server.output());
    assert!(asked.elapsed() < Duration::from_secs(15), "it waited for http.drain, though everything was done");
    assert_eq!(database.count("SELECT count(*) FROM users").await, 1);
    assert_eq!(ada.authenticator.credentials.len(), 1);
}

/// E-LOAD-13: whoever never finishes is cut off after http.drain, and the process still ends with 0.
#[tokio::test]
async fn draining_has_an_end() {
    let database = Database::empty_sqlite();
    let mut server = Process::serve_at(&database, free_port(), &[("http.drain", "1s")]).await;
    let _never = half_a_request(&server).await;
    let asked = Instant::now();
    server.is_asked_to_stop().await;
    assert_eq!(server.ends().await.code(), Some(0), "{}", server.output());
    assert!((Duration::from_secs(1)..Duration::from_secs(6)).contains(&asked.elapsed()), "{:?}", asked.elapsed());
    server.says("cut off").await;
}

fn files_of(database: &Database) -> BTreeMap<String, Vec<u8>> {
    // Not the shared memory, which is no data, nor what is empty: the lock, and a log that has nothing to say.
    let entries = std::fs::read_dir(database.data_dir()).unwrap().flatten();
    let named = entries.map(|entry| (entry.file_name().into_string().unwrap(), entry.path()));
    let read = named.filter(|(name, _)| !name.ends_with("-shm")).map(|(name, path)| (name, std::fs::read(path).unwrap()));
    read.filter(|(_, bytes)| !bytes.is_empty()).collect()
}

/// D-SEC-06, D-SEC-04: with a missing, wrong, broken or readable master key it refuses to start, says why, and touches nothing.
#[tokio::test]
async fn without_its_master_key_it_touches_nothing() {
    let database = Database::empty_sqlite();
    let port = free_port();
    let environment = environment(&database, port);
    succeeds(&run(&["migrate"], &environment).await);
    let key = std::fs::read_to_string(database.master_key()).unwrap();
    // Whoever closes the file last moves the log into it; after this there is nothing left to move.
    assert_eq!(database.count("SELECT count(*) FROM data_keys").await, 1);
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&database.master_key()), 0o600);

    let wrong = weftid::base::base64url::encode([7; 32]);
    let set = |text: &str, mode: u32| {
        let _ = std::fs::remove_file(database.master_key());
        std::fs::write(database.master_key(), text).unwrap();
        std::fs::set_permissions(database.master_key(), std::fs::Permissions::from_mode(mode)).unwrap();
    };
    for (text, mode, words) in [
        (None, 0o600, &["master.key does not exist"][..]),
        (Some(wrong.as_str()), 0o600, &["master key"]),
        (Some(""), 0o600, &["master.key", "no master key"]),
        (Some(key.as_str()), 0o644, &["mode 0644", "chmod 600"]),
    ] {
        match text {
            None => std::fs::remove_file(database.master_key()).unwrap(),
            Some(text) => set(text, mode),
        }
        let before = files_of(&database);
        for command in ["serve", "migrate"] {
            let ended = run(&[command], &environment).await;
            fails(&ended, 1, words);
            assert!(ended.stdout.is_empty() && !ended.stderr.contains(key.trim()), "{ended:?}");
        }
        let after = files_of(&database);
        let names = |files: &BTreeMap<String, Vec<u8>>| files.iter().map(|(name, bytes)| (name.clone(), bytes.len())).collect::<Vec<_>>();
        assert!(before == after, "something was touched ({words:?}): {:?} became {:?}", names(&before), names(&after));
    }
    set(&key, 0o600);
    succeeds(&run(&["migrate"], &environment).await);
}

on_both_databases! {
    /// D-SEC-06: an upgrade with the wrong master key changes no table; with the right one its steps are made.
    async fn an_upgrade_waits_for_the_right_master_key(kind: Kind) {
        let database = Database::empty(kind).await;
        let environment = environment(&database, free_port());
        succeeds(&run(&["migrate"], &environment).await);
        let key = std::fs::read_to_string(database.master_key()).unwrap();
        // As an older release left it: a table is missing, and so is the note that its step was made.
        database.execute("DROP TABLE mails").await;
        database.execute("DELETE FROM seaql_migrations").await;
        let is_there = match kind {
            Kind::Sqlite => "SELECT count(*) FROM sqlite_master WHERE name = 'mails'",
            Kind::Postgres => "SELECT count(*) FROM pg_tables WHERE tablename = 'mails'",
        };
        let set = |text: &str| {
            std::fs::write(database.master_key(), text).unwrap();
            std::fs::set_permissions(database.master_key(), std::fs::Permissions::from_mode(0o600)).unwrap();
        };
        set(&weftid::base::random::bytes::<32>().map(|byte| format!("{byte:02x}")).concat());
        for command in ["serve", "migrate"] {
            fails(&run(&[command], &environment).await, 1, &["master key"]);
            assert_eq!((database.count(is_there).await, database.count("SELECT count(*) FROM seaql_migrations").await), (0, 0), "{command}");
        }
        set(&key);
        // Now it is tried, and meets the tables of today.
        fails(&run(&["migrate"], &environment).await, 1, &["already exists"]);
    }
}

/// D-BAK-04: what is written to the data directory is for its owner alone, whatever the umask.
#[tokio::test]
async fn its_files_are_for_its_owner_alone() {
    let parent = Database::empty_sqlite();
    let directory = parent.data_dir().join("data");
    let port = free_port();
    let mut environment = environment(&parent, port);
    environment.insert(variable("data_dir"), directory.display().to_string());
    let mut server = Process::start(&["serve"], &environment, port);
    server.becomes_ready().await;
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&directory), 0o700);
    let files: Vec<_> = std::fs::read_dir(&directory).unwrap().flatten().map(|entry| entry.path()).collect();
    assert!(files.len() >= 4, "{files:?}");
    for file in files {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
}

/// Wrong settings are all said at once, a port that is taken is named, and arguments that make no sense say what would.
#[tokio::test]
async fn what_cannot_work_is_said_clearly() {
    let database = Database::empty_sqlite();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let good = environment(&database, port);

    let mut bad = good.clone();
    bad.extend(
        [("issuer", "ftp://x"), ("lifetimes.code", "soon"), ("http.bind", "everywhere"), ("no.such", "1")]
            .map(|(path, value)| (variable(path), value.to_owned())),
    );
    for command in ["serve", "config", "migrate"] {
        fails(&run(&[command], &bad).await, 1, &["issuer", "lifetimes.code", "http.bind", "no.such", "WEFTID__LIFETIMES__CODE"]);
    }
    assert!(files_of(&database).is_empty(), "nothing was made");

    fails(&run(&["serve"], &good).await, 1, &[&format!("127.0.0.1:{port}"), "in use"]);

    fails(&run(&["users", "invite", "--email", "nonsense"], &good).await, 1, &["email"]);
    fails(&run(&["users", "deactivate", "nobody@id.example"], &good).await, 1, &["nobody"]);
    fails(&run(&["clients", "disable", "ghost"], &good).await, 1, &["ghost"]);
    fails(&run(&["clients", "show", "ghost"], &good).await, 1, &["ghost"]);
    fails(&run(&["clients", "create", "--name", "Shop", "--redirect-uri", "http://shop.test/*"], &good).await, 1, &["redirect_uri"]);
    fails(&run(&["users", "invite"], &good).await, 2, &["--email"]);
    fails(&run(&["frobnicate"], &good).await, 2, &["frobnicate"]);
    fails(&run(&["users", "invite", "--email", "a@b.example", "--role", "emperor"], &good).await, 2, &["emperor", "super-admin"]);
}

/// C-LOG-01, C-LOG-02: the set-up link goes to standard output and never to the log, whose lines are JSON and name each request by the id
/// that its error showed.
#[tokio::test]
async fn the_log_is_json_and_knows_no_link() {
    let database = Database::empty_sqlite();
    let server = Process::serve(&database).await;
    let link = server.says("/setup/").await;
    let token = link.trim().rsplit('/').next().unwrap().to_owned();
    Person::new(&server.wire).opens(link.trim()).await.shows("setup");
    let headers = [("accept", "application/json")];
    let refused = server.wire.posts(&server.issuer.join("/nowhere").unwrap(), &[], &headers).await.expect(404).json();
    let id = refused["request_id"].as_str().expect("an error names its request").to_owned();
    server.says(&id).await;
    let log = server.log();
    assert!(log.len() >= 3, "{log:?}");
    for said in &log {
        let event: Value = serde_json::from_str(said).unwrap_or_else(|error| panic!("not JSON ({error}): {said}"));
        assert!(event["timestamp"].is_string() && event["level"].is_string(), "{said}");
    }
    assert!(log.iter().any(|line| line.contains("/setup/{") && line.contains("\"status\":200")), "the visit is logged by its route: {log:?}");
    assert!(!log.join("\n").contains(&token), "the set-up link is in the log");
}

on_both_databases! {
    /// ARCHITECTURE.md "Views, versions, epochs": what the command line wrote is seen by the running server within a second.
    async fn the_command_line_works_beside_the_server(kind: Kind) {
        let database = Database::empty(kind).await;
        let server = Process::serve(&database).await;
        let environment = environment(&database, server.address.port());
        assert_eq!(server.wire.get(&server.issuer.join("/healthz").unwrap()).await.status, 200);
        succeeds(&run(&["migrate"], &environment).await);
        let shown = succeeds(&run(&["config"], &environment).await);
        assert!(shown.contains("WEFTID__HTTP__BIND") && shown.contains("lifetimes.code"), "{shown}");

        let link = invites(&environment, "ada@id.example").await;
        let mut ada = comes_aboard(&server.wire, &link).await;
        let listed: Value = serde_json::from_str(&succeeds(&run(&["users", "list", "--json"], &environment).await)).unwrap();
        assert_eq!((&listed["email"], &listed["state"], &listed["role"]), (&json!("ada@id.example"), &json!("active"), &json!("user")));

        let create = ["clients", "create", "--client-id", "shop", "--name", "Shop", "--redirect-uri", "https://shop.test/callback", "--no-consent"];
        let registered = succeeds(&run(&create, &environment).await);
        let since = Instant::now();
        let secret = registered.lines().find_map(|line| line.strip_prefix("client_secret")).expect("a secret is shown").trim().to_owned();
        let redirect_uri = Url::parse("https://shop.test/callback").unwrap();
        let mut shop = RelyingParty::new(&server.wire, &Clock::system(), &server.issuer, "shop", Some(&secret), &redirect_uri);
        shop.discovers().await;
        let asked = shop.asks(&["profile"], &[]);
        let usable = at_once_or_within_a_second(async || ada.opens(&asked.url).await.outside).await;
        assert!(usable, "the client is unknown {:?} after it was made", since.elapsed());
        let callback = ada.opens(&asked.url).await.callback();
        let tokens = shop.redeems(&asked, &callback).await.expect("the code is redeemed");
        let metadata: Value = serde_json::from_str(&succeeds(&run(&["clients", "show", "shop", "--json"], &environment).await)).unwrap();
        assert_eq!(metadata["redirect_uris"], json!(["https://shop.test/callback"]));
        assert!(succeeds(&run(&["clients", "list"], &environment).await).contains("shop\tShop\tenabled"));

        assert!(succeeds(&run(&["clients", "disable", "shop"], &environment).await).contains("now disabled"));
        assert!(at_once_or_within_a_second(async || shop.asks_userinfo(&tokens.access_token).await.status == 401).await, "its tokens live");
        assert!(at_once_or_within_a_second(async || !ada.opens(&asked.url).await.outside).await, "a disabled client is served");
        assert!(succeeds(&run(&["clients", "enable", "shop"], &environment).await).contains("now enabled"));
        assert!(at_once_or_within_a_second(async || shop.asks_userinfo(&tokens.access_token).await.status == 200).await, "it stays shut out");

        ada.opens(server.issuer.join("/account").unwrap()).await.shows("dashboard");
        assert!(succeeds(&run(&["users", "deactivate", "ada@id.example"], &environment).await).contains("now deactivated"));
        ada.opens(server.issuer.join("/account").unwrap()).await.shows("sign-in");
        assert_eq!(shop.asks_userinfo(&tokens.access_token).await.status, 401);
        let finished = ada.signs_in_with_passkey("/login/passkey/begin", "/login/passkey/finish", &json!({})).await;
        assert_eq!(finished.error_code(), "passkey_invalid", "{finished}");
    }

    /// D-SEC-09, D-KEY-01: secrets are replaced and keys are made beside a server that goes on; it takes them up within a second.
    async fn secrets_and_keys_are_looked_after_beside_the_server(kind: Kind) {
        let database = Database::empty(kind).await;
        let server = Process::serve(&database).await;
        let environment = environment(&database, server.address.port());
        let create = ["clients", "create", "--client-id", "shop", "--name", "Shop", "--redirect-uri", "https://shop.test/callback", "--refresh"];
        let secret_in = |said: &str| said.lines().find_map(|line| line.strip_prefix("client_secret")).expect("a secret is shown").trim().to_owned();
        let first = secret_in(&succeeds(&run(&create, &environment).await));
        let redirect_uri = Url::parse("https://shop.test/callback").unwrap();
        let shop = async |secret: &str| {
            let mut shop = RelyingParty::new(&server.wire, &Clock::system(), &server.issuer, "shop", Some(secret), &redirect_uri);
            shop.discovers().await;
            shop
        };
        let is_let_in = async |secret: &str| shop(secret).await.posts_refresh("x").await.error_code() == "invalid_grant";
        // A wrong secret counts, so that nobody tries it in a loop: the server looks every second.
        let soon = async |secret: &str, expected: bool| {
            for _ in 0..5 {
                tokio::time::sleep(Duration::from_millis(1_200)).await;
                if is_let_in(secret).await == expected {
                    return true;
                }
            }
            false
        };
        assert!(soon(&first, true).await);
        let second = secret_in(&succeeds(&run(&["clients", "secret", "add", "shop"], &environment).await));
        assert!(soon(&second, true).await && is_let_in(&first).await);
        let listed = succeeds(&run(&["clients", "secret", "list", "shop"], &environment).await);
        let lines: Vec<&str> = listed.lines().collect();
        let [overlapping] = lines.iter().filter(|line| line.contains("until ")).copied().collect::<Vec<_>>()[..] else { panic!("{listed}") };
        assert_eq!((lines.len(), listed.contains("no end"), listed.contains("wcs_")), (2, true, false), "{listed}");
        let id = overlapping.split('\t').next().unwrap();
        fails(&run(&["clients", "secret", "revoke", "ghost", id], &environment).await, 1, &["ghost", id]);
        assert!(succeeds(&run(&["clients", "secret", "revoke", "shop", id], &environment).await).contains("works no more"));
        assert!(soon(&first, false).await && is_let_in(&second).await);
        let third = secret_in(&succeeds(&run(&["clients", "secret", "add", "shop", "--cut"], &environment).await));
        assert!(soon(&second, false).await && is_let_in(&third).await);
        fails(&run(&["clients", "secret", "add", "shop", "--overlap", "91"], &environment).await, 2, &["91"]);
        fails(&run(&["clients", "secret", "add", "ghost"], &environment).await, 1, &["ghost"]);

        let eddsa = ["clients", "create", "--name", "E", "--redirect-uri", "https://e.test/", "--algorithm", "EdDSA"];
        fails(&run(&eddsa, &environment).await, 1, &["weftid keys create --algorithm EdDSA"]);
        assert!(succeeds(&run(&["keys", "create", "--algorithm", "EdDSA"], &environment).await).contains("signs from 2"));
        fails(&run(&eddsa, &environment).await, 1, &["seconds"]);
        fails(&run(&["keys", "create", "--algorithm", "none"], &environment).await, 2, &["none"]);
        let jwks = server.issuer.join("/jwks").unwrap();
        assert!(at_once_or_within_a_second(async || server.wire.get(&jwks).await.text().contains("EdDSA")).await);
        let keys = succeeds(&run(&["keys", "list"], &environment).await);
        assert_eq!((keys.lines().count(), keys.matches("may sign").count(), keys.contains("EdDSA\tsigns from ")), (4, 3, true), "{keys}");
    }

    /// D-KEY-03, D-KEY-05: two nodes that start at once on an empty database publish the same keys, and what one gave the other redeems,
    /// once.
    async fn two_nodes_are_one_provider(kind: Kind) {
        let database = Database::empty(kind).await;
        let (one_port, other_port) = (free_port(), free_port());
        let first = environment(&database, one_port);
        let mut second = environment(&database, other_port);
        second.insert(variable("issuer"), first[&variable("issuer")].clone());
        let mut one = Process::start(&["serve"], &first, one_port);
        let mut other = Process::start(&["serve"], &second, other_port);
        one.becomes_ready().await;
        other.becomes_ready().await;
        other.wire.route(&one.issuer, other.address);

        let jwks = one.issuer.join("/jwks").unwrap();
        let keys = one.wire.get(&jwks).await.expect(200).json();
        assert_eq!(keys, other.wire.get(&jwks).await.expect(200).json(), "they publish different keys");
        assert_eq!(keys["keys"].as_array().map(Vec::len), Some(3), "{keys}");

        let link = invites(&first, "ada@id.example").await;
        let create = ["clients", "create", "--client-id", "shop", "--name", "Shop", "--redirect-uri", "https://shop.test/callback", "--public"];
        succeeds(&run(&create, &first).await);
        let redirect_uri = Url::parse("https://shop.test/callback").unwrap();
        let party = |wire| RelyingParty::new(wire, &Clock::system(), &one.issuer, "shop", None, &redirect_uri);
        let (mut here, mut there) = (party(&one.wire), party(&other.wire));
        here.discovers().await;
        there.discovers().await;
        let mut ada = comes_aboard(&one.wire, &link).await;
        let asked = here.asks(&["profile"], &[]);
        assert!(at_once_or_within_a_second(async || ada.opens(&asked.url).await.answer().status == 200).await);
        let callback = ada.agrees_to(&asked.url).await;
        let code = here.reads_code(&asked, &callback).unwrap();
        let nothing = [("grant_type", "refresh_token"), ("refresh_token", "none")];
        let known = at_once_or_within_a_second(async || there.posts("token_endpoint", &nothing).await.error_code() != "invalid_client").await;
        assert!(known, "the other node does not hear of the client");
        let tokens = there.redeems_code(&asked, &code).await.expect("the other node redeems it");
        assert!(here.userinfo(&tokens).await.is_ok());
        assert!(here.redeems_code(&asked, &code).await.is_err(), "and then it is spent everywhere");
        assert!(there.userinfo(&tokens).await.is_err());
    }
}

/// E-MIG-01: killed in the middle of the first migration or of making the first keys, it comes up at the next start.
#[tokio::test]
async fn a_migration_that_was_killed_is_made_again() {
    let mut half_done = 0;
    for delay in (0..24).map(|step| Duration::from_millis(20 + 6 * step)) {
        let database = Database::empty_sqlite();
        let port = free_port();
        let environment = environment(&database, port);
        let mut killed = Process::start(&["serve"], &environment, port);
        tokio::time::sleep(delay).await;
        killed.is_killed().await;
        half_done += usize::from(database.data_dir().join("weftid.sqlite").exists());
        let ended = run(&["migrate"], &environment).await;
        assert_eq!(ended.status.code(), Some(0), "killed after {delay:?}: {ended:?}");
        assert_eq!(database.count("SELECT count(*) FROM horizon").await, 1);
        assert_eq!(database.count("SELECT count(*) FROM data_keys").await, 1);
        let rings = database.count("SELECT count(*) FROM (SELECT 1 FROM keys GROUP BY ring, algorithm)").await;
        assert_eq!(database.count("SELECT count(*) FROM keys").await, rings, "a key was made twice");
    }
    assert!(half_done > 4, "it was killed too early to prove anything");
}
