//! Introspection (RFC 7662): what a token stands for right now, told to those whom it concerns. Whoever else asks, and about whatever is not
//! good, learns `{"active":false}` and nothing more (A-INT-01).
//!
//! A token concerns the client that it was given to, and the clients that registered one of its resources as `introspection_audiences`. One
//! read; none for garbage.

use serde::Serialize;

use crate::actions::access_tokens::{self, Accepted, subject_of_client};
use crate::actions::grants::Judge;
use crate::actions::subjects;
use crate::actions::tokens::RefreshToken;
use crate::app::App;
use crate::base::base64url;
use crate::base::id::ClientId;
use crate::protocol::claims::{Acr, Amr};
use crate::protocol::resource::ResourceUri;
use crate::protocol::scope::Scope;
use crate::store::StoreError;
use crate::store::client::Client;
use crate::store::reads::grant_liveness::grant_liveness;

/// The answer (RFC 7662 §2.2).
#[derive(Debug, Default, Serialize)]
pub struct Introspected {
    active: bool,
    #[serde(flatten)]
    known: Option<Known>,
}

/// What is told of a token that is good.
#[derive(Debug, Serialize)]
struct Known {
    iss: String,
    client_id: ClientId,
    sub: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    token_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Scope::is_empty")]
    scope: Scope,
    iat: i64,
    exp: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    jti: Option<String>,
    /// The resources it is for; to a resource, those that it is itself.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    aud: Vec<ResourceUri>,
    /// RFC 9470 §6.2: how a person proved who they are, and when.
    #[serde(skip_serializing_if = "Option::is_none")]
    auth_time: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    acr: Option<Acr>,
    #[serde(skip_serializing_if = "Option::is_none")]
    amr: Option<Amr>,
}

impl From<Option<Known>> for Introspected {
    fn from(known: Option<Known>) -> Self {
        Self { active: known.is_some(), known }
    }
}

/// Tells an authenticated client about a token. Its kind is seen from the token, so `token_type_hint` is not needed (RFC 7662 §2.1, A-INT-03).
pub async fn introspect(app: &App, asking: &Client, token: &str) -> Result<Introspected, StoreError> {
    let asker = &asking.metadata.client_id;
    let known = if token.starts_with(RefreshToken::PREFIX) {
        refresh_token(app, asker, token).await?
    } else {
        access_tokens::accept(app, token).await?.and_then(|accepted| access_token(app, asking, accepted))
    };
    // Whoever shut the asking client out meanwhile has just been heard.
    let may_ask = app.view().client(asker).is_some_and(|client| client.is_enabled());
    Ok(known.filter(|_| may_ask).into())
}

fn access_token(app: &App, asking: &Client, accepted: Accepted) -> Option<Known> {
    let Accepted { id, token, facts, client, .. } = accepted;
    let is_its_own = token.client_id == asking.metadata.client_id;
    let concerns = |resource: &&ResourceUri| is_its_own || asking.metadata.introspection_audiences.contains(resource);
    let aud: Vec<_> = token.resources.as_slice().iter().filter(concerns).cloned().collect();
    if !is_its_own && aud.is_empty() {
        return None;
    }
    let grant = facts.as_ref().map(|facts| &facts.grant);
    Some(Known {
        iss: app.config().issuer.to_string(),
        // As the client knows the person that the token was given to, whoever asks.
        sub: facts
            .as_ref()
            .map_or_else(|| subject_of_client(&token.client_id), |facts| subjects::of(app, &client.metadata, &facts.user.subject).to_string()),
        client_id: token.client_id,
        token_type: Some("Bearer"),
        scope: token.scope,
        iat: token.issued_at.seconds(),
        exp: id.expires_at().seconds(),
        jti: Some(base64url::encode(id.as_bytes())),
        aud,
        auth_time: grant.map(|grant| grant.authenticated_at.seconds()),
        acr: grant.map(|grant| grant.acr),
        amr: grant.map(|grant| grant.amr.clone()),
    })
}

/// A refresh token opens for the client that it was given to, and is good as long as it may be used next.
async fn refresh_token(app: &App, asker: &ClientId, text: &str) -> Result<Option<Known>, StoreError> {
    let Some(token) = RefreshToken::open(text, &app.view().rings, asker) else { return Ok(None) };
    let (horizon, facts) = grant_liveness(app.store(), token.grant, None).await?;
    app.observe(horizon).await?;
    let judge = Judge { limits: app.config().sessions.clone(), epoch: app.epoch(), now: app.now() };
    let view = app.view();
    let alive = facts.zip(view.client(asker)).filter(|(facts, client)| {
        judge.is_alive(facts, client) && facts.grant.generation == token.generation && judge.now < facts.grant.idle_ends_at
    });
    Ok(alive.map(|(facts, client)| Known {
        iss: app.config().issuer.to_string(),
        client_id: facts.grant.client_id,
        sub: subjects::of(app, &client.metadata, &facts.user.subject).to_string(),
        token_type: None,
        scope: facts.grant.scope,
        iat: facts.grant.rotated_at.seconds(),
        exp: facts.grant.idle_ends_at.min(facts.grant.absolute_ends_at).seconds(),
        jti: None,
        aud: Vec::new(),
        auth_time: Some(facts.grant.authenticated_at.seconds()),
        acr: Some(facts.grant.acr),
        amr: Some(facts.grant.amr),
    }))
}
