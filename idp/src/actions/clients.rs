//! Clients: registering them, and shutting them out. Their secrets are in [`client_secrets`].

use crate::actions::audit::{Event, Origin};
use crate::actions::client_secrets;
use crate::app::App;
use crate::base::client_secret::ClientSecret;
use crate::base::clock::Time;
use crate::base::error::{AppError, Kind};
use crate::base::id::ClientId;
use crate::keys::at_rest::NotAtRest;
use crate::protocol::client_metadata::{ClientMetadata, MetadataProblem};
use crate::protocol::signing_algorithm::SigningAlgorithm;
use crate::store::client::{self, Client};
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
    type Outcome = bool;

    async fn run(&self, write: &Write<'_>) -> Result<bool, StoreError> {
        let added = client::insert(write, &self.client).await?;
        if added {
            for secret in &self.client.secrets {
                client_secret::insert(write, secret.clone()).await?;
            }
            Event::new("client_registered", &self.origin).client(&self.client.metadata.client_id).record(write, self.now).await?;
        }
        Ok(added)
    }
}

/// Whether there is a key for every algorithm that a client asks for (EdDSA is made on request); every problem at once.
pub fn check_algorithms(app: &App, metadata: &ClientMetadata) -> Result<(), Vec<MetadataProblem>> {
    let (view, now) = (app.view(), app.now());
    let signing = &view.rings.signing;
    let missing = |(member, algorithm): (&'static str, SigningAlgorithm)| {
        let waits = signing.schedule().find(|(key, _)| key.algorithm() == algorithm).map(|(_, from)| from.since(now).as_secs());
        let problem = match waits {
            None => format!("is {algorithm}, for which there is no key; `weftid keys create --algorithm {algorithm}` makes one"),
            Some(seconds) => format!("is {algorithm}, whose first key signs in {seconds} seconds, when everybody may have seen it"),
        };
        MetadataProblem { member, problem }
    };
    let asked = metadata.signing_algorithms().into_iter().filter(|(_, algorithm)| signing.signer(*algorithm, now).is_none());
    let problems: Vec<_> = asked.map(missing).collect();
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

/// Registers a client. One that proves itself with a secret gets one, which is shown this once.
pub async fn create(app: &App, metadata: ClientMetadata, origin: &Origin) -> Result<(ClientId, Option<ClientSecret>), NotRegistered> {
    let metadata = metadata.with_own_defaults();
    metadata.validate().map_err(NotRegistered::Invalid)?;
    app.look().await?;
    check_algorithms(app, &metadata).map_err(NotRegistered::Invalid)?;
    let id = metadata.client_id.clone();
    let (now, method) = (app.now(), metadata.token_endpoint_auth_method);
    let secret = method.has_secret().then(ClientSecret::random);
    let at_rest = |secret: &ClientSecret| client_secrets::at_rest(app, &id, method, &secret.expose(), now);
    let secrets = secret.as_ref().map(at_rest).transpose()?.into_iter().collect();
    let client = Client { metadata, secrets, created_at: now, disabled_at: None };
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
