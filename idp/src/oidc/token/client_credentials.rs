//! `grant_type=client_credentials` (RFC 6749 §4.4, RFC 8707 §2).

use crate::actions::client_credentials;
use crate::actions::tokens::TokenResponse;
use crate::app::App;
use crate::oidc::api_request::ClientForm;
use crate::protocol::error::OAuthError;
use crate::protocol::resource::Resources;

pub(super) async fn grant(app: &App, form: &ClientForm) -> Result<TokenResponse, OAuthError> {
    let resources = Resources::read(&form.params, &form.client.metadata.resources)?;
    // Nothing is written for what is given here, so that an assertion is spent before.
    form.proof.settle(app).await?;
    client_credentials::give(app, &form.client, form.params.get("scope"), &resources).await
}
