//! What follows for a request in a browser: gathers the facts, and asks `protocol::next_step`, which decides.

use crate::actions::cancellation::asking_client;
use crate::actions::everybody::Everybody;
use crate::actions::{authorization_requests, subjects};
use crate::app::App;
use crate::base::clock::Time;
use crate::base::digest::Digest;
use crate::base::email::Email;
use crate::base::error::AppError;
use crate::base::id::Subject;
use crate::protocol::authorization_request::AuthorizationRequest;
use crate::protocol::client_metadata::ClientMetadata;
use crate::protocol::error::ErrorCode;
use crate::protocol::next_step::{ConsentFacts, Facts, NextStep, SessionFacts, next_step};
use crate::store::consent;
use crate::store::reads::session_and_user::SessionAndUser;

/// Whose account a request is about, of those that are signed in: the one that an ID token of ours names; or the one that the person chose, or
/// signed in as, since the request began; or the one whose address the client suggests; or else the current one.
pub fn whose<'h>(app: &App, request: &AuthorizationRequest, here: &'h Everybody) -> Option<&'h SessionAndUser> {
    let meant = |subject: &Subject| here.iter().find(|who| subjects::as_hinted(app, request, &who.user) == *subject);
    let suggested = |email: Email| here.iter().find(|who| who.user.email == email);
    let current = here.current();
    // Where somebody else is meant than is here, the decision says so: the current one is not passed off as them.
    request
        .hint_subject
        .as_ref()
        .and_then(meant)
        .or_else(|| current.filter(|who| who.session.chosen_at > request.began_at))
        .or_else(|| request.login_hint.as_deref().and_then(Email::parse).and_then(suggested))
        .or(current)
}

fn facts(app: &App, request: &AuthorizationRequest, who: Option<&SessionAndUser>, client: &ClientMetadata) -> Facts {
    let session = who.map(|SessionAndUser { session, user }| SessionFacts {
        subject: subjects::as_hinted(app, request, user),
        authenticated_at: session.authenticated_at,
        chosen_at: session.chosen_at,
        acr: session.acr,
        backup_codes_waiting: user.backup_codes_waiting(),
    });
    Facts { session, consent: None, consent_policy: client.consent_policy(&request.scope, &request.redirect_uri) }
}

/// What follows for this person. The consent is read only where it decides.
pub async fn step(app: &App, request: &AuthorizationRequest, who: Option<&SessionAndUser>, client: &ClientMetadata) -> Result<NextStep, AppError> {
    let mut facts = facts(app, request, who, client);
    let now = app.now();
    let without_consent = next_step(request, &facts, now);
    let Some(who) = who.filter(|_| is_about_consent(&without_consent)) else { return Ok(without_consent) };
    let consent = consent::find(app.store(), who.user.id, &request.client_id).await?;
    facts.consent = consent.map(|consent| ConsentFacts { extent: consent.extent(), given_for: consent.given_for });
    Ok(next_step(request, &facts, now))
}

fn is_about_consent(step: &NextStep) -> bool {
    match step {
        NextStep::Consent => true,
        NextStep::Refuse(error) => error.code() == ErrorCode::ConsentRequired,
        _ => false,
    }
}

/// A sign-in that a request waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignInWanted {
    /// Who is here already and is to prove it anew.
    pub again: Option<Email>,
}

/// Whether the request that `text` stands for waits for a sign-in, though somebody is signed in here. Whoever comes back to the sign-in page
/// after signing in, by the back button or in a second tab, is not asked again: the same decision sends them on.
pub async fn sign_in_wanted(app: &App, text: &str, browser: Digest, here: &Everybody) -> Result<Option<SignInWanted>, AppError> {
    let request = authorization_requests::read(app, text, browser).await?;
    let client = asking_client(app, &request)?;
    let who = whose(app, &request, here);
    Ok(wanted(app, &request, who, &client.metadata, app.now()))
}

fn wanted(app: &App, request: &AuthorizationRequest, who: Option<&SessionAndUser>, client: &ClientMetadata, now: Time) -> Option<SignInWanted> {
    match next_step(request, &facts(app, request, who, client), now) {
        NextStep::SignIn => Some(SignInWanted { again: None }),
        NextStep::SignInAgain => Some(SignInWanted { again: who.map(|who| who.user.email.clone()) }),
        _ => None,
    }
}
