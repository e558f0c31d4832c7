//! Sign-in Methods: how a person proves who they are, and what they may do about it.

use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;

use crate::account::known_passkeys;
use crate::actions::ways_in::Rules;
use crate::actions::{backup_codes, passkeys};
use crate::adapters::templates::pages::{Codes, OwnPasskey, Passkey, SignInMethods, Way};
use crate::adapters::webauthn::credential_managers;
use crate::app::App;
use crate::base::error::AppError;
use crate::config::SuspectedClone;
use crate::store::{passkey, password, totp};
use crate::web::page::Pages;
use crate::web::session::Session;

/// Where it is.
pub(super) const PLACE: &str = "/account/sign-in-methods";

/// The query of the page: what was just done, to be said once more in words. It changes nothing.
#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    news: Option<String>,
}

/// A passkey, as its owner knows it.
fn shown(row: passkey::Model) -> Passkey {
    let passkey::Model { name, backed_up: synced, created_at, last_used_at, last_used_from, suspected_at, frozen_at, .. } = row;
    Passkey { name, synced, created_at, last_used_at, last_used_from, suspected_at, frozen_at }
}

fn own(app: &App, row: passkey::Model) -> OwnPasskey {
    let place = |what: &str| app.config().issuer.join(&format!("/account/passkeys/{}/{what}", row.id));
    let (rename_url, revoke_url, unfreeze_url) = (place("rename"), place("delete"), place("unfreeze"));
    let kind = credential_managers::name_of(row.aaguid).filter(|kind| *kind != row.name);
    OwnPasskey { kind, rename_url, revoke_url, unfreeze_url, passkey: shown(row) }
}

/// What may have just been done.
const NEWS: [&str; 11] = [
    "recovered",
    "unfrozen",
    "renamed",
    "revoked",
    "password-set",
    "password-changed",
    "password-changed-everywhere",
    "password-removed",
    "totp-added",
    "totp-replaced",
    "totp-removed",
];

/// `GET /account/sign-in-methods`
pub(super) async fn show(State(app): State<App>, Session(here): Session, Query(asked): Query<Asked>, pages: Pages) -> Result<Response, AppError> {
    let rows = passkeys::of(&app, &here).await?;
    let password = password::of_user(app.store(), here.user.id).await?.filter(password::Model::is_usable);
    let totp = totp::of_user(app.store(), here.user.id).await?.filter(totp::Model::is_usable);
    let codes = backup_codes::remaining(&app, here.user.id).await?;
    let news = asked.news.and_then(|news| NEWS.into_iter().find(|known| *known == news));
    let known = known_passkeys::of(&app, &here.user, &rows, news == Some("revoked"));
    let rules = Rules::of(&app);
    let passwords_work = app.config().sign_in.passwords.allows(rows.iter().any(|row| rules.signs_in(row)));
    let passkeys: Vec<OwnPasskey> = rows.into_iter().map(|row| own(&app, row)).collect();
    let most = app.config().limits.passkeys_per_user;
    pages.show(SignInMethods {
        house: pages.house(&here.user, "sign-in-methods"),
        nudge: passkeys.len() == 1,
        has_room: passkeys.len() < usize::try_from(most).unwrap_or(usize::MAX),
        most,
        passwords_work,
        password: password.map(|row| Way { set_at: row.set_at, last_used_at: row.last_used_at }),
        totp: totp.map(|row| Way { set_at: row.created_at, last_used_at: row.last_used_at }),
        codes: Codes { saved_at: here.user.backup_codes_acknowledged_at, left: codes.left, used_at: codes.used_at },
        news,
        passkeys,
        known,
        suspected_refused: app.config().passkeys.suspected_clone == SuspectedClone::Refuse,
    })
}
