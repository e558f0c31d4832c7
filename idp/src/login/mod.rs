//! Proving who you are: the sign-in page, passkey, password and second step, the choice of an account, and coming aboard by a link. Knows
//! nothing of OpenID Connect: a request that waits is a text that is carried along, and what a person is led back to.

mod choose_account;
mod coming_aboard;
mod enrol;
mod not_me;
mod offer;
mod passkey;
mod password;
mod recover;
mod second_step;
mod sign_in_page;

use axum::Router;
use axum::routing::{get, post};

use crate::adapters::templates::pages::SecondStepBy;
use crate::app::App;
use crate::store::one_time_link::LinkKind;

/// The places of signing in and coming aboard. They need the layer that recognises browsers.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/login", get(sign_in_page::show).post(sign_in_page::go_on))
        .route("/choose-account", get(choose_account::show).post(choose_account::choose))
        .route("/choose-account/{request}", get(choose_account::show).post(choose_account::choose))
        .route("/login/password", post(password::submit))
        .nest(second_step::TOTP, second_step::routes(SecondStepBy::Totp))
        .nest(second_step::BACKUP_CODE, second_step::routes(SecondStepBy::BackupCode))
        .route(second_step::BACKUP_CODE_USED, get(second_step::used))
        .route("/login/offer", get(offer::show).post(offer::answer))
        .route(enrol::PLACE, get(enrol::show))
        .route("/login/enrol/passkey/begin", post(enrol::begin))
        .route("/login/enrol/passkey/finish", post(enrol::finish))
        .route("/login/passkey/begin", post(passkey::begin))
        .route("/login/passkey/finish", post(passkey::finish))
        .route("/not-me/{report}", get(not_me::show).post(not_me::report))
        .route("/recover", get(recover::show).post(recover::ask))
        .nest("/recover/{token}", recover::routes())
        .nest("/setup/{token}", coming_aboard::routes(LinkKind::Setup))
        .nest("/invitation/{token}", coming_aboard::routes(LinkKind::Invitation))
}
