//! Sessions: every browser in which a person is signed in, and ending one or all others (C-SES-06). Where it is, is said by its network alone:
//! who asks nobody else where an address might be, does not know more.

use axum::extract::{Path, Query, State};
use axum::response::{Redirect, Response};
use serde::Deserialize;

use crate::actions::{own_sessions, passkeys, sessions};
use crate::adapters::templates::pages::{OpenedWith, OwnSession, Sessions};
use crate::app::App;
use crate::base::error::{AppError, Kind};
use crate::base::id::Sid;
use crate::store::reads::session_and_user::SessionAndUser;
use crate::store::{passkey, session};
use crate::web::origin::RequestOrigin;
use crate::web::page::Pages;
use crate::web::recent::RecentForm;
use crate::web::session::Session;

/// Where it is.
pub(super) const PLACE: &str = "/account/sessions";

/// The query of the page: what was just done, to be said once more in words. It changes nothing.
#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    news: Option<String>,
}

fn opened_with(row: &session::Model, passkeys: &[passkey::Model]) -> OpenedWith {
    match row.passkey_id {
        Some(id) => match passkeys.iter().find(|passkey| passkey.id == id) {
            Some(passkey) => OpenedWith::Passkey { name: passkey.name.clone() },
            None => OpenedWith::RevokedPasskey,
        },
        None if row.amr.to_string().contains("otp") => OpenedWith::PasswordAndCode,
        None => OpenedWith::Password,
    }
}

fn own(app: &App, row: &session::Model, here: &SessionAndUser, passkeys: &[passkey::Model]) -> OwnSession {
    OwnSession {
        device: Some(row.device.clone()).filter(|device| !device.is_empty()),
        network: row.network.clone(),
        began_at: row.created_at,
        seen_at: row.last_seen_at,
        opened_with: opened_with(row, passkeys),
        current: row.id == here.session.id,
        end_url: app.config().issuer.join(&format!("{PLACE}/{}/end", row.sid)),
    }
}

/// `GET /account/sessions`
pub(super) async fn show(State(app): State<App>, Session(here): Session, Query(asked): Query<Asked>, pages: Pages) -> Result<Response, AppError> {
    let passkeys = passkeys::of(&app, &here).await?;
    let mut sessions: Vec<OwnSession> = sessions::of(&app, &here).await?.iter().map(|row| own(&app, row, &here, &passkeys)).collect();
    // The one that the person is in leads; the others keep their order.
    sessions.sort_by_key(|session| !session.current);
    let news = asked.news.and_then(|news| ["session-ended", "other-sessions-ended"].into_iter().find(|known| *known == news));
    pages.show(Sessions { house: pages.house(&here.user, "sessions"), sessions, most: app.config().sessions.most_per_user, news })
}

/// `POST /account/sessions/SID/end`. The session that asks is left by signing out, which asks first and tidies up.
pub(super) async fn end(
    State(app): State<App>,
    Path(sid): Path<String>,
    RequestOrigin(origin): RequestOrigin,
    RecentForm { here, .. }: RecentForm,
) -> Result<Redirect, AppError> {
    let sid = Sid::parse(&sid).ok_or(AppError::new(Kind::NotFound, "not_found"))?;
    if sid == here.session.sid {
        return Ok(Redirect::to(&app.config().issuer.join("/sign-out")));
    }
    own_sessions::end(&app, &here, sid, origin).await?;
    Ok(Redirect::to(&app.config().issuer.join(&format!("{PLACE}?news=session-ended"))))
}

/// `POST /account/sessions/others/end`
pub(super) async fn end_others(
    State(app): State<App>,
    RequestOrigin(origin): RequestOrigin,
    RecentForm { here, .. }: RecentForm,
) -> Result<Redirect, AppError> {
    own_sessions::end_others(&app, &here, origin).await?;
    Ok(Redirect::to(&app.config().issuer.join(&format!("{PLACE}?news=other-sessions-ended"))))
}
