//! Data keys: what seals and digests the values that rest. XChaCha20-Poly1305 with a random 192-bit nonce (security requirement
//! D-SEC-07), one subkey for each field; keyed digests are HMAC-SHA-256, one subkey for each purpose.

use std::fmt;

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use zeroize::{ZeroizeOnDrop, Zeroizing};

use crate::base::digest::Digest;
use crate::base::id::KeyId;
use crate::base::random;
use crate::config::MasterKey;
use crate::keys::at_rest::subkey;

/// The only version of the format that is written and read.
const VERSION: u8 = 1;
const NONCE: usize = 24;
/// What a data key is sealed for, beside its id.
const WRAPPING: &str = "data-key";

/// Why something that rests could not be sealed, opened or compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAtRest {
    /// Not a value that was sealed here, or of another version.
    #[error("not a sealed value")]
    Malformed,
    /// Its data key is not among those that were unwrapped.
    #[error("its data key {0} is not there")]
    UnknownKey(KeyId),
    /// It was changed, or it stands in another row or field than it was sealed for. Never to be taken for "nothing there".
    #[error("altered, or moved from where it belongs")]
    Altered,
    /// The wrapped data key does not open with this master key.
    #[error("data key {0} does not open: the master key is not the one this database was made with, or the row was altered")]
    WrongMasterKey(KeyId),
    /// Beyond what the cipher takes (256 GiB).
    #[error("too large to seal")]
    TooLarge,
}

/// One data key. The database keeps it wrapped by the master key.
#[derive(Clone, ZeroizeOnDrop)]
pub struct DataKey {
    #[zeroize(skip)]
    id: KeyId,
    key: [u8; 32],
}

impl DataKey {
    /// A new one.
    pub fn random() -> Self {
        Self { id: KeyId::random(), key: random::bytes() }
    }

    /// Its name, which stands in every value it sealed.
    pub const fn id(&self) -> KeyId {
        self.id
    }

    /// The key as it rests: sealed by the master key, and bound to its name.
    pub fn wrap(&self, master: &MasterKey) -> Result<Vec<u8>, NotAtRest> {
        let mut wrapped = vec![VERSION];
        wrapped.extend(encrypt(&subkey(master.expose(), WRAPPING), &context(self.id, WRAPPING, b""), &self.key)?);
        Ok(wrapped)
    }

    /// Opens what [`Self::wrap`] made. [`NotAtRest::WrongMasterKey`] must end the start of the server: going on would lose what rests
    /// (security requirement D-SEC-06).
    pub fn unwrap_key(master: &MasterKey, id: KeyId, wrapped: &[u8]) -> Result<Self, NotAtRest> {
        let Some((&VERSION, sealed)) = wrapped.split_first() else { return Err(NotAtRest::Malformed) };
        let plain = decrypt(&subkey(master.expose(), WRAPPING), &context(id, WRAPPING, b""), sealed).map_err(|error| match error {
            NotAtRest::Altered => NotAtRest::WrongMasterKey(id),
            other => other,
        })?;
        let key = plain.as_slice().try_into().map_err(|_| NotAtRest::Malformed)?;
        Ok(Self { id, key })
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "DataKey({})", self.id)
    }
}

/// The data key that seals now, and those whose values are still there; the oldest of them is the one that the database began with.
#[derive(Clone, Debug)]
pub struct DataKeys {
    current: DataKey,
    older: Vec<DataKey>,
}

impl DataKeys {
    /// Seals and digests with `current`; opens and compares with any of them. `older` begins with the oldest, and that is never left out.
    pub const fn new(current: DataKey, older: Vec<DataKey>) -> Self {
        Self { current, older }
    }

    /// Seals `plain` for one field of one row: version, key id, nonce, ciphertext.
    pub fn seal(&self, field: &'static str, row: &[u8], plain: &[u8]) -> Result<Vec<u8>, NotAtRest> {
        let key = &self.current;
        let mut sealed = vec![VERSION];
        sealed.extend_from_slice(key.id.as_bytes());
        sealed.extend(encrypt(&subkey(&key.key, &format!("seal {field}")), &context(key.id, field, row), plain)?);
        Ok(sealed)
    }

    /// Opens what [`Self::seal`] made for the same field of the same row.
    pub fn open(&self, field: &'static str, row: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, NotAtRest> {
        let Some((&[VERSION, a, b, c, d], sealed)) = sealed.split_first_chunk::<5>() else { return Err(NotAtRest::Malformed) };
        let key = self.key(KeyId::from_bytes([a, b, c, d]))?;
        decrypt(&subkey(&key.key, &format!("seal {field}")), &context(key.id, field, row), sealed)
    }

    /// The keyed digest of `parts` for `purpose`, and the key it was made with: both are stored.
    pub fn digest(&self, purpose: &'static str, parts: &[&[u8]]) -> (KeyId, Digest) {
        (self.current.id, digest_with(&self.current, purpose, parts))
    }

    /// A keyed digest that stays the same as long as this database lives: made with its first key, which no rotation replaces. For what others
    /// keep for ever and can't be told anew, such as pairwise subjects.
    pub fn lasting_digest(&self, purpose: &'static str, parts: &[&[u8]]) -> Digest {
        digest_with(self.older.first().unwrap_or(&self.current), purpose, parts)
    }

    /// Whether `stored` is the digest of `parts` for `purpose` with the key `id`, compared in constant time.
    ///
    /// A key that is missing is an error and not a mismatch: the secret may well have been right.
    pub fn matches(&self, purpose: &'static str, id: KeyId, parts: &[&[u8]], stored: &Digest) -> Result<bool, NotAtRest> {
        Ok(digest_with(self.key(id)?, purpose, parts) == *stored)
    }

    fn key(&self, id: KeyId) -> Result<&DataKey, NotAtRest> {
        std::iter::once(&self.current).chain(&self.older).find(|key| key.id == id).ok_or(NotAtRest::UnknownKey(id))
    }
}

fn digest_with(key: &DataKey, purpose: &str, parts: &[&[u8]]) -> Digest {
    Digest::keyed(&subkey(&key.key, &format!("digest {purpose}")), parts)
}

/// What is authenticated beside the ciphertext, length-prefixed so that no two places look alike.
fn context(id: KeyId, field: &str, row: &[u8]) -> Vec<u8> {
    let mut context = vec![VERSION];
    for part in [id.as_bytes().as_slice(), field.as_bytes(), row] {
        context.extend_from_slice(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        context.extend_from_slice(part);
    }
    context
}

/// Nonce and ciphertext.
fn encrypt(key: &[u8; 32], context: &[u8], plain: &[u8]) -> Result<Vec<u8>, NotAtRest> {
    let nonce: [u8; NONCE] = random::bytes();
    let cipher = XChaCha20Poly1305::new(&(*key).into());
    let sealed = cipher.encrypt(&XNonce::from(nonce), Payload { msg: plain, aad: context }).map_err(|_| NotAtRest::TooLarge)?;
    Ok([nonce.as_slice(), &sealed].concat())
}

fn decrypt(key: &[u8; 32], context: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, NotAtRest> {
    let (nonce, sealed) = sealed.split_first_chunk::<NONCE>().ok_or(NotAtRest::Malformed)?;
    let cipher = XChaCha20Poly1305::new(&(*key).into());
    cipher.decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad: context }).map(Zeroizing::new).map_err(|_| NotAtRest::Altered)
}
