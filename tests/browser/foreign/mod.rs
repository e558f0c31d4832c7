//! Relying parties that other people wrote, set up as their own documents say, against the real binary and with a person in a real browser: each
//! signs them in, asks userinfo, refreshes, and signs them out. (The `openidconnect` crate plays in `main_job`: the demo is made of it.)
//!
//! The programs are in `tests/foreign`, and are the examples of `deploy/docs/relying-parties.md`. What they stand on is installed by
//! `tests/foreign/install`, which `tests/run` calls, in the versions of their lock files.

mod authlib;
mod mod_auth_openidc;
mod oidc_client_ts;
mod openid_client;

use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use http::{HeaderMap, Method, StatusCode};
use serde_json::Value;
use tempfile::TempDir;
use url::Url;
use weftid_tests::browser::Page;
use weftid_tests::database::Database;
use weftid_tests::process::{self, Process};
use weftid_tests::watched::{Watched, free_port};

use crate::stage::Visitor;

/// A provider with one client, whose home is a port that nobody listens at yet.
struct House {
    process: Process,
    home: Url,
    client_id: String,
    client_secret: Option<String>,
    _database: Database,
}

impl House {
    /// The client is registered at the command line, as an administrator would do it; its answers go to `callback`.
    async fn with_client(name: &str, callback: &str, further: &[&str]) -> Self {
        let (database, port) = (Database::empty_sqlite(), free_port());
        let home = Url::parse(&format!("http://localhost:{}/", free_port())).unwrap();
        let callback = home.join(callback).unwrap();
        let client = ["clients", "create", "--name", name, "--loopback-http", "--refresh"];
        let places = ["--redirect-uri", callback.as_str(), "--post-logout-redirect-uri", home.as_str()];
        let made = process::run(&[&client[..], &places, further].concat(), &process::environment(&database, port)).await;
        assert!(made.status.success(), "{}", made.stderr);
        let word = |name: &str| made.stdout.lines().find_map(|line| Some(line.strip_prefix(name)?.trim().to_owned()));
        let (client_id, client_secret) = (word("client_id ").expect("a client has an id"), word("client_secret "));
        let process = Process::serve_at(&database, port, &[]).await;
        Self { process, home, client_id, client_secret, _database: database }
    }

    fn issuer(&self) -> &str {
        self.process.issuer.as_str().trim_end_matches('/')
    }

    /// What every program is told: `ISSUER`, `CLIENT_ID`, `CLIENT_SECRET`, `PORT`.
    fn tells(&self, command: &mut Command) {
        command.env("ISSUER", self.issuer()).env("CLIENT_ID", &self.client_id).env("PORT", self.home.port().unwrap().to_string());
        command.envs(self.client_secret.as_ref().map(|secret| ("CLIENT_SECRET", secret)));
    }

    /// What userinfo says to whoever shows this token.
    async fn userinfo(&self, access_token: &str) -> StatusCode {
        let mut headers = HeaderMap::new();
        headers.insert("authorization", format!("Bearer {access_token}").parse().unwrap());
        self.process.wire.send(Method::GET, &self.process.issuer.join("userinfo").unwrap(), headers, Vec::new()).await.status
    }
}

/// What comes from a folder of `tests/foreign`.
fn source(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("foreign").join(name)
}

/// Where `tests/foreign/install` has put things: `WEFTID_FOREIGN`, or `target/tools/foreign`.
fn installed(path: &str) -> PathBuf {
    let folder = std::env::var_os("WEFTID_FOREIGN").map(PathBuf::from).or_else(|| {
        let test = std::env::current_exe().expect("a test binary knows where it is");
        test.ancestors().map(|directory| directory.join("tools/foreign")).find(|path| path.is_dir())
    });
    let path = folder.unwrap_or_else(|| "target/tools/foreign".into()).join(path);
    assert!(path.exists(), "{} is missing: `tests/foreign/install target/tools/foreign` puts it there, as tests/run does", path.display());
    path
}

/// A program that listens, with a folder of its own for what it writes.
struct Program {
    _watched: Watched,
    folder: TempDir,
}

/// Where it says what it has to say.
const LOG: &str = "log";

// The program ends when the pipe closes.
const WATCHER: &str = r#""$@" >"$LOG" 2>&1 </dev/null & pid=$!; cat >/dev/null; { kill $pid; wait $pid; } 2>/dev/null"#;

impl Program {
    /// Starts it in a folder that has a copy of `source`, and waits until it listens at the client's home. `prepare` gets that folder.
    async fn start(house: &House, source: &Path, prepare: impl FnOnce(&Path) -> Command) -> Self {
        let folder = tempfile::tempdir().unwrap();
        copy(source, folder.path());
        let program = prepare(folder.path());
        let log = folder.path().join(LOG);
        let mut command = Command::new("sh");
        command.args(["-c", WATCHER, "sh"]).arg(program.get_program()).args(program.get_args()).current_dir(folder.path()).env("LOG", &log);
        command.envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
        house.tells(&mut command);
        let (watched, _) = Watched::start(command);
        let address = SocketAddr::from(([127, 0, 0, 1], house.home.port().unwrap()));
        let deadline = Instant::now() + Duration::from_secs(30);
        while TcpStream::connect(address).is_err() {
            let said = || std::fs::read_to_string(&log).unwrap_or_default();
            assert!(Instant::now() < deadline, "{} does not listen: {}", source.display(), said());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Self { _watched: watched, folder }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("The program said:\n{}", std::fs::read_to_string(self.folder.path().join(LOG)).unwrap_or_default());
        }
    }
}

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap_or_else(|error| panic!("{}: {error}", from.display())).flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            std::fs::create_dir(&target).unwrap();
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// The part that all relying parties play: in by passkey, userinfo, refresh, out. Their pages have the same hooks.
async fn plays_its_part(house: &House) {
    let visitor = comes_from_outside(house).await;
    let window = &visitor.window;
    window.opens(&house.home).await;
    window.waits_for("[data-state=signed-out]").await;
    window.clicks("#sign-in").await;
    window.shows("sign-in").await;
    visitor.presses_passkey().await;
    window.shows("consent").await;
    window.presses("allow").await;
    window.waits_for("[data-state=signed-in]").await;

    let (claims, userinfo) = (json(window, "#id-token").await, json(window, "#userinfo").await);
    assert_eq!((claims["iss"].as_str(), claims["aud"].as_str()), (Some(house.issuer()), Some(house.client_id.as_str())));
    assert_eq!(userinfo["sub"], claims["sub"]);
    assert_eq!((userinfo["email"].as_str(), userinfo["name"].as_str()), (Some("ada@example.com"), Some("Ada Lovelace")));
    let first = text(window, "#access-token").await;
    assert_eq!(house.userinfo(&first).await, 200);

    window.clicks("#refresh").await;
    let changed = format!("[null, undefined, {}].indexOf(document.querySelector('#access-token')?.textContent) < 0", Value::from(first.as_str()));
    window.waits_until("there is another access token", &changed).await;
    let second = text(window, "#access-token").await;
    assert_eq!(house.userinfo(&second).await, 200);
    assert_eq!(json(window, "#userinfo").await["sub"], claims["sub"]);

    visitor.device.is_present(false).await;
    window.clicks("#sign-out").await;
    window.waits_for("[data-state=signed-out]").await;
    assert_eq!(window.url().await, house.home, "back where the person came from");
    for token in [first, second] {
        assert_eq!(house.userinfo(&token).await, 401, "signed out is out");
    }
    window.clicks("#sign-in").await;
    window.shows("sign-in").await;
    window.had_a_quiet_time(&[&house.process.issuer, &house.home]);
}

/// The first person, who has made their passkey and left the house.
async fn comes_from_outside(house: &House) -> Visitor {
    let visitor = Visitor::comes().await;
    visitor.sets_up(house.process.says("/setup/").await.trim()).await;
    visitor.saves_the_codes().await;
    visitor.device.is_present(false).await;
    visitor.window.presses("sign-out").await;
    visitor.window.shows("signed-out").await;
    visitor
}

async fn text(window: &Page, selector: &str) -> String {
    window.evaluates(&format!("document.querySelector('{selector}').textContent")).await.as_str().unwrap().trim().to_owned()
}

async fn json(window: &Page, selector: &str) -> Value {
    let text = text(window, selector).await;
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{selector}: {error}: {text}"))
}
