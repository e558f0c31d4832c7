//! Signing in with a passkey over HTTP: what works, what it costs the database, and every lie that a browser or authenticator may tell.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};
use weftid::actions::audit::Origin;
use weftid::actions::users;
use weftid::base::base64url;
use weftid::base::email::Email;
use weftid_tests::authenticator::{Authenticator, Lie};
use weftid_tests::person::{Person, finishing};
use weftid_tests::provider::Provider;
use weftid_tests::wire::Answer;
use weftid_tests::{on_both_databases, one_character_off};

use crate::coming_aboard::{invitation, path};
use crate::stored::{events, events_because, rows};

pub(crate) const BEGIN: &str = "/login/passkey/begin";
pub(crate) const FINISH: &str = "/login/passkey/finish";

/// The same person at a fresh browser, with the sign-in page open.
pub(crate) async fn at_the_sign_in_page(provider: &Provider, person: &Person) -> Person {
    let mut person = person.at_another_browser();
    person.opens(provider.url("/login")).await.shows("sign-in");
    person
}

/// A ceremony that began, and the honest answer to it.
pub(crate) async fn almost_signed_in(person: &mut Person, lies: &[Lie]) -> Value {
    let options = person.posts_json(BEGIN, &json!({})).await.expect(200).json();
    let origin = person.url();
    let credential = person.authenticator.get_with(&options["publicKey"], &origin, lies).expect("the authenticator agrees");
    finishing(&options, credential, &json!({}))
}

pub(crate) async fn signs_in(provider: &Provider, person: &Person) -> Person {
    let mut person = at_the_sign_in_page(provider, person).await;
    person.touches_passkey().await.shows("dashboard");
    person
}

async fn deactivate(provider: &Provider, email: &str) {
    let email = Email::parse(email).expect("an address");
    users::deactivate(&provider.app, &email, &Origin::command_line()).await.expect("the person is there");
}

/// A refusal with everything masked that differs between any two answers: request ids, and the moment.
fn masked(answer: &Answer) -> String {
    let mut body = answer.json();
    body["request_id"] = json!("(masked)");
    let headers: BTreeSet<String> =
        answer.headers.iter().filter(|(name, _)| *name != "date").map(|(name, value)| format!("{name}: {}", value.to_str().unwrap_or("?"))).collect();
    format!("{} {headers:?} {body}", answer.status)
}

fn base64(bytes: &[u8]) -> Value {
    json!(base64url::encode(bytes))
}

on_both_databases! {
    /// B-AUTH-07: with the email typed or without, the passkey signs the person in, and the session says by what means.
    async fn a_passkey_signs_in_with_and_without_an_email(kind: Kind) {
        let provider = Provider::start(kind).await;
        let ada = provider.admin().await;
        signs_in(&provider, &ada).await;
        let mut person = at_the_sign_in_page(&provider, &ada).await;
        let page = person.presses("continue", &[("email", " ADA@id.example ")]).await.shows("sign-in");
        assert!(page.text().contains("ada@id.example"));
        let finished = person.signs_in_with_passkey(BEGIN, FINISH, &json!({"email": "ada@id.example"})).await;
        person.follows(finished).await.shows("dashboard");
        assert_eq!(events(&provider.database, "signed_in").await, 2);
        assert_eq!(provider.database.count("SELECT count(*) FROM sessions WHERE acr = 'phr' AND ended_at IS NULL").await, 3);
        assert_eq!(provider.database.count("SELECT count(*) FROM passkeys WHERE last_used_at IS NOT NULL").await, 1);
        assert_eq!(person.jar.refused(), [""; 0]);
    }

    /// B-ENUM-01, B-ENUM-03: known, unknown and shut-out people get the same page, byte for byte, and nobody is looked up.
    ///
    /// Masked: the address itself, the form token of the browser, the request id, and the page's moment.
    async fn the_email_page_tells_nothing_about_accounts(kind: Kind) {
        let provider = Provider::start(kind).await;
        provider.admin().await;
        provider.person("bob@id.example", "Bob").await;
        deactivate(&provider, "bob@id.example").await;
        let mut pages = BTreeSet::new();
        for email in ["ada@id.example", "bob@id.example", "eve@id.example"] {
            let mut person = provider.stranger();
            person.opens(provider.url("/login")).await.shows("sign-in");
            let (arrival, counted) = provider.counts(person.presses("continue", &[("email", email)])).await;
            assert_eq!((counted.reads, counted.writes), (0, 0), "{email} was looked up");
            let page = arrival.shows("sign-in");
            let token = page.csrf_token().expect("a page has a token").to_owned();
            let answer = arrival.answer();
            let names: Vec<&str> = answer.headers.keys().map(http::HeaderName::as_str).collect();
            pages.insert((names.join(" "), answer.text().replace(email, "(email)").replace(&token, "(token)")));
        }
        assert_eq!(pages.len(), 1, "{pages:#?}");
    }

    /// B-ENUM-02: no credential is named, to nobody.
    async fn the_options_name_no_credential(kind: Kind) {
        let provider = Provider::start(kind).await;
        let ada = provider.admin().await;
        let mut person = at_the_sign_in_page(&provider, &ada).await;
        for body in [json!({}), json!({"email": "ada@id.example"}), json!({"email": "eve@id.example"})] {
            let options = person.posts_json(BEGIN, &body).await.expect(200).json();
            let public_key = options["publicKey"].as_object().expect("options");
            assert!(!public_key.contains_key("allowCredentials"), "{options}");
            assert_eq!((public_key["rpId"].as_str(), public_key["userVerification"].as_str()), (Some("id.example"), Some("required")));
        }
    }

    /// B-CH-01, B-CH-06: every challenge is new and long, and beginning a thousand times stores nothing, reads nothing, writes nothing.
    async fn beginning_costs_the_database_nothing(kind: Kind) {
        let provider = Provider::start(kind).await;
        let ada = provider.admin().await;
        let mut person = at_the_sign_in_page(&provider, &ada).await;
        let before = rows(&provider.database).await;
        let (challenges, counted) = provider
            .counts(async {
                let mut challenges = BTreeSet::new();
                for _ in 0..1_000 {
                    let options = person.posts_json(BEGIN, &json!({})).await.expect(200).json();
                    let challenge = base64url::decode(options["publicKey"]["challenge"].as_str().expect("a challenge")).expect("base64url");
                    assert!(challenge.len() >= 16, "{challenge:?}");
                    challenges.insert(challenge);
                }
                challenges
            })
            .await;
        assert_eq!(challenges.len(), 1_000);
        assert_eq!((counted.reads, counted.writes), (0, 0));
        assert_eq!(rows(&provider.database).await, before);
    }

    /// B-AUTH-03, E-RACE-05: ending costs two reads at most and one write, whatever it comes to.
    async fn ending_costs_two_reads_and_one_write(kind: Kind) {
        let provider = Provider::start(kind).await;
        let ada = provider.admin().await;
        let mut fresh = at_the_sign_in_page(&provider, &ada).await;
        let mut again = ada.clone();
        again.opens(provider.url("/account")).await.shows("dashboard");
        let mut lying = at_the_sign_in_page(&provider, &ada).await;
        let mut stranger = lying.clone();
        let unknown = [Lie::CredentialId(vec![1; 32])];
        let (honest, broken) = ([], [Lie::BrokenSignature]);
        let cases: [(&str, &mut Person, &[Lie], u16); 4] = [
            ("at a fresh browser", &mut fresh, &honest, 200),
            ("while signed in", &mut again, &honest, 200),
            ("with a broken signature", &mut lying, &broken, 401),
            ("with an unknown passkey", &mut stranger, &unknown, 401),
        ];
        for (what, person, lies, status) in cases {
            let body = almost_signed_in(person, lies).await;
            let (answer, counted) = provider.counts(person.posts_json(FINISH, &body)).await;
            assert_eq!(answer.status.as_u16(), status, "{what}: {answer}");
            assert!(counted.reads <= 2, "{what}: {} reads", counted.reads);
            assert_eq!(counted.writes, 1, "{what}");
        }
    }

    /// B-CH-02: a ceremony lives five minutes; what comes later is told so, and judged by nobody.
    async fn a_ceremony_is_over_after_five_minutes(kind: Kind) {
        let provider = Provider::start(kind).await;
        let ada = provider.admin().await;
        let mut person = at_the_sign_in_page(&provider, &ada).await;
        let late = almost_signed_in(&mut person, &[]).await;
        provider.clock.advance(Duration::from_millis(1));
        let timely = almost_signed_in(&mut person, &[]).await;
        provider.clock.advance(Duration::from_mins(5) - Duration::from_millis(1));
        let before = rows(&provider.database).await;
        let (answer, counted) = provider.counts(person.posts_json(FINISH, &late)).await;
        assert_eq!(answer.expect(410).error_code(), "ceremony_expired");
        assert_eq!((counted.reads, counted.writes), (0, 0));
        assert_eq!(rows(&provider.database).await, before);
        person.posts_json(FINISH, &timely).await.expect(200).json();
    }

    /// B-CH-03: a challenge is judged once, whether the first answer was right or wrong.
    async fn a_ceremony_is_judged_once(kind: Kind) {
        let provider = Provider::start(kind).await;
        let ada = provider.admin().await;
        let mut person = at_the_sign_in_page(&provider, &ada).await;
        let good = almost_signed_in(&mut person, &[]).await;
        person.posts_json(FINISH, &good).await.expect(200).json();
        let before = rows(&provider.database).await;
        assert_eq!(person.posts_json(FINISH, &good).await.expect(409).error_code(), "ceremony_used");
        // A wrong answer first: the right one comes too late.
        let options = person.posts_json(BEGIN, &json!({})).await.expect(200).json();
        let origin = person.url();
        let wrong = person.authenticator.get_with(&options["publicKey"], &origin, &[Lie::BrokenSignature]).expect("an answer");
        let right = person.authenticator.get(&options["publicKey"], &origin).expect("an answer");
        let answer = person.posts_json(FINISH, &finishing(&options, wrong, &json!({}))).await.expect(401);
        assert_eq!(answer.error_code(), "passkey_invalid");
        let answer = person.posts_json(FINISH, &finishing(&options, right, &json!({}))).await.expect(409);
        assert_eq!(answer.error_code(), "ceremony_used");
        let after = rows(&provider.database).await;
        assert_eq!(after["sessions"], before["sessions"]);
        assert_eq!(after["spent"], before["spent"] + 1);
        assert_eq!(events(&provider.database, "sign_in_failed").await, 1);
    }

    /// B-CH-03, E-RACE-05: fifty times the same answer at once is one sign-in.
    async fn fifty_replays_at_once_are_one_sign_in(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut ada = provider.stranger();
        ada.authenticator = Authenticator::security_key();
        let ada = provider.person_with(ada, "ada@id.example", "Ada").await;
        let mut person = at_the_sign_in_page(&provider, &ada).await;
        let body = almost_signed_in(&mut person, &[]).await;
        let before = rows(&provider.database).await;
        let mut tabs = vec![person; 50];
        let answers = join_all(tabs.iter_mut().map(|tab| tab.posts_json(FINISH, &body))).await;
        let count = |status: u16| answers.iter().filter(|answer| answer.status.as_u16() == status).count();
        assert_eq!((count(200), count(409)), (1, 49));
        let after = rows(&provider.database).await;
        assert_eq!((after["sessions"], after["spent"]), (before["sessions"] + 1, before["spent"] + 1));
        assert_eq!(provider.database.count("SELECT counter FROM passkeys").await, 1);
        assert_eq!(events(&provider.database, "signed_in").await, 1);
    }

    /// B-CH-04: a ceremony belongs to its browser, its kind, its link, and the request it began for. None of these attempts burns it.
    async fn a_ceremony_is_worth_nothing_elsewhere(kind: Kind) {
        let provider = Provider::start(kind).await;
        let ada = provider.admin().await;
        let mut person = at_the_sign_in_page(&provider, &ada).await;
        let body = almost_signed_in(&mut person, &[]).await;
        let mut thief = at_the_sign_in_page(&provider, &ada).await;
        let before = rows(&provider.database).await;
        let refused = |answer: Answer, what: &str| {
            assert_eq!((answer.status.as_u16(), answer.error_code().as_str()), (400, "ceremony_foreign"), "{what}");
        };

        refused(thief.posts_json(FINISH, &body).await, "another browser");
        let mut for_a_request = body.clone();
        for_a_request["request"] = json!("ar_other");
        refused(person.posts_json(FINISH, &for_a_request).await, "another request");

        let links = [invitation(&provider, "bob@id.example").await, invitation(&provider, "carol@id.example").await];
        let made = rows(&provider.database).await;
        let [bobs, carols] = [path(&links[0]), path(&links[1])];
        refused(person.posts_json(&format!("{bobs}/passkey/finish"), &body).await, "a sign-in that registers");
        let registering = person.posts_json(&format!("{bobs}/passkey/begin"), &json!({"name": "Bob"})).await.expect(200).json();
        let origin = person.url();
        let mut bob = Authenticator::synced();
        let credential = bob.create(&registering["publicKey"], &origin).expect("the authenticator agrees");
        let registration = finishing(&registering, credential, &json!({}));
        refused(person.posts_json(FINISH, &registration).await, "a registration that signs in");
        refused(person.posts_json(&format!("{carols}/passkey/finish"), &registration).await, "a registration under another link");
        refused(thief.posts_json(&format!("{bobs}/passkey/finish"), &registration).await, "a registration in another browser");

        assert_eq!(rows(&provider.database).await, made);
        assert_eq!(made["spent"], before["spent"]);
        // Nothing of it was burnt.
        person.posts_json(&format!("{bobs}/passkey/finish"), &registration).await.expect(200).json();
        person.posts_json(FINISH, &body).await.expect(200).json();
    }

    /// B-CH-05: the sealed ceremony is ours alone: whatever is changed in it makes it nothing, without a look into the database.
    async fn a_ceremony_that_was_touched_is_nothing(kind: Kind) {
        let provider = Provider::start(kind).await;
        let ada = provider.admin().await;
        let mut person = at_the_sign_in_page(&provider, &ada).await;
        let body = almost_signed_in(&mut person, &[]).await;
        let ceremony = body["ceremony"].as_str().expect("a text").to_owned();
        let mut touched: Vec<String> = (0..ceremony.len())
            .step_by(7)
            .chain([ceremony.len() - 1])
            .map(|place| one_character_off(&ceremony, place))
            .collect();
        let spellings = [format!("{ceremony}="), format!(" {ceremony}"), format!("{ceremony}A"), ceremony[..ceremony.len() - 1].to_owned()];
        touched.extend(spellings);
        touched.extend([String::new(), "wc_".to_owned(), "x".repeat(10_000), "é\0".to_owned()]);
        for text in touched {
            let mut body = body.clone();
            body["ceremony"] = json!(text);
            let (answer, counted) = provider.counts(person.posts_json(FINISH, &body)).await;
            assert_eq!((answer.status.as_u16(), answer.error_code().as_str()), (400, "ceremony_foreign"), "{text}: {answer}");
            assert_eq!((counted.reads, counted.writes), (0, 0), "{text}");
        }
        person.posts_json(FINISH, &body).await.expect(200).json();
    }

    /// B-CD-01, B-CD-02, B-CD-03, B-CD-04, B-CD-05, B-AD-01, B-AD-02, B-AD-03, B-AD-04, B-AD-05, B-AUTH-01, B-AUTH-02, B-AUTH-03: every lie
    /// at sign-in is refused for what it is, and has no effect but that its challenge is spent; outside all refusals look alike (B-AUTH-06).
    async fn no_lie_signs_in(kind: Kind) {
        let provider = Provider::start(kind).await;
        let ada = provider.admin().await;
        let bob = provider.person("bob@id.example", "Bob").await;
        let mut person = at_the_sign_in_page(&provider, &ada).await;
        let (adas, bobs) = (ada.authenticator.credentials[0].clone(), bob.authenticator.credentials[0].clone());
        let id = base64url::encode(&adas.id);
        let text = |text: &str| text.to_owned();
        let mut lies: Vec<(Lie, &str)> = Vec::new();
        lies.extend(["webauthn.create", "payment.get", "WEBAUTHN.GET", ""].map(|kind| (Lie::Type(text(kind)), "type")));
        lies.extend(
            [
                "https://evil-id.example", "https://x.id.example", "https://id.example.evil", "http://id.example", "https://id.example:8443",
                "https://id.example/", "https://ID.example", "https://id.example:443", "null", "", "android:apk-key-hash:x",
            ]
            .map(|origin| (Lie::Origin(text(origin)), "origin")),
        );
        lies.extend([
            (Lie::CrossOrigin(true), "cross_origin"),
            (Lie::TopOrigin(text("https://id.example")), "cross_origin"),
            (Lie::Challenge(base64url::encode([7; 32])), "challenge"),
            (Lie::Challenge(text("AAA=")), "spelling"),
            (Lie::RepeatedMember("challenge", base64url::encode([7; 32])), "client_data"),
            (Lie::RepeatedMember("origin", text("https://id.example")), "client_data"),
            (Lie::ClientData(b"{}".to_vec()), "client_data"),
            (Lie::ClientData(vec![0xff, 0xfe]), "client_data"),
            (Lie::ClientData(b"[1]".to_vec()), "client_data"),
            (Lie::Member("/rawId", json!(format!("{id}="))), "spelling"),
            (Lie::Member("/id", base64(&bobs.id)), "credential_id_mismatch"),
            (Lie::Member("/rawId", base64(&bobs.id)), "credential_id_mismatch"),
            (Lie::Member("/response/signature", json!("MEUC+/==")), "spelling"),
            (Lie::Member("/response/userHandle", json!("!!")), "spelling"),
            (Lie::RpId(text("example")), "relying_party"),
            (Lie::RpId(text("https://id.example")), "relying_party"),
            (Lie::UserPresent(false), "user_not_present"),
            (Lie::UserVerified(false), "user_not_verified"),
            (Lie::BackupEligible(false), "backup_eligibility_changed"),
            (Lie::Truncated(1), "authenticator_data"),
            (Lie::Trailing(vec![0]), "authenticator_data"),
            (Lie::Flags(0x40), "authenticator_data"),
            (Lie::Flags(0x80), "authenticator_data"),
            (Lie::UserHandle(None), "user_handle"),
            (Lie::UserHandle(Some(vec![])), "user_handle"),
            (Lie::UserHandle(Some(bobs.user_handle.clone())), "user_handle"),
            (Lie::UserHandle(Some(vec![7; 16])), "user_handle"),
            (Lie::CredentialId(bobs.id.clone()), "user_handle"),
            (Lie::CredentialId(vec![7; 32]), "passkey_unknown"),
            (Lie::CredentialIdLength(1_024), "credential_id_length"),
            (Lie::CredentialIdLength(0), "credential_id_length"),
            (Lie::BrokenSignature, "signature"),
            (Lie::Member("/response/signature", json!("")), "signature"),
            // r = 0 and s = 0.
            (Lie::Member("/response/signature", base64(&[0x30, 6, 2, 1, 0, 2, 1, 0])), "signature"),
            (Lie::Member("/response/signature", json!(7)), "malformed"),
            (Lie::Member("/response", json!({})), "malformed"),
            (Lie::Member("/response", json!([])), "malformed"),
            (Lie::Member("/type", json!("password")), "malformed"),
            (Lie::Member("/response/authenticatorData", json!("")), "authenticator_data"),
        ]);
        let before = rows(&provider.database).await;
        let mut answers = BTreeSet::new();
        let count = i64::try_from(lies.len()).expect("few");
        for (lie, reason) in lies {
            let known = events_because(&provider.database, "sign_in_failed", reason).await;
            let answer = person.signs_in_with_passkey_lying(BEGIN, FINISH, &json!({}), std::slice::from_ref(&lie)).await;
            let code = if reason == "passkey_unknown" { "passkey_unknown" } else { "passkey_invalid" };
            assert_eq!((answer.status.as_u16(), answer.error_code().as_str()), (401, code), "{lie:?}: {answer}");
            let seen = events_because(&provider.database, "sign_in_failed", reason).await;
            assert_eq!(seen, known + 1, "{lie:?} was not refused because of {reason}");
            answers.insert(masked(&answer));
        }
        // One for all, and one for an id that is nobody's: see `who_is_shut_out_cannot_sign_in`.
        assert_eq!(answers.len(), 2, "{answers:#?}");
        let after = rows(&provider.database).await;
        assert_eq!((after["sessions"], after["spent"]), (before["sessions"], before["spent"] + count));
        assert_eq!(after["audit_events"], before["audit_events"] + count);
        assert!(person.jar.get("session").is_none());
        assert_eq!(provider.database.count("SELECT count(*) FROM passkeys WHERE counter <> 0 OR last_used_at IS NOT NULL").await, 0);
        person.touches_passkey().await.shows("dashboard");
    }

    /// B-CD-04, B-AD-07: what the specification tells us to pass over is passed over.
    async fn what_means_nothing_is_passed_over(kind: Kind) {
        let provider = Provider::start(kind).await;
        let ada = provider.admin().await;
        for lie in [
            Lie::RepeatedMember("new_in_level_9", "x".to_owned()),
            Lie::Member("/clientExtensionResults", json!({"appid": true, "new": {"a": [1]}})),
            Lie::Member("/authenticatorAttachment", json!("neither")),
        ] {
            let mut person = at_the_sign_in_page(&provider, &ada).await;
            let answer = person.signs_in_with_passkey_lying(BEGIN, FINISH, &json!({}), std::slice::from_ref(&lie)).await;
            assert_eq!(answer.status, 200, "{lie:?}: {answer}");
        }
    }

    /// B-AD-04: a passkey's backup state follows the authenticator; its eligibility never changes.
    async fn backup_flags_are_followed_and_held(kind: Kind) {
        let provider = Provider::start(kind).await;
        let ada = provider.admin().await;
        let mut person = at_the_sign_in_page(&provider, &ada).await;
        let answer = person.signs_in_with_passkey_lying(BEGIN, FINISH, &json!({}), &[Lie::BackedUp(false)]).await;
        assert_eq!(answer.status, 200, "{answer}");
        let backed_up = |yes: bool| format!("SELECT count(*) FROM passkeys WHERE backed_up = {yes}");
        assert_eq!(provider.database.count(&backed_up(false)).await, 1);
        let answer = person.signs_in_with_passkey_lying(BEGIN, FINISH, &json!({}), &[Lie::BackupEligible(false), Lie::BackedUp(false)]).await;
        assert_eq!(answer.expect(401).error_code(), "passkey_invalid");
        assert_eq!(events_because(&provider.database, "sign_in_failed", "backup_eligibility_changed").await, 1);
        person.signs_in_with_passkey(BEGIN, FINISH, &json!({})).await.expect(200).json();
        assert_eq!(provider.database.count(&backed_up(true)).await, 1);
    }

    /// B-AUTH-01: who was named first must be whose passkey it is; only who holds a good passkey is told.
    async fn a_passkey_of_another_account_than_named_is_refused(kind: Kind) {
        let provider = Provider::start(kind).await;
        let ada = provider.admin().await;
        provider.person("bob@id.example", "Bob").await;
        let mut person = at_the_sign_in_page(&provider, &ada).await;
        for named in ["bob@id.example", "nobody@id.example"] {
            let named = json!({"email": named});
            let answer = person.signs_in_with_passkey(BEGIN, FINISH, &named).await.expect(409);
            assert_eq!(answer.error_code(), "passkey_other_account");
            let answer = person.signs_in_with_passkey_lying(BEGIN, FINISH, &named, &[Lie::BrokenSignature]).await.expect(401);
            assert_eq!(answer.error_code(), "passkey_invalid");
        }
        assert!(person.jar.get("session").is_none());
        assert_eq!(events_because(&provider.database, "sign_in_failed", "other_account").await, 2);
        let answer = person.signs_in_with_passkey(BEGIN, FINISH, &json!({"email": "not an address"})).await.expect(400);
        assert_eq!(answer.error_code(), "email_invalid");
    }

    /// B-AUTH-03: another key under the name of a known credential proves nothing.
    async fn another_key_under_a_known_name_proves_nothing(kind: Kind) {
        let provider = Provider::start(kind).await;
        let ada = provider.admin().await;
        let eve = provider.person("eve@id.example", "Eve").await;
        let known = &ada.authenticator.credentials[0];
        let mut person = at_the_sign_in_page(&provider, &eve).await;
        let lies = [Lie::CredentialId(known.id.clone()), Lie::UserHandle(Some(known.user_handle.clone()))];
        person.signs_in_with_passkey_lying(BEGIN, FINISH, &json!({}), &lies).await.expect(401).json();
        assert_eq!(events_because(&provider.database, "sign_in_failed", "signature").await, 1);
    }

    /// B-AUTH-04, E-RACE-05: the counter is kept and only grows; one that does not grow is recorded, and a refused answer moves nothing.
    async fn the_counter_only_grows(kind: Kind) {
        let provider = Provider::start_with(kind, &[("passkeys.suspected_clone", "allow")]).await;
        let mut ada = provider.stranger();
        ada.authenticator = Authenticator::security_key();
        let ada = provider.person_with(ada, "ada@id.example", "Ada").await;
        let mut person = at_the_sign_in_page(&provider, &ada).await;
        let stored = async || provider.database.count("SELECT counter FROM passkeys").await;
        for (said, kept, flagged) in [(5, 5, 0), (6, 6, 0), (6, 6, 1), (3, 6, 2), (0, 6, 3), (u32::MAX, i64::from(u32::MAX), 3)] {
            let answer = person.signs_in_with_passkey_lying(BEGIN, FINISH, &json!({}), &[Lie::Counter(said)]).await;
            assert_eq!(answer.status, 200, "{said}: {answer}");
            assert_eq!(stored().await, kept, "after {said}");
            assert_eq!(events(&provider.database, "passkey_counter_went_back").await, flagged, "after {said}");
        }
        provider.database.execute("UPDATE passkeys SET counter = 10").await;
        person.signs_in_with_passkey_lying(BEGIN, FINISH, &json!({}), &[Lie::Counter(20), Lie::BrokenSignature]).await.expect(401).json();
        assert_eq!(stored().await, 10);
        // Sign-ins at once: the highest stays.
        let mut bodies = Vec::new();
        for counter in 11..=20 {
            bodies.push(almost_signed_in(&mut person, &[Lie::Counter(counter)]).await);
        }
        let mut tabs = vec![person; bodies.len()];
        let answers = join_all(tabs.iter_mut().zip(&bodies).map(|(tab, body)| tab.posts_json(FINISH, body))).await;
        assert!(answers.iter().all(|answer| answer.status == 200));
        assert_eq!(stored().await, 20);
    }

    /// B-AUTH-05, B-AUTH-06: who is shut out cannot sign in, not even with a ceremony that had begun, and outside it looks like any refusal.
    /// B-ENUM-04: an id that is nobody's is told apart by its code and words alone, so that a credential manager can let go of it.
    async fn who_is_shut_out_cannot_sign_in(kind: Kind) {
        let provider = Provider::start(kind).await;
        let ada = provider.admin().await;
        let bob = provider.person("bob@id.example", "Bob").await;
        let mut person = at_the_sign_in_page(&provider, &bob).await;
        let begun = almost_signed_in(&mut person, &[]).await;
        deactivate(&provider, "bob@id.example").await;
        let shut_out = person.posts_json(FINISH, &begun).await.expect(401);
        let named = person.signs_in_with_passkey(BEGIN, FINISH, &json!({"email": "bob@id.example"})).await.expect(401);
        let unknown = person.signs_in_with_passkey_lying(BEGIN, FINISH, &json!({}), &[Lie::CredentialId(vec![7; 32])]).await.expect(401);
        let mut other = at_the_sign_in_page(&provider, &ada).await;
        let broken = other.signs_in_with_passkey_lying(BEGIN, FINISH, &json!({}), &[Lie::BrokenSignature]).await.expect(401);
        assert_eq!([&named, &broken].map(masked), [masked(&shut_out), masked(&shut_out)]);
        assert_eq!((unknown.error_code().as_str(), shut_out.error_code().as_str()), ("passkey_unknown", "passkey_invalid"));
        let without_words = |answer: &Answer| {
            let mut names: Vec<&str> = answer.headers.keys().map(http::HeaderName::as_str).collect();
            names.sort_unstable();
            let members: Vec<String> = answer.json().as_object().expect("a problem").keys().cloned().collect();
            (answer.status, names.join(" "), members)
        };
        assert_eq!(without_words(&unknown), without_words(&shut_out));
        assert!(person.jar.get("session").is_none());
        assert_eq!(events_because(&provider.database, "sign_in_failed", "deactivated").await, 2);
        let email = Email::parse("bob@id.example").expect("an address");
        users::activate(&provider.app, &email, &Origin::command_line()).await.expect("the person is there");
        signs_in(&provider, &bob).await;
    }

    /// A-AUTHN-05: what was typed and is no address is shown again as text, with a reason.
    async fn what_is_no_address_is_shown_again(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut person = provider.stranger();
        for typed in ["<svg onload=alert(1)>\"'", "ada", "a@b@c"] {
            person.opens(provider.url("/login")).await.shows("sign-in");
            let page = person.presses("continue", &[("email", typed)]).await.page(400);
            assert_eq!(page.name(), "sign-in");
            assert_eq!(page.with("name", "email").next().and_then(|field| field.attribute("value")), Some(typed));
            assert_eq!(page.with("role", "alert").count(), 1);
            assert!(page.all("svg").all(|svg| svg.attribute("onload").is_none()));
        }
    }

    /// C-THR-06, B-CH-06: beyond what a network may, nothing is judged, written or burnt; a header that claims another network is not believed.
    async fn a_flood_is_turned_away_and_burns_nothing(kind: Kind) {
        let provider = Provider::start_with(kind, &[("limits.network_per_minute", "5")]).await;
        let ada = provider.admin().await;
        let mut person = at_the_sign_in_page(&provider, &ada).await;
        let body = almost_signed_in(&mut person, &[]).await;
        // Coming aboard was one of the five.
        for _ in 0..4 {
            person.signs_in_with_passkey_lying(BEGIN, FINISH, &json!({}), &[Lie::BrokenSignature]).await.expect(401).json();
        }
        let before = rows(&provider.database).await;
        for header in [None, Some("x-forwarded-for"), Some("forwarded"), Some("x-real-ip")] {
            person.headers = header.map(|name| (name, "203.0.113.9".to_owned())).into_iter().collect();
            let (answer, counted) = provider.counts(person.posts_json(FINISH, &body)).await;
            let wait: u32 = answer.header("retry-after").parse().expect("whole seconds");
            assert!((1..=60).contains(&wait), "{wait}");
            assert_eq!(answer.expect(429).error_code(), "too_many_attempts");
            assert_eq!((counted.reads, counted.writes), (0, 0));
        }
        assert_eq!(rows(&provider.database).await, before);
        // A node that was not flooded takes the same answer.
        let other = Provider::on(provider.database.copied().await, provider.clock.clone(), &[]).await;
        let mut elsewhere = other.stranger();
        elsewhere.jar = person.jar.clone();
        elsewhere.opens(other.url("/login")).await.shows("sign-in");
        elsewhere.posts_json(FINISH, &body).await.expect(200).json();
    }
}
