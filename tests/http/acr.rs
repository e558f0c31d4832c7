//! How strong a sign-in has to be: what a client makes a condition holds, and what is told is true.

use serde_json::json;
use weftid_tests::authenticator::Authenticator;
use weftid_tests::on_both_databases;
use weftid_tests::person::{Arrival, Person};
use weftid_tests::provider::Provider;
use weftid_tests::wire::query;

use crate::passwords::{ADA, SECRET, at_the_password, types, types_code};

const ESSENTIAL: (&str, &str) = ("claims", r#"{"id_token":{"acr":{"essential":true,"values":["phr"]}}}"#);

async fn types_email(person: &mut Person) {
    person.presses("continue", &[("email", ADA)]).await.shows("sign-in");
}

fn error(arrival: &Arrival) -> String {
    query(&arrival.callback(), "error").unwrap_or_default()
}

on_both_databases! {
    /// A-AUTHN-04: a passkey is the condition, and the person signs in with a password and a code: the client hears that it was not met, and
    /// gets no code. With the passkey it gets one, and is told what it asked for, which is true.
    async fn a_condition_that_is_not_met_fails(kind: Kind) {
        let provider = Provider::start(kind).await;
        let shop = provider.shop("shop").await;
        let mut ada = provider.stranger();
        ada.authenticator = Authenticator::security_key();
        let with_key = provider.person_with(ada, ADA, "Ada").await;
        provider.gives_password(ADA, SECRET).await;
        let app = provider.gives_authenticator_app(ADA).await;
        let mut person = with_key.at_another_browser();
        person.opens(&shop.asks(&[], &[ESSENTIAL]).url).await.shows("sign-in");
        types_email(&mut person).await;
        provider.clock.advance(std::time::Duration::from_secs(1));
        types(&mut person, SECRET).await.shows("second-step");
        let arrival = types_code(&mut person, &app.code(&provider.clock)).await;
        assert_eq!(error(&arrival), "unmet_authentication_requirements");
        // What is here is not enough next time either: silently it is said, else asked for.
        assert_eq!(error(&person.opens(&shop.asks(&[], &[ESSENTIAL, ("prompt", "none")]).url).await), "login_required");
        provider.clock.advance(std::time::Duration::from_secs(1));
        let asked = shop.asks(&[], &[ESSENTIAL]);
        person.opens(&asked.url).await.shows("sign-in");
        provider.clock.advance(std::time::Duration::from_secs(1));
        person.touches_passkey().await.shows("consent");
        let callback = person.presses("allow", &[]).await.callback();
        let tokens = shop.redeems(&asked, &callback).await.expect("a code");
        assert_eq!(tokens.claims["acr"], "phr", "a key that can't leave its device resists phishing, too");
        assert_eq!(tokens.claims["amr"], json!(["hwk", "user", "mfa"]));
        let asked = shop.asks(&[], &[("prompt", "none")]);
        let callback = person.opens(&asked.url).await.callback();
        let tokens = shop.redeems(&asked, &callback).await.expect("a code");
        assert_eq!(tokens.claims["acr"], "phrh", "and where nothing is asked, the whole of it is told");
    }

    /// A-AUTHN-04, OpenID Connect Core §3.1.2.1: a wish is asked for once, and what comes of it is told as it is.
    async fn a_wish_is_no_condition(kind: Kind) {
        let provider = Provider::start(kind).await;
        let shop = provider.shop("shop").await;
        provider.admin().await;
        provider.gives_password(ADA, SECRET).await;
        let mut person = at_the_password(&provider, ADA).await;
        types(&mut person, SECRET).await.shows("dashboard");
        provider.clock.advance(std::time::Duration::from_secs(1));
        let asked = shop.asks(&[], &[("acr_values", "phrh phr")]);
        person.opens(&asked.url).await.shows("sign-in");
        provider.clock.advance(std::time::Duration::from_secs(1));
        person.submits("/login/password", &[("email", ADA), ("password", SECRET)]).await.shows("consent");
        let callback = person.presses("allow", &[]).await.callback();
        let tokens = shop.redeems(&asked, &callback).await.expect("a code");
        assert_eq!((&tokens.claims["acr"], &tokens.claims["amr"]), (&json!("password"), &json!(["pwd"])));
        let asked = shop.asks(&[], &[("acr_values", "phr"), ("prompt", "none")]);
        let callback = person.opens(&asked.url).await.callback();
        assert_eq!(shop.redeems(&asked, &callback).await.expect("a code").claims["acr"], "password");
    }

    /// A-AUTHN-04: a condition in words that can't be read is not passed over.
    async fn what_cannot_be_read_is_refused(kind: Kind) {
        let provider = Provider::start(kind).await;
        let shop = provider.shop("shop").await;
        let mut ada = provider.admin().await;
        for claims in ["{", "[]", "acr", r#"{"id_token":"#] {
            let arrival = ada.opens(&shop.asks(&[], &[("claims", claims)]).url).await;
            assert_eq!(error(&arrival), "invalid_request", "{claims}");
        }
        let impossible = r#"{"id_token":{"acr":{"essential":true,"value":"urn:example:iris"}}}"#;
        assert_eq!(error(&ada.opens(&shop.asks(&[], &[("claims", impossible), ("prompt", "none")]).url).await), "login_required");
    }
}
