//! The three rings, one mechanism: keys that sign tokens, seal boxes and MAC refresh tokens. The first key of each is one conditional
//! insert that every node reads back, so that two nodes that start together agree.

use zeroize::Zeroizing;

use crate::adapters::jose::{self, SigningKey};
use crate::base::clock::Time;
use crate::base::digest::Digest;
use crate::base::id::KeyId;
use crate::base::issuer::Issuer;
use crate::base::random;
use crate::base::sealed::{RootKey, Sealer};
use crate::keys::at_rest::DataKeys;
use crate::keys::signing::{LoadedKey, SigningRing};
use crate::protocol::signing_algorithm::SigningAlgorithm;
use crate::store::key::{self, Ring};
use crate::store::{Job, Store, StoreError, Write};

/// The field that a key's row is sealed for.
const FIELD: &str = "keys.sealed";
/// What the keys of the sealing ring are for.
const CIPHER: &str = "XChaCha20-Poly1305";
/// What the keys of the refresh ring are for.
const MAC: &str = "HMAC-SHA-256";

/// Why the rings can't be used.
#[derive(Debug, thiserror::Error)]
pub enum RingError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A key can't be made or read.
    #[error("a key of the {0} ring can't be used: {1}")]
    Key(Ring, String),
}

/// The rings as this node knows them.
#[derive(Clone)]
pub struct Rings {
    /// Seals and opens what travels.
    pub sealer: Sealer,
    /// Signs tokens.
    pub signing: SigningRing,
    refresh: Vec<(KeyId, Zeroizing<[u8; 32]>)>,
}

impl Rings {
    /// The key that new grants' refresh tokens are MACed with.
    pub fn refresh_key(&self) -> Option<KeyId> {
        self.refresh.last().map(|(id, _)| *id)
    }

    /// The MAC of these parts under the key `id`; `None` if that key is not in the ring.
    pub fn refresh_mac(&self, id: KeyId, parts: &[&[u8]]) -> Option<Digest> {
        self.refresh.iter().find(|(key, _)| *key == id).map(|(_, key)| Digest::keyed(key, parts))
    }
}

/// Reads the rings, after making the first key of each that has none.
pub async fn load(store: &Store, data_keys: &DataKeys, issuer: &Issuer, now: Time) -> Result<Rings, RingError> {
    let mut rows = key::all(store).await?;
    let missing: Vec<_> =
        needed().into_iter().filter(|(ring, algorithm)| !rows.iter().any(|row| row.ring == *ring && row.algorithm == *algorithm)).collect();
    if !missing.is_empty() {
        for (ring, algorithm) in missing {
            make_first(store, data_keys, ring, algorithm, now).await?;
        }
        rows = key::all(store).await?;
    }
    read(&rows, data_keys, issuer)
}

fn needed() -> Vec<(Ring, &'static str)> {
    let signing = SigningAlgorithm::ALWAYS.into_iter().map(|algorithm| (Ring::Signing, algorithm.name()));
    signing.chain([(Ring::Sealing, CIPHER), (Ring::Refresh, MAC)]).collect()
}

struct AddKey(key::Model);

impl Job for AddKey {
    type Outcome = bool;

    async fn run(&self, write: &Write<'_>) -> Result<bool, StoreError> {
        key::insert_unless_there(write, self.0.clone()).await
    }
}

async fn make_first(store: &Store, data_keys: &DataKeys, ring: Ring, algorithm: &'static str, now: Time) -> Result<(), RingError> {
    store.write(AddKey(new_key(data_keys, ring, algorithm, 1, now).await?)).await?;
    Ok(())
}

/// The row of a new key: the `number`th of its ring and algorithm. Whoever inserts it reads back what is there.
pub async fn new_key(data_keys: &DataKeys, ring: Ring, algorithm: &'static str, number: i64, now: Time) -> Result<key::Model, RingError> {
    let fault = |error: String| RingError::Key(ring, error);
    // An RSA key takes a quarter of a second of computing.
    let private = tokio::task::spawn_blocking(move || generate(algorithm)).await.map_err(|error| fault(error.to_string()))?.map_err(fault)?;
    let id = KeyId::random();
    let sealed = data_keys.seal(FIELD, id.as_bytes(), &private).map_err(|error| fault(error.to_string()))?;
    Ok(key::Model { id, ring, algorithm: algorithm.to_owned(), number, sealed, created_at: now })
}

fn generate(algorithm: &str) -> Result<Zeroizing<Vec<u8>>, String> {
    match algorithm.parse::<SigningAlgorithm>() {
        Ok(algorithm) => jose::generate_private(algorithm).map_err(|error| error.to_string()),
        Err(_) => Ok(Zeroizing::new(random::bytes::<32>().to_vec())),
    }
}

fn read(rows: &[key::Model], data_keys: &DataKeys, issuer: &Issuer) -> Result<Rings, RingError> {
    let mut signing = Vec::new();
    let mut sealing = Vec::new();
    let mut refresh = Vec::new();
    for row in rows {
        let fault = |error: String| RingError::Key(row.ring, format!("{}: {error}", row.id));
        let private = data_keys.open(FIELD, row.id.as_bytes(), &row.sealed).map_err(|error| fault(error.to_string()))?;
        let root = || <[u8; 32]>::try_from(private.as_slice()).map_err(|_| fault("it has not 32 bytes".to_owned()));
        match row.ring {
            Ring::Signing => {
                let algorithm = row.algorithm.parse().map_err(|_| fault(format!("unknown algorithm {}", row.algorithm)))?;
                let key = SigningKey::from_private(row.id, algorithm, &private).map_err(|error| fault(error.to_string()))?;
                signing.push(LoadedKey { key, number: row.number, created_at: row.created_at });
            }
            Ring::Sealing => sealing.push(RootKey::new(row.id, root()?)),
            Ring::Refresh => refresh.push((row.id, Zeroizing::new(root()?))),
        }
    }
    let current = sealing.pop().ok_or_else(|| RingError::Key(Ring::Sealing, "there is none".to_owned()))?;
    let signing = SigningRing::new(signing).map_err(|error| RingError::Key(Ring::Signing, error.to_string()))?;
    Ok(Rings { sealer: Sealer::new(issuer.clone(), current, sealing), signing, refresh })
}
