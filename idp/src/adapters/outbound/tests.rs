//! The way out, held against servers that mean no good: on this machine, with names that say what a test wants them to say.

use std::collections::{HashMap, VecDeque};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::*;

/// What names say, one answer after the other; the last one stays.
#[derive(Clone, Debug, Default)]
pub(super) struct Told(Arc<Mutex<HashMap<String, VecDeque<Vec<IpAddr>>>>>, Arc<AtomicUsize>);

impl Told {
    fn say(&self, name: &str, answers: &[&[&str]]) {
        let answers = answers.iter().map(|answer| answer.iter().map(|address| address.parse().unwrap()).collect()).collect();
        self.0.lock().unwrap().insert(name.to_owned(), answers);
    }

    pub(super) fn addresses(&self, name: &str) -> Vec<IpAddr> {
        self.1.fetch_add(1, Ordering::SeqCst);
        let mut names = self.0.lock().unwrap();
        let Some(answers) = names.get_mut(name) else { return Vec::new() };
        if answers.len() > 1 { answers.pop_front().unwrap() } else { answers[0].clone() }
    }

    fn lookups(&self) -> usize {
        self.1.load(Ordering::SeqCst)
    }
}

/// A server that writes this to everybody once their request has come, and counts them.
struct Canned {
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
}

#[derive(Clone, Copy)]
enum Says {
    Once(&'static str),
    /// This, and then a byte each 100 ms for ever.
    Drips(&'static str),
    /// This, and then as much as is taken.
    Pours(&'static str),
    Nothing,
}

impl Canned {
    async fn start(ip: &str, says: Says) -> Self {
        let listener = TcpListener::bind((ip, 0)).await.unwrap();
        let (address, connections) = (listener.local_addr().unwrap(), Arc::new(AtomicUsize::new(0)));
        let counted = Arc::clone(&connections);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(Self::answer(stream, says));
            }
        });
        Self { address, connections }
    }

    async fn answer(mut stream: TcpStream, says: Says) {
        let mut request = vec![0; 4096];
        let _ = stream.read(&mut request).await;
        match says {
            Says::Nothing => tokio::time::sleep(Duration::from_mins(1)).await,
            Says::Once(text) => drop(stream.write_all(text.as_bytes()).await),
            Says::Drips(head) => {
                let _ = stream.write_all(head.as_bytes()).await;
                while stream.write_all(b"x").await.is_ok() {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
            Says::Pours(head) => {
                let _ = stream.write_all(head.as_bytes()).await;
                let chunk = format!("8000\r\n{}\r\n", "x".repeat(0x8000));
                while stream.write_all(chunk.as_bytes()).await.is_ok() {}
            }
        }
    }

    fn url(&self, name: &str) -> Url {
        Url::parse(&format!("http://{name}:{}/jwks", self.address.port())).unwrap()
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

const JSON: Says = Says::Once(
    "HTTP/1.1 200 OK\r\nContent-Type: Application/JSON; charset=utf-8\r\nCache-Control: public, max-age=60\r\nContent-Length: 2\r\n\r\n{}",
);

fn outbound(told: &Told, allowed: &[&str]) -> Outbound {
    let allowed_networks = allowed.iter().map(|network| Cidr::parse(network).unwrap()).collect();
    let settings = config::Outbound { allowed_networks, authorities: None, timeout: Duration::from_secs(1) };
    Outbound::with(&settings, Names::Told(told.clone())).unwrap()
}

fn wanted(url: &Url) -> Wanted<'_> {
    let within = Duration::from_secs(5);
    Wanted { url, chosen_by: ChosenBy::Stranger, accept: "application/json", header: None, longest: 1024, within }
}

/// A-SSRF-01: no spelling of an address inside is asked: not a packet reaches the one who listens there. In a listed network it is.
#[tokio::test]
async fn nothing_inside_is_asked() {
    let told = Told::default();
    let (inside, inside_v6) = (Canned::start("127.0.0.1", JSON).await, Canned::start("::1", JSON).await);
    let (port, port_v6) = (inside.address.port(), inside_v6.address.port());
    for name in ["localhost", "localhost.", "inside.test", "127.0.0.1.nip.test"] {
        told.say(name, &[&["127.0.0.1", "::1"]]);
    }
    told.say("mapped.test", &[&["::ffff:127.0.0.1"]]);
    told.say("nat64.test", &[&["64:ff9b::7f00:1", "2002:7f00:1::1"]]);
    told.say("metadata.test", &[&["169.254.169.254", "fd00:ec2::254"]]);
    let strict = outbound(&told, &[]);
    let hosts = [
        "127.0.0.1",
        "127.1",
        "0x7f.1",
        "0177.0.0.1",
        "2130706433",
        "0x7f000001",
        "127.0.0.1.",
        "0",
        "0.0.0.0",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::127.0.0.1]",
        "localhost",
        "LOCALHOST",
        "localhost.",
        "inside.test",
        "127.0.0.1.nip.test",
        "mapped.test",
        "nat64.test",
        "metadata.test",
        "169.254.169.254",
        "unknown.test",
        "\u{2460}\u{2461}7.0.0.1",
        "127\u{3002}0\u{3002}0\u{3002}1",
    ];
    for host in hosts {
        for address in [
            format!("https://{host}:{port}/x"),
            format!("http://{host}:{port}/x"),
            format!("https://{host}:{port_v6}/x"),
            format!("https://{host}/x"),
        ] {
            let Ok(url) = Url::parse(&address) else { continue };
            assert!(matches!(strict.get(&wanted(&url)).await, Err(NotFetched::Refused(_))), "{address}");
            assert!(matches!(strict.post(&url, "logout_token=x".to_owned()).await, Err(NotFetched::Refused(_))), "{address}");
        }
    }
    for address in [
        format!("https://u@127.0.0.1:{port}/"),
        format!("https://u:p@localhost:{port}/"),
        format!("ftp://127.0.0.1:{port}/"),
        format!("gopher://127.0.0.1:{port}/"),
        "file:///etc/passwd".to_owned(),
        "data:application/json,{}".to_owned(),
        "unix:/run/docker.sock".to_owned(),
        // Public, but no port of the web, or in the clear.
        "https://8.8.8.8:22/".to_owned(),
        "https://8.8.8.8:25/".to_owned(),
        "https://8.8.8.8:80/".to_owned(),
        "http://8.8.8.8/".to_owned(),
        "http://8.8.8.8:8080/".to_owned(),
    ] {
        let url = Url::parse(&address).unwrap();
        assert!(matches!(strict.get(&wanted(&url)).await, Err(NotFetched::Refused(_))), "{address}");
    }
    assert_eq!((inside.connections(), inside_v6.connections()), (0, 0));

    let open = outbound(&told, &["127.0.0.0/8", "::1"]);
    for url in [inside.url("127.0.0.1"), inside.url("inside.test"), inside.url("mapped.test"), inside_v6.url("[::1]")] {
        assert_eq!(open.get(&wanted(&url)).await.unwrap().body, b"{}", "{url}");
    }
    let near = inside.url("127.0.0.1");
    let by_operator = Wanted { chosen_by: ChosenBy::Operator, ..wanted(&near) };
    assert_eq!(strict.get(&by_operator).await.unwrap().body, b"{}");
}

/// A-SSRF-01: a name is looked up once, and what was checked is what is connected to: one that changes its mind, or says both, reaches nothing
/// inside.
#[tokio::test]
async fn a_name_that_changes_its_mind_is_not_followed() {
    let told = Told::default();
    let inside = Canned::start("127.0.0.1", JSON).await;
    let outside = TcpListener::bind(("127.0.0.2", inside.address.port())).await.unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = outside.accept().await {
            tokio::spawn(Canned::answer(stream, JSON));
        }
    });
    let outbound = outbound(&told, &["127.0.0.2"]);
    let url = inside.url("rebinds.test");
    told.say("rebinds.test", &[&["127.0.0.2"], &["127.0.0.1"]]);
    outbound.get(&wanted(&url)).await.unwrap();
    assert_eq!(told.lookups(), 1, "there is no second lookup between the check and the connection");
    assert!(matches!(outbound.get(&wanted(&url)).await, Err(NotFetched::Refused(_))), "nor is the old connection used again");
    told.say("rebinds.test", &[&["127.0.0.1", "127.0.0.2"]]);
    outbound.get(&wanted(&url)).await.unwrap();
    assert_eq!(inside.connections(), 0);
}

/// A-SSRF-01, A-SSRF-02: only a plain 200 counts: no redirect is followed, nothing is unpacked, and what has no end is given up.
#[tokio::test]
async fn only_a_plain_and_short_answer_counts() {
    let told = Told::default();
    let outbound = outbound(&told, &["127.0.0.1"]);
    let target = Canned::start("127.0.0.1", JSON).await;
    let redirect = format!("HTTP/1.1 302 Found\r\nLocation: {}\r\nContent-Length: 0\r\n\r\n", target.url("127.0.0.1"));
    let long = |text: String| Says::Once(Box::leak(text.into_boxed_str()));
    let chunked = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (says, expected) in [
        (long(redirect), NotFetched::Status(302)),
        (Says::Once("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"), NotFetched::Status(404)),
        (Says::Once("HTTP/1.1 206 Partial\r\nContent-Length: 0\r\n\r\n"), NotFetched::Status(206)),
        (Says::Once("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx"), NotFetched::Content("it is compressed")),
        (Says::Once("HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\nx"), NotFetched::TooLong(1024)),
        (Says::Pours(chunked), NotFetched::TooLong(1024)),
        (Says::Drips("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"), NotFetched::TooSlow),
        (Says::Drips("HTTP/1.1 200 OK\r\nX: "), NotFetched::TooSlow),
        (Says::Nothing, NotFetched::TooSlow),
    ] {
        let server = Canned::start("127.0.0.1", says).await;
        let began = Instant::now();
        assert_eq!(outbound.get(&wanted(&server.url("127.0.0.1"))).await, Err(expected));
        assert!(began.elapsed() < Duration::from_millis(1500));
    }
    for says in [Says::Once("SSH-2.0-OpenSSH_9.9\r\n"), Says::Once(""), Says::Once("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort")] {
        let server = Canned::start("127.0.0.1", says).await;
        assert!(matches!(outbound.get(&wanted(&server.url("127.0.0.1"))).await, Err(NotFetched::Unreachable(_))));
    }
    assert_eq!(target.connections(), 0, "nobody went where the redirect pointed");
    let found = outbound.get(&wanted(&target.url("127.0.0.1"))).await.unwrap();
    let (content_type, max_age) = (Some("application/json".to_owned()), Some(Duration::from_mins(1)));
    assert_eq!(found, Document { content_type, max_age, body: b"{}".to_vec() });
    assert_eq!(outbound.post(&target.url("127.0.0.1"), String::new()).await, Ok(200));
}

/// A-SSRF-02, A-BCL-02: who is slow has so many questions at once, and holds nobody up who asks somewhere else.
#[tokio::test]
async fn a_slow_host_holds_up_nobody_else() {
    let told = Told::default();
    let outbound = outbound(&told, &["127.0.0.0/8"]);
    let (slow, quick) = (Canned::start("127.0.0.1", Says::Nothing).await, Canned::start("127.0.0.1", JSON).await);
    let (slow_url, quick_url) = (slow.url("127.0.0.1"), quick.url("127.0.0.1"));
    let began = Instant::now();
    let wanted_slow = wanted(&slow_url);
    let many = futures_util::future::join_all((0..100).map(|_| outbound.get(&wanted_slow)));
    let quickly = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let asked = Instant::now();
        outbound.get(&wanted(&quick_url)).await.unwrap();
        assert!(asked.elapsed() < Duration::from_millis(500));
        assert_eq!(slow.connections(), hosts::AT_ONCE);
    };
    let (many, ()) = futures_util::future::join(many, quickly).await;
    assert!(many.iter().all(|outcome| *outcome == Err(NotFetched::TooSlow)), "waiting for a place is part of the time");
    assert!(began.elapsed() < Duration::from_secs(3));
}

/// RFC 9111 §5.2.2: what a server says about how long.
#[test]
fn the_age_of_an_answer_is_read() {
    for (value, expected) in [
        ("max-age=600", Some(600)),
        ("public, Max-Age=\"5\"", Some(5)),
        ("no-store", Some(0)),
        ("max-age=600, no-cache", Some(0)),
        ("max-age=-1", None),
        ("max-age=99999999999999999999999", None),
        ("s-maxage=5", None),
    ] {
        let headers = HeaderMap::from_iter([(CACHE_CONTROL, HeaderValue::from_static(value))]);
        assert_eq!(max_age(&headers), expected.map(Duration::from_secs), "{value}");
    }
    assert_eq!(max_age(&HeaderMap::new()), None);
}
