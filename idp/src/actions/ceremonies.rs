//! What all passkey ceremonies share: sealed into a box when they begin, opened once when they end. Nothing rests until a ceremony ends,
//! and then it is spent, whatever it came to (WebAuthn §13.4.3): a challenge is judged once.

use serde::Serialize;
use serde_json::Value;

use crate::actions::audit::Event;
use crate::app::App;
use crate::base::clock::Time;
use crate::base::error::{AppError, Kind};
use crate::base::sealed::{Fact, Unsealed};
use crate::base::single_use::SingleUseId;
use crate::store::spent::{self, Spending};
use crate::store::{Job, StoreError, Write};

/// A ceremony that began: what the page's script needs.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Begun {
    /// The box to bring back.
    pub ceremony: String,
    /// The options for the browser (WebAuthn §5.4, §5.5).
    pub public_key: Value,
}

/// Seals the state of a ceremony until `passkeys.ceremony` is over.
pub fn begin<F: Fact>(app: &App, fact: &F, binding: &[u8], public_key: Value) -> Result<Begun, AppError> {
    let id = SingleUseId::new(app.now().plus(app.config().passkeys.ceremony));
    let ceremony = app.view().rings.sealer.seal(id, fact, binding).map_err(AppError::internal)?;
    Ok(Begun { ceremony, public_key })
}

/// Opens what [`begin`] sealed. Asks nobody: what is foreign or over costs no look into the database.
pub async fn open<F: Fact>(app: &App, ceremony: &str, binding: &[u8]) -> Result<(SingleUseId, F), AppError> {
    app.open_box(ceremony, binding).await.map_err(|why| match why {
        Unsealed::Expired => AppError::new(Kind::Gone, "ceremony_expired"),
        Unsealed::Invalid | Unsealed::UnknownKey(_) => AppError::new(Kind::Invalid, "ceremony_foreign").because(format!("{why:?}")),
    })
}

/// What a second answer to a ceremony is told, right or wrong.
pub const fn used() -> AppError {
    AppError::new(Kind::Conflict, "ceremony_used")
}

struct Burn {
    ceremony: SingleUseId,
    failed: Event,
    epoch: i64,
    now: Time,
}

impl Job for Burn {
    type Outcome = bool;

    async fn run(&self, write: &Write<'_>) -> Result<bool, StoreError> {
        let is_first = spent::spend(write, self.ceremony, None, self.epoch).await? == Spending::Now;
        if is_first {
            self.failed.record(write, self.now).await?;
        }
        Ok(is_first)
    }
}

/// Spends a ceremony whose answer was refused, and records that it `failed`. An error if it was spent before.
pub async fn burn(app: &App, ceremony: SingleUseId, failed: Event) -> Result<(), AppError> {
    let burn = Burn { ceremony, failed, epoch: app.epoch(), now: app.now() };
    if app.store().write(burn).await? { Ok(()) } else { Err(used()) }
}
