//! Judging a password: the one door, for signing in, for confirming and for changing it.
//!
//! Outside there is one answer for an address that nobody has, one whose owner is shut out, has no password, froze it or may not use it, and for
//! a wrong password; with as many questions to the database and as many hashes (C-ENUM-01, C-ENUM-02). Which it was is in the audit log.

use crate::actions::audit::{Event, Origin};
use crate::actions::limits::{self, Budget, Method, Taken};
use crate::actions::visitor::Visitor;
use crate::actions::ways_in::Rules;
use crate::adapters::passwords::{Compared, NotHashed};
use crate::app::App;
use crate::base::clock::Time;
use crate::base::email::Email;
use crate::base::error::{AppError, Kind};
use crate::base::id::UserId;
use crate::base::password::Password;
use crate::base::secret::PasswordHash;
use crate::store::reads::password_facts::PasswordFacts;
use crate::store::{Job, StoreError, Write, password, totp, user};

/// The fewest characters of a password that opens the account alone (NIST SP 800-63B §3.1.1.2).
pub const LEAST_ALONE: usize = 15;

/// Whether this password may open an account with nothing beside it.
pub fn stands_alone(password: &Password) -> bool {
    password.characters() >= LEAST_ALONE
}

/// The right password of somebody who may use it. Nothing is opened yet: that is for the write that calls [`Judged::settle`].
#[derive(Clone, Debug)]
#[must_use = "a right password is settled"]
pub struct Judged {
    /// Whose it is.
    pub user: user::Model,
    /// When it was set.
    pub set_at: Time,
    /// Whether an authenticator app has to be asked, too.
    pub needs_second_step: bool,
    /// Whether it is long enough to stand alone, now that it was typed.
    pub stands_alone: bool,
    /// Whether the row says otherwise.
    is_learnt: bool,
    rehashed: Option<Rehashed>,
    taken: Taken,
}

#[derive(Clone, Debug)]
struct Rehashed {
    old: PasswordHash,
    new: PasswordHash,
}

impl Judged {
    /// Inside the write of what the password gives: its use is recorded, and whether it may stand alone, the guess is given back, and the hash
    /// costs what the settings say now (C-PW-06). `false` if the password was changed, frozen or taken away meanwhile. Hold the person's row first.
    pub async fn settle(&self, write: &Write<'_>) -> Result<bool, StoreError> {
        if !password::record_use(write, self.user.id, self.set_at, self.taken.at()).await? {
            return Ok(false);
        }
        if self.is_learnt {
            password::learn(write, self.user.id, self.set_at, self.stands_alone).await?;
        }
        if let Some(Rehashed { old, new }) = &self.rehashed {
            password::rehash(write, self.user.id, old, new).await?;
        }
        self.taken.give_back(write).await?;
        Ok(true)
    }
}

/// The one refusal. The reason is for the log.
pub fn invalid(reason: &'static str) -> AppError {
    AppError::new(Kind::Unauthenticated, "password_invalid").because(reason)
}

/// Judges the password of whoever signs in with `email`. The guess is counted first; one write before the hash, one read, and after a wrong one
/// another write.
///
/// # Errors
/// `password_invalid` and nothing else for whatever is wrong; `too_many_attempts`; `unavailable` if too many wait.
pub async fn judge(app: &App, visitor: &Visitor, email: &Email, password: &Password) -> Result<Judged, AppError> {
    visitor.admit(app)?;
    let taken = limits::take(app, &Budget::of_guess(app, visitor, email, Method::Password), app.now()).await?;
    let (rules, stands_alone) = (Rules::of(app), stands_alone(password));
    let (horizon, facts) = rules.password_facts(app.store(), email).await?;
    app.observe(horizon).await?;
    let stored = facts.as_ref().and_then(|facts| facts.password.as_ref()).filter(|stored| stored.is_usable());
    let compared = app.passwords().compare(password, stored.map(|stored| &stored.hash)).await?;
    match allowed(&rules, facts, compared, stands_alone) {
        Ok((facts, stored)) => {
            let rehashed = rehashed(app, password, stored.hash, compared).await;
            let needs_second_step = facts.totp.is_some_and(|totp| totp.is_usable());
            let is_learnt = stored.stands_alone != stands_alone;
            Ok(Judged { user: facts.user, set_at: stored.set_at, needs_second_step, stands_alone, is_learnt, rehashed, taken })
        }
        Err(Refusal { reason, user }) => {
            app.store().write(Failed { reason, user, origin: visitor.origin.clone(), now: app.now() }).await?;
            Err(invalid(reason))
        }
    }
}

struct Refusal {
    reason: &'static str,
    user: Option<UserId>,
}

/// What is wrong, if anything is. Asked after the hash, so that no answer comes sooner than another.
fn allowed(rules: &Rules, facts: Option<PasswordFacts>, compared: Compared, stands_alone: bool) -> Result<(PasswordFacts, password::Model), Refusal> {
    let Some(facts) = facts else { return Err(Refusal { reason: "user_unknown", user: None }) };
    let refused = |reason| Err(Refusal { reason, user: Some(facts.user.id) });
    match &facts.password {
        None => refused("password_missing"),
        Some(stored) if !stored.is_usable() => refused("password_frozen"),
        Some(_) if compared == Compared::Differs => refused("password_wrong"),
        Some(_) if !facts.user.is_active() => refused("deactivated"),
        Some(stored) => {
            let has_app = facts.totp.as_ref().is_some_and(totp::Model::is_usable);
            // B-LC-03, C-PW-01
            if let Some(objection) = rules.objection(facts.has_passkey, stands_alone || has_app) {
                return refused(objection.reason());
            }
            let stored = stored.clone();
            Ok((facts, stored))
        }
    }
}

/// The password hashed anew, if that is due. Signing in does not fail for it.
async fn rehashed(app: &App, password: &Password, old: PasswordHash, compared: Compared) -> Option<Rehashed> {
    if compared != (Compared::Same { rehash_is_due: true }) {
        return None;
    }
    match app.passwords().hash(password).await {
        Ok(new) => Some(Rehashed { old, new }),
        // At the next sign-in, then.
        Err(NotHashed::Full) => None,
        Err(error) => {
            tracing::error!(%error, "a password was not hashed anew");
            None
        }
    }
}

struct Failed {
    reason: &'static str,
    user: Option<UserId>,
    origin: Origin,
    now: Time,
}

impl Job for Failed {
    type Outcome = ();

    async fn run(&self, write: &Write<'_>) -> Result<(), StoreError> {
        let event = Event::new("password_refused", &self.origin).detail("reason", self.reason);
        let event = match self.user {
            Some(user) => event.user(user),
            None => event,
        };
        event.record(write, self.now).await
    }
}
