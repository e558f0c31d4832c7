//! Activity: one's own security events, and nobody else's.

use std::time::Duration;

use serde_json::json;
use weftid::actions::audit::Origin;
use weftid::actions::users;
use weftid::base::email::Email;
use weftid_tests::authenticator::Lie;
use weftid_tests::html::Page;
use weftid_tests::on_both_databases;
use weftid_tests::person::Person;
use weftid_tests::provider::Provider;

use crate::passkeys::{BEGIN, FINISH, at_the_sign_in_page, signs_in};

const PLACE: &str = "/account/activity";

async fn looks(provider: &Provider, person: &mut Person, query: &str) -> Page {
    person.opens(provider.url(&format!("{PLACE}{query}"))).await.shows("activity")
}

/// What the list says, event by event, without the moment and the place.
fn sentences(page: &Page) -> Vec<String> {
    page.with("data-event", "").map(|sentence| page.text_of(sentence)).collect()
}

on_both_databases! {
    /// C-LOG-01: a person reads what happened around their account: what, when, with what, from where, and whether it failed; newest first, nobody
    /// else's, and nothing of our insides.
    async fn a_person_reads_their_own_events(kind: Kind) {
        let provider = Provider::start(kind).await;
        let second = Duration::from_secs(1);
        let (mut ada, shop) = (provider.admin().await, provider.shop("shop").await);
        provider.clock.advance(second);
        let bob = provider.person("bob@id.example", "Bob").await;
        let mut eve = at_the_sign_in_page(&provider, &bob).await;
        eve.signs_in_with_passkey_lying(BEGIN, FINISH, &json!({}), &[Lie::BrokenSignature]).await.expect(401).json();
        provider.clock.advance(second);
        shop.welcomes(&mut ada, &[]).await;
        provider.clock.advance(second);
        ada.opens(provider.url("/account/apps")).await.shows("apps");
        ada.presses("revoke", &[]).await.shows("revoke-app");
        ada.presses("revoke", &[]).await.shows("apps");
        provider.clock.advance(second);
        let mut ada = signs_in(&provider, &ada).await;

        let page = looks(&provider, &mut ada, "").await;
        let said = sentences(&page);
        assert_eq!(said[..2], ["You signed in with Passkey", "You revoked the access of shop"], "{said:?}");
        for sentence in ["You let shop see what it asked for", "You signed in to shop", "You registered Passkey", "Your account was made", "New backup codes were made"] {
            assert!(said.iter().any(|other| other == sentence), "{sentence}: {said:?}");
        }
        let text = page.text_of(page.with("class", "list events").next().expect("the list"));
        assert!(text.contains("Chrome on Linux · Network 127.0.0.1"), "{text}");
        assert!(text.contains("You signed in to shop today at 08:00") && !text.contains("You signed in to shop today at 08:00 ·"), "the network of an application is not hers: {text}");
        for inside in ["session_started", "user:", "id.example", "Bob", "request"] {
            assert!(!text.contains(inside), "{inside}: {text}");
        }
        // The failure is Bob's to know, and his alone.
        assert!(!said.iter().any(|sentence| sentence.contains("failed")));
        let mut bob = signs_in(&provider, &bob).await;
        let page = looks(&provider, &mut bob, "").await;
        assert!(sentences(&page).contains(&"A sign-in failed".to_owned()) && !page.text().contains("shop"), "{}", page.text());
        assert_eq!(page.with("class", "failed").count(), 1);
    }

    /// "Activity, filtered": each part shows its own, and all of them together nothing but what the whole shows.
    async fn parts_can_be_looked_at(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, shop) = (provider.admin().await, provider.shop("shop").await);
        shop.welcomes(&mut ada, &[]).await;
        let mut ada = signs_in(&provider, &ada).await;
        let all = sentences(&looks(&provider, &mut ada, "").await);
        let mut parts = 0;
        for (about, sentence) in [("sign-ins", "You signed in with Passkey"), ("changes", "You registered Passkey"), ("apps", "You signed in to shop")] {
            let page = looks(&provider, &mut ada, &format!("?about={about}")).await;
            let said = sentences(&page);
            assert!(said.contains(&sentence.to_owned()) && said.iter().all(|one| all.contains(one)), "{about}: {said:?}");
            assert_eq!(page.with("aria-current", "page").count(), 2, "the rail and the filter");
            parts += said.len();
        }
        assert_eq!(parts, all.len());
        assert_eq!(sentences(&looks(&provider, &mut ada, "?about=<b>&before=x").await), all, "what means nothing is passed over");
    }

    /// C-LOG-01: fifty at a time, each once, to the very first; a kind that has no sentence yet is told as something that happened; and what an operator did
    /// is said to be theirs.
    async fn old_events_are_reached_and_unknown_ones_told(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut ada = provider.admin().await;
        let email = Email::parse("ada@id.example").expect("an address");
        users::deactivate(&provider.app, &email, &Origin::command_line()).await.expect("she is there");
        users::activate(&provider.app, &email, &Origin::command_line()).await.expect("she is there");
        provider.database.execute("UPDATE audit_events SET kind = 'from_the_future', detail = '{\"secret\":\"inside\"}' WHERE kind = 'passkey_registered'").await;
        ada = signs_in(&provider, &ada).await;
        for _ in 0..60 {
            provider.clock.advance(Duration::from_secs(1));
            ada.opens(provider.url("/choose-account")).await.shows("choose-account");
            ada.presses("choose-account", &[]).await.shows("dashboard");
        }
        let (arrival, counted) = provider.counts(ada.opens(provider.url(PLACE))).await;
        assert!(counted.reads <= 3 && counted.writes == 0, "{counted:?}");
        let first = sentences(&arrival.shows("activity"));
        assert_eq!((first.len(), first.iter().all(|said| said == "You switched to this account")), (50, true), "{first:?}");
        let page = ada.presses("older", &[]).await.shows("activity");
        assert!(page.action("older").is_none());
        let text = page.text();
        assert_eq!(text.matches("You switched to this account").count(), 10, "{text}");
        assert!(text.contains("Something about your account changed") && !text.contains("inside") && !text.contains("future"), "{text}");
        assert!(text.contains("Your account was activated") && text.contains("by whoever runs this server"), "{text}");
        // Another person's place in the list shows nothing of theirs.
        let mut bob = provider.person("bob@id.example", "Bob").await;
        let text = looks(&provider, &mut bob, "?before=ffffffff-ffff-7fff-bfff-ffffffffffff").await.text();
        assert!(!text.contains("switched"), "{text}");
        assert!(looks(&provider, &mut bob, "?before=00000000-0000-7000-8000-000000000000").await.text().contains("Nothing yet"));
    }
}
