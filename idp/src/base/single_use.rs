//! Names of things that work once: when it ends (6 bytes) and 128 random bits, so that they sort by their end, and the memory of
//! what is spent can be swept from one side without a second index.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::base::{base64url, clock::Time, random};

/// The id of a single-use value; it says itself when it ends.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SingleUseId([u8; Self::LENGTH]);

impl SingleUseId {
    /// Bytes of an id.
    pub const LENGTH: usize = 22;

    /// A new id that ends at `expires_at`.
    pub fn new(expires_at: Time) -> Self {
        let millis = u64::try_from(expires_at.millis()).unwrap_or(0).to_be_bytes();
        let mut bytes = [0; Self::LENGTH];
        let (end, chance) = bytes.split_at_mut(6);
        end.copy_from_slice(millis.last_chunk::<6>().unwrap_or(&[0; 6]));
        chance.copy_from_slice(&random::bytes::<16>());
        Self(bytes)
    }

    /// When it ends.
    pub fn expires_at(&self) -> Time {
        let end = self.0.iter().take(6).fold(0_i64, |sum, byte| (sum << 8) | i64::from(*byte));
        Time::from_millis(end)
    }

    /// The smallest id that ends at `time` or later: where a sweep stops.
    pub fn first_at(time: Time) -> [u8; Self::LENGTH] {
        let mut bytes = Self::new(time).0;
        if let Some(chance) = bytes.get_mut(6..) {
            chance.fill(0);
        }
        bytes
    }

    /// The id that these bytes are.
    pub const fn from_bytes(bytes: [u8; Self::LENGTH]) -> Self {
        Self(bytes)
    }

    /// Its bytes, as they are stored.
    pub const fn as_bytes(&self) -> &[u8; Self::LENGTH] {
        &self.0
    }
}

impl fmt::Debug for SingleUseId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "SingleUseId({})", base64url::encode(self.0))
    }
}

impl Serialize for SingleUseId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&base64url::encode(self.0))
    }
}

impl<'de> Deserialize<'de> for SingleUseId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        base64url::decode_array(&text).map(Self).ok_or_else(|| serde::de::Error::custom("not a single-use id"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_say_when_they_end_and_sort_by_it() {
        let earlier = SingleUseId::new(Time::from_millis(1_764_000_000_000));
        let later = SingleUseId::new(Time::from_millis(1_764_000_000_001));
        assert_eq!(earlier.expires_at(), Time::from_millis(1_764_000_000_000));
        assert!(earlier < later);
        assert!(*earlier.as_bytes() >= SingleUseId::first_at(earlier.expires_at()));
        assert!(*earlier.as_bytes() < SingleUseId::first_at(later.expires_at()));
        assert_ne!(earlier, SingleUseId::new(earlier.expires_at()));
    }
}
