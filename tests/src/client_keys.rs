//! What clients prove themselves with instead of showing a secret (RFC 7523): keys of their own, and the assertions that they sign. A header or
//! a claim can be anything, so that lies go out as well.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex};

use openidconnect::PrivateSigningKey as _;
use openidconnect::core::{CoreHmacKey, CoreJwsSigningAlgorithm};
use serde_json::{Value, json};
use weftid::adapters::jose::{SigningKey, generate_private};
use weftid::base::base64url;
use weftid::base::clock::Clock;
use weftid::base::id::KeyId;
use weftid::base::random;

/// The one type of assertion.
pub const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// RSA keys are slow to make, so that one is made for each algorithm and every test.
static PRIVATE: LazyLock<Mutex<BTreeMap<String, Vec<u8>>>> = LazyLock::new(Mutex::default);

/// A client's key, or its secret in the role of one.
#[derive(Clone)]
pub enum ClientKey {
    /// A key pair.
    Pair(Arc<SigningKey>),
    /// A shared secret.
    Secret(String),
}

impl ClientKey {
    /// A key pair for `RS256`, `PS256`, `ES256` or `EdDSA`; the same for every test, under a name of its own.
    pub fn pair(algorithm: &str) -> Self {
        let parsed = algorithm.parse().expect("an algorithm");
        let mut made = PRIVATE.lock().expect("nobody panicked");
        let private = made.entry(algorithm.to_owned()).or_insert_with(|| generate_private(parsed).expect("a key").to_vec());
        Self::Pair(Arc::new(SigningKey::from_private(KeyId::random(), parsed, private).expect("a key")))
    }

    /// Another key pair than everybody's.
    pub fn own_pair(algorithm: &str) -> Self {
        let parsed = algorithm.parse().expect("an algorithm");
        Self::Pair(Arc::new(SigningKey::from_private(KeyId::random(), parsed, &generate_private(parsed).expect("a key")).expect("a key")))
    }

    /// Its public JWK.
    #[track_caller]
    pub fn jwk(&self) -> Value {
        let Self::Pair(key) = self else { panic!("a secret has no public half") };
        key.public_jwk().clone()
    }

    /// The JWK Set that has it alone.
    #[track_caller]
    pub fn jwks(&self) -> Value {
        json!({"keys": [self.jwk()]})
    }

    /// What it signs with.
    pub fn algorithm(&self) -> &'static str {
        match self {
            Self::Pair(key) => key.algorithm().name(),
            Self::Secret(_) => "HS256",
        }
    }

    /// `{alg, kid}`, as an honest client writes it.
    pub fn header(&self) -> Value {
        match self {
            Self::Pair(key) => json!({"alg": self.algorithm(), "kid": key.kid().to_string()}),
            Self::Secret(_) => json!({"alg": "HS256"}),
        }
    }

    /// Signs these claims under this header, whatever it says.
    pub fn signs_under(&self, header: &Value, claims: &Value) -> String {
        self.signs_text(&header.to_string(), &claims.to_string())
    }

    /// Signs these texts as header and claims, whatever they are.
    pub fn signs_text(&self, header: &str, claims: &str) -> String {
        let input = format!("{}.{}", base64url::encode(header), base64url::encode(claims));
        let signature = match self {
            Self::Pair(key) => {
                let algorithm: CoreJwsSigningAlgorithm = serde_json::from_value(json!(self.algorithm())).expect("an algorithm");
                key.sign(&algorithm, input.as_bytes())
            }
            Self::Secret(secret) => CoreHmacKey::new(secret.as_bytes()).sign(&CoreJwsSigningAlgorithm::HmacSha256, input.as_bytes()),
        };
        format!("{input}.{}", base64url::encode(signature.expect("it signs")))
    }

    /// Signs these claims.
    pub fn signs(&self, claims: &Value) -> String {
        self.signs_under(&self.header(), claims)
    }
}

/// The claims of an assertion as an honest client makes it.
pub fn assertion_claims(client_id: &str, issuer: &str, clock: &Clock) -> Value {
    let now = clock.now().seconds();
    json!({"iss": client_id, "sub": client_id, "aud": issuer.trim_end_matches('/'), "iat": now, "exp": now + 60, "jti": base64url::encode(random::bytes::<16>())})
}
