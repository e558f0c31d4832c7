//! The token endpoint (RFC 6749 §3.2): an authenticated client brings a grant; one file for each kind of grant.

mod authorization_code;
mod client_credentials;
mod refresh_token;

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, StatusCode};

use crate::actions::tokens::TokenResponse;
use crate::app::App;
use crate::oidc::answer::{Refused, json};
use crate::oidc::api_request::{ClientForm, ClientFormToWrite};
use crate::oidc::cors;
use crate::protocol::client_metadata::GrantType;
use crate::protocol::error::OAuthError;

/// `POST /token`
pub async fn post(State(app): State<App>, asked: HeaderMap, form: Result<ClientFormToWrite, Refused>) -> Response {
    let form = match form {
        Ok(ClientFormToWrite(form)) => form,
        Err(refused) => {
            let mut response = refused.into_response();
            cors::expose(&mut response, &asked, None);
            return response;
        }
    };
    let outcome = match grant(&app, &form).await {
        // What was refused without a write spends the client's proof as well; one that was spent before says so.
        Err(error) => form.proof.settle(&app).await.and(Err(error)),
        given => given,
    };
    let outcome = outcome.map_err(Refused::from);
    let mut response = outcome.map_or_else(Refused::into_response, |tokens| json(StatusCode::OK, &tokens));
    cors::expose(&mut response, &form.headers, Some(&form.client.metadata));
    response
}

async fn grant(app: &App, form: &ClientForm) -> Result<TokenResponse, OAuthError> {
    let named = form.params.get("grant_type").ok_or_else(|| OAuthError::invalid_request("grant_type is missing"))?;
    // RFC 6749 §5.2: one that nobody may use, and one that this client may not use, are told apart (A-TOK-03, A-TOK-05).
    let known = GrantType::ALL.into_iter().find(|grant| grant.name() == named);
    let grant =
        known.ok_or_else(|| OAuthError::unsupported_grant_type("grant_type must be authorization_code, refresh_token or client_credentials"))?;
    if !form.client.metadata.may_use(grant) {
        return Err(OAuthError::unauthorized_client("the client is not registered for this grant_type"));
    }
    match grant {
        GrantType::AuthorizationCode => authorization_code::grant(app, form).await,
        GrantType::RefreshToken => refresh_token::grant(app, form).await,
        GrantType::ClientCredentials => client_credentials::grant(app, form).await,
    }
}
