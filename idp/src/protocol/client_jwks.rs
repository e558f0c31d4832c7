//! The public keys of a client (`jwks`, RFC 7591 §2, RFC 7517 §5): what may be registered, or fetched from its `jwks_uri`. Only what verifies:
//! no private member, no shared secret (A-CA-10). Picking one and verifying with it is for the adapter.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The most keys in one set: enough to rotate several algorithms, few enough to try each.
const MOST_KEYS: usize = 20;
/// The longest set that is taken, in bytes of JSON.
pub const LONGEST: usize = 64 * 1024;
/// What private keys and shared secrets are written in (RFC 7518 §6.2.2, §6.3.2, §6.4).
const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// A JWK Set of a client. [`Self::check`] says whether it may be used; whoever takes one in asks first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ClientJwks(Value);

impl ClientJwks {
    /// The set that this JSON is.
    pub const fn from_json(json: Value) -> Self {
        Self(json)
    }

    /// Its keys, each a JSON object.
    pub fn keys(&self) -> impl Iterator<Item = &Map<String, Value>> {
        self.0.get("keys").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object)
    }

    /// Whether it may be used. The error says in words what is wrong.
    pub fn check(&self) -> Result<(), &'static str> {
        let keys = self.0.get("keys").and_then(Value::as_array).ok_or("must be an object with a list of keys")?;
        if keys.is_empty() || keys.len() > MOST_KEYS {
            return Err("must have 1 to 20 keys");
        }
        if self.0.to_string().len() > LONGEST {
            return Err("is larger than 64 KiB");
        }
        if keys.iter().any(|key| key.as_object().is_none_or(|key| PRIVATE.iter().any(|member| key.contains_key(*member)))) {
            return Err("must have public keys only: one has a private member, or is none");
        }
        // RFC 7517 §4.5: keys of different kinds may share a name, two of one kind and algorithm can't be told apart by it.
        let names: Vec<_> =
            self.keys().filter(|key| key.contains_key("kid")).map(|key| ["kid", "kty", "alg"].map(|member| key.get(member))).collect();
        if names.iter().enumerate().any(|(index, name)| names.iter().take(index).any(|earlier| earlier == name)) {
            return Err("has two keys with the same kid");
        }
        if !keys.iter().any(|key| ["RSA", "EC", "OKP"].contains(&key.get("kty").and_then(Value::as_str).unwrap_or_default())) {
            return Err("has no key of the kinds RSA, EC or OKP");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A-CA-10: private and symmetric members are refused, whatever else is there.
    #[test]
    fn only_public_keys_are_taken() {
        let public = json!({"kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"});
        let named = json!({"kty": "EC", "crv": "P-256", "kid": "1", "x": public["x"], "y": public["y"]});
        assert_eq!(ClientJwks::from_json(json!({"keys": [named, {"kty": "RSA", "kid": "1"}]})).check(), Ok(()));
        let with = |member: &str| {
            let mut key = public.clone();
            key[member] = json!("AQAB");
            key
        };
        assert_eq!(ClientJwks::from_json(json!({"keys": [public]})).check(), Ok(()));
        assert_eq!(ClientJwks::from_json(json!({"keys": [public, {"kty": "AKP"}]})).keys().count(), 2, "what is unknown is passed over");
        for member in PRIVATE {
            assert!(ClientJwks::from_json(json!({"keys": [public, with(member)]})).check().is_err(), "{member}");
        }
        for set in [
            json!({}),
            json!([public]),
            json!({"keys": []}),
            json!({"keys": {}}),
            json!({"keys": ["x"]}),
            json!({"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}),
            json!({"keys": [{"kty": "oct"}]}),
            json!({"keys": vec![public.clone(); 21]}),
            json!({"keys": [public], "padding": "x".repeat(LONGEST)}),
            json!({"keys": [named, named]}),
        ] {
            assert!(ClientJwks::from_json(set.clone()).check().is_err(), "{set:.80}");
        }
    }
}
