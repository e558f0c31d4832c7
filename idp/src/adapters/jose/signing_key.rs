//! A key that signs: made from its PKCS#8 bytes once, then shared. What leaves the house of it is its public JWK (RFC 7517) and nothing
//! else; `Debug` shows its name alone.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use josekit::JoseError;
use josekit::jwk::alg::ec::{EcCurve, EcKeyPair};
use josekit::jwk::alg::ed::{EdCurve, EdKeyPair};
use josekit::jwk::alg::rsa::RsaKeyPair;
use josekit::jwk::{Jwk, KeyPair as _};
use josekit::jws::{ES256, EdDSA, JwsSigner, JwsVerifier, PS256, RS256};
use openidconnect::core::{CoreJsonWebKey, CoreJwsSigningAlgorithm};
use openidconnect::{PrivateSigningKey, SigningError};
use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

use crate::base::id::KeyId;
use crate::protocol::signing_algorithm::SigningAlgorithm;

/// Bits of an RSA modulus we make (RFC 7518 §3.3 asks for at least as many).
const RSA_BITS: u32 = 2048;

/// Why bytes are not a key that signs.
#[derive(Debug, thiserror::Error)]
#[error("not a private key for {algorithm}")]
pub struct BadKey {
    algorithm: SigningAlgorithm,
    #[source]
    source: Box<dyn Error + Send + Sync>,
}

impl BadKey {
    fn new(algorithm: SigningAlgorithm) -> impl Fn(JoseError) -> Self {
        move |error| Self { algorithm, source: error.into() }
    }
}

/// Makes the private key of a new signing key, as PKCS#8 DER.
///
/// An RSA key takes a quarter of a second of pure computing: call it where that blocks nobody. Its chance comes from OpenSSL's
/// generator, the one place beside WebAuthn challenges where a library brings its own.
pub fn generate_private(algorithm: SigningAlgorithm) -> Result<Zeroizing<Vec<u8>>, BadKey> {
    let der = match algorithm {
        SigningAlgorithm::Rs256 | SigningAlgorithm::Ps256 => RsaKeyPair::generate(RSA_BITS).map(|pair| pair.to_der_private_key()),
        SigningAlgorithm::Es256 => EcKeyPair::generate(EcCurve::P256).map(|pair| pair.to_der_private_key()),
        SigningAlgorithm::EdDsa => EdKeyPair::generate(EdCurve::Ed25519).map(|pair| pair.to_der_private_key()),
    };
    der.map(Zeroizing::new).map_err(BadKey::new(algorithm))
}

/// A key that signs with one algorithm and is known to clients as `kid`. Cheap to clone.
#[derive(Clone)]
pub struct SigningKey {
    kid: KeyId,
    algorithm: SigningAlgorithm,
    signer: Arc<dyn JwsSigner>,
    verifier: Arc<dyn JwsVerifier>,
    public_jwk: Value,
    verification_key: CoreJsonWebKey,
}

impl SigningKey {
    /// The key whose PKCS#8 bytes these are, as [`generate_private`] made them. Costs up to a millisecond; do it once.
    pub fn from_private(kid: KeyId, algorithm: SigningAlgorithm, pkcs8: &[u8]) -> Result<Self, BadKey> {
        let bad = BadKey::new(algorithm);
        let (private, mut public) = match algorithm {
            SigningAlgorithm::Rs256 | SigningAlgorithm::Ps256 => both(&*RsaKeyPair::from_der(pkcs8).map_err(&bad)?),
            SigningAlgorithm::Es256 => both(&*EcKeyPair::from_der(pkcs8, Some(EcCurve::P256)).map_err(&bad)?),
            SigningAlgorithm::EdDsa => both(&EdKeyPair::from_der(pkcs8).map_err(&bad)?),
        };
        public.set_algorithm(algorithm.name());
        public.set_key_use("sig");
        public.set_key_id(kid.to_string());
        let (signer, verifier): (Arc<dyn JwsSigner>, Arc<dyn JwsVerifier>) = match algorithm {
            SigningAlgorithm::Rs256 => {
                (Arc::new(RS256.signer_from_jwk(&private).map_err(&bad)?), Arc::new(RS256.verifier_from_jwk(&public).map_err(&bad)?))
            }
            SigningAlgorithm::Ps256 => {
                (Arc::new(PS256.signer_from_jwk(&private).map_err(&bad)?), Arc::new(PS256.verifier_from_jwk(&public).map_err(&bad)?))
            }
            SigningAlgorithm::Es256 => {
                (Arc::new(ES256.signer_from_jwk(&private).map_err(&bad)?), Arc::new(ES256.verifier_from_jwk(&public).map_err(&bad)?))
            }
            SigningAlgorithm::EdDsa => {
                (Arc::new(EdDSA.signer_from_jwk(&private).map_err(&bad)?), Arc::new(EdDSA.verifier_from_jwk(&public).map_err(&bad)?))
            }
        };
        let public_jwk = public_members(&public);
        // openidconnect's constructors leave `alg` empty and have no setter for it; its reader takes it.
        let verification_key = serde_json::from_value(public_jwk.clone()).map_err(|error| BadKey { algorithm, source: error.into() })?;
        Ok(Self { kid, algorithm, signer, verifier, public_jwk, verification_key })
    }

    /// Its name: `kid` in headers and in the JWKS document.
    pub const fn kid(&self) -> KeyId {
        self.kid
    }

    /// The one algorithm it signs with.
    pub const fn algorithm(&self) -> SigningAlgorithm {
        self.algorithm
    }

    /// Its public JWK: `kty`, `use`, `alg`, `kid` and the public numbers (RFC 7517 §4, RFC 7518 §6).
    pub const fn public_jwk(&self) -> &Value {
        &self.public_jwk
    }

    /// This key's signature over `message`.
    pub(super) fn signed(&self, message: &[u8]) -> Result<Vec<u8>, SigningError> {
        self.signer.sign(message).map_err(|error| SigningError::Other(error.to_string()))
    }

    /// Whether `signature` is this key's over `message`, by its own algorithm.
    pub(super) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        self.verifier.verify(message, signature).is_ok()
    }

    /// Its algorithm, as openidconnect names it.
    pub(super) const fn core_algorithm(&self) -> CoreJwsSigningAlgorithm {
        match self.algorithm {
            SigningAlgorithm::Rs256 => CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
            SigningAlgorithm::Ps256 => CoreJwsSigningAlgorithm::RsaSsaPssSha256,
            SigningAlgorithm::Es256 => CoreJwsSigningAlgorithm::EcdsaP256Sha256,
            SigningAlgorithm::EdDsa => CoreJwsSigningAlgorithm::EdDsa,
        }
    }
}

impl PrivateSigningKey for SigningKey {
    type VerificationKey = CoreJsonWebKey;

    fn sign(&self, algorithm: &CoreJwsSigningAlgorithm, message: &[u8]) -> Result<Vec<u8>, SigningError> {
        if *algorithm != self.core_algorithm() {
            return Err(SigningError::UnsupportedAlg(format!("key {} signs with {}", self.kid, self.algorithm)));
        }
        self.signed(message)
    }

    fn as_verification_key(&self) -> CoreJsonWebKey {
        self.verification_key.clone()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "SigningKey({} {})", self.kid, self.algorithm)
    }
}

fn both(pair: &dyn josekit::jwk::KeyPair) -> (Jwk, Jwk) {
    (pair.to_jwk_key_pair(), pair.to_jwk_public_key())
}

/// Named one by one, so that a private member cannot slip through whatever the library puts into its JWK.
fn public_members(jwk: &Jwk) -> Value {
    let members: Map<String, Value> = ["kty", "use", "alg", "kid", "n", "e", "crv", "x", "y"]
        .into_iter()
        .filter_map(|name| jwk.parameter(name).map(|value| (name.to_owned(), value.clone())))
        .collect();
    Value::Object(members)
}

/// The JWKS document of these keys (RFC 7517 §5), ready to be served. A `kid` stands in it once.
pub fn jwks<'a>(keys: impl IntoIterator<Item = &'a SigningKey>) -> Vec<u8> {
    let mut seen = std::collections::BTreeSet::new();
    let published: Vec<&Value> = keys.into_iter().filter(|key| seen.insert(key.kid)).map(SigningKey::public_jwk).collect();
    json!({ "keys": published }).to_string().into_bytes()
}
