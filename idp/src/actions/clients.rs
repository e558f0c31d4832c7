//! Clients: registering them, and shutting them out.

use crate::actions::audit::{Event, Origin};
use crate::actions::client_authentication::digest_secret;
use crate::app::App;
use crate::base::clock::Time;
use crate::base::error::{AppError, Kind};
use crate::base::id::ClientId;
use crate::base::secret::ClientSecret;
use crate::protocol::client_metadata::{ClientMetadata, MetadataProblem};
use crate::store::client::{self, Client};
use crate::store::{Job, StoreError, Write};

/// Why a client was not registered.
#[derive(Debug, thiserror::Error)]
pub enum NotRegistered {
    /// What was asked for can't be registered; every problem at once.
    #[error("the client can't be registered:\n  {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n  "))]
    Invalid(Vec<MetadataProblem>),
    /// Another client has that id.
    #[error("a client {0} is registered already")]
    Taken(ClientId),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

struct Register {
    client: Client,
    origin: Origin,
    now: Time,
}

impl Job for Register {
    type Outcome = bool;

    async fn run(&self, write: &Write<'_>) -> Result<bool, StoreError> {
        let added = client::insert(write, &self.client).await?;
        if added {
            Event::new("client_registered", &self.origin).client(&self.client.metadata.client_id).record(write, self.now).await?;
        }
        Ok(added)
    }
}

/// Registers a client. A confidential one gets a secret, which is shown this once.
pub async fn create(app: &App, metadata: ClientMetadata, origin: &Origin) -> Result<(ClientId, Option<ClientSecret>), NotRegistered> {
    metadata.validate().map_err(NotRegistered::Invalid)?;
    let id = metadata.client_id.clone();
    let secret = metadata.is_confidential().then(ClientSecret::random);
    let digest = secret.as_ref().map(|secret| digest_secret(app.data_keys(), &id, &secret.expose()));
    let now = app.now();
    let client = Client { metadata, secret: digest, created_at: now, disabled_at: None };
    if !app.store().write(Register { client, origin: origin.clone(), now }).await? {
        return Err(NotRegistered::Taken(id));
    }
    app.look().await?;
    Ok((id, secret))
}

struct SetEnabled {
    client: ClientId,
    enabled: bool,
    origin: Origin,
    now: Time,
}

impl Job for SetEnabled {
    type Outcome = bool;

    async fn run(&self, write: &Write<'_>) -> Result<bool, StoreError> {
        let changed = client::set_enabled(write, &self.client, self.enabled, self.now).await?;
        if changed {
            let kind = if self.enabled { "client_enabled" } else { "client_disabled" };
            Event::new(kind, &self.origin).client(&self.client).record(write, self.now).await?;
        }
        Ok(changed)
    }
}

/// Shuts a client out, or lets it in again; what it was given stops or works again with it. `false` if it was so already.
pub async fn set_enabled(app: &App, id: &ClientId, enabled: bool, origin: &Origin) -> Result<bool, AppError> {
    app.look().await?;
    if app.view().client(id).is_none() {
        return Err(AppError::new(Kind::NotFound, "client_unknown"));
    }
    let changed = app.store().write(SetEnabled { client: id.clone(), enabled, origin: origin.clone(), now: app.now() }).await?;
    app.look().await?;
    Ok(changed)
}
