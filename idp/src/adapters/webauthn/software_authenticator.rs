//! An authenticator and its browser, made of software: real ES256 keys and signatures, and every byte of what is sent open to change
//! before it is signed. For the tests of this adapter alone.

use ciborium::value::Value as Cbor;
use josekit::jwk::KeyPair as _;
use josekit::jwk::alg::ec::{EcCurve, EcKeyPair};
use josekit::jws::{ES256, JwsSigner as _};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::base::base64url;
use crate::base::id::UserHandle;

pub(super) const USER_PRESENT: u8 = 0x01;
pub(super) const USER_VERIFIED: u8 = 0x04;
pub(super) const BACKUP_ELIGIBLE: u8 = 0x08;
pub(super) const BACKED_UP: u8 = 0x10;
pub(super) const ATTESTED: u8 = 0x40;
pub(super) const EXTENSIONS: u8 = 0x80;

pub(super) const AAGUID: [u8; 16] = *b"software-aaguid!";

pub(super) struct SoftwareAuthenticator {
    key: EcKeyPair,
    pub(super) credential_id: Vec<u8>,
    pub(super) user_handle: UserHandle,
}

impl SoftwareAuthenticator {
    pub(super) fn for_user(user_handle: UserHandle) -> Self {
        Self { key: EcKeyPair::generate(EcCurve::P256).unwrap(), credential_id: crate::base::random::bytes::<32>().to_vec(), user_handle }
    }

    /// What an honest authenticator and browser answer to these creation options on `origin`.
    pub(super) fn register(&self, options: &Value, origin: &str) -> Registration<'_> {
        Registration {
            authenticator: self,
            id: base64url::encode(&self.credential_id),
            raw_id: base64url::encode(&self.credential_id),
            client_data: client_data("webauthn.create", options, origin),
            data: AuthenticatorData {
                rp_id_hash: Sha256::digest(options["rp"]["id"].as_str().unwrap()).to_vec(),
                flags: USER_PRESENT | USER_VERIFIED | ATTESTED,
                counter: 0,
                attested: Some(Attested { aaguid: AAGUID, credential_id: self.credential_id.clone(), public_key: self.cose_key() }),
                tail: vec![],
            },
            format: "none".to_owned(),
            statement: Cbor::Map(vec![]),
            tail: vec![],
            extensions: json!({"credProps": {"rk": true}}),
            transports: json!(["internal", "hybrid"]),
        }
    }

    /// What an honest authenticator and browser answer to these request options on `origin`.
    pub(super) fn sign_in(&self, options: &Value, origin: &str) -> Assertion<'_> {
        Assertion {
            authenticator: self,
            id: base64url::encode(&self.credential_id),
            raw_id: base64url::encode(&self.credential_id),
            client_data: client_data("webauthn.get", options, origin),
            data: AuthenticatorData {
                rp_id_hash: Sha256::digest(options["rpId"].as_str().unwrap()).to_vec(),
                flags: USER_PRESENT | USER_VERIFIED,
                counter: 0,
                attested: None,
                tail: vec![],
            },
            user_handle: Some(base64url::encode(self.user_handle.as_uuid().as_bytes())),
            signature: None,
        }
    }

    /// The public key as COSE writes it: kty 2, alg -7, crv 1, x, y.
    pub(super) fn cose_key(&self) -> Cbor {
        let jwk = self.key.to_jwk_public_key();
        let coordinate = |name| base64url::decode(jwk.parameter(name).unwrap().as_str().unwrap()).unwrap();
        cose(&[(1, 2.into()), (3, (-7).into()), (-1, 1.into()), (-2, coordinate("x").into()), (-3, coordinate("y").into())])
    }

    pub(super) fn sign(&self, message: &[u8]) -> Vec<u8> {
        let raw = ES256.signer_from_jwk(&self.key.to_jwk_key_pair()).unwrap().sign(message).unwrap();
        let (r, s) = raw.split_at(32);
        let body = [integer(r), integer(s)].concat();
        [vec![0x30, u8::try_from(body.len()).unwrap()], body].concat()
    }
}

pub(super) struct Registration<'a> {
    pub(super) authenticator: &'a SoftwareAuthenticator,
    pub(super) id: String,
    pub(super) raw_id: String,
    pub(super) client_data: String,
    pub(super) data: AuthenticatorData,
    pub(super) format: String,
    pub(super) statement: Cbor,
    /// Behind the attestation object.
    pub(super) tail: Vec<u8>,
    pub(super) extensions: Value,
    pub(super) transports: Value,
}

impl Registration<'_> {
    pub(super) fn attestation_object(&self) -> Vec<u8> {
        let members = vec![
            (Cbor::from("fmt"), Cbor::from(self.format.as_str())),
            (Cbor::from("attStmt"), self.statement.clone()),
            (Cbor::from("authData"), Cbor::from(self.data.bytes())),
        ];
        [encode(&Cbor::Map(members)), self.tail.clone()].concat()
    }

    pub(super) fn json(&self) -> Value {
        self.json_with(&self.attestation_object())
    }

    pub(super) fn json_with(&self, attestation_object: &[u8]) -> Value {
        json!({
            "id": self.id,
            "rawId": self.raw_id,
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "clientExtensionResults": self.extensions,
            "response": {
                "clientDataJSON": base64url::encode(&self.client_data),
                "attestationObject": base64url::encode(attestation_object),
                "transports": self.transports,
                "publicKeyAlgorithm": -7,
            },
        })
    }
}

pub(super) struct Assertion<'a> {
    pub(super) authenticator: &'a SoftwareAuthenticator,
    pub(super) id: String,
    pub(super) raw_id: String,
    pub(super) client_data: String,
    pub(super) data: AuthenticatorData,
    pub(super) user_handle: Option<String>,
    /// Instead of the right one.
    pub(super) signature: Option<Vec<u8>>,
}

impl Assertion<'_> {
    /// The right signature over what the fields say now.
    pub(super) fn right_signature(&self) -> Vec<u8> {
        self.authenticator.sign(&[self.data.bytes(), Sha256::digest(&self.client_data).to_vec()].concat())
    }

    pub(super) fn json(&self) -> Value {
        let signature = self.signature.clone().unwrap_or_else(|| self.right_signature());
        json!({
            "id": self.id,
            "rawId": self.raw_id,
            "type": "public-key",
            "clientExtensionResults": {},
            "response": {
                "clientDataJSON": base64url::encode(&self.client_data),
                "authenticatorData": base64url::encode(self.data.bytes()),
                "signature": base64url::encode(signature),
                "userHandle": self.user_handle,
            },
        })
    }
}

pub(super) struct AuthenticatorData {
    pub(super) rp_id_hash: Vec<u8>,
    pub(super) flags: u8,
    pub(super) counter: u32,
    pub(super) attested: Option<Attested>,
    /// Behind everything else: extensions, or what should not be there.
    pub(super) tail: Vec<u8>,
}

pub(super) struct Attested {
    pub(super) aaguid: [u8; 16],
    pub(super) credential_id: Vec<u8>,
    pub(super) public_key: Cbor,
}

impl AuthenticatorData {
    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut bytes = self.rp_id_hash.clone();
        bytes.push(self.flags);
        bytes.extend(self.counter.to_be_bytes());
        if let Some(attested) = &self.attested {
            bytes.extend(attested.aaguid);
            bytes.extend(u16::try_from(attested.credential_id.len()).unwrap().to_be_bytes());
            bytes.extend(&attested.credential_id);
            bytes.extend(encode(&attested.public_key));
        }
        bytes.extend(&self.tail);
        bytes
    }
}

pub(super) fn cose(members: &[(i64, Cbor)]) -> Cbor {
    Cbor::Map(members.iter().map(|(name, value)| (Cbor::from(*name), value.clone())).collect())
}

pub(super) fn encode(value: &Cbor) -> Vec<u8> {
    let mut bytes = vec![];
    ciborium::into_writer(value, &mut bytes).unwrap();
    bytes
}

fn client_data(ceremony: &str, options: &Value, origin: &str) -> String {
    json!({"type": ceremony, "challenge": options["challenge"], "origin": origin, "crossOrigin": false, "other_keys_can_be_added_here": "x"})
        .to_string()
}

/// A DER integer: no superfluous zeros in front, one where the first bit would mean a sign.
fn integer(number: &[u8]) -> Vec<u8> {
    let start = number.iter().position(|byte| *byte != 0).unwrap_or(number.len() - 1);
    let mut digits = number[start..].to_vec();
    if digits[0] & 0x80 != 0 {
        digits.insert(0, 0);
    }
    [vec![2, u8::try_from(digits.len()).unwrap()], digits].concat()
}
