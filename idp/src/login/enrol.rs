//! The first passkey of somebody whose password was right and opens no session (`sign_in.require_strong`). What stands for the password travels
//! in the address and in the script's calls, sealed for this browser; whoever comes too late begins anew at the sign-in page.

use axum::Json;
use axum::extract::{Query, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::actions::ceremonies::Begun;
use crate::actions::enrolment::{self, Enrolment};
use crate::adapters::templates::pages::Enrol;
use crate::app::App;
use crate::base::error::AppError;
use crate::login::sign_in_page;
use crate::web::browser::Browser;
use crate::web::form::JsonCall;
use crate::web::next::{self, Waiting};
use crate::web::page::Pages;
use crate::web::proved;
use crate::web::visiting::Visiting;

/// Where it is.
pub(super) const PLACE: &str = "/login/enrol";

/// The page, for what stands for a password.
pub(super) fn address(app: &App, waiting: Option<&Waiting>, passed: &str) -> String {
    // Both are sealed boxes or secrets: their characters need no escape.
    let request = waiting.map_or_else(String::new, |waiting| format!("request={}&", waiting.request));
    app.config().issuer.join(&format!("{PLACE}?{request}passed={passed}"))
}

/// What stands for the password, and what waits.
#[derive(Debug, Deserialize)]
pub(super) struct Passed {
    #[serde(default)]
    request: Option<String>,
    #[serde(default)]
    passed: String,
}

impl Passed {
    async fn open(&self, app: &App, browser: &Browser) -> Result<Enrolment, AppError> {
        Enrolment::open(app, &self.passed, browser.digest(), self.request.as_deref().unwrap_or_default()).await
    }
}

/// `GET /login/enrol`
pub(super) async fn show(State(app): State<App>, Query(asked): Query<Passed>, browser: Browser, pages: Pages) -> Result<Response, AppError> {
    let waiting = next::waiting(&app, asked.request.as_deref(), &browser).await?;
    let back_url = sign_in_page::address(&app, waiting.as_ref());
    let Ok(enrolment) = asked.open(&app, &browser).await else { return Ok(Redirect::to(&back_url).into_response()) };
    let page = Enrol {
        request: waiting.as_ref().map(|waiting| waiting.request.clone()),
        presented: waiting.as_ref().map(|waiting| waiting.presented.by.clone()),
        passed: asked.passed,
        account: enrolment.email().to_string(),
        back_url,
    };
    pages.show_towards(waiting.as_ref().and_then(|waiting| waiting.presented.form_target.as_deref()), page)
}

/// `POST /login/enrol/passkey/begin`: asks and stores nothing.
pub(super) async fn begin(State(app): State<App>, browser: Browser, JsonCall(call): JsonCall<Passed>) -> Result<Json<Begun>, AppError> {
    let enrolment = call.open(&app, &browser).await?;
    enrolment::begin(&app, &enrolment, browser.digest()).map(Json)
}

/// What the script sends to finish. The credential stays the text it is: it is judged as it was sent.
#[derive(Deserialize)]
pub(super) struct Finish {
    ceremony: String,
    credential: Box<RawValue>,
    #[serde(default)]
    request: Option<String>,
    #[serde(default)]
    passed: String,
}

/// `POST /login/enrol/passkey/finish`: the first passkey, the session that it opens, and then its backup codes.
pub(super) async fn finish(
    State(app): State<App>,
    Visiting(visitor): Visiting,
    browser: Browser,
    JsonCall(call): JsonCall<Finish>,
) -> Result<Response, AppError> {
    let passed = Passed { request: call.request, passed: call.passed };
    let enrolment = passed.open(&app, &browser).await?;
    let waiting = next::waiting(&app, passed.request.as_deref(), &browser).await?;
    let opened = enrolment::finish(&app, enrolment, &call.ceremony, call.credential.get().as_bytes(), &visitor).await?;
    let redirect =
        if opened.user.backup_codes_waiting() { next::first_backup_codes(&app, waiting.as_ref()) } else { next::address(&app, waiting.as_ref()) };
    proved::go_on(&app, visitor.browser, &opened, redirect)
}
