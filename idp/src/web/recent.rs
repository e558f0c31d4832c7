//! A form that changes how a person signs in. Whoever proved who they are too long ago is asked to, in the place of the change, and what
//! they sent is carried along: after the passkey the page sends it again.

use axum::extract::{FromRequest, FromRequestParts as _, OriginalUri, Request};
use axum::response::{IntoResponse, Response};

use crate::actions::sessions;
use crate::adapters::templates::pages::{Confirm, Field};
use crate::app::App;
use crate::base::error::AppError;
use crate::store::reads::session_and_user::SessionAndUser;
use crate::web::form::Form;
use crate::web::page::Pages;
use crate::web::session::Session;

/// Extractor: a form of ours by somebody who proved who they are within `sessions.step_up` (C-SUDO-01).
#[derive(Debug)]
pub struct RecentForm {
    /// Who sent it.
    pub here: SessionAndUser,
    /// What was sent.
    pub form: Form,
}

/// The page that shows what this path changes.
fn back(path: &str) -> &'static str {
    if path.starts_with("/account/sessions/") { "/account/sessions" } else { "/account/sign-in-methods" }
}

impl FromRequest<App> for RecentForm {
    type Rejection = Response;

    async fn from_request(request: Request, app: &App) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let Session(here) = Session::from_request_parts(&mut parts, app).await.map_err(IntoResponse::into_response)?;
        let Ok(pages) = Pages::from_request_parts(&mut parts, app).await;
        let Ok(OriginalUri(address)) = OriginalUri::from_request_parts(&mut parts, app).await;
        let form = Form::from_request(Request::from_parts(parts, body), app).await.map_err(AppError::into_response)?;
        if sessions::is_recent(&here.session, &app.config().sessions, app.now()) {
            return Ok(Self { here, form });
        }
        // The token is the page's own; everything else goes round once.
        let sent = form.0.pairs().filter(|(name, _)| *name != "csrf");
        let page = Confirm {
            account: here.user.email.to_string(),
            action: address.path().to_owned(),
            fields: sent.map(|(name, value)| Field { name: name.to_owned(), value: value.to_owned() }).collect(),
            back_url: app.config().issuer.join(back(address.path().strip_prefix(app.config().issuer.path()).unwrap_or_default())),
        };
        Err(pages.show(page).unwrap_or_else(AppError::into_response))
    }
}
