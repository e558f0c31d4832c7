//! A passkey authenticator and its browser in software: real keys, real signatures, the JSON of `PublicKeyCredential.toJSON()`.
//!
//! Honest by default. [`Lie`] changes one thing at a time, after which everything is signed again as a thief's device would, so that the
//! provider has to see the lie itself and not a broken signature (Web Authentication Level 3 §6.1, §6.5, §7).

use p256::ecdsa::signature::Signer as _;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use url::Url;
use weftid::base::{base64url, random};

use crate::cbor::Cbor;

/// The authority by whose word an authenticator proves its make: that of the specification's test vectors (WebAuthn Level 3 §16), in PEM.
pub const ATTESTATION_CA: &str = "-----BEGIN CERTIFICATE-----\n\
    MIICBzCCAa2gAwIBAgIRAO1/kF2L0LQU0XhJExcKkLYwCgYIKoZIzj0EAwIwYjEe\n\
    MBwGA1UEAwwVV2ViQXV0aG4gdGVzdCB2ZWN0b3JzMQwwCgYDVQQKDANXM0MxJTAj\n\
    BgNVBAsMHEF1dGhlbnRpY2F0b3IgQXR0ZXN0YXRpb24gQ0ExCzAJBgNVBAYTAkFB\n\
    MCAXDTI0MDEwMTAwMDAwMFoYDzMwMjQwMTAxMDAwMDAwWjBiMR4wHAYDVQQDDBVX\n\
    ZWJBdXRobiB0ZXN0IHZlY3RvcnMxDDAKBgNVBAoMA1czQzElMCMGA1UECwwcQXV0\n\
    aGVudGljYXRvciBBdHRlc3RhdGlvbiBDQTELMAkGA1UEBhMCQUEwWTATBgcqhkjO\n\
    PQIBBggqhkjOPQMBBwNCAAQyaTAOX/e2mQFfcM+AqHY79wW8LirwwbOc/3GLfDWI\n\
    DKMPMZB42RsDOJoAb9/IodzYTt+gfTCqE0dKJIoNq1uqo0IwQDAPBgNVHRMBAf8E\n\
    BTADAQH/MA4GA1UdDwEB/wQEAwIBBjAdBgNVHQ4EFgQURa/3FbDdeGdB/umW68Fl\n\
    R6OTGx4wCgYIKoZIzj0EAwIDSAAwRQIgSDBjtrsI3Mg9ozoCwR0vQiAxdok1VNE4\n\
    xhSjaQhyTMgCIQD17yyRLUUAs+L1tZHQYiSR6fIg39H5c07EhLt+kIh2Yw==\n\
    -----END CERTIFICATE-----\n";

/// The certificate, by that authority, of the key below; DER in base64url.
const ATTESTATION_CERTIFICATE: &str = "MIICITCCAcigAwIBAgIRAIjCIPg8jvH-r-lN6uRfqtAwCgYIKoZIzj0EAwIwYjEeMBwGA1UEAwwVV2ViQXV0aG4gdGVzdCB2ZWN0b3JzMQwwCgYDVQQKDANX\
    M0MxJTAjBgNVBAsMHEF1dGhlbnRpY2F0b3IgQXR0ZXN0YXRpb24gQ0ExCzAJBgNVBAYTAkFBMCAXDTI0MDEwMTAwMDAwMFoYDzMwMjQwMTAxMDAwMDAwWjBf\
    MR4wHAYDVQQDDBVXZWJBdXRobiB0ZXN0IHZlY3RvcnMxDDAKBgNVBAoMA1czQzEiMCAGA1UECwwZQXV0aGVudGljYXRvciBBdHRlc3RhdGlvbjELMAkGA1UE\
    BhMCQUEwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAASpG6Q4lAndOKQoFBlAyo_rGsDXtDUFWBBKN3ekkyLzeYRA83izOYqy07t7-RMiyS6yNVb1mtCoNv7E\
    x2Y7Dk3Do2AwXjAMBgNVHRMBAf8EAjAAMA4GA1UdDwEB_wQEAwIHgDAdBgNVHQ4EFgQUpYm6ctBghCqxH3T7JGve2rFvm5swHwYDVR0jBBgwFoAURa_3FbDd\
    eGdB_umW68FlR6OTGx4wCgYIKoZIzj0EAwIDRwAwRAIgFya52F7Nil7VEWNyLKOiCIb9myQqCqBFPUQhFgdd79UCIH70ceUwrIeWGoin8NDBewkf_GuSONMP\
    efY1tBe-WRDn";

/// What an authenticator signs with that proves its make: the key of the vector `packed.ES256`.
const ATTESTATION_KEY: [u8; 32] = [
    0xec, 0x28, 0x04, 0xb2, 0x22, 0x55, 0x2b, 0x4b, 0x27, 0x7d, 0x1f, 0x58, 0xf8, 0xc4, 0x34, 0x3c, 0x0b, 0x0b, 0x0d, 0xb5, 0x47, 0x4e, 0xb5, 0x53,
    0x65, 0xc8, 0x9d, 0x66, 0xa2, 0xbc, 0x96, 0xbe,
];

/// A device or password manager that holds passkeys.
#[derive(Clone)]
pub struct Authenticator {
    /// The model, as 16 bytes.
    pub aaguid: [u8; 16],
    /// The credentials it holds, oldest first.
    pub credentials: Vec<Credential>,
    /// Which algorithm its next credential uses, when the provider offers it.
    pub algorithm: Algorithm,
    /// Whether it checks fingerprint or PIN (UV).
    pub verifies_user: bool,
    /// Whether its credentials are synced (BE and BS); a synced credential has no counter.
    pub synced: bool,
    /// Whether it proves its make where that is asked for, by the word of [`ATTESTATION_CA`].
    pub attests: bool,
}

/// One passkey.
#[derive(Clone)]
pub struct Credential {
    /// The credential id.
    pub id: Vec<u8>,
    /// The RP ID it was made for.
    pub rp_id: String,
    /// The user handle it was made for.
    pub user_handle: Vec<u8>,
    /// The account's name that the authenticator shows.
    pub name: String,
    /// How often it signed; stays 0 for synced ones.
    pub counter: u32,
    key: Key,
}

/// What a credential signs with (COSE names: ES256, ES384).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// ECDSA on P-256 with SHA-256, COSE -7.
    Es256,
    /// ECDSA on P-384 with SHA-384, COSE -35.
    Es384,
}

#[derive(Clone)]
enum Key {
    Es256(p256::ecdsa::SigningKey),
    Es384(p384::ecdsa::SigningKey),
}

/// One thing that the answer tells wrongly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lie {
    /// UP says this.
    UserPresent(bool),
    /// UV says this.
    UserVerified(bool),
    /// BE says this.
    BackupEligible(bool),
    /// BS says this.
    BackedUp(bool),
    /// The counter says this.
    Counter(u32),
    /// `origin` in the client data.
    Origin(String),
    /// `type` in the client data.
    Type(String),
    /// `challenge` in the client data, as it stands there.
    Challenge(String),
    /// `crossOrigin` in the client data.
    CrossOrigin(bool),
    /// `topOrigin` in the client data.
    TopOrigin(String),
    /// The RP ID whose hash the authenticator data carries.
    RpId(String),
    /// The user handle of an assertion; `None` leaves it out.
    UserHandle(Option<Vec<u8>>),
    /// The credential id has this many bytes (registration), or is this one (assertion).
    CredentialIdLength(usize),
    /// The credential gets this id (registration), or the answer claims to be of it (assertion: `id` and `rawId`).
    CredentialId(Vec<u8>),
    /// The COSE key names this algorithm.
    CoseAlgorithm(i64),
    /// These flags are set beside the others: AT is 0x40, ED is 0x80.
    Flags(u8),
    /// A member of the client data stands there twice; the second time with this value.
    RepeatedMember(&'static str, String),
    /// The last byte of the signature is flipped.
    BrokenSignature,
    /// The attestation object (registration) or the authenticator data (assertion) ends this many bytes early.
    Truncated(usize),
    /// These bytes follow the attestation object (registration) or the authenticator data (assertion).
    Trailing(Vec<u8>),
    /// The attestation format names itself so.
    AttestationFormat(String),
    /// The client data is exactly this.
    ClientData(Vec<u8>),
    /// The member of the credential's JSON at this pointer (RFC 6901) is this.
    Member(&'static str, Value),
}

impl Default for Authenticator {
    fn default() -> Self {
        Self::synced()
    }
}

impl Authenticator {
    /// A password manager: synced passkeys, no counter, checks the user.
    pub fn synced() -> Self {
        Self { aaguid: [7; 16], credentials: Vec::new(), algorithm: Algorithm::Es256, verifies_user: true, synced: true, attests: false }
    }

    /// A security key: one device, counts its signatures, checks the user.
    pub fn security_key() -> Self {
        Self { aaguid: [9; 16], synced: false, ..Self::synced() }
    }

    /// A security key that proves its make where that is asked for.
    pub fn attesting() -> Self {
        Self { attests: true, ..Self::security_key() }
    }

    // WebAuthn §8.2: a statement in the format "packed", with the certificate that the key which signs it belongs to.
    fn statement(&self, public_key: &Value, signed: &[u8]) -> Option<Cbor> {
        if !self.attests || public_key["attestation"] != "direct" {
            return None;
        }
        let key = p256::ecdsa::SigningKey::from_slice(&ATTESTATION_KEY).expect("a key");
        let signature: p256::ecdsa::Signature = key.sign(signed);
        let text = |text: &str| Cbor::Text(text.to_owned());
        let certificate = base64url::decode(ATTESTATION_CERTIFICATE).expect("a certificate");
        Some(Cbor::Map(vec![
            (text("alg"), Cbor::Integer(-7)),
            (text("sig"), Cbor::Bytes(signature.to_der().as_bytes().to_vec())),
            (text("x5c"), Cbor::List(vec![Cbor::Bytes(certificate)])),
        ]))
    }

    /// Answers `navigator.credentials.create({publicKey})` on a page of `origin`.
    ///
    /// `Err` carries the DOMException's name that a browser would give.
    pub fn create(&mut self, public_key: &Value, origin: &Url) -> Result<Value, &'static str> {
        self.create_with(public_key, origin, &[])
    }

    /// The same, with lies.
    pub fn create_with(&mut self, public_key: &Value, origin: &Url, lies: &[Lie]) -> Result<Value, &'static str> {
        let rp_id = rp_id(public_key.pointer("/rp/id"), origin, lies)?;
        let offered = public_key["pubKeyCredParams"].as_array().ok_or("TypeError")?;
        let wanted = self.algorithm.cose();
        if !offered.iter().any(|param| param["alg"] == wanted) {
            return Err("NotSupportedError");
        }
        let excluded = ids(&public_key["excludeCredentials"]);
        if self.credentials.iter().any(|credential| credential.rp_id == rp_id && excluded.contains(&credential.id)) {
            return Err("InvalidStateError");
        }
        if public_key.pointer("/authenticatorSelection/userVerification") == Some(&json!("required")) && !self.verifies_user && lies.is_empty() {
            return Err("NotAllowedError");
        }
        let user_handle = bytes_of(&public_key["user"]["id"]).ok_or("TypeError")?;
        let length = lies.iter().find_map(|lie| if let Lie::CredentialIdLength(length) = lie { Some(*length) } else { None }).unwrap_or(32);
        let chosen = lies.iter().find_map(|lie| if let Lie::CredentialId(id) = lie { Some(id.clone()) } else { None });
        let id: Vec<u8> = chosen.unwrap_or_else(|| random::bytes::<1024>().iter().copied().cycle().take(length).collect());
        let name = public_key["user"]["name"].as_str().unwrap_or_default().to_owned();
        let credential = Credential { id: id.clone(), rp_id: rp_id.clone(), user_handle, name, counter: 0, key: Key::new(self.algorithm) };

        let client_data = client_data("webauthn.create", public_key, origin, lies)?;
        let mut data = self.authenticator_data(&rp_id, 0, true, lies);
        data.extend(self.aaguid);
        data.extend(u16::try_from(id.len()).map_err(|_| "UnknownError")?.to_be_bytes());
        data.extend(&id);
        data.extend(credential.key.cose(lies).encode());
        let format =
            lies.iter().find_map(|lie| if let Lie::AttestationFormat(format) = lie { Some(format.as_str()) } else { None }).unwrap_or("none");
        let text = |text: &str| Cbor::Text(text.to_owned());
        let statement = self.statement(public_key, &[data.clone(), Sha256::digest(&client_data).to_vec()].concat());
        let format = if statement.is_some() { "packed" } else { format };
        let statement = statement.unwrap_or_else(|| Cbor::Map(Vec::new()));
        let object = Cbor::Map(vec![(text("fmt"), text(format)), (text("attStmt"), statement), (text("authData"), Cbor::Bytes(data.clone()))]);
        let object = cut(object.encode(), lies);
        // WebAuthn §6.3.2: a discoverable credential replaces the one of the same user and RP.
        self.credentials.retain(|old| (&old.rp_id, &old.user_handle) != (&credential.rp_id, &credential.user_handle));
        self.credentials.push(credential);
        let mut answer = json!({
            "id": base64url::encode(&id), "rawId": base64url::encode(&id), "type": "public-key",
            "authenticatorAttachment": if self.synced { "platform" } else { "cross-platform" },
            "clientExtensionResults": {"credProps": {"rk": true}},
            "response": {
                "clientDataJSON": base64url::encode(&client_data), "attestationObject": base64url::encode(&object),
                "transports": if self.synced { json!(["hybrid", "internal"]) } else { json!(["usb"]) },
            },
        });
        overwrite(&mut answer, lies);
        Ok(answer)
    }

    /// Answers `navigator.credentials.get({publicKey})` on a page of `origin`, with the newest credential that fits.
    ///
    /// `Err` carries the DOMException's name that a browser would give.
    pub fn get(&mut self, public_key: &Value, origin: &Url) -> Result<Value, &'static str> {
        self.get_with(public_key, origin, &[])
    }

    /// The same, with lies.
    pub fn get_with(&mut self, public_key: &Value, origin: &Url, lies: &[Lie]) -> Result<Value, &'static str> {
        let rp_id = rp_id(public_key.get("rpId"), origin, lies)?;
        let allowed = ids(&public_key["allowCredentials"]);
        if public_key["userVerification"] == "required" && !self.verifies_user && lies.is_empty() {
            return Err("NotAllowedError");
        }
        let fits = |credential: &&mut Credential| {
            let elsewhere = lies.iter().any(|lie| matches!(lie, Lie::RpId(_)));
            (credential.rp_id == rp_id || elsewhere) && (allowed.is_empty() || allowed.contains(&credential.id))
        };
        let synced = self.synced;
        let credential = self.credentials.iter_mut().rev().find(fits).ok_or("NotAllowedError")?;
        if !synced {
            credential.counter += 1;
        }
        let credential = credential.clone();
        let client_data = client_data("webauthn.get", public_key, origin, lies)?;
        let data = cut(self.authenticator_data(&rp_id, credential.counter, false, lies), lies);
        let mut signature = credential.key.sign(&[data.clone(), Sha256::digest(&client_data).to_vec()].concat());
        let (mut id, mut user_handle) = (credential.id.clone(), Some(credential.user_handle.clone()));
        for lie in lies {
            match lie {
                Lie::BrokenSignature => signature.iter_mut().last().into_iter().for_each(|byte| *byte ^= 1),
                Lie::CredentialId(other) => id.clone_from(other),
                Lie::CredentialIdLength(length) => id = random::bytes::<1024>().iter().copied().cycle().take(*length).collect(),
                Lie::UserHandle(other) => user_handle.clone_from(other),
                _ => {}
            }
        }
        let mut answer = json!({
            "id": base64url::encode(&id), "rawId": base64url::encode(&id), "type": "public-key",
            "authenticatorAttachment": if self.synced { "platform" } else { "cross-platform" },
            "clientExtensionResults": {},
            "response": {
                "clientDataJSON": base64url::encode(&client_data), "authenticatorData": base64url::encode(&data),
                "signature": base64url::encode(&signature), "userHandle": user_handle.map(base64url::encode),
            },
        });
        overwrite(&mut answer, lies);
        Ok(answer)
    }

    // WebAuthn §6.1.
    fn authenticator_data(&self, rp_id: &str, counter: u32, attested: bool, lies: &[Lie]) -> Vec<u8> {
        let (mut up, mut uv, mut be, mut bs, mut counter, mut more) = (true, self.verifies_user, self.synced, self.synced, counter, 0);
        for lie in lies {
            match lie {
                Lie::UserPresent(said) => up = *said,
                Lie::UserVerified(said) => uv = *said,
                Lie::BackupEligible(said) => be = *said,
                Lie::BackedUp(said) => bs = *said,
                Lie::Counter(said) => counter = *said,
                Lie::Flags(said) => more |= said,
                _ => {}
            }
        }
        let flags = more | u8::from(up) | u8::from(uv) << 2 | u8::from(be) << 3 | u8::from(bs) << 4 | u8::from(attested) << 6;
        let mut data = Sha256::digest(rp_id.as_bytes()).to_vec();
        data.push(flags);
        data.extend(counter.to_be_bytes());
        data
    }
}

impl Algorithm {
    fn cose(self) -> i64 {
        match self {
            Self::Es256 => -7,
            Self::Es384 => -35,
        }
    }
}

impl Key {
    fn new(algorithm: Algorithm) -> Self {
        // A random number is a key unless it is zero or not below the group's order: then another one is drawn.
        loop {
            match algorithm {
                Algorithm::Es256 => {
                    if let Ok(key) = p256::ecdsa::SigningKey::from_slice(&random::bytes::<32>()) {
                        return Self::Es256(key);
                    }
                }
                Algorithm::Es384 => {
                    if let Ok(key) = p384::ecdsa::SigningKey::from_slice(&random::bytes::<48>()) {
                        return Self::Es384(key);
                    }
                }
            }
        }
    }

    // RFC 9053 §7.1.1.
    fn cose(&self, lies: &[Lie]) -> Cbor {
        let (algorithm, curve, point) = match self {
            Self::Es256(key) => (Algorithm::Es256, 1, key.verifying_key().to_sec1_point(false).as_bytes().to_vec()),
            Self::Es384(key) => (Algorithm::Es384, 2, key.verifying_key().to_sec1_point(false).as_bytes().to_vec()),
        };
        let said = lies.iter().find_map(|lie| if let Lie::CoseAlgorithm(said) = lie { Some(*said) } else { None });
        let (x, y) = point[1..].split_at((point.len() - 1) / 2);
        let pairs = [
            (1, Cbor::Integer(2)),
            (3, Cbor::Integer(said.unwrap_or(algorithm.cose()))),
            (-1, Cbor::Integer(curve)),
            (-2, Cbor::Bytes(x.to_vec())),
            (-3, Cbor::Bytes(y.to_vec())),
        ];
        Cbor::Map(pairs.into_iter().map(|(label, value)| (Cbor::Integer(label), value)).collect())
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::Es256(key) => {
                let signature: p256::ecdsa::Signature = key.sign(message);
                signature.to_der().as_bytes().to_vec()
            }
            Self::Es384(key) => {
                let signature: p384::ecdsa::Signature = key.sign(message);
                signature.to_der().as_bytes().to_vec()
            }
        }
    }
}

// WebAuthn §5.1.3 step 8: the RP ID is the origin's host or a domain above it. A lie about it comes after that check.
fn rp_id(asked: Option<&Value>, origin: &Url, lies: &[Lie]) -> Result<String, &'static str> {
    let host = origin.host_str().unwrap_or_default();
    let asked = asked.and_then(Value::as_str).unwrap_or(host);
    if host != asked && !host.ends_with(&format!(".{asked}")) {
        return Err("SecurityError");
    }
    Ok(lies.iter().find_map(|lie| if let Lie::RpId(other) = lie { Some(other.clone()) } else { None }).unwrap_or_else(|| asked.to_owned()))
}

// WebAuthn §5.8.1, in the order that §5.8.1.1 fixes.
fn client_data(kind: &str, public_key: &Value, origin: &Url, lies: &[Lie]) -> Result<Vec<u8>, &'static str> {
    let challenge = public_key["challenge"].as_str().ok_or("TypeError")?;
    let mut members = vec![
        ("type", json!(kind)),
        ("challenge", json!(challenge)),
        ("origin", json!(origin.origin().ascii_serialization())),
        ("crossOrigin", json!(false)),
    ];
    for lie in lies {
        let (name, value) = match lie {
            Lie::Type(said) => ("type", json!(said)),
            Lie::Challenge(said) => ("challenge", json!(said)),
            Lie::Origin(said) => ("origin", json!(said)),
            Lie::CrossOrigin(said) => ("crossOrigin", json!(said)),
            Lie::TopOrigin(said) => ("topOrigin", json!(said)),
            Lie::ClientData(said) => return Ok(said.clone()),
            _ => continue,
        };
        match members.iter_mut().find(|(member, _)| *member == name) {
            Some((_, old)) => *old = value,
            None => members.push((name, value)),
        }
    }
    members.extend(lies.iter().filter_map(|lie| if let Lie::RepeatedMember(name, value) = lie { Some((*name, json!(value))) } else { None }));
    let members: Vec<String> = members.into_iter().map(|(name, value)| format!("{}:{value}", json!(name))).collect();
    Ok(format!("{{{}}}", members.join(",")).into_bytes())
}

fn cut(mut bytes: Vec<u8>, lies: &[Lie]) -> Vec<u8> {
    for lie in lies {
        match lie {
            Lie::Truncated(by) => bytes.truncate(bytes.len().saturating_sub(*by)),
            Lie::Trailing(more) => bytes.extend(more),
            _ => {}
        }
    }
    bytes
}

fn overwrite(answer: &mut Value, lies: &[Lie]) {
    for lie in lies {
        if let Lie::Member(pointer, value) = lie {
            *answer.pointer_mut(pointer).unwrap_or_else(|| panic!("a credential has no member {pointer}")) = value.clone();
        }
    }
}

fn ids(descriptors: &Value) -> Vec<Vec<u8>> {
    descriptors.as_array().into_iter().flatten().filter_map(|descriptor| bytes_of(&descriptor["id"])).collect()
}

fn bytes_of(value: &Value) -> Option<Vec<u8>> {
    base64url::decode(value.as_str()?)
}

#[cfg(test)]
mod tests {
    use webauthn_rs::prelude::*;

    use super::*;

    const ORIGIN: &str = "https://id.example";

    fn judge() -> (Webauthn, Url) {
        let origin = Url::parse(ORIGIN).unwrap();
        (WebauthnBuilder::new("id.example", &origin).unwrap().build().unwrap(), origin)
    }

    fn register(authenticator: &mut Authenticator, lies: &[Lie]) -> Result<Passkey, String> {
        let (judge, origin) = judge();
        let (options, state) = judge.start_passkey_registration(random::uuid(), "ada@example.com", "Ada", None).unwrap();
        let options = serde_json::to_value(options).unwrap();
        let answer = authenticator.create_with(&options["publicKey"], &origin, lies)?;
        let answer = serde_json::from_value(answer).map_err(|error| error.to_string())?;
        judge.finish_passkey_registration(&answer, &state).map_err(|error| error.to_string())
    }

    fn sign_in(authenticator: &mut Authenticator, passkey: &Passkey, lies: &[Lie]) -> Result<u32, String> {
        let (judge, origin) = judge();
        let (options, state) = judge.start_passkey_authentication(std::slice::from_ref(passkey)).unwrap();
        let options = serde_json::to_value(options).unwrap();
        let answer = authenticator.get_with(&options["publicKey"], &origin, lies)?;
        let answer = serde_json::from_value(answer).map_err(|error| error.to_string())?;
        judge.finish_passkey_authentication(&answer, &state).map(|result| result.counter()).map_err(|error| error.to_string())
    }

    #[test]
    fn an_honest_authenticator_convinces_webauthn_rs() {
        for algorithm in [Algorithm::Es256, Algorithm::Es384] {
            let mut authenticator = Authenticator { algorithm, ..Authenticator::security_key() };
            let passkey = register(&mut authenticator, &[]).unwrap();
            assert_eq!(sign_in(&mut authenticator, &passkey, &[]), Ok(1));
            assert_eq!(sign_in(&mut authenticator, &passkey, &[]), Ok(2));
        }
    }

    #[test]
    fn a_synced_passkey_has_no_counter() {
        let mut authenticator = Authenticator::synced();
        let passkey = register(&mut authenticator, &[]).unwrap();
        assert_eq!(sign_in(&mut authenticator, &passkey, &[]), Ok(0));
    }

    /// WebAuthn §7.1: each lie alone is seen by the library, although everything is signed anew.
    #[test]
    fn lies_at_registration_are_seen() {
        let lies = [
            Lie::UserPresent(false),
            Lie::UserVerified(false),
            Lie::BackupEligible(false),
            Lie::Origin("https://evil.example".into()),
            Lie::Type("webauthn.get".into()),
            Lie::Challenge("AAAA".into()),
            Lie::RpId("evil.example".into()),
            Lie::CoseAlgorithm(-8),
            Lie::RepeatedMember("origin", "https://evil.example".into()),
            Lie::Truncated(20),
            Lie::ClientData(b"{".to_vec()),
            Lie::Member("/response/attestationObject", json!("AAAA")),
        ];
        for lie in lies {
            assert!(register(&mut Authenticator::synced(), std::slice::from_ref(&lie)).is_err(), "{lie:?} was believed");
        }
    }

    /// WebAuthn §7.2: the same at sign-in.
    #[test]
    fn lies_at_sign_in_are_seen() {
        let mut authenticator = Authenticator::security_key();
        let mut passkey = register(&mut authenticator, &[]).unwrap();
        let (judge, origin) = judge();
        let (options, state) = judge.start_passkey_authentication(std::slice::from_ref(&passkey)).unwrap();
        let answer = authenticator.get(&serde_json::to_value(options).unwrap()["publicKey"], &origin).unwrap();
        let result = judge.finish_passkey_authentication(&serde_json::from_value(answer).unwrap(), &state).unwrap();
        assert_eq!(passkey.update_credential(&result), Some(true), "the counter moved to 1");
        let lies = [
            Lie::UserPresent(false),
            Lie::UserVerified(false),
            Lie::BackedUp(true),
            Lie::Counter(1),
            Lie::Origin("https://evil.example".into()),
            Lie::Type("webauthn.create".into()),
            Lie::Challenge("AAAA".into()),
            Lie::RpId("evil.example".into()),
            Lie::BrokenSignature,
            Lie::Truncated(5),
            Lie::CredentialId(vec![1; 32]),
        ];
        for lie in lies {
            assert!(sign_in(&mut authenticator, &passkey, std::slice::from_ref(&lie)).is_err(), "{lie:?} was believed");
        }
        assert!(sign_in(&mut authenticator, &passkey, &[]).is_ok());
    }

    #[test]
    fn a_browser_refuses_what_is_not_the_pages_own() {
        let mut authenticator = Authenticator::synced();
        let evil = Url::parse("https://evil.example").unwrap();
        let options = json!({"challenge": "AAAA", "rpId": "id.example"});
        assert_eq!(authenticator.get(&options, &evil), Err("SecurityError"));
        assert_eq!(authenticator.get(&options, &Url::parse(ORIGIN).unwrap()), Err("NotAllowedError"), "it holds nothing yet");
    }
}
