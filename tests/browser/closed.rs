//! What is left behind in a browser, and who may look in: nothing after signing out, nothing for scripts, no frame.

use axum::Router;
use axum::response::Html;
use axum::routing::get;
use tokio::net::TcpListener;

use crate::stage::{Demo, Visitor};

/// C-WEB-04: scripts find no secret in the browser while somebody is signed in, and after signing out the way back shows nothing of theirs.
#[tokio::test]
async fn the_way_back_after_signing_out_shows_nothing() {
    let demo = Demo::start().await;
    let visitor = Visitor::at_home(&demo).await;
    let window = &visitor.window;
    window.opens(demo.provider("account/sign-in-methods")).await;
    window.shows("sign-in-methods").await;
    let kept = "(async () => JSON.stringify([document.cookie, { ...localStorage }, { ...sessionStorage }, (await indexedDB.databases()).length, \
        (await caches.keys()).length]))()";
    assert_eq!(window.evaluates(kept).await, "[\"\",{},{},0,0]");
    visitor.signs_out(&demo).await;
    assert_eq!(window.evaluates(kept).await, "[\"\",{},{},0,0]");
    for _ in 0..3 {
        window.evaluates("history.back(), undefined").await;
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        window.settles().await;
        let shown = window.text("body").await;
        let page = window.evaluates("document.body.dataset.page").await;
        assert!(["signed-out", "sign-in", "setup", "error"].iter().any(|name| page == *name), "{page}: {shown}");
        assert!(!shown.contains("Ada Lovelace"), "{page}: {shown}");
    }
}

/// B-PL-01: another site can't put a page of ours into a frame, however it asks for passkeys there.
#[tokio::test]
async fn no_other_site_frames_a_page() {
    let demo = Demo::start().await;
    let visitor = Visitor::at_home(&demo).await;
    let page = format!(
        r#"<!doctype html><html lang="en"><title>Evil</title><link rel="icon" href="data:,"><body data-page="evil">
        <iframe src="{0}" allow="publickey-credentials-get *; publickey-credentials-create *" onload="this.dataset.loaded = 'yes'"></iframe>"#,
        demo.provider("login")
    );
    let site = Router::new().route("/", get(move || std::future::ready(Html(page.clone()))));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let evil = format!("http://localhost:{}/", listener.local_addr().unwrap().port());
    tokio::spawn(async move { axum::serve(listener, site).await });
    let window = &visitor.window;
    window.opens(&evil).await;
    window.shows("evil").await;
    window.waits_until("the frame has come to something", "document.querySelector('iframe').dataset.loaded").await;
    for _ in 0..100 {
        if window.complaints().iter().any(|complaint| complaint.contains("frame-ancestors")) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let complaints = window.complaints();
    assert!(complaints.iter().any(|complaint| complaint.contains("frame-ancestors")), "{complaints:?}");
}
