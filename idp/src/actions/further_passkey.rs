//! Another passkey for somebody who is signed in and has just proved who they are (WebAuthn §7.1).

use serde::{Deserialize, Serialize};

use crate::actions::audit::{Actor, Event, Origin};
use crate::actions::backup_codes;
use crate::actions::ceremonies::{self, Begun};
use crate::actions::mails::Mail;
use crate::actions::notices::{self, Notice};
use crate::actions::passkey_name::PasskeyName;
use crate::actions::passkey_policy::{self, NotMade};
use crate::actions::registration::new_passkey;
use crate::actions::sessions;
use crate::actions::visitor::Visitor;
use crate::adapters::webauthn::RegistrationState;
use crate::app::App;
use crate::base::clock::Time;
use crate::base::digest::Digest;
use crate::base::error::{AppError, Kind};
use crate::base::id::{PasskeyId, SessionId};
use crate::base::sealed::{Fact, binding};
use crate::base::single_use::SingleUseId;
use crate::store::reads::session_and_user::SessionAndUser;
use crate::store::spent::{self, Spending};
use crate::store::{Job, StoreError, Write, passkey, session, user};

/// A registration between its two halves.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RegisteringFurther {
    state: RegistrationState,
}

impl Fact for RegisteringFurther {
    const PREFIX: &'static str = "wf_";
}

/// B-CH-04, B-REG-07: a ceremony belongs to a browser and to the session it began in, and so to one person.
fn belongs_to(browser: Digest, session: SessionId) -> Vec<u8> {
    binding(&[browser.as_bytes(), session.as_uuid().as_bytes()])
}

fn full() -> AppError {
    AppError::new(Kind::Conflict, "passkeys_full")
}

/// Begins the registration of another passkey. One read; stores nothing.
///
/// # Errors
/// `passkeys_full`.
pub async fn begin(app: &App, here: &SessionAndUser, browser: Digest) -> Result<Begun, AppError> {
    let SessionAndUser { session, user } = here;
    let own = passkey::of_user(app.store(), user.id).await?;
    if own.len() >= most(app) {
        return Err(full());
    }
    // WebAuthn §13.4.6: an authenticator that holds one of them makes no second one.
    let exclude: Vec<_> = own.into_iter().map(|row| row.credential_id).collect();
    let (public_key, state) = app.webauthn().begin_registration(user.user_handle, &user.email, &user.name, &exclude)?;
    ceremonies::begin(app, &RegisteringFurther { state }, &belongs_to(browser, session.id), public_key)
}

/// Finishes it, and gives the new passkey's row id. Without a name the passkey is called after what keeps it.
///
/// # Errors
/// `too_many_attempts`; those of [`ceremonies::open`]; `passkey_invalid`, `passkey_not_allowed`, `passkey_exists`, `passkeys_full`,
/// `not_signed_in`, `ceremony_used`, which all spend the ceremony.
pub async fn finish(
    app: &App,
    here: &SessionAndUser,
    ceremony: &str,
    credential: &[u8],
    name: Option<PasskeyName>,
    visitor: &Visitor,
) -> Result<PasskeyId, AppError> {
    visitor.admit(app)?;
    let SessionAndUser { session, user } = here;
    let binding = belongs_to(visitor.browser, session.id);
    let (ceremony, RegisteringFurther { state }) = ceremonies::open::<RegisteringFurther>(app, ceremony, &binding).await?;
    let origin = visitor.origin.clone().by(Actor::User(user.id));
    let made = match passkey_policy::finish(app, &state, credential) {
        Ok(made) => made,
        Err(NotMade { reason, error }) => {
            ceremonies::burn(app, ceremony, failed(&origin, session, reason)).await?;
            return Err(error);
        }
    };
    let now = app.now();
    let passkey = new_passkey(made, name, user.id, &app.config().passkeys.rp_id, now)?;
    let id = passkey.id;
    let mail = notices::to(app, user, Notice::PasskeyRegistered { passkey: id, name: passkey.name.clone() }, &origin)?;
    let register = RegisterFurther { ceremony, session: session.clone(), passkey, mail, most: most(app), epoch: app.epoch(), origin, now };
    match app.store().write(register).await? {
        Registered::Done => Ok(id),
        Registered::CeremonyUsed => Err(ceremonies::used()),
        Registered::SessionEnded => Err(AppError::new(Kind::Unauthenticated, "not_signed_in")),
        Registered::Full => Err(full()),
        Registered::Exists => Err(AppError::new(Kind::Conflict, "passkey_exists")),
    }
}

/// B-REG-12: how many passkeys one person may have.
fn most(app: &App) -> usize {
    usize::try_from(app.config().limits.passkeys_per_user).unwrap_or(usize::MAX)
}

fn failed(origin: &Origin, session: &session::Model, reason: &'static str) -> Event {
    Event::new("passkey_registration_failed", origin).user(session.user_id).session(session.id).detail("reason", reason)
}

struct RegisterFurther {
    ceremony: SingleUseId,
    session: session::Model,
    passkey: passkey::Model,
    mail: Mail,
    most: usize,
    epoch: i64,
    origin: Origin,
    now: Time,
}

enum Registered {
    Done,
    CeremonyUsed,
    SessionEnded,
    Full,
    Exists,
}

impl Job for RegisterFurther {
    type Outcome = Registered;

    async fn run(&self, write: &Write<'_>) -> Result<Registered, StoreError> {
        if spent::spend(write, self.ceremony, None, self.epoch).await? != Spending::Now {
            return Ok(Registered::CeremonyUsed);
        }
        // Held to change: registrations and revocations of one person come one after the other.
        let user = user::hold_to_change(write, self.session.user_id).await?;
        let is_open = match &user {
            Some(user) => sessions::is_still_open(write, &self.session, user).await?,
            None => false,
        };
        if !is_open {
            return self.refused(write, "session_ended", Registered::SessionEnded).await;
        }
        if passkey::of_user(write, self.session.user_id).await?.len() >= self.most {
            return self.refused(write, "passkeys_full", Registered::Full).await;
        }
        // B-REG-08: also for whoever goes round the browser, which would have refused.
        if !passkey::insert(write, self.passkey.clone()).await? {
            return self.refused(write, "passkey_exists", Registered::Exists).await;
        }
        Event::new("passkey_registered", &self.origin)
            .user(self.session.user_id)
            .session(self.session.id)
            .detail("passkey", self.passkey.id.to_string())
            .detail("backup_eligible", self.passkey.backup_eligible)
            .record(write, self.now)
            .await?;
        self.mail.queue(write).await?;
        backup_codes::ask_to_save_in(write, self.session.user_id).await?;
        Ok(Registered::Done)
    }
}

impl RegisterFurther {
    async fn refused(&self, write: &Write<'_>, reason: &'static str, outcome: Registered) -> Result<Registered, StoreError> {
        failed(&self.origin, &self.session, reason).record(write, self.now).await?;
        Ok(outcome)
    }
}
