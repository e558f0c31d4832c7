//! What a person does about their own sessions: ending one, or all but the one they are in.

use crate::actions::audit::{Actor, Origin};
use crate::actions::sessions;
use crate::app::App;
use crate::base::clock::Time;
use crate::base::error::{AppError, Kind};
use crate::base::id::Sid;
use crate::store::reads::session_and_user::SessionAndUser;
use crate::store::{Job, StoreError, Write, session, user};

struct EndOwn {
    /// The session that asks.
    here: session::Model,
    /// The one that ends; none for all others.
    sid: Option<Sid>,
    origin: Origin,
    now: Time,
}

enum Ended {
    Done,
    NotFound,
    NotSignedIn,
}

impl Job for EndOwn {
    type Outcome = Ended;

    async fn run(&self, write: &Write<'_>) -> Result<Ended, StoreError> {
        // Held to change: a sign-in that is under way is over by then, and what it began ends too.
        let Some(user) = user::hold_to_change(write, self.here.user_id).await? else { return Ok(Ended::NotSignedIn) };
        if !sessions::is_still_open(write, &self.here, &user).await? {
            return Ok(Ended::NotSignedIn);
        }
        let Some(sid) = &self.sid else {
            sessions::end_others_in(write, &self.here, "ended_by_owner", &self.origin, self.now).await?;
            return Ok(Ended::Done);
        };
        // C-SES-06: another person's is not there.
        let Some(found) = session::named(write, user.id, sid).await? else { return Ok(Ended::NotFound) };
        sessions::end_in(write, &found, "ended_by_owner", &self.origin, self.now).await?;
        Ok(Ended::Done)
    }
}

/// Ends the session `sid` of whoever is signed in `here`. One that has ended stays ended.
///
/// # Errors
/// `not_found` if they have no such session; `not_signed_in` if the session that asks has ended meanwhile.
pub async fn end(app: &App, here: &SessionAndUser, sid: Sid, origin: Origin) -> Result<(), AppError> {
    write(app, here, Some(sid), origin).await
}

/// Ends all other sessions of whoever is signed in `here`.
///
/// # Errors
/// `not_signed_in` if the session that asks has ended meanwhile.
pub async fn end_others(app: &App, here: &SessionAndUser, origin: Origin) -> Result<(), AppError> {
    write(app, here, None, origin).await
}

async fn write(app: &App, here: &SessionAndUser, sid: Option<Sid>, origin: Origin) -> Result<(), AppError> {
    let origin = origin.by(Actor::User(here.user.id));
    match app.store().write(EndOwn { here: here.session.clone(), sid, origin, now: app.now() }).await? {
        Ended::Done => Ok(()),
        Ended::NotFound => Err(AppError::new(Kind::NotFound, "not_found")),
        Ended::NotSignedIn => Err(AppError::new(Kind::Unauthenticated, "not_signed_in")),
    }
}
