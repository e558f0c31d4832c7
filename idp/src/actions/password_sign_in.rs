//! Signing in with a password: alone where that is all a person has, with a second step where they have an authenticator app. Where a strong
//! method is required of everybody it opens no session, and leads to a passkey instead.

use crate::actions::audit::{Actor, Event, Origin};
use crate::actions::enrolment::{self, Instead};
use crate::actions::mails::Mail;
use crate::actions::notices;
use crate::actions::passwords::{self, Judged};
use crate::actions::second_step::{self, Accepted, Answer, HalfDone, Proven};
use crate::actions::sessions::{Beginning, Opened, Proof};
use crate::actions::totp as code;
use crate::actions::visitor::Visitor;
use crate::actions::ways_in::Rules;
use crate::app::App;
use crate::base::clock::Time;
use crate::base::digest::Digest;
use crate::base::email::Email;
use crate::base::error::AppError;
use crate::base::id::UserId;
use crate::base::password::Password;
use crate::base::sealed::binding;
use crate::base::secret::SessionSecret;
use crate::config::RequireStrong;
use crate::protocol::claims::{Acr, Amr, AuthenticationMethod};
use crate::store::{Job, StoreError, Write, totp, user};

/// What a right password leads to.
#[derive(Debug)]
pub enum Passed {
    /// A session.
    In(Box<Opened>),
    /// The second step; the box is shown again there.
    SecondStep(String),
    /// A first passkey; the box is shown again there.
    Enrol(String),
}

/// C-TOTP-05: half a sign-in belongs to a browser, and to the request that waits (empty for none).
fn belongs_to(browser: Digest, request: &str) -> Vec<u8> {
    binding(&[b"sign_in", browser.as_bytes(), Digest::of(request).as_bytes()])
}

/// Judges a password, and opens a session or leads to the second step.
///
/// # Errors
/// Those of [`passwords::judge`]; `passkey_required`.
pub async fn begin(app: &App, visitor: &Visitor, email: &Email, password: &Password, request: &str) -> Result<Passed, AppError> {
    let judged = passwords::judge(app, visitor, email, password).await?;
    let user = judged.user.clone();
    let sealed = if judged.needs_second_step { Some(second_step::seal(app, &judged, &belongs_to(visitor.browser, request))?) } else { None };
    let proof = Proof { acr: Acr::Password, amr: Amr::of(&[AuthenticationMethod::Pwd]) };
    let (secret, beginning) = beginning(app, visitor, &user, judged.set_at, proof).await?;
    let beside = beginning.before.beside(user.id);
    let (set_at, policy) = (judged.set_at, app.config().sign_in.require_strong);
    match app.store().write(PasswordPassed { judged, rules: Rules::of(app), policy, beginning }).await? {
        PasswordOutcome::In => Ok(Passed::In(Box::new(Opened { secret, user, beside }))),
        PasswordOutcome::Instead(Instead::Enrol) => enrolment::seal(app, &user, set_at, visitor.browser, request).map(Passed::Enrol),
        PasswordOutcome::Instead(Instead::UsePasskey) => Err(enrolment::passkey_required()),
        PasswordOutcome::SecondStep => sealed.map(Passed::SecondStep).ok_or_else(|| passwords::invalid("an authenticator app came meanwhile")),
        PasswordOutcome::Refused(reason) => Err(passwords::invalid(reason)),
    }
}

async fn beginning(app: &App, visitor: &Visitor, user: &user::Model, set_at: Time, proof: Proof) -> Result<(SessionSecret, Beginning), AppError> {
    let secret = SessionSecret::random();
    let beginning = Beginning {
        before: visitor.everybody(app).await?,
        // C-SES-02: a new secret with every proof, whatever the browser showed before.
        secret: secret.digest(),
        browser: visitor.browser,
        proof,
        passkey: None,
        now: app.now(),
        limits: app.config().sessions.clone(),
        epoch: app.epoch(),
        origin: visitor.origin.clone().by(Actor::User(user.id)),
        news: notices::of_sign_in(app, visitor, user, Some(set_at))?,
    };
    Ok((secret, beginning))
}

struct PasswordPassed {
    judged: Judged,
    rules: Rules,
    policy: RequireStrong,
    beginning: Beginning,
}

enum PasswordOutcome {
    In,
    Instead(Instead),
    SecondStep,
    Refused(&'static str),
}

impl Job for PasswordPassed {
    type Outcome = PasswordOutcome;

    async fn run(&self, write: &Write<'_>) -> Result<PasswordOutcome, StoreError> {
        let Beginning { now, ref origin, .. } = self.beginning;
        let id = self.judged.user.id;
        // Looked at again: the person may have been shut out, or the password changed, since it was compared.
        let Some(user) = user::hold_to_change(write, id).await?.filter(user::Model::is_active) else {
            return refused(write, id, "deactivated", origin, now).await;
        };
        // B-LC-03, C-PW-01: and a passkey may have come that is to be used instead, or the app gone that made a short one good enough.
        if let Some(objection) = self.rules.objection_in(write, id, self.judged.stands_alone).await? {
            return refused(write, id, objection.reason(), origin, now).await;
        }
        if !self.judged.settle(write).await? {
            return refused(write, id, "password_changed", origin, now).await;
        }
        let instead = enrolment::instead_in(write, self.policy, id).await?;
        if instead == Some(Instead::UsePasskey) {
            enrolment::accepted_event(id, Instead::UsePasskey, origin).record(write, now).await?;
            return Ok(PasswordOutcome::Instead(Instead::UsePasskey));
        }
        // Also one that was switched on since: whoever has the password alone must not be quicker.
        if totp::of_user(write, id).await?.is_some_and(|totp| totp.is_usable()) {
            Event::new("password_accepted", origin).user(id).record(write, now).await?;
            return Ok(PasswordOutcome::SecondStep);
        }
        if let Some(instead) = instead {
            enrolment::accepted_event(id, instead, origin).record(write, now).await?;
            return Ok(PasswordOutcome::Instead(instead));
        }
        let session = self.beginning.run(write, &user).await?;
        Event::new("signed_in", origin).user(id).session(session).detail("method", "password").record(write, now).await?;
        Ok(PasswordOutcome::In)
    }
}

async fn refused(write: &Write<'_>, user: UserId, reason: &'static str, origin: &Origin, now: Time) -> Result<PasswordOutcome, StoreError> {
    let origin = origin.clone().by(Actor::Nobody);
    Event::new("password_refused", &origin).user(user).detail("reason", reason).record(write, now).await?;
    Ok(PasswordOutcome::Refused(reason))
}

/// Opens what a right password led to, in the same browser and for the same request. Asks nobody.
///
/// # Errors
/// `second_step_over`.
pub async fn half_done(app: &App, browser: Digest, request: &str, passed: &str) -> Result<HalfDone, AppError> {
    second_step::open(app, passed, &belongs_to(browser, request)).await
}

/// What a second step has led to.
#[derive(Debug)]
pub enum Finished {
    /// A session.
    In {
        /// The session.
        opened: Box<Opened>,
        /// Whether a backup code was used up for it.
        by_backup_code: bool,
    },
    /// A first passkey; the box is shown again there.
    Enrol(String),
}

/// Judges the second step, and opens a session.
///
/// # Errors
/// Those of [`second_step::judge`]; `passkey_required`.
pub async fn finish(app: &App, visitor: &Visitor, half_done: HalfDone, answer: Answer<'_>, request: &str) -> Result<Finished, AppError> {
    let proven = second_step::judge(app, visitor, half_done, answer).await?;
    // A backup code is no code of an app, and RFC 8176 has no word for it; step-up tells the two apart by this (C-SUDO-02).
    let amr = match answer {
        Answer::Totp(_) => Amr::of(&[AuthenticationMethod::Pwd, AuthenticationMethod::Otp, AuthenticationMethod::Mfa]),
        Answer::BackupCode(_) => Amr::of(&[AuthenticationMethod::Pwd, AuthenticationMethod::Mfa]),
    };
    let user = user::by_id(app.store(), proven.user()).await?.ok_or_else(|| second_step::over("the person is gone"))?;
    let (secret, beginning) = beginning(app, visitor, &user, proven.password_set_at(), Proof { acr: Acr::PasswordOtp, amr }).await?;
    let beside = beginning.before.beside(proven.user());
    let (set_at, policy) = (proven.password_set_at(), app.config().sign_in.require_strong);
    let notice = proven.notice().map(|notice| notices::to(app, &user, notice, &visitor.origin)).transpose()?;
    match app.store().write(SecondStepPassed { proven, notice, rules: Rules::of(app), policy, beginning }).await? {
        SecondStepOutcome::In { user, by_backup_code } => {
            Ok(Finished::In { opened: Box::new(Opened { secret, user: *user, beside }), by_backup_code })
        }
        SecondStepOutcome::Instead(Instead::Enrol, user) => enrolment::seal(app, &user, set_at, visitor.browser, request).map(Finished::Enrol),
        SecondStepOutcome::Instead(Instead::UsePasskey, _) => Err(enrolment::passkey_required()),
        SecondStepOutcome::CodeUsed => Err(code::invalid("it was used before")),
        SecondStepOutcome::Over(reason) => Err(second_step::over(reason)),
    }
}

struct SecondStepPassed {
    proven: Proven,
    /// What the person is told if it is accepted.
    notice: Option<Mail>,
    rules: Rules,
    policy: RequireStrong,
    beginning: Beginning,
}

enum SecondStepOutcome {
    In { user: Box<user::Model>, by_backup_code: bool },
    Instead(Instead, Box<user::Model>),
    CodeUsed,
    Over(&'static str),
}

impl Job for SecondStepPassed {
    type Outcome = SecondStepOutcome;

    async fn run(&self, write: &Write<'_>) -> Result<Self::Outcome, StoreError> {
        let Beginning { now, ref origin, .. } = self.beginning;
        let id = self.proven.user();
        let nobody = origin.clone().by(Actor::Nobody);
        let Some(user) = user::hold_to_change(write, id).await?.filter(user::Model::is_active) else {
            second_step::refused_event(id, "deactivated", &nobody).record(write, now).await?;
            return Ok(SecondStepOutcome::Over("deactivated"));
        };
        // B-LC-03: a passkey may have come between the password and the code. Looked at first, so that no backup code is used up for nothing; a
        // password with a second step is not alone.
        if let Some(objection) = self.rules.objection_in(write, id, true).await? {
            second_step::refused_event(id, objection.reason(), &nobody).record(write, now).await?;
            return Ok(SecondStepOutcome::Over(objection.reason()));
        }
        let accepted = self.proven.accept_in(write, now).await?;
        let (method, by_backup_code) = match accepted {
            Accepted::Totp => ("password and authenticator app", false),
            Accepted::BackupCode { left } => {
                Event::new("backup_code_used", origin).user(id).detail("left", left).record(write, now).await?;
                ("password and backup code", true)
            }
            Accepted::CodeUsed => {
                second_step::refused_event(id, "code_used", &nobody).record(write, now).await?;
                return Ok(SecondStepOutcome::CodeUsed);
            }
            Accepted::Over(reason) => {
                second_step::refused_event(id, reason, &nobody).record(write, now).await?;
                return Ok(SecondStepOutcome::Over(reason));
            }
        };
        if let Some(notice) = &self.notice {
            notice.queue(write).await?;
        }
        if let Some(instead) = enrolment::instead_in(write, self.policy, id).await? {
            enrolment::accepted_event(id, instead, origin).record(write, now).await?;
            return Ok(SecondStepOutcome::Instead(instead, Box::new(user)));
        }
        let session = self.beginning.run(write, &user).await?;
        Event::new("signed_in", origin).user(id).session(session).detail("method", method).record(write, now).await?;
        Ok(SecondStepOutcome::In { user: Box::new(user), by_backup_code })
    }
}
