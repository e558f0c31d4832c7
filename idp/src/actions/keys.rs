//! New signing keys on request. A key is published at once, and signs when everybody may have seen it ([`crate::keys::signing`]).

use crate::actions::audit::{Event, Origin};
use crate::app::App;
use crate::base::clock::Time;
use crate::base::id::KeyId;
use crate::keys::ring::{self, RingError};
use crate::keys::signing::signs_from;
use crate::protocol::signing_algorithm::SigningAlgorithm;
use crate::store::key::{self, Ring};
use crate::store::{Job, StoreError, Write};

/// A key that was made.
#[derive(Clone, Copy, Debug)]
pub struct NewKey {
    /// Its `kid`.
    pub kid: KeyId,
    /// From when it signs.
    pub signs_from: Time,
}

/// Why no key was made.
#[derive(Debug, thiserror::Error)]
pub enum NoKey {
    /// Somebody else made one in the same moment.
    #[error("another key for {0} was made in the same moment; that one is enough")]
    Another(SigningAlgorithm),
    /// It can't be made.
    #[error(transparent)]
    Ring(#[from] RingError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

struct Create {
    row: key::Model,
    origin: Origin,
}

impl Job for Create {
    type Outcome = bool;

    async fn run(&self, write: &Write<'_>) -> Result<bool, StoreError> {
        let added = key::insert_unless_there(write, self.row.clone()).await?;
        if added {
            let event = Event::new("signing_key_created", &self.origin).detail("kid", self.row.id.to_string());
            event.detail("algorithm", self.row.algorithm.clone()).record(write, self.row.created_at).await?;
        }
        Ok(added)
    }
}

/// Makes another signing key for this algorithm.
pub async fn create(app: &App, algorithm: SigningAlgorithm, origin: &Origin) -> Result<NewKey, NoKey> {
    let now = app.now();
    let rows = key::all(app.store()).await?;
    let of_algorithm = rows.iter().filter(|row| row.ring == Ring::Signing && row.algorithm == algorithm.name());
    let number = of_algorithm.map(|row| row.number).max().unwrap_or(0) + 1;
    let row = ring::new_key(app.data_keys(), Ring::Signing, algorithm.name(), number, now).await?;
    let made = NewKey { kid: row.id, signs_from: signs_from(row.created_at) };
    if !app.store().write(Create { row, origin: origin.clone() }).await? {
        return Err(NoKey::Another(algorithm));
    }
    app.look().await?;
    Ok(made)
}
