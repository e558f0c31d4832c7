//! Which signing key signs, which are published. Pure: rows come in, decisions go out.
//!
//! For each algorithm the newest key signs, and all are published and verified with. When keys get a schedule (published before they
//! sign, published after they retire: OpenID Connect Core §10.1.1), its times stand in [`LoadedKey`] and are judged in
//! [`SigningRing::signer`] and [`SigningRing::published`].

use std::sync::Arc;

use crate::adapters::jose::{self, SigningKey};
use crate::base::clock::Time;
use crate::base::id::KeyId;
use crate::protocol::signing_algorithm::SigningAlgorithm;

/// A signing key as its row tells of it.
#[derive(Clone, Debug)]
pub struct LoadedKey {
    /// The key itself.
    pub key: SigningKey,
    /// When it was made.
    pub created_at: Time,
}

/// The signing keys that are there. Cheap to clone.
#[derive(Clone, Debug)]
pub struct SigningRing {
    /// Newest first.
    keys: Arc<[SigningKey]>,
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
    /// The ring of these keys: at least one for each algorithm that discovery promises.
    pub fn new(mut loaded: Vec<LoadedKey>) -> Result<Self, NoRing> {
        // The kid decides between keys of one millisecond, so that all nodes choose the same.
        loaded.sort_by_key(|loaded| std::cmp::Reverse((loaded.created_at, loaded.key.kid())));
        let keys: Arc<[SigningKey]> = loaded.into_iter().map(|loaded| loaded.key).collect();
        let mut seen = std::collections::BTreeSet::new();
        if let Some(repeated) = keys.iter().find(|key| !seen.insert(key.kid())) {
            return Err(NoRing::Repeated(repeated.kid()));
        }
        if let Some(missing) = SigningAlgorithm::ALL.into_iter().find(|algorithm| keys.iter().all(|key| key.algorithm() != *algorithm)) {
            return Err(NoRing::Missing(missing));
        }
        let jwks = jose::jwks(keys.iter()).into();
        Ok(Self { keys, jwks })
    }

    /// The key that signs with `algorithm` now: the newest.
    ///
    /// A ring has one for each algorithm; `None` would mean that it was not made by [`Self::new`].
    pub fn signer(&self, algorithm: SigningAlgorithm) -> Option<&SigningKey> {
        self.keys.iter().find(|key| key.algorithm() == algorithm)
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
        let key = SigningKey::from_private(KeyId::from_bytes([0, 0, 0, kid]), algorithm, private).unwrap();
        LoadedKey { key, created_at: Time::from_seconds(created_at) }
    }

    /// D-KEY-03: the newest key of each algorithm signs, every key is published, and no `kid` stands twice.
    #[test]
    fn the_newest_signs_and_all_are_published() {
        use SigningAlgorithm::{Es256, Ps256, Rs256};
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
        let signs = |ring: &SigningRing, algorithm| ring.signer(algorithm).map(|key| key.kid().to_string());
        assert_eq!(signs(&ring, Es256).as_deref(), Some("00000005"));
        assert_eq!(signs(&ring, Rs256).as_deref(), Some("00000001"));
        let turned = SigningRing::new(all.iter().rev().cloned().collect()).unwrap();
        assert_eq!(signs(&turned, Es256), signs(&ring, Es256), "the order of rows decides nothing");
        assert_eq!(turned.jwks(), ring.jwks());
        let document: serde_json::Value = serde_json::from_slice(ring.jwks()).unwrap();
        assert_eq!(document["keys"].as_array().unwrap().len(), 5);
        assert_eq!(ring.published().len(), 5);
        assert_eq!(SigningRing::new(all[..2].to_vec()).unwrap_err(), NoRing::Missing(Ps256));
        assert_eq!(SigningRing::new([&all[..], &all[..1]].concat()).unwrap_err(), NoRing::Repeated(all[0].key.kid()));
    }
}
