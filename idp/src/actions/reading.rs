//! Reading what a client asks for, wherever it stands: every check of `AuthorizationRequest`, with what it takes from this provider.

use std::time::Duration;

use crate::adapters::jose::verify_own_token;
use crate::app::App;
use crate::base::id::{ClientId, Subject};
use crate::base::single_use::SingleUseId;
use crate::protocol::authorization_request::AuthorizationRequest;
use crate::protocol::client_metadata::ClientMetadata;
use crate::protocol::error::OAuthError;
use crate::protocol::params::Params;
use crate::protocol::redirect_uri::RedirectUri;

/// The request that these parameters are, for `lifetime` from now. `redirect_uri` is one that is registered.
pub fn judge(
    app: &App,
    params: &Params,
    client: &ClientMetadata,
    redirect_uri: RedirectUri,
    lifetime: Duration,
) -> Result<AuthorizationRequest, OAuthError> {
    params.refuse_repeated()?;
    let hint = hinted(app, params)?;
    let now = app.now();
    let hint_subject = hint.as_ref().map(|(subject, _)| subject.clone());
    let mut request = AuthorizationRequest::read(params, client, redirect_uri, hint_subject, SingleUseId::new(now.plus(lifetime)), now)?;
    request.hint_client = hint.map(|(_, given_to)| given_to).filter(|given_to| *given_to != client.client_id);
    Ok(request)
}

/// OpenID Connect Core §3.1.2.1: whom a hint names, if it is an ID token of ours; over or not, and whoever it was given to (A-AUTHN-03).
fn hinted(app: &App, params: &Params) -> Result<Option<(Subject, ClientId)>, OAuthError> {
    let Some(token) = params.get("id_token_hint") else { return Ok(None) };
    let verified = verify_own_token(token, app.view().rings.signing.published(), &app.config().issuer);
    let hint = verified.map_err(|error| OAuthError::invalid_request("id_token_hint is not an ID token of this provider").because(error))?;
    Ok(Some((hint.subject, hint.client_id)))
}
