//! The relying party against a small provider made here, which signs for real: what it asks for, what it believes, and what it does not.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Form, Json, Router, routing};
use josekit::jwk::KeyPair as _;
use josekit::jwk::alg::ec::{EcCurve, EcKeyPair};
use josekit::jws::{ES256, JwsHeader};
use openidconnect::reqwest::{self, header};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use url::Url;

use super::*;
use crate::base::base64url;
use crate::base::digest::Digest;

type Parameters = HashMap<String, String>;

/// A provider that signs in whoever comes, as told.
#[derive(Clone)]
struct Fake {
    issuer: String,
    key: Arc<Mutex<EcKeyPair>>,
    clock: Clock,
    asked: Arc<Mutex<Parameters>>,
    /// Members that replace what the ID token, the answer to the browser and the token error would hold.
    lies: Arc<Mutex<Value>>,
}

impl Fake {
    async fn starts(clock: &Clock) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://localhost:{}", listener.local_addr().unwrap().port());
        let key = Arc::new(Mutex::new(new_key("first")));
        let fake = Self { issuer, key, clock: clock.clone(), asked: Arc::default(), lies: Arc::new(Mutex::new(json!({}))) };
        let routes = Router::new()
            .route("/.well-known/openid-configuration", routing::get(discovery))
            .route("/jwks", routing::get(jwks))
            .route("/authorize", routing::get(authorize))
            .route("/token", routing::post(token))
            .route("/userinfo", routing::get(userinfo))
            .route("/logout", routing::get(logout))
            .with_state(fake.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        fake
    }

    fn lies(&self, lies: Value) {
        *self.lies.lock().unwrap() = lies;
    }

    fn lie(&self, about: &str) -> Option<Value> {
        self.lies.lock().unwrap().get(about).cloned()
    }

    fn id_token(&self, nonce: Option<&str>) -> String {
        let (now, key) = (self.clock.now().seconds(), self.key.lock().unwrap());
        let at_hash = base64url::encode(&Digest::of("access-canary").as_bytes()[..16]);
        let mut claims = json!({"iss": self.issuer, "sub": "sub-of-ada", "aud": "wiki-id", "iat": now, "exp": now + 600, "auth_time": 1_000, "at_hash": at_hash, "sid": "sid-1"});
        if let Some(nonce) = nonce {
            claims["nonce"] = nonce.into();
        }
        for (name, value) in self.lie("claims").iter().flat_map(|lies| lies.as_object().unwrap().clone()) {
            claims[name] = value;
        }
        let mut header = JwsHeader::new();
        header.set_key_id(key.to_jwk_public_key().key_id().unwrap());
        let signer = ES256.signer_from_jwk(&key.to_jwk_private_key()).unwrap();
        josekit::jws::serialize_compact(claims.to_string().as_bytes(), &header, &signer).unwrap()
    }
}

fn new_key(kid: &str) -> EcKeyPair {
    let mut key = EcKeyPair::generate(EcCurve::P256).unwrap();
    key.set_key_id(Some(kid));
    key
}

async fn discovery(State(fake): State<Fake>) -> Json<Value> {
    let at = |path: &str| format!("{}{path}", fake.issuer);
    Json(json!({
        "issuer": fake.issuer, "authorization_endpoint": at("/authorize"), "token_endpoint": at("/token"), "userinfo_endpoint": at("/userinfo"),
        "jwks_uri": at("/jwks"), "end_session_endpoint": at("/logout"), "response_types_supported": ["code"], "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256", "HS256", "none"], "authorization_response_iss_parameter_supported": true,
    }))
}

async fn jwks(State(fake): State<Fake>) -> Json<Value> {
    Json(json!({"keys": [fake.key.lock().unwrap().to_jwk_public_key()]}))
}

async fn authorize(State(fake): State<Fake>, Query(asked): Query<Parameters>) -> Redirect {
    let mut back = Url::parse(&asked["redirect_uri"]).unwrap();
    let iss = fake.lie("iss").map_or(fake.issuer.clone(), |iss| iss.as_str().unwrap().to_owned());
    back.query_pairs_mut().append_pair("state", &asked["state"]).append_pair("iss", &iss);
    match fake.lie("error") {
        Some(error) => back.query_pairs_mut().append_pair("error", error.as_str().unwrap()).append_pair("error_description", "<b>No</b>"),
        None => back.query_pairs_mut().append_pair("code", "code-canary"),
    };
    *fake.asked.lock().unwrap() = asked;
    Redirect::to(back.as_str())
}

async fn token(State(fake): State<Fake>, headers: axum::http::HeaderMap, Form(form): Form<Parameters>) -> Response {
    assert_eq!(headers[header::AUTHORIZATION], "Basic d2lraS1pZDp3aWtpLXNlY3JldA==", "wiki-id:wiki-secret");
    if let Some(error) = fake.lie("token_error") {
        return (StatusCode::BAD_REQUEST, Json(json!({"error": error}))).into_response();
    }
    let asked = fake.asked.lock().unwrap().clone();
    let (nonce, refresh_token) = if form["grant_type"] == "refresh_token" {
        assert_eq!(form["refresh_token"], "refresh-canary-1");
        (None, "refresh-canary-2")
    } else {
        assert_eq!(base64url::encode(Digest::of(&form["code_verifier"]).as_bytes()), asked["code_challenge"]);
        assert_eq!((form["code"].as_str(), &form["redirect_uri"]), ("code-canary", &asked["redirect_uri"]));
        (Some(asked["nonce"].as_str()), "refresh-canary-1")
    };
    let id_token = fake.id_token(nonce);
    Json(json!({"access_token": "access-canary", "token_type": "Bearer", "expires_in": 600, "refresh_token": refresh_token, "id_token": id_token}))
        .into_response()
}

async fn userinfo(State(fake): State<Fake>, headers: axum::http::HeaderMap) -> Json<Value> {
    assert_eq!(headers[header::AUTHORIZATION], "Bearer access-canary");
    let sub = fake.lie("userinfo_sub").unwrap_or_else(|| "sub-of-ada".into());
    Json(json!({"sub": sub, "name": "Ada <i>Lovelace</i>", "email": "ada@example.com", "email_verified": true, "badge": 7}))
}

async fn logout(State(fake): State<Fake>, Query(asked): Query<Parameters>) -> Redirect {
    assert_eq!(asked["id_token_hint"].split('.').count(), 3);
    let back = format!("{}?state={}", asked["post_logout_redirect_uri"], asked["state"]);
    *fake.asked.lock().unwrap() = asked;
    Redirect::to(&back)
}

/// A browser that keeps one cookie, follows what it is told to, and notes every page it was shown.
struct Visitor {
    http: reqwest::Client,
    site: String,
    cookie: Option<String>,
}

struct Seen {
    status: u16,
    location: Option<String>,
    html: String,
}

impl Visitor {
    async fn sends(&mut self, mut request: reqwest::RequestBuilder) -> Seen {
        if let Some(cookie) = &self.cookie {
            request = request.header(header::COOKIE, cookie);
        }
        let answer = request.send().await.unwrap();
        if let Some(cookie) = answer.headers().get(header::SET_COOKIE) {
            self.cookie = Some(cookie.to_str().unwrap().split(';').next().unwrap().to_owned());
        }
        let location = answer.headers().get(header::LOCATION).map(|location| location.to_str().unwrap().to_owned());
        Seen { status: answer.status().as_u16(), location, html: answer.text().await.unwrap() }
    }

    async fn opens(&mut self, url: &str) -> Seen {
        let url = if url.starts_with('/') { format!("{}{url}", self.site) } else { url.to_owned() };
        let request = self.http.get(url);
        self.sends(request).await
    }

    async fn goes(&mut self, url: &str) -> Seen {
        let mut seen = self.opens(url).await;
        while let Some(location) = seen.location.take() {
            seen = self.opens(&location).await;
        }
        for canary in ["access-canary", "refresh-canary", "code-canary", "wiki-secret", "eyJ"] {
            assert!(!seen.html.contains(canary), "{canary} is on the page {url}");
        }
        seen
    }

    async fn presses(&mut self, path: &str, csrf: &str) -> Seen {
        let request = self
            .http
            .post(format!("{}{path}", self.site))
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(format!("csrf={csrf}"));
        let mut seen = self.sends(request).await;
        match seen.location.take() {
            Some(location) => self.goes(&location).await,
            None => seen,
        }
    }
}

/// The value of the first cell with this attribute and value, as it stands in the page.
fn cell<'a>(html: &'a str, attribute: &str) -> &'a str {
    let from = html.split_once(attribute).unwrap_or_else(|| panic!("no {attribute} in {html}")).1;
    from.split_once('>').unwrap().1.split_once("</td>").unwrap().0
}

fn csrf(html: &str) -> String {
    html.split_once("name=\"csrf\" value=\"").unwrap().1.split_once('"').unwrap().0.to_owned()
}

async fn demo() -> (Fake, Clock, Visitor) {
    let clock = Clock::manual(Clock::system().now());
    let fake = Fake::starts(&clock).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let site = format!("http://localhost:{}", listener.local_addr().unwrap().port());
    let client = |path: &str, name: &str, id: &str| DemoClient {
        path: path.to_owned(),
        name: name.to_owned(),
        client_id: format!("{id}-id"),
        client_secret: format!("{id}-secret"),
        scopes: ["openid", "profile", "email", "offline_access"].map(str::to_owned).to_vec(),
    };
    let clients = vec![client(WIKI, "Acme Wiki", "wiki"), client(BOARD, "Acme Board", "board")];
    let routes = router_at(Settings { issuer: fake.issuer.clone(), base_url: site.clone(), clients }, clock.clone()).unwrap();
    tokio::spawn(async move { axum::serve(listener, routes).await });
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap();
    (fake, clock, Visitor { http, site, cookie: None })
}

/// OpenID Connect Core §3.1, §5.3, §12; RFC 7636 §4; RP-Initiated Logout 1.0 §2
#[tokio::test]
async fn a_person_signs_in_refreshes_and_signs_out() {
    let (fake, clock, mut visitor) = demo().await;
    assert!(visitor.goes("/wiki").await.html.contains("data-action=\"demo-sign-in\""));
    assert!(visitor.cookie.is_none(), "nobody is remembered before they begin");

    let page = visitor.goes("/wiki/sign-in?login_hint=ada%40example.com").await.html;
    let asked = fake.asked.lock().unwrap().clone();
    assert_eq!((asked["code_challenge_method"].as_str(), asked["response_type"].as_str()), ("S256", "code"));
    assert_eq!((asked["scope"].as_str(), asked["login_hint"].as_str()), ("openid profile email offline_access", "ada@example.com"));
    assert!(page.contains("data-state=\"signed-in\"") && page.contains("Ada &lt;i&gt;Lovelace&lt;"), "{page}");
    assert_eq!(
        (cell(&page, "data-claim=\"sub\""), cell(&page, "data-claim=\"alg\""), cell(&page, "data-claim=\"badge\"")),
        ("sub-of-ada", "ES256", "7")
    );
    assert!(cell(&page, "data-fact=\"expires\"").starts_with("in 10 min 0 s"));

    clock.advance(Duration::from_secs(601));
    let token = csrf(&page);
    assert!(visitor.goes("/wiki").await.html.contains("data-news=\"expired\""));
    let page = visitor.presses("/wiki/refresh", &token).await.html;
    let changed = |name: &str| page.split_once(&format!("data-change=\"{name}\" data-changed=\"")).unwrap().1.starts_with("true");
    assert_eq!(["iat", "exp", "sub", "auth_time", "sid", "refresh token"].map(changed), [true, true, false, false, false, true]);
    assert!(!page.contains("data-news=\"expired\""));

    clock.advance(Duration::from_secs(61));
    assert!(visitor.presses("/wiki/userinfo", &token).await.html.contains("data-news=\"userinfo\""));
    assert!(visitor.goes("/").await.html.contains("Signed in as Ada"));
    let page = visitor.presses("/wiki/sign-out", &token).await.html;
    assert!(page.contains("data-news=\"signed-out\"") && page.contains("data-state=\"signed-out\""), "{page}");
    assert!(visitor.goes("/wiki").await.html.contains("data-state=\"signed-out\""));
    assert!(visitor.goes("/wiki/signed-out?state=made-up").await.html.contains("data-news=\"signed-out-here\""));
}

/// RFC 6749 §10.12, RFC 9207 §2.4, OpenID Connect Core §3.1.3.7, §5.3.2
#[tokio::test]
async fn what_does_not_hold_signs_nobody_in() {
    let (fake, clock, mut visitor) = demo().await;
    for (lies, status, words) in [
        (json!({"error": "access_denied"}), 200, "<code data-error>access_denied</code>"),
        (json!({"error": "access_denied"}), 200, "&lt;b&gt;No&lt;"),
        (json!({"iss": "https://evil.example"}), 400, "Somebody else answers"),
        (json!({"error": "access_denied", "iss": "https://evil.example"}), 400, "Somebody else answers"),
        (json!({"token_error": "invalid_grant"}), 200, "<code data-error>invalid_grant</code>"),
        (json!({"claims": {"nonce": "another"}}), 502, "nonce mismatch"),
        (json!({"claims": {"iss": "https://evil.example"}}), 502, "Invalid issuer"),
        (json!({"claims": {"aud": "board-id"}}), 502, "Invalid audience"),
        (json!({"claims": {"exp": 1}}), 502, "Expired"),
        (json!({"claims": {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}}), 502, "at_hash"),
        (json!({"userinfo_sub": "sub-of-eve"}), 502, "Invalid subject"),
    ] {
        fake.lies(lies.clone());
        let seen = visitor.goes("/wiki/sign-in").await;
        assert_eq!(seen.status, status, "{lies}: {}", seen.html);
        assert!(seen.html.contains(words) && seen.html.contains("data-page=\"demo-error\""), "{lies}: {}", seen.html);
        assert!(visitor.goes("/wiki").await.html.contains("data-state=\"signed-out\""), "{lies}");
    }
    fake.lies(json!({}));

    let to_provider = visitor.opens("/wiki/sign-in").await.location.unwrap();
    let back = visitor.opens(&to_provider).await.location.unwrap();
    let cookie = visitor.cookie.take();
    assert!(visitor.goes(&back).await.html.contains("not begun here"), "another browser");
    visitor.cookie = cookie;
    assert!(visitor.goes(&back).await.html.contains("data-state=\"signed-in\""));
    assert!(visitor.goes(&back).await.html.contains("not begun here"), "a second time");

    for (wait, application) in [(0, "/board"), (601, "/wiki")] {
        let to_provider = visitor.opens("/wiki/sign-in").await.location.unwrap();
        let back = visitor.opens(&to_provider).await.location.unwrap().replace("/wiki/callback", &format!("{application}/callback"));
        clock.advance(Duration::from_secs(wait));
        assert_eq!(visitor.goes(&back).await.status, 400, "after {wait} s at {application}");
    }
    assert!(visitor.goes("/wiki/sign-in?iss=https%3A%2F%2Fevil.example").await.html.contains("Somebody else answers"));
    assert_eq!(visitor.goes("/nowhere").await.status, 404);
    assert_eq!(visitor.goes("/wiki/refresh").await.status, 405);
}

/// OWASP CSRF prevention; session fixation; OpenID Connect Core §12.2
#[tokio::test]
async fn buttons_work_for_who_was_shown_them_and_refreshing_can_end() {
    let (fake, _, mut visitor) = demo().await;
    let before = visitor.opens("/wiki/sign-in").await;
    let planted = visitor.cookie.clone();
    let back = visitor.opens(&before.location.unwrap()).await.location.unwrap();
    let token = csrf(&visitor.goes(&back).await.html);
    assert_ne!(visitor.cookie, planted, "signing in changes the key");

    for path in ["/wiki/refresh", "/wiki/userinfo", "/wiki/sign-out"] {
        assert_eq!(visitor.presses(path, "forged").await.status, 403, "{path}");
    }
    let cookie = visitor.cookie.clone().unwrap();
    let foreign = visitor.http.post(format!("{}/wiki/sign-out", visitor.site)).header("sec-fetch-site", "same-site").header(header::COOKIE, cookie);
    assert_eq!(foreign.body(format!("csrf={token}")).send().await.unwrap().status(), 403, "another port");

    fake.lies(json!({"claims": {"sub": "sub-of-eve"}}));
    let seen = visitor.presses("/wiki/refresh", &token).await;
    assert!(seen.status == 502 && seen.html.contains("somebody else"), "{}", seen.html);
    fake.lies(json!({"token_error": "invalid_grant"}));
    assert!(visitor.presses("/wiki/refresh", &token).await.html.contains("has ended"));
    assert!(visitor.goes("/wiki").await.html.contains("data-state=\"signed-out\""));
}

/// OpenID Connect Core §10.1.1
#[tokio::test]
async fn a_key_that_is_new_is_looked_up_again() {
    let (fake, _, mut visitor) = demo().await;
    assert!(visitor.goes("/wiki/sign-in").await.html.contains("data-state=\"signed-in\""));
    *fake.key.lock().unwrap() = new_key("second");
    let page = visitor.goes("/wiki/sign-in").await.html;
    assert_eq!(cell(&page, "data-claim=\"kid\""), "second");
}

#[test]
fn settings_that_can_not_work_are_refused() {
    let client =
        |path: &str| DemoClient { path: path.into(), name: "A".into(), client_id: "a".into(), client_secret: "canary".into(), scopes: vec![] };
    let served = |issuer: &str, base_url: &str, paths: &[&str]| {
        let clients = paths.iter().map(|path| client(path)).collect();
        router(Settings { issuer: issuer.to_owned(), base_url: base_url.to_owned(), clients })
    };
    let (issuer, base_url) = ("http://localhost:8080", "http://localhost:8081");
    assert!(served(issuer, base_url, &[WIKI, BOARD]).is_ok() && served(issuer, "http://localhost:8081/", &[WIKI]).is_ok());
    assert!(matches!(served("nowhere", base_url, &[WIKI]), Err(DemoError::Issuer(_))));
    assert!(matches!(served(issuer, "http://localhost:8081/demo", &[WIKI]), Err(DemoError::BaseUrl(_))));
    for paths in [&["wiki"][..], &["/a/b"], &["/"], &["/{x}"], &[WIKI, WIKI]] {
        assert!(matches!(served(issuer, base_url, paths), Err(DemoError::Path(_))), "{paths:?}");
    }
    assert!(!format!("{:?}", client(WIKI)).contains("canary"));
}
