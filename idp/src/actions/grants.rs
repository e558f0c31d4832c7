//! Grants: the one place where one begins, where its life is judged, and where it ends.
//!
//! Nothing is copied into a grant that something else may take away: its life is derived from the session, the person, the consent and
//! the epoch each time it is used. What is checked before a write is checked again inside it.

use serde::{Deserialize, Serialize};

use crate::actions::audit::{Event, Origin};
use crate::actions::sessions;
use crate::base::clock::Time;
use crate::base::id::{ClientId, GrantId, UserId};
use crate::base::random;
use crate::base::single_use::SingleUseId;
use crate::config::Sessions;
use crate::protocol::client_metadata::{ClientMetadata, ConsentPolicy};
use crate::protocol::scope::Scope;
use crate::store::client::Client;
use crate::store::reads::grant_liveness::GrantFacts;
use crate::store::reads::session_and_user::SessionAndUser;
use crate::store::reads::what_a_grant_rests_on::{Held, hold};
use crate::store::spent::{Spending, spend};
use crate::store::{Job, StoreError, Write, consent, grant, session_client};

/// Against what a life is judged: the limits of sessions, the epoch of this node, and the time.
#[derive(Clone, Debug)]
pub struct Judge {
    /// How long sessions live.
    pub limits: Sessions,
    /// The epoch of this node.
    pub epoch: i64,
    /// The moment that counts: taken before the check, so that nothing is dated later than it was judged.
    pub now: Time,
}

impl Judge {
    /// Whether what hangs from this grant may be used: not taken back, of this epoch, not over, its person let in, its session alive
    /// unless it is offline, its client enabled, and what it gives still allowed (A-RT-05).
    pub fn is_alive(&self, facts: &GrantFacts, client: &Client) -> bool {
        let GrantFacts { grant, user, session, consent, .. } = facts;
        let session_holds = || {
            let session = session.clone();
            session.is_some_and(|session| self.session_is_alive(&SessionAndUser { session, user: user.clone() }))
        };
        client.is_enabled()
            && client.metadata.client_id == grant.client_id
            && grant.revoked_at.is_none()
            && grant.epoch == self.epoch
            && self.now < grant.absolute_ends_at
            && user.is_active()
            && user.security_epoch == grant.security_epoch
            && (grant.offline || session_holds())
            && (!needs_consent(&client.metadata, &grant.scope) || covers(consent.as_ref(), grant))
    }

    /// Whether a session may be used.
    pub fn session_is_alive(&self, found: &SessionAndUser) -> bool {
        sessions::is_alive(found, &self.limits, self.epoch, self.now)
    }
}

/// Whether a grant of this scope to this client stands on a consent.
///
/// A grant does not know the address its code went to; the policy that is the mildest for any of them counts, and the strict one was
/// applied before the code was issued.
pub fn needs_consent(client: &ClientMetadata, scope: &Scope) -> bool {
    client.redirect_uris.iter().all(|uri| client.consent_policy(scope, uri) != ConsentPolicy::NotAsked)
}

fn covers(consent: Option<&consent::Model>, grant: &grant::Model) -> bool {
    consent.is_some_and(|consent| grant.extent().is_within(&consent.extent()))
}

/// Which copy of a code it is: going back in the browser issues a second one for the same request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Instance(u64);

impl Instance {
    /// Another one.
    pub fn random() -> Self {
        Self(u64::from_be_bytes(random::bytes()))
    }
}

/// What a redeemed code gave: kept with what is spent, so that a second use can be told from a second copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Gave {
    grant: GrantId,
    instance: Instance,
}

impl Gave {
    fn to_bytes(self) -> Vec<u8> {
        [self.grant.as_uuid().as_bytes().as_slice(), &self.instance.0.to_be_bytes()].concat()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (grant, instance) = bytes.split_first_chunk::<16>()?;
        let grant = GrantId::from_uuid(uuid::Uuid::from_bytes(*grant));
        Some(Self { grant, instance: Instance(u64::from_be_bytes(instance.try_into().ok()?)) })
    }
}

/// Turns a code into a grant: spends it, adds the grant, records the event, in one write.
#[derive(Debug)]
pub struct Redeem {
    /// What the code is spent under: its request.
    pub request: SingleUseId,
    /// Which copy of the code was shown.
    pub instance: Instance,
    /// The grant that begins.
    pub grant: grant::Model,
    /// Whether the person must have allowed it.
    pub needs_consent: bool,
    /// The client's part in the session, if it wants to hear of the session's end.
    pub takes_part: Option<session_client::Model>,
    /// Whether the client has used this challenge or nonce too often (A-PKCE-06).
    pub is_repeated: bool,
    /// Against what the session is judged.
    pub judge: Judge,
    /// Who caused it.
    pub origin: Origin,
}

/// What redeeming came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Redeemed {
    /// The grant is there.
    Granted,
    /// What the code rests on does not hold any more.
    Dead,
    /// Another copy of it was redeemed before, or it was burned by a wrong verifier.
    Spent,
    /// This very copy was redeemed before: what it gave is taken back.
    Reused,
    /// So long ago that nobody can tell.
    Forgotten,
}

impl Job for Redeem {
    type Outcome = Redeemed;

    async fn run(&self, write: &Write<'_>) -> Result<Redeemed, StoreError> {
        let grant = &self.grant;
        if !permits(write, grant, true, self.needs_consent, &self.judge).await? {
            return Ok(Redeemed::Dead);
        }
        let gave = Gave { grant: grant.id, instance: self.instance };
        let event = |kind| Event::new(kind, &self.origin).user(grant.user_id).client(&grant.client_id).session(grant.session_id);
        match spend(write, self.request, Some(gave.to_bytes()), self.judge.epoch).await? {
            Spending::Now => {
                grant::insert(write, grant.clone()).await?;
                if let Some(part) = &self.takes_part {
                    session_client::take_part(write, part.clone()).await?;
                }
                let event = event("tokens_issued").detail("grant", grant.id.to_string()).detail("scope", grant.scope.to_string());
                event.record(write, self.judge.now).await?;
                if self.is_repeated {
                    Event::new("challenge_repeated", &self.origin).client(&grant.client_id).record(write, self.judge.now).await?;
                }
                Ok(Redeemed::Granted)
            }
            Spending::Before(before) => match before.as_deref().and_then(Gave::from_bytes) {
                // OAuth 2.1 §4.1.3: a code that comes twice may have been stolen the first time (A-CODE-02).
                Some(before) if before.instance == self.instance => {
                    if grant::revoke(write, before.grant, self.judge.now).await? {
                        event("code_reused").detail("grant", before.grant.to_string()).record(write, self.judge.now).await?;
                    }
                    Ok(Redeemed::Reused)
                }
                _ => Ok(Redeemed::Spent),
            },
            Spending::Forgotten => Ok(Redeemed::Forgotten),
        }
    }
}

/// The check that permits to give anything from `grant`, inside the write that gives it. Person and session are held, so that whoever
/// takes them away comes either before this write, and is seen, or after it.
pub(super) async fn permits(
    write: &Write<'_>,
    grant: &grant::Model,
    needs_session: bool,
    needs_consent: bool,
    judge: &Judge,
) -> Result<bool, StoreError> {
    let Some(Held { user, session, consent }) = hold(write, grant, needs_session, needs_consent).await? else { return Ok(false) };
    let stands = user.is_active() && user.security_epoch == grant.security_epoch;
    let session_holds = || {
        let session = session.filter(|session| session.user_id == grant.user_id);
        session.is_some_and(|session| judge.session_is_alive(&SessionAndUser { session, user }))
    };
    Ok(stands && (!needs_session || session_holds()) && (!needs_consent || covers(consent.as_ref(), grant)))
}

/// The generation that a grant begins with.
pub const FIRST_GENERATION: i64 = 1;

/// Takes a grant back, whoever asks.
#[derive(Debug)]
pub struct Revoke {
    /// Which.
    pub grant: GrantId,
    /// What happened, for the audit log.
    pub kind: &'static str,
    /// When.
    pub now: Time,
    /// Who caused it.
    pub origin: Origin,
}

impl Job for Revoke {
    type Outcome = ();

    async fn run(&self, write: &Write<'_>) -> Result<(), StoreError> {
        revoke_in(write, self.grant, self.kind, &self.origin, self.now).await
    }
}

/// The same inside a write that also decides whether to.
pub(super) async fn revoke_in(write: &Write<'_>, id: GrantId, kind: &'static str, origin: &Origin, now: Time) -> Result<(), StoreError> {
    let Some(grant) = grant::by_id(write, id).await? else { return Ok(()) };
    if grant::revoke(write, id, now).await? {
        let event = Event::new(kind, origin).user(grant.user_id).client(&grant.client_id).session(grant.session_id);
        event.detail("grant", id.to_string()).record(write, now).await?;
    }
    Ok(())
}

/// Takes all grants of a client for a person back, inside the write that also takes the consent. How many there were. Change the person's row
/// (or hold it to change) first: a code that is redeemed meanwhile holds it, and what it gave is taken back as well.
pub(super) async fn revoke_all_in(write: &Write<'_>, user: UserId, client: &ClientId, now: Time) -> Result<u64, StoreError> {
    grant::revoke_all(write, user, client, now).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::client_metadata::{ApplicationType, TokenEndpointAuthMethod};
    use crate::protocol::redirect_uri::RedirectUri;
    use crate::protocol::scope;

    /// A-CODE-02: what a code gave is read back exactly, and nothing else passes for it.
    #[test]
    fn what_a_code_gave_is_read_back() {
        let gave = Gave { grant: GrantId::new(Time::from_seconds(1)), instance: Instance::random() };
        let bytes = gave.to_bytes();
        assert_eq!(Gave::from_bytes(&bytes), Some(gave));
        assert_eq!(Gave::from_bytes(&bytes[1..]), None);
        assert_eq!(Gave::from_bytes(&[&bytes[..], &[0]].concat()), None);
        assert_eq!(Gave::from_bytes(b""), None);
    }

    /// A-RT-05: a grant stands on a consent wherever one was asked for.
    #[test]
    fn a_grant_needs_the_consent_that_was_asked_for() {
        let mut client = ClientMetadata::new(ClientId::from_text("shop"), "Shop");
        client.redirect_uris = vec![RedirectUri::from_text("https://shop.test/cb")];
        let openid = Scope::of(&[scope::OPENID]);
        assert!(needs_consent(&client, &openid));
        client.require_consent = false;
        assert!(!needs_consent(&client, &openid));
        client.token_endpoint_auth_method = TokenEndpointAuthMethod::None;
        assert!(needs_consent(&client, &Scope::of(&[scope::OPENID, scope::OFFLINE_ACCESS])));
        client.application_type = ApplicationType::Native;
        client.redirect_uris = vec![RedirectUri::from_text("com.shop.app:/cb")];
        assert!(needs_consent(&client, &openid));
    }
}
