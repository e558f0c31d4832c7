//! What a person looks after alone: their own page, their profile and address, every way in, where they are signed in, what is connected,
//! what happened.

mod activity;
mod apps;
mod backup_codes;
mod confirmation;
mod dashboard;
mod email;
mod further_passkey;
mod known_passkeys;
mod passkeys;
mod password;
mod profile;
mod sessions;
mod sign_in_methods;
mod totp;
mod well_known;

use axum::Router;
use axum::extract::State;
use axum::response::Redirect;
use axum::routing::{get, post};

use crate::app::App;

pub use well_known::well_known;

/// The places of a signed-in person, and the front door that leads there. They need the layer that recognises browsers.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/", get(front_door))
        .route("/account", get(dashboard::show))
        .route("/account/backup-codes", get(backup_codes::show).post(backup_codes::acknowledge))
        .route(email::PLACE, get(email::show).post(email::ask))
        .route("/account/email/cancel", post(email::cancel))
        .route("/account/email/{token}", get(email::open).post(email::confirm))
        .route("/account/backup-codes/regenerate", get(backup_codes::ask_whether).post(backup_codes::regenerate))
        .route("/account/password", get(password::show).post(password::change))
        .route("/account/password/remove", get(password::ask_whether).post(password::remove))
        .route("/account/totp/begin", get(totp::begin))
        .route("/account/totp/confirm", post(totp::confirm))
        .route("/account/totp/disable", get(totp::ask_whether).post(totp::disable))
        .route(profile::PLACE, get(profile::show).post(profile::save))
        .route(sign_in_methods::PLACE, get(sign_in_methods::show))
        .route("/account/passkeys/begin", post(further_passkey::begin))
        .route("/account/passkeys/finish", post(further_passkey::finish))
        .route("/account/passkeys/{id}/rename", get(passkeys::ask_name).post(passkeys::rename))
        .route("/account/passkeys/{id}/unfreeze", post(passkeys::unfreeze))
        .route("/account/passkeys/{id}/delete", get(passkeys::ask_whether).post(passkeys::revoke))
        .route("/account/confirm", get(confirmation::show))
        .route("/account/confirm/password", post(confirmation::password))
        .route("/account/confirm/totp", post(confirmation::totp))
        .route(sessions::PLACE, get(sessions::show))
        .route("/account/sessions/others/end", post(sessions::end_others))
        .route("/account/sessions/{sid}/end", post(sessions::end))
        .route(apps::PLACE, get(apps::show))
        .route("/account/apps/{client}/revoke", get(apps::ask_whether).post(apps::revoke))
        .route(activity::PLACE, get(activity::show))
        .route("/account/confirm/begin", post(confirmation::begin))
        .route("/account/confirm/finish", post(confirmation::finish))
}

async fn front_door(State(app): State<App>) -> Redirect {
    Redirect::to(&app.config().issuer.join("/account"))
}
