//! Signing out at a client's request (OpenID Connect RP-Initiated Logout 1.0), and what dies with a session.

use url::Url;
use weftid_tests::on_both_databases;
use weftid_tests::person::Person;
use weftid_tests::provider::Provider;
use weftid_tests::relying_party::{Tokens, part_of_jwt};
use weftid_tests::wire::query;

use crate::authorize::{forgeries, mutations};
use crate::main_job::{ada, refused};

const BYE: (&str, &str) = ("post_logout_redirect_uri", "https://shop.test/bye");

async fn is_signed_in(provider: &Provider, person: &Person) -> bool {
    person.clone().opens(provider.url("/account")).await.page(200).name() == "dashboard"
}

on_both_databases! {
    /// A-LO-01: nobody is sent to an address that isn't registered, byte for byte, for the client that asks; and nobody is signed out.
    async fn only_a_registered_address_is_gone_to(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, shop, wiki) = (ada(&provider).await, provider.shop("shop").await, provider.shop("wiki").await);
        let tokens = shop.welcomes(&mut ada, &[]).await;
        wiki.welcomes(&mut ada, &[]).await;
        let foreign = ["https://wiki.test/bye", "https://shop.test/callback", "https://shop.test/bye?a=1", "https://evil.test/", "javascript:alert(1)"];
        let mutated = mutations("https://shop.test/bye");
        for address in mutated.iter().map(String::as_str).chain(foreign) {
            for (hint, client_id) in [(Some(tokens.id_token.as_str()), None), (Some(tokens.id_token.as_str()), Some("shop")), (None, Some("shop"))] {
                let pairs: Vec<_> = [("post_logout_redirect_uri", address)].into_iter().chain(client_id.map(|id| ("client_id", id))).collect();
                let arrival = ada.opens(shop.logout_url(hint, &pairs)).await;
                assert_eq!(arrival.page(400).name(), "error", "{address}");
                assert_eq!(arrival.hops.len(), 1);
            }
        }
        for (hint, pairs) in [
            (Some(tokens.id_token.as_str()), vec![("client_id", "wiki"), BYE]),
            (Some(tokens.id_token.as_str()), vec![("client_id", "wiki"), ("post_logout_redirect_uri", "https://wiki.test/bye")]),
            (None, vec![BYE]),
            (None, vec![("client_id", "nobody"), BYE]),
            (None, vec![("client_id", "shop"), BYE, BYE]),
            (None, vec![("client_id", "shop"), BYE, ("state", "a"), ("state", "a")]),
        ] {
            assert_eq!(ada.opens(shop.logout_url(hint, &pairs)).await.page(400).name(), "error", "{pairs:?}");
        }
        assert!(is_signed_in(&provider, &ada).await);
    }

    /// A-LO-02: without a hint of this very session the person is asked, and stays signed in until they say so.
    async fn whoever_might_not_have_meant_it_is_asked(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, shop) = (ada(&provider).await, provider.shop("shop").await);
        let mut eve = provider.person("eve@evil.test", "Eve").await;
        let hers = shop.welcomes(&mut eve, &[]).await;
        shop.welcomes(&mut ada, &[]).await;
        let mut elsewhere = ada.at_another_browser();
        let other_session = shop.welcomes(&mut elsewhere, &[]).await;
        let evil = Url::parse("https://evil.test").unwrap();
        for hint in [None, Some(hers.id_token.as_str()), Some(other_session.id_token.as_str())] {
            let url = shop.logout_url(hint, &[("client_id", "shop"), BYE, ("state", "s")]);
            ada.is_sent_from(&evil, &url).await.shows("sign-out");
            assert!(is_signed_in(&provider, &ada).await);
        }
        ada.is_made_to_post_from(&evil, &provider.url("/logout"), &[("client_id", "shop"), BYE, ("state", "s")]).await.shows("sign-out");
        assert!(is_signed_in(&provider, &ada).await, "a form elsewhere signs nobody out");
        // Nor can a form elsewhere answer the question.
        let form = ada.page().form("sign-out").unwrap().0;
        let pairs: Vec<_> = form.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        ada.clone().is_made_to_post_from(&evil, &provider.url("/sign-out"), &pairs).await.answer().clone().is(400);
        assert!(is_signed_in(&provider, &ada).await);
        assert_eq!(ada.presses("sign-out", &[]).await.callback().as_str(), "https://shop.test/bye?state=s");
        assert!(!is_signed_in(&provider, &ada).await);
        assert!(is_signed_in(&provider, &elsewhere).await, "only this browser's session");
    }

    /// A-LO-03, A-TOK-09: a hint is a token of ours, over or not; whatever was tampered with is refused on our page.
    async fn a_hint_is_verified(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, shop) = (ada(&provider).await, provider.shop("shop").await);
        let tokens = shop.welcomes(&mut ada, &[]).await;
        for forged in forgeries(&tokens.id_token, &tokens.claims) {
            let arrival = ada.opens(shop.logout_url(Some(&forged), &[BYE])).await;
            assert_eq!(arrival.page(400).name(), "error", "{forged}");
        }
        assert!(is_signed_in(&provider, &ada).await);
        provider.clock.advance(std::time::Duration::from_hours(2));
        let expired = part_of_jwt(&tokens.id_token, 1)["exp"].as_i64().unwrap() < provider.clock.now().seconds();
        assert!(expired && is_signed_in(&provider, &ada).await);
        assert_eq!(ada.opens(shop.logout_url(Some(tokens.id_token.as_str()), &[BYE])).await.callback().as_str(), "https://shop.test/bye");
        assert!(!is_signed_in(&provider, &ada).await);
    }

    /// A-LO-04: GET and POST do the same; `state` comes back as it was sent, and pages show it to nobody.
    async fn get_and_post_sign_out_alike(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, shop) = (ada(&provider).await, provider.shop("shop").await);
        let app = Url::parse("https://shop.test").unwrap();
        for state in ["s", "a&b=c+d%20e", "\"><img src=x onerror=alert(1)>", "\r\nSet-Cookie: x=y", "grüße \u{2028}"] {
            for post in [false, true] {
                let tokens = shop.welcomes(&mut ada, &[]).await;
                let arrival = if post {
                    let pairs = [("id_token_hint", tokens.id_token.as_str()), BYE, ("state", state)];
                    ada.is_made_to_post_from(&app, &provider.url("/logout"), &pairs).await
                } else {
                    ada.is_sent_from(&app, &shop.logout_url(Some(tokens.id_token.as_str()), &[BYE, ("state", state)])).await
                };
                let callback = arrival.callback();
                assert_eq!(query(&callback, "state").as_deref(), Some(state));
                assert!(arrival.hops.iter().all(|hop| hop.status == 303 && hop.headers.get("x").is_none()), "A-RED-11");
                assert!(ada.jar.get("x").is_none() && ada.jar.get("session").is_none());
                // The question keeps it, sealed.
                ada.opens(provider.url("/login")).await.shows("sign-in");
                ada.touches_passkey().await.shows("dashboard");
                ada.opens(shop.logout_url(None, &[("client_id", "shop"), BYE, ("state", state)])).await.shows("sign-out");
                assert!(!ada.page().text().contains("onerror"));
                assert_eq!(query(&ada.presses("sign-out", &[]).await.callback(), "state").as_deref(), Some(state));
            }
        }
    }

    /// A-LO-05: the session is over on the server; what hangs from it is dead, and what was given for when the person is away lives on.
    async fn signing_out_ends_what_hangs_from_the_session(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, shop, wiki) = (ada(&provider).await, provider.shop("shop").await, provider.shop("wiki").await);
        let online = shop.welcomes(&mut ada, &[]).await;
        let offline = wiki.welcomes(&mut ada, &["offline_access"]).await;
        let stolen = ada.clone();
        ada.opens(shop.logout_url(Some(online.id_token.as_str()), &[])).await.shows("signed-out");
        assert!(!is_signed_in(&provider, &stolen).await, "the old cookie opens nothing");
        let refresh = |tokens: &Tokens| tokens.refresh_token.clone().unwrap();
        assert_eq!(shop.posts_refresh(&refresh(&online)).await.expect(400).error_code(), "invalid_grant");
        assert_eq!(shop.userinfo(&online).await, refused("invalid_token"));
        let refreshed = wiki.refreshes(&refresh(&offline)).await.unwrap();
        assert!(wiki.userinfo(&refreshed).await.is_ok());
    }

    /// RP-Initiated Logout §2: who isn't signed in has nothing to say yes to, and is sent on.
    async fn who_is_not_signed_in_is_not_asked(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, shop) = (ada(&provider).await, provider.shop("shop").await);
        let tokens = shop.welcomes(&mut ada, &[]).await;
        ada.opens(shop.logout_url(Some(tokens.id_token.as_str()), &[BYE])).await.callback();
        assert_eq!(ada.opens(shop.logout_url(Some(tokens.id_token.as_str()), &[BYE])).await.callback().as_str(), "https://shop.test/bye");
        ada.opens(shop.logout_url(None, &[])).await.shows("signed-out");
    }
}
