//! Which signing key signs, which are published. Pure: rows come in, decisions go out.
//!
//! For each algorithm the newest key signs that everybody may have seen, and all are published and verified with: a key is published for as
//! long as anybody may keep the JWKS document before it signs (OpenID Connect Core §10.1.1, D-KEY-01).

use std::sync::Arc;
use std::time::Duration;

use crate::adapters::jose::{self, SigningKey};
use crate::base::clock::Time;
use crate::base::id::KeyId;
use crate::protocol::signing_algorithm::SigningAlgorithm;

/// How long the JWKS document may be kept by whoever read it.
pub const JWKS_MAX_AGE: Duration = Duration::from_mins(5);
/// How long other nodes may take to publish a key that one of them made.
const MARGIN: Duration = Duration::from_secs(5);

/// A signing key as its row tells of it.
#[derive(Clone, Debug)]
pub struct LoadedKey {
    /// The key itself.
    pub key: SigningKey,
    /// Its place among the keys of its algorithm: 1 is the first.
    pub number: i64,
    /// When it was made.
    pub created_at: Time,
}

/// From when a key that is made at `created_at` signs.
pub fn signs_from(created_at: Time) -> Time {
    created_at.plus(JWKS_MAX_AGE).plus(MARGIN)
}

/// The signing keys that are there. Cheap to clone.
#[derive(Clone, Debug)]
pub struct SigningRing {
    /// Newest first.
    keys: Arc<[SigningKey]>,
    /// From when each of them signs.
    signs_from: Arc<[Time]>,
    jwks: Arc<[u8]>,
}

/// Rows from which no ring can be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoRing {
    /// An algorithm that discovery promises has no key (security requirement D-KEY-03).
    #[error("there is no {0} signing key")]
    Missing(SigningAlgorithm),
    /// Two rows have the same `kid`; a client could not tell them apart.
    #[error("two signing keys are called {0}")]
    Repeated(KeyId),
}

impl SigningRing {
    /// The ring of these keys: at least one for each algorithm that discovery promises from the first start on.
    pub fn new(mut loaded: Vec<LoadedKey>) -> Result<Self, NoRing> {
        // Clocks of nodes may differ, numbers may not; so all nodes choose the same.
        loaded.sort_by_key(|loaded| std::cmp::Reverse((loaded.number, loaded.created_at, loaded.key.kid())));
        let signs_from = (0..).zip(&loaded).map(|(index, loaded_key)| {
            let algorithm = loaded_key.key.algorithm();
            let is_first = loaded.iter().skip(index + 1).all(|older| older.key.algorithm() != algorithm);
            // With the first key of these there is nobody yet who might have kept a document without it.
            let at_once = is_first && SigningAlgorithm::ALWAYS.contains(&algorithm);
            if at_once { Time::default() } else { signs_from(loaded_key.created_at) }
        });
        let signs_from = signs_from.collect();
        let keys: Arc<[SigningKey]> = loaded.into_iter().map(|loaded| loaded.key).collect();
        let mut seen = std::collections::BTreeSet::new();
        if let Some(repeated) = keys.iter().find(|key| !seen.insert(key.kid())) {
            return Err(NoRing::Repeated(repeated.kid()));
        }
        if let Some(missing) = SigningAlgorithm::ALWAYS.into_iter().find(|algorithm| keys.iter().all(|key| key.algorithm() != *algorithm)) {
            return Err(NoRing::Missing(missing));
        }
        let jwks = jose::jwks(keys.iter()).into();
        Ok(Self { keys, signs_from, jwks })
    }

    /// The key that signs with `algorithm` at `now`: the newest that was published for long enough. `None` if there is none (yet).
    pub fn signer(&self, algorithm: SigningAlgorithm, now: Time) -> Option<&SigningKey> {
        let mut signing = self.schedule().filter(|(key, from)| key.algorithm() == algorithm && *from <= now);
        signing.next().map(|(key, _)| key)
    }

    /// The algorithms that something can be signed with at `now`, in the order they are published.
    pub fn algorithms(&self, now: Time) -> Vec<SigningAlgorithm> {
        SigningAlgorithm::ALL.into_iter().filter(|algorithm| self.signer(*algorithm, now).is_some()).collect()
    }

    /// All keys, newest first, each with the moment from which it signs.
    pub fn schedule(&self) -> impl Iterator<Item = (&SigningKey, Time)> {
        self.keys.iter().zip(self.signs_from.iter().copied())
    }

    /// The keys whose signatures count as ours, newest first: the same that are published.
    pub fn published(&self) -> &[SigningKey] {
        &self.keys
    }

    /// The JWKS document, ready to be served (RFC 7517 §5).
    pub fn jwks(&self) -> &[u8] {
        &self.jwks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loaded(kid: u8, algorithm: SigningAlgorithm, created_at: i64, private: &[u8]) -> LoadedKey {
        let number = if kid == 5 { 3 } else { created_at / 10 };
        let key = SigningKey::from_private(KeyId::from_bytes([0, 0, 0, kid]), algorithm, private).unwrap();
        LoadedKey { key, number, created_at: Time::from_seconds(created_at) }
    }

    /// D-KEY-01, D-KEY-03: the newest key of each algorithm signs, every key is published, and no `kid` stands twice.
    #[test]
    fn the_newest_signs_and_all_are_published() {
        use SigningAlgorithm::{EdDsa, Es256, Ps256, Rs256};
        let rsa = jose::generate_private(Rs256).unwrap();
        let curve = jose::generate_private(Es256).unwrap();
        let all = vec![
            loaded(1, Rs256, 10, &rsa),
            loaded(2, Es256, 10, &curve),
            loaded(3, Ps256, 10, &rsa),
            loaded(4, Es256, 20, &curve),
            loaded(5, Es256, 20, &curve),
        ];
        let ring = SigningRing::new(all.clone()).unwrap();
        let later = signs_from(Time::from_seconds(20));
        let signs = |ring: &SigningRing, algorithm| ring.signer(algorithm, later).map(|key| key.kid().to_string());
        assert_eq!(signs(&ring, Es256).as_deref(), Some("00000005"));
        assert_eq!(signs(&ring, Rs256).as_deref(), Some("00000001"));
        let turned = SigningRing::new(all.iter().rev().cloned().collect()).unwrap();
        assert_eq!(signs(&turned, Es256), signs(&ring, Es256), "the order of rows decides nothing");
        assert_eq!(turned.jwks(), ring.jwks());
        let document: serde_json::Value = serde_json::from_slice(ring.jwks()).unwrap();
        assert_eq!(document["keys"].as_array().unwrap().len(), 5);
        assert_eq!(ring.published().len(), 5);
        // D-KEY-01: what was just made is published, and does not sign before everybody may have seen it.
        let at = |ring: &SigningRing, algorithm, now: Time| ring.signer(algorithm, now).map(|key| key.kid().to_string());
        let a_moment_before = later.minus(Duration::from_millis(1));
        assert_eq!(at(&ring, Es256, a_moment_before).as_deref(), Some("00000002"));
        assert_eq!(at(&ring, Rs256, Time::from_seconds(10)).as_deref(), Some("00000001"), "the first of those that always are signs at once");
        let edwards = loaded(6, EdDsa, 20, &jose::generate_private(EdDsa).unwrap());
        let with_edwards = SigningRing::new([&all[..], &[edwards]].concat()).unwrap();
        assert_eq!((at(&with_edwards, EdDsa, a_moment_before), at(&with_edwards, EdDsa, later).as_deref()), (None, Some("00000006")));
        assert_eq!(with_edwards.algorithms(a_moment_before), SigningAlgorithm::ALWAYS);
        assert_eq!(with_edwards.algorithms(later), SigningAlgorithm::ALL);
        assert_eq!(with_edwards.published().len(), 6);
        assert_eq!(SigningRing::new(all[..2].to_vec()).unwrap_err(), NoRing::Missing(Ps256));
        assert_eq!(SigningRing::new([&all[..], &all[..1]].concat()).unwrap_err(), NoRing::Repeated(all[0].key.kid()));
    }
}
