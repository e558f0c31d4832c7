//! Which passkeys are taken: by model, by proof of the model, and by whether they may leave their device.

use serde_json::json;
use tempfile::TempDir;
use weftid_tests::authenticator::{ATTESTATION_CA, Authenticator};
use weftid_tests::on_both_databases;
use weftid_tests::person::Person;
use weftid_tests::provider::Provider;
use weftid_tests::wire::Answer;

use crate::coming_aboard::{invitation, path};
use crate::passkeys::{BEGIN, FINISH, at_the_sign_in_page};
use crate::stored::{events_because, rows};

/// What a YubiKey 5 says it is.
const YUBIKEY_5: [u8; 16] = [0xee, 0x88, 0x28, 0x79, 0x72, 0x1c, 0x49, 0x13, 0x97, 0x75, 0x3d, 0xfc, 0xce, 0x97, 0x07, 0x2a];
const AAGUIDS: (&str, &str) = ("passkeys.aaguids", "ee882879-721c-4913-9775-3dfcce97072a");

fn yubikey(authenticator: Authenticator) -> Authenticator {
    Authenticator { aaguid: YUBIKEY_5, ..authenticator }
}

/// An invited person who makes a passkey with this authenticator, and what they were answered.
async fn comes_aboard(provider: &Provider, email: &str, authenticator: Authenticator) -> (Person, Answer) {
    let link = invitation(provider, email).await;
    let mut person = provider.stranger();
    person.authenticator = authenticator;
    person.opens(&link).await.shows("invitation");
    let path = path(&link);
    let answer = person.registers_passkey(&format!("{path}/passkey/begin"), &format!("{path}/passkey/finish"), &json!({"name": "Bob"})).await;
    (person, answer)
}

async fn refused_because(provider: &Provider, answer: &Answer, reason: &str) {
    assert_eq!((answer.status.as_u16(), answer.error_code().as_str()), (403, "passkey_not_allowed"), "{answer}");
    assert_eq!(events_because(&provider.database, "passkey_registration_failed", reason).await, 1, "{reason}");
}

fn detail(answer: &Answer) -> String {
    answer.json()["detail"].as_str().expect("a sentence").to_owned()
}

/// Whether a session that the person's passkey opens counts as hardware, in both words.
async fn is_hardware(provider: &Provider, person: &Person) -> bool {
    let sessions = async |condition: &str| provider.database.count(&format!("SELECT count(*) FROM sessions WHERE {condition}")).await;
    let before = (sessions("acr = 'phrh'").await, sessions("amr LIKE '%hwk%'").await, sessions("acr = 'phr' AND amr LIKE '%swk%'").await);
    let mut person = at_the_sign_in_page(provider, person).await;
    person.signs_in_with_passkey(BEGIN, FINISH, &json!({})).await.is(200);
    let after = (sessions("acr = 'phrh'").await, sessions("amr LIKE '%hwk%'").await, sessions("acr = 'phr' AND amr LIKE '%swk%'").await);
    match (after.0 - before.0, after.1 - before.1, after.2 - before.2) {
        (1, 1, 0) => true,
        (0, 0, 1) => false,
        other => panic!("the words contradict each other: {other:?}"),
    }
}

on_both_databases! {
    /// B-REG-06: with the list off, nobody is asked; what a browser sends all the same is verified and counts as nothing.
    async fn nobody_is_asked_where_it_does_not_matter(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (bob, answer) = comes_aboard(&provider, "bob@id.example", Authenticator::attesting()).await;
        answer.is(200);
        assert_eq!(provider.database.count("SELECT count(*) FROM passkeys WHERE attested").await, 0);
        assert!(is_hardware(&provider, &bob).await, "bound to its device, and nobody asked for more");
    }

    /// B-REG-06, B-REG-07: a model that is not listed is refused in every place where a passkey is made, with what would be taken; the link
    /// stays good for one that is.
    async fn only_listed_models_are_taken(kind: Kind) {
        let provider = Provider::start_with(kind, &[("passkeys.attestation", "allow"), AAGUIDS]).await;
        let link = provider.setup_link().await;
        let mut ada = provider.stranger();
        ada.opens(&link).await.shows("setup");
        let setup = path(&link);
        let [begin, finish] = ["begin", "finish"].map(|half| format!("{setup}/passkey/{half}"));
        let who = json!({"name": "Ada", "email": "ada@id.example"});
        let options = ada.posts_json(&begin, &who).await.expect(200).json();
        assert_eq!(options["publicKey"]["attestation"], "direct");
        let answer = ada.registers_passkey(&begin, &finish, &who).await;
        refused_because(&provider, &answer, "model_not_allowed").await;
        assert!(detail(&answer).contains("Accepted: YubiKey 5."), "{answer}");
        assert_eq!(rows(&provider.database).await["users"], 0);
        ada.authenticator = yubikey(Authenticator::security_key());
        let finished = ada.registers_passkey(&begin, &finish, &who).await;
        ada.follows(finished).await.shows("backup-codes");
        ada.presses("acknowledge", &[("acknowledged", "yes")]).await.shows("dashboard");

        ada.authenticator = Authenticator::synced();
        let answer = ada.registers_passkey("/account/passkeys/begin", "/account/passkeys/finish", &json!({})).await;
        assert_eq!(answer.expect(403).error_code(), "passkey_not_allowed");
        let (_, answer) = comes_aboard(&provider, "bob@id.example", Authenticator::synced()).await;
        assert_eq!(answer.expect(403).error_code(), "passkey_not_allowed");
        assert_eq!(rows(&provider.database).await["passkeys"], 1);
    }

    /// B-REG-06: a model that is denied is refused, any other is taken.
    async fn denied_models_are_refused(kind: Kind) {
        let provider = Provider::start_with(kind, &[("passkeys.attestation", "deny"), AAGUIDS]).await;
        let (_, answer) = comes_aboard(&provider, "bob@id.example", yubikey(Authenticator::security_key())).await;
        refused_because(&provider, &answer, "model_denied").await;
        assert!(detail(&answer).contains("Not accepted: YubiKey 5."), "{answer}");
        comes_aboard(&provider, "carol@id.example", Authenticator::synced()).await.1.is(200);
    }

    /// B-REG-06, B-AUTH-07: where it is known who is believed, a model has to be proved; what is proved is hardware, and what is only said
    /// is not.
    async fn a_model_is_proved_where_somebody_is_believed(kind: Kind) {
        let folder = TempDir::new().expect("a folder");
        let file = folder.path().join("ca.pem");
        std::fs::write(&file, ATTESTATION_CA).expect("it can be written");
        let believing = ("passkeys.attestation_ca_files", file.to_str().expect("a path"));
        let allow = ("passkeys.attestation", "allow");
        let provider = Provider::start_with(kind, &[allow, AAGUIDS, believing]).await;
        let (_, answer) = comes_aboard(&provider, "bob@id.example", yubikey(Authenticator::security_key())).await;
        refused_because(&provider, &answer, "not_attested").await;
        assert!(detail(&answer).contains("prove its make"), "{answer}");
        let (_, answer) = comes_aboard(&provider, "carol@id.example", Authenticator::attesting()).await;
        refused_because(&provider, &answer, "model_not_allowed").await;
        let (dora, answer) = comes_aboard(&provider, "dora@id.example", yubikey(Authenticator::attesting())).await;
        answer.is(200);
        assert_eq!(provider.database.count("SELECT count(*) FROM passkeys WHERE attested").await, 1);
        assert!(is_hardware(&provider, &dora).await);

        // Without anybody to believe, the same authenticator only says so.
        let provider = Provider::start_with(kind, &[allow, AAGUIDS]).await;
        let (erin, answer) = comes_aboard(&provider, "erin@id.example", yubikey(Authenticator::attesting())).await;
        answer.is(200);
        assert_eq!(provider.database.count("SELECT count(*) FROM passkeys WHERE attested").await, 0);
        assert!(!is_hardware(&provider, &erin).await);
    }

    /// B-REG-06: passkeys that may leave their device are refused where only bound ones are taken.
    async fn only_bound_passkeys_are_taken(kind: Kind) {
        let provider = Provider::start_with(kind, &[("passkeys.device_bound_only", "true")]).await;
        let (_, answer) = comes_aboard(&provider, "bob@id.example", Authenticator::synced()).await;
        refused_because(&provider, &answer, "not_device_bound").await;
        assert!(detail(&answer).contains("must stay on its device"), "{answer}");
        let (carol, answer) = comes_aboard(&provider, "carol@id.example", Authenticator::security_key()).await;
        answer.is(200);
        assert!(is_hardware(&provider, &carol).await);
    }
}
