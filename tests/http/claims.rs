//! Claims that are asked for one by one (OpenID Connect Core §5.5), and what a client was registered to ask for when it says nothing
//! (OpenID Connect Registration §2).

use std::time::Duration;

use serde_json::json;
use weftid_tests::on_both_databases;
use weftid_tests::person::Arrival;
use weftid_tests::provider::Provider;
use weftid_tests::wire::query;

use crate::main_job::ada;
use crate::passwords::{ADA, SECRET, at_the_password, types};
use crate::profile::says_everything;

#[track_caller]
fn error(arrival: &Arrival) -> String {
    query(&arrival.callback(), "error").unwrap_or_default()
}

on_both_databases! {
    /// A-UI-03, OpenID Connect Core §5.5: each claim is told where it was asked for and nowhere else, essential or not, and in both places alike; a
    /// refreshed ID token tells it as well. What is not known is no error.
    async fn a_claim_is_told_where_it_was_asked_for(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, shop) = (ada(&provider).await, provider.shop("shop").await);
        says_everything(&provider, &mut ada).await;
        let claims = r#"{"userinfo":{"email":{"essential":true},"birthdate":null,"nickname":{"value":"another"},"unheard_of":null},
            "id_token":{"nickname":null,"given_name":{"essential":true},"auth_time":{"essential":true}}}"#;
        let asked = shop.asks(&[], &[("claims", claims)]);
        let page = ada.opens(&asked.url).await.shows("consent");
        let shown = page.text_of(page.all("li").find(|item| item.attribute("data-claims").is_some()).unwrap());
        for part in ["Given names", "Nickname", "Date of birth", "Email"] {
            assert!(shown.contains(part), "{part}: {shown}");
        }
        assert!(!shown.contains("Phone"), "{shown}");
        let tokens = shop.redeems(&asked, &ada.presses("allow", &[]).await.callback()).await.unwrap();
        let userinfo = shop.asks_userinfo(&tokens.access_token).await.expect(200).json();
        let mut members: Vec<_> = userinfo.as_object().unwrap().keys().map(String::as_str).collect();
        members.sort_unstable();
        assert_eq!(members, ["birthdate", "email", "nickname", "sub"]);
        let refreshed = shop.refreshes(tokens.refresh_token.as_deref().unwrap()).await.unwrap();
        for claims in [&tokens.claims, &refreshed.claims] {
            assert!(claims["given_name"].is_string() && claims["auth_time"].is_number(), "{claims}");
            assert_eq!(claims["nickname"], userinfo["nickname"], "both agree");
            assert!(claims.get("email").is_none() && claims.get("birthdate").is_none(), "{claims}");
        }
        assert_eq!(shop.asks_userinfo(&refreshed.access_token).await.expect(200).json(), userinfo);
        let bob = provider.person("bob@shop.test", "Bob").await;
        let asked = shop.asks(&[], &[("claims", r#"{"id_token":{"birthdate":{"essential":true}},"userinfo":{"phone_number":{"essential":true}}}"#)]);
        let tokens = shop.redeems(&asked, &bob.clone().agrees_to(&asked.url).await).await.unwrap();
        assert!(tokens.claims.get("birthdate").is_none());
        assert_eq!(shop.asks_userinfo(&tokens.access_token).await.expect(200).json(), json!({"sub": tokens.claims["sub"]}));
    }

    /// A-AUTHN-06: a claim is asked about once and remembered; one that was not shown is asked about, and a scope that was allowed covers its claims.
    /// Connected apps say it, and taking back ends it.
    async fn consent_is_about_claims_as_well(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, shop) = (ada(&provider).await, provider.shop("shop").await);
        let asks = |claims: &str, extra: &[(&str, &str)]| shop.asks(&[], &[&[("claims", claims)], extra].concat());
        let birthdate = r#"{"userinfo":{"birthdate":null}}"#;
        shop.welcomes(&mut ada, &["email"]).await;
        assert_eq!(error(&ada.opens(&asks(birthdate, &[("prompt", "none")]).url).await), "consent_required");
        let asked = asks(birthdate, &[]);
        ada.opens(&asked.url).await.shows("consent");
        let tokens = shop.redeems(&asked, &ada.presses("allow", &[]).await.callback()).await.unwrap();
        for silent in [birthdate, r#"{"id_token":{"birthdate":null,"email":null}}"#] {
            let asked = asks(silent, &[("prompt", "none")]);
            shop.reads_code(&asked, &ada.opens(&asked.url).await.callback()).unwrap();
        }
        for more in [r#"{"id_token":{"name":null}}"#, r#"{"userinfo":{"birthdate":null,"gender":null}}"#] {
            ada.opens(&asks(more, &[]).url).await.shows("consent");
            assert_eq!(error(&ada.opens(&asks(more, &[("prompt", "none")]).url).await), "consent_required");
        }
        let kept = "SELECT count(*) FROM consents WHERE scope = 'openid email' AND claims = '[\"birthdate\"]' AND resources = '[]'";
        assert_eq!(provider.database.count(kept).await, 1, "what was allowed, and nothing more");
        let page = ada.opens(provider.url("/account/apps")).await.shows("apps");
        assert!(page.text().contains("Date of birth") && !page.text().contains("Gender"), "{}", page.text());
        // What was allowed shrinks behind the provider's back: what goes beyond it is dead.
        assert!(shop.userinfo(&tokens).await.is_ok());
        provider.database.execute("UPDATE consents SET claims = '[]'").await;
        assert!(shop.userinfo(&tokens).await.is_err());
    }

    /// A-AUTHN-06, A-RES-01: which services an application wants to use in the person's name is asked, remembered and shown, too.
    async fn consent_is_about_resources_as_well(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut ada = ada(&provider).await;
        let resources = ["https://api.test/v1", "urn:example:files"];
        let metadata = json!({"client_id": "shop", "client_name": "Shop", "redirect_uris": ["https://shop.test/cb"], "resources": resources});
        let shop = provider.client(metadata).await;
        shop.welcomes(&mut ada, &[]).await;
        let asked = shop.asks(&[], &[("resource", resources[0])]);
        let page = ada.opens(&asked.url).await.shows("consent");
        assert!(page.text().contains(resources[0]) && !page.text().contains(resources[1]), "{}", page.text());
        shop.redeems(&asked, &ada.presses("allow", &[]).await.callback()).await.unwrap();
        let asked = shop.asks(&[], &[("resource", resources[0])]);
        shop.redeems(&asked, &ada.opens(&asked.url).await.callback()).await.unwrap();
        ada.opens(&shop.asks(&[], &[("resource", resources[1])]).url).await.shows("consent");
        assert!(ada.opens(provider.url("/account/apps")).await.shows("apps").text().contains(resources[0]));
    }

    /// A-TOK-13: whatever is asked for, what the protocol says stands, and nothing is made up.
    async fn no_claim_stands_in_the_place_of_the_protocols(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, shop) = (ada(&provider).await, provider.shop("shop").await);
        says_everything(&provider, &mut ada).await;
        let plain = shop.welcomes(&mut ada, &[]).await;
        let named: Vec<String> = ["iss", "aud", "exp", "iat", "nbf", "acr", "amr", "sid", "azp", "nonce", "at_hash", "cnf", "scope", "client_id", "role", "epoch", "events"]
            .iter()
            .map(|name| format!(r#""{name}":{{"value":"forged"}}"#))
            .collect();
        let claims = format!(r#"{{"id_token":{{{0}}},"userinfo":{{{0},"address/country":null,"profile.name":null}}}}"#, named.join(","));
        let asked = shop.asks(&[], &[("claims", &claims), ("prompt", "none")]);
        let tokens = shop.redeems(&asked, &ada.opens(&asked.url).await.callback()).await.unwrap();
        let members = |claims: &serde_json::Value| claims.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(members(&tokens.claims), members(&plain.claims));
        assert!(!tokens.claims.to_string().contains("forged"), "{}", tokens.claims);
        for name in ["iss", "aud", "sub", "sid", "acr", "amr"] {
            assert_eq!(tokens.claims[name], plain.claims[name], "{name}");
        }
        assert_eq!(members(&shop.asks_userinfo(&tokens.access_token).await.expect(200).json()), ["sub"]);
    }

    /// A-AUTHN-03: `sub` with a value names whose answer may be given, like a hint; nobody else's is.
    async fn a_subject_names_whose_answer_may_be_given(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, shop) = (ada(&provider).await, provider.shop("shop").await);
        let mut eve = provider.person("eve@evil.test", "Eve").await;
        let (hers, own) = (shop.welcomes(&mut eve, &[]).await, shop.welcomes(&mut ada, &[]).await);
        let naming = |tokens: &weftid_tests::relying_party::Tokens, place: &str| json!({place: {"sub": {"value": tokens.claims["sub"]}}}).to_string();
        for place in ["id_token", "userinfo"] {
            let asked = shop.asks(&[], &[("claims", &naming(&hers, place)), ("prompt", "none")]);
            assert_eq!(error(&ada.opens(&asked.url).await), "login_required");
            ada.clone().opens(&shop.asks(&[], &[("claims", &naming(&hers, place))]).url).await.shows("sign-in");
            let asked = shop.asks(&[], &[("claims", &naming(&own, place)), ("prompt", "none")]);
            let tokens = shop.redeems(&asked, &ada.opens(&asked.url).await.callback()).await.unwrap();
            assert_eq!(tokens.claims["sub"], own.claims["sub"]);
            let both = shop.asks(&[], &[("claims", &naming(&hers, place)), ("id_token_hint", &own.id_token)]);
            assert_eq!(error(&ada.opens(&both.url).await), "login_required", "two people");
        }
        let several = json!({"id_token": {"sub": {"values": [own.claims["sub"], hers.claims["sub"]]}}}).to_string();
        assert_eq!(error(&ada.opens(&shop.asks(&[], &[("claims", &several)]).url).await), "invalid_request");
    }

    /// A-AUTHN-02, A-AUTHN-04, OpenID Connect Registration §2: `default_max_age` and `default_acr_values` hold for a request that says nothing itself.
    async fn a_client_may_be_registered_to_ask(kind: Kind) {
        let provider = Provider::start(kind).await;
        let metadata = |id: &str, member: &str, value: serde_json::Value| {
            let callback = format!("https://{id}.test/cb");
            json!({"client_id": id, "client_name": id, "redirect_uris": [callback], "require_consent": false, "require_auth_time": true, member: value})
        };
        let aged = provider.client(metadata("aged", "default_max_age", json!(60))).await;
        let strong = provider.client(metadata("strong", "default_acr_values", json!(["phr"]))).await;
        provider.admin().await;
        provider.gives_password(ADA, SECRET).await;
        let mut person = at_the_password(&provider, ADA).await;
        types(&mut person, SECRET).await.shows("dashboard");
        provider.clock.advance(Duration::from_mins(1));
        let asked = aged.asks(&[], &[]);
        let tokens = aged.redeems(&asked, &person.opens(&asked.url).await.callback()).await.unwrap();
        assert!(tokens.claims["auth_time"].is_number());
        provider.clock.advance(Duration::from_secs(1));
        person.opens(&aged.asks(&[], &[]).url).await.shows("sign-in");
        assert_eq!(error(&person.opens(&aged.asks(&[], &[("prompt", "none")]).url).await), "login_required");
        person.opens(&aged.asks(&[], &[("max_age", "100")]).url).await.callback();
        person.opens(&strong.asks(&[], &[]).url).await.shows("sign-in");
        person.opens(&strong.asks(&[], &[("acr_values", "password")]).url).await.callback();
    }

    /// OpenID Connect Core §3.1.2.1, §5.2: what a page should look like, and in which languages claims are wanted, is no condition.
    async fn display_and_locales_are_no_condition(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (ada, shop) = (ada(&provider).await, provider.shop("shop").await);
        for extra in [("display", "page"), ("display", "popup"), ("display", "touch"), ("display", "wap"), ("display", "hologram"), ("claims_locales", "de-AT fr"), ("claims_locales", "<>")] {
            let asked = shop.asks(&[], &[extra]);
            shop.redeems(&asked, &ada.at_another_browser().agrees_to(&asked.url).await).await.unwrap();
        }
    }
}
