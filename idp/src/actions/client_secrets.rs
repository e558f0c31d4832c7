//! The secrets of clients: how they rest, what they are compared with, and how one is replaced without an outage (D-SEC-09).
//!
//! A new secret works at once beside the old ones, which end after an overlap that has an end itself; an overlap of zero is the emergency
//! cut. Other nodes hear of it within a second, and before they give anything that asks the database.

use std::time::Duration;

use zeroize::Zeroizing;

use crate::actions::audit::{Event, Origin};
use crate::app::App;
use crate::base::client_secret::ClientSecret;
use crate::base::clock::Time;
use crate::base::digest::Digest;
use crate::base::id::{ClientId, ClientSecretId};
use crate::keys::at_rest::NotAtRest;
use crate::protocol::client_metadata::TokenEndpointAuthMethod;
use crate::store::client::{self, Client};
use crate::store::client_secret::{self, Model};
use crate::store::{Job, StoreError, Write};

/// What the digest of a client secret is made for.
const DIGEST: &str = "client_secret";
/// The field that a secret is sealed for.
const SEALED: &str = "client_secrets.sealed";
/// How many secrets of one client may work at the same time.
pub const MOST: u64 = 5;
/// The longest overlap of a new secret with the old ones.
pub const LONGEST_OVERLAP: Duration = Duration::from_hours(24 * 90);

/// Why a secret was not added.
#[derive(Debug, thiserror::Error)]
pub enum NotAdded {
    /// There is no such client.
    #[error("no client {0} is registered")]
    Unknown(ClientId),
    /// It proves who it is without one.
    #[error("client {0} is registered for {1} and has no secrets")]
    WithoutSecrets(ClientId, TokenEndpointAuthMethod),
    /// There are as many as there may be.
    #[error("client {0} has {MOST} secrets that work; revoke one first, or let them overlap for a shorter time")]
    TooMany(ClientId),
    /// The overlap is too long.
    #[error("secrets overlap for at most 90 days")]
    TooLong,
    /// It can't be sealed.
    #[error(transparent)]
    AtRest(#[from] NotAtRest),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The row of a secret of this client: sealed where it is the key of assertions, else a keyed digest.
pub fn at_rest(app: &App, id: &ClientId, method: TokenEndpointAuthMethod, secret: &str, now: Time) -> Result<Model, NotAtRest> {
    let row = ClientSecretId::new(now);
    let (digest, sealed) = if method == TokenEndpointAuthMethod::ClientSecretJwt {
        (None, Some(app.data_keys().seal(SEALED, row.as_uuid().as_bytes(), secret.as_bytes())?))
    } else {
        (Some(app.data_keys().digest(DIGEST, &[id.as_str().as_bytes(), secret.as_bytes()])), None)
    };
    let (key_id, digest) = digest.unzip();
    Ok(Model { id: row, client_id: id.clone(), key_id, digest, sealed, created_at: now, expires_at: None })
}

/// Whether `secret` is one of the client's that work now, compared in constant time with each of them. Where there are none, the same work is
/// done for nothing (A-CA-05).
pub fn fits(app: &App, client: Option<&Client>, id: &ClientId, secret: &str) -> Result<bool, NotAtRest> {
    let (now, parts) = (app.now(), [id.as_str().as_bytes(), secret.as_bytes()]);
    let (mut compared, mut fits) = (false, false);
    for row in client.into_iter().flat_map(|client| &client.secrets).filter(|row| row.is_live(now)) {
        compared = true;
        fits |= match (row.key_id.zip(row.digest), &row.sealed) {
            (Some((key, digest)), _) => app.data_keys().matches(DIGEST, key, &parts, &digest)?,
            // From a time when the client was registered for assertions.
            (None, Some(sealed)) => Digest::of(open(app, row.id, sealed)?.as_slice()) == Digest::of(secret),
            (None, None) => false,
        };
    }
    if !compared {
        let (_, computed) = app.data_keys().digest(DIGEST, &parts);
        // Compared with what no secret has, for the time it takes.
        let _ = std::hint::black_box(computed == Digest::from_bytes([0; 32]));
    }
    Ok(fits)
}

/// The secrets of the client that work now and are keys of assertions: only those that rest sealed can be (A-CA-11).
pub fn assertion_keys(app: &App, client: &Client) -> Result<Vec<Zeroizing<Vec<u8>>>, NotAtRest> {
    let now = app.now();
    let sealed = client.secrets.iter().filter(|row| row.is_live(now)).filter_map(|row| Some((row.id, row.sealed.as_ref()?)));
    sealed.map(|(id, sealed)| open(app, id, sealed)).collect()
}

fn open(app: &App, id: ClientSecretId, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, NotAtRest> {
    app.data_keys().open(SEALED, id.as_uuid().as_bytes(), sealed)
}

struct AddSecret {
    row: Model,
    others_end: Time,
    origin: Origin,
    now: Time,
}

enum Added {
    Done,
    Unknown,
    TooMany,
}

impl Job for AddSecret {
    type Outcome = Added;

    async fn run(&self, write: &Write<'_>) -> Result<Added, StoreError> {
        let client = &self.row.client_id;
        if !client::touch(write, client).await? {
            return Ok(Added::Unknown);
        }
        // Those that end now make room.
        if self.others_end > self.now && client_secret::count_live(write, client, self.now).await? >= MOST {
            return Ok(Added::TooMany);
        }
        client_secret::end_all(write, client, self.others_end).await?;
        client_secret::insert(write, self.row.clone()).await?;
        let event = Event::new("client_secret_added", &self.origin).client(client).detail("secret", self.row.id.to_string());
        event.detail("others_end", self.others_end.seconds()).record(write, self.now).await?;
        Ok(Added::Done)
    }
}

/// Adds a secret to a client, which is shown this once. The others work for `overlap` more, or as long as they would have; with zero they
/// are cut off at once.
pub async fn add(app: &App, id: &ClientId, overlap: Duration, origin: &Origin) -> Result<(ClientSecretId, ClientSecret), NotAdded> {
    if overlap > LONGEST_OVERLAP {
        return Err(NotAdded::TooLong);
    }
    app.look().await?;
    let method = app.view().client(id).map(|client| client.metadata.token_endpoint_auth_method).ok_or_else(|| NotAdded::Unknown(id.clone()))?;
    if !method.has_secret() {
        return Err(NotAdded::WithoutSecrets(id.clone(), method));
    }
    let (now, secret) = (app.now(), ClientSecret::random());
    let row = at_rest(app, id, method, &secret.expose(), now)?;
    let added = row.id;
    match app.store().write(AddSecret { row, others_end: now.plus(overlap), origin: origin.clone(), now }).await? {
        Added::Done => {}
        Added::Unknown => return Err(NotAdded::Unknown(id.clone())),
        Added::TooMany => return Err(NotAdded::TooMany(id.clone())),
    }
    app.look().await?;
    Ok((added, secret))
}

struct EndSecret {
    client: ClientId,
    secret: ClientSecretId,
    origin: Origin,
    now: Time,
}

impl Job for EndSecret {
    type Outcome = bool;

    async fn run(&self, write: &Write<'_>) -> Result<bool, StoreError> {
        if !client_secret::end(write, &self.client, self.secret, self.now).await? {
            return Ok(false);
        }
        client::touch(write, &self.client).await?;
        let event = Event::new("client_secret_revoked", &self.origin).client(&self.client);
        event.detail("secret", self.secret.to_string()).record(write, self.now).await?;
        Ok(true)
    }
}

/// Cuts one secret of a client off at once, also the last one. `false` if it does not work (any more), or is another's.
pub async fn revoke(app: &App, client: &ClientId, secret: ClientSecretId, origin: &Origin) -> Result<bool, StoreError> {
    let changed = app.store().write(EndSecret { client: client.clone(), secret, origin: origin.clone(), now: app.now() }).await?;
    app.look().await?;
    Ok(changed)
}
