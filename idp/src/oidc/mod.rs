//! What relying parties talk to: discovery, authorization (pushed or not), tokens, userinfo, introspection, revocation, logout, registration.
//!
//! A handler takes in, identifies, judges, acts and answers; what is decided is decided in `protocol`, what is done is done in `actions`.

pub mod answer;
pub mod api_request;
pub mod authorize;
pub mod consent;
pub mod cors;
pub mod documents;
pub mod introspect;
pub mod logout;
pub mod par;
pub mod register;
pub mod revoke;
pub mod sign_out;
pub mod token;
pub mod userinfo;

use axum::routing::{get, post};
use axum::{Extension, Router};

use crate::actions::client_authentication::WrongSecrets;
use crate::app::App;
use crate::config::RegistrationMode;
use crate::protocol::discovery::path;

pub use documents::{documents, metadata_before_path};

/// The endpoints that a browser is sent to. They need the layer that recognises browsers.
pub fn routes() -> Router<App> {
    Router::new()
        .route(path::AUTHORIZE, get(authorize::get).post(authorize::post))
        .route("/authorize/{request}", get(authorize::resume))
        .route("/consent/{request}", get(consent::show).post(consent::answer))
        .route(path::LOGOUT, get(logout::get).post(logout::post))
        .route("/logout/{request}", get(logout::resume))
        .route("/sign-out", get(sign_out::show).post(sign_out::sign_out))
        .route("/signed-out", get(sign_out::signed_out))
}

/// The endpoints that programs call. No cookie counts here, and none is set.
pub fn api() -> Router<App> {
    Router::new()
        .route(path::TOKEN, post(token::post).options(cors::preflight_post))
        .route(path::PAR, post(par::post).options(cors::preflight_post))
        .route(path::REVOKE, post(revoke::post).options(cors::preflight_post))
        .route(path::INTROSPECT, post(introspect::post))
        .route(path::USERINFO, get(userinfo::get).post(userinfo::post).options(cors::preflight_get_and_post))
        .layer(Extension(WrongSecrets::default()))
}

/// Where clients register themselves and look after that. There is no such place where registration is off.
pub fn registration(app: &App) -> Router<App> {
    match app.config().registration.mode {
        RegistrationMode::Off => Router::new(),
        RegistrationMode::InitialAccessToken | RegistrationMode::Open => Router::new()
            .route(path::REGISTER, post(register::register).options(register::preflight))
            .route("/register/{client_id}", get(register::read).put(register::replace).delete(register::delete).options(register::preflight)),
    }
}
