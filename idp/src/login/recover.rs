//! Recovery for whoever has lost every passkey: ask for a link, show a backup code, register a new passkey. Opening any of it changes nothing,
//! so that a mail scanner or a preview can't use the link up (C-REC-05).
//!
//! What is typed on the first page is answered alike whoever has an account (C-ENUM-02); what helps somebody without backup codes is said
//! behind the link.

use axum::Json;
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use http::StatusCode;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::actions::ceremonies::Begun;
use crate::actions::recovery::{self, Link};
use crate::actions::recovery_links;
use crate::adapters::templates::pages::{Recover, RecoverStep};
use crate::app::App;
use crate::base::email::Email;
use crate::base::error::AppError;
use crate::web::browser::Browser;
use crate::web::form::{Form, JsonCall};
use crate::web::page::Pages;
use crate::web::proved;
use crate::web::visiting::Visiting;

/// The places below a link.
pub(super) fn routes() -> Router<App> {
    Router::new().route("/", get(open).post(prove)).route("/passkey/begin", post(begin)).route("/passkey/finish", post(finish))
}

fn place(app: &App, token: &str) -> String {
    app.config().issuer.join(&format!("/recover/{token}"))
}

fn page(app: &App, step: RecoverStep) -> Recover {
    let minutes = app.config().lifetimes.recovery_link.as_secs() / 60;
    Recover { step, action: String::new(), account: String::new(), typed: String::new(), minutes, proved: String::new(), error: None }
}

/// `GET /recover`
pub(super) async fn show(State(app): State<App>, pages: Pages) -> Result<Response, AppError> {
    pages.show(page(&app, RecoverStep::Ask))
}

/// `POST /recover`: the same answer to every address.
pub(super) async fn ask(State(app): State<App>, Visiting(visitor): Visiting, pages: Pages, form: Form) -> Result<Response, AppError> {
    let typed = form.field("email");
    let Some(email) = Email::parse(typed) else {
        let again = Recover { typed: typed.to_owned(), error: Some("error-email_invalid"), ..page(&app, RecoverStep::Ask) };
        return Ok((StatusCode::BAD_REQUEST, pages.show(again)?).into_response());
    };
    recovery_links::ask(&app, email, &visitor).await?;
    pages.show(page(&app, RecoverStep::Sent))
}

/// The query of a link's page: what stands for a code that was right.
#[derive(Debug, Deserialize)]
struct Asked {
    proved: Option<String>,
}

/// What the holder of this link is asked for next.
async fn next(app: &App, link: &Link, token: &str, proved: Option<&str>, browser: &Browser) -> Result<Recover, AppError> {
    let here = Recover { action: place(app, token), account: link.user.email.to_string(), ..page(app, RecoverStep::Code) };
    let text = proved.unwrap_or_default();
    if recovery::proved(app, link, token, text, browser.digest()).await.is_ok() {
        return Ok(Recover { step: RecoverStep::Passkey, proved: text.to_owned(), ..here });
    }
    if recovery::codes_left(app, link).await? == 0 {
        return Ok(Recover { step: RecoverStep::NoCodes, ..here });
    }
    // One that took too long, or came along from another browser.
    let error = proved.map(|_| "error-recovery_unproved");
    Ok(Recover { error, ..here })
}

/// `GET /recover/TOKEN`
async fn open(
    State(app): State<App>,
    Path(token): Path<String>,
    Query(asked): Query<Asked>,
    browser: Browser,
    pages: Pages,
) -> Result<Response, AppError> {
    let link = recovery::open(&app, &token).await?;
    pages.show(next(&app, &link, &token, asked.proved.as_deref(), &browser).await?)
}

/// `POST /recover/TOKEN`: a backup code. A right one is not used up yet, and leads to the passkey.
async fn prove(
    State(app): State<App>,
    Path(token): Path<String>,
    Visiting(visitor): Visiting,
    browser: Browser,
    pages: Pages,
    form: Form,
) -> Result<Response, AppError> {
    match recovery::prove(&app, &token, form.field("code"), &visitor).await {
        // A sealed box: its characters need no escape.
        Ok(proved) => Ok(Redirect::to(&format!("{}?proved={proved}", place(&app, &token))).into_response()),
        Err(error) if error.code == "backup_code_invalid" => {
            let link = recovery::open(&app, &token).await?;
            let again = Recover { error: Some("error-backup_code_invalid"), ..next(&app, &link, &token, None, &browser).await? };
            Ok((StatusCode::BAD_REQUEST, pages.show(again)?).into_response())
        }
        Err(error) => Err(error),
    }
}

/// What the script sends to begin.
#[derive(Deserialize)]
struct Begin {
    #[serde(default)]
    proved: String,
}

/// What the script sends to finish. The credential stays the text it is: it is judged as it was sent.
#[derive(Deserialize)]
struct Finish {
    ceremony: String,
    credential: Box<RawValue>,
}

/// `POST /recover/TOKEN/passkey/begin`
async fn begin(
    State(app): State<App>,
    Path(token): Path<String>,
    browser: Browser,
    JsonCall(call): JsonCall<Begin>,
) -> Result<Json<Begun>, AppError> {
    recovery::begin(&app, &token, &call.proved, browser.digest()).await.map(Json)
}

/// `POST /recover/TOKEN/passkey/finish`: leads to Sign-in Methods, where the lost passkeys are.
async fn finish(
    State(app): State<App>,
    Path(token): Path<String>,
    Visiting(visitor): Visiting,
    JsonCall(call): JsonCall<Finish>,
) -> Result<Response, AppError> {
    let opened = recovery::finish(&app, &token, &call.ceremony, call.credential.get().as_bytes(), &visitor).await?;
    proved::go_on(&app, visitor.browser, &opened, app.config().issuer.join("/account/sign-in-methods?news=recovered"))
}
