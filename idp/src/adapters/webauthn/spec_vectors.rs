//! The test vectors of the specification (WebAuthn Level 3 §16), replayed as if a browser had sent them: ours is the challenge that they answer.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use uuid::Uuid;

use super::*;
use crate::base::base64url;
use crate::base::email::Email;
use crate::base::id::UserHandle;

const TABLE: &str = include_str!("spec_vectors.txt");
const USER_VERIFIED: u8 = 0x04;

/// The fields of one vector.
struct Vector(BTreeMap<&'static str, Vec<u8>>);

impl Vector {
    fn named(name: &str) -> Self {
        let rows = TABLE.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(' '));
        let own = rows.filter(|(vector, _)| *vector == name).filter_map(|(_, rest)| rest.split_once(' '));
        let fields: BTreeMap<_, _> = own.map(|(field, hex)| (field, unhex(hex))).collect();
        assert_eq!(fields.len(), if name == "attestation_ca" { 1 } else { 8 }, "{name}");
        Self(fields)
    }

    fn field(&self, name: &str) -> &[u8] {
        &self.0[name]
    }

    fn text(&self, name: &str) -> String {
        base64url::encode(self.field(name))
    }

    /// Whether the authenticator verified its user when it made the credential: a byte behind the hash of the RP ID.
    fn was_verified_at_registration(&self) -> bool {
        let object = self.field("attestation_object");
        let hash = &self.field("authenticator_data")[..32];
        let at = object.windows(32).position(|window| window == hash).unwrap();
        object[at + 32] & USER_VERIFIED != 0
    }

    fn was_verified(&self) -> bool {
        self.field("authenticator_data")[32] & USER_VERIFIED != 0
    }

    fn credential(&self, response: &Value) -> Vec<u8> {
        let id = self.text("credential_id");
        json!({"id": id, "rawId": id, "type": "public-key", "clientExtensionResults": {}, "response": response}).to_string().into_bytes()
    }

    fn register(&self, rp: &Webauthn, policy: &str) -> Result<NewPasskey, Refused> {
        let (_, state) = rp.begin_registration(handle(), &Email::parse("alice@example.org").unwrap(), "Alice", &[]).unwrap();
        let state: RegistrationState = with(&state, &self.text("challenge"), policy);
        let sent = json!({"clientDataJSON": self.text("client_data"), "attestationObject": self.text("attestation_object"), "transports": []});
        rp.finish_registration(&state, &self.credential(&sent))
    }

    fn sign_in(&self, rp: &Webauthn, made: &NewPasskey, policy: &str, signature: &[u8]) -> Result<Verified, Refused> {
        let (_, state) = rp.begin_authentication().unwrap();
        let state: AuthenticationState = with(&state, &self.text("get_challenge"), policy);
        let sent = json!({
            "clientDataJSON": self.text("get_client_data"), "authenticatorData": self.text("authenticator_data"),
            "signature": base64url::encode(signature), "userHandle": base64url::encode(handle().as_uuid().as_bytes()),
        });
        let stored = StoredPasskey { user_handle: handle(), public: &made.public, counter: made.counter, backup_eligible: made.backup_eligible };
        rp.finish_authentication(&state, &self.credential(&sent), &stored)
    }
}

fn handle() -> UserHandle {
    UserHandle::from_uuid(Uuid::from_u128(7))
}

fn relying_party() -> Webauthn {
    Webauthn::new("example.org", "Example", "https://example.org", &[]).unwrap()
}

/// The state of a ceremony in which this challenge was handed out, under this policy of user verification.
fn with<S: serde::Serialize + serde::de::DeserializeOwned>(state: &S, challenge: &str, policy: &str) -> S {
    fn change(value: &mut Value, challenge: &str, policy: &str) -> usize {
        let Value::Object(members) = value else { return 0 };
        let mut changed = 0;
        for (name, member) in members {
            match name.as_str() {
                "challenge" => *member = json!(challenge),
                "policy" => *member = json!(policy),
                _ => {
                    changed += change(member, challenge, policy);
                    continue;
                }
            }
            changed += 1;
        }
        changed
    }
    let mut value = serde_json::to_value(state).unwrap();
    assert_eq!(change(&mut value, challenge, policy), 2, "{value}");
    serde_json::from_value(value).unwrap()
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

/// B-REG-03: what the specification made, we take, and what it signed, we accept, for each algorithm that is offered; and the user must
/// have been verified, which some of the vectors were not.
#[test]
fn the_specifications_vectors_pass() {
    let rp = relying_party();
    for name in ["none.ES256", "packed-self.ES256", "none.ES256.long-credential-id", "packed.ES256", "packed.ES384", "ours.RS256-2048"] {
        let vector = Vector::named(name);
        let made = vector.register(&rp, "discouraged").unwrap_or_else(|refused| panic!("{name}: {refused}"));
        assert_eq!(made.credential_id.as_bytes(), vector.field("credential_id"), "{name}");
        assert!(!made.attested, "{name}: nobody is believed");
        let as_decided = vector.register(&rp, "required").map(|_| ());
        assert_eq!(as_decided, if vector.was_verified_at_registration() { Ok(()) } else { Err(Refused::UserNotVerified) }, "{name}");

        let right = vector.field("signature");
        let verified = vector.sign_in(&rp, &made, "discouraged", right).map(|verified| verified.user_verified);
        // Said after the signature was found good: the wrong ones below are refused for what they are.
        assert_eq!(verified, if vector.was_verified() { Ok(true) } else { Err(Refused::UserNotVerified) }, "{name}");
        let mut wrong = right.to_vec();
        *wrong.last_mut().unwrap() ^= 1;
        assert_eq!(vector.sign_in(&rp, &made, "discouraged", &wrong), Err(Refused::Signature), "{name}");
    }
}

/// B-CD-04, WebAuthn §13.4.9: the vectors that were made in a frame of another origin are refused for that; we are never framed.
#[test]
fn the_specifications_framed_vectors_are_refused() {
    for name in ["none.ES256.crossOrigin", "none.ES256.topOrigin"] {
        assert_eq!(Vector::named(name).register(&relying_party(), "discouraged").map(|_| ()), Err(Refused::CrossOrigin), "{name}");
    }
}

/// B-REG-03: the section's RSA key has 3,482 bits; the library reads those of 2,048 and no others, which is what authenticators make.
#[test]
fn an_rsa_key_of_unusual_length_is_refused() {
    assert_eq!(Vector::named("packed.RS256").register(&relying_party(), "discouraged").map(|_| ()), Err(Refused::PublicKey));
}

/// B-REG-06: a statement counts if its certificates lead to somebody who is believed, and not otherwise.
#[test]
fn a_make_is_proved_by_the_word_of_whom_we_believe() {
    let pem = |der: &[u8]| {
        use base64::Engine as _;
        let text = base64::engine::general_purpose::STANDARD.encode(der);
        let lines: Vec<&str> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
        format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
    };
    let authority = Vector::named("attestation_ca").field("cert").to_vec();
    // A certificate that is nobody's authority: that of an authenticator itself.
    let object = Vector::named("packed.ES384").field("attestation_object").to_vec();
    let at = object.windows(4).position(|window| window == [0x30, 0x82, 0x02, 0x21] || window[..3] == [0x30, 0x82, 0x02]).unwrap();
    let length = usize::from(u16::from_be_bytes([object[at + 2], object[at + 3]])) + 4;
    let another = object[at..at + length].to_vec();
    let asking = |texts: &[String]| relying_party().asking_for(Attestation::asked(texts.iter().map(String::as_str)).unwrap());
    let both = format!("# two of them\n{}{}", pem(&another), pem(&authority));
    for (authorities, name, proved) in [
        (vec![pem(&authority)], "packed.ES256", true),
        (vec![pem(&authority)], "packed.ES384", true),
        (vec![both], "packed.ES256", true),
        (vec![pem(&another)], "packed.ES256", false),
        (vec![], "packed.ES256", false),
        (vec![pem(&authority)], "packed-self.ES256", false),
        (vec![pem(&authority)], "none.ES256", false),
    ] {
        let made = Vector::named(name).register(&asking(&authorities), "discouraged").unwrap();
        assert_eq!(made.attested, proved, "{name} by {} authorities", authorities.len());
        assert!(!made.public.contains("Basic") && made.public.len() < 2_500, "what was judged is not kept: {}", made.public);
    }
    let (options, _) = asking(&[]).begin_registration(handle(), &Email::parse("alice@example.org").unwrap(), "Alice", &[]).unwrap();
    assert_eq!(options["attestation"], "direct");
    assert!(Attestation::asked(["-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"]).is_err());
}
