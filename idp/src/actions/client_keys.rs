//! The public keys of a client, registered with it or fetched from its `jwks_uri` (RFC 7591 §2): what its assertions and request objects are
//! verified with. A set that was fetched is kept in memory; a `kid` that is not in it is looked for once a minute at most (A-SSRF-03), and
//! whoever needs one waits for one fetch and no longer.

use crate::actions::client_documents;
use crate::app::App;
use crate::protocol::client_jwks::ClientJwks;
use crate::store::client::Client;

/// Why there are no keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoClientKeys {
    /// The client has registered none, and no place where they are.
    #[error("the client has no jwks and no jwks_uri")]
    NotRegistered,
    /// They can't be had from its `jwks_uri` now. Says no more: why is in the log.
    #[error("the keys at the client's jwks_uri can't be had")]
    NotThere,
}

/// The keys of this client. With `wanted_kid` (the `kid` of what is to be verified), a set that lacks it is fetched anew if it is time; what is
/// answered may lack it all the same.
pub async fn client_keys(app: &App, client: &Client, wanted_kid: Option<&str>) -> Result<ClientJwks, NoClientKeys> {
    if let Some(keys) = &client.metadata.jwks {
        return Ok(keys.clone());
    }
    let uri = client.metadata.jwks_uri.as_ref().ok_or(NoClientKeys::NotRegistered)?;
    let has_it = |keys: &ClientJwks| wanted_kid.is_none_or(|kid| keys.keys().any(|key| key.get("kid").and_then(|kid| kid.as_str()) == Some(kid)));
    let (fetching, address) = (app.clone(), uri.clone());
    let fetch = async move { client_documents::key_set(&fetching, &address).await };
    let keys = app.fetched_keys().get(uri.as_str(), app.clock(), has_it, fetch).await.ok_or(NoClientKeys::NotThere)?;
    Ok(keys.as_ref().clone())
}
