//! What a client is told whose request a person does not want to go on with. And whether a client may be answered at all.

use std::sync::Arc;

use crate::actions::{authorization_requests, pushed_requests};
use crate::app::App;
use crate::base::digest::Digest;
use crate::base::error::{AppError, Kind};
use crate::base::id::ClientId;
use crate::protocol::authorization_request::{AuthorizationRequest, redirect_target};
use crate::protocol::error::OAuthError;
use crate::protocol::return_address::ReturnAddress;
use crate::store::client::Client;

/// Whom to tell `access_denied` (RFC 6749 §4.1.2.1) about the request that this text stands for in this browser, and where.
pub async fn cancelled(app: &App, text: &str, browser: Digest) -> Result<(Arc<Client>, ReturnAddress), AppError> {
    let request = authorization_requests::read(app, text, browser).await?;
    let client = asking_client(app, &request)?;
    pushed_requests::answer(app, &request).await?;
    Ok((client, request.return_address()))
}

/// What they are told.
pub fn denied() -> OAuthError {
    OAuthError::access_denied("the person did not want to go on")
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
