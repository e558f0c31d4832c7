//! Revocation at a client's request (RFC 7009). What is not a token of this client has no effect and no answer of its own; what can't be
//! written is never called done (A-REV-02).

use crate::actions::audit::{Actor, Event, Origin};
use crate::actions::grants::Revoke;
use crate::actions::tokens::{AccessToken, RefreshToken};
use crate::app::App;
use crate::base::clock::Time;
use crate::base::id::ClientId;
use crate::base::single_use::SingleUseId;
use crate::store::client::Client;
use crate::store::spent::{Spending, spend};
use crate::store::{Job, StoreError, Write};

/// Spends an access token, so that it opens nothing more.
struct RevokeAccessToken {
    id: SingleUseId,
    client: ClientId,
    grant: String,
    epoch: i64,
    now: Time,
    origin: Origin,
}

impl Job for RevokeAccessToken {
    type Outcome = ();

    async fn run(&self, write: &Write<'_>) -> Result<(), StoreError> {
        if spend(write, self.id, None, self.epoch).await? == Spending::Now {
            let event = Event::new("access_token_revoked", &self.origin).client(&self.client).detail("grant", self.grant.clone());
            event.record(write, self.now).await?;
        }
        Ok(())
    }
}

/// Revokes a token of an authenticated client: an access token by itself; a refresh token of any generation with its whole grant, and
/// without alarm. Its kind is seen from the token, so `token_type_hint` is not needed (RFC 7009 §2.1).
pub async fn revoke(app: &App, client: &Client, token: &str, origin: Origin) -> Result<(), StoreError> {
    let client_id = &client.metadata.client_id;
    let (now, origin) = (app.now(), origin.by(Actor::Client(client_id.clone())));
    if let Some(token) = RefreshToken::open(token, &app.view().rings, client_id) {
        let job = Revoke { grant: token.grant, kind: "grant_revoked", now, origin };
        return app.store().write(job).await;
    }
    match app.open_box::<AccessToken>(token, b"").await {
        Ok((id, token)) if token.client_id == *client_id => {
            let job = RevokeAccessToken { id, client: client_id.clone(), grant: token.grant.to_string(), epoch: app.epoch(), now, origin };
            app.store().write(job).await
        }
        _ => Ok(()),
    }
}
