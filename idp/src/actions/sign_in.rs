//! Signing in with a passkey, and confirming with one who is signed in. Beginning a sign-in asks and stores nothing; ending is at most two
//! reads and one write, whatever it comes to.
//!
//! Outside there is one answer for a passkey whose signature is wrong and one whose owner is shut out (WebAuthn §14.6.2); which it was is in
//! the audit log. A passkey that nobody has is told apart by its code alone, so that the person's credential manager can let go of it
//! (§5.1.10.2). That tells a stranger nothing: a credential id is random, is shown to its owner alone, and one that is known is answered like
//! any other, whoever's it is and whatever became of them.

use serde::{Deserialize, Serialize};

use crate::actions::audit::{Actor, Event, Origin};
use crate::actions::ceremonies::{self, Begun};
use crate::actions::mails::Mail;
use crate::actions::notices::{self, Notice};
use crate::actions::sessions::{self, Beginning, Opened, Proof};
use crate::actions::visitor::Visitor;
use crate::adapters::webauthn::{AuthenticationState, Refused, StoredPasskey, Verified};
use crate::app::App;
use crate::base::digest::Digest;
use crate::base::email::Email;
use crate::base::error::{AppError, Kind};
use crate::base::id::{CredentialId, PasskeyId, SessionId, UserId};
use crate::base::sealed::{Fact, binding};
use crate::base::secret::SessionSecret;
use crate::base::single_use::SingleUseId;
use crate::config::SuspectedClone;
use crate::store::reads::passkey_and_user::{PasskeyAndUser, passkey_and_user};
use crate::store::reads::session_and_user::SessionAndUser;
use crate::store::spent::{self, Spending};
use crate::store::{Job, StoreError, Write, passkey, user};

/// A sign-in between its two halves.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SigningIn {
    state: AuthenticationState,
}

impl Fact for SigningIn {
    const PREFIX: &'static str = "wc_";
}

/// B-CH-04: a ceremony belongs to a browser, and to the request that waits (empty for none).
fn belongs_to(browser: Digest, request: &str) -> Vec<u8> {
    binding(&[browser.as_bytes(), Digest::of(request).as_bytes()])
}

/// C-SUDO-03: a confirmation belongs to a browser and to one session in it. Three parts, where a sign-in has two: neither can end as the other.
fn belongs_to_session(browser: Digest, session: SessionId) -> Vec<u8> {
    binding(&[b"confirmation", browser.as_bytes(), session.as_uuid().as_bytes()])
}

/// Begins a sign-in for whoever has a passkey. No read, no write.
pub fn begin(app: &App, request: &str, browser: Digest) -> Result<Begun, AppError> {
    let (public_key, state) = app.webauthn().begin_authentication()?;
    ceremonies::begin(app, &SigningIn { state }, &belongs_to(browser, request), public_key)
}

/// Begins a confirmation by whoever is signed in `here`, with one of their passkeys. One read.
pub async fn begin_confirmation(app: &App, here: &SessionAndUser, browser: Digest) -> Result<Begun, AppError> {
    let own: Vec<CredentialId> =
        passkey::of_user(app.store(), here.user.id).await?.into_iter().filter(|row| row.frozen_at.is_none()).map(|row| row.credential_id).collect();
    let (public_key, state) = app.webauthn().begin_authentication_with(&own)?;
    ceremonies::begin(app, &SigningIn { state }, &belongs_to_session(browser, here.session.id), public_key)
}

/// A sign-in or confirmation whose answer may be judged: its ceremony is ours, this browser's, and not over.
#[derive(Debug)]
#[must_use = "an answer is judged by `judge`"]
pub struct Attempt<'a> {
    app: &'a App,
    visitor: &'a Visitor,
    ceremony: SingleUseId,
    state: AuthenticationState,
    /// Whose session goes on, and no other's; none where a session begins.
    confirming: Option<SessionAndUser>,
}

impl<'a> Attempt<'a> {
    /// Opens the ceremony. Never asks the database.
    ///
    /// # Errors
    /// `too_many_attempts`, and those of [`ceremonies::open`].
    pub async fn open(app: &'a App, ceremony: &str, request: &str, visitor: &'a Visitor) -> Result<Self, AppError> {
        visitor.admit(app)?;
        let (ceremony, SigningIn { state }) = ceremonies::open(app, ceremony, &belongs_to(visitor.browser, request)).await?;
        Ok(Self { app, visitor, ceremony, state, confirming: None })
    }

    /// Opens the ceremony of a confirmation by whoever is signed in `here`. Never asks the database.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub async fn open_confirmation(app: &'a App, ceremony: &str, here: SessionAndUser, visitor: &'a Visitor) -> Result<Self, AppError> {
        visitor.admit(app)?;
        let (ceremony, SigningIn { state }) = ceremonies::open(app, ceremony, &belongs_to_session(visitor.browser, here.session.id)).await?;
        Ok(Self { app, visitor, ceremony, state, confirming: Some(here) })
    }

    /// Judges what the browser sent, and opens a session. `named` is the address the person typed, if any.
    ///
    /// # Errors
    /// `passkey_invalid`, `passkey_unknown`, `passkey_other_account`, `passkey_suspected` or `ceremony_used`; `not_signed_in` if the session of a
    /// confirmation has ended. All of them spend the ceremony.
    pub async fn judge(self, credential: &[u8], named: Option<&Email>) -> Result<Opened, AppError> {
        let app = self.app;
        let credential_id = match app.webauthn().identify(credential) {
            Ok((_, credential_id)) => credential_id,
            Err(refused) => return Err(self.refuse(refused.reason(), None).await),
        };
        let (horizon, found) = passkey_and_user(app.store(), &credential_id).await?;
        app.observe(horizon).await?;
        let Some(found) = found else { return Err(self.refuse(UNKNOWN, None).await) };
        let verified = match self.verify(credential, &found) {
            Ok(verified) => verified,
            Err(refused) => return Err(self.refuse(refused.reason(), Some(found.user.id)).await),
        };
        if !found.user.is_active() {
            return Err(self.refuse("deactivated", Some(found.user.id)).await);
        }
        if found.passkey.frozen_at.is_some() {
            return Err(self.refuse(FROZEN, Some(found.user.id)).await);
        }
        // B-AUTH-01. Told only to whoever holds the passkey: the signature was good.
        let is_another = self.confirming.as_ref().is_some_and(|here| here.user.id != found.user.id);
        if is_another || named.is_some_and(|named| *named != found.user.email) {
            ceremonies::burn(app, self.ceremony, self.failed("other_account", Some(found.user.id))).await?;
            return Err(AppError::new(Kind::Conflict, "passkey_other_account"));
        }
        self.accept(found, verified).await
    }

    fn verify(&self, credential: &[u8], found: &PasskeyAndUser) -> Result<Verified, Refused> {
        let PasskeyAndUser { passkey, user } = found;
        let stored = StoredPasskey {
            user_handle: user.user_handle,
            public: &passkey.public_key,
            counter: u32::try_from(passkey.counter).map_err(|_| Refused::StoredPasskey)?,
            backup_eligible: passkey.backup_eligible,
        };
        self.app.webauthn().finish_authentication(&self.state, credential, &stored)
    }

    /// The one refusal; the reason is for the audit log.
    async fn refuse(&self, reason: &'static str, user: Option<UserId>) -> AppError {
        match ceremonies::burn(self.app, self.ceremony, self.failed(reason, user)).await {
            Ok(()) => passkey_invalid(reason),
            Err(error) => error,
        }
    }

    fn failed(&self, reason: &'static str, user: Option<UserId>) -> Event {
        failed(self.confirming.is_some(), &self.visitor.origin, reason, user)
    }

    async fn accept(self, found: PasskeyAndUser, verified: Verified) -> Result<Opened, AppError> {
        let Self { app, visitor, ceremony, confirming, .. } = self;
        let PasskeyAndUser { passkey, user } = found;
        let secret = SessionSecret::random();
        // A counter that is nought, as those of synced passkeys always are, goes back only before our eyes.
        let may_go_back = verified.counter_went_back || verified.counter != 0;
        let suspicion = Notice::PasskeySuspected { passkey: passkey.id, name: passkey.name.clone() };
        let suspicion = may_go_back.then(|| notices::to(app, &user, suspicion, &visitor.origin)).transpose()?;
        let before = visitor.everybody(app).await?;
        let beside = before.beside(user.id);
        let beginning = Beginning {
            before,
            // C-SES-02: a new secret with every proof, whatever the browser showed before.
            secret: secret.digest(),
            browser: visitor.browser,
            proof: Proof::of_passkey(&passkey, &app.config().passkeys),
            passkey: Some(passkey.id),
            now: app.now(),
            limits: app.config().sessions.clone(),
            epoch: app.epoch(),
            origin: visitor.origin.clone().by(Actor::User(user.id)),
            news: notices::of_sign_in(app, visitor, &user, None)?,
        };
        let suspected_clone = app.config().passkeys.suspected_clone;
        let sign_in = SignIn { ceremony, passkey: passkey.id, user: user.id, confirming, verified, suspected_clone, suspicion, beginning };
        match app.store().write(sign_in).await? {
            SignedIn::Done => Ok(Opened { secret, user, beside }),
            SignedIn::CeremonyUsed => Err(ceremonies::used()),
            SignedIn::SessionEnded => Err(AppError::new(Kind::Unauthenticated, "not_signed_in")),
            SignedIn::Refused(reason) => Err(passkey_invalid(reason)),
            // Told only to whoever holds the key: the signature was good.
            SignedIn::Suspected => Err(AppError::new(Kind::Forbidden, "passkey_suspected")),
        }
    }
}

/// What the audit log calls a credential id that is nobody's.
const UNKNOWN: &str = "passkey_unknown";
/// And a passkey whose owner said that it isn't theirs. Outside it is one whose signature was wrong: called unknown, it would be deleted from the
/// credential manager of an owner who was mistaken.
const FROZEN: &str = "frozen";

fn passkey_invalid(reason: &'static str) -> AppError {
    let code = if reason == UNKNOWN { "passkey_unknown" } else { "passkey_invalid" };
    AppError::new(Kind::Unauthenticated, code).because(reason)
}

fn failed(confirming: bool, origin: &Origin, reason: &'static str, user: Option<UserId>) -> Event {
    let event = Event::new(if confirming { "confirmation_failed" } else { "sign_in_failed" }, origin).detail("reason", reason);
    match user {
        Some(user) => event.user(user),
        None => event,
    }
}

struct SignIn {
    ceremony: SingleUseId,
    passkey: PasskeyId,
    user: UserId,
    /// The session that must still be there to go on.
    confirming: Option<SessionAndUser>,
    verified: Verified,
    suspected_clone: SuspectedClone,
    /// Should the counter have gone back, where it can have.
    suspicion: Option<Mail>,
    beginning: Beginning,
}

enum SignedIn {
    Done,
    CeremonyUsed,
    SessionEnded,
    Refused(&'static str),
    /// The key may have been copied, and such keys are refused.
    Suspected,
}

impl Job for SignIn {
    type Outcome = SignedIn;

    async fn run(&self, write: &Write<'_>) -> Result<SignedIn, StoreError> {
        let Beginning { now, epoch, .. } = self.beginning;
        if spent::spend(write, self.ceremony, None, epoch).await? != Spending::Now {
            return Ok(SignedIn::CeremonyUsed);
        }
        // Looked at again (B-AUTH-05): the person may have been shut out, or the passkey taken away, since the signature was checked.
        let Some(user) = user::hold_to_change(write, self.user).await?.filter(user::Model::is_active) else {
            return self.refused(write, "deactivated").await;
        };
        let Some(passkey) = passkey::hold(write, self.passkey).await? else {
            return self.refused(write, UNKNOWN).await;
        };
        if passkey.frozen_at.is_some() {
            return self.refused(write, FROZEN).await;
        }
        if let Some(SessionAndUser { session, .. }) = &self.confirming
            && !sessions::is_still_open(write, session, &user).await?
        {
            self.refused(write, "session_ended").await?;
            return Ok(SignedIn::SessionEnded);
        }
        if self.went_back(&passkey) {
            let is_news = passkey::suspect(write, passkey.id, now).await?;
            self.event("passkey_counter_went_back")
                .detail("stored", passkey.counter)
                .detail("shown", self.verified.counter)
                .detail("marked", is_news)
                .record(write, now)
                .await?;
            if let Some(suspicion) = self.suspicion.as_ref().filter(|_| is_news) {
                suspicion.queue(write).await?;
            }
        }
        let is_suspected = passkey.suspected_at.is_some() || self.went_back(&passkey);
        if is_suspected && self.suspected_clone == SuspectedClone::Refuse {
            self.refused(write, "suspected_clone").await?;
            return Ok(SignedIn::Suspected);
        }
        let seen =
            passkey::Use { counter: self.verified.counter.into(), backed_up: self.verified.backed_up, at: now, from: self.beginning.origin.place() };
        passkey::record_use(write, passkey.id, seen).await?;
        let session = self.beginning.run(write, &user).await?;
        self.event(if self.confirming.is_some() { "confirmed" } else { "signed_in" }).session(session).record(write, now).await?;
        Ok(SignedIn::Done)
    }
}

impl SignIn {
    /// Whether the counter went back (WebAuthn §6.1.1), a sign of a copied key and no proof. Judged by what was stored when the signature was
    /// checked: of two sign-ins that meet, the later one need not come first. But no authenticator shows one number twice.
    fn went_back(&self, stored: &passkey::Model) -> bool {
        self.verified.counter_went_back || (self.verified.counter != 0 && i64::from(self.verified.counter) == stored.counter)
    }

    fn event(&self, kind: &'static str) -> Event {
        Event::new(kind, &self.beginning.origin).user(self.user).detail("passkey", self.passkey.to_string())
    }

    async fn refused(&self, write: &Write<'_>, reason: &'static str) -> Result<SignedIn, StoreError> {
        let origin = self.beginning.origin.clone().by(Actor::Nobody);
        failed(self.confirming.is_some(), &origin, reason, Some(self.user)).record(write, self.beginning.now).await?;
        Ok(SignedIn::Refused(reason))
    }
}
