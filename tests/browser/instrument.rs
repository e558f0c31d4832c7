//! The browser of the tests is itself tested first, against a page made here: an instrument that sees nothing proves nothing.

use axum::Router;
use axum::http::header::CONTENT_SECURITY_POLICY;
use axum::response::Html;
use axum::routing::get;
use tokio::net::TcpListener;
use url::Url;
use weftid_tests::browser::{Browser, Look, Options};

const PAGE: &str = r#"<!doctype html><html lang="en"><title>Test</title><link rel="icon" href="data:,"><body data-page="test">
    <form action="/next"><label>Name <input name="name"></label><button data-action="continue">Go</button></form>
    <div data-action="covered" style="position:absolute;top:200px;left:0;width:50px;height:50px"></div>
    <div style="position:absolute;top:200px;left:0;width:50px;height:50px"></div></body>"#;
const CREATE: &str = "navigator.credentials.create({publicKey: {challenge: new Uint8Array(16), rp: {name: 'x'}, user: {id: new Uint8Array(8), name: 'ada',
    displayName: 'Ada'}, pubKeyCredParams: [{type: 'public-key', alg: -7}], authenticatorSelection: {residentKey: 'required', userVerification: 'required'}}})
    .then(credential => credential.toJSON(), error => error.name)";
const GET: &str = "navigator.credentials.get({publicKey: {challenge: new Uint8Array(16), userVerification: 'required'}})
    .then(credential => credential.toJSON(), error => error.name)";

async fn a_site() -> Url {
    let site = Router::new()
        .route("/", get(|| async { Html(PAGE) }))
        .route(
            "/next",
            get(|uri: axum::http::Uri| async move {
                Html(format!(r#"<link rel="icon" href="data:,"><body data-page="next"><p>{}</p>"#, uri.query().unwrap_or_default()))
            }),
        )
        .route("/strict", get(|| async { ([(CONTENT_SECURITY_POLICY, "default-src 'none'")], Html("<body data-page=strict><script>1</script>")) }))
        .route("/strange", get(|| async { Html(r#"<body data-page="strange"><img src="http://127.0.0.1:1/x.png">"#) }));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move { axum::serve(listener, site).await });
    Url::parse(&format!("http://localhost:{port}/")).unwrap()
}

#[tokio::test]
async fn a_person_types_clicks_and_arrives() {
    let (site, browser) = (a_site().await, Browser::fresh().await);
    let window = browser.window().await;
    window.opens(&site).await;
    window.shows("test").await;
    window.types("[name=name]", "Ada Lovelace").await;
    window.types("[name=name]", "Grace é").await;
    window.presses("continue").await;
    window.shows("next").await;
    assert_eq!(window.text("p").await, "name=Grace+%C3%A9");
    window.had_a_quiet_time(&[&site]);
    assert!(window.requests().iter().any(|request| request.ends_with("/next?name=Grace+%C3%A9")));
}

#[tokio::test]
async fn what_goes_wrong_in_a_page_is_noticed() {
    let (site, browser) = (a_site().await, Browser::fresh().await);
    for (path, word) in [("strict", "policy"), ("strange", "ERR_")] {
        let window = browser.window().await;
        window.opens(site.join(path).unwrap()).await;
        window.shows(path).await;
        let (noticed, site) = (window.clone(), site.clone());
        for _ in 0..100 {
            if noticed.complaints().iter().any(|complaint| complaint.contains(word)) {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        assert!(noticed.complaints().iter().any(|complaint| complaint.contains(word)), "{:?}", noticed.complaints());
        assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| noticed.had_a_quiet_time(&[&site]))).is_err());
    }
    let window = browser.window().await;
    window.opens(&site).await;
    let covered = tokio::spawn(async move { window.presses("covered").await });
    assert!(covered.await.is_err(), "a click on something covered must not pass");
}

#[tokio::test]
async fn the_virtual_authenticator_signs_and_refuses() {
    let (site, browser) = (a_site().await, Browser::fresh().await);
    let window = browser.window().await;
    window.opens(&site).await;
    let authenticator = window.has_authenticator(Options::default()).await;
    let made = window.evaluates(CREATE).await;
    assert_eq!(authenticator.credentials().await.len(), 1);
    assert_eq!(window.evaluates(GET).await["id"], made["id"]);
    authenticator.verifies_user(false).await;
    assert_eq!(window.evaluates(GET).await, "NotAllowedError");
    authenticator.verifies_user(true).await;

    let held = authenticator.credentials().await.remove(0);
    let another = Browser::fresh().await.window().await;
    another.opens(&site).await;
    let same = another.has_authenticator(Options::default()).await;
    same.takes(&held).await;
    assert_eq!(another.evaluates(GET).await["id"], made["id"], "the same passkey in another browser");
    same.forgets().await;
    assert!(same.credentials().await.is_empty());
}

#[tokio::test]
async fn light_and_dark_wide_and_narrow_can_be_looked_at() {
    let (site, browser) = (a_site().await, Browser::fresh().await);
    let window = browser.window().await;
    window.opens(&site).await;
    let directory = tempfile::tempdir().unwrap();
    for look in [Look::WIDE, Look::WIDE.dark(), Look::NARROW, Look::NARROW.dark()] {
        window.is_looked_at(look).await;
        let seen = window.evaluates("[innerWidth, matchMedia('(prefers-color-scheme: dark)').matches]").await;
        assert_eq!(seen[1], look.dark);
        if look.width >= 500 {
            assert_eq!(seen[0], look.width);
        }
        let picture = directory.path().join("page.png");
        window.is_pictured(&picture).await;
        assert!(std::fs::read(picture).unwrap().starts_with(b"\x89PNG"));
    }
    window.evaluates("document.body.style.width = '3000px'").await;
    assert!(window.overflow().await > 0);
}
