//! Request objects (RFC 9101, OpenID Connect Core §6): parameters that the client has signed. What is signed counts and nothing beside it;
//! what can't be verified is refused, and never passed over.

use std::sync::Arc;

use serde_json::Value;

use crate::actions::client_documents;
use crate::actions::client_keys::client_keys;
use crate::adapters::jose::ClientJws;
use crate::app::App;
use crate::base::base64url;
use crate::protocol::client_metadata::{ClientAlgorithm, ClientMetadata};
use crate::protocol::client_uri::ClientUri;
use crate::protocol::error::OAuthError;
use crate::protocol::params::Params;
use crate::protocol::request_object;
use crate::store::client::Client;

/// What a request object may call itself (RFC 9101 §10.8), or JSON Web Token at all, as OpenID Connect Core §6.1 knows it.
const TYPES: [&str; 3] = ["oauth-authz-req+jwt", "application/oauth-authz-req+jwt", "JWT"];

/// The parameters inside the request object of this request; `None` if it has none, and needs none.
pub async fn of(app: &App, client: &Client, params: &Params) -> Result<Option<Params>, OAuthError> {
    params.refuse_repeated()?;
    match (params.get("request"), params.get("request_uri")) {
        (Some(_), Some(_)) => Err(OAuthError::invalid_request("request and request_uri can't be sent together")),
        (Some(object), None) => open(app, client, params, object).await.map(Some),
        (None, Some(uri)) => {
            let object = fetch(app, client, uri).await?;
            open(app, client, params, object.trim()).await.map(Some)
        }
        // RFC 9101 §10.5.
        (None, None) if client.metadata.require_signed_request_object => {
            Err(OAuthError::invalid_request("requests of this client must be signed request objects"))
        }
        (None, None) => Ok(None),
    }
}

/// OpenID Connect Core §6.2: what stands at an address that the client registered, and at no other (A-SSRF-01).
async fn fetch(app: &App, client: &Client, uri: &str) -> Result<Arc<String>, OAuthError> {
    // A fragment is the digest of what is there, and changes with it.
    let without_fragment = |uri: &str| uri.split_once('#').map_or_else(|| uri.to_owned(), |(address, _)| address.to_owned());
    let asked = without_fragment(uri);
    let is_registered = client.metadata.request_uris.iter().any(|registered| without_fragment(registered.as_str()) == asked);
    if !is_registered {
        return Err(OAuthError::request_uri_not_supported("request_uri is neither the name of a pushed request nor registered for this client"));
    }
    let uri = ClientUri::from_text(uri);
    client_documents::request_object(app, &uri)
        .await
        .map_err(|error| OAuthError::invalid_request_uri("what stands at request_uri can't be had").because(error))
}

async fn open(app: &App, client: &Client, outer: &Params, object: &str) -> Result<Params, OAuthError> {
    let metadata = &client.metadata;
    if is_unsigned(object) && metadata.request_object_signing_alg.is_none() {
        return Err(OAuthError::request_not_supported("request objects must be signed"));
    }
    if metadata.jwks.is_none() && metadata.jwks_uri.is_none() {
        return Err(OAuthError::request_not_supported("this client has registered no keys to sign request objects with"));
    }
    let refused = || OAuthError::invalid_request_object("the request object is not signed by this client as it was registered");
    let jws = ClientJws::read(object, &TYPES).map_err(|error| refused().because(error))?;
    let keys = client_keys(app, client, jws.kid()).await.map_err(|error| refused().because(error))?;
    let claims = jws.verified_with_keys(&keys, allowed(metadata)).map_err(|error| refused().because(error))?;
    request_object::params(&claims, outer, &metadata.client_id, &app.config().issuer, app.now())
}

fn allowed(client: &ClientMetadata) -> &[ClientAlgorithm] {
    client.request_object_signing_alg.as_ref().map_or(&request_object::ALGORITHMS, std::slice::from_ref)
}

/// Whether a request object says of itself that nobody signed it (RFC 7518 §3.6), in any spelling.
fn is_unsigned(object: &str) -> bool {
    let header = object.split('.').next().and_then(base64url::decode).unwrap_or_default();
    let header: Value = serde_json::from_slice(&header).unwrap_or_default();
    header.get("alg").and_then(Value::as_str).is_some_and(|algorithm| algorithm.eq_ignore_ascii_case("none"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unsigned_object_is_told_apart() {
        let object = |header: &str| format!("{}.e30.", base64url::encode(header));
        for unsigned in [r#"{"alg":"none"}"#, r#"{"typ":"JWT","alg":"NONE"}"#] {
            assert!(is_unsigned(&object(unsigned)));
        }
        for other in [object(r#"{"alg":"HS256"}"#), object("{}"), object("x"), "a.b.c".to_owned(), String::new()] {
            assert!(!is_unsigned(&other), "{other}");
        }
    }
}
