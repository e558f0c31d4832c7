//! Sign-in Methods: how a person proves who they are, and what they may do about it.

use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;

use crate::account::dashboard::shown;
use crate::account::known_passkeys;
use crate::actions::passkeys;
use crate::adapters::templates::pages::{OwnPasskey, SignInMethods};
use crate::adapters::webauthn::credential_managers;
use crate::app::App;
use crate::base::error::AppError;
use crate::config::SuspectedClone;
use crate::store::passkey;
use crate::web::page::Pages;
use crate::web::session::Session;

/// Where it is.
pub(super) const PLACE: &str = "/account/sign-in-methods";

/// The query of the page: what was just done, to be said once more in words. It changes nothing.
#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    news: Option<String>,
}

fn own(app: &App, row: passkey::Model) -> OwnPasskey {
    let place = |what: &str| app.config().issuer.join(&format!("/account/passkeys/{}/{what}", row.id));
    let (rename_url, revoke_url) = (place("rename"), place("delete"));
    let kind = credential_managers::name_of(row.aaguid).filter(|kind| *kind != row.name);
    OwnPasskey { kind, rename_url, revoke_url, passkey: shown(row) }
}

/// `GET /account/sign-in-methods`
pub(super) async fn show(State(app): State<App>, Session(here): Session, Query(asked): Query<Asked>, pages: Pages) -> Result<Response, AppError> {
    let rows = passkeys::of(&app, &here).await?;
    let news = asked.news.and_then(|news| ["renamed", "revoked", "recovered"].into_iter().find(|known| *known == news));
    let known = known_passkeys::of(&app, &here.user, &rows, news == Some("revoked"));
    let passkeys: Vec<OwnPasskey> = rows.into_iter().map(|row| own(&app, row)).collect();
    let most = app.config().limits.passkeys_per_user;
    pages.show(SignInMethods {
        house: pages.house(&here.user, "sign-in-methods"),
        nudge: passkeys.len() == 1,
        has_room: passkeys.len() < usize::try_from(most).unwrap_or(usize::MAX),
        most,
        codes_saved_at: here.user.backup_codes_acknowledged_at,
        news,
        passkeys,
        known,
        suspected_refused: app.config().passkeys.suspected_clone == SuspectedClone::Refuse,
    })
}
