//! The documents that everybody may read: metadata at both well-known addresses (RFC 8414 §3, OpenID Connect Discovery §4) and the keys
//! (RFC 7517 §5). Served from memory, to any origin, and kept by whoever likes.

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodRouter, get};
use bytes::Bytes;
use http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_TYPE, HeaderValue};

use crate::actions::enrolment;
use crate::app::App;
use crate::config::Config;
use crate::protocol::claims::Acr;
use crate::protocol::discovery::{ProviderMetadata, path};

/// The languages that the pages are written in.
const UI_LOCALES: [&str; 2] = ["en", "de"];
/// How long the documents may be kept. A new key is published this long before it signs.
const MAX_AGE: HeaderValue = HeaderValue::from_static("public, max-age=300");

/// The documents as routes. Metadata is written once, for it follows from the configuration alone.
pub fn documents(app: &App) -> Router<App> {
    Router::new()
        .route("/.well-known/openid-configuration", metadata(app))
        .route("/.well-known/oauth-authorization-server", metadata(app))
        .route(path::JWKS, get(jwks))
}

/// The metadata of an issuer with a path, where RFC 8414 §3.1 looks for it: the well-known part stands before that path, and so outside
/// of everything else that is ours.
pub fn metadata_before_path(app: &App) -> Router<App> {
    Router::new().route(&format!("/.well-known/oauth-authorization-server{}", app.config().issuer.path()), metadata(app))
}

fn metadata(app: &App) -> MethodRouter<App> {
    let metadata = ProviderMetadata::new(
        &app.config().issuer,
        UI_LOCALES.map(str::to_owned).to_vec(),
        &acr_values(app.config()),
        app.config().authorization.require_pushed_requests,
    );
    // Strings and lists of them: there is nothing in it that JSON could not write.
    let metadata = Bytes::from(serde_json::to_vec(&metadata).unwrap_or_default());
    get(move || std::future::ready(document(metadata.clone())))
}

/// How strong a sign-in may be here, from weak to strong.
fn acr_values(config: &Config) -> Vec<Acr> {
    let takes_passwords = config.sign_in.passwords.allows(false) && !enrolment::is_required(config);
    let knows_hardware = !config.passkeys.asks_attestation() || !config.passkeys.attestation_authorities.is_empty();
    let may_be = |acr: &Acr| match acr {
        Acr::Password | Acr::PasswordOtp => takes_passwords,
        Acr::Phr => true,
        Acr::Phrh => knows_hardware,
    };
    Acr::ALL.into_iter().filter(may_be).collect()
}

async fn jwks(State(app): State<App>) -> Response {
    document(Bytes::copy_from_slice(app.view().rings.signing.jwks()))
}

fn document(body: Bytes) -> Response {
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, MAX_AGE);
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    response
}
