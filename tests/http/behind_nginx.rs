//! Behind a real nginx with the shipped configuration: what it and the server read is the same, and it says who asks.

use std::net::IpAddr;
use std::time::Duration;

use weftid_tests::database::Database;
use weftid_tests::nginx::{NAME, Nginx};
use weftid_tests::process::Process;
use weftid_tests::raw::Raw;
use weftid_tests::watched::free_port;

use crate::listener::ambiguous;

const SOON: Duration = Duration::from_secs(10);
const SOMEBODY: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(127, 0, 0, 2));
const SOMEBODY_ELSE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(127, 0, 0, 3));

async fn served() -> (Database, Process, Nginx) {
    let database = Database::empty_sqlite();
    let settings = [("issuer", "https://id.example.com"), ("http.trusted_proxies", "127.0.0.1")];
    let server = Process::serve_at(&database, free_port(), &settings).await;
    let nginx = Nginx::before(server.address);
    (database, server, nginx)
}

async fn answers(nginx: &Nginx, source: IpAddr, request: &str) -> String {
    nginx.hears_to_the_end(source, request.as_bytes(), SOON).await.unwrap_or_else(|| panic!("the connection stays open after {request}"))
}

fn status(answered: &str) -> &str {
    answered.split(' ').nth(1).unwrap_or_default()
}

/// C-WEB-10: wherever a body's end can be read in two ways, nginx and the server behind it never read two ways: what follows is no request of its
/// own, and nobody else who shares the connection between the two gets another's answer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_can_be_smuggled_past_nginx() {
    let (_database, _server, nginx) = served().await;
    let page = format!("GET /login HTTP/1.1\r\nHost: {NAME}\r\nConnection: close\r\n\r\n");
    for (what, bytes) in ambiguous(NAME) {
        let answered = nginx.hears_to_the_end(SOMEBODY, bytes.as_bytes(), SOON).await.unwrap_or_else(|| panic!("{what}: the connection stays open"));
        let count = answered.matches("HTTP/1.1 ").count();
        assert!(count <= 1 && !answered.contains("\r\nok\n"), "{what}: the hidden request was answered: {answered}");
        assert!(count == 0 || answered.starts_with("HTTP/1.1 4") || answered.starts_with("HTTP/1.1 501"), "{what}: {answered}");
        // What was left between the two would come to whoever asks next.
        for _ in 0..2 {
            let answered = answers(&nginx, SOMEBODY_ELSE, &page).await;
            assert!(status(&answered) == "200" && answered.contains("data-page=\"sign-in\""), "{what}: {answered}");
        }
    }
    assert!(!nginx.read("access.log").contains("/healthz"), "{}", nginx.read("access.log"));
    // The other side: what ends clearly is handed on, and two requests are two.
    for body in ["Content-Length: 5\r\n\r\na=b&c", "Transfer-Encoding: chunked\r\n\r\n5\r\na=b&c\r\n0\r\n\r\n"] {
        let form = "Content-Type: application/x-www-form-urlencoded";
        let answered = answers(&nginx, SOMEBODY, &format!("POST /token HTTP/1.1\r\nHost: {NAME}\r\n{form}\r\n{body}{page}")).await;
        assert_eq!(answered.matches("HTTP/1.1 ").count(), 2, "{answered}");
        assert!(status(&answered).starts_with('4') && answered.contains("data-page=\"sign-in\""), "{answered}");
    }
}

/// How a client of this name is refused that has no right to be asked for, with this header from the visitor.
async fn guess(nginx: &Nginx, source: IpAddr, claims: &str) -> String {
    let body = "grant_type=client_credentials";
    let request = format!(
        "POST /token HTTP/1.1\r\nHost: {NAME}\r\nAuthorization: Basic bm9ib2R5Ondyb25n\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         {claims}Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    status(&answers(nginx, source, &request).await).to_owned()
}

/// C-THR-06, C-WEB-08: the address that nginx saw counts, and nothing that the visitor wrote into a header; whoever reaches the server past nginx is
/// themselves.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nginx_says_who_asks_whatever_they_claim() {
    let (_database, server, nginx) = served().await;
    let mut waits = false;
    for number in 0..100 {
        let claims = format!("X-Forwarded-For: 198.51.100.{number}\r\nX-Real-IP: 198.51.100.{number}\r\nForwarded: for=198.51.100.{number}\r\n");
        match guess(&nginx, SOMEBODY, &claims).await.as_str() {
            "401" => {}
            "429" => {
                waits = true;
                break;
            }
            other => panic!("{other}"),
        }
    }
    assert!(waits, "whoever claims another address each time is never slowed down");
    for claims in ["", "X-Forwarded-For: 127.0.0.3\r\n", "X-Forwarded-For: 203.0.113.1\r\nX-Forwarded-For: 203.0.113.2\r\n"] {
        assert_eq!(guess(&nginx, SOMEBODY, claims).await, "429", "{claims}");
    }
    // Somebody else is not held up, also not by claiming to be the one who is.
    assert_eq!(guess(&nginx, SOMEBODY_ELSE, "X-Forwarded-For: 127.0.0.2\r\n").await, "401");
    // Past nginx, from an address that is no trusted proxy's, a claim is worth nothing either.
    let mut past = Raw::connect_from(SOMEBODY, server.address).await;
    let head = format!("POST /token HTTP/1.1\r\nHost: {NAME}\r\nAuthorization: Basic bm9ib2R5Ondyb25n\r\nX-Forwarded-For: 203.0.113.9\r\n");
    past.says(format!("{head}Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 5\r\nConnection: close\r\n\r\na=b&c")).await;
    assert_eq!(status(&past.hears_to_the_end(SOON).await.expect("it was asked to close")), "429");
}

/// C-WEB-05: without TLS nginx leads pages on and refuses whatever may carry a secret.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_tls_nginx_leads_on_or_refuses() {
    let (_database, _server, nginx) = served().await;
    for (request, expected) in [
        ("GET /login?x=y HTTP/1.1\r\n", "301"),
        ("POST /token HTTP/1.1\r\nContent-Length: 0\r\n", "403"),
        ("GET /userinfo HTTP/1.1\r\nAuthorization: Bearer x\r\n", "403"),
    ] {
        let mut raw = Raw::connect(nginx.plain).await;
        raw.says(format!("{request}Host: {NAME}\r\nConnection: close\r\n\r\n")).await;
        let answered = raw.hears_to_the_end(SOON).await.expect("it was asked to close");
        assert_eq!(status(&answered), expected, "{request}: {answered}");
        assert_eq!(answered.contains("Location: https://id.example.com/login?x=y\r\n"), expected == "301", "{answered}");
    }
}
