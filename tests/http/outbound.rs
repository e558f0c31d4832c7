//! What we fetch from relying parties: over TLS with an authority of our own, from where it is allowed, as often as needed and no more.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use futures_util::future::join_all;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use url::Url;
use weftid::actions::audit::Origin;
use weftid::actions::client_documents::{NotThere, request_object, sector};
use weftid::actions::client_keys::{NoClientKeys, client_keys};
use weftid::actions::clients;
use weftid::base::id::ClientId;
use weftid::protocol::client_uri::ClientUri;
use weftid::store::client::Client;
use weftid_tests::database::Kind;
use weftid_tests::outside::{Manner, Outside};
use weftid_tests::provider::Provider;
use weftid_tests::tls::Authority;

const LOOPBACK: &str = "127.0.0.0/8,::1";

/// A provider that may ask on this machine, trusts this authority, and is not very patient.
async fn provider(authority: &Path, allowed: &str) -> Provider {
    let authority = authority.to_str().unwrap();
    let settings = [("outbound.ca_file", authority), ("outbound.allowed_networks", allowed), ("outbound.timeout", "1s")];
    Provider::start_with(Kind::Sqlite, &settings).await
}

async fn client(provider: &Provider, id: &str, keys: (&str, Value)) -> Arc<Client> {
    let metadata = json!({"client_id": id, "client_name": id, "redirect_uris": [format!("https://{id}.test/cb")], keys.0: keys.1});
    let (id, _) = clients::create(&provider.app, serde_json::from_value(metadata).unwrap(), &Origin::command_line()).await.unwrap();
    provider.app.look().await.unwrap();
    provider.app.view().client(&ClientId::from_text(id.as_str())).unwrap().clone()
}

fn key(kid: &str) -> Value {
    let (x, y) = ("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0");
    json!({"kty": "EC", "crv": "P-256", "kid": kid, "x": x, "y": y})
}

fn uri(text: &str) -> ClientUri {
    ClientUri::from_text(text)
}

/// A-SSRF-03: keys that are registered need no fetch. Those at a jwks_uri are fetched once, and again for an unknown kid, once a minute however
/// many ask; what fails is not asked for again for a minute, and other clients do not notice.
#[tokio::test]
async fn keys_are_fetched_as_often_as_needed() {
    let authority = Authority::new();
    let file = authority.file();
    let provider = provider(file.path(), LOOPBACK).await;
    let outside = Outside::start("127.0.0.1", &authority.certifies(&["localhost", "127.0.0.1"])).await;
    outside.serves("/jwks", &json!({"keys": [key("one")]}));
    outside.behaves("/dead", Manner::Hangs);

    let own = client(&provider, "own", ("jwks", json!({"keys": [key("own")]}))).await;
    assert_eq!(client_keys(&provider.app, &own, Some("other")).await.unwrap().keys().count(), 1);
    let none = client(&provider, "none", ("scope", json!("openid"))).await;
    assert_eq!(client_keys(&provider.app, &none, None).await, Err(NoClientKeys::NotRegistered));

    let shop = client(&provider, "shop", ("jwks_uri", json!(outside.url("localhost", "/jwks")))).await;
    for kid in [None, Some("one"), Some("one"), None] {
        assert_eq!(client_keys(&provider.app, &shop, kid).await.unwrap().keys().count(), 1);
    }
    let heard = outside.heard("/jwks");
    assert_eq!((heard.len(), heard[0].method.as_str()), (1, "GET"));
    for header in ["cookie", "referer", "accept-encoding", "authorization"] {
        assert!(!heard[0].headers.contains_key(header), "{header}");
    }

    outside.serves("/jwks", &json!({"keys": [key("one"), key("two")]}));
    provider.clock.advance(Duration::from_secs(61));
    let dead = client(&provider, "dead", ("jwks_uri", json!(outside.url("localhost", "/dead")))).await;
    let began = Instant::now();
    let storm = join_all((0..100).map(|_| client_keys(&provider.app, &dead, Some("x"))));
    let two = async {
        let all = join_all((0..100).map(|_| client_keys(&provider.app, &shop, Some("two")))).await;
        assert!(all.iter().all(|keys| keys.as_ref().unwrap().keys().count() == 2));
        assert!(began.elapsed() < Duration::from_millis(900), "they don't wait for the dead: {:?}", began.elapsed());
        for unknown in 0..100 {
            client_keys(&provider.app, &shop, Some(&format!("unknown {unknown}"))).await.unwrap();
        }
    };
    let (storm, ()) = futures_util::future::join(storm, two).await;
    assert!(storm.iter().all(|keys| *keys == Err(NoClientKeys::NotThere)));
    assert!(began.elapsed() < Duration::from_secs(3), "all wait for one fetch");
    assert_eq!(client_keys(&provider.app, &dead, None).await, Err(NoClientKeys::NotThere));
    assert_eq!((outside.heard("/jwks").len(), outside.heard("/dead").len()), (2, 1));
}

/// A-CA-10: what is fetched is a set of public keys, in JSON that says so, or it counts as nothing; which of it was wrong nobody is told.
#[tokio::test]
async fn only_public_keys_are_taken_from_a_jwks_uri() {
    let authority = Authority::new();
    let file = authority.file();
    let provider = provider(file.path(), LOOPBACK).await;
    let outside = Outside::start("127.0.0.1", &authority.certifies(&["localhost"])).await;
    let mut private = key("private");
    private["d"] = json!("AQAB");
    let says = |status: u16, kind: &'static str, body: Value| Manner::Says(status, kind, body.to_string());
    let good = json!({"keys": [key("one")]});
    let manners = [
        ("/good", says(200, "application/jwk-set+json", good.clone()), true),
        ("/private", says(200, "application/json", json!({"keys": [private]})), false),
        ("/oct", says(200, "application/json", json!({"keys": [{"kty": "oct", "k": "c2VjcmV0"}]})), false),
        ("/html", says(200, "text/html", good.clone()), false),
        ("/gone", says(404, "application/json", good.clone()), false),
        ("/elsewhere", Manner::SendsTo(Url::parse(&outside.url("localhost", "/good")).unwrap()), false),
        ("/large", says(200, "application/json", json!({"keys": [key("one")], "x": "x".repeat(70_000)})), false),
        ("/pours", Manner::Pours, false),
        ("/resets", Manner::Resets, false),
    ];
    let mut clients = Vec::new();
    for (path, manner, _) in &manners {
        outside.behaves(path, manner.clone());
        clients.push(client(&provider, &path[1..], ("jwks_uri", json!(outside.url("localhost", path)))).await);
    }
    let found = join_all(clients.iter().map(|client| client_keys(&provider.app, client, None))).await;
    for ((path, _, good), found) in manners.iter().zip(found) {
        assert_eq!(found.is_ok(), *good, "{path}");
    }
    assert_eq!(outside.heard("/good").len(), 1, "no redirect is followed");
}

/// A-SSRF-01: TLS is verified, with the authority of the setting too; and without a listed network nothing on this machine is asked at all.
#[tokio::test]
async fn only_who_is_vouched_for_and_allowed_is_asked() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let (file, strange_file) = (authority.file(), stranger.file());
    let names = ["localhost", "127.0.0.1"];
    let outside = Outside::start("127.0.0.1", &authority.certifies(&names)).await;
    let misnamed = Outside::start("127.0.0.1", &authority.certifies(&["other.test"])).await;
    for server in [&outside, &misnamed] {
        server.serves("/sector", &json!(["https://a.test/cb", "https://b.test/cb"]));
    }
    let allowed = provider(file.path(), LOOPBACK).await;
    for name in names {
        assert_eq!(sector(&allowed.app, &uri(&outside.url(name, "/sector"))).await.unwrap(), ["https://a.test/cb", "https://b.test/cb"]);
    }
    let asked = outside.heard("/sector").len();
    assert_eq!(sector(&allowed.app, &uri(&misnamed.url("localhost", "/sector"))).await, Err(NotThere));
    let distrustful = provider(strange_file.path(), LOOPBACK).await;
    assert_eq!(sector(&distrustful.app, &uri(&outside.url("localhost", "/sector"))).await, Err(NotThere));
    let closed = provider(file.path(), "10.0.0.0/8").await;
    for name in names {
        assert_eq!(sector(&closed.app, &uri(&outside.url(name, "/sector"))).await, Err(NotThere));
    }
    assert_eq!((outside.heard("/sector").len(), misnamed.heard("/sector").len()), (asked, 0));
}

/// A-SSRF-02: whoever makes us fetch learns from neither words nor time whether a port is open, closed or shut off, or where it leads.
#[tokio::test]
async fn failures_look_alike() {
    let authority = Authority::new();
    let file = authority.file();
    let provider = provider(file.path(), "127.0.0.1").await;
    let outside = Outside::start("127.0.0.1", &authority.certifies(&["localhost"])).await;
    outside.behaves("/hangs", Manner::Hangs);
    outside.behaves("/empty", Manner::Says(200, "text/plain", String::new()));
    let closed = weftid_tests::watched::free_port();
    let addresses = [
        outside.url("localhost", "/missing"),
        outside.url("localhost", "/hangs"),
        outside.url("127.0.0.1", "/wrong-name"),
        format!("https://localhost:{closed}/closed"),
        "https://10.0.0.1/private".to_owned(),
        "https://127.0.0.2/not-listed".to_owned(),
        "https://no-such-name.invalid/".to_owned(),
    ];
    let timed = join_all(addresses.iter().map(async |address| {
        let began = Instant::now();
        assert_eq!(sector(&provider.app, &uri(address)).await, Err(NotThere), "{address}");
        began.elapsed()
    }));
    for (took, address) in timed.await.into_iter().zip(&addresses) {
        assert!((Duration::from_secs(1)..Duration::from_millis(1500)).contains(&took), "{address} took {took:?}");
    }
}

/// OpenID Connect Core §6.2: a request object is fetched once for all who bring its address at the same time, is a JWT by its content type, and
/// is the one that the fragment says.
#[tokio::test]
async fn request_objects_are_fetched() {
    let authority = Authority::new();
    let file = authority.file();
    let provider = provider(file.path(), LOOPBACK).await;
    let outside = Outside::start("127.0.0.1", &authority.certifies(&["localhost"])).await;
    let jwt = "eyJhbGciOiJFUzI1NiJ9.e30.c2ln";
    for (path, kind) in [("/a", "application/oauth-authz-req+jwt"), ("/b", "application/jwt; charset=utf-8"), ("/c", "text/plain")] {
        outside.behaves(path, Manner::Says(200, kind, jwt.to_owned()));
    }
    let digest = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(jwt));
    let other = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest("another"));
    let at = |path: &str| uri(&outside.url("localhost", path));
    let all = join_all((0..50).map(async |_| request_object(&provider.app, &at("/a")).await)).await;
    assert!(all.iter().all(|found| found.as_ref().unwrap().as_str() == jwt));
    assert_eq!(outside.heard("/a").len(), 1);
    assert_eq!(request_object(&provider.app, &at(&format!("/b#{digest}"))).await.unwrap().as_str(), jwt);
    let (wrong, no_jwt) = (at(&format!("/b#{other}")), at("/c"));
    let (wrong, no_jwt) = futures_util::future::join(request_object(&provider.app, &wrong), request_object(&provider.app, &no_jwt)).await;
    assert_eq!((wrong, no_jwt), (Err(NotThere), Err(NotThere)));
}
