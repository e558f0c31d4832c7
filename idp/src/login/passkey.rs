//! The two halves of signing in with a passkey, as the page's script asks for them (WebAuthn §7.2).

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::actions::ceremonies::Begun;
use crate::actions::sign_in::{self, Attempt};
use crate::app::App;
use crate::base::email::Email;
use crate::base::error::{AppError, Kind};
use crate::web::browser::Browser;
use crate::web::form::JsonCall;
use crate::web::next;
use crate::web::proved;
use crate::web::visiting::Visiting;

/// What the script sends to begin.
#[derive(Deserialize)]
pub(super) struct Begin {
    #[serde(default)]
    request: Option<String>,
}

/// What the script sends to finish. The credential stays the text it is: it is judged as it was sent.
#[derive(Deserialize)]
pub(super) struct Finish {
    ceremony: String,
    credential: Box<RawValue>,
    #[serde(default)]
    request: Option<String>,
    #[serde(default)]
    email: Option<String>,
}

/// `POST /login/passkey/begin`: asks and stores nothing.
pub(super) async fn begin(State(app): State<App>, browser: Browser, JsonCall(call): JsonCall<Begin>) -> Result<Json<Begun>, AppError> {
    sign_in::begin(&app, &call.request.unwrap_or_default(), browser.digest()).map(Json)
}

/// `POST /login/passkey/finish`: judges the answer, begins a session, and says where to go on.
pub(super) async fn finish(
    State(app): State<App>,
    Visiting(visitor): Visiting,
    browser: Browser,
    JsonCall(call): JsonCall<Finish>,
) -> Result<Response, AppError> {
    let request = call.request.unwrap_or_default();
    let attempt = Attempt::open(&app, &call.ceremony, &request, &visitor).await?;
    let named = call.email.filter(|email| !email.is_empty());
    let named = named.map(|typed| Email::parse(&typed).ok_or(AppError::new(Kind::Invalid, "email_invalid"))).transpose()?;
    // A request that is over is said before the passkey is judged: signing in would lead nowhere.
    let waiting = next::waiting(&app, Some(&request), &browser).await?;
    let opened = attempt.judge(call.credential.get().as_bytes(), named.as_ref()).await?;
    proved::go_on(&app, visitor.browser, &opened, next::address(&app, waiting.as_ref()))
}
