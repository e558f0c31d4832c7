//! Documents that a client's metadata names and that rest with the client: its sector's redirect URIs (OpenID Connect Registration §5), its
//! request objects (OpenID Connect Core §6.2), its keys. Fetched within bounds; why one could not be had stays in the log.
//!
//! A-SSRF-02: whoever waits for a fetch that fails waits equally long whatever the reason was, and is told none, so that nobody maps a network
//! with us.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use sha2::{Digest as _, Sha256};
use url::Url;

use crate::adapters::outbound::{ChosenBy, Document, Fresh, NotFetched, Wanted};
use crate::app::App;
use crate::base::base64url;
use crate::protocol::client_jwks::{self, ClientJwks};
use crate::protocol::client_uri::ClientUri;

/// The longest list of a sector, in bytes: some hundreds of addresses.
const LONGEST_SECTOR: usize = 256 * 1024;
/// The longest request object, in bytes.
const LONGEST_REQUEST: usize = 64 * 1024;

/// The document can't be had now. Says no more, for whoever asks may be somebody who explores what we can reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("could not be fetched, or is not what belongs there")]
pub struct NotThere;

/// The redirect URIs that a `sector_identifier_uri` lists (OpenID Connect Registration §5). Each time anew: it is asked when a client registers.
pub async fn sector(app: &App, uri: &ClientUri) -> Result<Vec<String>, NotThere> {
    let document = fetch(app, uri, "application/json", LONGEST_SECTOR).await.ok_or(NotThere)?;
    is_json(&document).then(|| serde_json::from_slice(&document.body).ok()).flatten().ok_or(NotThere)
}

/// The request object at a `request_uri`, which the caller has found among those that the client registered (OpenID Connect Core §6.2). A
/// fragment that is the digest of what is there must be right. Kept for some seconds, and what can't be had is not asked for at once again.
pub async fn request_object(app: &App, uri: &ClientUri) -> Result<Arc<String>, NotThere> {
    let (fetching, address) = (app.clone(), uri.clone());
    let fetch = async move {
        let document = fetch(&fetching, &address, "application/oauth-authz-req+jwt, application/jwt", LONGEST_REQUEST).await?;
        if !matches!(document.content_type.as_deref(), Some("application/oauth-authz-req+jwt" | "application/jwt")) {
            return None;
        }
        let (bytes, max_age) = (document.body.len(), document.max_age);
        let value = String::from_utf8(document.body).ok().filter(|text| is_the_one(text, &address))?;
        Some(Fresh { value, bytes, max_age })
    };
    app.fetched_request_objects().get(uri.as_str(), app.clock(), |_| true, fetch).await.ok_or(NotThere)
}

/// OpenID Connect Core §6.2: the fragment may be the digest of the request object, so that another one there is noticed.
fn is_the_one(request: &str, uri: &ClientUri) -> bool {
    let fragment = uri.as_str().split_once('#').map(|(_, fragment)| fragment);
    let expected: Option<[u8; 32]> = fragment.and_then(base64url::decode_array);
    expected.is_none_or(|expected| Sha256::digest(request.as_bytes()).as_slice() == expected)
}

/// The key set at a `jwks_uri`, if it is one to use. Not kept: that is for `client_keys`.
pub(super) async fn key_set(app: &App, uri: &ClientUri) -> Option<Fresh<ClientJwks>> {
    let document = fetch(app, uri, "application/jwk-set+json, application/json", client_jwks::LONGEST).await?;
    if !is_json(&document) {
        return None;
    }
    let value = ClientJwks::from_json(serde_json::from_slice::<Value>(&document.body).ok()?);
    if let Err(problem) = value.check() {
        tracing::info!(uri = uri.as_str(), problem, "the keys of a client can't be used");
        return None;
    }
    Some(Fresh { value, bytes: document.body.len(), max_age: document.max_age })
}

fn is_json(document: &Document) -> bool {
    let kind = document.content_type.as_deref().and_then(|kind| kind.strip_prefix("application/"));
    kind.is_some_and(|kind| kind == "json" || kind.ends_with("+json"))
}

async fn fetch(app: &App, uri: &ClientUri, accept: &'static str, longest: usize) -> Option<Document> {
    let whole = app.config().outbound.timeout;
    // Runs beside the fetch: what is left of it is waited for only after a failure.
    let patience = tokio::time::sleep(whole.saturating_add(Duration::from_millis(50)));
    let fetched = match Url::parse(uri.as_str()) {
        Ok(url) => {
            let wanted = Wanted { url: &url, chosen_by: ChosenBy::Stranger, accept, header: None, longest, within: whole };
            app.outbound().get(&wanted).await
        }
        Err(_) => Err(NotFetched::Refused("it is no address")),
    };
    match fetched {
        Ok(document) => Some(document),
        Err(error) => {
            tracing::info!(uri = uri.as_str(), %error, "a document of a client could not be fetched");
            patience.await;
            None
        }
    }
}
