//! The whole provider from outside, route by route: what every answer must carry, and that no change can be forged. The routes come from the
//! sources (`routes`), so a new one is crawled by itself; a line here says what to fill in, where that makes the visit more telling.

use std::collections::{BTreeMap, BTreeSet};

use http::header::{ACCEPT, CONTENT_TYPE, COOKIE};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use url::Url;
use weftid_tests::cookies::Initiator;
use weftid_tests::database::Kind;
use weftid_tests::person::Person;
use weftid_tests::provider::Provider;
use weftid_tests::wire::Answer;

use crate::coming_aboard::{invitation, path};
use crate::passkeys::signs_in;
use crate::routes::{self, Route};
use crate::stored::rows;

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

/// Fields with which a forged form would do what its place does. A place without a line is sent the token alone.
const FIELDS: &[(&str, &str)] = &[
    ("/login", "email=ada%40id.example"),
    ("/account/backup-codes", "acknowledged=yes&set=x"),
    ("/account/passkeys/{id}/rename", "name=Stolen"),
    ("/account/passkeys/{id}/delete", "last_passkey=yes"),
    ("/consent/{request}", "decision=allow"),
];

/// Places that another site may post to, and why that takes nothing from anybody.
const OPEN: &[(&str, &str)] = &[
    ("/authorize", "OpenID Connect Core §3.1.2.1: clients may post their requests; what comes of it takes a session and consent"),
    ("/logout", "RP-Initiated Logout §2: clients may post; whoever might not have meant it is asked on a page of ours"),
    ("/token", "no cookie counts: the client proves itself in the request"),
    ("/par", "no cookie counts: the client proves itself in the request"),
    ("/revoke", "no cookie counts: the client proves itself in the request"),
    ("/introspect", "no cookie counts: the client proves itself in the request"),
    ("/userinfo", "no cookie counts: the token is in the request"),
    ("/register", "no cookie counts: where registration is open, anybody may register a client, and else the token is in the request"),
    ("/register/{client_id}", "no cookie counts: the token is in the request"),
];

/// Visits that change something although they are safe, and why that is meant.
const MAY_WRITE: &[(&str, &str)] = &[];

/// Documents for everybody, to be kept by whoever likes.
const PUBLIC: [&str; 5] = [
    "/.well-known/openid-configuration",
    "/.well-known/oauth-authorization-server",
    "/.well-known/passkey-endpoints",
    "/.well-known/webauthn",
    "/jwks",
];

/// A provider with somebody in it, and what stands for the `{names}` of its routes.
struct Stage {
    provider: Provider,
    ada: Person,
    filled: BTreeMap<&'static str, String>,
}

impl Stage {
    async fn new() -> Self {
        // Everything that a setting may switch on is there.
        let provider = Provider::start_with(Kind::Sqlite, &[("passkeys.related_origins", "https://shop.test"), ("registration.mode", "open")]).await;
        let ada = provider.admin().await;
        let mut ada = signs_in(&provider, &ada).await;
        let mut filled = BTreeMap::new();
        let mut fills = |pattern, path: String| drop(filled.insert(pattern, path));

        let page = ada.opens(provider.url("/account/sign-in-methods")).await.shows("sign-in-methods");
        let links: Vec<String> = page.all("a").filter_map(|link| link.attribute("href").map(str::to_owned)).collect();
        let passkey = links.iter().find_map(|link| link.strip_suffix("/rename")).expect("a passkey can be renamed");
        let passkey = Url::parse(passkey).map_or_else(|_| passkey.to_owned(), |url| url.path().to_owned());
        for end in ["rename", "delete"] {
            fills(if end == "rename" { "/account/passkeys/{id}/rename" } else { "/account/passkeys/{id}/delete" }, format!("{passkey}/{end}"));
        }
        let script = page.all("script").find_map(|script| script.attribute("src")).expect("a script").to_owned();
        fills("/assets/{hash}/{name}", script);

        let invited = path(&invitation(&provider, "carol@id.example").await);
        fills("/invitation/{token}", invited.clone());
        fills("/invitation/{token}/passkey/begin", format!("{invited}/passkey/begin"));
        fills("/invitation/{token}/passkey/finish", format!("{invited}/passkey/finish"));

        let shop = provider.shop("shop").await;
        let arrival = ada.opens(shop.asks(&["email"], &[]).url).await;
        arrival.shows("consent");
        let sealed = arrival.url.path().rsplit('/').next().expect("a box").to_owned();
        fills("/consent/{request}", format!("/consent/{sealed}"));
        fills("/authorize/{request}", format!("/authorize/{sealed}"));
        ada.opens(provider.url("/account")).await.shows("dashboard");
        Self { provider, ada, filled }
    }

    /// A place of this route.
    fn place(&self, route: &Route) -> String {
        if let Some(path) = self.filled.get(route.path.as_str()) {
            return path.clone();
        }
        let fill = |part: &str| if part.starts_with('{') { "x".to_owned() } else { part.to_owned() };
        route.path.split('/').map(fill).collect::<Vec<_>>().join("/")
    }

    /// One request, with the cookies of `person` if there is one.
    async fn asks(&self, person: Option<&Person>, method: &Method, place: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let url = self.provider.url(place);
        let mut all = HeaderMap::new();
        let cookies = person.map(|person| person.jar.header(&url, Initiator::SameSite)).unwrap_or_default();
        if !cookies.is_empty() {
            all.insert(COOKIE, HeaderValue::from_str(&cookies).unwrap());
        }
        for (name, value) in headers {
            all.append(HeaderName::try_from(*name).unwrap(), HeaderValue::from_str(value).unwrap());
        }
        self.provider.wire.send(method.clone(), &url, all, body.as_bytes().to_vec()).await
    }

    fn token(&self) -> String {
        self.ada.page().csrf_token().expect("a page has a token").to_owned()
    }
}

fn is_open(route: &Route) -> bool {
    OPEN.iter().any(|(path, _)| *path == route.path)
}

/// Everything that any answer must carry.
fn is_armoured(answer: &Answer, issuer: &Url, what: &str) {
    let policy = answer.header("content-security-policy");
    let directives: BTreeSet<&str> = policy.split("; ").collect();
    for directive in ["default-src 'none'", "script-src 'self'", "style-src 'self'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"]
    {
        assert!(directives.contains(directive), "{what}: {directive}: {answer}");
    }
    // Forms end here, but on pages of a request whose client's origin is named.
    let forms: Vec<&str> = directives.iter().filter_map(|directive| directive.strip_prefix("form-action ")).collect();
    assert!(forms == ["'self'"] || forms == ["'self' https://shop.test"], "{what}: {answer}");
    assert!(!policy.contains("unsafe") && !policy.contains('*') && !policy.contains("http:"), "{what}: {answer}");
    for (name, value) in [
        ("strict-transport-security", "max-age=31536000; includeSubDomains"),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        assert_eq!(answer.header(name), value, "{what}: {name}: {answer}");
        assert_eq!(answer.headers.get_all(name).iter().count(), 1, "{what}: {name}: {answer}");
    }
    let permissions = answer.header("permissions-policy");
    for feature in ["publickey-credentials-get=(self)", "publickey-credentials-create=(self)"] {
        assert!(permissions.split(", ").any(|part| part == feature), "{what}: {answer}");
    }
    for gossip in ["server", "x-powered-by", "via"] {
        assert!(answer.headers.get(gossip).is_none(), "{what}: {answer}");
    }
    // ASVS 4.1.1: text says its encoding; JSON is UTF-8 by definition (RFC 8259 §8.1).
    let kind = answer.header("content-type");
    assert!(!kind.starts_with("text/") || kind.ends_with("; charset=utf-8"), "{what}: {answer}");
    assert!(!kind.is_empty() || answer.body.is_empty(), "{what}: {answer}");
    // ASVS 3.3: every cookie that is set.
    for cookie in answer.headers.get_all("set-cookie") {
        let line = cookie.to_str().unwrap();
        let mut parts = line.split("; ");
        assert!(parts.next().is_some_and(|pair| pair.starts_with("__Host-")), "{what}: {line}");
        let attributes: BTreeSet<&str> = parts.collect();
        for needed in ["Path=/", "HttpOnly", "Secure", "SameSite=Lax"] {
            assert!(attributes.contains(needed), "{what}: {line}");
        }
        assert!(!attributes.iter().any(|attribute| attribute.starts_with("Domain")) && line.len() < 4_096, "{what}: {line}");
    }
    if let Some(location) = answer.location() {
        let leaves = location.origin() != issuer.origin();
        assert!(!leaves || location.as_str().starts_with("https://shop.test/"), "{what}: {answer}");
    }
    if kind.starts_with("text/html") {
        loads_only_ours(answer, issuer, what);
    }
}

/// Nothing of a page comes from elsewhere, and no form of it goes there.
fn loads_only_ours(answer: &Answer, issuer: &Url, what: &str) {
    let page = answer.page();
    let mut seen = 0;
    for element in ["script", "link", "img", "iframe", "object", "embed", "source", "video", "audio", "form", "button", "input", "base", "area"] {
        for found in page.all(element) {
            for attribute in ["src", "srcset", "href", "data", "action", "formaction", "poster", "background", "ping"] {
                let Some(target) = found.attribute(attribute) else { continue };
                seen += 1;
                let target = answer.url.join(target).unwrap_or_else(|error| panic!("{what}: {target}: {error}"));
                assert_eq!(target.origin(), issuer.origin(), "{what}: <{element} {attribute}>: {answer}");
            }
        }
    }
    assert!(seen > 0 || answer.body.is_empty(), "{what}: the page loads nothing at all: {answer}");
}

fn is_kept_nowhere(answer: &Answer, what: &str) {
    assert_eq!(answer.header("cache-control"), "no-store", "{what}: {answer}");
}

const ALL_METHODS: [&str; 8] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"];

/// The list that the crawl goes by is the router's: each route is there, and answers these methods and no other.
#[tokio::test]
async fn the_routes_of_the_sources_are_the_routers() {
    let stage = Stage::new().await;
    let routes = routes::all();
    assert!(routes.len() > 25, "{routes:?}");
    for path in ["/", "/login", "/invitation/{token}/passkey/finish", "/authorize", "/token", "/jwks", "/healthz", "/account/sign-in-methods"] {
        assert!(routes.iter().any(|route| route.path == path), "{path} is not seen");
    }
    for route in &routes {
        // A method that nobody has.
        let answer = stage.asks(None, &"BREW".parse().unwrap(), &stage.place(route), &[], "").await.expect(405);
        let mut allowed: BTreeSet<String> = answer.header("allow").split(',').map(|method| method.trim().to_owned()).collect();
        allowed.remove("HEAD");
        assert_eq!(allowed, route.methods, "{}", route.path);
    }
    let known = |path: &str| routes.iter().any(|route| route.path == path);
    for (path, _) in FIELDS.iter().chain(OPEN).chain(MAY_WRITE) {
        assert!(known(path), "there is no route {path} any more");
    }
    assert!(stage.filled.keys().all(|path| known(path)), "{:?}", stage.filled.keys());
}

/// C-WEB-02, C-WEB-03, C-WEB-04, B-PL-01, B-PL-05, C-SES-03: every answer of every route, to whoever and however it is asked, carries the
/// policies, loads nothing from elsewhere, and is kept nowhere if it is personal; and asking changes nothing (C-WEB-01).
#[tokio::test]
async fn every_route_is_armoured_however_it_is_asked() {
    let stage = Stage::new().await;
    let before = rows(&stage.provider.database).await;
    let issuer = &stage.provider.issuer;
    let mut answers = 0;
    for route in routes::all() {
        let place = stage.place(&route);
        for method in ALL_METHODS {
            let safe = matches!(method, "GET" | "HEAD" | "OPTIONS" | "TRACE");
            if MAY_WRITE.iter().any(|(path, _)| *path == route.path) && method == "GET" {
                continue;
            }
            for person in [None, Some(&stage.ada)] {
                for accept in ["text/html", JSON] {
                    let what = format!("{method} {place} ({accept}, {})", if person.is_some() { "signed in" } else { "a stranger" });
                    let mut headers = vec![(ACCEPT.as_str(), accept), ("x-http-method-override", "POST"), ("x-method-override", "DELETE")];
                    if !safe {
                        headers.push((CONTENT_TYPE.as_str(), if accept == JSON { JSON } else { FORM }));
                    }
                    let answer = stage.asks(person, &method.parse().unwrap(), &place, &headers, "").await;
                    answers += 1;
                    is_armoured(&answer, issuer, &what);
                    assert!(!answer.status.is_server_error(), "{what}: {answer}");
                    let answers_it = route.methods.contains(method) || method == "HEAD" && route.methods.contains("GET");
                    assert_eq!(answer.status == 405, !answers_it, "{what}: {answer}");
                    if PUBLIC.contains(&route.path.as_str()) && answers_it {
                        assert_eq!(answer.header("cache-control"), "public, max-age=300", "{what}: {answer}");
                    } else if route.path.starts_with("/assets") && answers_it {
                        assert_eq!(answer.header("cache-control"), "public, max-age=31536000, immutable", "{what}: {answer}");
                    } else {
                        is_kept_nowhere(&answer, &what);
                    }
                    // Cross-site tracing: nothing of a request comes back.
                    assert!(method != "TRACE" || !answer.text().contains("x-http-method-override"), "{what}: {answer}");
                }
            }
        }
    }
    assert!(answers > 1_000, "{answers}");
    assert_eq!(rows(&stage.provider.database).await, before, "asking changed something");
}

/// C-WEB-06: nothing of the workshop is served: no metrics, no documentation, no listing, no file; what is not there says so like a page.
#[tokio::test]
async fn nothing_of_the_workshop_is_served() {
    let stage = Stage::new().await;
    for place in [
        "/metrics",
        "/debug",
        "/debug/pprof/",
        "/status",
        "/server-status",
        "/actuator",
        "/actuator/env",
        "/env",
        "/config",
        "/docs",
        "/swagger",
        "/swagger-ui/",
        "/openapi.json",
        "/api-docs",
        "/graphql",
        "/console",
        "/trace",
        "/.git/config",
        "/.git/HEAD",
        "/.env",
        "/.htaccess",
        "/Cargo.toml",
        "/weftid.toml",
        "/weftid.sqlite",
        "/master.key",
        "/data/weftid.sqlite",
        "/backup.zip",
        "/robots.txt.bak",
        "/assets",
        "/assets/",
        "/assets/x",
        "/assets/x/",
        "/assets/x/weft.css",
        "/assets/..%2f..%2fetc%2fpasswd",
        "/assets/x/..%2fCargo.toml",
        "/static/",
        "/templates/",
        "/login/",
        "/account/",
        "/%2e%2e/etc/passwd",
        "/healthz/",
        "/admin/",
        "/test",
    ] {
        for person in [None, Some(&stage.ada)] {
            let answer = stage.asks(person, &Method::GET, place, &[(ACCEPT.as_str(), "text/html")], "").await;
            assert!(matches!(answer.status.as_u16(), 400 | 404), "{place}: {answer}");
            assert_eq!(answer.page().name(), "error", "{place}: {answer}");
            is_armoured(&answer, &stage.provider.issuer, place);
            is_kept_nowhere(&answer, place);
        }
    }
    let healthz = stage.asks(None, &Method::GET, "/healthz", &[], "").await.expect(200);
    assert_eq!(healthz.text(), "ok\n", "health says nothing about what is inside");
}

/// One way to forge a request: what it is, the token it shows, and what the browser says of where it comes from.
type Forgery<'a> = (&'static str, Option<&'a str>, &'a [(&'static str, &'a str)]);

/// C-WEB-01, C-SES-10: at every place that changes something, a request without the token, with another browser's, from another site, or of a
/// type that any site may send, is refused, and nothing has changed. The same place takes a request with the token.
#[tokio::test]
async fn no_change_can_be_forged_anywhere() {
    let stage = Stage::new().await;
    let token = stage.token();
    let mut eve = stage.provider.stranger();
    eve.opens(stage.provider.url("/login")).await.shows("sign-in");
    let eves = eve.page().csrf_token().expect("a page has a token").to_owned();
    let forgeries: [Forgery; 12] = [
        ("no token", None, &[]),
        ("no token, from here", None, &[("sec-fetch-site", "same-origin"), ("origin", "https://id.example")]),
        ("no token, from nowhere", None, &[("origin", "null")]),
        ("an empty token", Some(""), &[]),
        ("garbage", Some("garbage"), &[]),
        ("another browser's token", Some(&eves), &[("sec-fetch-site", "same-origin")]),
        ("another site", Some(&token), &[("sec-fetch-site", "cross-site")]),
        ("a sibling", Some(&token), &[("sec-fetch-site", "same-site")]),
        ("another site that hides", Some(&token), &[("sec-fetch-site", "cross-site"), ("origin", "null")]),
        ("a foreign origin", Some(&token), &[("origin", "https://evil.test")]),
        ("an origin that looks like ours", Some(&token), &[("origin", "https://id.example.evil.test")]),
        ("our origin without TLS", Some(&token), &[("origin", "http://id.example")]),
    ];
    let before = rows(&stage.provider.database).await;
    let mut kinds = BTreeMap::new();
    for route in routes::all().into_iter().filter(|route| route.methods.iter().any(|method| !matches!(method.as_str(), "GET" | "OPTIONS"))) {
        let others = route.methods.iter().any(|method| !matches!(method.as_str(), "GET" | "POST" | "OPTIONS"));
        assert!(!others || is_open(&route), "{route:?}: teach the crawl this method");
        let place = stage.place(&route);
        let kind = if is_open(&route) { FORM } else { stage.kind(&route).await };
        kinds.insert(route.path.clone(), kind);
        for (what, token, headers) in forgeries {
            let answer = stage.forges(&route, kind, token, headers).await;
            let code = answer.error_code();
            assert!(is_open(&route) || answer.status == 403 && code == "csrf_failed", "{place}, {what}: {answer}");
            is_armoured(&answer, &stage.provider.issuer, what);
        }
        // What a form or script of any site may send without asking the browser (Fetch §2.2.2).
        for simple in ["text/plain", "text/plain; charset=utf-8; x=application/json", "multipart/form-data; boundary=x", ""] {
            for body in ["{\"ceremony\":\"x\",\"x\":\"=\"}", "a=b"] {
                let mut headers = vec![(ACCEPT.as_str(), JSON), ("x-csrf-token", token.as_str()), ("x-http-method-override", "DELETE")];
                if !simple.is_empty() {
                    headers.push((CONTENT_TYPE.as_str(), simple));
                }
                let answer = stage.asks(Some(&stage.ada), &Method::POST, &place, &headers, body).await;
                let refused = if is_open(&route) { answer.status.is_client_error() } else { answer.status == 415 };
                assert!(refused, "{place}, {simple}: {answer}");
            }
        }
        // As SameSite=Lax makes it for another site's POST: without cookies.
        let mut headers = vec![(ACCEPT.as_str(), JSON), (CONTENT_TYPE.as_str(), kind), ("x-csrf-token", token.as_str())];
        let body = if kind == FORM { format!("csrf={token}") } else { "{}".to_owned() };
        headers.push(("sec-fetch-site", "cross-site"));
        let answer = stage.asks(None, &Method::POST, &place, &headers, &body).await;
        let led = answer.location().is_some_and(|location| location.path() == "/login");
        assert!(is_open(&route) || led || answer.status.is_client_error(), "{place}: {answer}");
        assert!(is_open(&route) || answer.headers.get("set-cookie").is_none(), "{place}: a POST from elsewhere got a cookie: {answer}");
    }
    assert_eq!(rows(&stage.provider.database).await, before, "something changed");
    assert!(kinds.len() > 10 && kinds.values().any(|kind| *kind == JSON), "{kinds:?}");

    // The other side: with the token each of them is judged by what it says, whatever it then answers.
    let mut stage = stage;
    for (number, (path, kind)) in kinds.into_iter().enumerate() {
        let route = Route { path, methods: BTreeSet::new() };
        if is_open(&route) {
            continue;
        }
        // Somebody new each time: what they do may well end their own session.
        stage.ada = stage.provider.person(&format!("person-{number}@id.example"), "Somebody").await;
        let own = stage.token();
        let answer = stage.forges(&route, kind, Some(&own), &[("sec-fetch-site", "same-origin"), ("origin", "null")]).await;
        assert!(answer.error_code() != "csrf_failed" && answer.status != 415, "{}: {answer}", route.path);
    }
}

impl Stage {
    /// What a place takes: the one of the two that it does not call unsupported.
    async fn kind(&self, route: &Route) -> &'static str {
        let mut taken = Vec::new();
        for kind in [FORM, JSON] {
            if self.forges(route, kind, None, &[]).await.status != 415 {
                taken.push(kind);
            }
        }
        assert_eq!(taken.len(), 1, "{}: takes {taken:?}", route.path);
        taken[0]
    }

    /// Posts to a place with this token, in the way that the place takes it, with Ada's cookies.
    async fn forges(&self, route: &Route, kind: &'static str, token: Option<&str>, headers: &[(&str, &str)]) -> Answer {
        let fields = FIELDS.iter().find(|(path, _)| *path == route.path).map_or("", |(_, fields)| fields);
        let body = match (kind, token) {
            (FORM, Some(token)) => format!("{fields}&csrf={token}"),
            (FORM, None) => fields.to_owned(),
            _ => "{}".to_owned(),
        };
        let mut all = vec![(ACCEPT.as_str(), JSON), (CONTENT_TYPE.as_str(), kind)];
        if let (JSON, Some(token)) = (kind, token) {
            all.push(("x-csrf-token", token));
        }
        all.extend(headers);
        self.asks(Some(&self.ada), &Method::POST, &self.place(route), &all, &body).await
    }
}
