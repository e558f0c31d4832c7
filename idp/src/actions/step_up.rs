//! Step-up without a passkey: whoever is signed in confirms with the password, and with a code of the authenticator app where there is one.
//! The session goes on with a new secret and new times. A backup code confirms nothing (C-BC-03, C-SUDO-02).
//!
//! Who has a passkey confirms with that and nothing less: see `sign_in`, which judges it.

use crate::actions::audit::{Actor, Event};
use crate::actions::passwords::{self, Judged};
use crate::actions::second_step::{self, Accepted, Answer, Proven};
use crate::actions::sessions::{self, Beginning, Opened, Proof};
use crate::actions::totp;
use crate::actions::visitor::Visitor;
use crate::actions::ways_in::{self, Rules};
use crate::app::App;
use crate::base::clock::Time;
use crate::base::digest::Digest;
use crate::base::error::{AppError, Kind};
use crate::base::id::SessionId;
use crate::base::password::Password;
use crate::base::sealed::binding;
use crate::base::secret::SessionSecret;
use crate::protocol::claims::{Acr, Amr, AuthenticationMethod};
use crate::store::reads::session_and_user::SessionAndUser;
use crate::store::{Job, StoreError, Write, user};

/// C-SUDO-03, C-TOTP-05: a password shown in one browser and session confirms nothing in another, and is no half of a sign-in.
fn belongs_to(browser: Digest, session: SessionId) -> Vec<u8> {
    binding(&[b"confirmation", browser.as_bytes(), session.as_uuid().as_bytes()])
}

/// What a right password came to.
#[derive(Debug)]
pub enum Step {
    /// It is confirmed; the session goes on like this.
    Confirmed(Box<Opened>),
    /// A code is needed. The text is brought back with it.
    CodeNeeded(String),
}

/// Judges the password of whoever is signed in `here`.
///
/// # Errors
/// `confirm_with_passkey` for whoever has one; those of [`passwords::judge`]; `not_signed_in` if the session has ended meanwhile.
pub async fn with_password(app: &App, here: &SessionAndUser, visitor: &Visitor, password: &Password) -> Result<Step, AppError> {
    if ways_in::of(app, here.user.id).await?.passkey {
        return Err(with_passkey_only());
    }
    let judged = passwords::judge(app, visitor, &here.user.email, password).await?;
    if judged.user.id != here.user.id {
        return Err(passwords::invalid("the address has become another person's"));
    }
    let sealed = second_step::seal(app, &judged, &belongs_to(visitor.browser, here.session.id))?;
    let proof = Proof { acr: Acr::Password, amr: Amr::of(&[AuthenticationMethod::Pwd]) };
    match confirm(app, here, visitor, proof, Shown::Password(Box::new(judged))).await? {
        Some(opened) => Ok(Step::Confirmed(Box::new(opened))),
        None => Ok(Step::CodeNeeded(sealed)),
    }
}

/// Judges the code that confirms the password, which `passed` stands for.
///
/// # Errors
/// `confirm_expired` for a password that was shown elsewhere, too long ago or for too many codes, or changed since; `code_invalid`,
/// `too_many_attempts`; `confirm_with_passkey`; `not_signed_in`.
pub async fn with_code(app: &App, here: &SessionAndUser, visitor: &Visitor, passed: &str, typed: &str) -> Result<Opened, AppError> {
    let half_done = second_step::open(app, passed, &belongs_to(visitor.browser, here.session.id)).await.map_err(begin_again)?;
    let proven = second_step::judge(app, visitor, half_done, Answer::Totp(typed)).await.map_err(begin_again)?;
    let opened = confirm(app, here, visitor, confirmed_by_code(), Shown::Code(Box::new(proven))).await?;
    opened.ok_or_else(|| expired("the code gave no session"))
}

fn with_passkey_only() -> AppError {
    AppError::new(Kind::Forbidden, "confirm_with_passkey")
}

fn expired(why: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> AppError {
    AppError::new(Kind::Gone, "confirm_expired").because(why)
}

/// The same in the words of a confirmation.
fn begin_again(error: AppError) -> AppError {
    if error.code == "second_step_over" { expired(error) } else { error }
}

/// What was shown, to be judged once more inside the write.
enum Shown {
    Password(Box<Judged>),
    Code(Box<Proven>),
}

struct Confirm {
    here: SessionAndUser,
    shown: Shown,
    rules: Rules,
    beginning: Beginning,
    failed: Event,
}

enum Outcome {
    Done,
    CodeNeeded,
    SessionEnded,
    HasPasskey,
    Over(&'static str),
    CodeUsed,
}

/// What it takes to let the session of whoever is signed in `here` go on by another proof, and what the browser shows once it does.
pub(super) async fn goes_on(app: &App, here: &SessionAndUser, visitor: &Visitor, proof: Proof) -> Result<(Beginning, Opened), StoreError> {
    let secret = SessionSecret::random();
    let before = visitor.everybody(app).await?;
    let beside = before.beside(here.user.id);
    let beginning = Beginning {
        before,
        // C-SES-02: a new secret with every proof.
        secret: secret.digest(),
        browser: visitor.browser,
        proof,
        passkey: None,
        now: app.now(),
        limits: app.config().sessions.clone(),
        epoch: app.epoch(),
        origin: visitor.origin.clone().by(Actor::User(here.user.id)),
        news: None,
    };
    Ok((beginning, Opened { secret, user: here.user.clone(), beside }))
}

/// What a password with a code of the app is worth.
pub(super) fn confirmed_by_code() -> Proof {
    let amr = Amr::of(&[AuthenticationMethod::Pwd, AuthenticationMethod::Otp, AuthenticationMethod::Mfa]);
    Proof { acr: Acr::PasswordOtp, amr }
}

/// The session as it goes on; none where a code is needed first.
async fn confirm(app: &App, here: &SessionAndUser, visitor: &Visitor, proof: Proof, shown: Shown) -> Result<Option<Opened>, AppError> {
    let (beginning, opened) = goes_on(app, here, visitor, proof).await?;
    let failed = Event::new("confirmation_failed", &visitor.origin).user(here.user.id).session(here.session.id);
    let job = Confirm { here: here.clone(), shown, rules: Rules::of(app), beginning, failed };
    match app.store().write(job).await? {
        Outcome::Done => Ok(Some(opened)),
        Outcome::CodeNeeded => Ok(None),
        Outcome::SessionEnded => Err(AppError::new(Kind::Unauthenticated, "not_signed_in")),
        Outcome::HasPasskey => Err(with_passkey_only()),
        Outcome::Over(why) => Err(expired(why)),
        Outcome::CodeUsed => Err(totp::invalid("it was used before")),
    }
}

impl Job for Confirm {
    type Outcome = Outcome;

    async fn run(&self, write: &Write<'_>) -> Result<Outcome, StoreError> {
        let Beginning { now, ref origin, .. } = self.beginning;
        let outcome = self.judge(write, now).await?;
        let reason = match outcome {
            Outcome::Done => {
                let session = self.beginning.run(write, &self.here.user).await?;
                let acr = self.beginning.proof.acr.to_string();
                Event::new("confirmed", origin).user(self.here.user.id).session(session).detail("acr", acr).record(write, now).await?;
                return Ok(outcome);
            }
            Outcome::CodeNeeded => {
                Event::new("password_accepted", origin).user(self.here.user.id).session(self.here.session.id).record(write, now).await?;
                return Ok(outcome);
            }
            Outcome::SessionEnded => "session_ended",
            Outcome::HasPasskey => "has_passkey",
            Outcome::Over(why) => why,
            Outcome::CodeUsed => "code_used",
        };
        self.failed.clone().detail("reason", reason).record(write, now).await?;
        Ok(outcome)
    }
}

impl Confirm {
    async fn judge(&self, write: &Write<'_>, now: Time) -> Result<Outcome, StoreError> {
        let SessionAndUser { session, user } = &self.here;
        let Some(held) = user::hold_to_change(write, user.id).await? else { return Ok(Outcome::SessionEnded) };
        if !sessions::is_still_open(write, session, &held).await? {
            return Ok(Outcome::SessionEnded);
        }
        // A passkey that came meanwhile is stronger: a weaker proof must not take its place.
        let ways = self.rules.ways_of(write, user.id).await?;
        if ways.passkey {
            return Ok(Outcome::HasPasskey);
        }
        match &self.shown {
            // C-PW-01: an app may have gone that made a short one good enough.
            Shown::Password(judged) if !ways.totp && !judged.stands_alone => Ok(Outcome::Over("the password is too short alone")),
            Shown::Password(judged) if !judged.settle(write).await? => Ok(Outcome::Over("the password was changed")),
            // Also where the app was switched on since the password was compared.
            Shown::Password(_) => Ok(if ways.totp { Outcome::CodeNeeded } else { Outcome::Done }),
            Shown::Code(proven) => Ok(match proven.accept_in(write, now).await? {
                Accepted::Totp => Outcome::Done,
                Accepted::BackupCode { .. } => Outcome::Over("a backup code is no step-up"),
                Accepted::CodeUsed => Outcome::CodeUsed,
                Accepted::Over(why) => Outcome::Over(why),
            }),
        }
    }
}
