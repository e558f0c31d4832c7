//! Choosing another account of those that are signed in in a browser. Nothing is proved and nothing begins: the session notes when it was
//! chosen, which is what `prompt=select_account` asks for (OpenID Connect Core §3.1.2.1).

use crate::actions::audit::{Actor, Event, Origin};
use crate::actions::everybody::Everybody;
use crate::app::App;
use crate::base::clock::Time;
use crate::base::error::{AppError, Kind};
use crate::base::id::Sid;
use crate::base::session_secrets::SessionSecrets;
use crate::store::reads::session_and_user::SessionAndUser;
use crate::store::{Job, StoreError, Write, session, user};

struct Choose {
    who: SessionAndUser,
    origin: Origin,
    now: Time,
}

impl Job for Choose {
    type Outcome = bool;

    async fn run(&self, write: &Write<'_>) -> Result<bool, StoreError> {
        let SessionAndUser { session, user } = &self.who;
        // Looked at again: the person may have been shut out, or the session ended, since the page was shown.
        let Some(user) = user::hold(write, user.id).await?.filter(user::Model::is_active) else { return Ok(false) };
        if !session::choose(write, session.id, user.security_epoch, self.now).await? {
            return Ok(false);
        }
        Event::new("account_chosen", &self.origin).user(user.id).session(session.id).record(write, self.now).await?;
        Ok(true)
    }
}

/// Makes the session named `sid` the current one of this browser: what its cookie holds from now on.
///
/// # Errors
/// `not_signed_in` if it is none of those here, or has ended meanwhile.
pub async fn choose(app: &App, here: &Everybody, sid: &Sid, origin: Origin) -> Result<SessionSecrets, AppError> {
    let gone = || AppError::new(Kind::Unauthenticated, "not_signed_in");
    let who = here.named(sid).ok_or_else(gone)?.clone();
    let id = who.user.id;
    if app.store().write(Choose { who, origin: origin.by(Actor::User(id)), now: app.now() }).await? { Ok(here.led_by(id)) } else { Err(gone()) }
}
