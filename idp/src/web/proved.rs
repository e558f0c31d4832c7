//! The answer to a proof that was accepted: the new session's cookie, who is remembered here from now on, and where to go on.

use axum::Json;
use axum::response::{AppendHeaders, IntoResponse as _, Redirect, Response};
use http::header::{HeaderName, HeaderValue, SET_COOKIE};
use serde::Serialize;

use crate::actions::sessions::Opened;
use crate::app::App;
use crate::base::digest::Digest;
use crate::base::error::AppError;
use crate::web::remembered::{Remembered, Way};
use crate::web::{cookies, remembered};

/// Where the page's script goes on after a ceremony.
#[derive(Debug, Serialize)]
pub struct GoOn {
    /// A path of ours.
    pub redirect: String,
}

/// What a browser is handed for a session that was opened: its secret replaces the one that its person had here before (C-SES-02), stands in
/// front of those of other accounts, and the browser remembers who it was and how.
fn handed_out(
    app: &App,
    browser: Digest,
    opened: &Opened,
    way: Way,
    hint: Option<&Remembered>,
) -> Result<AppendHeaders<[(HeaderName, HeaderValue); 2]>, AppError> {
    let config = app.config();
    let secrets = opened.beside.behind(&opened.secret);
    let session = cookies::set_session(&secrets, config.sessions.absolute, &config.issuer).map_err(AppError::internal)?;
    let hint = remembered::remember(app, browser, &opened.user, way, hint)?;
    Ok(AppendHeaders([(SET_COOKIE, session), (SET_COOKIE, hint)]))
}

/// Hands out a session that a passkey opened, to the page's script.
pub fn go_on(app: &App, browser: Digest, opened: &Opened, redirect: String) -> Result<Response, AppError> {
    Ok((handed_out(app, browser, opened, Way::Passkey, None)?, Json(GoOn { redirect })).into_response())
}

/// Hands out a session that a password opened, in a browser that remembers `hint`: a 303, so that what was typed is sent nowhere else (A-RED-11).
pub fn lead_on(app: &App, browser: Digest, opened: &Opened, hint: Option<&Remembered>, redirect: &str) -> Result<Response, AppError> {
    Ok((handed_out(app, browser, opened, Way::Password, hint)?, Redirect::to(redirect)).into_response())
}

/// Hands out the new secret of a session that goes on, with whatever page or redirect comes next.
pub fn renewed(app: &App, opened: &Opened, mut next: Response) -> Result<Response, AppError> {
    let config = app.config();
    let secrets = opened.beside.behind(&opened.secret);
    let session = cookies::set_session(&secrets, config.sessions.absolute, &config.issuer).map_err(AppError::internal)?;
    next.headers_mut().append(SET_COOKIE, session);
    Ok(next)
}
