//! Initial access tokens (RFC 7591 §1.2): making, listing and withdrawing what lets clients register themselves. Using one is part of the
//! registration (`dynamic_registration`).

use std::time::Duration;

use crate::actions::audit::{Event, Origin};
use crate::app::App;
use crate::base::clock::Time;
use crate::base::error::{AppError, Kind};
use crate::base::id::InitialAccessTokenId;
use crate::base::secret::InitialAccessToken;
use crate::store::initial_access_token::{self, Model};
use crate::store::{Job, StoreError, Write};

/// The longest note.
const LONGEST_NOTE: usize = 200;

struct Make {
    row: Model,
    origin: Origin,
}

impl Job for Make {
    type Outcome = ();

    async fn run(&self, write: &Write<'_>) -> Result<(), StoreError> {
        initial_access_token::insert(write, self.row.clone()).await?;
        let event = Event::new("initial_access_token_made", &self.origin).detail("token", self.row.id.to_string());
        event.detail("uses", self.row.uses_left).record(write, self.row.created_at).await
    }
}

/// Makes a token that registers up to `uses` clients within `lifetime`. It is told this once; what rests is its digest.
///
/// # Errors
/// `invalid_request` for a note that is no line.
pub async fn make(app: &App, note: &str, uses: u32, lifetime: Duration, origin: &Origin) -> Result<(Model, InitialAccessToken), AppError> {
    if note.chars().count() > LONGEST_NOTE || note.chars().any(char::is_control) {
        return Err(AppError::new(Kind::Invalid, "invalid_request").because("a note is one line of at most 200 characters"));
    }
    let (token, now) = (InitialAccessToken::random(), app.now());
    let row = Model {
        id: InitialAccessTokenId::new(now),
        digest: token.digest(),
        note: note.to_owned(),
        uses_left: uses.into(),
        created_at: now,
        expires_at: now.plus(lifetime),
        revoked_at: None,
    };
    app.store().write(Make { row: row.clone(), origin: origin.clone() }).await?;
    Ok((row, token))
}

/// All tokens that are remembered, the oldest first.
pub async fn list(app: &App) -> Result<Vec<Model>, StoreError> {
    initial_access_token::all(app.store()).await
}

struct Revoke {
    id: InitialAccessTokenId,
    origin: Origin,
    now: Time,
}

impl Job for Revoke {
    type Outcome = bool;

    async fn run(&self, write: &Write<'_>) -> Result<bool, StoreError> {
        let revoked = initial_access_token::revoke(write, self.id, self.now).await?;
        if revoked {
            let event = Event::new("initial_access_token_revoked", &self.origin);
            event.detail("token", self.id.to_string()).record(write, self.now).await?;
        }
        Ok(revoked)
    }
}

/// Withdraws a token; clients that registered with it stay. `false` if there is none, or it was withdrawn before.
pub async fn revoke(app: &App, id: InitialAccessTokenId, origin: &Origin) -> Result<bool, StoreError> {
    app.store().write(Revoke { id, origin: origin.clone(), now: app.now() }).await
}
