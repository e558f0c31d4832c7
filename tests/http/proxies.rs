//! Behind a reverse proxy: whose word counts about who asks and how, and whose does not.

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde_json::json;
use weftid_tests::authenticator::Lie;
use weftid_tests::database::Kind;
use weftid_tests::person::Person;
use weftid_tests::provider::Provider;
use weftid_tests::wire::{Answer, Wire};

use crate::passkeys::{BEGIN, FINISH, at_the_sign_in_page};

/// Fails to sign in, with these headers from a proxy; gives the status.
async fn guesses(person: &mut Person, headers: &[(&'static str, &str)]) -> u16 {
    person.headers = headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    let answer = person.signs_in_with_passkey_lying(BEGIN, FINISH, &json!({}), &[Lie::BrokenSignature]).await;
    answer.status.as_u16()
}

async fn networks(provider: &Provider, network: &str) -> i64 {
    provider
        .database
        .count(&format!("SELECT count(*) FROM audit_events WHERE kind = 'sign_in_failed' AND detail LIKE '%\"network\":\"{network}\"%'"))
        .await
}

/// C-THR-06, C-WEB-08: behind a trusted proxy each visitor has a budget of their own, whatever they write themselves into its header; the log
/// says who it was.
#[tokio::test]
async fn a_trusted_proxy_says_who_asks() {
    let settings = [("http.trusted_proxies", "127.0.0.1, 10.0.0.0/8"), ("limits.network_per_minute", "5")];
    let provider = Provider::start_with(Kind::Sqlite, &settings).await;
    let ada = provider.admin().await;
    let mut person = at_the_sign_in_page(&provider, &ada).await;
    for number in 0..5 {
        let claims = format!("198.51.100.{number}, 203.0.113.9, 10.1.1.1");
        assert_eq!(guesses(&mut person, &[("x-forwarded-for", &claims)]).await, 401);
    }
    assert_eq!(networks(&provider, "203.0.113.9").await, 5);
    for spoofed in ["203.0.113.9", "192.0.2.1, 203.0.113.9", "unknown, 203.0.113.9:4711", "203.0.113.9, 10.9.9.9"] {
        assert_eq!(guesses(&mut person, &[("x-forwarded-for", spoofed)]).await, 429, "{spoofed}");
        // Other headers say nothing.
        let others = [("x-forwarded-for", spoofed), ("x-real-ip", "192.0.2.7"), ("forwarded", "for=192.0.2.7"), ("x_forwarded_for", "192.0.2.7")];
        assert_eq!(guesses(&mut person, &others).await, 429, "{spoofed}");
    }
    // Somebody else behind the same proxy is not held up; one household of IPv6 is one network.
    assert_eq!(guesses(&mut person, &[("x-forwarded-for", "203.0.113.10")]).await, 401);
    for number in 0..5 {
        assert_eq!(guesses(&mut person, &[("x-forwarded-for", &format!("2001:db8:1:2::{number}"))]).await, 401);
    }
    assert_eq!(guesses(&mut person, &[("x-forwarded-for", "2001:db8:1:2:ffff::1")]).await, 429);
    assert_eq!(guesses(&mut person, &[("x-forwarded-for", "2001:db8:1:3::1")]).await, 401);
}

/// C-WEB-08: what can't be read leaves the request with the proxy that sent it, and is an error for nobody.
#[tokio::test]
async fn what_a_proxy_garbles_is_nobodys_error() {
    let provider = Provider::start_with(Kind::Sqlite, &[("http.trusted_proxies", "127.0.0.1")]).await;
    let hundred = vec!["192.0.2.1"; 100].join(", ");
    for lines in [
        &["unknown"][..],
        &["for=192.0.2.1;proto=https"],
        &[""],
        &[",,,"],
        &["localhost, evil.test"],
        &["a", "b", "c"],
        &["192.0.2.1.2, [::g]"],
        &[&hundred],
        &["\u{e9}\u{e9}"],
    ] {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append("X-Forwarded-For", HeaderValue::from_bytes(line.as_bytes()).unwrap());
            headers.append("X-Forwarded-Proto", HeaderValue::from_bytes(line.as_bytes()).unwrap());
        }
        provider.wire.send(Method::GET, &provider.url("/login"), headers, Vec::new()).await.is(200);
    }
}

async fn asks(wire: &Wire, provider: &Provider, method: Method, path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut all = HeaderMap::new();
    for (name, value) in headers {
        all.append(HeaderName::try_from(*name).unwrap(), HeaderValue::from_str(value).unwrap());
    }
    wire.send(method, &provider.url(path), all, Vec::new()).await
}

/// C-WEB-05: what the proxy was asked for without TLS is a redirect for somebody who opens a page, and a refusal for whatever may carry a
/// secret.
#[tokio::test]
async fn without_tls_only_pages_lead_on() {
    let provider = Provider::start_with(Kind::Sqlite, &[("http.trusted_proxies", "127.0.0.1")]).await;
    let (html, plain) = (("accept", "text/html,*/*;q=0.8"), ("x-forwarded-proto", "http"));
    let wire = &provider.wire;
    let led = asks(wire, &provider, Method::GET, "/login?request=x", &[html, plain]).await.expect(308);
    assert_eq!(led.header("location"), "https://id.example/login?request=x");
    assert!(led.headers.get("set-cookie").is_none(), "nothing is handed out without TLS");
    for (method, path, more) in [
        (Method::POST, "/token", ("content-type", "application/x-www-form-urlencoded")),
        (Method::POST, "/login", html),
        (Method::GET, "/userinfo", ("authorization", "Bearer x")),
        (Method::GET, "/jwks", ("accept", "*/*")),
    ] {
        let refused = asks(wire, &provider, method, path, &[plain, more]).await.expect(403);
        assert_eq!(refused.header("strict-transport-security"), "max-age=31536000; includeSubDomains");
        assert!(refused.location().is_none(), "{refused}");
    }
    asks(wire, &provider, Method::GET, "/login", &[html, ("x-forwarded-proto", "https")]).await.is(200);
    // A stranger who claims to be without TLS is not believed, and one who claims to be somebody else isn't either.
    let elsewhere = wire.from_address("127.0.0.2".parse().unwrap());
    asks(&elsewhere, &provider, Method::GET, "/login", &[html, plain]).await.is(200);
}
