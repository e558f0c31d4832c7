//! Step-up without a passkey: whoever is signed in confirms with the password, and with a code of the authenticator app where there is one.
//! The session goes on with a new secret and new times. A backup code confirms nothing (C-BC-03, C-SUDO-02).
//!
//! Who has a passkey confirms with that and nothing less: see `sign_in`, which judges it.

use serde::{Deserialize, Serialize};

use crate::actions::audit::{Actor, Event};
use crate::actions::limits::{self, Budget, Method, Taken};
use crate::actions::passwords::{self, Judged};
use crate::actions::sessions::{self, Beginning, Opened, Proof};
use crate::actions::totp::{self, Matched};
use crate::actions::visitor::Visitor;
use crate::actions::ways_in::{self, Rules};
use crate::app::App;
use crate::base::clock::Time;
use crate::base::digest::Digest;
use crate::base::error::{AppError, Kind};
use crate::base::id::SessionId;
use crate::base::password::Password;
use crate::base::sealed::{Fact, binding};
use crate::base::secret::SessionSecret;
use crate::base::single_use::SingleUseId;
use crate::protocol::claims::{Acr, Amr, AuthenticationMethod};
use crate::store::reads::session_and_user::SessionAndUser;
use crate::store::spent::{self, Spending};
use crate::store::{Job, StoreError, Write, password, user};

/// A password that was right, waiting for the code: what stands between the two pages.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PasswordShown {
    /// When the password was set: another one is not the one that was shown.
    set_at: Time,
}

impl Fact for PasswordShown {
    const PREFIX: &'static str = "wy_";
}

/// C-SUDO-03, C-TOTP-05: a password shown in one browser and session confirms nothing in another.
fn belongs_to(browser: Digest, session: SessionId) -> Vec<u8> {
    binding(&[b"password shown", browser.as_bytes(), session.as_uuid().as_bytes()])
}

/// What a right password came to.
#[derive(Debug)]
pub enum Step {
    /// It is confirmed; the session goes on like this.
    Confirmed(Opened),
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
    if judged.needs_second_step {
        let id = SingleUseId::new(app.now().plus(app.config().sign_in.second_step));
        let shown = PasswordShown { set_at: judged.set_at };
        let sealed = app.view().rings.sealer.seal(id, &shown, &belongs_to(visitor.browser, here.session.id)).map_err(AppError::internal)?;
        app.store().write(GiveBack { here: here.clone(), judged }).await?;
        return Ok(Step::CodeNeeded(sealed));
    }
    let amr = Amr::of(&[AuthenticationMethod::Pwd]);
    confirm(app, here, visitor, Proof { acr: Acr::Password, amr }, Shown::Password(Box::new(judged))).await.map(Step::Confirmed)
}

/// Judges the code that confirms the password, which `passed` stands for.
///
/// # Errors
/// `confirm_expired` for a password that was shown elsewhere, or too long ago, or changed since; `second_step_over`, `too_many_attempts`;
/// `code_invalid`; `not_signed_in`.
pub async fn with_code(app: &App, here: &SessionAndUser, visitor: &Visitor, passed: &str, typed: &str) -> Result<Opened, AppError> {
    visitor.admit(app)?;
    let opened = app.open_box::<PasswordShown>(passed, &belongs_to(visitor.browser, here.session.id)).await;
    let (id, PasswordShown { set_at }) = opened.map_err(|why| expired(format!("{why:?}")))?;
    let mut budgets = Budget::of_guess(app, visitor, &here.user.email, Method::SecondStep);
    budgets.push(Budget::of_half_done(app, id));
    let taken = limits::take(app, &budgets, app.now()).await?;
    let Some(matched) = totp::compare(app, here.user.id, typed).await? else {
        let failed = failed(here, visitor, "code_wrong");
        app.store().write(Failed { event: failed, now: app.now() }).await?;
        return Err(totp::invalid("no code of a step around now"));
    };
    let amr = Amr::of(&[AuthenticationMethod::Pwd, AuthenticationMethod::Otp, AuthenticationMethod::Mfa]);
    confirm(app, here, visitor, Proof { acr: Acr::PasswordOtp, amr }, Shown::Code { id, set_at, matched, taken }).await
}

fn with_passkey_only() -> AppError {
    AppError::new(Kind::Forbidden, "confirm_with_passkey")
}

fn expired(why: impl Into<String>) -> AppError {
    AppError::new(Kind::Gone, "confirm_expired").because(why.into())
}

fn failed(here: &SessionAndUser, visitor: &Visitor, reason: &'static str) -> Event {
    Event::new("confirmation_failed", &visitor.origin).user(here.user.id).session(here.session.id).detail("reason", reason)
}

struct Failed {
    event: Event,
    now: Time,
}

impl Job for Failed {
    type Outcome = ();

    async fn run(&self, write: &Write<'_>) -> Result<(), StoreError> {
        self.event.record(write, self.now).await
    }
}

/// A right password gives its guess back although the code is still to come.
struct GiveBack {
    here: SessionAndUser,
    judged: Judged,
}

impl Job for GiveBack {
    type Outcome = bool;

    async fn run(&self, write: &Write<'_>) -> Result<bool, StoreError> {
        user::hold(write, self.here.user.id).await?;
        self.judged.settle(write).await
    }
}

/// What was shown, to be judged once more inside the write.
enum Shown {
    Password(Box<Judged>),
    Code { id: SingleUseId, set_at: Time, matched: Matched, taken: Taken },
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
    SessionEnded,
    HasPasskey,
    Expired,
    CodeInvalid,
}

async fn confirm(app: &App, here: &SessionAndUser, visitor: &Visitor, proof: Proof, shown: Shown) -> Result<Opened, AppError> {
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
    };
    let failed = failed(here, visitor, "changed_meanwhile");
    let job = Confirm { here: here.clone(), shown, rules: Rules::of(app), beginning, failed };
    match app.store().write(job).await? {
        Outcome::Done => Ok(Opened { secret, user: here.user.clone(), beside }),
        Outcome::SessionEnded => Err(AppError::new(Kind::Unauthenticated, "not_signed_in")),
        Outcome::HasPasskey => Err(with_passkey_only()),
        Outcome::Expired => Err(expired("the password was used already, changed or frozen")),
        Outcome::CodeInvalid => Err(totp::invalid("its step was used before, or the app has changed")),
    }
}

impl Job for Confirm {
    type Outcome = Outcome;

    async fn run(&self, write: &Write<'_>) -> Result<Outcome, StoreError> {
        let Beginning { now, epoch, ref origin, .. } = self.beginning;
        let outcome = self.judge(write, now, epoch).await?;
        if !matches!(outcome, Outcome::Done) {
            self.failed.record(write, now).await?;
            return Ok(outcome);
        }
        let session = self.beginning.run(write, &self.here.user).await?;
        let acr = self.beginning.proof.acr.to_string();
        Event::new("confirmed", origin).user(self.here.user.id).session(session).detail("acr", acr).record(write, now).await?;
        Ok(Outcome::Done)
    }
}

impl Confirm {
    async fn judge(&self, write: &Write<'_>, now: Time, epoch: i64) -> Result<Outcome, StoreError> {
        let SessionAndUser { session, user } = &self.here;
        let Some(held) = user::hold_to_change(write, user.id).await? else { return Ok(Outcome::SessionEnded) };
        if !sessions::is_still_open(write, session, &held).await? {
            return Ok(Outcome::SessionEnded);
        }
        // A passkey that came meanwhile is stronger: a weaker proof must not take its place.
        if self.rules.ways_of(write, user.id).await?.passkey {
            return Ok(Outcome::HasPasskey);
        }
        match &self.shown {
            Shown::Password(judged) => Ok(if judged.settle(write).await? { Outcome::Done } else { Outcome::Expired }),
            Shown::Code { id, set_at, matched, taken } => {
                if !password::record_use(write, user.id, *set_at, now).await? {
                    return Ok(Outcome::Expired);
                }
                // The code first: a wrong one leaves the password good for another try.
                if !totp::judge_in(write, matched, now).await? {
                    return Ok(Outcome::CodeInvalid);
                }
                if spent::spend(write, *id, None, epoch).await? != Spending::Now {
                    return Ok(Outcome::Expired);
                }
                taken.give_back(write).await?;
                Ok(Outcome::Done)
            }
        }
    }
}
