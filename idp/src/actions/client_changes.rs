//! Changing and deleting clients. A change replaces all that was registered, and is judged as fully as a registration (RFC 7592 §2.2, A-DCR-02).
//! A deleted client is nobody at once, on every node; what it was given goes in slices.

use crate::actions::audit::{Event, Origin};
use crate::actions::{client_secrets, clients};
use crate::app::App;
use crate::base::client_secret::ClientSecret;
use crate::base::clock::Time;
use crate::base::digest::Digest;
use crate::base::id::ClientId;
use crate::keys::at_rest::NotAtRest;
use crate::protocol::client_metadata::{ClientMetadata, MetadataProblem, TokenEndpointAuthMethod};
use crate::store::client::{self, Client};
use crate::store::spent::SWEEP_BATCH;
use crate::store::{Job, StoreError, Write, client_secret};

/// Why a client was neither changed nor deleted.
#[derive(Debug, thiserror::Error)]
pub enum NotChanged {
    /// What was asked for can't be registered; every problem at once.
    #[error("the client can't be changed like that:\n  {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n  "))]
    Invalid(Vec<MetadataProblem>),
    /// There is no such client.
    #[error("no client {0} is registered")]
    Unknown(ClientId),
    /// Somebody else has changed it since it was looked at.
    #[error("the client {0} has been changed meanwhile: look at it again")]
    Stale(ClientId),
    /// The token is not the one of this registration (any more).
    #[error("the registration access token is not that of {0}")]
    NotTheirs(ClientId),
    /// Its secret can't be sealed.
    #[error(transparent)]
    AtRest(#[from] NotAtRest),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// On what a change depends.
#[derive(Clone, Copy, Debug, Default)]
pub struct Condition {
    /// The version that whoever changes it has looked at (E-RACE-12).
    pub version: Option<i64>,
    /// The digest of the registration access token that was shown.
    pub registration: Option<Digest>,
}

impl Condition {
    fn refusal(&self, client: &Client) -> Option<NotChanged> {
        let id = || client.metadata.client_id.clone();
        if self.registration.is_some() && client.registration != self.registration {
            return Some(NotChanged::NotTheirs(id()));
        }
        self.version.is_some_and(|version| version != client.version).then(|| NotChanged::Stale(id()))
    }
}

/// What a change came to.
#[derive(Debug)]
pub struct Changed {
    /// The client as it is now.
    pub client: Client,
    /// The secret that it got, where it needed one and had none. Told this once.
    pub secret: Option<ClientSecret>,
    /// The members that are different now.
    pub members: Vec<&'static str>,
}

struct Replace {
    metadata: ClientMetadata,
    condition: Condition,
    /// The registration access token from now on.
    registration: Option<Digest>,
    /// For a client that needs a secret and has none.
    spare: Option<client_secret::Model>,
    origin: Origin,
    now: Time,
}

impl Job for Replace {
    type Outcome = Result<(Client, bool, Vec<&'static str>), NotChanged>;

    async fn run(&self, write: &Write<'_>) -> Result<Self::Outcome, StoreError> {
        let id = &self.metadata.client_id;
        let (version, Some(before)) = client::take_up(write, id).await? else { return Ok(Err(NotChanged::Unknown(id.clone()))) };
        if let Some(refusal) = self.condition.refusal(&before) {
            return Ok(Err(refusal));
        }
        let members = before.metadata.difference(&self.metadata);
        let spare = self.spare.as_ref().filter(|_| !has_secret_for(&before, self.metadata.token_endpoint_auth_method, self.now));
        let gets_secret = spare.is_some();
        if members.is_empty() && !gets_secret && self.registration.is_none() {
            return Ok(Ok((before, false, members)));
        }
        let registration = self.registration.or(before.registration);
        if gets_secret || self.spare.is_none() {
            // Those that it can't use any more must not wait for the day when it can.
            client_secret::end_all(write, id, self.now).await?;
        }
        client_secret::insert_many(write, spare.map(std::slice::from_ref).unwrap_or_default()).await?;
        let after = Client { metadata: self.metadata.clone(), registration, updated_at: self.now, version, ..before };
        client::replace(write, &after, version).await?;
        Event::new("client_updated", &self.origin).client(id).detail("changed", members.clone()).record(write, self.now).await?;
        Ok(Ok((after, gets_secret, members)))
    }
}

/// Whether a client has a secret that works and serves this method: only what rests sealed is the key of assertions.
pub(super) fn has_secret_for(client: &Client, method: TokenEndpointAuthMethod, now: Time) -> bool {
    let serves = |row: &client_secret::Model| method != TokenEndpointAuthMethod::ClientSecretJwt || row.sealed.is_some();
    client.secrets.iter().any(|row| row.is_live(now) && serves(row))
}

/// Puts `metadata` in the place of all that is registered of the client of that id. Its secret stays, unless it needs none any more; one that
/// needs one and has none gets one. With `registration` the client has another registration access token from now on.
pub async fn update(
    app: &App,
    metadata: ClientMetadata,
    condition: Condition,
    registration: Option<Digest>,
    origin: &Origin,
) -> Result<Changed, NotChanged> {
    let metadata = metadata.with_own_defaults();
    metadata.validate().map_err(NotChanged::Invalid)?;
    clients::check(app, &metadata).await.map_err(NotChanged::Invalid)?;
    let (secret, now, method) = (ClientSecret::random(), app.now(), metadata.token_endpoint_auth_method);
    let at_rest = || client_secrets::at_rest(app, &metadata.client_id, method, &secret.expose(), now);
    let spare = method.has_secret().then(at_rest).transpose()?;
    let job = Replace { metadata, condition, registration, spare, origin: origin.clone(), now };
    let (client, gets_secret, members) = app.store().write(job).await??;
    app.look().await?;
    Ok(Changed { client, secret: gets_secret.then_some(secret), members })
}

struct Delete {
    client: ClientId,
    condition: Condition,
    /// Only while it has been given nothing that is still there.
    only_unused: bool,
    origin: Origin,
    now: Time,
}

impl Job for Delete {
    type Outcome = Result<(), NotChanged>;

    async fn run(&self, write: &Write<'_>) -> Result<Self::Outcome, StoreError> {
        let (version, Some(before)) = client::take_up(write, &self.client).await? else { return Ok(Err(NotChanged::Unknown(self.client.clone()))) };
        if let Some(refusal) = self.condition.refusal(&before) {
            return Ok(Err(refusal));
        }
        if self.only_unused && client::has_anything(write, &self.client).await? {
            return Ok(Err(NotChanged::Stale(self.client.clone())));
        }
        client::delete(write, &self.client, version, self.now).await?;
        let event = Event::new("client_deleted", &self.origin).client(&self.client);
        event.detail("source", before.source.to_string()).record(write, self.now).await?;
        Ok(Ok(()))
    }
}

/// Deletes a client. It is unknown from now on, and so nothing that it was given is good for anything; [`forget`] removes that.
pub async fn delete(app: &App, id: &ClientId, condition: Condition, origin: &Origin) -> Result<(), NotChanged> {
    let job = Delete { client: id.clone(), condition, only_unused: false, origin: origin.clone(), now: app.now() };
    app.store().write(job).await??;
    app.look().await?;
    Ok(())
}

/// The same for one that nobody used, by the house itself. `false` if somebody did meanwhile.
pub(super) async fn delete_unused(app: &App, id: &ClientId, now: Time) -> Result<bool, StoreError> {
    let job = Delete { client: id.clone(), condition: Condition::default(), only_unused: true, origin: Origin::system(), now };
    match app.store().write(job).await? {
        Ok(()) => Ok(true),
        Err(NotChanged::Store(error)) => Err(error),
        Err(_) => Ok(false),
    }
}

struct Forget(ClientId);

impl Job for Forget {
    type Outcome = u64;

    async fn run(&self, write: &Write<'_>) -> Result<u64, StoreError> {
        client::forget_what_it_was_given(write, &self.0).await
    }
}

/// Removes what a deleted client was given, in slices, so that nobody waits long behind it. Its id is free afterwards.
pub async fn forget(app: &App, id: &ClientId) -> Result<(), StoreError> {
    while app.store().write(Forget(id.clone())).await? >= SWEEP_BATCH {}
    Ok(())
}
