//! Clients: registering them, shutting them out, and what their secrets are compared with. Changing and deleting is in `client_changes`.

use crate::actions::audit::{Event, Origin};
use crate::actions::sectors;
use crate::app::App;
use crate::base::clock::Time;
use crate::base::digest::Digest;
use crate::base::error::{AppError, Kind};
use crate::base::id::{ClientId, KeyId};
use crate::base::secret::ClientSecret;
use crate::keys::at_rest::NotAtRest;
use crate::protocol::client_metadata::{ClientMetadata, MetadataProblem};
use crate::store::client::{self, Client, Inserted, Source};
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
    /// A deleted client had that id.
    #[error("a client {0} was deleted, and its id is not free yet: what people allowed it is still being removed; try again in a minute")]
    NotFreeYet(ClientId),
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
    type Outcome = Inserted;

    async fn run(&self, write: &Write<'_>) -> Result<Inserted, StoreError> {
        register_in(write, &self.client, &self.origin, self.now).await
    }
}

/// Registers a client and records that, inside a write that may do more.
pub(super) async fn register_in(write: &Write<'_>, client: &Client, origin: &Origin, now: Time) -> Result<Inserted, StoreError> {
    let inserted = client::insert(write, client).await?;
    if inserted == Inserted::Added {
        registered(client, origin).record(write, now).await?;
    }
    Ok(inserted)
}

/// The event of a registration.
pub(super) fn registered(client: &Client, origin: &Origin) -> Event {
    Event::new("client_registered", origin).client(&client.metadata.client_id).detail("source", client.source.to_string())
}

/// A client that is not stored yet. A confidential one gets a secret, which is told this once.
pub(super) fn new_client(app: &App, metadata: ClientMetadata, source: Source, now: Time) -> (Client, Option<ClientSecret>) {
    let secret = metadata.is_confidential().then(ClientSecret::random);
    let digest = secret.as_ref().map(|secret| secret_digest(app, &metadata.client_id, &secret.expose()));
    let client = Client { metadata, secret: digest, source, registration: None, created_at: now, updated_at: now, disabled_at: None, version: 0 };
    (client, secret)
}

/// Registers a client in an administrator's name. A confidential one gets a secret, which is shown this once.
pub async fn create(app: &App, metadata: ClientMetadata, origin: &Origin) -> Result<(ClientId, Option<ClientSecret>), NotRegistered> {
    metadata.validate().map_err(NotRegistered::Invalid)?;
    sectors::check(app, &metadata).await.map_err(|problem| NotRegistered::Invalid(vec![problem]))?;
    let id = metadata.client_id.clone();
    let now = app.now();
    let (client, secret) = new_client(app, metadata, Source::Administrator, now);
    match app.store().write(Register { client, origin: origin.clone(), now }).await? {
        Inserted::Added => {}
        Inserted::Taken => return Err(NotRegistered::Taken(id)),
        Inserted::NotFreeYet => return Err(NotRegistered::NotFreeYet(id)),
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
