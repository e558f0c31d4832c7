//! The two halves of registering another passkey, as the page's script asks for them (WebAuthn §7.1).

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::actions::ceremonies::Begun;
use crate::actions::further_passkey;
use crate::actions::passkey_name::PasskeyName;
use crate::app::App;
use crate::base::error::{AppError, Kind};
use crate::web::browser::Browser;
use crate::web::form::JsonCall;
use crate::web::proved::GoOn;
use crate::web::session::RecentSession;
use crate::web::visiting::Visiting;

/// What the script sends to begin: nothing that counts.
#[derive(Deserialize)]
pub(super) struct Begin {}

/// What the script sends to finish. The credential stays the text it is: it is judged as it was sent.
#[derive(Deserialize)]
pub(super) struct Finish {
    ceremony: String,
    credential: Box<RawValue>,
    /// Without one the passkey is called after what keeps it, and the next page asks.
    #[serde(default)]
    name: String,
}

/// `POST /account/passkeys/begin`
pub(super) async fn begin(
    State(app): State<App>,
    RecentSession(here): RecentSession,
    browser: Browser,
    JsonCall(Begin {}): JsonCall<Begin>,
) -> Result<Json<Begun>, AppError> {
    further_passkey::begin(&app, &here, browser.digest()).await.map(Json)
}

/// `POST /account/passkeys/finish`: leads to where the new passkey gets its name.
pub(super) async fn finish(
    State(app): State<App>,
    RecentSession(here): RecentSession,
    Visiting(visitor): Visiting,
    JsonCall(call): JsonCall<Finish>,
) -> Result<Json<GoOn>, AppError> {
    let name = match call.name.as_str() {
        "" => None,
        typed => Some(PasskeyName::parse(typed).ok_or(AppError::new(Kind::Invalid, "passkey_name_invalid"))?),
    };
    let id = further_passkey::finish(&app, &here, &call.ceremony, call.credential.get().as_bytes(), name, &visitor).await?;
    Ok(Json(GoOn { redirect: app.config().issuer.join(&format!("/account/passkeys/{id}/rename?new")) }))
}
