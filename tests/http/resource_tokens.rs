//! Access tokens for resources (RFC 8707, RFC 9068): what a resource server reads, and what it is for.

use std::time::Duration;

use openidconnect::core::{CoreJsonWebKey, CoreJsonWebKeySet, CoreJwsSigningAlgorithm};
use openidconnect::{JsonWebKey as _, JsonWebKeyId};
use serde_json::{Value, json};
use weftid::actions::audit::Origin;
use weftid::actions::users;
use weftid::base::base64url;
use weftid::base::email::Email;
use weftid_tests::person::Person;
use weftid_tests::provider::Provider;
use weftid_tests::relying_party::{Asked, RelyingParty, part_of_jwt};
use weftid_tests::{on_both_databases, one_character_off};

use crate::client_credentials::{asks, introspects};
use crate::main_job::ada;

const API: &str = "https://api.test/v1";
const FILES: &str = "urn:example:files";
const OPAQUE: &str = "https://old.test/api";

/// A client that may ask for tokens for all three, and refresh.
async fn shop(provider: &Provider, extra: &Value) -> RelyingParty {
    let mut metadata = json!({
        "client_id": "shop", "client_name": "Shop", "redirect_uris": ["https://shop.test/callback"], "resources": [API, FILES, OPAQUE],
        "grant_types": ["authorization_code", "refresh_token", "client_credentials"], "scope": "openid email offline_access orders:read",
    });
    for (name, value) in extra.as_object().into_iter().flatten() {
        metadata[name] = value.clone();
    }
    provider.client(metadata).await
}

/// Sends a person through the pages for these resources, and posts the code with these.
async fn obtains(shop: &RelyingParty, person: &mut Person, asked_for: &[&str], with_code: &[&str]) -> (Asked, weftid_tests::wire::Answer) {
    let extra: Vec<_> = asked_for.iter().map(|resource| ("resource", *resource)).collect();
    let asked = shop.asks(&["email", "orders:read"], &extra);
    let callback = person.agrees_to(&asked.url).await;
    let code = shop.reads_code(&asked, &callback).unwrap();
    let mut pairs = vec![("grant_type", "authorization_code"), ("code", code.as_str()), ("code_verifier", asked.verifier.as_str())];
    pairs.extend(with_code.iter().map(|resource| ("resource", *resource)));
    let answer = shop.posts("token_endpoint", &pairs).await;
    (asked, answer)
}

/// The claims of an access token, after a resource server has verified it by the published keys alone (RFC 9068 §4).
async fn verified(provider: &Provider, token: &str) -> Value {
    assert_eq!(part_of_jwt(token, 0)["typ"], "at+jwt");
    is_signed(provider, token).await
}

/// The claims of a JWT that a published key signed; the crate verifies.
pub(crate) async fn is_signed(provider: &Provider, token: &str) -> Value {
    let header = part_of_jwt(token, 0);
    let jwks: CoreJsonWebKeySet = serde_json::from_slice(&provider.wire.get(&provider.url("/jwks")).await.body).unwrap();
    let kid = JsonWebKeyId::new(header["kid"].as_str().unwrap().to_owned());
    let key: &CoreJsonWebKey = jwks.keys().iter().find(|key| key.key_id() == Some(&kid)).expect("a published key");
    let algorithm: CoreJwsSigningAlgorithm = serde_json::from_value(header["alg"].clone()).unwrap();
    let (input, signature) = token.rsplit_once('.').unwrap();
    key.verify_signature(&algorithm, input.as_bytes(), &base64url::decode(signature).unwrap()).expect("it is signed");
    part_of_jwt(token, 1)
}

fn access_token(answer: &weftid_tests::wire::Answer) -> String {
    assert_eq!(answer.status, 200, "{answer}");
    answer.json()["access_token"].as_str().unwrap().to_owned()
}

on_both_databases! {
    /// A-TOK-07, RFC 9068 §2: type, issuer, audience, subject, client, times and id; and how the person proved who they are.
    async fn a_resource_server_reads_its_token(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, shop) = (ada(&provider).await, shop(&provider, &json!({})).await);
        let (_, answer) = obtains(&shop, &mut ada, &[API], &[API]).await;
        let token = access_token(&answer);
        let claims = verified(&provider, &token).await;
        let now = provider.clock.now().seconds();
        let id_token = part_of_jwt(answer.json()["id_token"].as_str().unwrap(), 1);
        for (name, value) in [
            ("iss", json!("https://id.example")), ("aud", json!(API)), ("client_id", json!("shop")), ("scope", json!("openid email orders:read")),
            ("iat", json!(now)), ("exp", json!(now + 600)), ("sub", id_token["sub"].clone()), ("auth_time", id_token["auth_time"].clone()),
            ("acr", id_token["acr"].clone()), ("amr", id_token["amr"].clone()),
        ] {
            assert_eq!(claims[name], value, "{name}");
        }
        assert!(claims["jti"].as_str().unwrap().len() >= 22 && claims["auth_time"].is_i64());
        let (_, again) = obtains(&shop, &mut ada, &[API], &[API]).await;
        assert_ne!(claims["jti"], part_of_jwt(&access_token(&again), 1)["jti"]);
        // In the client's own name nobody proved anything.
        let own = verified(&provider, &access_token(&asks(&shop, &[("resource", API)]).await)).await;
        assert_eq!((&own["sub"], &own["aud"], &own["scope"]), (&json!("client:shop"), &json!(API), &json!("orders:read")));
        assert!(["auth_time", "acr", "amr", "grant"].iter().all(|name| own.get(*name).is_none()), "{own}");
    }

    /// A-RES-01, RFC 8707 §2.2: with the code and at each refresh a part of what was granted, and never more; what is not named is all of it.
    async fn resources_are_chosen_among_those_granted(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, shop) = (ada(&provider).await, shop(&provider, &json!({})).await);
        let audience = |answer: &weftid_tests::wire::Answer| part_of_jwt(&access_token(answer), 1)["aud"].clone();
        let (_, answer) = obtains(&shop, &mut ada, &[API, FILES], &[]).await;
        assert_eq!(audience(&answer), json!([API, FILES]));
        let (_, answer) = obtains(&shop, &mut ada, &[API, FILES], &[FILES]).await;
        assert_eq!(audience(&answer), json!(FILES));
        let mut refresh_token = answer.json()["refresh_token"].as_str().unwrap().to_owned();
        for (named, expected) in [(&[API][..], json!(API)), (&[API, FILES], json!([API, FILES])), (&[], json!([API, FILES]))] {
            let mut pairs = vec![("grant_type", "refresh_token"), ("refresh_token", refresh_token.as_str())];
            pairs.extend(named.iter().map(|resource| ("resource", *resource)));
            let answer = shop.posts("token_endpoint", &pairs).await;
            assert_eq!(audience(&answer), expected);
            answer.json()["refresh_token"].as_str().unwrap().clone_into(&mut refresh_token);
        }
        for bad in [OPAQUE, "https://other.test", "/v1", "https://api.test/v1#x"] {
            let pairs = [("grant_type", "refresh_token"), ("refresh_token", refresh_token.as_str()), ("resource", bad)];
            assert_eq!(shop.posts("token_endpoint", &pairs).await.expect(400).error_code(), "invalid_target", "{bad}");
            assert_eq!(asks(&shop, &[("resource", if bad == OPAQUE { "https://x.test" } else { bad })]).await.expect(400).error_code(), "invalid_target");
        }
        assert!(shop.refreshes(&refresh_token).await.is_ok(), "a wrong resource uses nothing up");
        // A-CODE-04: the code is bound to its resources, and asking for another doesn't use it up.
        let asked = shop.asks(&["email"], &[("resource", API)]);
        let callback = ada.agrees_to(&asked.url).await;
        let code = shop.reads_code(&asked, &callback).unwrap();
        let pairs = [("grant_type", "authorization_code"), ("code", code.as_str()), ("code_verifier", asked.verifier.as_str())];
        let more = [&pairs, [("resource", FILES)].as_slice()].concat();
        assert_eq!(shop.posts("token_endpoint", &more).await.expect(400).error_code(), "invalid_target");
        assert_eq!(audience(&shop.posts("token_endpoint", &pairs).await), json!(API));
    }

    /// RFC 9068 §4, A-TOK-08: a token for an API opens nothing here, is no hint, and names no audience that it was not asked for.
    async fn a_token_for_an_api_is_for_that_api(kind: Kind) {
        let provider = Provider::start(kind).await;
        let userinfo = "https://id.example/userinfo";
        let (mut ada, shop) = (ada(&provider).await, shop(&provider, &json!({"resources": [API, OPAQUE, userinfo]})).await);
        let (_, answer) = obtains(&shop, &mut ada, &[API], &[]).await;
        let token = access_token(&answer);
        assert_eq!(shop.asks_userinfo(&token).await.expect(401).error_code(), "invalid_token");
        let hinted = shop.asks(&[], &[("id_token_hint", &token)]);
        assert_eq!(weftid_tests::wire::query(&ada.opens(&hinted.url).await.callback(), "error").as_deref(), Some("invalid_request"));
        assert_eq!(ada.opens(shop.logout_url(Some(&token), &[])).await.page(400).name(), "error");
        let (_, answer) = obtains(&shop, &mut ada, &[API, userinfo], &[userinfo]).await;
        let claims = shop.asks_userinfo(&access_token(&answer)).await.expect(200).json();
        assert_eq!(claims["email"], "ada@shop.test", "one that names userinfo is for userinfo");
        let (_, answer) = obtains(&shop, &mut ada, &[], &[]).await;
        let plain = access_token(&answer);
        assert!(plain.starts_with("wat_"), "without a resource it is opaque, and for us");
        shop.asks_userinfo(&plain).await.is(200);
        assert!(introspects(&shop, &plain).await.get("aud").is_none());
    }

    /// RFC 7009, A-INT-02, A-RT-05: a token for an API can be revoked by itself, and dies with its grant, its session, its person.
    async fn it_dies_with_what_it_rests_on(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, shop) = (ada(&provider).await, shop(&provider, &json!({})).await);
        let obtained = async |person: &mut Person| {
            let (_, answer) = obtains(&shop, person, &[API], &[]).await;
            (access_token(&answer), answer.json()["refresh_token"].as_str().unwrap().to_owned())
        };
        let (token, refresh_token) = obtained(&mut ada).await;
        assert_eq!(introspects(&shop, &token).await["active"], true);
        shop.revokes(&token).await.is(200);
        assert_eq!(introspects(&shop, &token).await, json!({"active": false}));
        let again = access_token(&shop.posts_refresh(&refresh_token).await);
        assert_eq!(introspects(&shop, &again).await["active"], true);
        shop.revokes(&refresh_token).await.is(200);
        assert_eq!(introspects(&shop, &again).await, json!({"active": false}), "with its grant");
        let (token, _) = obtained(&mut ada).await;
        provider.clock.advance(Duration::from_secs(599));
        assert_eq!(introspects(&shop, &token).await["active"], true);
        provider.clock.advance(Duration::from_secs(1));
        assert_eq!(introspects(&shop, &token).await, json!({"active": false}), "with its time");
        let (token, _) = obtained(&mut ada).await;
        let tampered = one_character_off(&token, token.len() - 20);
        assert_eq!(introspects(&shop, &tampered).await, json!({"active": false}));
        users::deactivate(&provider.app, &Email::parse("ada@shop.test").unwrap(), &Origin::command_line()).await.unwrap();
        assert_eq!(introspects(&shop, &token).await, json!({"active": false}), "with its person");
    }

    /// RFC 8707 §2: a resource that is registered as opaque gets opaque tokens, and introspects them.
    async fn an_opaque_resource_gets_opaque_tokens(kind: Kind) {
        let provider = Provider::start_with(kind, &[("resources.opaque", OPAQUE)]).await;
        let (mut ada, shop) = (ada(&provider).await, shop(&provider, &json!({})).await);
        let old = provider.robot("old", &json!({"introspection_audiences": [OPAQUE]})).await;
        for (resources, audience) in [(&[OPAQUE][..], json!([OPAQUE])), (&[API, OPAQUE], json!([API, OPAQUE]))] {
            let (_, answer) = obtains(&shop, &mut ada, resources, &[]).await;
            let token = access_token(&answer);
            assert!(token.starts_with("wat_"), "{token}");
            assert_eq!(introspects(&shop, &token).await["aud"], audience);
            assert_eq!(introspects(&old, &token).await["aud"], json!([OPAQUE]));
            assert_eq!(shop.asks_userinfo(&token).await.expect(401).error_code(), "invalid_token");
        }
        let own = access_token(&asks(&shop, &[("resource", OPAQUE)]).await);
        assert_eq!(introspects(&old, &own).await["sub"], "client:shop");
        let (_, answer) = obtains(&shop, &mut ada, &[API, OPAQUE], &[API]).await;
        verified(&provider, &access_token(&answer)).await;
    }

    /// A-TOK-07, RFC 9068 §2.1: signed with what the client registered, or else as its ID tokens; always asymmetric.
    async fn it_is_signed_as_the_client_registered(kind: Kind) {
        let provider = Provider::start(kind).await;
        for (number, (id_token, own, expected)) in
            [("RS256", None, "RS256"), ("ES256", None, "ES256"), ("RS256", Some("PS256"), "PS256"), ("PS256", Some("ES256"), "ES256")].into_iter().enumerate()
        {
            let mut extra = json!({"resources": [API], "id_token_signed_response_alg": id_token});
            if let Some(own) = own {
                extra["access_token_signed_response_alg"] = json!(own);
            }
            let robot = provider.robot(&format!("robot{number}"), &extra).await;
            let token = access_token(&asks(&robot, &[("resource", API)]).await);
            verified(&provider, &token).await;
            assert_eq!(part_of_jwt(&token, 0)["alg"], expected);
        }
    }
}
