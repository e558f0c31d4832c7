//! One's own address: asking for another one, and confirming it with the link that was sent there.

use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use http::StatusCode;
use http::header::SET_COOKIE;
use serde::Deserialize;

use crate::actions::email_change;
use crate::adapters::templates::pages::{ChangeEmail, ConfirmEmail, Waiting};
use crate::app::App;
use crate::base::error::AppError;
use crate::store::reads::session_and_user::SessionAndUser;
use crate::web::browser::Browser;
use crate::web::form::Form;
use crate::web::origin::RequestOrigin;
use crate::web::page::Pages;
use crate::web::recent::RecentForm;
use crate::web::remembered::{self, Hint, Remembered};
use crate::web::session::Session;
use crate::web::visiting::Visiting;

/// Where it is.
pub(super) const PLACE: &str = "/account/email";

/// The query of the page: what was just done, to be said once more in words. It changes nothing.
#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    news: Option<String>,
}

fn place(app: &App) -> String {
    app.config().issuer.join(PLACE)
}

async fn page(app: &App, pages: &Pages, here: &SessionAndUser) -> Result<ChangeEmail, AppError> {
    let waiting = email_change::waiting(app, &here.user).await?;
    Ok(ChangeEmail {
        house: pages.house(&here.user, "profile"),
        email: here.user.email.to_string(),
        waiting: waiting.map(|(email, expires_at)| Waiting { email: email.to_string(), expires_at }),
        typed: String::new(),
        error: None,
        news: None,
        back_url: app.config().issuer.join("/account/profile"),
    })
}

/// `GET /account/email`
pub(super) async fn show(State(app): State<App>, Session(here): Session, Query(asked): Query<Asked>, pages: Pages) -> Result<Response, AppError> {
    let news = asked.news.and_then(|news| ["sent", "cancelled", "changed"].into_iter().find(|known| *known == news));
    pages.show(ChangeEmail { news, ..page(&app, &pages, &here).await? })
}

/// `POST /account/email`: another address. The answer says nothing about who has it.
pub(super) async fn ask(
    State(app): State<App>,
    Visiting(visitor): Visiting,
    pages: Pages,
    RecentForm { here, form }: RecentForm,
) -> Result<Response, AppError> {
    let typed = form.field("email");
    let error = match email_change::ask(&app, &here, typed, &visitor).await {
        Ok(()) => return Ok(Redirect::to(&format!("{}?news=sent", place(&app))).into_response()),
        Err(error) if matches!(error.code, "email_invalid" | "email_unchanged") => format!("error-{}", error.code),
        Err(error) => return Err(error),
    };
    let again = ChangeEmail { typed: typed.to_owned(), error: Some(error), ..page(&app, &pages, &here).await? };
    Ok((StatusCode::BAD_REQUEST, pages.show(again)?).into_response())
}

/// `POST /account/email/cancel`
pub(super) async fn cancel(
    State(app): State<App>,
    Session(here): Session,
    RequestOrigin(origin): RequestOrigin,
    _: Form,
) -> Result<Response, AppError> {
    email_change::cancel(&app, &here, &origin).await?;
    Ok(Redirect::to(&format!("{}?news=cancelled", place(&app))).into_response())
}

/// `GET /account/email/TOKEN`: says what opening the link is for, and changes nothing.
pub(super) async fn open(State(app): State<App>, Session(here): Session, Path(token): Path<String>, pages: Pages) -> Result<Response, AppError> {
    let link = email_change::open(&app, &here, &token).await?;
    pages.show(ConfirmEmail {
        action: format!("{}/{token}", place(&app)),
        account: here.user.email.to_string(),
        email: link.email.to_string(),
        back_url: place(&app),
    })
}

/// `POST /account/email/TOKEN`: the address is the person's from now on.
pub(super) async fn confirm(
    State(app): State<App>,
    Session(here): Session,
    Path(token): Path<String>,
    RequestOrigin(origin): RequestOrigin,
    browser: Browser,
    Hint(remembered): Hint,
    _: Form,
) -> Result<Response, AppError> {
    let user = email_change::confirm(&app, &here, &token, &origin).await?;
    let done = Redirect::to(&format!("{}?news=changed", place(&app)));
    // A browser that would greet them by the old address greets them by the new one.
    let Some(before) = remembered.filter(|remembered| remembered.email == here.user.email) else { return Ok(done.into_response()) };
    let before = Remembered { email: user.email.clone(), ..before };
    let hint = remembered::remember(&app, browser.digest(), &user, before.way, Some(&before))?;
    Ok(([(SET_COOKIE, hint)], done).into_response())
}
