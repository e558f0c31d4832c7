//! Coming aboard: whoever holds a link makes a passkey, and with it their account. All of it comes to be in one write, or nothing.

use serde::{Deserialize, Serialize};

use crate::actions::audit::{Actor, Event, Origin};
use crate::actions::ceremonies::{self, Begun};
use crate::actions::one_time_links;
use crate::actions::passkey_name::PasskeyName;
use crate::actions::passkey_policy::{self, NotMade};
use crate::actions::person_name::PersonName;
use crate::actions::sessions::{Beginning, Opened, Proof};
use crate::actions::visitor::Visitor;
use crate::adapters::webauthn::{NewPasskey, RegistrationState};
use crate::app::App;
use crate::base::clock::Time;
use crate::base::digest::Digest;
use crate::base::email::Email;
use crate::base::error::{AppError, Kind};
use crate::base::id::{PasskeyId, Subject, UserHandle, UserId};
use crate::base::sealed::{Fact, binding};
use crate::base::secret::SessionSecret;
use crate::base::single_use::SingleUseId;
use crate::protocol::profile::Profile;
use crate::store::one_time_link::LinkKind;
use crate::store::spent::{self, Spending};
use crate::store::{Job, StoreError, Write, horizon, one_time_link, passkey, user};

/// A registration between its two halves.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Registering {
    email: Email,
    name: PersonName,
    user_handle: UserHandle,
    state: RegistrationState,
}

impl Fact for Registering {
    const PREFIX: &'static str = "wr_";
}

/// The link that a registration happens under.
#[derive(Clone, Copy, Debug)]
pub struct Link<'a> {
    /// What it must be for.
    pub kind: LinkKind,
    /// The secret of its address, as it was shown.
    pub token: &'a str,
}

/// B-CH-04: a ceremony belongs to a browser and to the link it began under. The token has one spelling and names one row, so a foreign
/// ceremony is refused before anything is looked up.
fn belongs_to(browser: Digest, token: &str) -> Vec<u8> {
    binding(&[browser.as_bytes(), Digest::of(token).as_bytes()])
}

/// Begins a registration. Stores nothing. `email` counts only where the link names nobody.
///
/// # Errors
/// Those of [`one_time_links::find`], `email_invalid`, `name_invalid`, `email_taken`.
pub async fn begin(app: &App, link: Link<'_>, email: &str, name: &str, browser: Digest) -> Result<Begun, AppError> {
    let row = one_time_links::find(app, &[link.kind], link.token).await?;
    let email = row.email.or_else(|| Email::parse(email)).ok_or(AppError::new(Kind::Invalid, "email_invalid"))?;
    let name = PersonName::parse(name).ok_or(AppError::new(Kind::Invalid, "name_invalid"))?;
    if user::by_email(app.store(), &email).await?.is_some() {
        return Err(AppError::new(Kind::Conflict, "email_taken"));
    }
    let user_handle = UserHandle::random();
    let (public_key, state) = app.webauthn().begin_registration(user_handle, &email, name.as_str(), &[])?;
    let registering = Registering { email, name, user_handle, state };
    ceremonies::begin(app, &registering, &belongs_to(browser, link.token), public_key)
}

/// Finishes a registration: the account, its passkey and a session.
///
/// # Errors
/// `too_many_attempts`; those of [`ceremonies::open`] and [`one_time_links::find`]; `passkey_invalid`, `passkey_not_allowed`, `passkey_exists`,
/// `email_taken`, `ceremony_used`, which all spend the ceremony.
pub async fn finish(app: &App, link: Link<'_>, ceremony: &str, credential: &[u8], visitor: &Visitor) -> Result<Opened, AppError> {
    visitor.admit(app)?;
    let (ceremony, registering) = ceremonies::open::<Registering>(app, ceremony, &belongs_to(visitor.browser, link.token)).await?;
    let row = one_time_links::find(app, &[link.kind], link.token).await?;
    let made = match passkey_policy::finish(app, &registering.state, credential) {
        Ok(made) => made,
        Err(NotMade { reason, error }) => {
            ceremonies::burn(app, ceremony, failed(&visitor.origin, &row, reason)).await?;
            return Err(error);
        }
    };
    let (now, secret) = (app.now(), SessionSecret::random());
    let before = visitor.everybody(app).await?;
    let user = new_user(registering, &row, now);
    let origin = visitor.origin.clone().by(Actor::User(user.id));
    let passkey = new_passkey(made, None, user.id, &app.config().passkeys.rp_id, now)?;
    let proof = Proof::of_passkey(&passkey, &app.config().passkeys);
    let beside = before.beside(user.id);
    let beginning = Beginning {
        before,
        secret: secret.digest(),
        browser: visitor.browser,
        proof,
        passkey: Some(passkey.id),
        now,
        limits: app.config().sessions.clone(),
        epoch: app.epoch(),
        origin,
        news: None,
    };
    match app.store().write(Register { ceremony, link: row, user: user.clone(), passkey, beginning }).await? {
        Registered::Done => Ok(Opened { secret, user, beside }),
        Registered::CeremonyUsed => Err(ceremonies::used()),
        Registered::Refused(why) => Err(match why {
            // Lost by a moment to somebody who was as right (E-RACE-07).
            Refusal::AlreadySetUp => AppError::new(Kind::Conflict, "already_set_up"),
            Refusal::LinkOver => AppError::new(Kind::Conflict, "link_invalid"),
            Refusal::EmailTaken => AppError::new(Kind::Conflict, "email_taken"),
            Refusal::PasskeyExists => AppError::new(Kind::Conflict, "passkey_exists"),
        }),
    }
}

fn new_user(registering: Registering, link: &one_time_link::Model, now: Time) -> user::Model {
    user::Model {
        id: UserId::new(now),
        subject: Subject::random(),
        user_handle: registering.user_handle,
        email: registering.email,
        name: registering.name.as_str().to_owned(),
        role: link.role,
        created_at: now,
        // Whoever handed out the link vouched for the address: an administrator, or whoever runs the server.
        email_verified_at: Some(now),
        backup_code_set: None,
        backup_codes_acknowledged_at: None,
        deactivated_at: None,
        security_epoch: 0,
        profile: Profile::default(),
        updated_at: now,
        language: None,
        time_zone: None,
        theme: None,
    }
}

/// The row of a passkey that was just made. Without a name it is called after what keeps it.
pub(super) fn new_passkey(made: NewPasskey, name: Option<PasskeyName>, user_id: UserId, rp_id: &str, now: Time) -> Result<passkey::Model, AppError> {
    let name = name.unwrap_or_else(|| PasskeyName::suggested(made.aaguid));
    Ok(passkey::Model {
        id: PasskeyId::new(now),
        user_id,
        credential_id: made.credential_id,
        rp_id: rp_id.to_owned(),
        public_key: made.public,
        counter: made.counter.into(),
        backup_eligible: made.backup_eligible,
        backed_up: made.backed_up,
        aaguid: made.aaguid,
        transports: serde_json::to_string(&made.transports).map_err(AppError::internal)?,
        name: name.as_str().to_owned(),
        created_at: now,
        last_used_at: None,
        last_used_from: None,
        attested: made.attested,
        suspected_at: None,
        frozen_at: None,
    })
}

fn failed(origin: &Origin, link: &one_time_link::Model, reason: &'static str) -> Event {
    Event::new("passkey_registration_failed", origin).detail("link", link.id.to_string()).detail("reason", reason)
}

struct Register {
    ceremony: SingleUseId,
    link: one_time_link::Model,
    user: user::Model,
    passkey: passkey::Model,
    beginning: Beginning,
}

enum Registered {
    Done,
    CeremonyUsed,
    Refused(Refusal),
}

#[derive(Clone, Copy)]
enum Refusal {
    AlreadySetUp,
    LinkOver,
    EmailTaken,
    PasskeyExists,
}

impl Refusal {
    const fn reason(self) -> &'static str {
        match self {
            Self::AlreadySetUp => "already_set_up",
            Self::LinkOver => "link_over",
            Self::EmailTaken => "email_taken",
            Self::PasskeyExists => "passkey_exists",
        }
    }
}

impl Job for Register {
    type Outcome = Registered;

    async fn run(&self, write: &Write<'_>) -> Result<Registered, StoreError> {
        let Beginning { now, epoch, .. } = self.beginning;
        // People come aboard one after the other on all nodes (E-RACE-07): what is found free below stays free until the end.
        horizon::hold(write).await?;
        if spent::spend(write, self.ceremony, None, epoch).await? != Spending::Now {
            return Ok(Registered::CeremonyUsed);
        }
        if let Some(refusal) = self.refusal(write).await? {
            failed(&self.beginning.origin.clone().by(Actor::Nobody), &self.link, refusal.reason()).record(write, now).await?;
            return Ok(Registered::Refused(refusal));
        }
        let made = user::insert(write, self.user.clone()).await? && passkey::insert(write, self.passkey.clone()).await?;
        if !made {
            return Err(StoreError::Unreadable("an address or a credential id was free and taken in one write".to_owned()));
        }
        self.record(write, now).await?;
        self.beginning.run(write, &self.user).await?;
        Ok(Registered::Done)
    }
}

impl Register {
    /// Whatever would be in the way of what follows. The link is spent last: a refusal leaves it as it was.
    async fn refusal(&self, write: &Write<'_>) -> Result<Option<Refusal>, StoreError> {
        if self.link.kind == LinkKind::Setup && user::is_anybody_here(write).await? {
            return Ok(Some(Refusal::AlreadySetUp));
        }
        if user::by_email(write, &self.user.email).await?.is_some() {
            return Ok(Some(Refusal::EmailTaken));
        }
        if passkey::is_known(write, &self.passkey.credential_id).await? {
            return Ok(Some(Refusal::PasskeyExists));
        }
        let Beginning { now, epoch, .. } = self.beginning;
        Ok((!one_time_link::spend(write, self.link.id, epoch, now).await?).then_some(Refusal::LinkOver))
    }

    async fn record(&self, write: &Write<'_>, now: Time) -> Result<(), StoreError> {
        let event = |kind| Event::new(kind, &self.beginning.origin).user(self.user.id);
        event("link_used").detail("link", self.link.id.to_string()).detail("kind", self.link.kind.to_string()).record(write, now).await?;
        event("user_created").detail("role", self.user.role.to_string()).record(write, now).await?;
        event("passkey_registered")
            .detail("passkey", self.passkey.id.to_string())
            .detail("backup_eligible", self.passkey.backup_eligible)
            .record(write, now)
            .await
    }
}
