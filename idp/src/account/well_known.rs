//! Where programs look for what people look after here: their passkeys and their password. Served from memory at the root of the origin, also
//! where the issuer has a path, for that is where browsers and credential managers ask.

use axum::Router;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{MethodRouter, get};
use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use serde_json::{Value, json};

use crate::account::sign_in_methods;
use crate::app::App;

/// How long the documents may be kept.
const MAX_AGE: HeaderValue = HeaderValue::from_static("public, max-age=300");

/// The documents as routes.
pub fn well_known(app: &App) -> Router<App> {
    let issuer = &app.config().issuer;
    let manage = issuer.join(sign_in_methods::PLACE);
    let password = issuer.join("/account/password");
    let routes = Router::new()
        // A Well-Known URL for Relying Party Passkey Endpoints, "Server Response": 200, no redirect.
        .route("/.well-known/passkey-endpoints", document(&json!({ "enroll": manage, "manage": manage })))
        // A Well-Known URL for Changing Passwords §3.1: a redirect to the page.
        .route("/.well-known/change-password", get(move || std::future::ready(Redirect::to(&password))));
    // WebAuthn §5.11: without related origins there is nothing to say.
    if app.config().passkeys.related_origins.is_empty() {
        return routes;
    }
    routes.route("/.well-known/webauthn", document(&json!({ "origins": app.webauthn().origins() })))
}

fn document(value: &Value) -> MethodRouter<App> {
    let body = Bytes::from(value.to_string());
    get(move || std::future::ready(answer(body.clone())))
}

fn answer(body: Bytes) -> Response {
    let mut response = body.into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response.headers_mut().insert(CACHE_CONTROL, MAX_AGE);
    response
}
