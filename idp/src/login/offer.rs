//! After a password sign-in: one gentle offer to create a passkey. "Not now" is remembered in this browser; whatever is answered, the person goes
//! on to where they were going. The passkey itself is registered under `/account/passkeys`, like any other.

use axum::extract::{Query, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use http::header::SET_COOKIE;
use serde::Deserialize;

use crate::actions::passkeys;
use crate::adapters::templates::pages::Offer;
use crate::app::App;
use crate::base::error::AppError;
use crate::web::browser::Browser;
use crate::web::form::Form;
use crate::web::next;
use crate::web::page::Pages;
use crate::web::remembered::{self, Way};
use crate::web::session::AnySession;

/// The query of the page.
#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    request: Option<String>,
}

/// `GET /login/offer`
pub(super) async fn show(
    State(app): State<App>,
    AnySession(_): AnySession,
    Query(asked): Query<Asked>,
    browser: Browser,
    pages: Pages,
) -> Result<Response, AppError> {
    let waiting = next::waiting(&app, asked.request.as_deref(), &browser).await?;
    let page = Offer {
        request: waiting.as_ref().map(|waiting| waiting.request.clone()),
        presented: waiting.as_ref().map(|waiting| waiting.presented.by.clone()),
    };
    pages.show_towards(waiting.as_ref().and_then(|waiting| waiting.presented.form_target.as_deref()), page)
}

/// `POST /login/offer`: whatever was decided, the person goes on. A passkey that was made leads from now on, and its owner saves backup codes
/// first if they have none.
pub(super) async fn answer(State(app): State<App>, AnySession(here): AnySession, browser: Browser, form: Form) -> Result<Response, AppError> {
    let waiting = next::waiting(&app, Some(form.field("request")), &browser).await?;
    let address = next::address(&app, waiting.as_ref());
    if form.field("decision") == "skip" {
        let hint = remembered::refuse_offer(&app, browser.digest(), &here.user)?;
        return Ok(([(SET_COOKIE, hint)], Redirect::to(&address)).into_response());
    }
    if !passkeys::are_there(&app, here.user.id).await? {
        return Ok(Redirect::to(&address).into_response());
    }
    let hint = remembered::remember(&app, browser.digest(), &here.user, Way::Passkey, None)?;
    let address = if here.user.backup_codes_waiting() { next::first_backup_codes(&app, waiting.as_ref()) } else { address };
    Ok(([(SET_COOKIE, hint)], Redirect::to(&address)).into_response())
}
