//! What a client signed for us (RFC 7515): its assertions. Read in one spelling, and believed only by a key that the client registered.
//!
//! The header chooses nothing but one key among those: `jku`, `x5u`, `jwk` and `x5c` are not looked at, and nothing is fetched for them
//! (A-CA-07). The algorithm must be one that the caller allows, and the key one of its kind, so that no public key is ever a shared secret.

use josekit::jwk::Jwk;
use josekit::jws::{ES256, EdDSA, HS256, JwsVerifier, PS256, RS256};
use serde_json::{Map, Value};

use crate::adapters::jose::LONGEST_TOKEN;
use crate::adapters::json;
use crate::base::base64url;
use crate::protocol::client_jwks::ClientJwks;
use crate::protocol::client_metadata::ClientAlgorithm;

/// Why something is not what a client signed. For the log; the outside learns that it was not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotVerified {
    /// Longer than we read (A-CA-08).
    #[error("too long")]
    TooLong,
    /// Not three parts of canonical base64url, or a header or payload that is no JSON object or repeats a member (A-TOK-09).
    #[error("not a compact JWS in its one spelling")]
    Malformed,
    /// It has `crit`, another `typ` than the caller takes, or no algorithm that we know.
    #[error("a header that is not taken")]
    Header,
    /// An algorithm that this client does not use.
    #[error("not the registered algorithm")]
    Algorithm,
    /// None of the client's keys made this signature.
    #[error("no key of the client fits")]
    Signature,
}

/// A signed text of a client, taken apart and not believed yet.
pub struct ClientJws {
    header: Map<String, Value>,
    claims: Map<String, Value>,
    algorithm: ClientAlgorithm,
    signing_input: String,
    signature: Vec<u8>,
}

impl ClientJws {
    /// Takes a compact JWS apart. `types` are the values of `typ` that it may have, without case; it may also have none (RFC 7515 §4.1.9).
    pub fn read(jws: &str, types: &[&str]) -> Result<Self, NotVerified> {
        if jws.len() > LONGEST_TOKEN {
            return Err(NotVerified::TooLong);
        }
        let (signing_input, signature) = jws.rsplit_once('.').ok_or(NotVerified::Malformed)?;
        let (header, claims) = signing_input.split_once('.').ok_or(NotVerified::Malformed)?;
        let part = |part| base64url::decode(part).ok_or(NotVerified::Malformed);
        let members = |bytes: Vec<u8>| json::object(&bytes).ok_or(NotVerified::Malformed);
        let (header, claims, signature) = (members(part(header)?)?, members(part(claims)?)?, part(signature)?);
        // RFC 7515 §4.1.11, RFC 7797 §6: what must be understood is not, and `b64` changes what was signed.
        if header.contains_key("crit") || header.contains_key("b64") {
            return Err(NotVerified::Header);
        }
        let fits = |typ: &Value| typ.as_str().is_some_and(|typ| types.iter().any(|known| known.eq_ignore_ascii_case(typ)));
        if !header.get("typ").is_none_or(fits) {
            return Err(NotVerified::Header);
        }
        let algorithm = header.get("alg").and_then(Value::as_str).and_then(|name| name.parse().ok()).ok_or(NotVerified::Header)?;
        Ok(Self { header, claims, algorithm, signing_input: signing_input.to_owned(), signature })
    }

    /// Its claims, before anything is believed: to find out whose keys to try.
    pub const fn unverified_claims(&self) -> &Map<String, Value> {
        &self.claims
    }

    /// The key that it names, if it does.
    pub fn kid(&self) -> Option<&str> {
        self.header.get("kid").and_then(Value::as_str)
    }

    /// Its claims, if one of these keys signed them with one of these algorithms.
    pub fn verified_with_keys(self, keys: &ClientJwks, allowed: &[ClientAlgorithm]) -> Result<Map<String, Value>, NotVerified> {
        self.check_algorithm(allowed)?;
        // Clients may register keys without a name; then each of the right kind is tried.
        let named = |key: &&Map<String, Value>| match (self.kid(), key.get("kid").and_then(Value::as_str)) {
            (Some(wanted), Some(kid)) => wanted == kid,
            _ => true,
        };
        let signed = |key: &Map<String, Value>| verifier(key, self.algorithm).is_some_and(|verifier| self.is_signed_by(&*verifier));
        if keys.keys().filter(named).any(signed) { Ok(self.claims) } else { Err(NotVerified::Signature) }
    }

    /// Its claims, if one of these secrets is the key of its MAC.
    pub fn verified_with_secrets<S: AsRef<[u8]>>(self, secrets: &[S], allowed: &[ClientAlgorithm]) -> Result<Map<String, Value>, NotVerified> {
        self.check_algorithm(allowed)?;
        if self.algorithm != ClientAlgorithm::Hs256 {
            return Err(NotVerified::Algorithm);
        }
        // RFC 7518 §3.2: a key shorter than the hash is none; josekit refuses it.
        let signed = |secret: &S| HS256.verifier_from_bytes(secret).is_ok_and(|verifier| self.is_signed_by(&verifier));
        if secrets.iter().any(signed) { Ok(self.claims) } else { Err(NotVerified::Signature) }
    }

    fn check_algorithm(&self, allowed: &[ClientAlgorithm]) -> Result<(), NotVerified> {
        if allowed.contains(&self.algorithm) { Ok(()) } else { Err(NotVerified::Algorithm) }
    }

    fn is_signed_by(&self, verifier: &dyn JwsVerifier) -> bool {
        verifier.verify(self.signing_input.as_bytes(), &self.signature).is_ok()
    }
}

impl std::fmt::Debug for ClientJws {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "ClientJws({})", self.algorithm)
    }
}

/// What verifies with this public key by this algorithm; `None` if the key is of another kind, or for something else.
fn verifier(key: &Map<String, Value>, algorithm: ClientAlgorithm) -> Option<Box<dyn JwsVerifier>> {
    let text = |name| key.get(name).and_then(Value::as_str);
    let is_or_absent = |name, value: &str| !key.contains_key(name) || text(name) == Some(value);
    // RFC 7517 §4.2, §4.3, §4.4: what a key is said to be for holds.
    let operations = key.get("key_ops").map(|operations| operations.as_array().is_some_and(|list| list.iter().any(|one| one == "verify")));
    if !is_or_absent("use", "sig") || !is_or_absent("alg", algorithm.name()) || operations == Some(false) {
        return None;
    }
    // Named one by one, so that nothing else in the key has a meaning to the library.
    let members = ["kty", "n", "e", "crv", "x", "y"].into_iter().filter_map(|name| Some((name.to_owned(), key.get(name)?.clone())));
    let jwk = Jwk::from_map(members.collect::<Map<_, _>>()).ok()?;
    match algorithm {
        ClientAlgorithm::Rs256 => RS256.verifier_from_jwk(&jwk).ok().map(|verifier| Box::new(verifier) as _),
        ClientAlgorithm::Ps256 => PS256.verifier_from_jwk(&jwk).ok().map(|verifier| Box::new(verifier) as _),
        ClientAlgorithm::Es256 => ES256.verifier_from_jwk(&jwk).ok().map(|verifier| Box::new(verifier) as _),
        ClientAlgorithm::EdDsa if text("crv") == Some("Ed25519") => EdDSA.verifier_from_jwk(&jwk).ok().map(|verifier| Box::new(verifier) as _),
        ClientAlgorithm::EdDsa | ClientAlgorithm::Hs256 => None,
    }
}
