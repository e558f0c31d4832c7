//! The introspection endpoint (RFC 7662): who is told what about which token.

use http::{HeaderMap, Method};
use serde_json::{Value, json};
use weftid::actions::audit::Origin;
use weftid::actions::clients;
use weftid::base::id::ClientId;
use weftid_tests::on_both_databases;
use weftid_tests::provider::Provider;
use weftid_tests::relying_party::RelyingParty;

use crate::client_credentials::introspects;
use crate::main_job::ada;

const API: &str = "https://api.test/v1";
const FILES: &str = "urn:example:files";

fn inactive() -> Value {
    json!({"active": false})
}

async fn shop(provider: &Provider) -> RelyingParty {
    let metadata = json!({
        "client_id": "shop", "client_name": "Shop", "redirect_uris": ["https://shop.test/callback"], "resources": [API, FILES],
        "grant_types": ["authorization_code", "refresh_token"], "scope": "openid email offline_access",
    });
    provider.client(metadata).await
}

on_both_databases! {
    /// A-INT-01, RFC 7662 §2.1: without proof 401, and so for who could be anybody; another client learns nothing, whatever it accepts.
    async fn only_whom_it_concerns_is_told(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, shop) = (ada(&provider).await, shop(&provider).await);
        let wiki = provider.shop("wiki").await;
        let api = provider.robot("api", &json!({"grant_types": [], "scope": "", "introspection_audiences": [API]})).await;
        let plain = shop.welcomes(&mut ada, &["email"]).await;
        let asked = shop.asks(&["email"], &[("resource", API), ("resource", FILES)]);
        let callback = ada.agrees_to(&asked.url).await;
        let for_both = shop.redeems(&asked, &callback).await.unwrap();
        let refresh_token = plain.refresh_token.clone().unwrap();
        for token in [&plain.access_token, &for_both.access_token, &refresh_token] {
            let (bare, answer) = (shop.but(|party| party.secret = None), [("token", token.as_str())]);
            assert_eq!(shop.posts_bare("introspection_endpoint", &answer, &[]).await.expect(401).error_code(), "invalid_client");
            assert_eq!(bare.posts("introspection_endpoint", &answer).await.expect(401).error_code(), "invalid_client");
            let accept = [("authorization", wiki.basic()), ("accept", "application/token-introspection+jwt".to_owned())];
            let headers: Vec<_> = accept.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let foreign = wiki.posts_bare("introspection_endpoint", &answer, &headers).await.expect(200);
            assert_eq!((foreign.text().as_str(), foreign.header("content-type")), (r#"{"active":false}"#, "application/json"));
            assert_eq!(foreign.header("cache-control"), "no-store", "A-TOK-01");
            assert_eq!(introspects(&shop, token).await["active"], true);
        }
        assert_eq!(introspects(&api, &plain.access_token).await, inactive(), "it is for nobody's API");
        assert_eq!(introspects(&api, &refresh_token).await, inactive());
        let told = introspects(&api, &for_both.access_token).await;
        assert_eq!((&told["active"], &told["client_id"], &told["sub"]), (&json!(true), &json!("shop"), &for_both.claims["sub"]));
        assert_eq!(told["aud"], json!([API]), "who else it is for does not concern it");
        assert_eq!(introspects(&shop, &for_both.access_token).await["aud"], json!([API, FILES]));
        let public = json!({
            "client_id": "spa", "client_name": "SPA", "redirect_uris": ["https://spa.test/"], "token_endpoint_auth_method": "none",
        });
        let spa = provider.client(public).await;
        let own = spa.welcomes(&mut ada, &[]).await;
        assert_eq!(spa.posts("introspection_endpoint", &[("token", &own.access_token)]).await.expect(401).error_code(), "invalid_client");
    }

    /// RFC 7662 §2.2, RFC 9470 §6.2: what is told, with its right types.
    async fn what_is_told(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, shop) = (ada(&provider).await, shop(&provider).await);
        let tokens = shop.welcomes(&mut ada, &["email"]).await;
        let now = provider.clock.now().seconds();
        let mut told = introspects(&shop, &tokens.access_token).await;
        assert!(told["jti"].as_str().unwrap().len() >= 22);
        told.as_object_mut().unwrap().remove("jti");
        let expected = json!({
            "active": true, "iss": "https://id.example", "client_id": "shop", "sub": tokens.claims["sub"], "token_type": "Bearer", "scope": "openid email",
            "iat": now, "exp": now + 600, "auth_time": tokens.claims["auth_time"], "acr": tokens.claims["acr"], "amr": tokens.claims["amr"],
        });
        assert_eq!(told, expected);
        let refresh_token = tokens.refresh_token.unwrap();
        let told = introspects(&shop, &refresh_token).await;
        assert_eq!((&told["exp"], told.get("token_type"), told.get("jti")), (&json!(now + 30 * 86_400), None, None));
        shop.refreshes(&refresh_token).await.unwrap();
        assert_eq!(introspects(&shop, &refresh_token).await, inactive(), "one that was used can't be used");
    }

    /// A-INT-02, RFC 7662 §4: every state that makes a token worthless makes it inactive at once.
    async fn every_state_counts(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, shop) = (ada(&provider).await, shop(&provider).await);
        let tokens = shop.welcomes(&mut ada, &["email"]).await;
        let offline = shop.welcomes(&mut ada, &["email", "offline_access"]).await;
        let (first, refresh) = (tokens.access_token.as_str(), tokens.refresh_token.clone().unwrap());
        let id = ClientId::from_text("shop");
        let enable = async |enabled| assert!(clients::set_enabled(&provider.app, &id, enabled, &Origin::command_line()).await.unwrap());
        assert_eq!(introspects(&shop, first).await["active"], true);
        enable(false).await;
        assert_eq!(shop.posts("introspection_endpoint", &[("token", first)]).await.expect(401).error_code(), "invalid_client");
        enable(true).await;
        assert_eq!(introspects(&shop, first).await["active"], true);
        ada.opens(provider.url("/sign-out")).await;
        ada.presses("sign-out", &[]).await;
        assert_eq!(introspects(&shop, first).await, inactive(), "its session ended");
        assert_eq!(introspects(&shop, &refresh).await, inactive());
        assert_eq!(introspects(&shop, &offline.access_token).await["active"], true, "this one outlives it");
        provider.database.execute("DELETE FROM consents").await;
        assert_eq!(introspects(&shop, &offline.access_token).await, inactive(), "its consent was taken back");
        for garbage in ["x", "wat_", "wat_AAAA", "wrt_AAAA", "a.b.c", tokens.id_token.as_str(), &"A".repeat(30_000)] {
            let (told, found) = provider.counts(introspects(&shop, garbage)).await;
            assert_eq!((told, found.reads, found.writes), (inactive(), 0, 0), "{garbage:.20}");
        }
    }

    /// A-INT-03, A-TOK-02: a hint is only a hint; a form by POST, and nothing in the address.
    async fn a_hint_is_only_a_hint(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, shop) = (ada(&provider).await, shop(&provider).await);
        let tokens = shop.welcomes(&mut ada, &[]).await;
        for token in [&tokens.access_token, tokens.refresh_token.as_ref().unwrap()] {
            for hint in ["access_token", "refresh_token", "unknown"] {
                let pairs = [("token", token.as_str()), ("token_type_hint", hint)];
                assert_eq!(shop.posts("introspection_endpoint", &pairs).await.expect(200).json()["active"], true, "{hint}");
            }
        }
        assert_eq!(shop.posts("introspection_endpoint", &[]).await.expect(400).error_code(), "invalid_request");
        let twice = [("token", "x"), ("token", "x")];
        assert_eq!(shop.posts("introspection_endpoint", &twice).await.expect(400).error_code(), "invalid_request");
        let answer = provider.wire.send(Method::GET, &provider.url("/introspect?token=x"), HeaderMap::new(), Vec::new()).await.expect(405);
        assert_eq!(answer.header("allow"), "POST");
        let mut address = provider.url("/introspect");
        address.query_pairs_mut().append_pair("token", &tokens.access_token);
        let basic = shop.basic();
        let refused = provider.wire.posts(&address, &[("token", "x")], &[("authorization", &basic)]).await;
        assert_eq!(refused.expect(400).error_code(), "invalid_request");
    }

    /// E-LOAD-06: one read, and no write, whatever kind of token it is.
    async fn introspection_asks_the_database_once(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, shop) = (ada(&provider).await, shop(&provider).await);
        let tokens = shop.welcomes(&mut ada, &[]).await;
        let asked = shop.asks(&[], &[("resource", API)]);
        let callback = ada.agrees_to(&asked.url).await;
        let for_api = shop.redeems(&asked, &callback).await.unwrap();
        let robot = provider.robot("robot", &json!({})).await;
        let own = crate::client_credentials::asks(&robot, &[]).await.expect(200).json()["access_token"].as_str().unwrap().to_owned();
        for (client, token) in [(&shop, &tokens.access_token), (&shop, tokens.refresh_token.as_ref().unwrap()), (&shop, &for_api.access_token), (&robot, &own)] {
            let (told, found) = provider.counts(introspects(client, token)).await;
            assert_eq!((&told["active"], found.reads, found.writes), (&json!(true), 1, 0), "{found:?}");
        }
    }
}
