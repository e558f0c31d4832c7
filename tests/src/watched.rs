//! Processes that must not outlive the tests: each runs under a small shell that ends it when the pipe from this process closes, be it
//! because its owner was dropped, the tests ended, or the test process was killed.

use std::net::TcpListener;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

/// A watcher and, through it, what it watches.
#[derive(Debug)]
pub struct Watched {
    child: Child,
}

impl Watched {
    /// Starts the watcher: a command that reads its standard input to the end and then stops what it started.
    pub fn start(mut command: Command) -> (Self, ChildStdout) {
        // A group of its own, so that Ctrl-C reaches the tests but not the watcher, which has to clean up.
        let started = command.process_group(0).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut child = started.unwrap_or_else(|error| panic!("{}: {error}", command.get_program().display()));
        let stdout = child.stdout.take().expect("standard output is a pipe");
        (Self { child }, stdout)
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let deadline = Instant::now() + Duration::from_secs(15);
        while Instant::now() < deadline {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

/// A port that was free a moment ago.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("this machine has a free port");
    listener.local_addr().expect("a bound listener has an address").port()
}

/// Lets a command run as the first of `users` that exists, when we are root: some servers refuse to be root.
pub fn unprivileged(command: &mut Command, users: &[&str]) {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let root = status.lines().any(|line| line.strip_prefix("Uid:").is_some_and(|ids| ids.split_whitespace().nth(1) == Some("0")));
    if !root {
        return;
    }
    let passwd = std::fs::read_to_string("/etc/passwd").expect("root can read the list of users");
    let ids = |name: &str| {
        let mut fields = passwd.lines().map(|line| line.split(':')).find(|fields| fields.clone().next() == Some(name))?.skip(2);
        Some((fields.next()?.parse::<u32>().ok()?, fields.next()?.parse::<u32>().ok()?))
    };
    let (uid, gid) = users.iter().find_map(|name| ids(name)).unwrap_or_else(|| panic!("none of the users {users:?} exists"));
    command.uid(uid).gid(gid);
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn what_is_watched_ends_with_its_owner() {
        let mut command = Command::new("sh");
        command.args(["-c", "sleep 1000 & pid=$!; echo $pid; exec >/dev/null 2>&1; cat; kill $pid; wait $pid"]);
        let (watched, mut stdout) = Watched::start(command);
        let mut pid = [0; 3];
        stdout.read_exact(&mut pid).unwrap();
        drop(watched);
        let mut rest = String::new();
        stdout.read_to_string(&mut rest).unwrap();
        let pid = format!("{}{}", String::from_utf8_lossy(&pid), rest.trim());
        assert!(!std::path::Path::new(&format!("/proc/{pid}")).exists(), "{pid} still runs");
    }
}
