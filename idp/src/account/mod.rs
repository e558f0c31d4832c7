//! What a person looks after alone: their own page, and their backup codes.

mod backup_codes;
mod dashboard;

use axum::Router;
use axum::extract::State;
use axum::response::Redirect;
use axum::routing::get;

use crate::app::App;

/// The places of a signed-in person, and the front door that leads there. They need the layer that recognises browsers.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/", get(front_door))
        .route("/account", get(dashboard::show))
        .route("/account/backup-codes", get(backup_codes::show).post(backup_codes::acknowledge))
}

async fn front_door(State(app): State<App>) -> Redirect {
    Redirect::to(&app.config().issuer.join("/account"))
}
