//! `grant_type=authorization_code` (RFC 6749 §4.1.3, OpenID Connect Core §3.1.3.1).

use crate::actions::codes::{self, Shown};
use crate::actions::tokens::TokenResponse;
use crate::app::App;
use crate::oidc::api_request::ClientForm;
use crate::protocol::error::OAuthError;

pub(super) async fn grant(app: &App, form: &ClientForm) -> Result<TokenResponse, OAuthError> {
    let params = &form.params;
    let code = params.get("code").ok_or_else(|| OAuthError::invalid_request("code is missing"))?;
    let shown = Shown { code, redirect_uri: params.get("redirect_uri"), code_verifier: params.get("code_verifier"), params };
    codes::redeem(app, &form.client, &form.proof, shown, form.origin.clone()).await
}
