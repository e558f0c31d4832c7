//! The real binary in a process of its own: started, asked, drained, killed.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use url::Url;

use crate::database::Database;
use crate::watched::free_port;
use crate::wire::Wire;

/// A server that runs.
pub struct Process {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
    /// Its issuer: `http://localhost:PORT`.
    pub issuer: Url,
    /// A wire that reaches it.
    pub wire: Wire,
    lines: Arc<Mutex<Vec<String>>>,
    log: Arc<Mutex<Vec<String>>>,
}

/// What a command that has ended left behind.
#[derive(Debug)]
pub struct Ended {
    /// How it ended.
    pub status: ExitStatus,
    /// What it said.
    pub stdout: String,
    /// What it complained about.
    pub stderr: String,
}

/// The binary: `WEFTID_BIN`, or `weftid` beside the test binary's directory, where `cargo build --workspace` puts it.
pub fn binary() -> PathBuf {
    if let Some(binary) = std::env::var_os("WEFTID_BIN") {
        return binary.into();
    }
    let test = std::env::current_exe().expect("a test binary knows where it is");
    let binary = test.ancestors().skip(1).map(|directory| directory.join("weftid")).find(|path| path.is_file());
    binary.expect("no weftid beside the test binary: build it (`cargo build --workspace`) or name it in WEFTID_BIN")
}

/// The settings that point the binary at a database and a port, as its environment.
pub fn environment(database: &Database, port: u16) -> BTreeMap<String, String> {
    let mut settings = database.settings();
    settings.extend([("issuer", format!("http://localhost:{port}")), ("http.bind", format!("127.0.0.1:{port}"))]);
    settings.into_iter().map(|(path, value)| (variable(path), value)).collect()
}

/// The environment variable of a setting: `http.bind` is `WEFTID__HTTP__BIND`.
pub fn variable(path: &str) -> String {
    format!("WEFTID__{}", path.to_ascii_uppercase().replace('.', "__"))
}

/// Runs a command of the binary to its end, with these settings.
pub async fn run(arguments: &[&str], environment: &BTreeMap<String, String>) -> Ended {
    let mut command = Command::new(binary());
    command.args(arguments).env_clear().envs(environment).stdin(Stdio::null()).kill_on_drop(true);
    let output = tokio::time::timeout(Duration::from_mins(1), command.output()).await;
    let output = output.unwrap_or_else(|_| panic!("weftid {} does not end", arguments.join(" "))).expect("the binary starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ended { status: output.status, stdout: text(&output.stdout), stderr: text(&output.stderr) }
}

impl Process {
    /// Starts `weftid serve` on this database at a free port, and waits until it is ready.
    pub async fn serve(database: &Database) -> Self {
        Self::serve_at(database, free_port(), &[]).await
    }

    /// The same at this port (to come back after a kill), with these settings (by their paths, as `lifetimes.code`) on top.
    pub async fn serve_at(database: &Database, port: u16, settings: &[(&str, &str)]) -> Self {
        let mut environment = environment(database, port);
        environment.extend(settings.iter().map(|(path, value)| (variable(path), (*value).to_owned())));
        let mut process = Self::start(&["serve"], &environment, port);
        process.becomes_ready().await;
        process
    }

    /// The same, held to these cores (as taskset(1) takes them: `0`, `0-3`) from its first instruction on, if any are named.
    pub async fn serve_on(database: &Database, port: u16, settings: &[(&str, &str)], cores: Option<&str>) -> Self {
        let Some(cores) = cores else { return Self::serve_at(database, port, settings).await };
        let mut environment = environment(database, port);
        environment.extend(settings.iter().map(|(path, value)| (variable(path), (*value).to_owned())));
        let program = binary();
        let arguments = ["-c", cores, program.to_str().expect("a path in UTF-8"), "serve"];
        let mut process = Self::start_program(Path::new("/usr/bin/taskset"), &arguments, &environment, port);
        process.becomes_ready().await;
        process
    }

    /// Starts any command that serves at `port`; nobody waits for it yet.
    pub fn start(arguments: &[&str], environment: &BTreeMap<String, String>, port: u16) -> Self {
        Self::start_program(&binary(), arguments, environment, port)
    }

    fn start_program(program: &Path, arguments: &[&str], environment: &BTreeMap<String, String>, port: u16) -> Self {
        let mut command = Command::new(program);
        command.args(arguments).env_clear().envs(environment).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{}: {error}", program.display()));
        let lines = Arc::new(Mutex::new(Vec::new()));
        let (stdout, stderr) = (child.stdout.take().expect("a pipe"), child.stderr.take().expect("a pipe"));
        let log = Arc::new(Mutex::new(Vec::new()));
        tokio::spawn(collect(stdout, vec![lines.clone()]));
        tokio::spawn(collect(stderr, vec![lines.clone(), log.clone()]));
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let issuer = Url::parse(&format!("http://localhost:{port}")).expect("a URL");
        let wire = Wire::new();
        wire.route(&issuer, address);
        Self { child, address, issuer, wire, lines, log }
    }

    /// Waits until `/readyz` answers 200; ends the test when the process ends first, or after 60 seconds.
    pub async fn becomes_ready(&mut self) {
        let ready = self.issuer.join("/readyz").expect("a URL");
        let deadline = Instant::now() + Duration::from_mins(1);
        while Instant::now() < deadline {
            if let Ok(Some(status)) = self.child.try_wait() {
                panic!("weftid ended before it was ready ({status}):\n{}", self.output());
            }
            if self.wire.try_send(http::Method::GET, &ready, http::HeaderMap::new(), Vec::new()).await.is_ok_and(|answer| answer.status == 200) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("weftid is not ready after 60 seconds:\n{}", self.output());
    }

    /// Everything it has said so far, both streams, line by line.
    pub fn output(&self) -> String {
        self.lines.lock().expect("no reader died").join("\n")
    }

    /// What it has said on standard error so far: its log.
    pub fn log(&self) -> Vec<String> {
        self.log.lock().expect("no reader died").clone()
    }

    /// Waits until it has said a line that contains `words`, and gives the line.
    pub async fn says(&self, words: &str) -> String {
        let deadline = Instant::now() + Duration::from_secs(30);
        while Instant::now() < deadline {
            if let Some(line) = self.lines.lock().expect("no reader died").iter().find(|line| line.contains(words)) {
                return line.clone();
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{words:?} was never said:\n{}", self.output());
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id().expect("it still runs")
    }

    /// Kills it on the spot (SIGKILL) and waits until it is gone.
    pub async fn is_killed(&mut self) {
        self.child.kill().await.expect("a child can be killed");
    }

    /// Asks it to stop (SIGTERM) without waiting.
    pub async fn is_asked_to_stop(&self) {
        let status = Command::new("kill").args(["-TERM", &self.id().to_string()]).status().await.expect("kill(1) is there");
        assert!(status.success(), "{} cannot be signalled", self.id());
    }

    /// Waits until it ends by itself.
    pub async fn ends(&mut self) -> ExitStatus {
        let waited = tokio::time::timeout(Duration::from_mins(1), self.child.wait()).await;
        waited.unwrap_or_else(|_| panic!("weftid does not end:\n{}", self.output())).expect("a child can be waited for")
    }
}

async fn collect(stream: impl AsyncRead + Unpin, kept: Vec<Arc<Mutex<Vec<String>>>>) {
    let mut stream = BufReader::new(stream).lines();
    while let Ok(Some(line)) = stream.next_line().await {
        for lines in &kept {
            lines.lock().expect("no reader died").push(line.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Process {
        let environment = BTreeMap::from([(variable("log.filter"), "info".to_owned())]);
        Process::start_program(Path::new("/bin/sh"), &["-c", script], &environment, free_port())
    }

    #[tokio::test]
    async fn a_process_is_heard_stopped_and_killed() {
        let mut polite = shell("trap 'echo bye; exit 3' TERM; echo filter $WEFTID__LOG__FILTER; echo trouble >&2; while :; do /bin/sleep 0.02; done");
        assert_eq!(polite.says("filter").await, "filter info");
        polite.says("trouble").await;
        assert_eq!(polite.log(), ["trouble"]);
        polite.is_asked_to_stop().await;
        assert_eq!(polite.ends().await.code(), Some(3));
        polite.says("bye").await;

        let mut stubborn = shell("trap '' TERM; echo up; while :; do /bin/sleep 0.02; done");
        stubborn.says("up").await;
        stubborn.is_asked_to_stop().await;
        stubborn.is_killed().await;
        assert_eq!(stubborn.ends().await.code(), None, "a signal ended it");
    }

    #[tokio::test]
    async fn a_process_that_ends_too_early_says_why() {
        let waiting = tokio::spawn(async {
            let mut early = shell("echo no such setting >&2; exit 2");
            early.says("no such").await;
            early.becomes_ready().await;
        });
        let said = waiting.await.unwrap_err().into_panic();
        assert!(said.downcast_ref::<String>().unwrap().contains("no such setting"));
    }
}
