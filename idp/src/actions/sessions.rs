//! Sessions: the one place where one begins, is judged, and ends, whoever asks for it.

use std::time::Duration;

use crate::actions::audit::{Event, Origin};
use crate::actions::everybody::{Account, Everybody};
use crate::actions::mails::Mail;
use crate::actions::ways_in;
use crate::app::App;
use crate::base::clock::Time;
use crate::base::digest::Digest;
use crate::base::id::{PasskeyId, SessionId, Sid, UserId};
use crate::base::secret::SessionSecret;
use crate::base::session_secrets::SessionSecrets;
use crate::config::{Passkeys, Sessions};
use crate::protocol::claims::{Acr, Amr, AuthenticationMethod};
use crate::store::reads::session_and_user::{SessionAndUser, sessions_and_users};
use crate::store::{Job, StoreError, Write, passkey, session, session_client, user};

/// `last_seen` is written at most this often.
const SEEN_EVERY: Duration = Duration::from_mins(5);

/// Everybody whom these secrets sign in in this browser, as far as their sessions are alive, in the order of the secrets. One read; none
/// without a secret.
pub async fn all_here(app: &App, secrets: &SessionSecrets, browser: Digest) -> Result<Everybody, StoreError> {
    if secrets.is_empty() {
        return Ok(Everybody::default());
    }
    let digests: Vec<Digest> = secrets.iter().map(SessionSecret::digest).collect();
    let (horizon, found) = sessions_and_users(app.store(), &digests).await?;
    app.observe(horizon).await?;
    let now = app.now();
    let is_here = |found: &&SessionAndUser| found.session.browser_digest == browser && is_alive(found, &app.config().sessions, app.epoch(), now);
    let account = |secret: &SessionSecret| {
        let who = found.iter().filter(is_here).find(|found| found.session.secret_digest == secret.digest())?;
        Some(Account { secret: secret.clone(), who: who.clone() })
    };
    let here = Everybody::new(secrets.iter().filter_map(account).collect());
    // Only the account in use is kept alive by being used.
    if let Some(SessionAndUser { session, .. }) = here.current() {
        note_use(app, session);
    }
    Ok(here)
}

/// Whether a session may be used: not ended, not too old, not too long idle, of this epoch, and its person is let in.
pub fn is_alive(found: &SessionAndUser, limits: &Sessions, epoch: i64, now: Time) -> bool {
    let SessionAndUser { session, user } = found;
    session.ended_at.is_none()
        && session.epoch == epoch
        && session.security_epoch == user.security_epoch
        && user.is_active()
        && now < session.created_at.plus(limits.absolute)
        && now < session.last_seen_at.plus(limits.idle)
}

/// Whether the session that asks for a change is still open, inside the write of that change: whoever ended it meanwhile, on another page or
/// node, is obeyed. Hold the person's row first.
pub async fn is_still_open(write: &Write<'_>, session: &session::Model, user: &user::Model) -> Result<bool, StoreError> {
    let found = session::hold(write, session.id).await?;
    Ok(user.is_active() && found.is_some_and(|found| found.ended_at.is_none() && found.security_epoch == user.security_epoch))
}

/// The living sessions of whoever is signed in `here`, those that were used last first. One read.
pub async fn of(app: &App, here: &SessionAndUser) -> Result<Vec<session::Model>, StoreError> {
    let living = living(&app.config().sessions, app.epoch(), &here.user, app.now());
    session::living_of(app.store(), here.user.id, living).await
}

/// [`is_alive`] in the words of the database.
fn living(limits: &Sessions, epoch: i64, user: &user::Model, now: Time) -> session::Living {
    let (began_after, seen_after) = (now.minus(limits.absolute), now.minus(limits.idle));
    session::Living { epoch, security_epoch: user.security_epoch, began_after, seen_after }
}

struct NoteUse {
    session: SessionId,
    now: Time,
}

impl Job for NoteUse {
    type Outcome = ();

    async fn run(&self, write: &Write<'_>) -> Result<(), StoreError> {
        session::mark_seen(write, self.session, self.now).await
    }
}

/// Notes that a session is in use. In the background: whoever asked does not wait for it, and losing one costs at most five minutes of the
/// idle time.
pub fn note_use(app: &App, session: &session::Model) {
    let (store, session, now, seen) = (app.store().clone(), session.id, app.now(), session.last_seen_at);
    if now.since(seen) < SEEN_EVERY {
        return;
    }
    tokio::spawn(async move {
        if let Err(error) = store.write(NoteUse { session, now }).await {
            tracing::warn!(%error, "the use of a session was not noted");
        }
    });
}

/// How a person proved who they are, just now.
#[derive(Clone, Debug)]
pub struct Proof {
    /// How strongly.
    pub acr: Acr,
    /// By what means.
    pub amr: Amr,
}

impl Proof {
    /// What signing with this passkey proves. Hardware is claimed only for a key that can't be copied (B-AUTH-07), and where authenticators are
    /// asked to prove their make, only for one that did.
    pub fn of_passkey(passkey: &passkey::Model, policy: &Passkeys) -> Self {
        let may_be_copied = passkey.backup_eligible || (policy.asks_attestation() && !passkey.attested);
        Self { acr: Acr::of_passkey(may_be_copied), amr: Amr::of_passkey(may_be_copied) }
    }
}

/// A session that a proof has opened, and whose it is.
#[derive(Debug)]
pub struct Opened {
    /// What the browser shows from now on.
    pub secret: SessionSecret,
    /// Who signed in.
    pub user: user::Model,
    /// What opens the sessions of others in this browser, which go on.
    pub beside: SessionSecrets,
}

/// Whether the person proved who they are recently, however strongly.
pub fn is_fresh(app: &App, session: &session::Model) -> bool {
    app.now() < session.authenticated_at.plus(app.config().sessions.step_up)
}

/// Whether the person proved who they are recently enough (C-SUDO-01), and as strongly as they can (C-SUDO-02), to change how they sign in.
/// One read, where the proof was no passkey.
pub async fn is_recent(app: &App, here: &SessionAndUser) -> Result<bool, StoreError> {
    let SessionAndUser { session, user } = here;
    if !is_fresh(app, session) {
        return Ok(false);
    }
    // Nothing is stronger than a passkey; whoever used one needs no look at what else they have.
    if session.acr >= Acr::Phr {
        return Ok(true);
    }
    let strongest = ways_in::of(app, user.id).await?.strongest();
    // A backup code takes the place of the app's code at signing in, and proves less: it may lie in any drawer (C-BC-03).
    let is_confirmed = strongest < Acr::PasswordOtp || session.amr.contains(AuthenticationMethod::Otp);
    Ok(session.acr >= strongest && is_confirmed)
}

/// A session that begins, or goes on, inside the write that accepts a proof.
#[derive(Clone, Debug)]
pub struct Beginning {
    /// Everybody who was signed in in this browser before.
    pub before: Everybody,
    /// Digest of the new secret.
    pub secret: Digest,
    /// Digest of the browser cookie.
    pub browser: Digest,
    /// The proof.
    pub proof: Proof,
    /// The passkey that gave the proof, if one did.
    pub passkey: Option<PasskeyId>,
    /// When.
    pub now: Time,
    /// How long sessions live, and how many of a person.
    pub limits: Sessions,
    /// The epoch of this node.
    pub epoch: i64,
    /// Who caused it.
    pub origin: Origin,
    /// The mail that tells the person, should they never have been in this browser (C-NOT-01); none where they are told of more, or needn't be.
    pub news: Option<Mail>,
}

impl Beginning {
    /// Begins a session for `user`. The same person's session in this browser goes on with a new secret and new times. Another person gets a row
    /// of their own; the sessions of others stay, as many as one browser may have (C-SES-07). Hold the person's row to change first: sign-ins
    /// of one person come one after the other, so that none slips past `sessions.most_per_user`.
    pub async fn run(&self, write: &Write<'_>, user: &user::Model) -> Result<SessionId, StoreError> {
        if let Some(SessionAndUser { session: before, .. }) = self.before.of(user.id) {
            let Proof { acr, amr } = self.proof.clone();
            let fresh = session::Authentication { secret_digest: self.secret, at: self.now, acr, amr, passkey_id: self.passkey };
            if session::authenticate_again(write, before.id, user.id, fresh).await? {
                Event::new("session_authenticated_again", &self.origin).user(user.id).session(before.id).record(write, self.now).await?;
                return Ok(before.id);
            }
        }
        let id = SessionId::new(self.now);
        let row = session::Model {
            id,
            user_id: user.id,
            sid: Sid::random(),
            secret_digest: self.secret,
            browser_digest: self.browser,
            created_at: self.now,
            authenticated_at: self.now,
            chosen_at: self.now,
            acr: self.proof.acr,
            amr: self.proof.amr.clone(),
            passkey_id: self.passkey,
            last_seen_at: self.now,
            device: self.origin.device.clone().unwrap_or_default(),
            network: self.origin.network.clone().unwrap_or_default(),
            ended_at: None,
            epoch: self.epoch,
            security_epoch: user.security_epoch,
        };
        if let Some(news) = &self.news
            && !session::was_in(write, user.id, self.browser).await?
        {
            news.queue(write).await?;
        }
        session::insert(write, row).await?;
        Event::new("session_started", &self.origin)
            .user(user.id)
            .session(id)
            .detail("acr", self.proof.acr.to_string())
            .record(write, self.now)
            .await?;
        for SessionAndUser { session, .. } in self.before.beyond(user.id) {
            end_in(write, session, "too_many_accounts", &self.origin, self.now).await?;
        }
        self.end_what_is_too_many(write, user).await?;
        Ok(id)
    }

    /// C-SES-09: of too many sessions of one person, those end that were not used for the longest time.
    async fn end_what_is_too_many(&self, write: &Write<'_>, user: &user::Model) -> Result<(), StoreError> {
        let living = living(&self.limits, self.epoch, user, self.now);
        for session in session::living_beyond(write, user.id, living, self.limits.most_per_user).await? {
            end_in(write, &session, "too_many_sessions", &self.origin, self.now).await?;
        }
        Ok(())
    }
}

struct End {
    sessions: Vec<session::Model>,
    why: &'static str,
    origin: Origin,
    now: Time,
}

impl Job for End {
    type Outcome = ();

    async fn run(&self, write: &Write<'_>) -> Result<(), StoreError> {
        for session in &self.sessions {
            end_in(write, session, self.why, &self.origin, self.now).await?;
        }
        Ok(())
    }
}

/// Ends sessions. What hangs from them is dead with them, since every use of it asks for the session.
pub async fn end(app: &App, sessions: Vec<session::Model>, why: &'static str, origin: Origin) -> Result<(), StoreError> {
    app.store().write(End { sessions, why, origin, now: app.now() }).await
}

/// Ends all sessions of a person, inside the write that takes away what they rest on. Change the person's row first: a sign-in that holds
/// it is over by then, and the session it began ends too.
pub async fn end_all_in(write: &Write<'_>, user: UserId, why: &'static str, origin: &Origin, now: Time) -> Result<(), StoreError> {
    let ended = session::end_all_of(write, user, now).await?;
    tell_of(write, user, &ended, why, origin, now).await.map(drop)
}

/// Ends all sessions of a person but `spared`, inside the write that changes how they sign in. How many there were. Change the person's row
/// (or hold it to change) first, as for [`end_all_in`].
pub async fn end_others_in(write: &Write<'_>, spared: &session::Model, why: &'static str, origin: &Origin, now: Time) -> Result<u64, StoreError> {
    let ended = session::end_others(write, spared.user_id, spared.id, now).await?;
    tell_of(write, spared.user_id, &ended, why, origin, now).await
}

/// Ends the sessions that a passkey opened, but for `spared`, inside the write that takes the passkey away. How many there were. Change the
/// person's row (or hold it to change) first, as for [`end_all_in`].
pub async fn end_opened_by_in(
    write: &Write<'_>,
    user: UserId,
    passkey: PasskeyId,
    spared: SessionId,
    origin: &Origin,
    now: Time,
) -> Result<u64, StoreError> {
    let ended = session::end_opened_by(write, user, passkey, spared, now).await?;
    tell_of(write, user, &ended, "passkey_revoked", origin, now).await
}

/// What follows for others from the end of these sessions of one person: the clients that took part hear of it (A-BCL-03), and the audit log.
/// How many there were.
async fn tell_of(write: &Write<'_>, user: UserId, ended: &[SessionId], why: &'static str, origin: &Origin, now: Time) -> Result<u64, StoreError> {
    session_client::end(write, ended, now).await?;
    let count = u64::try_from(ended.len()).unwrap_or(u64::MAX);
    if count > 0 {
        Event::new("sessions_ended", origin).user(user).detail("why", why).detail("sessions", count).record(write, now).await?;
    }
    Ok(count)
}

/// The same as [`end`] inside a write that also changes something else.
pub(super) async fn end_in(write: &Write<'_>, session: &session::Model, why: &'static str, origin: &Origin, now: Time) -> Result<(), StoreError> {
    if session::end(write, session.id, now).await? {
        tell_of_one(write, session, why, origin, now).await?;
    }
    Ok(())
}

async fn tell_of_one(write: &Write<'_>, session: &session::Model, why: &'static str, origin: &Origin, now: Time) -> Result<(), StoreError> {
    session_client::end(write, &[session.id], now).await?;
    Event::new("session_ended", origin).user(session.user_id).session(session.id).detail("why", why).record(write, now).await
}

/// Ends what is over by itself: too old, or not used for too long.
struct EndOver {
    sessions: Vec<SessionId>,
    began: Time,
    seen: Time,
    now: Time,
}

impl Job for EndOver {
    type Outcome = ();

    async fn run(&self, write: &Write<'_>) -> Result<(), StoreError> {
        for id in &self.sessions {
            if let Some(session) = session::end_if_over(write, *id, self.began, self.seen, self.now).await? {
                let why = if session.created_at <= self.began { "too_old" } else { "not_used" };
                tell_of_one(write, &session, why, &Origin::system(), self.now).await?;
            }
        }
        Ok(())
    }
}

/// How many sessions end in one write, so that nobody waits long behind it.
const END_BATCH: usize = 100;

/// Ends the sessions that are over by themselves at `now`, so that the clients hear of it. Nobody could use them any more anyway.
pub async fn end_over(app: &App, now: Time) -> Result<(), StoreError> {
    let limits = &app.config().sessions;
    let (began, seen) = (now.minus(limits.absolute), now.minus(limits.idle));
    loop {
        let over = session::over(app.store(), began, seen).await?;
        for batch in over.chunks(END_BATCH) {
            app.store().write(EndOver { sessions: batch.to_vec(), began, seen, now }).await?;
        }
        if over.is_empty() {
            return Ok(());
        }
    }
}
