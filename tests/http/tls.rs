//! TLS by the real binary itself: which versions and suites, a certificate that is renewed while it serves, handshakes that never end.

use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use http_body_util::{BodyExt as _, Empty};
use hyper::body::Bytes;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ProtocolVersion, RootCertStore};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::process::Command;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use weftid_tests::database::Database;
use weftid_tests::process::{self, Process, environment, variable};
use weftid_tests::raw::Raw;
use weftid_tests::tls::{Authority, Certified};
use weftid_tests::watched::free_port;

const SOON: Duration = Duration::from_secs(10);
const NAME: &str = "id.example";

/// A server that speaks TLS, and who vouches for it.
struct Stage {
    server: Process,
    authority: Authority,
    port: u16,
    files: Files,
    _database: Database,
}

struct Files {
    folder: TempDir,
}

impl Files {
    fn certificate(&self) -> PathBuf {
        self.folder.path().join("tls.pem")
    }

    fn key(&self) -> PathBuf {
        self.folder.path().join("tls.key")
    }

    fn hold(&self, pair: &Certified) {
        std::fs::write(self.certificate(), &pair.certificate).unwrap();
        std::fs::write(self.key(), &pair.key).unwrap();
    }
}

impl Stage {
    async fn start(issuer: &str, more: &[(&str, &str)]) -> Self {
        let (authority, files, database, port) = (Authority::new(), Files { folder: TempDir::new().unwrap() }, Database::empty_sqlite(), free_port());
        files.hold(&authority.certifies(&[NAME]));
        let (certificate, key, bind) = (files.certificate(), files.key(), format!("127.0.0.1:{port}"));
        let tls = [("issuer", issuer), ("tls.bind", &bind), ("tls.certificate_file", path(&certificate)), ("tls.key_file", path(&key))];
        let plain = free_port();
        let mut environment = environment(&database, plain);
        environment.extend(tls.into_iter().chain(more.iter().copied()).map(|(path, value)| (variable(path), value.to_owned())));
        let server = Process::start(&["serve"], &environment, plain);
        server.says("\"message\":\"ready\"").await;
        Self { server, authority, port, files, _database: database }
    }

    /// A connection whose certificate was verified.
    async fn connects(&self, alpn: &[&[u8]], version: &'static rustls::SupportedProtocolVersion) -> std::io::Result<TlsStream<TcpStream>> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(self.authority.pem().as_bytes()).unwrap()).unwrap();
        let builder = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()));
        let mut config = builder.with_protocol_versions(&[version]).unwrap().with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = alpn.iter().map(|protocol| protocol.to_vec()).collect();
        let stream = TcpStream::connect(("127.0.0.1", self.port)).await?;
        TlsConnector::from(Arc::new(config)).connect(ServerName::try_from(NAME).unwrap(), stream).await
    }

    /// Status, HSTS and body of what stands at this path.
    async fn asks(&self, path: &str, alpn: &[&[u8]], version: &'static rustls::SupportedProtocolVersion) -> (u16, String, String) {
        let stream = self.connects(alpn, version).await.expect("a handshake");
        let is_http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
        let answer = if is_http2 {
            let (mut sender, connection) = hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
            tokio::spawn(connection);
            let request = http::Request::get(format!("https://{NAME}{path}")).body(Empty::<Bytes>::new()).unwrap();
            sender.send_request(request).await.unwrap()
        } else {
            let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
            tokio::spawn(connection);
            sender.send_request(http::Request::get(path).header("host", NAME).body(Empty::<Bytes>::new()).unwrap()).await.unwrap()
        };
        let hsts = answer.headers().get("strict-transport-security").map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default();
        let status = answer.status().as_u16();
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        (status, hsts, String::from_utf8(body.to_vec()).unwrap())
    }

    /// The certificate that a new connection is shown.
    async fn shown(&self) -> Vec<u8> {
        let stream = self.connects(&[], &rustls::version::TLS13).await.expect("a handshake");
        stream.get_ref().1.peer_certificates().unwrap()[0].to_vec()
    }

    /// Waits until this certificate is shown.
    async fn shows(&self, pair: &Certified) {
        let expected = CertificateDer::from_pem_slice(pair.certificate.as_bytes()).unwrap();
        let since = Instant::now();
        while self.shown().await != expected.as_ref() {
            assert!(since.elapsed() < SOON, "the new certificate is not in use");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Which suite openssl comes to with these wishes; none when the handshake is refused.
    async fn openssl(&self, wishes: &[&str]) -> Option<String> {
        let mut command = Command::new("openssl");
        command.args(["s_client", "-connect", &format!("127.0.0.1:{}", self.port), "-servername", NAME]).args(wishes);
        let output = command.stdin(Stdio::null()).stderr(Stdio::piped()).output().await.expect("openssl is there");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let line = said.lines().find_map(|line| line.split_once("Cipher is ")).map(|(_, suite)| suite.trim().to_owned());
        line.filter(|suite| suite != "(NONE)")
    }
}

fn path(path: &std::path::Path) -> &str {
    path.to_str().unwrap()
}

/// RFC 9325 §3, C-WEB-03: HTTP/2 and HTTP/1.1 over TLS 1.3 and 1.2, with HSTS; the plain listener goes on beside it, and an issuer may have a path.
#[tokio::test]
async fn tls_is_spoken_beside_the_plain_listener() {
    let stage = Stage::start("https://id.example/id", &[]).await;
    let document = "/id/.well-known/openid-configuration";
    for version in [&rustls::version::TLS13, &rustls::version::TLS12] {
        for (alpn, expected) in [(&[b"h2".as_slice(), b"http/1.1"][..], Some(&b"h2"[..])), (&[b"http/1.1"], Some(b"http/1.1")), (&[], None)] {
            let stream = stage.connects(alpn, version).await.unwrap();
            assert_eq!(stream.get_ref().1.alpn_protocol(), expected);
            let (status, hsts, body) = stage.asks(document, alpn, version).await;
            assert_eq!(status, 200, "{body}");
            assert!(hsts.starts_with("max-age=") && body.contains("\"issuer\":\"https://id.example/id\""), "{hsts} {body}");
        }
    }
    let (status, _, page) = stage.asks("/id/login", &[b"h2"], &rustls::version::TLS13).await;
    assert!(status == 200 && page.contains("data-page=\"sign-in\""), "{status} {page}");
    let mut plain = Raw::connect(stage.server.address).await;
    plain.says("GET /id/login HTTP/1.1\r\nHost: id.example\r\nConnection: close\r\n\r\n").await;
    assert!(plain.hears_to_the_end(SOON).await.unwrap().starts_with("HTTP/1.1 200"));
    // What is no TLS gets nothing from the TLS listener.
    let mut lost = Raw::connect(([127, 0, 0, 1], stage.port).into()).await;
    lost.says("GET /id/login HTTP/1.1\r\nHost: id.example\r\n\r\n").await;
    assert!(!lost.hears_to_the_end(SOON).await.unwrap().contains("HTTP/"));
}

/// RFC 9325 §3.1, §4.2: nothing below TLS 1.2, no suite without forward secrecy and authenticated encryption, whatever a client offers.
#[tokio::test]
async fn old_versions_and_suites_are_refused() {
    let stage = Stage::start("https://id.example", &[]).await;
    assert_eq!(stage.connects(&[], &rustls::version::TLS13).await.unwrap().get_ref().1.protocol_version(), Some(ProtocolVersion::TLSv1_3));
    for (wishes, suite) in [
        (&["-tls1_3"][..], "TLS_AES_256_GCM_SHA384"),
        (&["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256"], "ECDHE-ECDSA-AES128-GCM-SHA256"),
        (&["-tls1_2", "-cipher", "ECDHE-ECDSA-CHACHA20-POLY1305"], "ECDHE-ECDSA-CHACHA20-POLY1305"),
    ] {
        assert_eq!(stage.openssl(wishes).await.as_deref(), Some(suite), "{wishes:?}");
    }
    let weakest = "ALL:COMPLEMENTOFALL:@SECLEVEL=0";
    for wishes in [
        &["-tls1_1", "-cipher", weakest][..],
        &["-tls1", "-cipher", weakest],
        &["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA:ECDHE-ECDSA-AES256-SHA384:@SECLEVEL=0"],
        &["-tls1_2", "-cipher", "AES128-GCM-SHA256:AES128-SHA:@SECLEVEL=0"],
        &["-tls1_2", "-cipher", "DHE-RSA-AES128-GCM-SHA256:ADH-AES128-GCM-SHA256:@SECLEVEL=0"],
        &["-tls1_2", "-cipher", "aNULL:eNULL:@SECLEVEL=0"],
    ] {
        assert_eq!(stage.openssl(wishes).await, None, "{wishes:?}");
    }
}

/// A new certificate is in use within seconds, without a restart; one that doesn't fit its key, or is none, is refused with a line in the log,
/// and the one before it stays.
#[tokio::test]
async fn a_renewed_certificate_is_taken_over() {
    let stage = Stage::start("https://id.example", &[]).await;
    let kept = stage.connects(&[b"h2"], &rustls::version::TLS13).await.unwrap();
    let (mut sender, connection) = hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(kept)).await.unwrap();
    tokio::spawn(connection);
    let first = stage.shown().await;
    let second = stage.authority.certifies(&[NAME]);
    let another = stage.authority.certifies(&[NAME]);
    for bad in [
        Certified { key: another.key.clone(), ..second.clone() },
        Certified { certificate: "-----BEGIN CERTIFICATE-----\nxxxx\n".to_owned(), ..second.clone() },
        Certified { key: String::new(), ..second.clone() },
    ] {
        let said = |stage: &Stage| stage.server.log().iter().filter(|line| line.contains("the one before it stays")).count();
        let before = said(&stage);
        stage.files.hold(&bad);
        let since = Instant::now();
        while said(&stage) == before {
            assert!(since.elapsed() < SOON, "a bad pair is not refused");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        assert_eq!(stage.shown().await, first);
    }
    assert!(!stage.server.output().contains("PRIVATE KEY"));
    std::fs::remove_file(stage.files.key()).unwrap();
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(stage.shown().await, first);
    stage.files.hold(&second);
    stage.shows(&second).await;
    let request = http::Request::get(format!("https://{NAME}/jwks")).body(Empty::<Bytes>::new()).unwrap();
    assert_eq!(sender.send_request(request).await.unwrap().status(), 200, "a connection that was open goes on");
}

/// E-LOAD-01: whoever begins a handshake and stops is cut off after `http.header_timeout`; others are served meanwhile.
#[tokio::test]
async fn handshakes_come_to_an_end() {
    let stage = Stage::start("https://id.example", &[("http.header_timeout", "1s"), ("http.connections_per_network", "130")]).await;
    let address = ([127, 0, 0, 1], stage.port).into();
    // A ClientHello that never gets to its end (RFC 8446 §5.1), and one that has not begun.
    let hello = [0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03];
    let begun = Instant::now();
    let mut slow = Vec::new();
    for first in [&hello[..], &[], &hello[..3]] {
        for _ in 0..40 {
            let mut raw = Raw::connect_from("127.0.0.7".parse().unwrap(), address).await;
            raw.says(first).await;
            let drips = first.len() > 3;
            slow.push(tokio::spawn(async move {
                while drips && raw.says([0_u8]).await && begun.elapsed() < SOON {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
                raw.hears_to_the_end(SOON).await.is_some()
            }));
        }
    }
    while begun.elapsed() < Duration::from_millis(1_500) {
        let asked = Instant::now();
        assert_eq!(stage.asks("/login", &[b"h2"], &rustls::version::TLS13).await.0, 200);
        assert!(asked.elapsed() < Duration::from_secs(2));
    }
    for one in slow {
        assert!(one.await.unwrap(), "a handshake holds its connection");
    }
    assert!(begun.elapsed() < Duration::from_secs(8), "{:?}", begun.elapsed());
}

/// E-LOAD-01: as long as they last, they count among the connections of their network. (With the timeout of a house that set nothing: on a busy
/// machine a second is over before so many have come.)
#[tokio::test]
async fn handshakes_count_as_connections() {
    let stage = Stage::start("https://id.example", &[("http.connections_per_network", "130")]).await;
    let address = ([127, 0, 0, 1], stage.port).into();
    let held: Vec<_> = futures_util::future::join_all((0..140).map(|_| Raw::connect_from("127.0.0.7".parse().unwrap(), address))).await;
    let mut one_more = Raw::connect_from("127.0.0.7".parse().unwrap(), address).await;
    assert_eq!(one_more.hears_to_the_end(Duration::from_millis(500)).await.as_deref(), Some(""), "it has more than its share");
    drop(held);
}

/// With a certificate that can't be used nothing starts, and it is said why, without a byte of the key.
#[tokio::test]
async fn a_bad_certificate_stops_the_start() {
    let (database, authority, files) = (Database::empty_sqlite(), Authority::new(), Files { folder: TempDir::new().unwrap() });
    let (pair, another) = (authority.certifies(&[NAME]), authority.certifies(&[NAME]));
    let certificate = files.certificate();
    let key = files.key();
    for (certified, words) in [
        (Some(Certified { key: another.key, ..pair.clone() }), "can't be used together"),
        (Some(Certified { certificate: pair.key.clone(), ..pair.clone() }), "has no certificate"),
        (Some(Certified { key: pair.certificate.clone(), ..pair.clone() }), "has no private key"),
        (None, "can't be read"),
    ] {
        match certified {
            Some(pair) => files.hold(&pair),
            None => std::fs::remove_file(&key).unwrap(),
        }
        let mut environment = environment(&database, free_port());
        environment.extend([
            (variable("issuer"), "https://id.example".to_owned()),
            (variable("tls.certificate_file"), path(&certificate).to_owned()),
            (variable("tls.key_file"), path(&key).to_owned()),
        ]);
        let ended = process::run(&["serve"], &environment).await;
        assert!(!ended.status.success() && ended.stderr.contains(words), "{words}: {ended:?}");
        assert!(!ended.stderr.contains("PRIVATE KEY") && !ended.stdout.contains("PRIVATE KEY"));
    }
}
