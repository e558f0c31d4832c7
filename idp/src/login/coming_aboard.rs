//! Coming aboard by a link: the first administrator, and whoever was invited. Opening the page changes nothing, so that a mail scanner
//! or a preview can't use the link up; the passkey that is made does.

use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::actions::ceremonies::Begun;
use crate::actions::one_time_links;
use crate::actions::registration::{self, Link};
use crate::adapters::templates::pages::{Invitation, Setup};
use crate::app::App;
use crate::base::error::{AppError, Kind};
use crate::store::one_time_link::LinkKind;
use crate::web::browser::Browser;
use crate::web::form::JsonCall;
use crate::web::page::Pages;
use crate::web::proved;
use crate::web::visiting::Visiting;

/// The three places below a link of this kind.
pub(super) fn routes(kind: LinkKind) -> Router<App> {
    Router::new().route("/", get(show)).route("/passkey/begin", post(begin)).route("/passkey/finish", post(finish)).layer(Extension(kind))
}

/// What the script sends to begin. The email counts only where the link names none.
#[derive(Deserialize)]
struct Begin {
    #[serde(default)]
    email: String,
    name: String,
}

/// What the script sends to finish. The credential stays the text it is: it is judged as it was sent.
#[derive(Deserialize)]
struct Finish {
    ceremony: String,
    credential: Box<RawValue>,
}

async fn show(State(app): State<App>, Extension(kind): Extension<LinkKind>, Path(token): Path<String>, pages: Pages) -> Result<Response, AppError> {
    let link = one_time_links::find(&app, &[kind], &token).await?;
    let action = app.config().issuer.join(&format!("{}/{token}", kind.place()));
    let email = link.email.as_ref().map_or_else(String::new, ToString::to_string);
    let name = link.name.unwrap_or_default();
    match kind {
        LinkKind::Setup => pages.show(Setup { action, email, name }),
        LinkKind::Recovery | LinkKind::ApprovedRecovery | LinkKind::EmailChange => Err(AppError::new(Kind::NotFound, "link_invalid")),
        // Nobody is named until people invite each other on a page.
        LinkKind::Invitation => pages.show(Invitation { action, email, name, inviter: None }),
    }
}

async fn begin(
    State(app): State<App>,
    Extension(kind): Extension<LinkKind>,
    Path(token): Path<String>,
    browser: Browser,
    JsonCall(call): JsonCall<Begin>,
) -> Result<Json<Begun>, AppError> {
    registration::begin(&app, Link { kind, token: &token }, &call.email, &call.name, browser.digest()).await.map(Json)
}

async fn finish(
    State(app): State<App>,
    Extension(kind): Extension<LinkKind>,
    Path(token): Path<String>,
    Visiting(visitor): Visiting,
    JsonCall(call): JsonCall<Finish>,
) -> Result<Response, AppError> {
    let credential = call.credential.get().as_bytes();
    let opened = registration::finish(&app, Link { kind, token: &token }, &call.ceremony, credential, &visitor).await?;
    proved::go_on(&app, visitor.browser, &opened, app.config().issuer.join("/account/backup-codes?first"))
}
