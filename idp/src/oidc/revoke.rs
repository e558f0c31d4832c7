//! The revocation endpoint (RFC 7009): success for whatever is not good (any more), so that nobody learns about tokens of others.

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, StatusCode};

use crate::actions::revocation;
use crate::app::App;
use crate::oidc::answer::{Refused, no_store};
use crate::oidc::api_request::{ClientForm, ClientFormToWrite};
use crate::oidc::cors;
use crate::protocol::error::OAuthError;

/// `POST /revoke`
pub async fn post(State(app): State<App>, asked: HeaderMap, form: Result<ClientFormToWrite, Refused>) -> Response {
    let client = form.as_ref().ok().map(|ClientFormToWrite(form)| form.client.clone());
    let outcome = match form {
        // Where nothing was written, the client's proof is spent by itself.
        Ok(ClientFormToWrite(form)) => match (revoke(&app, &form).await, form.proof.settle(&app).await) {
            (Ok(()), settled) => settled.map_err(Refused::from),
            (refused, _) => refused,
        },
        Err(refused) => Err(refused),
    };
    let mut response = outcome.map_or_else(Refused::into_response, |()| StatusCode::OK.into_response());
    no_store(response.headers_mut());
    cors::expose(&mut response, &asked, client.as_ref().map(|client| &client.metadata));
    response
}

async fn revoke(app: &App, form: &ClientForm) -> Result<(), Refused> {
    let token = form.params.get("token").ok_or_else(|| OAuthError::invalid_request("token is missing"))?;
    Ok(revocation::revoke(app, &form.client, &form.proof, token, form.origin.clone()).await?)
}
