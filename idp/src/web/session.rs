//! Who is signed in? A handler that takes a [`Session`] is reached by signed-in people only; one that takes an [`OptionalSession`] by all.

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::response::{Redirect, Response};
use http::request::Parts;

use crate::actions::everybody::Everybody;
use crate::actions::sessions;
use crate::app::App;
use crate::base::error::{AppError, Kind};
use crate::base::id::UserId;
use crate::store::reads::session_and_user::SessionAndUser;
use crate::web::browser::Browser;
use crate::web::cookies;
use crate::web::preferences::Preferences;

/// Everybody who is signed in in this browser, the current account first. One read, done once for a request; none without a session cookie.
/// Says nothing about whom the request acts for: a form that is taken beside it is as good from a page of any of them.
#[derive(Clone, Debug)]
pub struct AllHere(pub Everybody);

/// Whom a request acts for: noted by every extractor below, and held against the token of the form or call that follows (C-SES-07).
#[derive(Clone, Copy, Debug)]
pub struct ActsFor(pub UserId);

/// The current session of whoever asks, if they are signed in.
#[derive(Clone, Debug)]
pub struct OptionalSession(pub Option<SessionAndUser>);

/// The session of a signed-in person who has saved their backup codes: the whole house is open.
#[derive(Clone, Debug)]
pub struct Session(pub SessionAndUser);

/// The session of a person who proved who they are within `sessions.step_up`, for a script that changes how they sign in (C-SUDO-01). Else the
/// script is told `confirm_needed`, confirms at `/account/confirm`, and asks again. A form takes a `RecentForm` instead.
#[derive(Clone, Debug)]
pub struct RecentSession(pub SessionAndUser);

/// The session of a signed-in person, backup codes saved or not: for the page that shows them, and for signing out.
#[derive(Clone, Debug)]
pub struct AnySession(pub SessionAndUser);

impl FromRequestParts<App> for AllHere {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, AppError> {
        if let Some(known) = parts.extensions.get::<Self>() {
            return Ok(known.clone());
        }
        let found = match parts.extensions.get::<Browser>() {
            Some(browser) => sessions::all_here(app, &cookies::read_session(&parts.headers, &app.config().issuer), browser.digest()).await?,
            None => Everybody::default(),
        };
        if let Some(current) = found.current() {
            parts.extensions.get_or_insert_default::<Preferences>().note(&current.user);
        }
        let here = Self(found);
        parts.extensions.insert(here.clone());
        Ok(here)
    }
}

impl FromRequestParts<App> for OptionalSession {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, AppError> {
        let AllHere(here) = AllHere::from_request_parts(parts, app).await?;
        let current = here.current().cloned();
        if let Some(current) = &current {
            parts.extensions.insert(ActsFor(current.user.id));
        }
        Ok(Self(current))
    }
}

impl OptionalFromRequestParts<App> for AnySession {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Option<Self>, AppError> {
        let session = <OptionalSession as FromRequestParts<App>>::from_request_parts(parts, app).await?;
        Ok(session.0.map(Self))
    }
}

/// Why there is no session to go on with.
#[derive(Debug)]
pub enum NoSession {
    /// A person at a page: they are led to where they can go on.
    Lead(String),
    /// A script, or a failure.
    Refuse(AppError),
}

impl axum::response::IntoResponse for NoSession {
    fn into_response(self) -> Response {
        match self {
            Self::Lead(address) => axum::response::IntoResponse::into_response(Redirect::to(&address)),
            Self::Refuse(error) => axum::response::IntoResponse::into_response(error),
        }
    }
}

impl FromRequestParts<App> for AnySession {
    type Rejection = NoSession;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, NoSession> {
        let OptionalSession(found) = <OptionalSession as FromRequestParts<App>>::from_request_parts(parts, app).await.map_err(NoSession::Refuse)?;
        found.map(Self).ok_or_else(|| lead(parts, app, "/login"))
    }
}

impl FromRequestParts<App> for Session {
    type Rejection = NoSession;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, NoSession> {
        let AnySession(found) = <AnySession as FromRequestParts<App>>::from_request_parts(parts, app).await?;
        if found.user.backup_codes_waiting() {
            return Err(lead(parts, app, "/account/backup-codes?first"));
        }
        Ok(Self(found))
    }
}

impl FromRequestParts<App> for RecentSession {
    type Rejection = NoSession;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, NoSession> {
        let Session(found) = <Session as FromRequestParts<App>>::from_request_parts(parts, app).await?;
        if sessions::is_recent(app, &found).await.map_err(|error| NoSession::Refuse(error.into()))? {
            return Ok(Self(found));
        }
        Err(NoSession::Refuse(AppError::new(Kind::Forbidden, "confirm_needed")))
    }
}

/// Scripts are told, people are led.
fn lead(parts: &Parts, app: &App, path: &str) -> NoSession {
    let is_script = parts.headers.get(http::header::CONTENT_TYPE).is_some_and(|value| value.as_bytes().starts_with(b"application/json"));
    if is_script { NoSession::Refuse(AppError::new(Kind::Unauthenticated, "not_signed_in")) } else { NoSession::Lead(app.config().issuer.join(path)) }
}
