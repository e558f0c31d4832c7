//! A passkey whose counter goes back: somebody may have copied it (WebAuthn §6.1.1).

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;
use weftid_tests::authenticator::{Authenticator, Lie};
use weftid_tests::on_both_databases;
use weftid_tests::person::Person;
use weftid_tests::provider::Provider;
use weftid_tests::wire::Answer;

use crate::passkeys::{BEGIN, FINISH, almost_signed_in, at_the_sign_in_page, signs_in};
use crate::stored::{events, events_because, rows};

const PLACE: &str = "/account/sign-in-methods";
const SUSPECTED: &str = "SELECT count(*) FROM passkeys WHERE suspected_at IS NOT NULL";

/// Somebody with a security key, and a credential manager beside it.
async fn with_two_passkeys(provider: &Provider) -> (Person, Person) {
    let mut ada = provider.stranger();
    ada.authenticator = Authenticator::security_key();
    let with_key = provider.person_with(ada, "ada@id.example", "Ada").await;
    let mut with_manager = with_key.clone();
    with_manager.authenticator = Authenticator::synced();
    with_manager.opens(provider.url(PLACE)).await.shows("sign-in-methods");
    with_manager.registers_passkey("/account/passkeys/begin", "/account/passkeys/finish", &json!({"name": "Manager"})).await.is(200);
    (with_key, with_manager)
}

async fn shows(person: &mut Person, counter: u32) -> Answer {
    person.signs_in_with_passkey_lying(BEGIN, FINISH, &json!({}), &[Lie::Counter(counter)]).await
}

on_both_databases! {
    /// B-AUTH-04: a counter that goes back marks the passkey, is recorded, and shown to its owner with what to do. It is not deleted, opens
    /// nothing any more, on any node and after a restart, and another passkey of the same person still does.
    async fn a_passkey_that_may_have_been_copied_opens_nothing(kind: Kind) {
        let mut provider = Provider::start(kind).await;
        let (with_key, with_manager) = with_two_passkeys(&provider).await;
        let mut person = at_the_sign_in_page(&provider, &with_key).await;
        shows(&mut person, 7).await.is(200);
        let sessions = rows(&provider.database).await["sessions"];
        for counter in [7, 3, 0, 8, 900] {
            let answer = shows(&mut person, counter).await;
            assert_eq!((answer.status.as_u16(), answer.error_code().as_str()), (403, "passkey_suspected"), "{counter}: {answer}");
        }
        let (seen, went_back) = (events_because(&provider.database, "sign_in_failed", "suspected_clone").await, "passkey_counter_went_back");
        assert_eq!((seen, events(&provider.database, went_back).await), (5, 3), "8 and 900 did not go back, and are refused all the same");
        assert_eq!((provider.database.count(SUSPECTED).await, rows(&provider.database).await["passkeys"]), (1, 2));
        assert_eq!(provider.database.count("SELECT counter FROM passkeys WHERE suspected_at IS NOT NULL").await, 7, "what is refused moves nothing");
        assert_eq!(rows(&provider.database).await["sessions"], sessions);

        provider.restarts().await;
        let mut person = at_the_sign_in_page(&provider, &with_key).await;
        assert_eq!(shows(&mut person, 1_000).await.expect(403).error_code(), "passkey_suspected");
        let mut owner = signs_in(&provider, &with_manager).await;
        let page = owner.opens(provider.url(PLACE)).await.shows("sign-in-methods");
        assert!(page.text().contains("may have been copied") && page.text().contains("no longer signs you in"), "{}", page.text());
        assert_eq!(page.with("data-suspected", "").count(), 1);
    }

    /// B-AUTH-04: a signature that is wrong marks nothing, whatever its counter says; a passkey without a counter never goes back.
    async fn only_a_good_signature_makes_suspicious(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (with_key, with_manager) = with_two_passkeys(&provider).await;
        let mut person = at_the_sign_in_page(&provider, &with_key).await;
        shows(&mut person, 7).await.is(200);
        for lie in [Lie::BrokenSignature, Lie::UserVerified(false), Lie::Origin("https://evil.example".to_owned())] {
            person.signs_in_with_passkey_lying(BEGIN, FINISH, &json!({}), &[Lie::Counter(1), lie]).await.is(401);
        }
        assert_eq!(provider.database.count(SUSPECTED).await, 0);
        for _ in 0..3 {
            signs_in(&provider, &with_manager).await;
        }
        assert_eq!((provider.database.count(SUSPECTED).await, events(&provider.database, "passkey_counter_went_back").await), (0, 0));
    }

    /// B-AUTH-04: where policy allows it, the passkey goes on signing in, marked.
    async fn policy_may_let_it_go_on(kind: Kind) {
        let provider = Provider::start_with(kind, &[("passkeys.suspected_clone", "allow")]).await;
        let (with_key, _) = with_two_passkeys(&provider).await;
        let mut person = at_the_sign_in_page(&provider, &with_key).await;
        shows(&mut person, 7).await.is(200);
        shows(&mut person, 3).await.is(200);
        assert_eq!(provider.database.count(SUSPECTED).await, 1);
        let finished = shows(&mut person, 8).await.expect(200);
        person.follows(finished).await.shows("dashboard");
        let page = person.opens(provider.url(PLACE)).await.shows("sign-in-methods");
        assert!(page.text().contains("still signs you in"), "{}", page.text());
    }

    /// B-AUTH-04, E-RACE-05: of two sign-ins that show one number, one is a copy's, also when they come in the same moment.
    async fn one_number_is_shown_once(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (with_key, _) = with_two_passkeys(&provider).await;
        let mut tabs = vec![at_the_sign_in_page(&provider, &with_key).await; 10];
        let mut bodies = Vec::new();
        for tab in &mut tabs {
            bodies.push(almost_signed_in(tab, &[Lie::Counter(5)]).await);
        }
        let answers = join_all(tabs.iter_mut().zip(&bodies).map(|(tab, body)| tab.posts_json(FINISH, body))).await;
        let count = |status: u16| answers.iter().filter(|answer| answer.status.as_u16() == status).count();
        assert_eq!((count(200), count(403)), (1, 9));
        assert_eq!(provider.database.count(SUSPECTED).await, 1);
    }

    /// C-SUDO-03, B-AUTH-04: nor does it confirm a change.
    async fn it_confirms_nothing(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (with_key, _) = with_two_passkeys(&provider).await;
        let mut person = at_the_sign_in_page(&provider, &with_key).await;
        let finished = shows(&mut person, 7).await;
        person.follows(finished).await.shows("dashboard");
        provider.clock.advance(Duration::from_mins(5));
        let lie = [Lie::Counter(2)];
        let answer = person.signs_in_with_passkey_lying("/account/confirm/begin", "/account/confirm/finish", &json!({}), &lie).await;
        assert_eq!(answer.expect(403).error_code(), "passkey_suspected");
        let answer = person.posts_json("/account/passkeys/begin", &json!({})).await.expect(403);
        assert_eq!(answer.error_code(), "confirm_needed");
    }

    /// B-REG-12: "last used (when, where)": the owner sees from where each passkey was used last.
    async fn where_a_passkey_was_used_is_shown(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (with_key, _) = with_two_passkeys(&provider).await;
        let mut person = at_the_sign_in_page(&provider, &with_key).await;
        person.headers = vec![("user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0".to_owned())];
        person.touches_passkey().await.shows("dashboard");
        let page = person.opens(provider.url(PLACE)).await.shows("sign-in-methods");
        assert!(page.text().contains("from Firefox on Linux, 127.0.0.1"), "{}", page.text());
    }
}
