//! Step-up: the person who is signed in proves that they are still the one who asks, with a passkey, or without one with the password and the
//! code of the authenticator app. The same session goes on, with a new secret and new times.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::actions::ceremonies::Begun;
use crate::actions::sessions::{self, Opened};
use crate::actions::sign_in::{self, Attempt};
use crate::actions::step_up::{self as judge, Step};
use crate::adapters::templates::pages::Confirmed;
use crate::app::App;
use crate::base::error::AppError;
use crate::base::password::Password;
use crate::web::answer;
use crate::web::browser::Browser;
use crate::web::form::{Form, JsonCall};
use crate::web::page::Pages;
use crate::web::proved;
use crate::web::session::AnySession;
use crate::web::step_up::{self, Change};
use crate::web::visiting::Visiting;

/// What the script sends to begin: nothing that counts.
#[derive(Deserialize)]
pub(super) struct Begin {}

/// What the script sends to finish. The credential stays the text it is: it is judged as it was sent.
#[derive(Deserialize)]
pub(super) struct Finish {
    ceremony: String,
    credential: Box<RawValue>,
}

/// `GET /account/confirm`: where a script leads that can't ask itself, and which then begins anew.
pub(super) async fn show(State(app): State<App>, AnySession(here): AnySession, browser: Browser, pages: Pages) -> Result<Response, AppError> {
    let home = app.config().issuer.join(step_up::HOME);
    if sessions::is_recent(&app, &here).await? {
        return Ok(Redirect::to(&home).into_response());
    }
    step_up::ask(&app, &pages, browser.digest(), &here, &Change::Page(home)).await
}

/// `POST /account/confirm/begin`
pub(super) async fn begin(
    State(app): State<App>,
    AnySession(here): AnySession,
    browser: Browser,
    JsonCall(Begin {}): JsonCall<Begin>,
) -> Result<Json<Begun>, AppError> {
    sign_in::begin_confirmation(&app, &here, browser.digest()).await.map(Json)
}

/// `POST /account/confirm/finish`
pub(super) async fn finish(
    State(app): State<App>,
    AnySession(here): AnySession,
    Visiting(visitor): Visiting,
    JsonCall(call): JsonCall<Finish>,
) -> Result<Response, AppError> {
    let attempt = Attempt::open_confirmation(&app, &call.ceremony, here, &visitor).await?;
    let opened = attempt.judge(call.credential.get().as_bytes(), None).await?;
    proved::go_on(&app, visitor.browser, &opened, app.config().issuer.join(step_up::HOME))
}

/// `POST /account/confirm/password`
pub(super) async fn password(
    State(app): State<App>,
    AnySession(here): AnySession,
    Visiting(visitor): Visiting,
    pages: Pages,
    form: Form,
) -> Result<Response, AppError> {
    let change = step_up::open(&app, visitor.browser, &here, form.field("change")).await?;
    match judge::with_password(&app, &here, &visitor, &Password::typed(form.field("password"))).await {
        Ok(Step::Confirmed(opened)) => go_on(&app, &pages, &opened, change),
        Ok(Step::CodeNeeded(passed)) => step_up::ask_code(&app, &pages, visitor.browser, &here, &change, passed, None),
        Err(error) if error.code == "password_invalid" => {
            let again = step_up::ask_password(&app, &pages, visitor.browser, &here, &change, Some("error-password_wrong"))?;
            Ok((answer::status(error.kind), again).into_response())
        }
        Err(error) => Err(error),
    }
}

/// `POST /account/confirm/totp`
pub(super) async fn totp(
    State(app): State<App>,
    AnySession(here): AnySession,
    Visiting(visitor): Visiting,
    pages: Pages,
    form: Form,
) -> Result<Response, AppError> {
    let change = step_up::open(&app, visitor.browser, &here, form.field("change")).await?;
    let passed = form.field("passed");
    match judge::with_code(&app, &here, &visitor, passed, form.field("code")).await {
        Ok(opened) => go_on(&app, &pages, &opened, change),
        Err(error) if error.code == "code_invalid" => {
            let again = step_up::ask_code(&app, &pages, visitor.browser, &here, &change, passed.to_owned(), Some("error-code_invalid"))?;
            Ok((answer::status(error.kind), again).into_response())
        }
        Err(error) => Err(error),
    }
}

/// On with what was wanted.
fn go_on(app: &App, pages: &Pages, opened: &Opened, change: Change) -> Result<Response, AppError> {
    let fields = change.fields();
    let next = match change {
        Change::Page(address) => Redirect::to(&address).into_response(),
        Change::Form { action, .. } => pages.show(Confirmed { action, fields, back_url: app.config().issuer.join(step_up::HOME) })?,
    };
    proved::renewed(app, opened, next)
}
