//! "This wasn't me": the link in a mail about a change, over HTTP.

use std::time::Duration;

use futures_util::future::join_all;
use http::{HeaderMap, Method};
use serde_json::json;
use url::Url;
use weftid_tests::authenticator::Authenticator;
use weftid_tests::html::Page;
use weftid_tests::person::Person;
use weftid_tests::provider::Provider;
use weftid_tests::{on_both_databases, one_character_off};

use crate::passkeys::{BEGIN, FINISH, at_the_sign_in_page, signs_in};
use crate::passwords::{at_the_password, types};
use crate::stored::{events, rows};

const ADA: &str = "ada@id.example";
const PLACE: &str = "/account/sign-in-methods";
const SECRET: &str = "correct horse battery staple";

/// Ada, a thief in her browser who has registered a passkey of their own, and the link of the mail that tells her.
struct Theft {
    ada: Person,
    thief: Person,
    link: Url,
}

async fn theft(provider: &Provider) -> Theft {
    let mut ada = provider.admin().await;
    ada.opens(provider.url(PLACE)).await.shows("sign-in-methods");
    let mut thief = ada.clone();
    thief.authenticator = Authenticator::security_key();
    thief.registers_passkey("/account/passkeys/begin", "/account/passkeys/finish", &json!({"name": "Not hers"})).await.is(200);
    let link = provider.mail("A passkey was added").await.link("/not-me/");
    Theft { ada, thief, link }
}

async fn enters(provider: &Provider, person: &Person) -> u16 {
    let mut person = at_the_sign_in_page(provider, person).await;
    let answer = person.signs_in_with_passkey(BEGIN, FINISH, &json!({})).await;
    if answer.status != 200 {
        // What the authenticator's owner is told is what a wrong signature is told (WebAuthn §14.6.2).
        assert_eq!(answer.error_code(), "passkey_invalid", "{answer}");
    }
    answer.status.as_u16()
}

fn frozen(page: &Page) -> usize {
    page.with("data-action", "unfreeze").count()
}

on_both_databases! {
    /// C-NOT-01, C-REC-05: whoever has the mail says that it wasn't them, in any browser, signed in or not. Looking changes nothing; then all
    /// sessions and what applications were given are dead, the new passkey opens nothing, and the owner's does.
    async fn what_somebody_else_did_is_stopped(kind: Kind) {
        let provider = Provider::start(kind).await;
        let shop = provider.shop("shop").await;
        let Theft { mut ada, mut thief, link } = theft(&provider).await;
        let tokens = shop.welcomes(&mut thief, &[]).await;
        let before = rows(&provider.database).await;
        for method in [Method::GET, Method::HEAD, Method::GET, Method::GET] {
            assert_eq!(provider.wire.send(method, &link, HeaderMap::new(), Vec::new()).await.status, 200);
        }
        let mut owner = provider.stranger();
        let page = owner.opens(&link).await.shows("not-me");
        assert!(page.text().contains("A passkey was added to your WeftID account"), "{}", page.text());
        assert!(page.text().contains("The passkey is frozen") && page.text().contains("You are signed out everywhere"), "{}", page.text());
        assert_eq!(rows(&provider.database).await, before, "nothing has happened");

        let page = owner.presses("report", &[]).await.shows("not-me-done");
        assert!(page.text().contains("What you reported is frozen"), "{}", page.text());
        ada.opens(provider.url("/account")).await.shows("sign-in");
        thief.opens(provider.url("/account")).await.shows("sign-in");
        assert_eq!(enters(&provider, &thief).await, 401);
        assert!(shop.userinfo(&tokens).await.is_err());
        shop.posts_refresh(tokens.refresh_token.as_deref().unwrap()).await.is(400);
        assert_eq!(enters(&provider, &ada).await, 200);
        assert_eq!((events(&provider.database, "not_me").await, events(&provider.database, "sessions_ended").await), (1, 1));
        let told = provider.mail("You are signed out of WeftID everywhere").await;
        assert!(told.all_links().is_empty() && told.to == ADA, "{}", told.text);
        // Once. Who looks again is told that it is done.
        owner.opens(&link).await.shows("not-me-done");
    }

    /// A frozen passkey is shown as such; its owner takes it away, or says that it is theirs after all, with a fresh proof.
    async fn it_was_mine_after_all(kind: Kind) {
        let provider = Provider::start(kind).await;
        let Theft { ada, thief, link } = theft(&provider).await;
        provider.stranger().opens(&link).await.shows("not-me");
        let mut owner = provider.stranger();
        owner.opens(&link).await.shows("not-me");
        owner.presses("report", &[]).await.shows("not-me-done");
        let mut owner = signs_in(&provider, &ada).await;
        let page = owner.opens(provider.url(PLACE)).await.shows("sign-in-methods");
        assert!(page.text().contains("Frozen: reported as not yours"), "{}", page.text());
        assert_eq!(frozen(&page), 1);

        provider.clock.advance(Duration::from_mins(6));
        owner.opens(provider.url(PLACE)).await.shows("sign-in-methods");
        owner.presses("unfreeze", &[]).await.shows("confirm");
        assert_eq!(enters(&provider, &thief).await, 401);
        let mut owner = signs_in(&provider, &ada).await;
        owner.opens(provider.url(PLACE)).await.shows("sign-in-methods");
        let page = owner.presses("unfreeze", &[]).await.shows("sign-in-methods");
        assert!(page.text().contains("The passkey signs you in again") && frozen(&page) == 0, "{}", page.text());
        assert_eq!(enters(&provider, &thief).await, 200);
        // The mail about that can be answered as well, and the first one is used up.
        let link = provider.mail("signs in again").await.link("/not-me/");
        let mut owner = provider.stranger();
        owner.opens(&link).await.shows("not-me");
        owner.presses("report", &[]).await.shows("not-me-done");
        assert_eq!(enters(&provider, &thief).await, 401);
    }

    /// C-NOT-01: after a sign-in by password that wasn't theirs, that password opens nothing any more; another one does.
    async fn a_password_that_somebody_knows_is_frozen(kind: Kind) {
        let provider = Provider::start(kind).await;
        provider.admin().await;
        provider.gives_password(ADA, SECRET).await;
        let mut thief = at_the_password(&provider, ADA).await;
        types(&mut thief, SECRET).await;
        thief.opens(provider.url("/account")).await.shows("dashboard");
        let link = provider.mail("was used in a new browser").await.link("/not-me/");
        let mut owner = provider.stranger();
        let page = owner.opens(&link).await.shows("not-me");
        assert!(page.text().contains("The password is frozen"), "{}", page.text());
        owner.presses("report", &[]).await.shows("not-me-done");
        thief.opens(provider.url("/account")).await.shows("sign-in");
        let mut again = at_the_password(&provider, ADA).await;
        types(&mut again, SECRET).await.page(401);
        assert_eq!(provider.database.count("SELECT count(*) FROM passwords WHERE frozen_at IS NOT NULL").await, 1);
        // What was set since is not what was reported.
        provider.clock.advance(Duration::from_secs(1));
        provider.gives_password(ADA, "another horse battery staple").await;
        let mut owner = at_the_password(&provider, ADA).await;
        types(&mut owner, "another horse battery staple").await;
        owner.opens(provider.url("/account")).await.shows("dashboard");
    }

    /// C-NOT-01: backup codes that somebody saved who isn't the owner are void, and the owner gets others.
    async fn backup_codes_of_somebody_else_are_void(kind: Kind) {
        let provider = Provider::start(kind).await;
        let ada = provider.admin().await;
        let link = provider.mail("New backup codes").await.link("/not-me/");
        let mut owner = provider.stranger();
        owner.opens(&link).await.shows("not-me");
        owner.presses("report", &[]).await.shows("not-me-done");
        assert_eq!(rows(&provider.database).await["backup_codes"], 0);
        let mut ada = at_the_sign_in_page(&provider, &ada).await;
        ada.touches_passkey().await.shows("backup-codes");
    }

    /// E-RACE-06: of fifty reports at once one is made.
    async fn fifty_reports_at_once_are_one(kind: Kind) {
        let provider = Provider::start(kind).await;
        let Theft { link, .. } = theft(&provider).await;
        let mut owner = provider.stranger();
        owner.opens(&link).await.shows("not-me");
        let mut tabs = vec![owner; 50];
        let answers = join_all(tabs.iter_mut().map(|tab| tab.presses("report", &[]))).await;
        let won = answers.iter().filter(|arrival| arrival.hops[0].status == 303).count();
        let late = answers.iter().filter(|arrival| arrival.hops[0].status == 410).count();
        assert_eq!((won, late), (1, 49));
        assert_eq!((events(&provider.database, "not_me").await, provider.database.count("SELECT count(*) FROM users WHERE security_epoch = 1").await), (1, 1));
        provider.mail("You are signed out of WeftID everywhere").await;
    }

    /// C-CSRF: another site can't report for anybody; and a box that was changed, of another kind, or over reports nothing.
    async fn only_the_page_reports_and_only_what_the_mail_says(kind: Kind) {
        let provider = Provider::start(kind).await;
        let Theft { ada, thief, link } = theft(&provider).await;
        let mut owner = ada.clone();
        owner.opens(&link).await.shows("not-me");
        let evil = Url::parse("https://evil.test").unwrap();
        // The browser's cookie doesn't come along.
        owner.is_made_to_post_from(&evil, &link, &[]).await.page(400);
        provider.wire.posts(&link, &[], &[]).await.is(400);
        owner.opens(&link).await.shows("not-me");
        owner.presses("report", &[("csrf", "another")]).await.page(403);
        for text in ["", "wn_", "wn_AAAA", &link.path().replace("/not-me/wn_", "wc_")] {
            provider.stranger().opens(provider.url(&format!("/not-me/{text}"))).await.page(404);
        }
        let tampered = one_character_off(link.as_str(), link.as_str().len() - 1);
        provider.stranger().opens(&tampered).await.page(404);
        assert_eq!((events(&provider.database, "not_me").await, enters(&provider, &thief).await), (0, 200));
        let mut late = provider.stranger();
        late.opens(&link).await.shows("not-me");
        provider.clock.advance(Duration::from_hours(7 * 24));
        late.presses("report", &[]).await.page(410);
        late.opens(&link).await.page(410);
        assert_eq!(events(&provider.database, "not_me").await, 0);
    }
}
