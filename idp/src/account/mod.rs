//! What a person looks after alone: their own page, how they sign in, where they are signed in, what is connected, what happened.

mod activity;
mod apps;
mod backup_codes;
mod confirmation;
mod dashboard;
mod further_passkey;
mod passkeys;
mod sessions;
mod sign_in_methods;

use axum::Router;
use axum::extract::State;
use axum::response::Redirect;
use axum::routing::{get, post};

use crate::app::App;

/// The places of a signed-in person, and the front door that leads there. They need the layer that recognises browsers.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/", get(front_door))
        .route("/account", get(dashboard::show))
        .route("/account/backup-codes", get(backup_codes::show).post(backup_codes::acknowledge))
        .route(sign_in_methods::PLACE, get(sign_in_methods::show))
        .route("/account/passkeys/begin", post(further_passkey::begin))
        .route("/account/passkeys/finish", post(further_passkey::finish))
        .route("/account/passkeys/{id}/rename", get(passkeys::ask_name).post(passkeys::rename))
        .route("/account/passkeys/{id}/delete", get(passkeys::ask_whether).post(passkeys::revoke))
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
