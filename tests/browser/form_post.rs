//! An answer that travels as a form (OAuth 2.0 Form Post Response Mode), from a real browser to an application on another site.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Html;
use axum::routing::{get, post};
use serde_json::json;
use tokio::net::TcpListener;
use url::Url;
use weftid_tests::database::Kind;
use weftid_tests::provider::Provider;
use weftid_tests::wire::query;

use crate::pages::is_sound;
use crate::stage::Visitor;

/// What the application was sent, form by form.
type Received = Arc<Mutex<Vec<String>>>;

async fn application() -> (Url, Received) {
    async fn receives(State(received): State<Received>, body: String) -> Html<&'static str> {
        received.lock().unwrap().push(body);
        Html("<!doctype html><title>Application</title><body data-page=application>Thank you")
    }
    let received = Received::default();
    let site =
        Router::new().route("/cb", post(receives)).route("/favicon.ico", get(|| async { StatusCode::NO_CONTENT })).with_state(received.clone());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let callback = Url::parse(&format!("http://127.0.0.1:{}/cb", listener.local_addr().unwrap().port())).unwrap();
    tokio::spawn(async move { axum::serve(listener, site).await });
    (callback, received)
}

/// The one form that came, as if it stood in the query of the address.
fn take(received: &Received, callback: &Url) -> Url {
    let forms = std::mem::take(&mut *received.lock().unwrap());
    assert_eq!(forms.len(), 1, "sent once: {forms:?}");
    let mut url = callback.clone();
    url.set_query(Some(&forms[0]));
    url
}

/// A-RTM-04, A-CODE-08: the page sends itself, once, and the policy lets it; without scripts its button does the same. The state comes whole,
/// whatever stands in it, and nothing of it is run. Cancelling on the sign-in page travels the same way.
#[tokio::test]
async fn an_answer_is_posted_with_and_without_scripts() {
    let provider = Provider::for_browsers(Kind::Sqlite).await;
    let visitor = Visitor::comes().await;
    let window = &visitor.window;
    visitor.sets_up(&provider.setup_link().await).await;
    visitor.saves_the_codes().await;
    let (callback, received) = application().await;
    let metadata = json!({"client_id": "app", "client_name": "App", "redirect_uris": [callback.as_str()], "allow_loopback_http": true});
    let app = provider.client(metadata).await;
    let state = "\"><script>window.hacked = true</script>&amp;gr\u{fc}\u{df}e \u{1f9f6}";
    let asks = |extra: &[(&str, &str)]| {
        let mut asked = app.asks(&[], &[&[("response_mode", "form_post")], extra].concat());
        let kept: Vec<_> = asked.url.query_pairs().into_owned().filter(|(name, _)| name != "state").collect();
        asked.url.query_pairs_mut().clear().extend_pairs(kept).append_pair("state", state);
        state.clone_into(&mut asked.state);
        asked
    };

    let asked = asks(&[]);
    window.opens(&asked.url).await;
    window.shows("consent").await;
    window.presses("allow").await;
    window.shows("application").await;
    app.redeems(&asked, &take(&received, &callback)).await.unwrap();

    visitor.device.is_present(false).await;
    window.opens(&asks(&[("prompt", "login")]).url).await;
    window.shows("sign-in").await;
    window.presses("deny").await;
    window.shows("application").await;
    assert_eq!(query(&take(&received, &callback), "error").as_deref(), Some("access_denied"));

    window.runs_scripts(false).await;
    let asked = asks(&[]);
    window.opens(&asked.url).await;
    is_sound(window, "form-post").await;
    assert_eq!(window.evaluates("window.hacked ?? 'nothing ran'").await, "nothing ran");
    assert!(received.lock().unwrap().is_empty(), "nothing is sent before somebody says so");
    window.presses("continue").await;
    window.shows("application").await;
    app.redeems(&asked, &take(&received, &callback)).await.unwrap();
    window.had_a_quiet_time(&[&provider.issuer, &callback]);
}
