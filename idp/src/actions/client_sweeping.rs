//! What becomes of clients by itself: those that registered themselves and that nobody used are deleted; what deleted ones were given is
//! removed; and a deleted one is forgotten when every node has noticed.

use crate::actions::client_changes;
use crate::app::App;
use crate::base::clock::Time;
use crate::store::spent::SWEEP_BATCH;
use crate::store::{Job, StoreError, Write, client, initial_access_token};

struct ForgetDeleted(Time);

impl Job for ForgetDeleted {
    type Outcome = u64;

    async fn run(&self, write: &Write<'_>) -> Result<u64, StoreError> {
        let clients = client::sweep(write, self.0).await?;
        let tokens = initial_access_token::sweep(write, self.0).await?;
        Ok(clients.max(tokens))
    }
}

/// Sweeps what is over at `now`.
pub(super) async fn sweep(app: &App, now: Time) -> Result<(), StoreError> {
    let unused_since = now.minus(app.config().registration.unused_after);
    let mut deleted = 0;
    for id in client::unused_dynamic(app.store(), unused_since).await? {
        deleted += u64::from(client_changes::delete_unused(app, &id, now).await?);
    }
    if deleted > 0 {
        tracing::info!(deleted, "deleted clients that registered themselves and that nobody used");
        app.look().await?;
    }
    for id in client::deleted(app.store()).await? {
        client_changes::forget(app, &id).await?;
    }
    while app.store().write(ForgetDeleted(now.minus(client::TOMBSTONE))).await? >= SWEEP_BATCH {}
    Ok(())
}
