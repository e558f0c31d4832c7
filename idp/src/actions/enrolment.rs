//! The first passkey of somebody who has none, where a password opens no session (`sign_in.require_strong`). What a password and its second step
//! are worth then is one sealed box, and with it exactly this: a first passkey, which signs in. Whoever has one uses it; and a box leads to no
//! second way in and to no weaker one, since inside the write the account still has no passkey, and the password is still the one that was proved.

use serde::{Deserialize, Serialize};

use crate::actions::audit::{Actor, Event, Origin};
use crate::actions::ceremonies::{self, Begun};
use crate::actions::mails::Mail;
use crate::actions::notices::{self, Notice};
use crate::actions::passkey_policy::{self, NotMade};
use crate::actions::registration::new_passkey;
use crate::actions::sessions::{Beginning, Opened, Proof};
use crate::actions::visitor::Visitor;
use crate::adapters::webauthn::RegistrationState;
use crate::app::App;
use crate::base::clock::Time;
use crate::base::digest::Digest;
use crate::base::email::Email;
use crate::base::error::{AppError, Kind};
use crate::base::id::{UserHandle, UserId};
use crate::base::sealed::{Fact, binding};
use crate::base::secret::SessionSecret;
use crate::base::single_use::SingleUseId;
use crate::config::{Config, RequireStrong};
use crate::store::spent::{self, Spending};
use crate::store::{Job, StoreError, Write, passkey, password, user};

/// What a proven password leads to in the place of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instead {
    /// The account has a passkey, which is to be used.
    UsePasskey,
    /// It has none: the person makes one.
    Enrol,
}

/// What a password leads to here in the place of a session, if it opens none. Hold the person's row first.
pub async fn instead_in(write: &Write<'_>, policy: RequireStrong, user: UserId) -> Result<Option<Instead>, StoreError> {
    if policy == RequireStrong::Off {
        return Ok(None);
    }
    Ok(Some(if has_passkey(write, user).await? { Instead::UsePasskey } else { Instead::Enrol }))
}

/// That a password, with its second step, was right and opened nothing.
pub(super) fn accepted_event(user: UserId, instead: Instead, origin: &Origin) -> Event {
    let leads_to = match instead {
        Instead::UsePasskey => "own passkey",
        Instead::Enrol => "first passkey",
    };
    Event::new("password_accepted", origin).user(user).detail("leads_to", leads_to)
}

/// Whether the account has any passkey: also one that is frozen or of another RP ID. Getting back in is for recovery then.
async fn has_passkey(write: &Write<'_>, user: UserId) -> Result<bool, StoreError> {
    Ok(!passkey::of_user(write, user).await?.is_empty())
}

/// What was proved, by whom.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Enrolling {
    user: UserId,
    user_handle: UserHandle,
    email: Email,
    name: String,
    password_set_at: Time,
}

impl Fact for Enrolling {
    const PREFIX: &'static str = "wk_";
}

/// B-REG-07: an enrolment belongs to a browser, and to the request that waits (empty for none).
fn belongs_to(browser: Digest, request: &str) -> Vec<u8> {
    binding(&[b"enrolment", browser.as_bytes(), Digest::of(request).as_bytes()])
}

/// Seals what was proved, for as long as the second step of a sign-in may take.
pub fn seal(app: &App, user: &user::Model, password_set_at: Time, browser: Digest, request: &str) -> Result<String, AppError> {
    let id = SingleUseId::new(app.now().plus(app.config().sign_in.second_step));
    let user::Model { id: user_id, user_handle, email, name, .. } = user.clone();
    let enrolling = Enrolling { user: user_id, user_handle, email, name, password_set_at };
    app.view().rings.sealer.seal(id, &enrolling, &belongs_to(browser, request)).map_err(AppError::internal)
}

/// Somebody who may make their first passkey.
#[derive(Clone, Debug)]
pub struct Enrolment {
    id: SingleUseId,
    facts: Enrolling,
}

impl Enrolment {
    /// Opens the box again, in the same browser and for the same request. Asks nobody.
    ///
    /// # Errors
    /// `enrolment_over`.
    pub async fn open(app: &App, text: &str, browser: Digest, request: &str) -> Result<Self, AppError> {
        let opened = app.open_box(text, &belongs_to(browser, request)).await;
        let (id, facts) = opened.map_err(|why| over().because(format!("{why:?}")))?;
        Ok(Self { id, facts })
    }

    /// Whose account it is.
    pub const fn email(&self) -> &Email {
        &self.facts.email
    }
}

fn over() -> AppError {
    AppError::new(Kind::Gone, "enrolment_over")
}

/// The registration between its two halves.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RegisteringFirst {
    state: RegistrationState,
}

impl Fact for RegisteringFirst {
    const PREFIX: &'static str = "wj_";
}

/// B-CH-04: a ceremony belongs to a browser and to the enrolment it began in.
fn belongs_to_enrolment(browser: Digest, enrolment: SingleUseId) -> Vec<u8> {
    binding(&[b"first passkey", browser.as_bytes(), enrolment.as_bytes()])
}

/// Begins the registration. Asks and stores nothing.
pub fn begin(app: &App, enrolment: &Enrolment, browser: Digest) -> Result<Begun, AppError> {
    let Enrolling { user_handle, email, name, .. } = &enrolment.facts;
    let (public_key, state) = app.webauthn().begin_registration(*user_handle, email, name, &[])?;
    ceremonies::begin(app, &RegisteringFirst { state }, &belongs_to_enrolment(browser, enrolment.id), public_key)
}

/// Finishes it: the account's first passkey, and the session that it opens.
///
/// # Errors
/// `too_many_attempts`; those of [`ceremonies::open`]; `passkey_invalid`, `passkey_not_allowed`, `passkey_exists`, `enrolment_over`,
/// `ceremony_used`, which all spend the ceremony.
pub async fn finish(app: &App, enrolment: Enrolment, ceremony: &str, credential: &[u8], visitor: &Visitor) -> Result<Opened, AppError> {
    visitor.admit(app)?;
    let Enrolment { id, facts } = enrolment;
    let (ceremony, RegisteringFirst { state }) = ceremonies::open(app, ceremony, &belongs_to_enrolment(visitor.browser, id)).await?;
    let made = match passkey_policy::finish(app, &state, credential) {
        Ok(made) => made,
        Err(NotMade { reason, error }) => {
            ceremonies::burn(app, ceremony, failed(&visitor.origin, facts.user, reason)).await?;
            return Err(error);
        }
    };
    let (now, secret) = (app.now(), SessionSecret::random());
    let passkey = new_passkey(made, None, facts.user, &app.config().passkeys.rp_id, now)?;
    let before = visitor.everybody(app).await?;
    let beside = before.beside(facts.user);
    let beginning = Beginning {
        before,
        secret: secret.digest(),
        browser: visitor.browser,
        proof: Proof::of_passkey(&passkey, &app.config().passkeys),
        passkey: Some(passkey.id),
        now,
        limits: app.config().sessions.clone(),
        epoch: app.epoch(),
        origin: visitor.origin.clone().by(Actor::User(facts.user)),
        news: None,
    };
    let user = user::by_id(app.store(), facts.user).await?.ok_or_else(over)?;
    let mail = notices::to(app, &user, Notice::PasskeyRegistered { passkey: passkey.id, name: passkey.name.clone() }, &visitor.origin)?;
    match app.store().write(Enrol { enrolment: id, ceremony, facts, passkey, mail, beginning }).await? {
        Enrolled::Done(user) => Ok(Opened { secret, user: *user, beside }),
        Enrolled::CeremonyUsed => Err(ceremonies::used()),
        Enrolled::Over(reason) => Err(over().because(reason)),
        Enrolled::Exists => Err(AppError::new(Kind::Conflict, "passkey_exists")),
    }
}

fn failed(origin: &Origin, user: UserId, reason: &'static str) -> Event {
    Event::new("passkey_registration_failed", origin).user(user).detail("reason", reason)
}

struct Enrol {
    enrolment: SingleUseId,
    ceremony: SingleUseId,
    facts: Enrolling,
    passkey: passkey::Model,
    mail: Mail,
    beginning: Beginning,
}

enum Enrolled {
    Done(Box<user::Model>),
    CeremonyUsed,
    Over(&'static str),
    Exists,
}

impl Job for Enrol {
    type Outcome = Enrolled;

    async fn run(&self, write: &Write<'_>) -> Result<Enrolled, StoreError> {
        let Beginning { now, epoch, .. } = self.beginning;
        if spent::spend(write, self.ceremony, None, epoch).await? != Spending::Now {
            return Ok(Enrolled::CeremonyUsed);
        }
        // Held to change: two enrolments of one person come one after the other, and the second finds a passkey.
        let Some(user) = user::hold_to_change(write, self.facts.user).await?.filter(user::Model::is_active) else {
            return self.over(write, "deactivated").await;
        };
        if !password::record_use(write, user.id, self.facts.password_set_at, now).await? {
            return self.over(write, "password_changed").await;
        }
        if has_passkey(write, user.id).await? {
            return self.over(write, "has_passkey").await;
        }
        // Before the enrolment is spent: what is refused here may be tried again with another device.
        if passkey::is_known(write, &self.passkey.credential_id).await? {
            return self.exists(write).await;
        }
        // Also for whoever took the passkey away again meanwhile: one proof of a password, one passkey.
        if spent::spend(write, self.enrolment, None, epoch).await? != Spending::Now {
            return self.over(write, "enrolment_used").await;
        }
        if !passkey::insert(write, self.passkey.clone()).await? {
            return self.exists(write).await;
        }
        self.mail.queue(write).await?;
        let session = self.beginning.run(write, &user).await?;
        Event::new("passkey_registered", &self.beginning.origin)
            .user(user.id)
            .session(session)
            .detail("passkey", self.passkey.id.to_string())
            .detail("backup_eligible", self.passkey.backup_eligible)
            .detail("enrolled", true)
            .record(write, now)
            .await?;
        Ok(Enrolled::Done(Box::new(user)))
    }
}

impl Enrol {
    fn origin(&self) -> Origin {
        self.beginning.origin.clone().by(Actor::Nobody)
    }

    async fn exists(&self, write: &Write<'_>) -> Result<Enrolled, StoreError> {
        failed(&self.origin(), self.facts.user, "passkey_exists").record(write, self.beginning.now).await?;
        Ok(Enrolled::Exists)
    }

    async fn over(&self, write: &Write<'_>, reason: &'static str) -> Result<Enrolled, StoreError> {
        failed(&self.origin(), self.facts.user, reason).record(write, self.beginning.now).await?;
        Ok(Enrolled::Over(reason))
    }
}

/// What somebody with a passkey is told whose password was right.
pub fn passkey_required() -> AppError {
    AppError::new(Kind::Forbidden, "passkey_required")
}

/// Whether a password opens no session here.
pub fn is_required(config: &Config) -> bool {
    config.sign_in.require_strong != RequireStrong::Off
}
