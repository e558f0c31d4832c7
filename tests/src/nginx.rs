//! A real nginx with the configuration that this repository ships, in front of a server of these tests: other ports, another certificate and
//! other paths for its own files, and nothing else is changed.

use std::io::{BufRead as _, BufReader};
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::mailbox::certificate;
use crate::watched::{Watched, free_port};

/// The name in the shipped configuration.
pub const NAME: &str = "id.example.com";

/// An nginx that runs.
#[derive(Debug)]
pub struct Nginx {
    folder: TempDir,
    /// Where it listens with TLS.
    pub address: SocketAddr,
    /// Where it listens without.
    pub plain: SocketAddr,
    _watched: Watched,
}

/// The shipped configuration, for a test: every line that is about this machine is there, and put in another's place.
fn adapted(shipped: &str, folder: &Path, upstream: SocketAddr, ports: [u16; 2]) -> String {
    let [tls, plain] = ports;
    let file = |name: &str| folder.join(name).display().to_string();
    let changes = [
        ("server 127.0.0.1:8080;", format!("server {upstream};")),
        ("listen 80;", format!("listen 127.0.0.1:{plain};")),
        ("listen [::]:80;", String::new()),
        ("listen 443 ssl http2;", format!("listen 127.0.0.1:{tls} ssl http2;")),
        ("listen [::]:443 ssl http2;", String::new()),
        ("/etc/letsencrypt/live/id.example.com/fullchain.pem", file("server.pem")),
        ("/etc/letsencrypt/live/id.example.com/privkey.pem", file("server.key")),
        ("/var/log/nginx/weftid.log", file("access.log")),
    ];
    changes.into_iter().fold(shipped.to_owned(), |text, (from, to)| {
        assert_eq!(text.matches(from).count(), 1, "{from} is not in deploy/reverse-proxy/nginx.conf once");
        text.replace(from, &to)
    })
}

impl Nginx {
    /// Starts one before the server that listens at `upstream`.
    pub fn before(upstream: SocketAddr) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        certificate(folder.path(), NAME);
        let shipped = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/reverse-proxy/nginx.conf"));
        let ports = [free_port(), free_port()];
        let ours = adapted(&shipped.expect("the shipped configuration"), folder.path(), upstream, ports);
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(|what| format!("{what}_temp_path {what};\n")).concat();
        let around = format!("daemon off;\nmaster_process off;\npid nginx.pid;\nerror_log error.log;\nevents {{}}\nhttp {{\n{temporary}{ours}\n}}\n");
        std::fs::write(folder.path().join("nginx.conf"), around).expect("the folder is ours");
        // Debian's place for it is in no ordinary user's PATH.
        let script = "PATH=$PATH:/usr/sbin; trap : INT TERM HUP PIPE; nginx -p \"$1\" -c nginx.conf -e error.log >&2 & pid=$!; echo started; \
            cat >/dev/null; kill $pid; wait $pid";
        let mut command = Command::new("sh");
        command.args(["-c", script, "sh"]).arg(folder.path());
        let (watched, stdout) = Watched::start(command);
        let mut said = String::new();
        BufReader::new(stdout).read_line(&mut said).expect("the watcher speaks");
        let [address, plain] = ports.map(|port| SocketAddr::from(([127, 0, 0, 1], port)));
        let nginx = Self { folder, address, plain, _watched: watched };
        for _ in 0..200 {
            if [address, plain].iter().all(|place| std::net::TcpStream::connect(place).is_ok()) {
                return nginx;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("nginx does not listen (is nginx-light installed?): {}", nginx.read("error.log"));
    }

    /// What one of its files says.
    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(name)).unwrap_or_default()
    }

    /// Sends these bytes through TLS from one of this machine's addresses, and hears everything that comes until nginx closes; nothing if it does
    /// not close within `patience`.
    pub async fn hears_to_the_end(&self, source: IpAddr, bytes: &[u8], patience: Duration) -> Option<String> {
        let mut client = tokio::process::Command::new("openssl")
            .args(["s_client", "-quiet", "-verify_quiet", "-verify_return_error", "-servername", NAME, "-CAfile"])
            .arg(self.folder.path().join("ca.pem"))
            .args(["-verify_hostname", NAME, "-bind", &format!("{source}:0"), "-connect", &self.address.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("openssl is installed");
        let mut stdin = client.stdin.take().expect("a pipe");
        let mut stdout = client.stdout.take().expect("a pipe");
        // Whoever is cut off while they speak still hears the answer.
        let _ = stdin.write_all(bytes).await;
        let _ = stdin.flush().await;
        let mut heard = Vec::new();
        tokio::time::timeout(patience, stdout.read_to_end(&mut heard)).await.ok()?.expect("a pipe");
        drop(stdin);
        Some(String::from_utf8_lossy(&heard).into_owned())
    }
}
