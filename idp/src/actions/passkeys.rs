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
        Changed::NotFound => Err(AppError::new(Kind::NotFound, "not_found").because("no passkey of this person")),
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

struct Rename {
    session: session::Model,
    passkey: PasskeyId,
    name: PasskeyName,
    mail: Mail,
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
        self.mail.queue(write).await?;
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
    let from = name_of(app, here, passkey).await?;
    let mail = notices::to(app, &here.user, Notice::PasskeyRenamed { from, to: name.as_str().to_owned() }, &origin)?;
    result(&app.store().write(Rename { session: here.session.clone(), passkey, name, mail, origin, now: app.now() }).await?)
}

/// What this passkey is called now, for the mail. One read.
async fn name_of(app: &App, here: &SessionAndUser, passkey: PasskeyId) -> Result<String, AppError> {
    match passkey::owned(app.store(), passkey, here.user.id).await? {
        Some(row) => Ok(row.name),
        None => result(&Changed::NotFound).map(|()| String::new()),
    }
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
        // The session that revokes is spared: its person has just proved who they are.
        sessions::end_opened_by_in(write, user, self.passkey, self.session.id, &self.origin, self.now).await?;
        self.mail.queue(write).await?;
        Ok(Changed::Done)
    }
}

/// Takes a passkey of whoever is signed in `here` away: its public key is gone at once, and the sessions that it opened elsewhere end.
///
/// # Errors
/// `not_found`, `not_signed_in`; `last_passkey` if no way in would be left and `even_the_last` was not said.
pub async fn revoke(app: &App, here: &SessionAndUser, passkey: PasskeyId, even_the_last: bool, origin: &Origin) -> Result<(), AppError> {
    let origin = origin.clone().by(Actor::User(here.user.id));
    let name = name_of(app, here, passkey).await?;
    let mail = notices::to(app, &here.user, Notice::PasskeyRevoked { name }, &origin)?;
    let rules = Rules::of(app);
    result(&app.store().write(Revoke { session: here.session.clone(), passkey, rules, even_the_last, mail, origin, now: app.now() }).await?)
}

struct Unfreeze {
    session: session::Model,
    passkey: PasskeyId,
    mail: Mail,
    origin: Origin,
    now: Time,
}

impl Job for Unfreeze {
    type Outcome = Changed;

    async fn run(&self, write: &Write<'_>) -> Result<Changed, StoreError> {
        if !holds(write, &self.session).await? {
            return Ok(Changed::SessionEnded);
        }
        if !passkey::unfreeze(write, self.passkey, self.session.user_id).await? {
            return Ok(Changed::NotFound);
        }
        event("passkey_unfrozen", &self.origin, &self.session, self.passkey).record(write, self.now).await?;
        self.mail.queue(write).await?;
        Ok(Changed::Done)
    }
}

/// Lets a passkey sign in again that whoever is signed in `here` had reported as not theirs.
///
/// # Errors
/// `not_found`, also if it is not frozen; `not_signed_in`.
pub async fn unfreeze(app: &App, here: &SessionAndUser, passkey: PasskeyId, origin: &Origin) -> Result<(), AppError> {
    let origin = origin.clone().by(Actor::User(here.user.id));
    let name = name_of(app, here, passkey).await?;
    let mail = notices::to(app, &here.user, Notice::PasskeyUnfrozen { passkey, name }, &origin)?;
    result(&app.store().write(Unfreeze { session: here.session.clone(), passkey, mail, origin, now: app.now() }).await?)
}
