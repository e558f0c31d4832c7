//! Access tokens: how one is made, and how one that comes back is judged.
//!
//! Without a resource it is a sealed box for our own userinfo; for resources it is a JWT that they read themselves (RFC 9068), or again a box
//! where one of them is registered as opaque (`resources.opaque`), to be introspected. Each is known by a single-use id of ours, so that
//! revoking either is one row; and each names its grant, so that its life hangs on what that hangs on.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::actions::grants::Judge;
use crate::adapters::jose::{AccessTokenFacts, mint_access_token, verify_access_token};
use crate::app::App;
use crate::base::clock::Time;
use crate::base::id::{ClientId, GrantId};
use crate::base::sealed::Fact;
use crate::base::single_use::SingleUseId;
use crate::protocol::claims::{Acr, Amr};
use crate::protocol::discovery::path;
use crate::protocol::resource::{ResourceUri, Resources};
use crate::protocol::scope::Scope;
use crate::store::StoreError;
use crate::store::client::Client;
use crate::store::reads::grant_liveness::{GrantFacts, grant_liveness};
use crate::store::reads::token_is_spent::token_is_spent;

/// What an access token says. Person and session are those of its grant, whatever becomes of them.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccessToken {
    /// The grant it comes from; none where a client asked in its own name.
    #[serde(rename = "g", default, skip_serializing_if = "Option::is_none")]
    pub grant: Option<GrantId>,
    /// Whom it was given to.
    #[serde(rename = "c")]
    pub client_id: ClientId,
    /// What it opens.
    #[serde(rename = "s")]
    pub scope: Scope,
    /// The resources it is for; none where it is for us.
    #[serde(rename = "o", default, skip_serializing_if = "Resources::is_empty")]
    pub resources: Resources,
    /// When it was given.
    #[serde(rename = "t")]
    pub issued_at: Time,
    /// The epoch it was given in.
    #[serde(rename = "e")]
    pub epoch: i64,
}

impl Fact for AccessToken {
    const PREFIX: &'static str = "wat_";
}

/// A person who stands behind an access token, and how they proved who they are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Behind<'a> {
    pub(super) grant: GrantId,
    pub(super) subject: &'a str,
    pub(super) authenticated_at: Time,
    pub(super) acr: Acr,
    pub(super) amr: &'a Amr,
}

/// What an access token is made of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted<'a> {
    pub(super) client: &'a Client,
    /// Nobody, where the client asks in its own name.
    pub(super) behind: Option<Behind<'a>>,
    pub(super) scope: &'a Scope,
    pub(super) resources: &'a Resources,
    pub(super) now: Time,
    pub(super) ends_at: Time,
}

/// `sub` of a client in its own name. No person's has a colon (RFC 9700 §4.15, A-TOK-06).
pub fn subject_of_client(client: &ClientId) -> String {
    format!("client:{client}")
}

/// Makes an access token. Nothing is written.
pub(super) fn issue(app: &App, wanted: &Wanted<'_>) -> Result<String, String> {
    let Wanted { client, behind, scope, resources, now, ends_at } = *wanted;
    let view = app.view();
    let (rings, id, client_id) = (&view.rings, SingleUseId::new(ends_at), &client.metadata.client_id);
    let opaque = &app.config().resources.opaque;
    if resources.is_empty() || resources.as_slice().iter().any(|resource| opaque.contains(resource)) {
        let (grant, client_id) = (behind.map(|behind| behind.grant), client_id.clone());
        let fact = AccessToken { grant, client_id, scope: scope.clone(), resources: resources.clone(), issued_at: now, epoch: app.epoch() };
        return rings.sealer.seal(id, &fact, b"").map_err(|error| error.to_string());
    }
    let algorithm = client.metadata.access_token_algorithm();
    let key = rings.signing.signer(algorithm, now).ok_or_else(|| format!("there is no {algorithm} key"))?;
    let own = subject_of_client(client_id);
    let facts = AccessTokenFacts {
        issuer: &app.config().issuer,
        subject: behind.map_or(own.as_str(), |behind| behind.subject),
        client_id,
        resources,
        scope,
        id,
        issued_at: now,
        grant: behind.map(|behind| behind.grant),
        authentication: behind.map(|behind| (behind.authenticated_at, behind.acr, behind.amr)),
    };
    mint_access_token(key, &facts).map_err(|error| error.to_string())
}

/// An access token of ours that is not over: its id, and what it says. Nothing is asked; whether it is alive, [`accept`] says.
pub async fn read(app: &App, text: &str) -> Option<(SingleUseId, AccessToken)> {
    if text.starts_with(AccessToken::PREFIX) {
        return app.open_box::<AccessToken>(text, b"").await.ok().filter(|(_, token)| token.epoch == app.epoch());
    }
    let said = verify_access_token(text, app.view().rings.signing.published(), &app.config().issuer).ok()?;
    let token = AccessToken {
        grant: said.grant,
        client_id: said.client_id,
        scope: said.scope,
        resources: said.resources,
        issued_at: said.issued_at,
        epoch: app.epoch(),
    };
    (app.now() < said.id.expires_at()).then_some((said.id, token))
}

/// An access token that is good, and what it stands for.
#[derive(Debug)]
pub struct Accepted {
    /// Its id.
    pub id: SingleUseId,
    /// What the token says.
    pub token: AccessToken,
    /// Its grant, and whom it is about; none where a client asked in its own name.
    pub facts: Option<GrantFacts>,
    /// Whom it was given to.
    pub client: Arc<Client>,
}

impl Accepted {
    /// Whether it is for our own userinfo: for no resource, or for that one by name (RFC 9068 §4).
    pub fn is_for_us(&self, app: &App) -> bool {
        let resources = &self.token.resources;
        resources.is_empty() || resources.as_slice().contains(&ResourceUri::from_text(app.config().issuer.join(path::USERINFO)))
    }
}

/// Judges an access token: `None` when it is not ours, over, revoked, or what it rests on has died. One read, none for garbage.
pub async fn accept(app: &App, text: &str) -> Result<Option<Accepted>, StoreError> {
    let Some((id, token)) = read(app, text).await else { return Ok(None) };
    let Some(grant) = token.grant else {
        let (horizon, is_spent) = token_is_spent(app.store(), id).await?;
        app.observe(horizon).await?;
        let client = app.view().client(&token.client_id).cloned().filter(|client| client.is_enabled() && !is_spent);
        return Ok(client.map(|client| Accepted { id, token, facts: None, client }));
    };
    let (horizon, facts) = grant_liveness(app.store(), grant, Some(id)).await?;
    app.observe(horizon).await?;
    let judge = Judge { limits: app.config().sessions.clone(), epoch: app.epoch(), now: app.now() };
    let client = app.view().client(&token.client_id).cloned();
    let found = facts.zip(client).filter(|(facts, client)| !facts.token_is_spent && judge.is_alive(facts, client));
    Ok(found.map(|(facts, client)| Accepted { id, token, facts: Some(facts), client }))
}
