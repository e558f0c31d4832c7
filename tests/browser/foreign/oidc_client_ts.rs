//! `oidc-client-ts` (npm): a single-page application, a public client that is all in the browser.

use axum::Json;
use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::response::Html;
use axum::routing::get;
use serde_json::json;
use tokio::net::TcpListener;

use crate::foreign::{House, installed, plays_its_part, source};

/// OpenID Connect Core §3.1, §5.3, §12; RFC 7636, 7009; RP-Initiated Logout §2; A-CORS-02: as oidc-client-ts reads them, across origins.
#[tokio::test]
async fn oidc_client_ts_signs_in_refreshes_and_signs_out() {
    let house = House::with_client("Browser", "", &["--public"]).await;
    assert_eq!(house.client_secret, None);
    let read = |path| std::fs::read_to_string(path).unwrap();
    let page = read(source("oidc-client-ts/index.html"));
    let scripts = [
        ("/app.js", read(source("oidc-client-ts/app.js"))),
        ("/oidc-client-ts.js", read(installed("oidc-client-ts/node_modules/oidc-client-ts/dist/browser/oidc-client-ts.min.js"))),
    ];
    let settings = json!({"issuer": house.issuer(), "clientId": house.client_id});
    let mut site = Router::new()
        .route("/", get(move || std::future::ready(Html(page.clone()))))
        .route("/settings.json", get(move || std::future::ready(Json(settings.clone()))));
    for (path, script) in scripts {
        site = site.route(path, get(move || std::future::ready(([(CONTENT_TYPE, "text/javascript")], script.clone()))));
    }
    let listener = TcpListener::bind(("127.0.0.1", house.home.port().unwrap())).await.unwrap();
    tokio::spawn(async move { axum::serve(listener, site).await });
    plays_its_part(&house).await;
}
