//! Step-up: the person who is signed in proves with a passkey of theirs that they are still the one who asks. The same session goes on,
//! with a new secret and new times.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::account::sign_in_methods;
use crate::actions::ceremonies::Begun;
use crate::actions::sign_in::{self, Attempt};
use crate::app::App;
use crate::base::error::AppError;
use crate::web::browser::Browser;
use crate::web::form::JsonCall;
use crate::web::proved;
use crate::web::session::Session;
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

/// `POST /account/confirm/begin`
pub(super) async fn begin(
    State(app): State<App>,
    Session(here): Session,
    browser: Browser,
    JsonCall(Begin {}): JsonCall<Begin>,
) -> Result<Json<Begun>, AppError> {
    sign_in::begin_confirmation(&app, &here, browser.digest()).await.map(Json)
}

/// `POST /account/confirm/finish`
pub(super) async fn finish(
    State(app): State<App>,
    Session(here): Session,
    Visiting(visitor): Visiting,
    JsonCall(call): JsonCall<Finish>,
) -> Result<Response, AppError> {
    let attempt = Attempt::open_confirmation(&app, &call.ceremony, here, &visitor).await?;
    let opened = attempt.judge(call.credential.get().as_bytes(), None).await?;
    proved::go_on(&app, visitor.browser, &opened, app.config().issuer.join(sign_in_methods::PLACE))
}
