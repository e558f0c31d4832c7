//! The ceremonies, with an authenticator that can be told to do everything wrong. State always travels as text, as it does sealed.

use ciborium::value::Value as Cbor;
use proptest::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::software_authenticator::*;
use super::*;
use crate::base::base64url;
use crate::base::email::Email;
use crate::base::id::{CredentialId, UserHandle};

const ORIGIN: &str = "https://login.example.com";

fn relying_party() -> Webauthn {
    Webauthn::new("login.example.com", "Example", ORIGIN, &[]).unwrap()
}

fn travel<S: Serialize + DeserializeOwned>(state: &S) -> S {
    serde_json::from_str(&serde_json::to_string(state).unwrap()).unwrap()
}

fn email() -> Email {
    Email::parse("alice@example.com").unwrap()
}

fn bytes(json: &Value) -> Vec<u8> {
    json.to_string().into_bytes()
}

/// Registers a passkey for a new person after `change` had its way with what is sent.
fn register(change: impl FnOnce(&mut Registration<'_>)) -> Result<(SoftwareAuthenticator, NewPasskey), Refused> {
    let rp = relying_party();
    let authenticator = SoftwareAuthenticator::for_user(UserHandle::random());
    let (options, state) = rp.begin_registration(authenticator.user_handle, &email(), "Alice", &[]).unwrap();
    let mut registration = authenticator.register(&options, ORIGIN);
    change(&mut registration);
    let made = rp.finish_registration(&travel(&state), &bytes(&registration.json()))?;
    Ok((authenticator, made))
}

fn stored<'a>(authenticator: &SoftwareAuthenticator, passkey: &'a NewPasskey) -> StoredPasskey<'a> {
    StoredPasskey {
        user_handle: authenticator.user_handle,
        public: &passkey.public,
        counter: passkey.counter,
        backup_eligible: passkey.backup_eligible,
    }
}

/// Signs in with a passkey after `change` had its way with what is sent.
fn sign_in(authenticator: &SoftwareAuthenticator, row: StoredPasskey<'_>, change: impl FnOnce(&mut Assertion<'_>)) -> Result<Verified, Refused> {
    let rp = relying_party();
    let (options, state) = rp.begin_authentication().unwrap();
    let mut assertion = authenticator.sign_in(&options, ORIGIN);
    change(&mut assertion);
    rp.finish_authentication(&travel(&state), &bytes(&assertion.json()), &row)
}

/// B-REG-09, B-REG-08, B-REG-10, B-CH-01: what a browser is asked when a passkey is made.
#[test]
fn creation_options_ask_for_a_discoverable_and_verified_passkey() {
    let rp = relying_party();
    let handle = UserHandle::random();
    let known = [CredentialId::new([1; 16]).unwrap(), CredentialId::new([2; 64]).unwrap()];
    let (options, state) = rp.begin_registration(handle, &email(), "Alice A.", &known).unwrap();
    assert_eq!(options["rp"], json!({"id": "login.example.com", "name": "Example"}));
    assert_eq!(options["user"]["name"], "alice@example.com");
    assert_eq!(options["user"]["displayName"], "Alice A.");
    assert_eq!(options["user"]["id"], base64url::encode(handle.as_uuid().as_bytes()));
    assert_eq!(options["authenticatorSelection"], json!({"residentKey": "required", "requireResidentKey": true, "userVerification": "required"}));
    assert_eq!(options["attestation"], "none");
    assert_eq!(options["timeout"], 300_000);
    assert_eq!(options["extensions"]["credProps"], true);
    let algorithms: Vec<i64> = options["pubKeyCredParams"].as_array().unwrap().iter().map(|offer| offer["alg"].as_i64().unwrap()).collect();
    assert_eq!(algorithms, [-7, -35, -257]);
    let excluded: Vec<&str> = options["excludeCredentials"].as_array().unwrap().iter().map(|known| known["id"].as_str().unwrap()).collect();
    assert_eq!(excluded, [base64url::encode([1; 16]), base64url::encode([2; 64])]);
    assert_eq!(base64url::decode(options["challenge"].as_str().unwrap()).unwrap().len(), 32);
    assert!(serde_json::to_string(&state).unwrap().len() < 500, "small, however many passkeys there are");
    let (nameless, _) = rp.begin_registration(handle, &email(), "", &[]).unwrap();
    assert_eq!(nameless["user"]["displayName"], "alice@example.com");
}

/// B-ENUM-02, B-CH-01: what a browser is asked when somebody signs in tells nothing about anybody, and is new every time.
#[test]
fn request_options_name_no_credential() {
    let rp = relying_party();
    let (mut options, state) = rp.begin_authentication().unwrap();
    let challenge = options["challenge"].take();
    assert_eq!(base64url::decode(challenge.as_str().unwrap()).unwrap().len(), 32);
    assert_eq!(options, json!({"challenge": null, "timeout": 300_000, "rpId": "login.example.com", "userVerification": "required"}));
    assert!(serde_json::to_string(&state).unwrap().len() < 250);
    let challenges: std::collections::HashSet<String> =
        (0..1_000).map(|_| rp.begin_authentication().unwrap().0["challenge"].as_str().unwrap().to_owned()).collect();
    assert_eq!(challenges.len(), 1_000);
}

/// WebAuthn §7.1, §7.2: a passkey is made, and signs in; what it says of itself is kept.
#[test]
fn a_passkey_is_made_and_signs_in() {
    let (authenticator, made) = register(|sent| sent.data.flags |= BACKUP_ELIGIBLE).unwrap();
    assert_eq!(made.credential_id.as_bytes(), authenticator.credential_id);
    assert_eq!(made.aaguid.as_bytes(), &AAGUID);
    assert_eq!(made.transports, ["internal", "hybrid"]);
    assert_eq!((made.counter, made.backup_eligible, made.backed_up), (0, true, false));
    let rp = relying_party();
    let (options, state) = rp.begin_authentication().unwrap();
    let mut assertion = authenticator.sign_in(&options, ORIGIN);
    assertion.data.flags |= BACKUP_ELIGIBLE | BACKED_UP;
    let credential = bytes(&assertion.json());
    assert_eq!(rp.identify(&credential), Ok((authenticator.user_handle, made.credential_id.clone())));
    let verified = rp.finish_authentication(&travel(&state), &credential, &stored(&authenticator, &made)).unwrap();
    assert_eq!(verified, Verified { counter: 0, backed_up: true, user_verified: true, counter_went_back: false });
}

/// B-REG-01..06, B-CD-*, B-AD-*, B-AUTH-02: each wrong registration is refused, and the log learns which check refused it.
#[test]
fn wrong_registrations_are_refused() {
    type Change = fn(&mut Registration<'_>);
    let cases: Vec<(&str, Refused, Change)> = vec![
        ("another ceremony's type", Refused::Type, |sent| sent.client_data = sent.client_data.replace(".create", ".get")),
        ("another challenge", Refused::Challenge, |sent| sent.client_data = with(&sent.client_data, "challenge", json!(base64url::encode([7; 32])))),
        ("cut challenge", Refused::Challenge, |sent| sent.client_data = with(&sent.client_data, "challenge", json!("AAAA"))),
        ("padded challenge", Refused::Spelling, |sent| sent.client_data = sent.client_data.replace("\",\"origin\"", "=\",\"origin\"")),
        ("challenge of another type", Refused::ClientData, |sent| sent.client_data = with(&sent.client_data, "challenge", json!(1))),
        ("cross origin", Refused::CrossOrigin, |sent| sent.client_data = with(&sent.client_data, "crossOrigin", json!(true))),
        ("cross origin as text", Refused::ClientData, |sent| sent.client_data = with(&sent.client_data, "crossOrigin", json!("true"))),
        ("top origin", Refused::CrossOrigin, |sent| sent.client_data = with(&sent.client_data, "topOrigin", json!(ORIGIN))),
        ("type twice", Refused::ClientData, |sent| sent.client_data = sent.client_data.replacen('{', r#"{"type":"webauthn.create","#, 1)),
        ("client data that is a list", Refused::ClientData, |sent| sent.client_data = format!("[{}]", sent.client_data)),
        ("a byte order mark", Refused::ClientData, |sent| sent.client_data.insert(0, '\u{feff}')),
        ("no client data", Refused::ClientData, |sent| sent.client_data = String::new()),
        ("hash of the parent domain", Refused::RelyingParty, |sent| sent.data.rp_id_hash = Sha256::digest("example.com").to_vec()),
        ("hash of the origin", Refused::RelyingParty, |sent| sent.data.rp_id_hash = Sha256::digest(ORIGIN).to_vec()),
        ("hash of zeros", Refused::RelyingParty, |sent| sent.data.rp_id_hash = vec![0; 32]),
        ("nobody present", Refused::UserNotPresent, |sent| sent.data.flags &= !USER_PRESENT),
        ("nobody verified", Refused::UserNotVerified, |sent| sent.data.flags &= !USER_VERIFIED),
        ("backed up but not eligible", Refused::BackupFlags, |sent| sent.data.flags |= BACKED_UP),
        ("no attested data", Refused::AuthenticatorData, |sent| {
            sent.data.flags &= !ATTESTED;
            sent.data.attested = None;
        }),
        ("attested data without its flag", Refused::AuthenticatorData, |sent| sent.data.flags &= !ATTESTED),
        ("flag without extensions", Refused::AuthenticatorData, |sent| sent.data.flags |= EXTENSIONS),
        ("extensions without flag", Refused::AuthenticatorData, |sent| sent.data.tail = vec![0xa0]),
        ("extensions that are no map", Refused::AuthenticatorData, |sent| {
            sent.data.flags |= EXTENSIONS;
            sent.data.tail = vec![0x80];
        }),
        ("a byte behind the data", Refused::AuthenticatorData, |sent| sent.data.tail = vec![0]),
        ("a byte behind the object", Refused::AuthenticatorData, |sent| sent.tail = vec![0]),
        ("none with a statement", Refused::Attestation, |sent| sent.statement = cose(&[(1, 2.into())])),
        ("none with a list for a statement", Refused::Attestation, |sent| sent.statement = Cbor::Array(vec![])),
        ("unknown format", Refused::Attestation, |sent| sent.format = "mine".into()),
        ("packed without a signature", Refused::Attestation, |sent| sent.format = "packed".into()),
        ("packed with another algorithm", Refused::Attestation, |sent| {
            sent.format = "packed".into();
            sent.statement = text_map(&[("alg", (-257).into()), ("sig", vec![0_u8; 70].into())]);
        }),
        ("packed with a signature of zeros", Refused::Signature, |sent| {
            sent.format = "packed".into();
            sent.statement = text_map(&[("alg", (-7).into()), ("sig", vec![0_u8; 70].into())]);
        }),
        ("packed with a cut certificate", Refused::Attestation, |sent| {
            sent.format = "packed".into();
            let chain = Cbor::Array(vec![vec![0x30_u8, 0x82].into()]);
            sent.statement = text_map(&[("alg", (-7).into()), ("sig", vec![0_u8; 70].into()), ("x5c", chain)]);
        }),
        ("not discoverable", Refused::NotDiscoverable, |sent| sent.extensions = json!({"credProps": {"rk": false}})),
        ("id that is not rawId", Refused::CredentialIdMismatch, |sent| sent.id = base64url::encode([9; 32])),
        ("ids that are not the new credential's", Refused::CredentialIdMismatch, |sent| {
            sent.id = base64url::encode([9; 32]);
            sent.raw_id = sent.id.clone();
        }),
        ("padded id", Refused::Spelling, |sent| sent.id.push('=')),
        ("padded rawId", Refused::Spelling, |sent| sent.raw_id.push('=')),
        ("standard alphabet", Refused::Spelling, |sent| sent.raw_id = "+/+/".into()),
        ("trailing bits", Refused::Spelling, |sent| sent.raw_id = "AAB".into()),
        ("empty id", Refused::CredentialIdLength, |sent| {
            sent.id = String::new();
            sent.raw_id = String::new();
        }),
        ("ES256K", Refused::Algorithm, |sent| change_key(sent, 3, (-47).into())),
        ("RS1", Refused::PublicKey, |sent| {
            rsa_key(sent, &[0xff; 256], &[1, 0, 1]);
            change_key(sent, 3, (-65535).into());
        }),
        ("EdDSA, which was not offered", Refused::Algorithm, |sent| {
            let point = base64url::decode("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo").unwrap();
            sent.data.attested.as_mut().unwrap().public_key = cose(&[(1, 1.into()), (3, (-8).into()), (-1, 6.into()), (-2, point.into())]);
        }),
        ("PS512", Refused::PublicKey, |sent| {
            rsa_key(sent, &[0xff; 256], &[1, 0, 1]);
            change_key(sent, 3, (-39).into());
        }),
        ("ES256 on P-384", Refused::PublicKey, |sent| change_key(sent, -1, 2.into())),
        ("key of another type", Refused::PublicKey, |sent| change_key(sent, 1, 3.into())),
        ("a point that is not on the curve", Refused::PublicKey, |sent| change_key(sent, -2, vec![1_u8; 32].into())),
        ("zero for a point", Refused::PublicKey, |sent| {
            change_key(sent, -2, vec![0_u8; 32].into());
            change_key(sent, -3, vec![0_u8; 32].into());
        }),
        ("short coordinates", Refused::PublicKey, |sent| change_key(sent, -2, vec![1_u8; 31].into())),
        ("a member of the key twice", Refused::AuthenticatorData, |sent| {
            if let Some(Attested { public_key: Cbor::Map(members), .. }) = &mut sent.data.attested {
                members.push((Cbor::from(3), Cbor::from(-7)));
            }
        }),
        ("RSA of 512 bits", Refused::PublicKey, |sent| rsa_key(sent, &[0xff; 64], &[1, 0, 1])),
        ("RSA of 2040 bits", Refused::PublicKey, |sent| rsa_key(sent, &[&[0][..], &[0xff; 255]].concat(), &[1, 0, 1])),
        ("RSA with exponent 1", Refused::PublicKey, |sent| rsa_key(sent, &[0xff; 256], &[0, 0, 1])),
        ("RSA with an even exponent", Refused::PublicKey, |sent| rsa_key(sent, &[0xff; 256], &[1, 0, 0])),
        ("RSA with a long exponent", Refused::PublicKey, |sent| rsa_key(sent, &[0xff; 256], &[1, 0, 0, 1])),
    ];
    let outcomes = cases.into_iter().map(|(name, expected, change)| (name, Err(expected), register(change).map(|_| ())));
    let wrong: Vec<_> = outcomes.filter(|(_, expected, outcome)| expected != outcome).collect();
    assert_eq!(wrong, []);
}

/// B-REG-04, B-REG-02, B-AD-07: what is unusual and right is taken.
#[test]
fn unusual_registrations_are_taken() {
    type Change = fn(&mut Registration<'_>);
    let cases: Vec<(&str, Change)> = vec![
        ("an id of one byte", |sent| set_id(sent, vec![7])),
        ("an id of 1023 bytes", |sent| set_id(sent, vec![7; 1023])),
        ("no credProps", |sent| sent.extensions = json!({})),
        ("credProps without rk", |sent| sent.extensions = json!({"credProps": {}})),
        ("unsolicited extensions", |sent| {
            sent.data.flags |= EXTENSIONS;
            sent.data.tail = encode(&text_map(&[("credBlob", Cbor::Bool(true)), ("somethingNew", 7.into())]));
        }),
        ("unsolicited client extensions", |sent| sent.extensions = json!({"credProps": {"rk": true}, "prf": {"enabled": true}, "x": [1, {"y": 2}]})),
        ("no crossOrigin", |sent| sent.client_data = sent.client_data.replace("\"crossOrigin\":false,", "")),
        ("token binding", |sent| sent.client_data = with(&sent.client_data, "tokenBinding", json!({"status": "supported"}))),
        ("a good RSA key", |sent| rsa_key(sent, &[0xff; 256], &[1, 0, 1])),
        ("eligible and backed up", |sent| sent.data.flags |= BACKUP_ELIGIBLE | BACKED_UP),
        ("self-attestation, as some authenticators send though none was asked", self_attested),
    ];
    for (name, change) in cases {
        assert!(register(change).is_ok(), "{name}");
    }
    for (length, expected) in [(1024, Refused::CredentialIdLength), (4096, Refused::CredentialIdLength), (65_535, Refused::TooLarge)] {
        assert_eq!(register(|sent| set_id(sent, vec![7; length])).map(|_| ()), Err(expected), "{length}");
    }
    let odd = json!(["usb", "", "UPPER", "smart-card", "<img>", "x".repeat(33), "a b"]);
    assert_eq!(register(|sent| sent.transports = odd).unwrap().1.transports, ["usb", "smart-card"]);
}

/// B-CD-02: the origin is compared byte by byte, in both ceremonies.
#[test]
fn only_the_exact_origin_is_ours() {
    let (authenticator, made) = register(|_| {}).unwrap();
    for foreign in [
        "https://evil-login.example.com",
        "https://x.login.example.com",
        "https://example.com",
        "https://login.example.com.evil",
        "http://login.example.com",
        "https://login.example.com:8443",
        "https://login.example.com:443",
        "https://login.example.com/",
        "https://login.example.com/path",
        "https://LOGIN.example.com",
        "HTTPS://login.example.com",
        " https://login.example.com",
        "https://login.example.com\t",
        "https://me@login.example.com",
        "login.example.com",
        "null",
        "",
        "android:apk-key-hash:x",
    ] {
        let at = |client_data: &str| with(client_data, "origin", json!(foreign));
        assert_eq!(register(|sent| sent.client_data = at(&sent.client_data)).map(|_| ()), Err(Refused::Origin), "{foreign}");
        let refusal = sign_in(&authenticator, stored(&authenticator, &made), |sent| sent.client_data = at(&sent.client_data));
        assert_eq!(refusal, Err(Refused::Origin), "{foreign}");
    }
    let related = Webauthn::new("login.example.com", "Example", ORIGIN, &["https://accounts.example.net".into()]).unwrap();
    let (options, state) = related.begin_authentication().unwrap();
    let elsewhere = bytes(&authenticator.sign_in(&options, "https://accounts.example.net").json());
    assert!(related.finish_authentication(&state, &elsewhere, &stored(&authenticator, &made)).is_ok(), "an origin that was allowed");
}

/// B-AUTH-01..03, B-CD-*, B-AD-*: each wrong assertion is refused, and the log learns which check refused it.
#[test]
fn wrong_assertions_are_refused() {
    type Change = fn(&mut Assertion<'_>);
    let cases: Vec<(&str, Refused, Change)> = vec![
        ("another ceremony's type", Refused::Type, |sent| sent.client_data = sent.client_data.replace(".get", ".create")),
        ("a payment", Refused::Type, |sent| sent.client_data = sent.client_data.replace("webauthn.get", "payment.get")),
        ("another challenge", Refused::Challenge, |sent| sent.client_data = with(&sent.client_data, "challenge", json!(base64url::encode([7; 32])))),
        ("good challenge, then bad", Refused::ClientData, |sent| {
            sent.client_data = format!("{},\"challenge\":\"AAAA\"}}", sent.client_data.trim_end_matches('}'));
        }),
        ("bad challenge, then good", Refused::ClientData, |sent| sent.client_data = sent.client_data.replacen('{', r#"{"challenge":"AAAA","#, 1)),
        ("a member we don't know, twice", Refused::ClientData, |sent| sent.client_data = sent.client_data.replacen('{', r#"{"x":1,"x":2,"#, 1)),
        ("half a character", Refused::ClientData, |sent| {
            sent.client_data = sent.client_data.replace("webauthn.get", "webauthn.get\\ud800");
        }),
        ("cross origin", Refused::CrossOrigin, |sent| sent.client_data = with(&sent.client_data, "crossOrigin", json!(true))),
        ("top origin", Refused::CrossOrigin, |sent| sent.client_data = with(&sent.client_data, "topOrigin", json!("https://a.example"))),
        ("hash of the parent domain", Refused::RelyingParty, |sent| sent.data.rp_id_hash = Sha256::digest("example.com").to_vec()),
        ("hash of zeros", Refused::RelyingParty, |sent| sent.data.rp_id_hash = vec![0; 32]),
        ("nobody present", Refused::UserNotPresent, |sent| sent.data.flags &= !USER_PRESENT),
        ("nobody verified", Refused::UserNotVerified, |sent| sent.data.flags &= !USER_VERIFIED),
        ("backup eligibility appears", Refused::BackupEligibilityChanged, |sent| sent.data.flags |= BACKUP_ELIGIBLE),
        ("backed up but not eligible", Refused::BackupFlags, |sent| sent.data.flags |= BACKED_UP),
        ("a byte behind the data", Refused::AuthenticatorData, |sent| sent.data.tail = vec![0]),
        ("extensions without flag", Refused::AuthenticatorData, |sent| sent.data.tail = vec![0xa0]),
        ("flag without extensions", Refused::AuthenticatorData, |sent| sent.data.flags |= EXTENSIONS),
        ("36 bytes", Refused::AuthenticatorData, |sent| sent.data.rp_id_hash.truncate(31)),
        ("38 bytes", Refused::AuthenticatorData, |sent| sent.data.rp_id_hash.push(0)),
        ("a new credential in an assertion", Refused::AuthenticatorData, |sent| {
            sent.data.flags |= ATTESTED;
            let public_key = sent.authenticator.cose_key();
            sent.data.attested = Some(Attested { aaguid: AAGUID, credential_id: sent.authenticator.credential_id.clone(), public_key });
        }),
        ("id that is not rawId", Refused::CredentialIdMismatch, |sent| sent.id = base64url::encode([9; 32])),
        ("ids that are not the row's", Refused::CredentialIdMismatch, |sent| {
            sent.id = base64url::encode([9; 32]);
            sent.raw_id = sent.id.clone();
        }),
        ("padded id", Refused::Spelling, |sent| sent.id.push('=')),
        ("no user handle", Refused::UserHandle, |sent| sent.user_handle = None),
        ("somebody else's user handle", Refused::UserHandle, |sent| {
            sent.user_handle = Some(base64url::encode(UserHandle::random().as_uuid().as_bytes()));
        }),
        ("a user handle of another length", Refused::UserHandle, |sent| sent.user_handle = Some(base64url::encode([1; 15]))),
        ("a padded user handle", Refused::Spelling, |sent| sent.user_handle.as_mut().unwrap().push('=')),
        ("no signature", Refused::Signature, |sent| sent.signature = Some(vec![])),
        ("r = 0, s = 0", Refused::Signature, |sent| sent.signature = Some(vec![0x30, 6, 2, 1, 0, 2, 1, 0])),
        ("zeros for a signature", Refused::Signature, |sent| sent.signature = Some(vec![0; 72])),
        ("another key's signature", Refused::Signature, |sent| {
            let other = SoftwareAuthenticator::for_user(UserHandle::random());
            sent.signature = Some(other.sign(&[sent.data.bytes(), Sha256::digest(&sent.client_data).to_vec()].concat()));
        }),
    ];
    let (authenticator, made) = register(|_| {}).unwrap();
    let outcomes =
        cases.into_iter().map(|(name, expected, change)| (name, Err(expected), sign_in(&authenticator, stored(&authenticator, &made), change)));
    let wrong: Vec<_> = outcomes.filter(|(_, expected, outcome)| expected != outcome).collect();
    assert_eq!(wrong, []);
    assert!(sign_in(&authenticator, stored(&authenticator, &made), |_| {}).is_ok(), "and the right one still works");
}

/// B-AD-04: eligibility that disappears is refused as well, and the row decides, not the text.
#[test]
fn backup_eligibility_is_for_life() {
    let (authenticator, made) = register(|sent| sent.data.flags |= BACKUP_ELIGIBLE).unwrap();
    let row = stored(&authenticator, &made);
    assert_eq!(sign_in(&authenticator, row, |_| {}), Err(Refused::BackupEligibilityChanged));
    let otherwise = StoredPasskey { backup_eligible: false, ..row };
    assert_eq!(sign_in(&authenticator, otherwise, |sent| sent.data.flags |= BACKUP_ELIGIBLE), Err(Refused::BackupEligibilityChanged));
}

/// B-AUTH-04: a counter that does not grow is told, not refused; zero on both sides is fine.
#[test]
fn a_counter_that_goes_back_is_told() {
    let (authenticator, made) = register(|sent| sent.data.counter = 5).unwrap();
    assert_eq!(made.counter, 5);
    for (before, sent_now, went_back) in [(5, 6, false), (6, 6, true), (6, 3, true), (6, 0, true), (0, 0, false), (0, 1, false), (u32::MAX, 1, true)]
    {
        let row = StoredPasskey { counter: before, ..stored(&authenticator, &made) };
        let verified = sign_in(&authenticator, row, |sent| sent.data.counter = sent_now).unwrap();
        assert_eq!((verified.counter, verified.counter_went_back), (sent_now, went_back), "{before} -> {sent_now}");
    }
}

/// B-AUTH-03: no bit of signature, authenticator data or client data can be changed after signing.
#[test]
fn a_flipped_bit_is_refused() {
    let (authenticator, made) = register(|_| {}).unwrap();
    let rp = relying_party();
    let (options, state) = rp.begin_authentication().unwrap();
    let honest = authenticator.sign_in(&options, ORIGIN).json();
    let row = stored(&authenticator, &made);
    assert!(rp.finish_authentication(&state, &bytes(&honest), &row).is_ok());
    for part in ["signature", "authenticatorData", "clientDataJSON"] {
        let right = base64url::decode(honest["response"][part].as_str().unwrap()).unwrap();
        for place in 0..right.len() {
            let mut flipped = right.clone();
            flipped[place] ^= 1;
            let mut sent = honest.clone();
            sent["response"][part] = json!(base64url::encode(flipped));
            assert!(rp.finish_authentication(&state, &bytes(&sent), &row).is_err(), "{part} byte {place}");
        }
    }
}

/// B-CH-04, B-AUTH-01: what one ceremony or person signed is nothing to another.
#[test]
fn ceremonies_and_people_are_not_interchangeable() {
    let rp = relying_party();
    let (alice, alices) = register(|_| {}).unwrap();
    let (bob, bobs) = register(|_| {}).unwrap();
    let (options, state) = rp.begin_authentication().unwrap();
    let (_, another_state) = rp.begin_authentication().unwrap();
    let by_alice = bytes(&alice.sign_in(&options, ORIGIN).json());
    assert_eq!(rp.finish_authentication(&another_state, &by_alice, &stored(&alice, &alices)), Err(Refused::Challenge));
    assert_eq!(rp.finish_authentication(&state, &by_alice, &stored(&bob, &bobs)), Err(Refused::UserHandle));
    let mut alice_as_bob = alice.sign_in(&options, ORIGIN);
    alice_as_bob.user_handle = Some(base64url::encode(bob.user_handle.as_uuid().as_bytes()));
    let alice_as_bob = bytes(&alice_as_bob.json());
    assert_eq!(rp.identify(&alice_as_bob), Ok((bob.user_handle, alices.credential_id.clone())), "so the store finds no such row");
    assert_eq!(rp.finish_authentication(&state, &alice_as_bob, &stored(&bob, &bobs)), Err(Refused::CredentialIdMismatch));
    let with_alices_key = StoredPasskey { user_handle: alice.user_handle, ..stored(&bob, &bobs) };
    assert_eq!(rp.finish_authentication(&state, &by_alice, &with_alices_key), Err(Refused::CredentialIdMismatch));
    let (creation, registration_state) = rp.begin_registration(alice.user_handle, &email(), "Alice", &[]).unwrap();
    let registration = bytes(&alice.register(&creation, ORIGIN).json());
    assert_eq!(rp.finish_authentication(&state, &registration, &stored(&alice, &alices)), Err(Refused::Malformed));
    assert_eq!(rp.finish_registration(&registration_state, &by_alice).map(|_| ()), Err(Refused::Malformed));
    let (_, another_registration) = rp.begin_registration(alice.user_handle, &email(), "Alice", &[]).unwrap();
    assert_eq!(rp.finish_registration(&another_registration, &registration).map(|_| ()), Err(Refused::Challenge));
}

/// B-CD-05, B-AD-06: JSON that is not exactly a credential is refused, whatever it is.
#[test]
fn malformed_credentials_are_refused() {
    let (authenticator, made) = register(|_| {}).unwrap();
    let rp = relying_party();
    let (options, state) = rp.begin_authentication().unwrap();
    let honest = authenticator.sign_in(&options, ORIGIN).json();
    let text = honest.to_string();
    let refusal = |credential: &str| rp.finish_authentication(&state, credential.as_bytes(), &stored(&authenticator, &made)).unwrap_err();
    let without = |pointer: &str, name: &str| {
        let mut sent = honest.clone();
        sent.pointer_mut(pointer).unwrap().as_object_mut().unwrap().remove(name);
        sent.to_string()
    };
    for name in ["id", "rawId", "type", "response"] {
        assert_eq!(refusal(&without("", name)), Refused::Malformed, "without {name}");
    }
    for name in ["clientDataJSON", "authenticatorData", "signature"] {
        assert_eq!(refusal(&without("/response", name)), Refused::Malformed, "without {name}");
        for (wrong, expected) in [(json!(7), Refused::Malformed), (json!(null), Refused::Malformed), (json!("AA=="), Refused::Spelling)] {
            let mut sent = honest.clone();
            sent["response"][name] = wrong;
            assert_eq!(refusal(&sent.to_string()), expected, "{name}");
        }
    }
    for (odd, expected) in [
        (String::new(), Refused::Malformed),
        ("null".to_owned(), Refused::Malformed),
        ("[]".to_owned(), Refused::Malformed),
        (format!("{text}{text}"), Refused::Malformed),
        (text.replacen('{', r#"{"id":"AAAA","#, 1), Refused::Malformed),
        (text.replace("public-key", "password"), Refused::Malformed),
        (format!("{text}{}", " ".repeat(LONGEST_CREDENTIAL)), Refused::TooLarge),
    ] {
        assert_eq!(refusal(&odd), expected);
        assert_eq!(rp.identify(odd.as_bytes()), Err(expected));
    }
    let deep = text.replacen('{', &format!(r#"{{"x":{}1{},"#, "[".repeat(30_000), "]".repeat(30_000)), 1);
    assert!(rp.identify(deep.as_bytes()).is_ok(), "what we don't know is passed over, without going down into it");
    let row = StoredPasskey { public: "{}", ..stored(&authenticator, &made) };
    assert_eq!(rp.finish_authentication(&state, text.as_bytes(), &row), Err(Refused::StoredPasskey));
}

/// B-AD-06: hostile CBOR in the place of an attestation object is refused.
#[test]
fn hostile_attestation_objects_are_refused() {
    let rp = relying_party();
    let authenticator = SoftwareAuthenticator::for_user(UserHandle::random());
    let (options, state) = rp.begin_registration(authenticator.user_handle, &email(), "Alice", &[]).unwrap();
    let honest = authenticator.register(&options, ORIGIN);
    for hostile in [
        vec![],
        vec![0xa3],
        vec![0x81; 40_000],
        [vec![0xa1, 0x61, b'x'], vec![0x81; 40_000]].concat(),
        vec![0xbb, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
        vec![0x5b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
        vec![0xbf, 0x63, b'f', b'm', b't', 0x64, b'n', b'o', b'n', b'e', 0xff],
        encode(&Cbor::Array(vec![Cbor::Map(vec![]); 20_000])),
        encode(&text_map(&[("fmt", "none".into())])),
        encode(&text_map(&[("fmt", "none".into()), ("attStmt", Cbor::Map(vec![])), ("authData", "text".into())])),
    ] {
        let refusal = rp.finish_registration(&state, &bytes(&honest.json_with(&hostile))).map(|_| ()).unwrap_err();
        assert_eq!(refusal, Refused::AuthenticatorData, "{} bytes", hostile.len());
    }
}

/// The RP ID is a domain of the origin, and origins are spelled as browsers spell them.
#[test]
fn a_relying_party_needs_a_domain() {
    let outcome = |rp_id: &str, origin: &str| Webauthn::new(rp_id, "Example", origin, &[]).map(|_| ());
    assert_eq!(outcome("localhost", "http://localhost:8080"), Ok(()));
    assert_eq!(outcome("example.com", ORIGIN), Ok(()));
    assert_eq!(outcome("example.org", ORIGIN), Err(NoRelyingParty::RelyingPartyId));
    assert_eq!(outcome("ample.com", ORIGIN), Err(NoRelyingParty::RelyingPartyId));
    assert_eq!(outcome("127.0.0.1", "http://127.0.0.1:8080"), Err(NoRelyingParty::RelyingPartyId));
    for origin in ["https://login.example.com/", "https://LOGIN.example.com", "login.example.com", "https://login.example.com:443", "null"] {
        assert_eq!(outcome("login.example.com", origin), Err(NoRelyingParty::Origin), "{origin}");
    }
    let further = Webauthn::new("login.example.com", "Example", ORIGIN, &["https://a.example/".into()]).map(|_| ());
    assert_eq!(further, Err(NoRelyingParty::Origin));
}

proptest! {
    /// B-AD-06: nothing that can be sent makes either ceremony panic.
    #[test]
    fn random_bytes_never_panic(
        garbage in prop::collection::vec(any::<u8>(), 0..400),
        place in any::<prop::sample::Index>(),
        format in prop::sample::select(vec!["none", "packed", "tpm", "android-key", "android-safetynet", "fido-u2f", "apple"]),
    ) {
        let rp = relying_party();
        prop_assert!(rp.identify(&garbage).is_err());
        let authenticator = SoftwareAuthenticator::for_user(UserHandle::random());
        let (options, state) = rp.begin_registration(authenticator.user_handle, &email(), "Alice", &[]).unwrap();
        prop_assert!(rp.finish_registration(&state, &garbage).is_err());
        let mut honest = authenticator.register(&options, ORIGIN);
        prop_assert!(rp.finish_registration(&state, &bytes(&honest.json_with(&garbage))).is_err());
        let mut overwritten = honest.attestation_object();
        let at = place.index(overwritten.len());
        overwritten.splice(at..(at + garbage.len()).min(honest.attestation_object().len()), garbage.clone());
        let _ = rp.finish_registration(&state, &bytes(&honest.json_with(&overwritten)));
        honest.format = format.to_owned();
        let chain = Cbor::Array(vec![garbage.clone().into(), garbage.clone().into()]);
        for with_chain in [true, false] {
            let mut members = vec![
                ("alg", (-7).into()), ("sig", garbage.clone().into()), ("ver", "2.0".into()),
                ("certInfo", garbage.clone().into()), ("pubArea", garbage.clone().into()),
            ];
            members.extend(with_chain.then(|| ("x5c", chain.clone())));
            honest.statement = text_map(&members);
            prop_assert!(rp.finish_registration(&state, &bytes(&honest.json())).is_err());
        }
        let (options, state) = rp.begin_authentication().unwrap();
        let made = StoredPasskey { user_handle: authenticator.user_handle, public: "{}", counter: 0, backup_eligible: false };
        let mut assertion = authenticator.sign_in(&options, ORIGIN).json();
        assertion["response"]["authenticatorData"] = json!(base64url::encode(&garbage));
        prop_assert!(rp.finish_authentication(&state, &bytes(&assertion), &made).is_err());
    }

    /// B-AD-06, B-AUTH-03: nor does anything in the place of signature and authenticator data, with a real key stored.
    #[test]
    fn random_assertions_never_pass(
        signature in prop::collection::vec(any::<u8>(), 0..100),
        tail in prop::collection::vec(any::<u8>(), 0..100),
        flags in any::<u8>(),
    ) {
        let (authenticator, made) = register(|_| {}).unwrap();
        let outcome = sign_in(&authenticator, stored(&authenticator, &made), |sent| {
            sent.signature = Some(signature);
            sent.data.tail = tail;
            sent.data.flags = flags;
        });
        prop_assert!(outcome.is_err());
    }
}

/// The client data with one member changed or added.
fn with(client_data: &str, name: &str, value: Value) -> String {
    let mut members: Value = serde_json::from_str(client_data).unwrap();
    members[name] = value;
    members.to_string()
}

fn text_map(members: &[(&str, Cbor)]) -> Cbor {
    Cbor::Map(members.iter().map(|(name, value)| (Cbor::from(*name), value.clone())).collect())
}

fn set_id(sent: &mut Registration<'_>, id: Vec<u8>) {
    sent.id = base64url::encode(&id);
    sent.raw_id = sent.id.clone();
    sent.data.attested.as_mut().unwrap().credential_id = id;
}

fn change_key(sent: &mut Registration<'_>, name: i64, value: Cbor) {
    let Some(Attested { public_key: Cbor::Map(members), .. }) = &mut sent.data.attested else { panic!("no key to change") };
    members.iter_mut().find(|(found, _)| *found == Cbor::from(name)).unwrap().1 = value;
}

fn rsa_key(sent: &mut Registration<'_>, modulus: &[u8], exponent: &[u8]) {
    let key = cose(&[(1, 3.into()), (3, (-257).into()), (-1, modulus.to_vec().into()), (-2, exponent.to_vec().into())]);
    sent.data.attested.as_mut().unwrap().public_key = key;
}

fn self_attested(sent: &mut Registration<'_>) {
    let signature = sent.authenticator.sign(&[sent.data.bytes(), Sha256::digest(&sent.client_data).to_vec()].concat());
    sent.format = "packed".to_owned();
    sent.statement = text_map(&[("alg", (-7).into()), ("sig", signature.into())]);
}
