//! axe-core over every page in every state, in a real Chromium: light and dark, on a desk and on a phone. The pages are the samples that the
//! templates are tested with, so a new page is looked at by itself.
//!
//! axe comes from npm: `tests/run` fetches it; `WEFTID_AXE` names another `axe.min.js`.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use url::Url;
use weftid::adapters::templates::{Templates, samples};
use weftid::web::headers::content_security_policy;
use weftid_tests::browser::{Browser, Look, Page};

/// How many windows look at the same time.
const WINDOWS: usize = 3;

/// A page in one of its states.
struct Shown {
    name: String,
    page: &'static str,
    html: String,
}

fn axe() -> String {
    let path = std::env::var_os("WEFTID_AXE").map(PathBuf::from).or_else(|| {
        let test = std::env::current_exe().expect("a test binary knows where it is");
        let tools = test.ancestors().map(|directory| directory.join("tools")).find(|path| path.is_dir())?;
        let folders = std::fs::read_dir(tools).ok()?.flatten().map(|entry| entry.path().join("axe.min.js"));
        folders.filter(|path| path.is_file()).max()
    });
    let path = path.expect("these tests need axe-core: tests/run fetches it, WEFTID_AXE names another axe.min.js");
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// What is left of a page without its words: two that are the same are the same to axe, but for how long a word is.
fn skeleton(html: &str) -> String {
    html.split('<').skip(1).map(|piece| piece.split('>').next().unwrap_or_default()).collect::<Vec<_>>().join("<")
}

/// Every page in every state that differs in more than its words; the first of each in German as well.
fn pages(templates: &Templates) -> Vec<Shown> {
    let (mut seen, mut german) = (BTreeSet::new(), BTreeSet::new());
    let mut all = Vec::new();
    for sample in samples::all() {
        for language in ["en", "de"] {
            let locale = templates.negotiate(Some(language));
            let html = templates.render(sample.page, &locale, &sample.context).unwrap_or_else(|error| panic!("{}: {error}", sample.page));
            let is_new = if language == "de" { german.insert(sample.page) } else { seen.insert(skeleton(&html)) };
            if is_new {
                all.push(Shown { name: format!("{} ({}, {language})", sample.page, sample.state), page: sample.page, html });
            }
        }
    }
    all
}

type Gallery = (Templates, Arc<Vec<Shown>>);

/// The pages with their style sheet, scripts and policy, as the provider would send them. Whatever their scripts then ask is never answered,
/// and where a form sends itself nothing comes of it: the page stays in the state that it is a sample of.
async fn opened(templates: Templates, pages: Arc<Vec<Shown>>) -> Url {
    async fn page(State((_, pages)): State<Gallery>, Path(number): Path<usize>) -> Response {
        ([(CONTENT_SECURITY_POLICY, content_security_policy(None))], Html(pages[number].html.clone())).into_response()
    }
    async fn asset(State((templates, _)): State<Gallery>, Path((hash, name)): Path<(String, String)>) -> Response {
        let asset = templates.asset(&hash, &name).expect("a page loads only what is there");
        ([(CONTENT_TYPE, asset.content_type)], asset.bytes).into_response()
    }
    async fn unanswered(headers: HeaderMap) -> StatusCode {
        if headers.get("sec-fetch-mode").is_some_and(|mode| mode == "navigate") { StatusCode::NO_CONTENT } else { std::future::pending().await }
    }
    let site = Router::new()
        .route("/page/{number}", get(page))
        .route("/assets/{hash}/{name}", get(asset))
        .fallback(unanswered)
        .with_state((templates, pages));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move { axum::serve(listener, site).await });
    Url::parse(&format!("http://localhost:{port}/")).unwrap()
}

/// What axe finds: each rule that is broken, where, and why.
async fn findings(window: &Page, only: &Value) -> Vec<String> {
    let found = window
        .evaluates(&format!(
            "axe.run(document, {{ runOnly: {only}, resultTypes: ['violations'] }}).then(({{ violations }}) => violations.flatMap(({{ id, nodes }}) => \
             nodes.map(node => id + ' at ' + node.target.join(' ') + ': ' + node.failureSummary)))"
        ))
        .await;
    found.as_array().expect("a list").iter().map(|finding| finding.as_str().unwrap_or_default().to_owned()).collect()
}

/// What WCAG 2.2 asks at levels A and AA, as far as a program can tell.
fn everything() -> Value {
    json!({"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]})
}

/// WCAG 2.2 AA: axe finds nothing on any page in any state, light or dark, wide or narrow.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn axe_finds_nothing_on_any_page() {
    let templates = Templates::load("").unwrap();
    let pages = Arc::new(pages(&templates));
    assert!(pages.len() > 40, "{} pages", pages.len());
    let site = opened(templates, pages.clone()).await;
    let (browser, axe) = (Arc::new(Browser::fresh().await), Arc::new(axe()));
    let looking = (0..WINDOWS).map(|first| {
        let (pages, site, browser, axe) = (pages.clone(), site.clone(), browser.clone(), axe.clone());
        tokio::spawn(async move {
            let window = browser.window().await;
            window.runs_first(&axe).await;
            // A page that must not be left lightly would ask, and nobody would answer.
            window.runs_first("addEventListener('beforeunload', event => event.stopImmediatePropagation(), true)").await;
            let mut found = Vec::new();
            for (number, shown) in pages.iter().enumerate().skip(first).step_by(WINDOWS) {
                // In the dark only colours differ, on a phone only places and sizes.
                let colours = json!({"type": "rule", "values": ["color-contrast", "link-in-text-block"]});
                let places = json!({"type": "rule", "values": ["color-contrast", "target-size", "scrollable-region-focusable"]});
                window.is_looked_at(Look::WIDE).await;
                window.opens(site.join(&format!("page/{number}")).unwrap()).await;
                window.shows(shown.page).await;
                for (look, only) in
                    [(Look::WIDE, everything()), (Look::WIDE.dark(), colours.clone()), (Look::NARROW.dark(), colours), (Look::NARROW, places)]
                {
                    window.is_looked_at(look).await;
                    let scheme = if look.dark { "dark" } else { "light" };
                    let findings = findings(&window, &only).await;
                    found.extend(findings.into_iter().map(|finding| format!("{}, {} {scheme}: {finding}", shown.name, look.width)));
                }
            }
            found
        })
    });
    let mut found = Vec::new();
    for window in looking.collect::<Vec<_>>() {
        found.extend(window.await.unwrap());
    }
    assert!(found.is_empty(), "axe finds {} things:\n{}", found.len(), found.join("\n"));
}

/// An instrument that sees nothing proves nothing: what is planted is found, by the rules and in the looks that the pages are judged by.
#[tokio::test]
async fn axe_finds_what_is_planted() {
    let planted = "<!doctype html><html><title>x</title><style>p { color: light-dark(black, #333); background: light-dark(white, black) } :root \
        { color-scheme: light dark }</style><body data-page=\"planted\"><main><h1>x</h1><img src=\"data:,\"><p>words</p><input> \
        <button style=\"width:10px;height:10px;padding:0;border:0\" aria-label=\"a\"></button><button style=\"width:10px;height:10px;padding:0;border:0\" aria-label=\"b\"></button>";
    let pages = Arc::new(vec![Shown { name: "planted".into(), page: "planted", html: planted.into() }]);
    let site = Router::new().route("/", get(|| async move { Html(pages[0].html.clone()) }));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://localhost:{}/", listener.local_addr().unwrap().port());
    tokio::spawn(async move { axum::serve(listener, site).await });
    let window = Browser::fresh().await.window().await;
    window.runs_first(&axe()).await;
    window.opens(&url).await;
    let found = findings(&window, &everything()).await.join("\n");
    for rule in ["html-has-lang", "image-alt", "label", "target-size"] {
        assert!(found.contains(&format!("{rule} at ")), "{rule} is not found: {found}");
    }
    assert!(!found.contains("color-contrast"), "{found}");
    window.is_looked_at(Look::NARROW.dark()).await;
    let found = findings(&window, &json!({"type": "rule", "values": ["color-contrast"]})).await.join("\n");
    assert!(found.contains("color-contrast at p"), "{found}");
}
