//! One passkey: its name, and taking it away. Each is asked on a page of its own, so that both work without a script, and the second says
//! in words what it means before it is done.

use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use http::StatusCode;
use serde::Deserialize;

use crate::account::sign_in_methods::PLACE;
use crate::actions::passkey_name::PasskeyName;
use crate::actions::passkeys;
use crate::actions::ways_in::Rules;
use crate::adapters::templates::pages::{RenamePasskey, RevokePasskey};
use crate::app::App;
use crate::base::error::{AppError, Kind};
use crate::base::id::PasskeyId;
use crate::store::passkey;
use crate::store::reads::session_and_user::SessionAndUser;
use crate::web::origin::RequestOrigin;
use crate::web::page::Pages;
use crate::web::recent::RecentForm;
use crate::web::session::Session;

/// The query of the page that asks for a name; `new` changes what it says, and nothing else.
#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    new: Option<String>,
}

fn nowhere() -> AppError {
    AppError::new(Kind::NotFound, "not_found")
}

fn parse(id: &str) -> Result<PasskeyId, AppError> {
    id.parse().map_err(|_| nowhere())
}

/// The passkey of this address, and the person's others.
async fn find(app: &App, here: &SessionAndUser, id: &str) -> Result<(passkey::Model, Vec<passkey::Model>), AppError> {
    let id = parse(id)?;
    let found = passkey::owned(app.store(), id, here.user.id).await?.ok_or_else(nowhere)?;
    let mut others = passkeys::of(app, here).await?;
    others.retain(|row| row.id != id);
    Ok((found, others))
}

fn back_url(app: &App) -> String {
    app.config().issuer.join(PLACE)
}

fn naming(app: &App, id: PasskeyId, name: String) -> RenamePasskey {
    let action = app.config().issuer.join(&format!("/account/passkeys/{id}/rename"));
    RenamePasskey { action, name, is_new: false, longest: PasskeyName::LONGEST, error: None, back_url: back_url(app) }
}

/// `GET /account/passkeys/ID/rename`
pub(super) async fn ask_name(
    State(app): State<App>,
    Session(here): Session,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
    pages: Pages,
) -> Result<Response, AppError> {
    let (passkey, _) = find(&app, &here, &id).await?;
    pages.show(RenamePasskey { is_new: asked.new.is_some(), ..naming(&app, passkey.id, passkey.name) })
}

/// `POST /account/passkeys/ID/rename`
pub(super) async fn rename(
    State(app): State<App>,
    Path(id): Path<String>,
    RequestOrigin(origin): RequestOrigin,
    pages: Pages,
    RecentForm { here, form }: RecentForm,
) -> Result<Response, AppError> {
    let (passkey, _) = find(&app, &here, &id).await?;
    let typed = form.field("name");
    let Some(name) = PasskeyName::parse(typed) else {
        let page = RenamePasskey { error: Some("error-passkey_name_invalid"), ..naming(&app, passkey.id, typed.to_owned()) };
        return Ok((StatusCode::BAD_REQUEST, pages.show(page)?).into_response());
    };
    passkeys::rename(&app, &here, passkey.id, name, &origin).await?;
    Ok(Redirect::to(&format!("{}?news=renamed", back_url(&app))).into_response())
}

/// `GET /account/passkeys/ID/delete`: says what revoking means.
pub(super) async fn ask_whether(State(app): State<App>, Session(here): Session, Path(id): Path<String>, pages: Pages) -> Result<Response, AppError> {
    let (passkey, mut others) = find(&app, &here, &id).await?;
    let rules = Rules::of(&app);
    others.retain(|row| rules.signs_in(row));
    let remaining = rules.ways_without(app.store(), here.user.id, passkey.id).await?;
    pages.show(RevokePasskey {
        password: remaining.password,
        totp: remaining.totp,
        action: app.config().issuer.join(&format!("/account/passkeys/{}/delete", passkey.id)),
        name: passkey.name,
        account: here.user.email.to_string(),
        remaining: others.into_iter().map(|row| row.name).collect(),
        back_url: back_url(&app),
    })
}

/// `POST /account/passkeys/ID/delete`
pub(super) async fn revoke(
    State(app): State<App>,
    Path(id): Path<String>,
    RequestOrigin(origin): RequestOrigin,
    RecentForm { here, form }: RecentForm,
) -> Result<Redirect, AppError> {
    passkeys::revoke(&app, &here, parse(&id)?, form.field("last_passkey") == "yes", &origin).await?;
    Ok(Redirect::to(&format!("{}?news=revoked", back_url(&app))))
}

/// `POST /account/passkeys/ID/unfreeze`: it was theirs after all.
pub(super) async fn unfreeze(
    State(app): State<App>,
    Path(id): Path<String>,
    RequestOrigin(origin): RequestOrigin,
    RecentForm { here, .. }: RecentForm,
) -> Result<Redirect, AppError> {
    passkeys::unfreeze(&app, &here, parse(&id)?, &origin).await?;
    Ok(Redirect::to(&format!("{}?news=unfrozen", back_url(&app))))
}
