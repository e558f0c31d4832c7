//! Where a person is sent who does not want to go on with a request: back to the client, with `access_denied`. And every other answer of
//! the authorization endpoint that is written onto the client's address.

use std::sync::Arc;

use crate::actions::authorization_requests;
use crate::app::App;
use crate::base::digest::Digest;
use crate::base::error::{AppError, Kind};
use crate::base::id::ClientId;
use crate::protocol::authorization_request::{AuthorizationRequest, redirect_target};
use crate::protocol::authorization_response::AuthorizationResponse;
use crate::protocol::error::OAuthError;
use crate::store::client::Client;

/// The client's address with `access_denied` (RFC 6749 §4.1.2.1) for the request that this text stands for in this browser.
pub async fn cancel_url(app: &App, text: &str, browser: Digest) -> Result<String, AppError> {
    let request = authorization_requests::read(app, text, browser).await?;
    asking_client(app, &request)?;
    Ok(denied(app, &request))
}

/// The client's address with `access_denied`.
pub fn denied(app: &App, request: &AuthorizationRequest) -> String {
    let error = OAuthError::access_denied("the person did not want to go on");
    AuthorizationResponse::refusal(&error, request.state.as_deref(), &app.config().issuer).location(&request.redirect_uri)
}

/// The client that may be used under this id. Who is shut out looks like nobody (A-CA-05).
pub fn enabled_client(app: &App, id: &ClientId) -> Result<Arc<Client>, AppError> {
    let client = app.view().client(id).filter(|client| client.is_enabled()).cloned();
    client.ok_or(AppError::new(Kind::Invalid, "unknown_client"))
}

/// The client of a request that was read back, if answers may still go where it wants them: either may have been taken away meanwhile.
pub fn asking_client(app: &App, request: &AuthorizationRequest) -> Result<Arc<Client>, AppError> {
    let client = enabled_client(app, &request.client_id)?;
    redirect_target(&client.metadata, request.redirect_uri.as_str())?;
    Ok(client)
}
