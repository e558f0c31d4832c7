//! `grant_type=refresh_token` (RFC 6749 §6, OpenID Connect Core §12).

use crate::actions::refresh;
use crate::actions::tokens::TokenResponse;
use crate::app::App;
use crate::oidc::api_request::ClientForm;
use crate::protocol::error::OAuthError;

pub(super) async fn grant(app: &App, form: &ClientForm) -> Result<TokenResponse, OAuthError> {
    let params = &form.params;
    let token = params.get("refresh_token").ok_or_else(|| OAuthError::invalid_request("refresh_token is missing"))?;
    refresh::refresh(app, &form.client, &form.proof, token, params, form.origin.clone()).await
}
