//! One's own backup codes over HTTP: how many are left, which were used when, and making new ones.

use std::time::Duration;

use serde_json::json;
use weftid_tests::html::Page;
use weftid_tests::on_both_databases;
use weftid_tests::person::Person;
use weftid_tests::provider::Provider;

use crate::own_password::{SECRET, mails};
use crate::passwords::half_done;
use crate::step_up::{ADA, STEP_UP, confirms};
use crate::stored::{block_audit, events, let_audit_through};

const PLACE: &str = "/account/sign-in-methods";

fn codes(page: &Page) -> Vec<String> {
    page.all("code").map(|code| page.text_of(code)).filter(|text| text.len() == 31).collect()
}

/// Makes new codes and saves them.
async fn regenerates(provider: &Provider, person: &mut Person) -> Vec<String> {
    person.opens(provider.url(PLACE)).await.shows("sign-in-methods");
    person.presses("regenerate", &[]).await.shows("regenerate-backup-codes");
    let page = person.presses("regenerate", &[]).await.shows("backup-codes");
    person.presses("acknowledge", &[("acknowledged", "yes")]).await.shows("dashboard");
    codes(&page)
}

/// Whether a code confirms a password at the sign-in page.
async fn is_taken(provider: &Provider, code: &str) -> bool {
    let mut person = half_done(provider, ADA).await;
    person.presses("backup-code", &[]).await;
    let arrival = person.presses("continue", &[("code", code)]).await;
    arrival.answer().status == 200
}

on_both_databases! {
    /// C-BC-01, C-NOT-01: new codes are asked for twice, shown once on a page that nobody keeps, and end the old ones at once.
    async fn new_codes_end_the_old_ones(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut ada = provider.admin().await;
        provider.gives_password(ADA, SECRET).await;
        provider.gives_authenticator_app(ADA).await;
        let old = regenerates(&provider, &mut ada).await;
        assert_eq!(old.len(), 10);
        assert!(is_taken(&provider, &old[0]).await);
        let page = ada.opens(provider.url("/account/backup-codes/regenerate")).await.shows("regenerate-backup-codes");
        assert!(page.text().contains("The 9 that are left stop working at once."), "{}", page.text());
        assert!(is_taken(&provider, &old[1]).await, "asking changes nothing");

        let arrival = ada.presses("regenerate", &[]).await;
        let new = codes(&arrival.shows("backup-codes"));
        assert_eq!(arrival.answer().header("cache-control"), "no-store");
        assert!(new.iter().all(|code| !old.contains(code)) && new.len() == 10);
        assert!(!is_taken(&provider, &old[2]).await, "the old ones are over before the new ones are saved");
        // The house waits for that.
        ada.clone().opens(provider.url("/account")).await.shows("backup-codes");
        let arrival = ada.opens(provider.url("/account/backup-codes")).await;
        let newest = codes(&arrival.shows("backup-codes"));
        assert!(newest.iter().all(|code| !new.contains(code)), "what may not have been seen is not shown again");
        ada.presses("acknowledge", &[("acknowledged", "yes")]).await.shows("dashboard");
        provider.clock.advance(Duration::from_hours(2));
        assert!(is_taken(&provider, &newest[0]).await && !is_taken(&provider, &new[0]).await);
        let kind = "backup_codes_discarded";
        assert_eq!((events(&provider.database, kind).await, mails(&provider, kind).await), (2, 2));
    }

    /// C-BC-03: the page counts what is left and says when the others were used; when they run out it says so, and whoever has none left gets new
    /// ones with the next way in.
    async fn the_page_counts_what_is_left(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut ada = provider.admin().await;
        provider.gives_password(ADA, SECRET).await;
        provider.gives_authenticator_app(ADA).await;
        let page = ada.opens(provider.url(PLACE)).await.shows("sign-in-methods");
        assert!(page.text().contains("10 left Saved today"), "{}", page.text());
        let codes = regenerates(&provider, &mut ada).await;
        provider.clock.advance(Duration::from_hours(1));
        assert!(is_taken(&provider, &codes[0]).await);
        let page = ada.opens(provider.url(PLACE)).await.shows("sign-in-methods");
        assert!(page.text().contains("9 left") && page.text().contains("One used today at 09:00"), "{}", page.text());
        assert!(!page.text().contains("running out"));
        for code in &codes[1..7] {
            assert!(is_taken(&provider, code).await);
        }
        let page = ada.opens(provider.url(PLACE)).await.shows("sign-in-methods");
        assert!(page.text().contains("3 left") && page.text().contains("You are running out of backup codes."), "{}", page.text());

        provider.database.execute("UPDATE backup_codes SET used_at = 1800000000000").await;
        confirms(&mut ada).await;
        ada.opens(provider.url(PLACE)).await.shows("sign-in-methods");
        let before = std::mem::replace(&mut ada.authenticator, weftid_tests::authenticator::Authenticator::security_key());
        ada.registers_passkey("/account/passkeys/begin", "/account/passkeys/finish", &json!({})).await.expect(200).json();
        ada.authenticator = before;
        let page = ada.opens(provider.url(PLACE)).await.shows("backup-codes");
        assert_eq!(self::codes(&page).len(), 10);
    }

    /// C-SUDO-01: codes that wait to be saved are shown to whoever has just proved who they are, and to nobody else at an open session.
    async fn codes_that_wait_are_shown_to_a_fresh_proof(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut ada = provider.admin().await;
        ada.opens(provider.url("/account/backup-codes/regenerate")).await.shows("regenerate-backup-codes");
        ada.presses("regenerate", &[]).await.shows("backup-codes");
        provider.clock.advance(STEP_UP);
        let page = ada.opens(provider.url("/account")).await.shows("confirm");
        assert!(codes(&page).is_empty());
        let go = page.with("data-ceremony", "get").find_map(|root| root.attribute("data-go")).expect("it leads on").to_owned();
        assert_eq!(go, "/account/backup-codes?first");
        confirms(&mut ada).await;
        assert_eq!(codes(&ada.opens(provider.url(&go)).await.shows("backup-codes")).len(), 10);
    }

    /// D-AUD-03: where the event can't be written, the old codes stay.
    async fn no_new_codes_without_their_event(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut ada = provider.admin().await;
        ada.opens(provider.url("/account/backup-codes/regenerate")).await.shows("regenerate-backup-codes");
        block_audit(&provider.database).await;
        assert_eq!(ada.clone().presses("regenerate", &[]).await.page(503).name(), "error");
        let_audit_through(&provider.database).await;
        let page = ada.opens(provider.url(PLACE)).await.shows("sign-in-methods");
        assert!(page.text().contains("10 left"), "{}", page.text());
    }
}
