//! A client that asks in its own name (RFC 6749 §4.4): an access token, and neither a refresh token nor an ID token. Nothing is read and
//! nothing is written; so nothing of it is in the audit log, and a node that does not know whether what it knows still holds gives nothing.

use std::sync::Arc;

use crate::actions::access_tokens::{self, Wanted};
use crate::actions::tokens::TokenResponse;
use crate::app::App;
use crate::protocol::error::OAuthError;
use crate::protocol::resource::Resources;
use crate::protocol::scope::Scope;
use crate::store::client::Client;

/// Gives an authenticated client an access token of its own for this scope (all that it registered, where it names none) and these resources.
pub async fn give(app: &App, client: &Arc<Client>, scope: Option<&str>, resources: &Resources) -> Result<TokenResponse, OAuthError> {
    app.be_current().await?;
    // Whoever was shut out, or whose secret was cut, while this node looked elsewhere is authenticated by what holds now, or not at all.
    let view = app.view();
    if !view.client(&client.metadata.client_id).is_some_and(|known| Arc::ptr_eq(known, client)) {
        return Err(OAuthError::temporarily_unavailable("the client was changed a moment ago; try again"));
    }
    let scope = own_scope(client, scope)?;
    let now = app.now();
    let ends_at = now.plus(app.config().lifetimes.access_token);
    let wanted = Wanted { client, behind: None, scope: &scope, resources, now, ends_at };
    let access_token = access_tokens::issue(app, &wanted);
    let access_token = access_token.map_err(|error| OAuthError::server_error("no token could be made").because(error))?;
    Ok(TokenResponse::bearer(access_token, ends_at.since(now), scope))
}

/// RFC 6749 §3.3, §4.4.2: what the client registered for itself; scopes about people are nobody's here.
fn own_scope(client: &Client, asked: Option<&str>) -> Result<Scope, OAuthError> {
    let own = client.metadata.own_scope();
    let Some(asked) = asked else { return Ok(own) };
    let asked = Scope::parse(asked).map_err(|error| OAuthError::invalid_scope(error.to_string()))?;
    if !asked.is_subset_of(&own) {
        return Err(OAuthError::invalid_scope("scope is more than the client may ask for in its own name"));
    }
    Ok(asked)
}
