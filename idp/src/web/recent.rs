//! Pages and forms that change how a person signs in. Whoever proved who they are too long ago, or more weakly than they can, is asked to, in
//! the place of the change.

use axum::extract::{FromRequest, FromRequestParts, OriginalUri, Request};
use axum::response::{IntoResponse, Response};
use http::request::Parts;

use crate::actions::sessions;
use crate::app::App;
use crate::base::error::AppError;
use crate::store::reads::session_and_user::SessionAndUser;
use crate::web::browser::Browser;
use crate::web::form::Form;
use crate::web::page::Pages;
use crate::web::session::{AnySession, Session};
use crate::web::step_up::{self, Change};

/// Extractor: a form of ours by somebody who proved who they are within `sessions.step_up`, as strongly as they can (C-SUDO-01, C-SUDO-02).
#[derive(Debug)]
pub struct RecentForm {
    /// Who sent it.
    pub here: SessionAndUser,
    /// What was sent.
    pub form: Form,
}

impl FromRequest<App> for RecentForm {
    type Rejection = Response;

    async fn from_request(request: Request, app: &App) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let Session(here) = Session::from_request_parts(&mut parts, app).await.map_err(IntoResponse::into_response)?;
        let asking = Asking::of(&mut parts, app).await?;
        let form = Form::from_request(Request::from_parts(parts, body), app).await.map_err(AppError::into_response)?;
        if asking.is_recent(app, &here).await? {
            return Ok(Self { here, form });
        }
        // The token is the page's own; everything else goes round once. A password goes nowhere: its form is filled in again.
        let sent = form.0.pairs().filter(|(name, _)| *name != "csrf");
        let fields: Vec<_> = sent.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let has_password = fields.iter().any(|(name, _)| name.contains("password"));
        let action = asking.address.path().to_owned();
        let change = if has_password { Change::Page(action) } else { Change::Form { action, fields } };
        Err(asking.ask(app, &here, &change).await)
    }
}

/// Extractor: the same for a page that shows what only they may see, or asks what only they may change.
#[derive(Debug)]
pub struct RecentPage(pub SessionAndUser);

impl FromRequestParts<App> for RecentPage {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let Session(here) = Session::from_request_parts(parts, app).await.map_err(IntoResponse::into_response)?;
        recent(parts, app, here).await.map(Self)
    }
}

/// Extractor: the page of backup codes, which is all that is open to somebody who has some to save. They proved who they are within
/// `sessions.step_up`, however strongly: whoever has just made a first passkey after a password is not asked for it at once. Whoever has no
/// codes to save sees none, and isn't asked at all.
#[derive(Debug)]
pub struct CodesPage(pub SessionAndUser);

impl FromRequestParts<App> for CodesPage {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let AnySession(here) = <AnySession as FromRequestParts<App>>::from_request_parts(parts, app).await.map_err(IntoResponse::into_response)?;
        if !here.user.backup_codes_waiting() || sessions::is_fresh(app, &here.session) {
            return Ok(Self(here));
        }
        recent(parts, app, here).await.map(Self)
    }
}

async fn recent(parts: &mut Parts, app: &App, here: SessionAndUser) -> Result<SessionAndUser, Response> {
    let asking = Asking::of(parts, app).await?;
    if asking.is_recent(app, &here).await? {
        return Ok(here);
    }
    let address = asking.address.path_and_query().map_or(asking.address.path(), |address| address.as_str()).to_owned();
    Err(asking.ask(app, &here, &Change::Page(address)).await)
}

/// What it takes to ask.
struct Asking {
    pages: Pages,
    browser: Browser,
    address: http::Uri,
}

impl Asking {
    async fn of(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let Ok(pages) = Pages::from_request_parts(parts, app).await;
        let Ok(OriginalUri(address)) = OriginalUri::from_request_parts(parts, app).await;
        let browser = Browser::from_request_parts(parts, app).await.map_err(IntoResponse::into_response)?;
        Ok(Self { pages, browser, address })
    }

    async fn is_recent(&self, app: &App, here: &SessionAndUser) -> Result<bool, Response> {
        sessions::is_recent(app, here).await.map_err(|error| AppError::from(error).into_response())
    }

    async fn ask(&self, app: &App, here: &SessionAndUser, change: &Change) -> Response {
        step_up::ask(app, &self.pages, self.browser.digest(), here, change).await.unwrap_or_else(AppError::into_response)
    }
}
