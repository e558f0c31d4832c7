//! Setting, changing and removing one's own password, by whoever has just proved who they are. Judging one is `passwords`.
//!
//! A new password is judged by length and by how hard it is to guess, and looked up among those of breaches; no rules about letters and digits,
//! no hints, no expiry (C-PW-01, C-PW-03, C-PW-04).

use crate::actions::audit::{Actor, Event, Origin};
use crate::actions::mails::Mail;
use crate::actions::notices::{self, Notice};
use crate::actions::passwords::{self, Judged, LEAST_ALONE};
use crate::actions::sessions;
use crate::actions::ways_in::{self, Objection, Rules};
use crate::adapters::password_strength;
use crate::app::App;
use crate::base::clock::Time;
use crate::base::error::{AppError, Kind};
use crate::base::password::Password;
use crate::base::secret::PasswordHash;
use crate::config::PasswordPolicy;
use crate::store::reads::session_and_user::SessionAndUser;
use crate::store::{Job, StoreError, Write, password, session, totp, user};

/// The fewest where an authenticator app is always asked too.
const LEAST_CONFIRMED: usize = 12;
/// The most. Every one of them counts.
pub const LONGEST: usize = 256;

/// A password that may be set: long enough, hard to guess, in no breach that we know of.
#[derive(Debug)]
#[must_use = "it is set by `set`"]
pub struct Acceptable {
    password: Password,
    /// Whether nobody could say if it was in a breach.
    breach_unknown: bool,
}

/// The fewest characters that a new password of this person has.
pub async fn least(app: &App, here: &SessionAndUser) -> Result<usize, StoreError> {
    Ok(if ways_in::of(app, here.user.id).await?.totp { LEAST_CONFIRMED } else { LEAST_ALONE })
}

/// Judges a new password of this person.
///
/// # Errors
/// `password_too_short`, `password_too_long`, `password_weak`, `password_breached`; `password_not_allowed` where the policy lets nobody in by one.
pub async fn acceptable(app: &App, user: &user::Model, least: usize, password: Password) -> Result<Acceptable, AppError> {
    if app.config().sign_in.passwords == PasswordPolicy::Never {
        return Err(AppError::new(Kind::Forbidden, "password_not_allowed"));
    }
    let characters = password.characters();
    if characters < least {
        return Err(AppError::new(Kind::Invalid, "password_too_short"));
    }
    if characters > LONGEST {
        return Err(AppError::new(Kind::Invalid, "password_too_long"));
    }
    let about = vec![app.config().brand.name.clone(), app.config().issuer.host().to_owned(), user.email.to_string(), user.name.clone()];
    let judged = password.clone();
    let is_strong = tokio::task::spawn_blocking(move || password_strength::is_strong(judged.expose(), &about)).await;
    if !is_strong.map_err(AppError::internal)? {
        return Err(AppError::new(Kind::Invalid, "password_weak"));
    }
    match app.breached_passwords().have(password.expose()).await {
        Ok(false) => Ok(Acceptable { password, breach_unknown: false }),
        Ok(true) => Err(AppError::new(Kind::Invalid, "password_breached")),
        Err(error) => {
            tracing::warn!(%error, "a new password was not looked up among breached ones");
            Ok(Acceptable { password, breach_unknown: true })
        }
    }
}

struct Set {
    session: session::Model,
    hash: PasswordHash,
    stands_alone: bool,
    rules: Rules,
    current: Option<Judged>,
    others_stay: bool,
    breach_unknown: bool,
    /// The one for a first password, and the one for another.
    mails: [Mail; 2],
    origin: Origin,
    now: Time,
}

enum Outcome {
    Done { was_there: bool },
    TooShort,
    SessionEnded,
    CurrentChanged,
}

impl Job for Set {
    type Outcome = Outcome;

    async fn run(&self, write: &Write<'_>) -> Result<Outcome, StoreError> {
        let user_id = self.session.user_id;
        let Some(user) = user::hold_to_change(write, user_id).await? else { return Ok(Outcome::SessionEnded) };
        if !sessions::is_still_open(write, &self.session, &user).await? {
            return Ok(Outcome::SessionEnded);
        }
        if let Some(current) = &self.current
            && !current.settle(write).await?
        {
            return Ok(Outcome::CurrentChanged);
        }
        // C-PW-01: the app that allowed a shorter one may be gone since.
        if self.rules.objection_in(write, user_id, self.stands_alone).await? == Some(Objection::TooShortAlone) {
            return Ok(Outcome::TooShort);
        }
        let was_there = password::of_user(write, user_id).await?.is_some();
        let Self { stands_alone, now: set_at, .. } = *self;
        let row = password::Model { user_id, hash: self.hash.clone(), set_at, stands_alone, last_used_at: None, frozen_at: None };
        password::set(write, row).await?;
        let kind = if was_there { "password_changed" } else { "password_set" };
        let event = |kind| Event::new(kind, &self.origin).user(user_id).session(self.session.id);
        event(kind).record(write, self.now).await?;
        let [first, another] = &self.mails;
        if was_there { another } else { first }.queue(write).await?;
        if self.breach_unknown {
            event("breached_passwords_not_asked").record(write, self.now).await?;
        }
        if !self.others_stay {
            sessions::end_others_in(write, &self.session, kind, &self.origin, self.now).await?;
        }
        Ok(Outcome::Done { was_there })
    }
}

/// Sets a password of whoever is signed in `here`. `current` is the right one of now, where it was asked for. Their other sessions end unless
/// `others_stay`. Whether there was one before.
///
/// # Errors
/// `password_invalid` if the current one was changed meanwhile, `password_too_short` if the authenticator app that allowed it is gone; `unavailable` if too many wait to be hashed; `not_signed_in`.
pub async fn set(
    app: &App,
    here: &SessionAndUser,
    new: Acceptable,
    current: Option<Judged>,
    others_stay: bool,
    origin: &Origin,
) -> Result<bool, AppError> {
    let Acceptable { password, breach_unknown } = new;
    let hash = app.passwords().hash(&password).await?;
    let origin = origin.clone().by(Actor::User(here.user.id));
    let set_at = app.now();
    let mails = [Notice::PasswordSet { set_at }, Notice::PasswordChanged { set_at }].map(|notice| notices::to(app, &here.user, notice, &origin));
    let [first, another] = mails;
    let mails = [first?, another?];
    let (session, stands_alone, rules) = (here.session.clone(), passwords::stands_alone(&password), Rules::of(app));
    let job = Set { session, hash, stands_alone, rules, current, others_stay, breach_unknown, mails, origin, now: set_at };
    match app.store().write(job).await? {
        Outcome::Done { was_there } => Ok(was_there),
        Outcome::SessionEnded => Err(AppError::new(Kind::Unauthenticated, "not_signed_in")),
        Outcome::TooShort => Err(AppError::new(Kind::Invalid, "password_too_short").because("the authenticator app is gone")),
        Outcome::CurrentChanged => Err(passwords::invalid("it was changed meanwhile")),
    }
}

struct Remove {
    session: session::Model,
    rules: Rules,
    even_the_last: bool,
    others_stay: bool,
    mails: [Mail; 2],
    origin: Origin,
    now: Time,
}

enum Removed {
    Done,
    NotThere,
    Last,
    SessionEnded,
}

impl Job for Remove {
    type Outcome = Removed;

    async fn run(&self, write: &Write<'_>) -> Result<Removed, StoreError> {
        let user_id = self.session.user_id;
        let Some(user) = user::hold_to_change(write, user_id).await? else { return Ok(Removed::SessionEnded) };
        if !sessions::is_still_open(write, &self.session, &user).await? {
            return Ok(Removed::SessionEnded);
        }
        // Looked at while the person's row is held, so that two pages can't take the last two ways away.
        if !self.rules.ways_of(write, user_id).await?.passkey && !self.even_the_last {
            return Ok(Removed::Last);
        }
        if !password::remove(write, user_id).await? {
            return Ok(Removed::NotThere);
        }
        let event = |kind| Event::new(kind, &self.origin).user(user_id).session(self.session.id);
        event("password_removed").record(write, self.now).await?;
        let [password_removed, app_removed] = &self.mails;
        password_removed.queue(write).await?;
        // It confirms a password, and nothing else.
        if totp::delete(write, user_id).await? {
            event("totp_removed").record(write, self.now).await?;
            app_removed.queue(write).await?;
        }
        if !self.others_stay {
            sessions::end_others_in(write, &self.session, "password_removed", &self.origin, self.now).await?;
        }
        Ok(Removed::Done)
    }
}

/// Takes the password of whoever is signed in `here` away, and the authenticator app with it. Their other sessions end unless `others_stay`.
///
/// # Errors
/// `not_found` if there is none; `last_way` if no passkey would be left and `even_the_last` was not said; `not_signed_in`.
pub async fn remove(app: &App, here: &SessionAndUser, even_the_last: bool, others_stay: bool, origin: &Origin) -> Result<(), AppError> {
    let origin = origin.clone().by(Actor::User(here.user.id));
    let mail = |notice| notices::to(app, &here.user, notice, &origin);
    let mails = [mail(Notice::PasswordRemoved)?, mail(Notice::AuthenticatorAppRemoved)?];
    let job = Remove { session: here.session.clone(), rules: Rules::of(app), even_the_last, others_stay, mails, origin, now: app.now() };
    match app.store().write(job).await? {
        Removed::Done => Ok(()),
        Removed::NotThere => Err(AppError::new(Kind::NotFound, "not_found").because("no password")),
        Removed::Last => Err(AppError::new(Kind::Conflict, "last_way")),
        Removed::SessionEnded => Err(AppError::new(Kind::Unauthenticated, "not_signed_in")),
    }
}
