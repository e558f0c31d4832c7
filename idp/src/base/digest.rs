//! SHA-256 digests and keyed digests (HMAC-SHA-256): how anything that works as a key rests in the database.

use std::fmt;
use std::hash::{Hash, Hasher};

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::base::base64url;

/// 32 bytes that name a secret without giving it away. Compared in constant time.
#[derive(Clone, Copy, Eq)]
pub struct Digest([u8; 32]);

impl Digest {
    /// SHA-256 of `bytes`. Enough for random values of 128 bits and more; never for something a person chose.
    pub fn of(bytes: impl AsRef<[u8]>) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// HMAC-SHA-256 of the length-prefixed `parts` under `key`, so that no two lists of parts look alike.
    pub fn keyed(key: &[u8; 32], parts: &[&[u8]]) -> Self {
        // HMAC pads a short key with zeros to its block of 64 bytes (RFC 2104 §2); padding it here leaves nothing that could fail.
        let mut block = [0; 64];
        for (padded, byte) in block.iter_mut().zip(key) {
            *padded = *byte;
        }
        let mut mac = Hmac::<Sha256>::new(&block.into());
        for part in parts {
            mac.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            mac.update(part);
        }
        Self(mac.finalize().into_bytes().into())
    }

    /// The digest that these bytes are.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its bytes, as they are stored.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl PartialEq for Digest {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Hash for Digest {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Digest({})", base64url::encode(self.0))
    }
}

impl Serialize for Digest {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&base64url::encode(self.0))
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        base64url::decode_array(&text).map(Self).ok_or_else(|| serde::de::Error::custom("not a digest"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_cannot_be_shifted_into_each_other() {
        let key = [7; 32];
        assert_ne!(Digest::keyed(&key, &[b"ab", b"c"]), Digest::keyed(&key, &[b"a", b"bc"]));
        assert_ne!(Digest::keyed(&key, &[b"ab"]), Digest::keyed(&[8; 32], &[b"ab"]));
    }
}
