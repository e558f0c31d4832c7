//! After a password sign-in: one gentle offer of a passkey.

use std::time::Duration;

use serde_json::json;
use weftid_tests::on_both_databases;
use weftid_tests::own_secrets;
use weftid_tests::person::{Arrival, Person};
use weftid_tests::provider::Provider;

use crate::passkeys::signs_in;
use crate::passwords::{ADA, SECRET, at_the_password};
use crate::stored::rows;

const BEGIN: &str = "/account/passkeys/begin";
const FINISH: &str = "/account/passkeys/finish";
const OFFER: &str = "/login/offer";

async fn types(person: &mut Person) -> Arrival {
    person.submits("/login/password", &[("password", SECRET)]).await
}

/// Signs out, and in again with the password, in the same browser.
async fn again(provider: &Provider, person: &mut Person) -> Arrival {
    person.opens(provider.url("/account")).await.shows("dashboard");
    person.presses("sign-out", &[]).await.shows("signed-out");
    person.opens(provider.url("/login")).await.shows("sign-in");
    person.submits("/login/password", &[("email", ADA), ("password", SECRET)]).await
}

on_both_databases! {
    /// B-REG-07, "one gentle offer": whoever takes it has a passkey, saves the backup codes, and comes to what they were on the way to. From then
    /// on the passkey leads in this browser, and nothing is offered any more.
    async fn whoever_takes_the_offer_has_a_passkey_and_goes_on(kind: Kind) {
        let provider = Provider::start(kind).await;
        let shop = provider.shop("shop").await;
        own_secrets::imports(&provider.app, &[ADA], SECRET).await;
        let mut ada = provider.stranger();
        let asked = shop.asks(&[], &[]);
        ada.opens(&asked.url).await.shows("sign-in");
        ada.presses("continue", &[("email", ADA)]).await.shows("sign-in");
        let page = types(&mut ada).await.shows("offer");
        assert!(page.text().contains("shop"), "who asks is said here, too");
        assert_eq!(page.actions().into_iter().filter(|action| *action != "stop").collect::<Vec<_>>(), ["create-passkey", "skip"]);
        ada.registers_passkey(BEGIN, FINISH, &json!({})).await.is(200);
        let arrival = ada.submits(OFFER, &[("decision", "go-on")]).await;
        arrival.shows("backup-codes");
        ada.presses("acknowledge", &[("acknowledged", "yes")]).await.shows("consent");
        let callback = ada.presses("allow", &[]).await.callback();
        let tokens = shop.redeems(&asked, &callback).await.expect("a code");
        assert_eq!(tokens.claims["acr"], "password", "the passkey was made, and not used yet");
        assert_eq!(rows(&provider.database).await["passkeys"], 1);

        signs_in(&provider, &ada).await;
        let arrival = again(&provider, &mut ada).await;
        assert_ne!(arrival.url.path(), OFFER, "there is a passkey");
    }

    /// "Not now" is remembered in this browser, for this person, for three months; what waits goes on.
    async fn not_now_is_remembered(kind: Kind) {
        let provider = Provider::start(kind).await;
        own_secrets::imports(&provider.app, &[ADA, "bob@id.example"], SECRET).await;
        let mut ada = at_the_password(&provider, ADA).await;
        types(&mut ada).await.shows("offer");
        ada.presses("skip", &[]).await.shows("dashboard");
        for _ in 0..2 {
            again(&provider, &mut ada).await.shows("dashboard");
        }
        let mut elsewhere = at_the_password(&provider, ADA).await;
        types(&mut elsewhere).await.shows("offer");

        provider.clock.advance(Duration::from_hours(90 * 24));
        ada.opens(provider.url("/login")).await.shows("sign-in");
        ada.submits("/login/password", &[("email", ADA), ("password", SECRET)]).await.shows("offer");
        // A page that was left open is an answer all the same.
        ada.presses("skip", &[]).await.shows("dashboard");
        ada.presses("sign-out", &[]).await.shows("signed-out");
        ada.opens(provider.url("/login")).await.shows("sign-in");
        ada.submits("/login/password", &[("email", "bob@id.example"), ("password", SECRET)]).await.shows("offer");
    }

    /// A device that can't hold a passkey goes on, and the offer is not used up.
    async fn a_device_without_goes_on(kind: Kind) {
        let provider = Provider::start(kind).await;
        own_secrets::imports(&provider.app, &[ADA], SECRET).await;
        let mut ada = at_the_password(&provider, ADA).await;
        types(&mut ada).await.shows("offer");
        ada.submits(OFFER, &[("decision", "go-on")]).await.shows("dashboard");
        again(&provider, &mut ada).await.shows("offer");
    }

    /// C-SES-08, C-WEB-01: the offer is for whoever is signed in, and its answer needs the page's token.
    async fn nobody_else_is_offered_anything(kind: Kind) {
        let provider = Provider::start(kind).await;
        own_secrets::imports(&provider.app, &[ADA], SECRET).await;
        let mut stranger = provider.stranger();
        stranger.opens(provider.url(OFFER)).await.shows("sign-in");
        let mut ada = at_the_password(&provider, ADA).await;
        types(&mut ada).await.shows("offer");
        let hint = ada.jar.get("hint").expect("somebody is remembered").value.clone();
        ada.submits(OFFER, &[("decision", "skip"), ("csrf", "forged")]).await.page(403);
        assert_eq!(ada.jar.get("hint").expect("somebody is remembered").value, hint);
    }
}
