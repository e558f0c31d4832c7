//! Consents: what a person says when asked whether a client may have what it asks for (OpenID Connect Core §3.1.2.4), and taking it back.
//!
//! Client, scope and request come from the sealed request, the person from the session: an answer is never about anything that a form
//! says (A-AUTHN-06).

use crate::actions::audit::{Actor, Event, Origin};
use crate::actions::{grants, sessions};
use crate::app::App;
use crate::base::clock::Time;
use crate::base::error::{AppError, Kind};
use crate::base::id::ClientId;
use crate::config::Sessions;
use crate::protocol::authorization_request::AuthorizationRequest;
use crate::protocol::claim_names::ClaimName;
use crate::protocol::extent::Extent;
use crate::store::reads::session_and_user::SessionAndUser;
use crate::store::{Job, StoreError, Write, consent, session, user};

struct Answer {
    request: AuthorizationRequest,
    who: SessionAndUser,
    allowed: bool,
    limits: Sessions,
    epoch: i64,
    now: Time,
    origin: Origin,
}

impl Job for Answer {
    type Outcome = bool;

    async fn run(&self, write: &Write<'_>) -> Result<bool, StoreError> {
        let SessionAndUser { session, user } = &self.who;
        let held = user::hold(write, user.id).await?.zip(session::hold(write, session.id).await?);
        let alive = held.is_some_and(|(user, session)| {
            let found = SessionAndUser { session, user };
            found.session.user_id == found.user.id && sessions::is_alive(&found, &self.limits, self.epoch, self.now)
        });
        if !alive {
            return Ok(false);
        }
        let client_id = &self.request.client_id;
        let kind = if self.allowed { "consent_given" } else { "consent_denied" };
        let event = Event::new(kind, &self.origin).user(user.id).client(client_id).session(session.id);
        let asked = self.request.extent();
        let mut event = event.detail("scope", asked.scope.to_string());
        let further = asked.further_claims();
        if !further.is_empty() {
            event = event.detail("claims", further.iter().map(ClaimName::name).collect::<Vec<_>>().join(" "));
        }
        if !asked.resources.is_empty() {
            event = event.detail("resources", asked.resources.to_text());
        }
        event.record(write, self.now).await?;
        if self.allowed {
            // What was allowed before stays allowed.
            let before = consent::find(write, user.id, client_id).await?;
            let allowed = before.map_or_else(|| asked.clone(), |before| before.extent().union(&asked));
            let (user_id, client_id, given_for) = (user.id, client_id.clone(), self.request.id);
            let claims = allowed.further_claims();
            let Extent { scope, resources, .. } = allowed;
            consent::give(write, consent::Model { user_id, client_id, scope, claims, resources, given_at: self.now, given_for }).await?;
        }
        Ok(true)
    }
}

/// Records that the person of this session allowed, or did not allow, what `request` asks for.
pub async fn answer(app: &App, request: &AuthorizationRequest, who: &SessionAndUser, allowed: bool, origin: Origin) -> Result<(), AppError> {
    let job = Answer {
        request: request.clone(),
        who: who.clone(),
        allowed,
        limits: app.config().sessions.clone(),
        epoch: app.epoch(),
        now: app.now(),
        origin: origin.by(Actor::User(who.user.id)),
    };
    if app.store().write(job).await? {
        Ok(())
    } else {
        Err(AppError::new(Kind::Unauthenticated, "not_signed_in").because("the session ended while the person was asked"))
    }
}

struct TakeBack {
    client: ClientId,
    session: session::Model,
    origin: Origin,
    now: Time,
}

impl Job for TakeBack {
    type Outcome = bool;

    async fn run(&self, write: &Write<'_>) -> Result<bool, StoreError> {
        let id = self.session.user_id;
        // Held to change: a redemption or refresh that is under way is over by then, and what it gave goes too.
        let Some(user) = user::hold_to_change(write, id).await? else { return Ok(false) };
        if !sessions::is_still_open(write, &self.session, &user).await? {
            return Ok(false);
        }
        let had_consent = consent::take_back(write, id, &self.client).await?;
        let grants = grants::revoke_all_in(write, id, &self.client, self.now).await?;
        if had_consent || grants > 0 {
            let event = Event::new("app_disconnected", &self.origin).user(id).client(&self.client).session(self.session.id);
            event.detail("grants", grants).record(write, self.now).await?;
        }
        Ok(true)
    }
}

/// Takes back what whoever is signed in `here` allowed a client: the consent, and every grant that it has for them, offline or not. From now on
/// its tokens open nothing, and it asks anew. Doing it twice changes nothing more.
///
/// # Errors
/// `not_signed_in` if the session has ended meanwhile.
pub async fn take_back(app: &App, client: &ClientId, here: &SessionAndUser, origin: Origin) -> Result<(), AppError> {
    let origin = origin.by(Actor::User(here.user.id));
    let job = TakeBack { client: client.clone(), session: here.session.clone(), origin, now: app.now() };
    if app.store().write(job).await? { Ok(()) } else { Err(AppError::new(Kind::Unauthenticated, "not_signed_in")) }
}
