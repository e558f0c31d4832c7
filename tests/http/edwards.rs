//! EdDSA, whose key is made on request; and what else is signed as a client registered: userinfo.

use std::time::Duration;

use openidconnect::core::CoreJwsSigningAlgorithm;
use serde_json::{Value, json};
use weftid::actions::audit::Origin;
use weftid::actions::{clients, keys};
use weftid::protocol::signing_algorithm::SigningAlgorithm;
use weftid_tests::on_both_databases;
use weftid_tests::provider::Provider;
use weftid_tests::relying_party::part_of_jwt;

use crate::client_credentials::asks;
use crate::main_job::ada;
use crate::resource_tokens::is_signed;
use crate::stored::events;

const DISCOVERY: &str = "/.well-known/openid-configuration";

fn metadata(id: &str) -> Value {
    json!({
        "client_id": id, "client_name": id, "redirect_uris": [format!("https://{id}.test/callback")], "scope": "openid email orders:read",
        "grant_types": ["authorization_code", "refresh_token", "client_credentials"], "resources": ["https://api.test"],
        "id_token_signed_response_alg": "EdDSA", "userinfo_signed_response_alg": "EdDSA",
    })
}

/// The algorithms of the published keys, and those that discovery lists.
async fn published(provider: &Provider) -> (Vec<String>, Vec<String>) {
    let jwks = provider.wire.get(&provider.url("/jwks")).await.expect(200).json();
    let document = provider.wire.get(&provider.url(DISCOVERY)).await.expect(200).json();
    let mut keys: Vec<String> = jwks["keys"].as_array().unwrap().iter().map(|key| key["alg"].as_str().unwrap().to_owned()).collect();
    keys.sort();
    let mut listed: Vec<String> = serde_json::from_value(document["id_token_signing_alg_values_supported"].clone()).unwrap();
    assert_eq!(document["userinfo_signing_alg_values_supported"], document["id_token_signing_alg_values_supported"]);
    listed.sort();
    (keys, listed)
}

async fn register(provider: &Provider, id: &str) -> Result<(), String> {
    let metadata = serde_json::from_value(metadata(id)).unwrap();
    clients::create(&provider.app, metadata, &Origin::command_line()).await.map(drop).map_err(|error| error.to_string())
}

on_both_databases! {
    /// D-KEY-01, A-DISC-01: an EdDSA key is published at once and signs when everybody may have seen it; only then discovery lists it, and clients
    /// may ask for it; before, they are told.
    async fn a_key_for_eddsa_is_made_on_request(kind: Kind) {
        let provider = Provider::start(kind).await;
        let three = ["ES256", "PS256", "RS256"];
        assert_eq!(published(&provider).await, (three.map(str::to_owned).to_vec(), three.map(str::to_owned).to_vec()));
        let refused = register(&provider, "early").await.unwrap_err();
        assert!(refused.contains("weftid keys create --algorithm EdDSA") && refused.contains("userinfo_signed_response_alg"), "{refused}");
        let made = keys::create(&provider.app, SigningAlgorithm::EdDsa, &Origin::command_line()).await.unwrap();
        assert_eq!(made.signs_from, provider.clock.now().plus(Duration::from_secs(305)));
        let (all, listed) = published(&provider).await;
        assert_eq!((all.contains(&"EdDSA".to_owned()), listed.contains(&"EdDSA".to_owned())), (true, false));
        assert!(register(&provider, "early").await.unwrap_err().contains("signs in 305 seconds"));
        provider.clock.advance(Duration::from_secs(304));
        assert!(register(&provider, "early").await.is_err());
        provider.clock.advance(Duration::from_secs(1));
        let (_, listed) = published(&provider).await;
        assert!(listed.contains(&"EdDSA".to_owned()));
        assert_eq!(events(&provider.database, "signing_key_created").await, 1);

        let mut ada = ada(&provider).await;
        let mut shop = provider.client(metadata("shop")).await;
        shop.algorithm = CoreJwsSigningAlgorithm::EdDsa;
        let tokens = shop.welcomes(&mut ada, &["email"]).await;
        assert_eq!((&tokens.header["alg"], &tokens.header["kid"]), (&json!("EdDSA"), &json!(made.kid.to_string())));
        shop.refreshes(tokens.refresh_token.as_deref().unwrap()).await.unwrap();
        let token = asks(&shop, &[("resource", "https://api.test")]).await.expect(200).json()["access_token"].as_str().unwrap().to_owned();
        assert_eq!((&part_of_jwt(&token, 0)["alg"], &part_of_jwt(&token, 0)["typ"]), (&json!("EdDSA"), &json!("at+jwt")));
        let hinted = shop.asks(&[], &[("id_token_hint", &tokens.id_token), ("prompt", "none")]);
        assert!(shop.redeems(&hinted, &ada.opens(&hinted.url).await.callback()).await.is_ok(), "an EdDSA hint is read");
    }

    /// D-KEY-01: a further key of any algorithm waits as well, while the one before goes on signing; what that signed stays good.
    async fn a_further_key_waits_until_it_was_seen(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, mut shop) = (ada(&provider).await, provider.shop("shop").await);
        let first = shop.welcomes(&mut ada, &[]).await;
        let made = keys::create(&provider.app, SigningAlgorithm::Rs256, &Origin::command_line()).await.unwrap();
        provider.clock.advance(Duration::from_secs(304));
        let second = shop.welcomes(&mut ada, &[]).await;
        assert_eq!(first.header["kid"], second.header["kid"]);
        provider.clock.advance(Duration::from_secs(1));
        shop.discovers().await;
        let third = shop.welcomes(&mut ada, &[]).await;
        assert_eq!(third.header["kid"], made.kid.to_string());
        let hinted = shop.asks(&[], &[("id_token_hint", &first.id_token), ("prompt", "none")]);
        assert!(shop.redeems(&hinted, &ada.opens(&hinted.url).await.callback()).await.is_ok());
    }

    /// OpenID Connect Core §5.3.2, A-UI-03, A-TOK-08: userinfo as a signed JWT where the client registered it, judged by the crate; it is no ID
    /// token, and no hint.
    async fn userinfo_is_signed_where_it_was_registered(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut ada = ada(&provider).await;
        for algorithm in ["RS256", "PS256", "ES256"] {
            let id = algorithm.to_lowercase();
            let mut metadata = metadata(&id);
            metadata["id_token_signed_response_alg"] = json!("RS256");
            metadata["userinfo_signed_response_alg"] = json!(algorithm);
            let client = provider.client(metadata).await;
            let tokens = client.welcomes(&mut ada, &["email"]).await;
            let answer = client.asks_userinfo(&tokens.access_token).await.expect(200);
            assert_eq!((answer.header("content-type"), answer.header("cache-control")), ("application/jwt", "no-store"));
            let jwt = answer.text();
            assert_eq!(part_of_jwt(&jwt, 0)["alg"], algorithm);
            let expected =
                json!({"iss": "https://id.example", "aud": id, "sub": tokens.claims["sub"], "email": "ada@shop.test", "email_verified": true});
            assert_eq!(is_signed(&provider, &jwt).await, expected);
            if algorithm == "RS256" {
                // The crate's client takes no other here; it also holds issuer and audience against what it expects.
                assert_eq!(client.userinfo(&tokens).await.unwrap()["email"], "ada@shop.test");
            }
            assert_eq!(ada.opens(client.logout_url(Some(&jwt), &[])).await.page(400).name(), "error");
            assert_eq!(client.asks_userinfo(&jwt).await.expect(401).error_code(), "invalid_token");
            let refused = client.asks_userinfo("x").await.expect(401);
            assert_eq!(refused.header("content-type"), "application/json", "refusals stay JSON");
        }
    }
}
