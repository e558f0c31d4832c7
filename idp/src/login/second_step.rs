//! The second step after a password: the code of an authenticator app, or a backup code. Two pages that lead to each other, alike for
//! everybody (B-ENUM-03): neither says what the account has.
//!
//! What stands for the password travels in a hidden field and in the address, sealed for this browser; whoever comes without it, or too late,
//! begins anew at the sign-in page, and what waits is kept.

use axum::extract::{Query, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::get;
use axum::{Extension, Router};
use serde::Deserialize;

use crate::actions::backup_code_use;
use crate::actions::password_sign_in::{self, Finished};
use crate::actions::second_step::{Answer, HalfDone};
use crate::adapters::templates::pages::{BackupCodeUsed, SecondStep, SecondStepBy};
use crate::app::App;
use crate::base::error::AppError;
use crate::login::{enrol, sign_in_page};
use crate::web::answer;
use crate::web::browser::Browser;
use crate::web::form::Form;
use crate::web::next::{self, Waiting};
use crate::web::page::Pages;
use crate::web::proved;
use crate::web::remembered::Hint;
use crate::web::session::Session;
use crate::web::visiting::Visiting;

/// The page that asks for the code of an authenticator app.
pub(super) const TOTP: &str = "/login/totp";
/// The page that asks for a backup code.
pub(super) const BACKUP_CODE: &str = "/login/backup-code";
/// The page that says that one was used.
pub(super) const BACKUP_CODE_USED: &str = "/login/backup-code/used";

/// The page of one of the two.
pub(super) fn routes(by: SecondStepBy) -> Router<App> {
    Router::new().route("/", get(show).post(submit)).layer(Extension(by))
}

/// One of the two pages, for what stands for a password.
pub(super) fn address(app: &App, page: &str, waiting: Option<&Waiting>, passed: &str) -> String {
    // Both are sealed boxes or secrets: their characters need no escape.
    let request = waiting.map_or_else(String::new, |waiting| format!("request={}&", waiting.request));
    app.config().issuer.join(&format!("{page}?{request}passed={passed}"))
}

/// The query of the pages.
#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    request: Option<String>,
    #[serde(default)]
    passed: String,
}

fn page(app: &App, by: SecondStepBy, waiting: Option<&Waiting>, half_done: &HalfDone, passed: &str, error: Option<&AppError>) -> SecondStep {
    let other = match by {
        SecondStepBy::Totp => BACKUP_CODE,
        SecondStepBy::BackupCode => TOTP,
    };
    SecondStep {
        by,
        request: waiting.map(|waiting| waiting.request.clone()),
        presented: waiting.map(|waiting| waiting.presented.by.clone()),
        passed: passed.to_owned(),
        account: half_done.email().to_string(),
        error: error.map(|error| said(by, error).to_owned()),
        wait: error.and_then(answer::wait),
        other_url: address(app, other, waiting, passed),
        back_url: sign_in_page::address(app, waiting),
    }
}

/// What the page says of a refusal.
fn said(by: SecondStepBy, error: &AppError) -> &'static str {
    match (error.code, by) {
        ("code_invalid", SecondStepBy::Totp) => "error-code_invalid",
        ("code_invalid", SecondStepBy::BackupCode) => "error-backup_code_wrong",
        _ => "error-too_many_attempts",
    }
}

fn shown(pages: &Pages, waiting: Option<&Waiting>, page: SecondStep) -> Result<Response, AppError> {
    pages.show_towards(waiting.and_then(|waiting| waiting.presented.form_target.as_deref()), page)
}

/// `GET /login/totp`, `GET /login/backup-code`
async fn show(
    State(app): State<App>,
    Extension(by): Extension<SecondStepBy>,
    Query(asked): Query<Asked>,
    browser: Browser,
    pages: Pages,
) -> Result<Response, AppError> {
    let waiting = next::waiting(&app, asked.request.as_deref(), &browser).await?;
    let request = asked.request.unwrap_or_default();
    let Ok(half_done) = password_sign_in::half_done(&app, browser.digest(), &request, &asked.passed).await else {
        return Ok(Redirect::to(&sign_in_page::address(&app, waiting.as_ref())).into_response());
    };
    shown(&pages, waiting.as_ref(), page(&app, by, waiting.as_ref(), &half_done, &asked.passed, None))
}

/// `POST /login/totp`, `POST /login/backup-code`
async fn submit(
    State(app): State<App>,
    Extension(by): Extension<SecondStepBy>,
    Visiting(visitor): Visiting,
    browser: Browser,
    Hint(hint): Hint,
    pages: Pages,
    form: Form,
) -> Result<Response, AppError> {
    let (request, passed) = (form.field("request"), form.field("passed"));
    let waiting = next::waiting(&app, Some(request), &browser).await?;
    let waiting = waiting.as_ref();
    let half_done = match password_sign_in::half_done(&app, visitor.browser, request, passed).await {
        Ok(half_done) => half_done,
        Err(error) => return sign_in_page::refused(&app, &pages, waiting, None, &error),
    };
    let answer = match by {
        SecondStepBy::Totp => Answer::Totp(form.field("code")),
        SecondStepBy::BackupCode => Answer::BackupCode(form.field("code")),
    };
    match password_sign_in::finish(&app, &visitor, half_done.clone(), answer, request).await {
        Ok(Finished::In { opened, by_backup_code }) => {
            let next =
                if by_backup_code { used_address(&app, waiting) } else { next::after_password(&app, &opened.user, hint.as_ref(), waiting).await? };
            proved::lead_on(&app, visitor.browser, &opened, hint.as_ref(), &next)
        }
        Ok(Finished::Enrol(passed)) => Ok(Redirect::to(&enrol::address(&app, waiting, &passed)).into_response()),
        Err(error) if matches!(error.code, "code_invalid" | "too_many_attempts") => {
            let again = shown(&pages, waiting, page(&app, by, waiting, &half_done, passed, Some(&error)))?;
            Ok(answer::on_its_page(&error, again))
        }
        Err(error) if sign_in_page::says(&error) => sign_in_page::refused(&app, &pages, waiting, Some(half_done.email()), &error),
        Err(error) => Err(error),
    }
}

fn used_address(app: &App, waiting: Option<&Waiting>) -> String {
    let request = waiting.map_or_else(String::new, |waiting| format!("?request={}", waiting.request));
    app.config().issuer.join(&format!("{BACKUP_CODE_USED}{request}"))
}

/// `GET /login/backup-code/used`: how many are left, and where to mend what made it necessary (C-BC-03).
pub(super) async fn used(
    State(app): State<App>,
    Session(here): Session,
    Query(asked): Query<Asked>,
    browser: Browser,
    pages: Pages,
) -> Result<Response, AppError> {
    let waiting = next::waiting(&app, asked.request.as_deref(), &browser).await?;
    pages.show(BackupCodeUsed {
        presented: waiting.as_ref().map(|waiting| waiting.presented.by.clone()),
        left: backup_code_use::left(&app, &here.user).await?,
        continue_url: next::address(&app, waiting.as_ref()),
        methods_url: app.config().issuer.join("/account/sign-in-methods"),
    })
}
