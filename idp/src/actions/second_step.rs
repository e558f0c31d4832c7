//! The second step after a password: a code of the authenticator app, or a backup code in its place.
//!
//! A right password that needs one is no session: it is a sealed box, good for one browser and one purpose, for five minutes, for as long as
//! the same password is set, and for five codes (C-TOTP-05, C-THR-04, C-SES-08). It is spent with what it gives.

use serde::{Deserialize, Serialize};

use crate::actions::audit::{Event, Origin};
use crate::actions::backup_code_use;
use crate::actions::limits::{self, Budget, Method, Taken};
use crate::actions::notices::Notice;
use crate::actions::passwords::Judged;
use crate::actions::totp;
use crate::actions::visitor::Visitor;
use crate::app::App;
use crate::base::clock::Time;
use crate::base::email::Email;
use crate::base::error::{AppError, Kind};
use crate::base::id::UserId;
use crate::base::sealed::Fact;
use crate::base::single_use::SingleUseId;
use crate::store::spent::{self, Spending};
use crate::store::{Job, StoreError, Write, password, user};

/// A password that was right.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PassedPassword {
    user: UserId,
    /// What the guesses at the code are counted for.
    email: Email,
    /// Another password by now means that this one is worth nothing.
    set_at: Time,
}

impl Fact for PassedPassword {
    const PREFIX: &'static str = "wp_";
}

/// What stands for a right password until the second step. `binding` is what has to be shown again with it. Settle the password first.
pub fn seal(app: &App, judged: &Judged, binding: &[u8]) -> Result<String, AppError> {
    let passed = PassedPassword { user: judged.user.id, email: judged.user.email.clone(), set_at: judged.set_at };
    let id = SingleUseId::new(app.now().plus(app.config().sign_in.second_step));
    app.view().rings.sealer.seal(id, &passed, binding).map_err(AppError::internal)
}

/// A right password that waits for its second step.
#[derive(Clone, Debug)]
pub struct HalfDone {
    id: SingleUseId,
    passed: PassedPassword,
}

impl HalfDone {
    /// Whose password it was.
    pub const fn user(&self) -> UserId {
        self.passed.user
    }

    /// When the password was set.
    pub const fn password_set_at(&self) -> Time {
        self.passed.set_at
    }

    /// The address they gave.
    pub const fn email(&self) -> &Email {
        &self.passed.email
    }
}

/// Why one can't go on: over, used, used up, foreign, or with a password that isn't set any more. It begins anew with the password.
pub fn over(reason: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> AppError {
    AppError::new(Kind::Gone, "second_step_over").because(reason)
}

/// Opens what [`seal`] sealed. Asks nobody.
///
/// # Errors
/// `second_step_over`.
pub async fn open(app: &App, text: &str, binding: &[u8]) -> Result<HalfDone, AppError> {
    let opened = app.open_box(text, binding).await;
    opened.map(|(id, passed)| HalfDone { id, passed }).map_err(|why| over(format!("{why:?}")))
}

/// What was typed, and where.
#[derive(Clone, Copy)]
pub enum Answer<'a> {
    /// A code of the authenticator app.
    Totp(&'a str),
    /// A backup code.
    BackupCode(&'a str),
}

/// A right password with a code that fits. Nothing is opened yet: that is for the write that calls [`Proven::accept_in`].
#[derive(Clone, Debug)]
#[must_use = "a code counts once `accept_in` has accepted it"]
pub struct Proven {
    half_done: HalfDone,
    code: Code,
    taken: Taken,
    epoch: i64,
}

#[derive(Clone, Debug)]
enum Code {
    Totp(totp::Matched),
    BackupCode(backup_code_use::Matched),
}

/// What accepting came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accepted {
    /// It counts.
    Totp,
    /// It counts, and so many backup codes are left.
    BackupCode {
        /// How many.
        left: usize,
    },
    /// The code was used before, or its app or set is another one by now.
    CodeUsed,
    /// The box was spent, or the password is another one by now.
    Over(&'static str),
}

impl Proven {
    /// Whose password and code it is.
    pub const fn user(&self) -> UserId {
        self.half_done.user()
    }

    /// When the password was set.
    pub const fn password_set_at(&self) -> Time {
        self.half_done.password_set_at()
    }

    /// What the person is told by mail when it is accepted, if anything.
    pub fn notice(&self) -> Option<Notice> {
        match &self.code {
            Code::Totp(_) => None,
            Code::BackupCode(matched) => Some(matched.notice()),
        }
    }

    /// Inside the write of what both give. Hold the person's row to change first: of two answers to one password, one comes first.
    pub async fn accept_in(&self, write: &Write<'_>, now: Time) -> Result<Accepted, StoreError> {
        let HalfDone { id, ref passed } = self.half_done;
        if !password::record_use(write, passed.user, passed.set_at, now).await? {
            return Ok(Accepted::Over("the password was changed"));
        }
        // Looked at first, so that a code isn't used up for nothing.
        if spent::is_spent(write, id).await? {
            return Ok(Accepted::Over("it was used"));
        }
        let accepted = match &self.code {
            Code::Totp(matched) => totp::judge_in(write, matched, now).await?.then_some(Accepted::Totp),
            Code::BackupCode(matched) => backup_code_use::use_up_in(write, matched, now).await?.map(|left| Accepted::BackupCode { left }),
        };
        let Some(accepted) = accepted else { return Ok(Accepted::CodeUsed) };
        if spent::spend(write, id, None, self.epoch).await? != Spending::Now {
            return Ok(Accepted::Over("it was used"));
        }
        self.taken.give_back(write).await?;
        Ok(accepted)
    }
}

/// Judges a code. The guess is counted first, whichever code it is at (C-BC-04).
///
/// # Errors
/// `code_invalid`, `too_many_attempts`, `second_step_over`.
pub async fn judge(app: &App, visitor: &Visitor, half_done: HalfDone, answer: Answer<'_>) -> Result<Proven, AppError> {
    visitor.admit(app)?;
    let mut budgets = Budget::of_guess(app, visitor, half_done.email(), Method::SecondStep);
    budgets.push(Budget::of_half_done(app, half_done.id));
    let taken = limits::take(app, &budgets, app.now()).await?;
    let code = match answer {
        Answer::Totp(typed) => totp::compare(app, half_done.user(), typed).await?.map(Code::Totp),
        Answer::BackupCode(typed) => match user::by_id(app.store(), half_done.user()).await? {
            Some(user) => backup_code_use::compare(app, &user, typed).await?.map(Code::BackupCode),
            None => None,
        },
    };
    let Some(code) = code else {
        refused(app, &half_done, &visitor.origin, "code_wrong").await?;
        return Err(totp::invalid("no code of this person that is good now"));
    };
    Ok(Proven { half_done, code, taken, epoch: app.epoch() })
}

struct Refused {
    user: UserId,
    reason: &'static str,
    origin: Origin,
    now: Time,
}

impl Job for Refused {
    type Outcome = ();

    async fn run(&self, write: &Write<'_>) -> Result<(), StoreError> {
        refused_event(self.user, self.reason, &self.origin).record(write, self.now).await
    }
}

/// That a second step was refused.
pub fn refused_event(user: UserId, reason: &'static str, origin: &Origin) -> Event {
    Event::new("second_step_refused", origin).user(user).detail("reason", reason)
}

async fn refused(app: &App, half_done: &HalfDone, origin: &Origin, reason: &'static str) -> Result<(), StoreError> {
    app.store().write(Refused { user: half_done.user(), reason, origin: origin.clone(), now: app.now() }).await
}
