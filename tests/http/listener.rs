//! The listener of the real binary, seen by whoever has no manners: who is slow, who lies about where a body ends, who names another host,
//! who brings too much. Whoever behaves is served meanwhile.

use std::time::{Duration, Instant};

use http_body_util::Empty;
use hyper::body::Bytes;
use hyper_util::rt::{TokioExecutor, TokioIo};
use weftid_tests::database::Database;
use weftid_tests::process::Process;
use weftid_tests::raw::Raw;
use weftid_tests::watched::free_port;

const SOON: Duration = Duration::from_secs(10);

async fn served(settings: &[(&str, &str)]) -> (Database, Process) {
    let database = Database::empty_sqlite();
    let server = Process::serve_at(&database, free_port(), settings).await;
    (database, server)
}

/// Whether somebody who behaves is answered, and soon.
async fn serves_others(server: &Process) {
    let asked = Instant::now();
    server.wire.get(&server.issuer.join("/login").unwrap()).await.is(200);
    assert!(asked.elapsed() < Duration::from_secs(2), "others wait {:?}", asked.elapsed());
}

fn host(server: &Process) -> String {
    format!("localhost:{}", server.address.port())
}

/// E-LOAD-01: whoever is silent, or sends a header a letter at a time, or stops in the middle of HTTP/2's greeting, is cut off after
/// `http.header_timeout`; others do not notice.
#[tokio::test]
async fn who_is_slow_is_cut_off_and_nobody_else_is() {
    let (_database, server) = served(&[("http.header_timeout", "1s")]).await;
    let head = format!("GET /login HTTP/1.1\r\nHost: {}\r\n", host(&server));
    let begun = Instant::now();
    let mut slow = Vec::new();
    for first in ["", "PRI * HTTP", head.as_str()] {
        for _ in 0..40 {
            let mut raw = Raw::connect(server.address).await;
            raw.says(first).await;
            let drips = first == head;
            slow.push(tokio::spawn(async move {
                // A letter now and then does not buy time.
                while drips && raw.says("x").await && begun.elapsed() < SOON {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
                raw.hears_to_the_end(SOON).await.is_some()
            }));
        }
    }
    while begun.elapsed() < Duration::from_millis(1_500) {
        serves_others(&server).await;
    }
    for one in slow {
        assert!(one.await.unwrap(), "somebody slow still holds a connection");
    }
    assert!(begun.elapsed() < Duration::from_secs(8), "{:?}", begun.elapsed());
    // A connection that is kept alive after an answer has the same patience.
    let mut kept = Raw::connect(server.address).await;
    kept.says(format!("{head}\r\n")).await;
    kept.hears("</html>").await;
    kept.says(format!("{head}\r\n")).await;
    kept.hears("</html>").await;
    assert!(kept.hears_to_the_end(SOON).await.is_some(), "an idle connection stays open");
}

/// E-LOAD-01: a body that drips ends with `http.request_timeout`, and so does an answer that nobody takes.
#[tokio::test]
async fn slow_bodies_and_answers_that_nobody_takes_come_to_an_end() {
    let (_database, server) = served(&[("http.request_timeout", "5s")]).await;
    let head = |rest: &str| format!("{rest}\r\nHost: {}\r\n", host(&server));
    let began = Instant::now();
    let mut slow = Raw::connect(server.address).await;
    let basic = "Authorization: Basic eDp5\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\na=";
    slow.says(head("POST /token HTTP/1.1") + basic).await;
    let mut greedy = Raw::connect(server.address).await;
    let many = (head("GET /jwks HTTP/1.1") + "\r\n").repeat(500);
    let deaf = tokio::spawn(async move {
        // Asks and asks, and reads nothing.
        while began.elapsed() < Duration::from_secs(30) {
            if greedy.says_within(&many, Duration::from_secs(1)).await == Some(false) {
                return true;
            }
        }
        false
    });
    while began.elapsed() < Duration::from_secs(4) {
        slow.says("x").await;
        serves_others(&server).await;
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let answered = slow.hears_to_the_end(Duration::from_secs(8)).await.expect("a body that drips holds its connection");
    assert!(answered.starts_with("HTTP/1.1 503"), "{answered}");
    assert!(deaf.await.unwrap(), "who never reads holds a connection");
}

/// E-LOAD-01: one network has its share of the connections; others are served, and so is it, once it gives some back.
#[tokio::test]
async fn one_network_cannot_take_every_connection() {
    let (_database, server) = served(&[("http.connections_per_network", "16")]).await;
    let mut held = Vec::new();
    for _ in 0..32 {
        held.push(Raw::connect_from("127.0.0.9".parse().unwrap(), server.address).await);
    }
    let ask = format!("GET /healthz HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", host(&server));
    let mut one_more = Raw::connect_from("127.0.0.9".parse().unwrap(), server.address).await;
    one_more.says(&ask).await;
    assert_eq!(one_more.hears_to_the_end(SOON).await.as_deref(), Some(""), "it has more than its share");
    serves_others(&server).await;
    drop(held);
    let since = Instant::now();
    loop {
        let mut again = Raw::connect_from("127.0.0.9".parse().unwrap(), server.address).await;
        again.says(&ask).await;
        if again.hears_to_the_end(SOON).await.is_some_and(|answered| answered.starts_with("HTTP/1.1 200")) {
            break;
        }
        assert!(since.elapsed() < SOON, "what was given back is not there");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// E-LOAD-02: headers have a size and a number, and addresses have a length; what is beyond is refused at once.
#[tokio::test]
async fn headers_have_an_end() {
    let (_database, server) = served(&[]).await;
    let head = format!("GET /login HTTP/1.1\r\nHost: {}\r\n", host(&server));
    let long = "x".repeat(70_000);
    let many = (0..120).map(|number| format!("X-{number}: x\r\n")).collect::<Vec<_>>().concat();
    for (what, request, statuses) in [
        ("a long header", format!("{head}X: {long}\r\n\r\n"), &["431"][..]),
        ("ten megabytes", format!("{head}X: {}\r\n\r\n", "x".repeat(10_000_000)), &["431", ""]),
        ("many headers", format!("{head}{many}\r\n"), &["431"]),
        ("a long address", head.replace("/login", &format!("/login?{long}")) + "\r\n", &["414", "431"]),
        ("a long cookie", format!("{head}Cookie: {long}\r\n\r\n"), &["431"]),
    ] {
        let began = Instant::now();
        let mut raw = Raw::connect(server.address).await;
        raw.says(&request).await;
        let answered = raw.hears_to_the_end(SOON).await.unwrap_or_else(|| panic!("{what} is not refused"));
        // What is cut off while it is sent may lose the answer on the way.
        let status = answered.split(' ').nth(1).unwrap_or_default();
        assert!(statuses.contains(&status), "{what}: {answered}");
        assert!(began.elapsed() < Duration::from_secs(3), "{what}: {:?}", began.elapsed());
    }
    serves_others(&server).await;
}

/// A POST whose body's end is said by `headers`; behind the body another request, to be read as one of its own or not.
fn with_another_behind(host: &str, version: &str, headers: &str, body: &str) -> String {
    let hidden = format!("GET /healthz HTTP/1.1\r\nHost: {host}\r\n\r\n");
    format!("POST /token HTTP/{version}\r\nHost: {host}\r\nContent-Type: application/x-www-form-urlencoded\r\n{headers}\r\n\r\n{body}{hidden}")
}

/// Requests whose body may be thought to end at two places.
pub(crate) fn ambiguous(host: &str) -> Vec<(&'static str, String)> {
    let request = |version: &str, headers: &str, body: &str| with_another_behind(host, version, headers, body);
    let chunked = "0\r\n\r\n";
    vec![
        ("CL and TE", request("1.1", "Content-Length: 4\r\nTransfer-Encoding: chunked", chunked)),
        ("TE and CL", request("1.1", "Transfer-Encoding: chunked\r\nContent-Length: 4", chunked)),
        ("TE and CL of nothing", request("1.1", "Transfer-Encoding: chunked\r\nContent-Length: 0", chunked)),
        ("a tab before it", request("1.1", "Content-Length: 5\r\nTransfer-Encoding:\tchunked", chunked)),
        ("in capitals", request("1.1", "Content-Length: 5\r\nTRANSFER-ENCODING: CHUNKED", chunked)),
        ("an unknown coding", request("1.1", "Content-Length: 5\r\nTransfer-Encoding: xchunked", chunked)),
        ("a space before the colon", request("1.1", "Content-Length: 5\r\nTransfer-Encoding : chunked", chunked)),
        ("a vertical tab", request("1.1", "Content-Length: 5\r\nTransfer-Encoding: \x0bchunked", chunked)),
        ("twice, the last unknown", request("1.1", "Transfer-Encoding: chunked\r\nTransfer-Encoding: x", chunked)),
        ("twice, the first unknown", request("1.1", "Transfer-Encoding: x\r\nTransfer-Encoding: chunked", chunked)),
        ("chunked twice", request("1.1", "Transfer-Encoding: chunked, chunked", chunked)),
        ("identity last", request("1.1", "Content-Length: 5\r\nTransfer-Encoding: chunked, identity", chunked)),
        ("identity first", request("1.1", "Content-Length: 5\r\nTransfer-Encoding: identity, chunked", chunked)),
        ("identity alone", request("1.1", "Content-Length: 5\r\nTransfer-Encoding: identity", chunked)),
        ("an empty coding", request("1.1", "Content-Length: 5\r\nTransfer-Encoding:", chunked)),
        ("a folded line", request("1.1", "Content-Length: 5\r\nTransfer-Encoding:\r\n chunked", chunked)),
        ("a line that ends too early", request("1.1", "Content-Length: 5\r\nX: y\nTransfer-Encoding: chunked", chunked)),
        ("HTTP/1.0", request("1.0", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive", chunked)),
        ("two lengths", request("1.1", "Content-Length: 5\r\nContent-Length: 0", "a=b&c")),
        ("two lengths in one line", request("1.1", "Content-Length: 5, 0", "a=b&c")),
        ("a length with a sign", request("1.1", "Content-Length: +5", "a=b&c")),
        ("a length below zero", request("1.1", "Content-Length: -5", "a=b&c")),
        ("a length in hexadecimal", request("1.1", "Content-Length: 0x5", "a=b&c")),
        ("a length with a space", request("1.1", "Content-Length: 5 5", "a=b&c")),
        ("no length that fits", request("1.1", "Content-Length: 99999999999999999999999", "a=b&c")),
        ("a chunk's size with a sign", request("1.1", "Transfer-Encoding: chunked", "+5\r\na=b&c\r\n0\r\n\r\n")),
        ("a chunk's size in C's way", request("1.1", "Transfer-Encoding: chunked", "0x5\r\na=b&c\r\n0\r\n\r\n")),
        ("a chunk beyond all sizes", request("1.1", "Transfer-Encoding: chunked", "FFFFFFFFFFFFFFFFF\r\na=b&c\r\n0\r\n\r\n")),
        ("a chunk that goes on", request("1.1", "Transfer-Encoding: chunked", "3\r\na=b&c\r\n0\r\n\r\n")),
    ]
}

/// C-WEB-10: wherever a body's end can be read in two ways, the connection ends with that request (or it is refused): what follows is never
/// taken for another request.
#[tokio::test]
async fn nothing_can_be_smuggled_behind_a_body() {
    let (_database, server) = served(&[]).await;
    let host = host(&server);
    for (what, bytes) in ambiguous(&host) {
        let mut raw = Raw::connect(server.address).await;
        raw.says(&bytes).await;
        let answered = raw.hears_to_the_end(SOON).await.unwrap_or_else(|| panic!("{what}: the connection stays open"));
        let answers = answered.matches("HTTP/1.1 ").count();
        assert!(answers <= 1 && !answered.contains("\r\nok\n"), "{what}: the hidden request was answered: {answered}");
        assert!(answers == 0 || answered.starts_with("HTTP/1.1 4"), "{what}: {answered}");
    }
    // The other side: two requests that end clearly are two.
    let mut raw = Raw::connect(server.address).await;
    raw.says(with_another_behind(&host, "1.1", "Content-Length: 5", "a=b&c")).await;
    let answered = raw.hears("\r\nok\n").await;
    assert_eq!(answered.matches("HTTP/1.1 ").count(), 2, "{answered}");
    serves_others(&server).await;
}

/// C-WEB-09: a host that is not ours is refused, in whichever way it is named, before anything else is looked at.
#[tokio::test]
async fn another_host_is_refused_however_it_is_named() {
    let (_database, server) = served(&[("http.extra_hosts", "weftid.internal")]).await;
    let port = server.address.port();
    let (ours, evil) = (format!("localhost:{port}"), "evil.test");
    let status = async |target: &str, headers: &str| {
        let mut raw = Raw::connect(server.address).await;
        raw.says(format!("GET {target} HTTP/1.1\r\n{headers}Connection: close\r\n\r\n")).await;
        let answered = raw.hears_to_the_end(SOON).await.expect("it was asked to close");
        assert!(!answered.to_ascii_lowercase().contains("location: http://evil") && !answered.contains("//evil.test"), "{answered}");
        answered.split(' ').nth(1).unwrap_or_default().to_owned()
    };
    for (target, headers, expected) in [
        ("/login", format!("Host: {ours}\r\n"), "200"),
        ("/login", format!("hOsT: LOCALHOST:{port}\r\n"), "200"),
        ("/login", "Host: weftid.internal\r\n".to_owned(), "200"),
        ("/login", format!("Host: {evil}\r\n"), "421"),
        ("/login", "Host: localhost\r\n".to_owned(), "421"),
        ("/login", "Host: localhost:1\r\n".to_owned(), "421"),
        ("/login", format!("Host: 127.0.0.1:{port}\r\n"), "421"),
        ("/login", format!("Host: {ours}.evil.test\r\n"), "400"),
        ("/login", format!("Host: localhost.evil.test:{port}\r\n"), "421"),
        ("/login", format!("Host: localhost.:{port}\r\n"), "421"),
        ("/login", format!("Host: evil@{ours}\r\n"), "400"),
        ("/login", format!("Host: {ours}@evil.test\r\n"), "400"),
        ("/login", format!("Host: {ours}, {evil}\r\n"), "400"),
        ("/login", format!("Host: {ours}\r\nHost: {evil}\r\n"), "400"),
        ("/login", format!("Host: {evil}\r\nHost: {ours}\r\n"), "400"),
        ("/login", format!("Host: {ours}\r\nHost: {ours}\r\n"), "400"),
        ("/login", "Host:\r\n".to_owned(), "400"),
        ("/login", String::new(), "400"),
        ("/login", format!("Host: {evil}\r\nX-Forwarded-Host: {ours}\r\n"), "421"),
        (&format!("http://{ours}/login"), format!("Host: {ours}\r\n"), "200"),
        (&format!("http://{ours}/login"), format!("Host: {evil}\r\n"), "421"),
        (&format!("http://{evil}/login"), format!("Host: {ours}\r\n"), "421"),
        (&format!("http://evil@{ours}/login"), format!("Host: {ours}\r\n"), "400"),
        ("/jwks", format!("Host: {evil}\r\n"), "421"),
        ("/.well-known/openid-configuration", format!("Host: {evil}\r\n"), "421"),
        ("/nowhere", format!("Host: {evil}\r\n"), "421"),
        ("/healthz", format!("Host: {evil}\r\n"), "421"),
        ("/healthz", format!("Host: 127.0.0.1:{port}\r\n"), "200"),
        ("/readyz", "Host: 10.1.2.3:8080\r\n".to_owned(), "200"),
    ] {
        assert_eq!(status(target, &headers).await, expected, "{target} {headers:?}");
    }
}

/// C-WEB-09: in HTTP/2 the authority is the host, and a `Host` beside it must not say otherwise (RFC 9113 §8.3.1).
#[tokio::test]
async fn another_authority_is_refused_over_http2() {
    let (_database, server) = served(&[]).await;
    let ours = host(&server);
    for (authority, beside, expected) in [
        (ours.as_str(), None, 200),
        (&ours, Some(ours.as_str()), 200),
        (&ours, Some("evil.test"), 421),
        ("evil.test", None, 421),
        ("evil.test", Some(&ours), 421),
        ("localhost", None, 421),
    ] {
        let stream = tokio::net::TcpStream::connect(server.address).await.unwrap();
        let (mut sender, connection) = hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
        let running = tokio::spawn(connection);
        let mut request = http::Request::get(format!("http://{authority}/login"));
        if let Some(beside) = beside {
            request = request.header("host", beside);
        }
        let answer = sender.send_request(request.body(Empty::<Bytes>::new()).unwrap()).await.unwrap();
        assert_eq!(answer.status(), expected, "{authority} beside {beside:?}");
        running.abort();
    }
}
