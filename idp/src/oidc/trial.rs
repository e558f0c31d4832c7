use crate::actions::clients::secret_digest;
use crate::app::App;
use crate::base::base64url;
use crate::base::clock::{Clock, Time};
use crate::base::digest::Digest;
use crate::base::email::Email;
use crate::base::id::*;
use crate::base::secret::*;
use crate::config::Config;
use crate::protocol::claims::*;
use crate::protocol::client_metadata::*;
use crate::protocol::redirect_uri::RedirectUri;
use crate::protocol::scope::{self, Scope};
use crate::store::{Job, StoreError, Write, client, session, user};
use axum::Router;
use axum::body::{Body, to_bytes};
use http::{Request, Response, StatusCode};
use serde_json::Value;
use std::time::Duration;
use tower::ServiceExt as _;

struct Seed {
    user: user::Model,
    session: session::Model,
    clients: Vec<client::Client>,
}
impl Job for Seed {
    type Outcome = ();
    async fn run(&self, w: &Write<'_>) -> Result<(), StoreError> {
        user::insert(w, self.user.clone()).await?;
        session::insert(w, self.session.clone()).await?;
        for c in &self.clients {
            assert!(client::insert(w, c).await?);
        }
        Ok(())
    }
}
struct End(SessionId, Time);
impl Job for End {
    type Outcome = bool;
    async fn run(&self, w: &Write<'_>) -> Result<bool, StoreError> {
        session::end(w, self.0, self.1).await
    }
}

struct World {
    app: App,
    router: Router,
    clock: Clock,
    browser: String,
    session: String,
    session_id: SessionId,
    _dir: tempfile::TempDir,
}

const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

async fn world() -> World {
    let dir = tempfile::tempdir().unwrap();
    let config = Config::from_pairs(&[("data_dir", dir.path().to_str().unwrap())]).unwrap();
    let clock = Clock::manual(Time::from_seconds(1_764_000_000));
    let app = App::open(config, clock.clone()).await.unwrap();
    let now = app.now();
    let (b, s) = (BrowserSecret::random(), SessionSecret::random());
    let user = user::Model {
        id: UserId::new(now),
        subject: Subject::random(),
        user_handle: UserHandle::random(),
        email: Email::parse("alice@example.com").unwrap(),
        name: "Alice".into(),
        role: user::Role::User,
        created_at: now,
        email_verified_at: Some(now),
        backup_code_set: None,
        backup_codes_acknowledged_at: Some(now),
        deactivated_at: None,
        security_epoch: 0,
    };
    let session = session::Model {
        id: SessionId::new(now),
        user_id: user.id,
        sid: Sid::random(),
        secret_digest: s.digest(),
        browser_digest: b.digest(),
        created_at: now,
        authenticated_at: now,
        chosen_at: now,
        acr: Acr::Phr,
        amr: Amr::of_passkey(true),
        last_seen_at: now,
        ended_at: None,
        epoch: app.epoch(),
        security_epoch: 0,
    };
    let mk = |id: &str, method| {
        let mut m = ClientMetadata::new(ClientId::from_text(id), id);
        m.redirect_uris = vec![RedirectUri::from_text("https://rp.test/cb")];
        m.post_logout_redirect_uris = vec![RedirectUri::from_text("https://rp.test/bye")];
        m.grant_types = GrantType::ALL.to_vec();
        m.scope = Scope::of(&scope::SUPPORTED);
        m.token_endpoint_auth_method = method;
        m
    };
    let shop = mk("shop", TokenEndpointAuthMethod::ClientSecretBasic);
    let post = mk("post", TokenEndpointAuthMethod::ClientSecretPost);
    let secret = |m: &ClientMetadata| Some(secret_digest(&app, &m.client_id, "s3cret"));
    let clients = vec![
        client::Client { secret: secret(&shop), metadata: shop, created_at: now, disabled_at: None },
        client::Client { secret: secret(&post), metadata: post, created_at: now, disabled_at: None },
        client::Client { secret: None, metadata: mk("spa", TokenEndpointAuthMethod::None), created_at: now, disabled_at: None },
    ];
    let session_id = session.id;
    app.store().write(Seed { user, session, clients }).await.unwrap();
    app.look().await.unwrap();
    let router = crate::router::router(app.clone());
    World { app, router, clock, browser: b.expose(), session: s.expose(), session_id, _dir: dir }
}

impl World {
    async fn send(&self, r: Request<Body>) -> (StatusCode, http::HeaderMap, String) {
        let r: Response<Body> = self.router.clone().oneshot(r).await.unwrap();
        let (p, b) = r.into_parts();
        (p.status, p.headers, String::from_utf8(to_bytes(b, 1 << 20).await.unwrap().to_vec()).unwrap())
    }
    async fn get(&self, path: &str) -> (StatusCode, http::HeaderMap, String) {
        self.send(Request::get(path).header("cookie", format!("browser={}; session={}", self.browser, self.session)).body(Body::empty()).unwrap())
            .await
    }
    async fn form(&self, path: &str, headers: &[(&str, &str)], pairs: &[(&str, &str)]) -> (StatusCode, http::HeaderMap, String) {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        let mut r = Request::post(path).header("content-type", "application/x-www-form-urlencoded");
        for (n, v) in headers {
            r = r.header(*n, *v);
        }
        self.send(r.body(Body::from(body)).unwrap()).await
    }
    async fn house(&self, path: &str, pairs: &[(&str, &str)]) -> (StatusCode, http::HeaderMap, String) {
        let c = format!("browser={}; session={}", self.browser, self.session);
        self.form(path, &[("cookie", &c)], pairs).await
    }
    async fn token(&self, pairs: &[(&str, &str)]) -> (StatusCode, Value) {
        let a = format!("Basic {}", base64::Engine::encode(&base64::engine::general_purpose::STANDARD, "shop:s3cret"));
        let (s, h, b) = self.form("/token", &[("authorization", &a), ("origin", "https://rp.test")], pairs).await;
        assert_eq!(h["cache-control"], "no-store");
        assert_eq!(h["access-control-allow-origin"], "https://rp.test");
        (s, serde_json::from_str(&b).unwrap())
    }
    async fn code(&self, client: &str, more: &str) -> String {
        let (s, h, b) = self.get(&request(client, more)).await;
        assert_eq!(s, 303, "{b}");
        let l = h["location"].to_str().unwrap().to_owned();
        if l.contains("/consent/") {
            let path = l.strip_prefix("http://localhost:8080").unwrap();
            let (s, h, b) = self.get(path).await;
            assert_eq!(s, 200, "{b}");
            assert!(h["content-security-policy"].to_str().unwrap().contains("https://rp.test"));
            let csrf = between(&b, "name=\"csrf\" value=\"", "\"");
            let action = between(&b, "method=\"post\" action=\"", "\"").replace("&amp;", "&").replace("&#x2f;", "/").replace("&#x3d;", "=");
            let (s, h, b) = self.house(&action, &[("csrf", &csrf), ("decision", "allow")]).await;
            assert_eq!(s, 303, "{b}");
            let l = h["location"].to_str().unwrap().to_owned();
            let (s, h, b) = self.get(l.strip_prefix("http://localhost:8080").unwrap()).await;
            assert_eq!(s, 303, "{b}");
            return between(h["location"].to_str().unwrap(), "code=", "&");
        }
        assert!(l.starts_with("https://rp.test/cb?code="), "{l}");
        between(&l, "code=", "&")
    }
    async fn userinfo(&self, token: &str) -> (StatusCode, String) {
        let (s, _, b) = self.send(Request::get("/userinfo").header("authorization", format!("bEaReR {token}")).body(Body::empty()).unwrap()).await;
        (s, b)
    }
}
fn between(t: &str, a: &str, z: &str) -> String {
    let r = t.split_once(a).unwrap_or_else(|| panic!("no {a} in {t}")).1;
    r.split_once(z).map_or(r, |x| x.0).to_owned()
}
fn request(client: &str, more: &str) -> String {
    format!(
        "/authorize?response_type=code&client_id={client}&redirect_uri=https%3A%2F%2Frp.test%2Fcb&scope=openid+profile+email&state=st&nonce=n1&code_challenge={CHALLENGE}&code_challenge_method=S256{more}"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn trial() {
    let _ = crate::base::telemetry::init(crate::base::telemetry::Format::Text, &crate::base::telemetry::Filter::parse("warn").unwrap());
    let w = world().await;
    let (s, h, b) = w.get("/.well-known/openid-configuration").await;
    assert_eq!((s.as_u16(), h["access-control-allow-origin"].to_str().unwrap()), (200, "*"), "{b}");
    let (s, _, b) = w.get("/jwks").await;
    assert_eq!(s, 200, "{b}");
    // errors
    for (path, status) in [
        ("/authorize", 400),
        ("/authorize?client_id=nobody&redirect_uri=x", 400),
        ("/authorize?client_id=shop&redirect_uri=https%3A%2F%2Fevil", 400),
        ("/authorize/wa_xx", 400),
    ] {
        let (s, _, b) = w.get(path).await;
        assert_eq!(s, status, "{path} {b}");
        println!("{path}: {}", between(&b, "<title>", "</title>"));
    }
    let (s, h, _) = w.get(&request("shop", "&prompt=none")).await;
    println!("{s} {:?}", h["location"]);
    let code = w.code("shop", "").await;
    println!("code length {}", code.len());
    let before = w.app.store().counters();
    let code2 = w.code("shop", "").await;
    let after = w.app.store().counters();
    println!("authorize: {} reads {} writes", after.reads - before.reads, after.writes - before.writes);
    assert!(after.reads - before.reads <= 2 && after.writes == before.writes);
    let redeem = [("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", "https://rp.test/cb"), ("code_verifier", VERIFIER)];
    let (s, t) = w.token(&redeem).await;
    println!("{s} {t}");
    assert_eq!(s, 200);
    let c = w.app.store().counters();
    println!(
        "token: {} reads {} writes {} statements",
        c.reads - after.reads,
        c.writes - after.writes,
        c.statements_in_writes - after.statements_in_writes
    );
    let at = t["access_token"].as_str().unwrap().to_owned();
    println!("{:?}", w.userinfo(&at).await);
    assert_eq!(w.userinfo(&at).await.0, 200);
    // refresh
    let rt1 = t["refresh_token"].as_str().unwrap().to_owned();
    let (s, t2) = w.token(&[("grant_type", "refresh_token"), ("refresh_token", &rt1)]).await;
    assert_eq!(s, 200, "{t2}");
    let rt2 = t2["refresh_token"].as_str().unwrap().to_owned();
    let (s, again) = w.token(&[("grant_type", "refresh_token"), ("refresh_token", &rt1), ("scope", "openid email")]).await;
    assert_eq!((s.as_u16(), again["refresh_token"].as_str().unwrap(), again["scope"].as_str().unwrap()), (200, &*rt2, "openid email"));
    let (s, e) = w.token(&[("grant_type", "refresh_token"), ("refresh_token", &rt2), ("scope", "openid offline_access")]).await;
    assert_eq!((s.as_u16(), e["error"].as_str().unwrap()), (400, "invalid_scope"));
    w.clock.advance(Duration::from_secs(6));
    let (s, e) = w.token(&[("grant_type", "refresh_token"), ("refresh_token", &rt1)]).await;
    assert_eq!((s.as_u16(), e["error"].as_str().unwrap()), (400, "invalid_grant"));
    let (s, e) = w.token(&[("grant_type", "refresh_token"), ("refresh_token", &rt2)]).await;
    assert_eq!((s.as_u16(), e["error"].as_str().unwrap()), (400, "invalid_grant"));
    assert_eq!(w.userinfo(&at).await.0, 401);
    // second copy of a request? another request: code2, wrong verifier burns
    let bad = VERIFIER.replace('d', "e");
    let (s, e) = w.token(&[("grant_type", "authorization_code"), ("code", &code2), ("code_verifier", &bad)]).await;
    assert_eq!((s.as_u16(), e["error"].as_str().unwrap()), (400, "invalid_grant"));
    let (s, e) = w.token(&[("grant_type", "authorization_code"), ("code", &code2), ("code_verifier", VERIFIER)]).await;
    assert_eq!((s.as_u16(), e["error"].as_str().unwrap()), (400, "invalid_grant"));
    // reuse
    let code = w.code("shop", "").await;
    let redeem = [("grant_type", "authorization_code"), ("code", &code), ("code_verifier", VERIFIER)];
    let (s, t) = w.token(&redeem).await;
    assert_eq!(s, 200);
    let at = t["access_token"].as_str().unwrap().to_owned();
    let (s, e) = w.token(&[("grant_type", "authorization_code"), ("code", &code), ("code_verifier", &bad)]).await;
    assert_eq!(s, 400, "{e}");
    assert_eq!(w.userinfo(&at).await.0, 200);
    let (s, e) = w.token(&redeem).await;
    assert_eq!(s, 400, "{e}");
    assert_eq!(w.userinfo(&at).await.0, 401);
    // long nonce
    let code = w.code("shop", &format!("&login_hint=x&max_age=10000").replace("nonce=n1", "")).await;
    println!("{}", code.len());
    let (_, h, _) = w.get(&request("shop", "").replace("nonce=n1", &format!("nonce={}", "n".repeat(2000)))).await;
    let code = between(h["location"].to_str().unwrap(), "code=", "&");
    println!("long: {}", code.len());
    let (s, t) = w.token(&[("grant_type", "authorization_code"), ("code", &code), ("code_verifier", VERIFIER)]).await;
    assert_eq!(s, 200, "{t}");
    let at = t["access_token"].as_str().unwrap().to_owned();
    let idt = t["id_token"].as_str().unwrap().to_owned();
    println!("{}", String::from_utf8(base64url::decode(idt.split('.').nth(1).unwrap()).unwrap()).unwrap().replace(&"n".repeat(100), ""));
    // revoke access token
    let a = format!("Basic {}", base64::Engine::encode(&base64::engine::general_purpose::STANDARD, "shop:s3cret"));
    let (s, _, b) = w.form("/revoke", &[("authorization", &a)], &[("token", &at)]).await;
    assert_eq!(s, 200, "{b}");
    assert_eq!(w.userinfo(&at).await.0, 401);
    let rt = t["refresh_token"].as_str().unwrap().to_owned();
    let (s, _, b) = w.form("/revoke", &[], &[("token", &rt), ("client_id", "spa")]).await;
    assert_eq!(s, 200, "{b}");
    let (s, t) = w.token(&[("grant_type", "refresh_token"), ("refresh_token", &rt)]).await;
    assert_eq!(s, 200, "{t}");
    let (s, _, b) = w.form("/revoke", &[("authorization", &a)], &[("token", &rt)]).await;
    assert_eq!(s, 200, "{b}");
    assert_eq!(w.userinfo(t["access_token"].as_str().unwrap()).await.0, 401);
    // client auth
    for (headers, pairs) in [
        (vec![], vec![("grant_type", "x")]),
        (vec![("authorization", "Basic !!")], vec![]),
        (vec![], vec![("client_id", "nobody"), ("client_secret", "x")]),
        (vec![], vec![("client_id", "shop"), ("client_secret", "s3cret")]),
        (vec![], vec![("client_id", "post"), ("client_secret", "wrong")]),
        (vec![], vec![("client_id", "post"), ("client_secret", "s3cret"), ("grant_type", "password")]),
        (vec![], vec![("client_id", "spa"), ("client_id", "spa")]),
    ] {
        let (s, h, b) = w.form("/token", &headers, &pairs).await;
        println!("{s} {:?} {b}", h.get("www-authenticate"));
    }
    for _ in 0..25 {
        w.form("/token", &[], &[("client_id", "post"), ("client_secret", "wrong")]).await;
    }
    let (s, h, b) = w.form("/token", &[], &[("client_id", "post"), ("client_secret", "s3cret")]).await;
    println!("{s} {:?} {b}", h.get("retry-after"));
    let (s, h, b) = w.get("/token").await;
    println!("{s} {h:?} {}", b.len());
    let (s, h, b) = w.send(Request::post("/token").header("content-type", "application/json").body(Body::from("{}")).unwrap()).await;
    println!("{s} {h:?} {b}");
    let (s, h, b) = w.send(Request::get("/userinfo?access_token=x").body(Body::empty()).unwrap()).await;
    println!("{s} {h:?} {b}");
    let (s, h, b) = w.send(Request::options("/userinfo").header("origin", "https://rp.test").body(Body::empty()).unwrap()).await;
    println!("{s} {h:?} {b}");
    // POST without cookies
    let q = request("shop", "");
    let (s, h, b) = w
        .send(
            Request::post("/authorize")
                .header("content-type", "application/x-www-form-urlencoded")
                .body(Body::from(q.split_once('?').unwrap().1.to_owned()))
                .unwrap(),
        )
        .await;
    assert_eq!(s, 303, "{b}");
    assert!(!h.contains_key("set-cookie"));
    let l = h["location"].to_str().unwrap().strip_prefix("http://localhost:8080").unwrap().to_owned();
    assert!(l.starts_with("/authorize/wu_"));
    let (s, h, b) = w.get(&l).await;
    assert_eq!(s, 303, "{b}");
    let l = h["location"].to_str().unwrap().strip_prefix("http://localhost:8080").unwrap().to_owned();
    let (_, h, _) = w.get(&l).await;
    println!("{:?}", &h["location"].to_str().unwrap()[..40]);
    // logout
    let (s, h, b) = w.get("/logout?post_logout_redirect_uri=https://rp.test/bye&client_id=shop&state=a%20b").await;
    assert_eq!(s, 200, "{b}");
    println!("{:?}", h["content-security-policy"]);
    let csrf = between(&b, "name=\"csrf\" value=\"", "\"");
    let kept = between(&b, "name=\"logout\" value=\"", "\"");
    let (s, h, b) = w
        .send(
            Request::post("/logout")
                .header("content-type", "application/x-www-form-urlencoded")
                .body(Body::from(format!("id_token_hint={idt}")))
                .unwrap(),
        )
        .await;
    assert_eq!(s, 303, "{b}");
    println!("{}", h["location"].to_str().unwrap().len());
    let (s, h, b) = w.house("/sign-out", &[("csrf", &csrf), ("logout", &kept), ("decision", "allow")]).await;
    println!("{s} {h:?} {b}");
    assert_eq!(h["location"], "https://rp.test/bye?state=a%20b");
    let (s, h, b) = w.get(&format!("/logout?id_token_hint={idt}&post_logout_redirect_uri=https://rp.test/bye")).await;
    println!("{s} {:?} {b}", h.get("location"));
    let (s, h, b) = w.get(&format!("/logout?id_token_hint={idt}x")).await;
    println!("{s} {:?} {}", h.get("location"), between(&b, "<title>", "</title>"));
    let (s, _, b) = w.get("/signed-out").await;
    assert_eq!(s, 200, "{b}");
    let (_, h, _) = w.get(&request("shop", "")).await;
    println!("{:?}", &h["location"].to_str().unwrap()[..40]);
    let (_, h, _) = w.get(&request("shop", "&prompt=none")).await;
    println!("{:?}", h["location"].to_str().unwrap());
    let _ = (Digest::of(""), End(w.session_id, w.app.now()));
}
