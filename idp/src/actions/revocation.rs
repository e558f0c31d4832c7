//! Revocation at a client's request (RFC 7009). What is not a token of this client has no effect and no answer of its own; what can't be
//! written is never called done (A-REV-02).

use crate::actions::access_tokens;
use crate::actions::audit::{Actor, Event, Origin};
use crate::actions::grants::Revoke;
use crate::actions::shown_once::ShownOnce;
use crate::actions::tokens::RefreshToken;
use crate::app::App;
use crate::base::clock::Time;
use crate::base::id::{ClientId, GrantId};
use crate::base::single_use::SingleUseId;
use crate::protocol::error::OAuthError;
use crate::store::client::Client;
use crate::store::spent::{Spending, spend};
use crate::store::{Job, StoreError, Write};

/// Spends an access token, so that it opens nothing more.
struct RevokeAccessToken {
    id: SingleUseId,
    client: ClientId,
    /// None where the client had asked in its own name.
    grant: Option<GrantId>,
    epoch: i64,
    now: Time,
    origin: Origin,
}

impl Job for RevokeAccessToken {
    type Outcome = ();

    async fn run(&self, write: &Write<'_>) -> Result<(), StoreError> {
        if spend(write, self.id, None, self.epoch).await? == Spending::Now {
            let event = Event::new("access_token_revoked", &self.origin).client(&self.client);
            let event = match self.grant {
                Some(grant) => event.detail("grant", grant.to_string()),
                None => event,
            };
            event.record(write, self.now).await?;
        }
        Ok(())
    }
}

/// Revokes a token of an authenticated client: an access token by itself; a refresh token of any generation with its whole grant, and
/// without alarm. Its kind is seen from the token, so `token_type_hint` is not needed (RFC 7009 §2.1).
pub async fn revoke(app: &App, client: &Client, proof: &ShownOnce, token: &str, origin: Origin) -> Result<(), OAuthError> {
    let client_id = &client.metadata.client_id;
    let (now, origin) = (app.now(), origin.by(Actor::Client(client_id.clone())));
    if let Some(token) = RefreshToken::open(token, &app.view().rings, client_id) {
        let job = Revoke { grant: token.grant, kind: "grant_revoked", now, origin };
        return proof.write(app, job).await;
    }
    match access_tokens::read(app, token).await {
        Some((id, token)) if token.client_id == *client_id => {
            let job = RevokeAccessToken { id, client: client_id.clone(), grant: token.grant, epoch: app.epoch(), now, origin };
            proof.write(app, job).await
        }
        _ => Ok(()),
    }
}
