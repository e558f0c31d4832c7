//! The answer to a proof that was accepted: the new session's cookie, who is remembered here from now on, and where to go on.

use axum::Json;
use axum::response::{AppendHeaders, IntoResponse as _, Response};
use http::header::SET_COOKIE;
use serde::Serialize;

use crate::actions::sessions::Opened;
use crate::app::App;
use crate::base::digest::Digest;
use crate::base::error::AppError;
use crate::web::{cookies, remembered};

/// Where the page's script goes on after a ceremony.
#[derive(Debug, Serialize)]
pub struct GoOn {
    /// A path of ours.
    pub redirect: String,
}

/// Hands out a session that a passkey opened: its secret replaces the one that its person had here before (C-SES-02), stands in front of those
/// of other accounts, and the browser remembers whose passkey it was.
pub fn go_on(app: &App, browser: Digest, opened: &Opened, redirect: String) -> Result<Response, AppError> {
    let config = app.config();
    let secrets = opened.beside.behind(&opened.secret);
    let session = cookies::set_session(&secrets, config.sessions.absolute, &config.issuer).map_err(AppError::internal)?;
    let hint = remembered::remember(app, browser, &opened.user)?;
    Ok((AppendHeaders([(SET_COOKIE, session), (SET_COOKIE, hint)]), Json(GoOn { redirect })).into_response())
}
