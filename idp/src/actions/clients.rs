//! Clients: registering them, shutting them out, and what their secrets are compared with.

use crate::actions::audit::{Event, Origin};
use crate::app::App;
use crate::base::clock::Time;
use crate::base::digest::Digest;
use crate::base::error::{AppError, Kind};
use crate::base::id::{ClientId, KeyId};
use crate::base::secret::ClientSecret;
use crate::keys::at_rest::NotAtRest;
use crate::protocol::client_metadata::{ClientMetadata, MetadataProblem};
use crate::store::client::{self, Client};
use crate::store::{Job, StoreError, Write};

/// What the digest of a client secret is made for.
const PURPOSE: &str = "client_secret";

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
    let digest = secret.as_ref().map(|secret| secret_digest(app, &id, &secret.expose()));
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

/// What is stored in the place of a client's secret.
pub fn secret_digest(app: &App, id: &ClientId, secret: &str) -> (KeyId, Digest) {
    app.data_keys().digest(PURPOSE, &[id.as_str().as_bytes(), secret.as_bytes()])
}

/// Whether `secret` is the client's, compared in constant time.
pub fn is_secret(app: &App, client: &Client, secret: &str) -> Result<bool, NotAtRest> {
    let Some((key, stored)) = &client.secret else { return Ok(false) };
    app.data_keys().matches(PURPOSE, *key, &[client.metadata.client_id.as_str().as_bytes(), secret.as_bytes()], stored)
}
