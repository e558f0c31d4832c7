//! The introspection endpoint (RFC 7662): what a token stands for, in JSON, to clients that prove who they are.

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;

use crate::actions::introspection;
use crate::app::App;
use crate::oidc::answer::{Refused, json};
use crate::oidc::api_request::ClientForm;
use crate::protocol::error::OAuthError;

/// `POST /introspect`
pub async fn post(State(app): State<App>, form: Result<ClientForm, Refused>) -> Response {
    let outcome = match form {
        Ok(form) => introspect(&app, &form).await,
        Err(refused) => Err(refused),
    };
    outcome.unwrap_or_else(Refused::into_response)
}

async fn introspect(app: &App, form: &ClientForm) -> Result<Response, Refused> {
    // RFC 7662 §2.1: who could be anybody is not told about tokens that were found somewhere.
    if !form.client.metadata.is_confidential() {
        return Err(OAuthError::invalid_client("introspection is for clients that prove who they are").into());
    }
    let token = form.params.get("token").ok_or_else(|| OAuthError::invalid_request("token is missing"))?;
    Ok(json(StatusCode::OK, &introspection::introspect(app, &form.client, token).await?))
}
