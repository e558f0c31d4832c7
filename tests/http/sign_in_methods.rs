//! Sign-in Methods over HTTP: another passkey, its name, taking one away, and that only whoever has just proved who they are does so.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};
use weftid::actions::audit::Origin;
use weftid::actions::users;
use weftid::base::email::Email;
use weftid_tests::authenticator::{Authenticator, Lie};
use weftid_tests::html::Page;
use weftid_tests::on_both_databases;
use weftid_tests::person::{Person, finishing};
use weftid_tests::provider::Provider;
use weftid_tests::wire::Answer;

use crate::passkeys::{BEGIN as LOGIN_BEGIN, FINISH as LOGIN_FINISH, at_the_sign_in_page, signs_in};
use crate::stored::{block_audit, events, events_because, let_audit_through, rows};

const PLACE: &str = "/account/sign-in-methods";
const BEGIN: &str = "/account/passkeys/begin";
const FINISH: &str = "/account/passkeys/finish";
const CONFIRM_BEGIN: &str = "/account/confirm/begin";
const CONFIRM_FINISH: &str = "/account/confirm/finish";

/// After this long signing in is no proof for a change any more.
const STEP_UP: Duration = Duration::from_mins(5);

/// What a YubiKey 5 says it is.
const YUBIKEY_5: [u8; 16] = [0xee, 0x88, 0x28, 0x79, 0x72, 0x1c, 0x49, 0x13, 0x97, 0x75, 0x3d, 0xfc, 0xce, 0x97, 0x07, 0x2a];

fn yubikey() -> Authenticator {
    Authenticator { aaguid: YUBIKEY_5, ..Authenticator::security_key() }
}

/// Somebody new on their page.
async fn at_the_page(provider: &Provider) -> Person {
    let mut ada = provider.admin().await;
    ada.opens(provider.url(PLACE)).await.shows("sign-in-methods");
    ada
}

/// Registers a passkey in another authenticator, which is in the person's hand afterwards. Gives the one that was, and what was answered.
async fn registers_in(person: &mut Person, authenticator: Authenticator) -> (Authenticator, Answer) {
    let before = std::mem::replace(&mut person.authenticator, authenticator);
    let answer = person.registers_passkey(BEGIN, FINISH, &json!({})).await;
    (before, answer)
}

/// The same person in the same browser, with this authenticator in their hand.
fn holding(person: &Person, authenticator: Authenticator) -> Person {
    let mut person = person.clone();
    person.authenticator = authenticator;
    person
}

/// A ceremony that began, and the honest answer to it.
async fn almost_registered(person: &mut Person, lies: &[Lie]) -> Value {
    let options = person.posts_json(BEGIN, &json!({})).await.expect(200).json();
    let origin = person.url();
    let credential = person.authenticator.create_with(&options["publicKey"], &origin, lies).expect("the authenticator agrees");
    finishing(&options, credential, &json!({}))
}

async fn confirms(person: &mut Person) -> Answer {
    person.signs_in_with_passkey(CONFIRM_BEGIN, CONFIRM_FINISH, &json!({})).await
}

/// Where the page leads to for this action, passkey by passkey.
fn ways(page: &Page, action: &str) -> Vec<String> {
    page.with("data-action", action).filter_map(|link| link.attribute("href")).map(str::to_owned).collect()
}

fn code(answer: &Answer) -> String {
    answer.json()["code"].as_str().unwrap_or_default().to_owned()
}

async fn passkeys(provider: &Provider) -> i64 {
    provider.database.count("SELECT count(*) FROM passkeys").await
}

on_both_databases! {
    /// B-REG-12: a further passkey is registered, named after what keeps it, called something else, listed with what is known of it, and signs in.
    async fn a_second_passkey_is_registered_named_and_signs_in(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut ada = at_the_page(&provider).await;
        let page = ada.page();
        assert!(page.text().contains("One passkey is a single point of failure"), "{}", page.text());
        assert!(page.text().contains("Saved today"), "{}", page.text());
        let dashboard = ada.opens(provider.url("/account")).await.shows("dashboard");
        let leads_there = dashboard.all("a").filter(|link| link.attribute("href").is_some_and(|href| href.ends_with(PLACE))).count();
        assert_eq!(leads_there, 2, "the rail and the nudge");
        ada.opens(provider.url(PLACE)).await.shows("sign-in-methods");

        let (first, finished) = registers_in(&mut ada, yubikey()).await;
        let page = ada.follows(finished).await.shows("rename-passkey");
        assert!(page.text().contains("Your new passkey works") && page.text().contains("iPhone 15 Pro"), "{}", page.text());
        assert_eq!(page.with("name", "name").find_map(|field| field.attribute("value")), Some("YubiKey 5"));
        let page = ada.presses("rename", &[("name", " In the drawer <b> ")]).await.shows("sign-in-methods");
        assert!(page.text().contains("In the drawer <b>") && page.text().contains("YubiKey 5 ·"), "{}", page.text());
        assert!(page.text().contains("On one device") && page.text().contains("Synced") && page.text().contains("never used yet"), "{}", page.text());
        // "It stops at two", here and there.
        assert!(!page.text().contains("single point of failure"));
        assert!(!ada.opens(provider.url("/account")).await.shows("dashboard").text().contains("single point of failure"));

        for authenticator in [ada.authenticator.clone(), first] {
            let mut person = ada.at_another_browser();
            person.authenticator = authenticator;
            person.opens(provider.url("/login")).await.shows("sign-in");
            person.touches_passkey().await.shows("dashboard");
        }
        assert_eq!(provider.database.count("SELECT count(DISTINCT passkey_id) FROM sessions").await, 2);
        for (event, times) in [("passkey_registered", 2), ("passkey_renamed", 1)] {
            assert_eq!(events(&provider.database, event).await, times, "{event}");
        }
        assert_eq!(provider.database.count("SELECT count(*) FROM audit_events WHERE detail LIKE '%drawer%'").await, 0);
    }

    /// B-REG-08: the options exclude what the person has; who goes round the browser is refused by the server, and nothing changes.
    async fn what_is_known_is_not_registered_again(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut ada = at_the_page(&provider).await;
        let bob = provider.person("bob@id.example", "Bob").await;
        let options = ada.posts_json(BEGIN, &json!({})).await.expect(200).json();
        let excluded = options["publicKey"]["excludeCredentials"].as_array().expect("a list").len();
        assert_eq!(excluded, 1, "{options}");
        let origin = ada.url();
        assert_eq!(ada.authenticator.create(&options["publicKey"], &origin).err(), Some("InvalidStateError"));
        for known in [ada.authenticator.credentials[0].id.clone(), bob.authenticator.credentials[0].id.clone()] {
            let mut eve = ada.clone();
            eve.authenticator = yubikey();
            let body = almost_registered(&mut eve, &[Lie::CredentialId(known)]).await;
            let answer = eve.posts_json(FINISH, &body).await.expect(409);
            assert_eq!(code(&answer), "passkey_exists");
            assert_eq!(code(&eve.posts_json(FINISH, &body).await.expect(409)), "ceremony_used");
        }
        assert_eq!(events_because(&provider.database, "passkey_registration_failed", "passkey_exists").await, 2);
        assert_eq!(passkeys(&provider).await, 2);
    }

    /// B-REG-12: no more than `limits.passkeys_per_user`, whether it is reached before the ceremony or during it.
    async fn a_person_has_no_more_than_the_limit(kind: Kind) {
        let provider = Provider::start_with(kind, &[("limits.passkeys_per_user", "2")]).await;
        let mut ada = at_the_page(&provider).await;
        let mut late = ada.clone();
        late.authenticator = yubikey();
        let late_body = almost_registered(&mut late, &[]).await;
        registers_in(&mut ada, yubikey()).await.1.expect(200).json();
        assert_eq!(code(&late.posts_json(FINISH, &late_body).await.expect(409)), "passkeys_full");
        assert_eq!(code(&ada.posts_json(BEGIN, &json!({})).await.expect(409)), "passkeys_full");
        let page = ada.opens(provider.url(PLACE)).await.shows("sign-in-methods");
        assert!(page.action("create-passkey").is_none() && page.text().contains("You have 2 passkeys"), "{}", page.text());
        assert_eq!(passkeys(&provider).await, 2);
    }

    /// C-SUDO-01, B-REG-07: five minutes after signing in nothing about passkeys can be changed, by script or form, until the person confirms; then
    /// what they sent goes through, and the session is the same one.
    async fn changes_need_a_fresh_proof(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut ada = at_the_page(&provider).await;
        let mut further = ada.clone();
        further.authenticator = yubikey();
        let begun = almost_registered(&mut further, &[]).await;
        let (rename, revoke) = (ways(&ada.page(), "rename")[0].clone(), ways(&ada.page(), "revoke")[0].clone());
        let moment = Duration::from_millis(1);
        provider.clock.advance(STEP_UP.saturating_sub(moment));
        ada.posts_json(BEGIN, &json!({})).await.expect(200).json();
        provider.clock.advance(moment);

        let before = rows(&provider.database).await;
        assert_eq!(code(&ada.posts_json(BEGIN, &json!({})).await.expect(403)), "confirm_needed");
        assert_eq!(code(&ada.posts_json(FINISH, &begun).await.expect(403)), "confirm_needed");
        ada.opens(provider.url(&revoke)).await.shows("revoke-passkey");
        ada.presses("revoke", &[("last_passkey", "yes")]).await.shows("confirm");
        ada.opens(provider.url(&rename)).await.shows("rename-passkey");
        let page = ada.presses("rename", &[("name", "Mine & only mine")]).await.shows("confirm");
        assert_eq!(rows(&provider.database).await, before, "nothing was changed");

        provider.database.execute("CREATE TABLE earlier AS SELECT id, sid, secret_digest, created_at FROM sessions").await;
        let stolen = ada.clone();
        confirms(&mut ada).await.expect(200).json();
        let same = "SELECT count(*) FROM sessions s JOIN earlier e ON e.id = s.id AND e.sid = s.sid AND e.created_at = s.created_at
                    WHERE s.secret_digest <> e.secret_digest AND s.authenticated_at = s.created_at + 300000 AND s.passkey_id IS NOT NULL";
        assert_eq!(provider.database.count(same).await, 1);
        assert_eq!(stolen.clone().opens(provider.url("/account")).await.page(200).name(), "sign-in", "the secret of before is dead");
        // The form goes round with what was in it.
        let form = page.form_to(provider.url(&rename).path()).expect("the form is carried along");
        let page = ada.submit(&form, &[], None).await.shows("sign-in-methods");
        assert!(page.text().contains("Mine & only mine"), "{}", page.text());
        let (_, finished) = registers_in(&mut ada, yubikey()).await;
        finished.expect(200).json();
        assert_eq!((events(&provider.database, "confirmed").await, events(&provider.database, "signed_in").await), (1, 0));
    }

    /// C-SUDO-03: a confirmation is by a passkey of the same person, in the same browser and session, for nothing else, and once.
    async fn a_confirmation_is_bound_to_person_browser_and_session(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut ada = at_the_page(&provider).await;
        let mut bob = provider.person("bob@id.example", "Bob").await;
        provider.clock.advance(STEP_UP);

        let options = ada.posts_json(CONFIRM_BEGIN, &json!({})).await.expect(200).json();
        let named = options["publicKey"]["allowCredentials"].as_array().expect("the person's passkeys").len();
        assert_eq!(named, 1, "{options}");
        let origin = ada.url();
        let mine = ada.authenticator.get(&options["publicKey"], &origin).expect("the authenticator agrees");
        let mut open = options["publicKey"].clone();
        open.as_object_mut().expect("options").remove("allowCredentials");
        let bobs = bob.authenticator.get(&open, &origin).expect("the authenticator agrees");

        // Another browser, another session, another purpose.
        let body = finishing(&options, mine.clone(), &json!({}));
        assert_eq!(code(&bob.posts_json(CONFIRM_FINISH, &body).await.expect(400)), "ceremony_foreign");
        let mut elsewhere = signs_in(&provider, &ada).await;
        assert_eq!(code(&elsewhere.posts_json(CONFIRM_FINISH, &body).await.expect(400)), "ceremony_foreign");
        assert_eq!(code(&ada.posts_json(LOGIN_FINISH, &body).await.expect(400)), "ceremony_foreign");
        let login = ada.posts_json(LOGIN_BEGIN, &json!({})).await.expect(200).json();
        let signing_in = ada.authenticator.get(&login["publicKey"], &origin).expect("the authenticator agrees");
        let answer = ada.posts_json(CONFIRM_FINISH, &finishing(&login, signing_in, &json!({}))).await.expect(400);
        assert_eq!(code(&answer), "ceremony_foreign");

        // Bob's passkey in Ada's session proves that it is not Ada.
        let answer = ada.posts_json(CONFIRM_FINISH, &finishing(&options, bobs, &json!({}))).await.expect(409);
        assert_eq!(code(&answer), "passkey_other_account");
        assert_eq!(events_because(&provider.database, "confirmation_failed", "other_account").await, 1);
        assert_eq!(code(&ada.posts_json(CONFIRM_FINISH, &body).await.expect(409)), "ceremony_used", "a challenge is judged once");
        assert_eq!(code(&ada.posts_json(BEGIN, &json!({})).await.expect(403)), "confirm_needed");
        let lying = ada.signs_in_with_passkey_lying(CONFIRM_BEGIN, CONFIRM_FINISH, &json!({}), &[Lie::BrokenSignature]).await;
        assert_eq!(code(&lying.expect(401)), "passkey_invalid");
        confirms(&mut ada).await.expect(200).json();
        ada.posts_json(BEGIN, &json!({})).await.expect(200).json();
        // Whoever is shut out meanwhile confirms nothing.
        let options = ada.posts_json(CONFIRM_BEGIN, &json!({})).await.expect(200).json();
        let mine = ada.authenticator.get(&options["publicKey"], &origin).expect("the authenticator agrees");
        users::deactivate(&provider.app, &Email::parse("ada@id.example").expect("an address"), &Origin::command_line()).await.expect("she is there");
        ada.posts_json(CONFIRM_FINISH, &finishing(&options, mine, &json!({}))).await.expect(401).json();
    }

    /// B-LC-01: another person's passkey is not there, to look at or to change; and signed out nobody changes anything.
    async fn another_persons_passkey_is_not_found(kind: Kind) {
        let provider = Provider::start(kind).await;
        let ada = at_the_page(&provider).await;
        let mut bob = provider.person("bob@id.example", "Bob").await;
        bob.opens(provider.url(PLACE)).await.shows("sign-in-methods");
        let token = bob.page().csrf_token().expect("a page has a token").to_owned();
        let before = rows(&provider.database).await;
        for way in [ways(&ada.page(), "rename")[0].clone(), ways(&ada.page(), "revoke")[0].clone(), "/account/passkeys/x/rename".to_owned()] {
            assert_eq!(bob.clone().opens(provider.url(&way)).await.page(404).name(), "error", "{way}");
            let form = weftid_tests::html::Form {
                action: way.clone(),
                method: "POST".to_owned(),
                fields: vec![("csrf".to_owned(), token.clone()), ("name".to_owned(), "Bob’s".to_owned()), ("last_passkey".to_owned(), "yes".to_owned())],
                names: Vec::new(),
            };
            assert_eq!(bob.clone().submit(&form, &[], None).await.page(404).name(), "error", "{way}");
            let mut nobody = bob.clone();
            nobody.jar = provider.stranger().jar;
            assert_eq!(nobody.submit(&form, &[], None).await.page(200).name(), "sign-in", "{way}");
        }
        assert_eq!(rows(&provider.database).await, before);
        assert_eq!(provider.database.count("SELECT count(*) FROM passkeys WHERE name LIKE 'Bob%'").await, 0);
    }

    /// C-WEB-01: no script of another page and no form without this browser's token registers or confirms anything.
    async fn without_the_token_nothing_begins(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut ada = at_the_page(&provider).await;
        for place in [BEGIN, FINISH, CONFIRM_BEGIN, CONFIRM_FINISH] {
            for headers in [&[][..], &[("x-csrf-token", "garbage")], &[("origin", "https://evil.test")]] {
                let answer = ada.posts_json_with(place, b"{}".to_vec(), headers).await.expect(403);
                assert_eq!(code(&answer), "csrf_failed", "{place} {headers:?}");
            }
            let mut nobody = provider.stranger();
            nobody.opens(provider.url("/login")).await.shows("sign-in");
            assert_eq!(code(&nobody.posts_json(place, &json!({})).await.expect(401)), "not_signed_in");
        }
        let body = almost_registered(&mut holding(&ada, yubikey()), &[]).await;
        let mut eve = provider.person("eve@id.example", "Eve").await;
        assert_eq!(code(&eve.posts_json(FINISH, &body).await.expect(400)), "ceremony_foreign");
        assert_eq!(passkeys(&provider).await, 2);
    }

    /// B-LC-01: revoking takes the public key away at once and ends what that passkey opened elsewhere; not this session, and no other passkey's.
    async fn revoking_ends_what_the_passkey_opened(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut ada = at_the_page(&provider).await;
        let (first, finished) = registers_in(&mut ada, yubikey()).await;
        finished.expect(200).json();
        let lost = ada.at_another_browser();
        let mut kept = ada.at_another_browser();
        kept.authenticator = first.clone();
        let (lost, kept) = (signs_in(&provider, &lost).await, signs_in(&provider, &kept).await);
        // A key that was copied would be suspected (B-AUTH-04): it is one, wherever it is used.
        ada.authenticator = lost.authenticator.clone();
        // This very session was opened by the first passkey, and goes on by the one that is going to be revoked.
        confirms(&mut ada).await.expect(200).json();
        ada.opens(provider.url(PLACE)).await.shows("sign-in-methods");
        let page = ada.page();
        let links = page.with("aria-label", "Revoke YubiKey 5").filter_map(|link| link.attribute("href"));
        let [way] = <[&str; 1]>::try_from(links.collect::<Vec<_>>()).expect("one such passkey");
        let page = ada.opens(provider.url(way)).await.shows("revoke-passkey");
        assert!(page.text().contains("You can still sign in with: Passkey") && page.with("name", "last_passkey").count() == 0, "{}", page.text());
        let page = ada.presses("revoke", &[]).await.shows("sign-in-methods");
        assert!(page.text().contains("The passkey is revoked. You can still sign in with Passkey"), "{}", page.text());
        assert!(!page.text().contains("YubiKey 5"));

        assert_eq!(lost.clone().opens(provider.url("/account")).await.page(200).name(), "sign-in", "what it opened is over");
        kept.clone().opens(provider.url("/account")).await.shows("dashboard");
        ada.opens(provider.url("/account")).await.shows("dashboard");
        let mut again = at_the_sign_in_page(&provider, &lost).await;
        let answer = again.signs_in_with_passkey(LOGIN_BEGIN, LOGIN_FINISH, &json!({})).await.expect(401);
        assert_eq!(code(&answer), "passkey_unknown", "its key is gone, and whatever keeps it may know");
        assert_eq!((events(&provider.database, "passkey_revoked").await, events_because(&provider.database, "sign_in_failed", "passkey_unknown").await), (1, 1));
        assert_eq!(provider.database.count("SELECT count(*) FROM audit_events WHERE kind = 'sessions_ended' AND detail LIKE '%passkey_revoked%'").await, 1);
        assert_eq!(passkeys(&provider).await, 1);
    }

    /// B-LC-02: the last passkey stays unless the person says that they know what they lose.
    async fn the_last_passkey_stays_unless_it_is_meant(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut ada = at_the_page(&provider).await;
        let way = ways(&ada.page(), "revoke")[0].clone();
        let page = ada.opens(provider.url(&way)).await.shows("revoke-passkey");
        assert!(page.text().contains("no way to sign in as ada@id.example"), "{}", page.text());
        for meant in ["", "no", "on"] {
            let refused = ada.clone().presses("revoke", &[("last_passkey", meant)]).await;
            assert!(refused.page(409).text().contains("This is your last passkey"));
        }
        assert_eq!((passkeys(&provider).await, events(&provider.database, "passkey_revoked").await), (1, 0));
        let page = ada.presses("revoke", &[("last_passkey", "yes")]).await.shows("sign-in-methods");
        assert!(page.text().contains("Nobody can sign in to this account any more"), "{}", page.text());
        assert_eq!((passkeys(&provider).await, events(&provider.database, "passkey_revoked").await), (0, 1));
        // The way back, while the proof is fresh.
        registers_in(&mut ada, yubikey()).await.1.expect(200).json();
    }

    /// B-LC-02: two pages that revoke the last two passkeys at the same moment leave one.
    async fn two_pages_cannot_revoke_the_last_two(kind: Kind) {
        for _ in 0..5 {
            let provider = Provider::start(kind).await;
            let mut here = at_the_page(&provider).await;
            let (first, finished) = registers_in(&mut here, yubikey()).await;
            finished.expect(200).json();
            here.authenticator = first;
            let mut there = signs_in(&provider, &here).await;
            let page = here.opens(provider.url(PLACE)).await.shows("sign-in-methods");
            let [one, other] = <[String; 2]>::try_from(ways(&page, "revoke")).expect("two passkeys");
            here.opens(provider.url(&other)).await.shows("revoke-passkey");
            there.opens(provider.url(&one)).await.shows("revoke-passkey");
            tokio::join!(here.presses("revoke", &[]), there.presses("revoke", &[]));
            assert_eq!((passkeys(&provider).await, events(&provider.database, "passkey_revoked").await), (1, 1));
        }
    }

    /// E-RACE-05, C-SUDO-03: twenty answers to one ceremony at once are one passkey, and one confirmation.
    async fn twenty_answers_at_once_are_one(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut ada = at_the_page(&provider).await;
        let registering = almost_registered(&mut holding(&ada, yubikey()), &[]).await;
        let options = ada.posts_json(CONFIRM_BEGIN, &json!({})).await.expect(200).json();
        let origin = ada.url();
        let credential = ada.authenticator.get(&options["publicKey"], &origin).expect("the authenticator agrees");
        let confirming = finishing(&options, credential, &json!({}));
        for (place, body) in [(FINISH, registering), (CONFIRM_FINISH, confirming)] {
            let mut pages = vec![ada.clone(); 20];
            let answers = join_all(pages.iter_mut().map(|page| page.posts_json(place, &body))).await;
            assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1, "{place}");
            // Who comes after a confirmation shows a secret that is dead by then.
            assert!(answers.iter().all(|answer| answer.status == 200 || ["ceremony_used", "not_signed_in"].contains(&code(answer).as_str())), "{place}");
        }
        assert_eq!(passkeys(&provider).await, 2);
        assert_eq!((events(&provider.database, "confirmed").await, events(&provider.database, "session_authenticated_again").await), (1, 1));
    }

    /// B-REG-11: a name that hides or is none is refused beside the field, with what was typed.
    async fn a_name_that_is_none_is_refused(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut ada = at_the_page(&provider).await;
        let way = ways(&ada.page(), "rename")[0].clone();
        for typed in ["", "  ", "a\u{202e}b", &"x".repeat(61)] {
            ada.opens(provider.url(&way)).await.shows("rename-passkey");
            let page = ada.presses("rename", &[("name", typed)]).await.page(400);
            assert!(page.text().contains("This name can’t be used"), "{}", page.text());
        }
        let body = almost_registered(&mut holding(&ada, yubikey()), &[]).await;
        let mut named = body.clone();
        named["name"] = json!("a\u{200b}b");
        assert_eq!(code(&ada.posts_json(FINISH, &named).await.expect(400)), "passkey_name_invalid");
        // Which spends nothing: it was not yet judged.
        named["name"] = json!("Blue key");
        ada.posts_json(FINISH, &named).await.expect(200).json();
        assert_eq!(provider.database.count("SELECT count(*) FROM passkeys WHERE name = 'Blue key'").await, 1);
        assert_eq!(events(&provider.database, "passkey_renamed").await, 0);
    }

    /// D-AUD-03: where the event can't be written, no passkey is registered, renamed or revoked, and nothing is confirmed.
    async fn no_change_of_a_passkey_without_its_event(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut ada = at_the_page(&provider).await;
        let body = almost_registered(&mut holding(&ada, yubikey()), &[]).await;
        let (mut renaming, mut revoking) = (ada.clone(), ada.clone());
        renaming.opens(provider.url(&ways(&ada.page(), "rename")[0])).await.shows("rename-passkey");
        revoking.opens(provider.url(&ways(&ada.page(), "revoke")[0])).await.shows("revoke-passkey");
        block_audit(&provider.database).await;
        let before = rows(&provider.database).await;
        ada.posts_json(FINISH, &body).await.expect(503).json();
        confirms(&mut ada).await.expect(503).json();
        assert_eq!(renaming.clone().presses("rename", &[("name", "Mine")]).await.page(503).name(), "error");
        assert_eq!(revoking.clone().presses("revoke", &[("last_passkey", "yes")]).await.page(503).name(), "error");
        assert_eq!(rows(&provider.database).await, before);
        assert_eq!(provider.database.count("SELECT count(*) FROM passkeys WHERE name = 'Mine'").await, 0);
        let_audit_through(&provider.database).await;
        ada.posts_json(FINISH, &body).await.expect(200).json();
        renaming.presses("rename", &[("name", "Mine")]).await.shows("sign-in-methods");
        revoking.presses("revoke", &[]).await.shows("sign-in-methods");
        assert_eq!(passkeys(&provider).await, 1);
    }
}
