//! Looking after one's own passkeys: their names, and taking one away. Registering another is `further_passkey`.
//!
//! Whose a passkey is, is part of every question: another person's is not found (B-LC-01).

use crate::actions::audit::{Actor, Event, Origin};
use crate::actions::mails::Mail;
use crate::actions::notices::{self, Notice};
use crate::actions::passkey_name::PasskeyName;
use crate::actions::sessions;
use crate::actions::ways_in::Rules;
use crate::app::App;
use crate::base::clock::Time;
use crate::base::error::{AppError, Kind};
use crate::base::id::{PasskeyId, UserId};
use crate::store::reads::session_and_user::SessionAndUser;
use crate::store::{Job, StoreError, Write, passkey, session, user};

/// A person's own passkeys, oldest first, without those of another RP ID: nobody can sign in with these here.
pub async fn of(app: &App, here: &SessionAndUser) -> Result<Vec<passkey::Model>, StoreError> {
    let mut own = passkey::of_user(app.store(), here.user.id).await?;
    own.retain(|row| row.rp_id == app.config().passkeys.rp_id);
    Ok(own)
}

/// Whether a person has any passkey for this RP ID.
pub async fn are_there(app: &App, user: UserId) -> Result<bool, StoreError> {
    let rp_id = &app.config().passkeys.rp_id;
    Ok(passkey::of_user(app.store(), user).await?.iter().any(|row| row.rp_id == *rp_id))
}

/// What a change of a passkey came to.
enum Changed {
    Done,
    SessionEnded,
    NotFound,
    /// It is the last way in, and nobody said that they mean it.
    Last,
}

fn result(changed: &Changed) -> Result<(), AppError> {
    match changed {
        Changed::Done => Ok(()),
        Changed::SessionEnded => Err(AppError::new(Kind::Unauthenticated, "not_signed_in")),
        Changed::NotFound => Err(not_found()),
        Changed::Last => Err(AppError::new(Kind::Conflict, "last_passkey")),
    }
}

/// The person's row, held to change, if the session that asks is still open: registrations and revocations of one person come one after
/// the other.
async fn holds(write: &Write<'_>, session: &session::Model) -> Result<bool, StoreError> {
    match user::hold_to_change(write, session.user_id).await? {
        Some(user) => sessions::is_still_open(write, session, &user).await,
        None => Ok(false),
    }
}

/// The passkey of this row id, if it is of whoever is signed in `here`.
async fn own(app: &App, here: &SessionAndUser, id: PasskeyId) -> Result<passkey::Model, AppError> {
    match passkey::owned(app.store(), id, here.user.id).await? {
        Some(found) => Ok(found),
        None => Err(not_found()),
    }
}

fn not_found() -> AppError {
    AppError::new(Kind::NotFound, "not_found").because("no passkey of this person")
}

struct Rename {
    session: session::Model,
    passkey: PasskeyId,
    name: PasskeyName,
    mail: Option<Mail>,
    origin: Origin,
    now: Time,
}

impl Job for Rename {
    type Outcome = Changed;

    async fn run(&self, write: &Write<'_>) -> Result<Changed, StoreError> {
        if !holds(write, &self.session).await? {
            return Ok(Changed::SessionEnded);
        }
        if !passkey::rename(write, self.passkey, self.session.user_id, self.name.as_str()).await? {
            return Ok(Changed::NotFound);
        }
        event("passkey_renamed", &self.origin, &self.session, self.passkey).record(write, self.now).await?;
        if let Some(mail) = &self.mail {
            mail.queue(write).await?;
        }
        Ok(Changed::Done)
    }
}

fn event(kind: &'static str, origin: &Origin, session: &session::Model, passkey: PasskeyId) -> Event {
    Event::new(kind, origin).user(session.user_id).session(session.id).detail("passkey", passkey.to_string())
}

/// Calls a passkey of whoever is signed in `here` something else.
///
/// # Errors
/// `not_found`, `not_signed_in`.
pub async fn rename(app: &App, here: &SessionAndUser, passkey: PasskeyId, name: PasskeyName, origin: &Origin) -> Result<(), AppError> {
    let origin = origin.clone().by(Actor::User(here.user.id));
    let before = own(app, here, passkey).await?;
    let notice = Notice::PasskeyRenamed { from: before.name, to: name.as_str().to_owned() };
    // Not for the name that it gets when it is registered: a mail about that has just gone.
    let is_new = app.now().since(before.created_at) < app.config().sessions.step_up && before.last_used_at.is_none();
    let mail = if is_new { None } else { Some(notices::to(app, &here.user, notice, &origin)?) };
    result(&app.store().write(Rename { session: here.session.clone(), passkey, name, mail, origin, now: app.now() }).await?)
}

struct Revoke {
    session: session::Model,
    passkey: PasskeyId,
    rules: Rules,
    even_the_last: bool,
    mail: Mail,
    origin: Origin,
    now: Time,
}

impl Job for Revoke {
    type Outcome = Changed;

    async fn run(&self, write: &Write<'_>) -> Result<Changed, StoreError> {
        if !holds(write, &self.session).await? {
            return Ok(Changed::SessionEnded);
        }
        let user = self.session.user_id;
        if passkey::owned(write, self.passkey, user).await?.is_none() {
            return Ok(Changed::NotFound);
        }
        // B-LC-02. Asked while the person's row is held, so that two pages that revoke two passkeys can't leave no way in.
        let remaining = self.rules.ways_without(write, user, self.passkey).await?;
        if !remaining.open() && !self.even_the_last {
            return Ok(Changed::Last);
        }
        passkey::delete(write, self.passkey, user).await?;
        event("passkey_revoked", &self.origin, &self.session, self.passkey)
            .detail("ways_in_remain", remaining.open())
            .record(write, self.now)
            .await?;
        self.mail.queue(write).await?;
        // The session that revokes is spared: its person has just proved who they are.
        sessions::end_opened_by_in(write, user, self.passkey, self.session.id, &self.origin, self.now).await?;
        Ok(Changed::Done)
    }
}

/// Takes a passkey of whoever is signed in `here` away: its public key is gone at once, and the sessions that it opened elsewhere end.
///
/// # Errors
/// `not_found`, `not_signed_in`; `last_passkey` if no way in would be left and `even_the_last` was not said.
pub async fn revoke(app: &App, here: &SessionAndUser, passkey: PasskeyId, even_the_last: bool, origin: &Origin) -> Result<(), AppError> {
    let origin = origin.clone().by(Actor::User(here.user.id));
    let rules = Rules::of(app);
    let mail = notices::to(app, &here.user, Notice::PasskeyRevoked { name: own(app, here, passkey).await?.name }, &origin)?;
    result(&app.store().write(Revoke { session: here.session.clone(), passkey, rules, even_the_last, mail, origin, now: app.now() }).await?)
}
