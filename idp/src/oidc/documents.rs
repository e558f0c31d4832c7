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
use crate::config::{Config, RegistrationMode};
use crate::protocol::claims::Acr;
use crate::protocol::discovery::{ProviderMetadata, path};
use crate::protocol::signing_algorithm::SigningAlgorithm;

/// The languages that the pages are written in.
const UI_LOCALES: [&str; 2] = ["en", "de"];
/// How long the documents may be kept: [`crate::keys::signing::JWKS_MAX_AGE`], and a new key is published for longer than that before it signs.
const MAX_AGE: HeaderValue = HeaderValue::from_static("public, max-age=300");

/// The documents as routes. Metadata is written once: it follows from the configuration, and from whether there is a key for EdDSA.
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
    let (config, locales) = (app.config(), UI_LOCALES.map(str::to_owned).to_vec());
    let written = |algorithms: &[SigningAlgorithm]| {
        let pushed = config.authorization.require_pushed_requests;
        let metadata = ProviderMetadata::new(&config.issuer, locales.clone(), &acr_values(config), algorithms, pushed);
        let metadata = match config.registration.mode {
            RegistrationMode::Off => metadata,
            RegistrationMode::InitialAccessToken | RegistrationMode::Open => metadata.with_registration(&config.issuer),
        };
        // Strings and lists of them: there is nothing in it that JSON could not write.
        Bytes::from(serde_json::to_vec(&metadata).unwrap_or_default())
    };
    let (always, with_edwards) = (written(&SigningAlgorithm::ALWAYS), written(&SigningAlgorithm::ALL));
    get(move |State(app): State<App>| {
        let has_edwards = app.view().rings.signing.signer(SigningAlgorithm::EdDsa, app.now()).is_some();
        std::future::ready(document(if has_edwards { with_edwards.clone() } else { always.clone() }))
    })
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::signing::JWKS_MAX_AGE;

    /// D-KEY-01: what browsers and clients are told, and what the keys wait for, is the same.
    #[test]
    fn keys_wait_for_as_long_as_the_document_may_be_kept() {
        assert_eq!(MAX_AGE.to_str().unwrap(), format!("public, max-age={}", JWKS_MAX_AGE.as_secs()));
    }
}
