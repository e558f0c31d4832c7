//! The answer to a proof that was accepted: the new session's cookie, and where to go on.

use axum::Json;
use axum::response::{AppendHeaders, IntoResponse as _, Response};
use http::header::SET_COOKIE;
use serde::Serialize;

use crate::app::App;
use crate::base::error::AppError;
use crate::base::secret::SessionSecret;
use crate::web::cookies;

/// Where the page's script goes on after a ceremony.
#[derive(Debug, Serialize)]
pub struct GoOn {
    /// A path of ours.
    pub redirect: String,
}

/// Hands out the session, whose secret replaces whatever the browser showed before (C-SES-02).
pub fn go_on(app: &App, secret: &SessionSecret, redirect: String) -> Result<Response, AppError> {
    let config = app.config();
    let cookie = cookies::set_session(secret, config.sessions.absolute, &config.issuer).map_err(AppError::internal)?;
    Ok((AppendHeaders([(SET_COOKIE, cookie)]), Json(GoOn { redirect })).into_response())
}
