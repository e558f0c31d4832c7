//! Making a passkey over HTTP: what is asked of the browser, and every lie that it or the authenticator may tell.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::{Value, json};
use weftid::base::base64url;
use weftid_tests::authenticator::{Algorithm, Authenticator, Lie};
use weftid_tests::on_both_databases;
use weftid_tests::person::{Person, finishing};
use weftid_tests::provider::Provider;
use weftid_tests::wire::Answer;

use crate::coming_aboard::{invitation, path};
use crate::passkeys::{at_the_sign_in_page, signs_in};
use crate::stored::{events, events_because, rows};

/// Somebody who opened an invitation, and where its ceremony is.
struct Invited {
    person: Person,
    begin: String,
    finish: String,
}

impl Invited {
    async fn new(provider: &Provider, email: &str) -> Self {
        let link = invitation(provider, email).await;
        let mut person = provider.stranger();
        person.opens(&link).await.shows("invitation");
        let path = path(&link);
        Self { person, begin: format!("{path}/passkey/begin"), finish: format!("{path}/passkey/finish") }
    }

    async fn lies(&mut self, lies: &[Lie]) -> Answer {
        self.person.registers_passkey_lying(&self.begin, &self.finish, &json!({"name": "Bob"}), lies).await
    }

    async fn options(&mut self) -> Value {
        self.person.posts_json(&self.begin, &json!({"name": "Bob"})).await.expect(200).json()
    }
}

on_both_databases! {
    /// B-REG-09, B-REG-10, B-REG-08: the options ask for a discoverable, verified passkey, and name the account by random bytes alone.
    async fn the_options_ask_for_a_verified_discoverable_passkey(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut handles = BTreeSet::new();
        for number in 0..5 {
            let mut bob = Invited::new(&provider, &format!("bob{number}@id.example")).await;
            let options = bob.options().await["publicKey"].clone();
            let selection = &options["authenticatorSelection"];
            assert_eq!((&selection["residentKey"], &selection["userVerification"]), (&json!("required"), &json!("required")));
            assert_eq!(selection["requireResidentKey"], json!(true));
            assert_eq!(options["rp"]["id"], "id.example");
            assert_eq!(options["excludeCredentials"], json!([]));
            assert!(options.get("attestation").is_none_or(|attestation| attestation == "none"), "{options}");
            let offered = options["pubKeyCredParams"].as_array().expect("a list");
            let algorithms: Vec<i64> = offered.iter().filter_map(|param| param["alg"].as_i64()).collect();
            assert!(algorithms.contains(&-7) && algorithms.contains(&-257), "{algorithms:?}");
            let handle = base64url::decode(options["user"]["id"].as_str().expect("a handle")).expect("base64url");
            assert_eq!(handle.len(), 16);
            handles.insert(handle);
            bob.lies(&[]).await.expect(200).json();
            let kept = &bob.person.authenticator.credentials[0].user_handle;
            let uuid = kept.iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
            let same = match provider.database.kind {
                weftid_tests::database::Kind::Sqlite => format!("SELECT count(*) FROM users WHERE lower(hex(user_handle)) = '{uuid}'"),
                weftid_tests::database::Kind::Postgres => format!("SELECT count(*) FROM users WHERE replace(user_handle::text, '-', '') = '{uuid}'"),
            };
            assert_eq!(provider.database.count(&same).await, 1, "the handle is stored as it was told");
        }
        assert_eq!(handles.len(), 5);
    }

    /// B-CD-01, B-CD-02, B-CD-03, B-CD-04, B-CD-05, B-AD-01, B-AD-02, B-AD-03, B-AD-04, B-AD-05, B-AUTH-02, B-REG-01, B-REG-04,
    /// B-REG-06: every lie at registration is refused for what it is, makes nothing, and leaves the link as it was.
    async fn no_lie_makes_a_passkey(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut bob = Invited::new(&provider, "bob@id.example").await;
        let text = |text: &str| text.to_owned();
        let mut lies: Vec<(Lie, &str)> = Vec::new();
        lies.extend(["webauthn.get", "payment.get", ""].map(|kind| (Lie::Type(text(kind)), "type")));
        lies.extend(
            [
                "https://evil-id.example", "https://x.id.example", "https://id.example.evil", "http://id.example", "https://id.example:8443",
                "https://id.example/", "https://ID.example", "null",
            ]
            .map(|origin| (Lie::Origin(text(origin)), "origin")),
        );
        lies.extend([-65535, -47, -39, -8, 0].map(|algorithm| (Lie::CoseAlgorithm(algorithm), "")));
        lies.extend([
            (Lie::CrossOrigin(true), "cross_origin"),
            (Lie::TopOrigin(text("https://id.example")), "cross_origin"),
            (Lie::Challenge(base64url::encode([7; 32])), "challenge"),
            (Lie::RepeatedMember("challenge", base64url::encode([7; 32])), "client_data"),
            (Lie::ClientData(b"{}".to_vec()), "client_data"),
            (Lie::RpId(text("example")), "relying_party"),
            (Lie::UserPresent(false), "user_not_present"),
            (Lie::UserVerified(false), "user_not_verified"),
            (Lie::BackupEligible(false), "backup_flags"),
            (Lie::Truncated(1), "authenticator_data"),
            (Lie::Trailing(vec![0]), "authenticator_data"),
            (Lie::Flags(0x80), "authenticator_data"),
            (Lie::CredentialIdLength(1_024), "credential_id_length"),
            (Lie::CredentialIdLength(0), "credential_id_length"),
            (Lie::AttestationFormat(text("unheard-of")), "attestation"),
            (Lie::AttestationFormat(text("packed")), "attestation"),
            (Lie::Member("/id", json!("AAAA")), "credential_id_mismatch"),
            (Lie::Member("/rawId", json!("AA==")), "spelling"),
            (Lie::Member("/response/attestationObject", json!("oA")), "authenticator_data"),
            (Lie::Member("/response/clientDataJSON", json!(1)), "malformed"),
            (Lie::Member("/type", json!("password")), "malformed"),
            (Lie::Member("/clientExtensionResults/credProps/rk", json!(false)), "not_discoverable"),
        ]);
        let before = rows(&provider.database).await;
        let count = i64::try_from(lies.len()).expect("few");
        for (lie, reason) in lies {
            let known = events_because(&provider.database, "passkey_registration_failed", reason).await;
            let answer = bob.lies(std::slice::from_ref(&lie)).await;
            assert_eq!((answer.status.as_u16(), answer.error_code().as_str()), (400, "passkey_invalid"), "{lie:?}: {answer}");
            if !reason.is_empty() {
                let seen = events_because(&provider.database, "passkey_registration_failed", reason).await;
                assert_eq!(seen, known + 1, "{lie:?} was not refused because of {reason}");
            }
        }
        let after = rows(&provider.database).await;
        for table in ["users", "passkeys", "sessions", "one_time_links"] {
            assert_eq!(after[table], before[table], "{table}");
        }
        assert_eq!(after["spent"], before["spent"] + count);
        assert_eq!(events(&provider.database, "passkey_registration_failed").await, count);
        assert!(bob.person.jar.get("session").is_none());
        bob.lies(&[]).await.expect(200).json();
    }

    /// B-REG-01: a passkey on the larger curve is offered, made, and signs in; a key of another type than its algorithm's is no key.
    async fn a_passkey_on_the_larger_curve_signs_in(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut bob = Invited::new(&provider, "bob@id.example").await;
        let answer = bob.lies(&[Lie::CoseAlgorithm(-257)]).await.expect(400);
        assert_eq!(answer.error_code(), "passkey_invalid");
        assert_eq!(rows(&provider.database).await["passkeys"], 0);
        let mut bob = Invited::new(&provider, "bob@id.example").await;
        bob.person.authenticator.algorithm = Algorithm::Es384;
        bob.lies(&[]).await.expect(200).json();
        let mut again = at_the_sign_in_page(&provider, &bob.person).await;
        again.touches_passkey().await.shows("backup-codes");
    }

    /// B-REG-04: credential ids of 1 to 1,023 bytes are taken, and sign in.
    async fn short_and_long_credential_ids_are_taken(kind: Kind) {
        let provider = Provider::start(kind).await;
        for length in [1, 1_023] {
            let mut bob = Invited::new(&provider, &format!("bob{length}@id.example")).await;
            bob.lies(&[Lie::CredentialIdLength(length)]).await.expect(200).json();
            at_the_sign_in_page(&provider, &bob.person).await.touches_passkey().await.shows("backup-codes");
        }
    }

    /// B-REG-05: nobody can register a credential id that somebody has; the first owner's passkey stays what it was.
    async fn a_credential_id_has_one_owner(kind: Kind) {
        let provider = Provider::start(kind).await;
        let ada = provider.admin().await;
        let id = ada.authenticator.credentials[0].id.clone();
        let mut eve = Invited::new(&provider, "eve@id.example").await;
        let answer = eve.lies(&[Lie::CredentialId(id)]).await.expect(409);
        assert_eq!(answer.error_code(), "passkey_exists");
        assert_eq!((rows(&provider.database).await["users"], rows(&provider.database).await["passkeys"]), (1, 1));
        assert_eq!(events_because(&provider.database, "passkey_registration_failed", "passkey_exists").await, 1);
        signs_in(&provider, &ada).await;
        // The invitation was not used up.
        eve.lies(&[]).await.expect(200).json();
    }

    /// E-RACE-07, B-REG-05: fifty people who bring the same credential id at once are one account, and 49 plain refusals.
    async fn fifty_registrations_of_one_credential_id_are_one(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut people = Vec::new();
        for number in 0..50 {
            let mut bob = Invited::new(&provider, &format!("bob{number}@id.example")).await;
            let options = bob.options().await;
            let origin = bob.person.url();
            let same = [Lie::CredentialId(vec![7; 32])];
            let credential = bob.person.authenticator.create_with(&options["publicKey"], &origin, &same).expect("a credential");
            let body = finishing(&options, credential, &json!({}));
            people.push((bob, body));
        }
        let answers = join_all(people.iter_mut().map(|(bob, body)| bob.person.posts_json(&bob.finish, body))).await;
        let count = |status: u16| answers.iter().filter(|answer| answer.status.as_u16() == status).count();
        assert_eq!((count(200), count(409)), (1, 49));
        let rows = rows(&provider.database).await;
        assert_eq!((rows["users"], rows["passkeys"], rows["sessions"]), (1, 1, 1));
        assert_eq!(provider.database.count("SELECT count(*) FROM one_time_links WHERE used_at IS NOT NULL").await, 1);
    }

    /// B-REG-07: a passkey is made by whoever holds a link that is still good, in the browser that began; a name in the call changes no account.
    async fn without_a_good_link_no_passkey_is_made(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut ada = provider.admin().await;
        let before = rows(&provider.database).await;
        for place in ["/setup/x", "/invitation/x"] {
            let answer = ada.posts_json(&format!("{place}/passkey/begin"), &json!({"name": "Ada", "email": "ada@id.example"})).await.expect(404);
            assert_eq!(answer.error_code(), "link_invalid");
        }
        let mut bob = Invited::new(&provider, "bob@id.example").await;
        bob.lies(&[]).await.expect(200).json();
        let used = bob.person.posts_json(&bob.begin, &json!({"name": "Bob"})).await.expect(410);
        assert_eq!(used.error_code(), "link_invalid");
        assert_eq!(rows(&provider.database).await["users"], before["users"] + 1);
    }

    /// B-AD-06: hostile CBOR is refused at once, and the provider goes on.
    async fn hostile_cbor_is_refused_at_once(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut bob = Invited::new(&provider, "bob@id.example").await;
        let hostile: [(&str, Vec<u8>); 9] = [
            ("nesting", [vec![0x81; 20_000], vec![0]].concat()),
            ("nested maps", [[0xa1, 0x00].repeat(10_000), vec![0]].concat()),
            ("tags", [vec![0xc0; 20_000], vec![0]].concat()),
            ("an indefinite map", vec![0xbf, 0x63, b'f', b'm', b't', 0x64, b'n', b'o', b'n', b'e', 0xff]),
            ("a text of 4 GB", vec![0xa1, 0x7a, 0xff, 0xff, 0xff, 0xff]),
            ("a byte string of 2^64 - 1", vec![0xa1, 0x5b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
            ("a map of 2^64 - 1", vec![0xbb, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00]),
            ("a key twice", vec![0xa2, 0x61, b'a', 0x01, 0x61, b'a', 0x02]),
            ("nothing", Vec::new()),
        ];
        for (what, bytes) in hostile {
            let began = Instant::now();
            let answer = bob.lies(&[Lie::Member("/response/attestationObject", json!(base64url::encode(bytes)))]).await;
            assert_eq!((answer.status.as_u16(), answer.error_code().as_str()), (400, "passkey_invalid"), "{what}: {answer}");
            assert!(began.elapsed() < Duration::from_secs(2), "{what} took {:?}", began.elapsed());
        }
        let answer = bob.lies(&[Lie::Member("/response/attestationObject", json!("A".repeat(65_000)))]).await;
        assert!([400, 413].contains(&answer.status.as_u16()), "{answer}");
        assert_eq!(events_because(&provider.database, "passkey_registration_failed", "authenticator_data").await, 9);
        bob.person.authenticator = Authenticator::synced();
        bob.lies(&[]).await.expect(200).json();
    }
}
