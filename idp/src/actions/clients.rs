//! Clients: registering them, and shutting them out. Changing and deleting is in [`client_changes`](super::client_changes), their secrets are in
//! [`client_secrets`].

use crate::actions::audit::{Event, Origin};
use crate::actions::{client_secrets, sectors};
use crate::app::App;
use crate::base::client_secret::ClientSecret;
use crate::base::clock::Time;
use crate::base::error::{AppError, Kind};
use crate::base::id::ClientId;
use crate::keys::at_rest::NotAtRest;
use crate::protocol::client_metadata::{ClientMetadata, MetadataProblem};
use crate::protocol::signing_algorithm::SigningAlgorithm;
use crate::store::client::{self, Client, Inserted, Source};
use crate::store::{Job, StoreError, Write, client_secret};

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
    /// Its secret can't be sealed.
    #[error(transparent)]
    AtRest(#[from] NotAtRest),
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
        client_secret::insert_many(write, &client.secrets).await?;
        registered(client, origin).record(write, now).await?;
    }
    Ok(inserted)
}

/// The event of a registration.
pub(super) fn registered(client: &Client, origin: &Origin) -> Event {
    Event::new("client_registered", origin).client(&client.metadata.client_id).detail("source", client.source.to_string())
}

/// A client that is not stored yet. One that proves itself with a secret gets one, which is told this once.
pub(super) fn new_client(app: &App, metadata: ClientMetadata, source: Source, now: Time) -> Result<(Client, Option<ClientSecret>), NotAtRest> {
    let (id, method) = (&metadata.client_id, metadata.token_endpoint_auth_method);
    let secret = method.has_secret().then(ClientSecret::random);
    let at_rest = |secret: &ClientSecret| client_secrets::at_rest(app, id, method, &secret.expose(), now);
    let secrets = secret.as_ref().map(at_rest).transpose()?.into_iter().collect();
    let client = Client { metadata, secrets, source, registration: None, created_at: now, updated_at: now, disabled_at: None, version: 0 };
    Ok((client, secret))
}

/// What can't be said of metadata by itself: whether there is a key for every algorithm that it asks for (EdDSA is made on request), and whether
/// its sector lists it. Every problem at once.
pub(super) async fn check(app: &App, metadata: &ClientMetadata) -> Result<(), Vec<MetadataProblem>> {
    let (view, now) = (app.view(), app.now());
    let signing = &view.rings.signing;
    let missing = |(member, algorithm): (&'static str, SigningAlgorithm)| {
        let waits = signing.schedule().find(|(key, _)| key.algorithm() == algorithm).map(|(_, from)| from.since(now).as_secs());
        let problem = match waits {
            None => format!("is {algorithm}, for which there is no key; `weftid keys create --algorithm {algorithm}` makes one"),
            Some(seconds) => format!("is {algorithm}, whose first key signs in {seconds} seconds, when everybody may have seen it"),
        };
        MetadataProblem { member: member.into(), problem }
    };
    let asked = metadata.signing_algorithms().into_iter().filter(|(_, algorithm)| signing.signer(*algorithm, now).is_none());
    let mut problems: Vec<_> = asked.map(missing).collect();
    problems.extend(sectors::check(app, metadata).await.err());
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

/// Registers a client in an administrator's name. One that proves itself with a secret gets one, which is shown this once.
pub async fn create(app: &App, metadata: ClientMetadata, origin: &Origin) -> Result<(ClientId, Option<ClientSecret>), NotRegistered> {
    let metadata = metadata.with_own_defaults();
    metadata.validate().map_err(NotRegistered::Invalid)?;
    app.look().await?;
    check(app, &metadata).await.map_err(NotRegistered::Invalid)?;
    let id = metadata.client_id.clone();
    let now = app.now();
    let (client, secret) = new_client(app, metadata, Source::Administrator, now)?;
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
