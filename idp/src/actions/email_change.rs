//! Another address for one's account. It is theirs once somebody who is signed in to the account opens the link that was sent there; the old
//! address is told at once, and again when it is done, with a way back (C-REC-07).
//!
//! Whether somebody has the new address already is never said on a page before its owner has shown that it is theirs: the mail says it.

use std::time::Duration;

use crate::actions::audit::{Actor, Event, Origin};
use crate::actions::limits;
use crate::actions::mails::{self, Mail};
use crate::actions::notices::{self, Notice};
use crate::actions::one_time_links::{self, Purpose};
use crate::actions::sessions;
use crate::actions::visitor::Visitor;
use crate::app::App;
use crate::base::clock::Time;
use crate::base::digest::Digest;
use crate::base::email::Email;
use crate::base::error::{AppError, Kind};
use crate::base::sealed::binding;
use crate::store::one_time_link::{self, LinkKind};
use crate::store::reads::session_and_user::SessionAndUser;
use crate::store::{Job, StoreError, Write, horizon, session, user};

/// What must still be so when the link is used: the same old address, and nothing that ended everything.
fn bound_to(user: &user::Model) -> Digest {
    Digest::of(binding(&[b"email_change", user.id.as_uuid().as_bytes(), user.email.as_str().as_bytes(), &user.security_epoch.to_be_bytes()]))
}

struct Ask {
    session: session::Model,
    link: one_time_link::Model,
    mails: [Mail; 2],
    origin: Origin,
    now: Time,
}

/// The person's row, held to change, if the session that asks is still open.
async fn held(write: &Write<'_>, session: &session::Model) -> Result<Option<user::Model>, StoreError> {
    match user::hold_to_change(write, session.user_id).await? {
        Some(user) if sessions::is_still_open(write, session, &user).await? => Ok(Some(user)),
        _ => Ok(None),
    }
}

fn event(kind: &'static str, origin: &Origin, session: &session::Model) -> Event {
    Event::new(kind, origin).user(session.user_id).session(session.id)
}

fn session_ended() -> AppError {
    AppError::new(Kind::Unauthenticated, "not_signed_in")
}

impl Job for Ask {
    /// `false` if the session has ended.
    type Outcome = bool;

    async fn run(&self, write: &Write<'_>) -> Result<bool, StoreError> {
        let Some(user) = held(write, &self.session).await? else { return Ok(false) };
        let withdrawn = one_time_link::withdraw_of(write, &[LinkKind::EmailChange], user.id, self.now).await?;
        one_time_link::insert(write, self.link.clone()).await?;
        let event = event("email_change_asked", &self.origin, &self.session).detail("link", self.link.id.to_string());
        event.detail("withdrawn", withdrawn).record(write, self.now).await?;
        for mail in &self.mails {
            mail.queue(write).await?;
        }
        Ok(true)
    }
}

/// Whoever is signed in `here` wants to be known by another address: mails go to both. What was asked for before is withdrawn.
///
/// # Errors
/// `email_invalid`, `email_unchanged`, `too_many_attempts`, `not_signed_in`.
pub async fn ask(app: &App, here: &SessionAndUser, typed: &str, visitor: &Visitor) -> Result<(), AppError> {
    let SessionAndUser { session, user } = here;
    let email = Email::parse(typed).ok_or(AppError::new(Kind::Invalid, "email_invalid"))?;
    if email == user.email {
        return Err(AppError::new(Kind::Conflict, "email_unchanged"));
    }
    // C-THR-08: counted for the address that gets the mail, whoever's it is.
    if !limits::may_cause_mail(app, "confirm_address", &email, visitor.network).await? {
        return Err(AppError::new(Kind::TooMany(Duration::from_hours(1)), "too_many_attempts"));
    }
    let lifetime = app.config().lifetimes.email_change;
    let about = Some((user.id, bound_to(user)));
    let purpose = Purpose { kind: LinkKind::EmailChange, about, email: Some(email.clone()), name: None, role: user.role, lifetime };
    let (link, address) = one_time_links::new(app, purpose);
    let origin = visitor.origin.clone().by(Actor::User(user.id));
    // Whoever has the address is told in place of being asked; on the page it looks the same.
    let to_new = match user::by_email(app.store(), &email).await? {
        None => mails::confirm_address(app, user, &email, address, link.expires_at, &origin)?,
        Some(owner) => notices::to(app, &owner, Notice::AddressWanted, &origin)?,
    };
    let to_old = notices::to(app, user, Notice::AddressChangeAsked { to: email }, &origin)?;
    let asked = app.store().write(Ask { session: session.clone(), link, mails: [to_new, to_old], origin, now: app.now() }).await?;
    if asked { Ok(()) } else { Err(session_ended()) }
}

/// The address that waits to be confirmed, and until when. One read.
pub async fn waiting(app: &App, user: &user::Model) -> Result<Option<(Email, Time)>, StoreError> {
    let found = one_time_link::waiting_of(app.store(), LinkKind::EmailChange, user.id, app.now()).await?;
    let found = found.filter(|link| link.epoch == app.epoch() && link.bound_to == Some(bound_to(user)));
    Ok(found.and_then(|link| Some((link.email?, link.expires_at))))
}

struct Cancel {
    session: session::Model,
    origin: Origin,
    now: Time,
}

impl Job for Cancel {
    type Outcome = bool;

    async fn run(&self, write: &Write<'_>) -> Result<bool, StoreError> {
        let Some(user) = held(write, &self.session).await? else { return Ok(false) };
        if one_time_link::withdraw_of(write, &[LinkKind::EmailChange], user.id, self.now).await? > 0 {
            event("email_change_cancelled", &self.origin, &self.session).record(write, self.now).await?;
        }
        Ok(true)
    }
}

/// Withdraws the change that waits, if one does.
///
/// # Errors
/// `not_signed_in`.
pub async fn cancel(app: &App, here: &SessionAndUser, origin: &Origin) -> Result<(), AppError> {
    let origin = origin.clone().by(Actor::User(here.user.id));
    let done = app.store().write(Cancel { session: here.session.clone(), origin, now: app.now() }).await?;
    if done { Ok(()) } else { Err(session_ended()) }
}

/// A link that may be used by whoever is signed in.
#[derive(Clone, Debug)]
pub struct Link {
    row: one_time_link::Model,
    /// The address that was asked for.
    pub email: Email,
}

/// Opens a link for whoever is signed in `here`. Changes nothing (C-REC-05).
///
/// # Errors
/// `link_invalid`, also for a link of somebody else's account; `link_expired`.
pub async fn open(app: &App, here: &SessionAndUser, token: &str) -> Result<Link, AppError> {
    let row = one_time_links::find(app, &[LinkKind::EmailChange], token).await?;
    if row.user_id != Some(here.user.id) {
        // No more is said than of a link that never was.
        return Err(AppError::new(Kind::NotFound, "link_invalid").because("it is about another account"));
    }
    if row.bound_to != Some(bound_to(&here.user)) {
        return Err(one_time_links::over());
    }
    let email = row.email.clone().ok_or_else(one_time_links::over)?;
    Ok(Link { row, email })
}

struct Confirm {
    session: session::Model,
    link: Link,
    mails: [Mail; 2],
    epoch: i64,
    origin: Origin,
    now: Time,
}

enum Confirmed {
    Done(Box<user::Model>),
    SessionEnded,
    LinkOver,
    Taken,
}

impl Job for Confirm {
    type Outcome = Confirmed;

    async fn run(&self, write: &Write<'_>) -> Result<Confirmed, StoreError> {
        // Addresses are given one after the other on all nodes (E-RACE-07): one that is found free below stays free until the end.
        horizon::hold(write).await?;
        let Some(user) = held(write, &self.session).await? else { return Ok(Confirmed::SessionEnded) };
        let Link { row, email } = &self.link;
        if row.bound_to != Some(bound_to(&user)) || !one_time_links::is_waiting_in(write, row, self.epoch, self.now).await? {
            return Ok(Confirmed::LinkOver);
        }
        if user::by_email(write, email).await?.is_some() {
            event("email_change_failed", &self.origin, &self.session).detail("reason", "email_taken").record(write, self.now).await?;
            return Ok(Confirmed::Taken);
        }
        if !one_time_link::spend(write, row.id, self.epoch, self.now).await? {
            return Ok(Confirmed::LinkOver);
        }
        user::change_email(write, user.id, email, self.now).await?;
        event("email_changed", &self.origin, &self.session).detail("link", row.id.to_string()).record(write, self.now).await?;
        for mail in &self.mails {
            mail.queue(write).await?;
        }
        let changed = user::Model { email: email.clone(), email_verified_at: Some(self.now), updated_at: self.now, ..user };
        Ok(Confirmed::Done(Box::new(changed)))
    }
}

/// Makes the address of this link that of whoever is signed in `here`, as they are from now on.
///
/// # Errors
/// Those of [`open`]; `email_taken` if somebody has got it meanwhile; `not_signed_in`.
pub async fn confirm(app: &App, here: &SessionAndUser, token: &str, origin: &Origin) -> Result<user::Model, AppError> {
    let link = open(app, here, token).await?;
    let origin = origin.clone().by(Actor::User(here.user.id));
    let mails = notices::of_changed_address(app, &here.user, &link.email, &origin)?;
    match app.store().write(Confirm { session: here.session.clone(), link, mails, epoch: app.epoch(), origin, now: app.now() }).await? {
        Confirmed::Done(user) => Ok(*user),
        Confirmed::SessionEnded => Err(session_ended()),
        Confirmed::LinkOver => Err(one_time_links::over()),
        Confirmed::Taken => Err(AppError::new(Kind::Conflict, "email_taken")),
    }
}
