//! Clients in their own name (RFC 6749 §4.4): an access token, from memory, and nothing about anybody.

use std::time::Duration;

use serde_json::{Value, json};
use weftid::actions::audit::Origin;
use weftid::actions::{client_secrets, clients};
use weftid::base::id::ClientId;
use weftid_tests::client_keys::ClientKey;
use weftid_tests::on_both_databases;
use weftid_tests::provider::Provider;
use weftid_tests::relying_party::{RelyingParty, part_of_jwt};
use weftid_tests::wire::Answer;

use crate::main_job::ada;

const OWN: (&str, &str) = ("grant_type", "client_credentials");

pub(crate) async fn asks(client: &RelyingParty, more: &[(&str, &str)]) -> Answer {
    client.posts("token_endpoint", &[&[OWN], more].concat()).await
}

/// What introspection tells this client.
pub(crate) async fn introspects(client: &RelyingParty, token: &str) -> Value {
    client.posts("introspection_endpoint", &[("token", token)]).await.expect(200).json()
}

#[track_caller]
fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value[member].as_str().unwrap_or_else(|| panic!("{member} in {value}"))
}

on_both_databases! {
    /// RFC 6749 §4.4.3, A-TOK-06: an access token for the registered scope, and no refresh or ID token; nothing is read or written for it.
    async fn a_client_gets_a_token_of_its_own(kind: Kind) {
        let provider = Provider::start(kind).await;
        let robot = provider.robot("robot", &json!({})).await;
        for (asked, given) in [(None, "orders:read orders:write"), (Some("orders:read"), "orders:read")] {
            let more: Vec<_> = asked.into_iter().map(|scope| ("scope", scope)).collect();
            let (answer, found) = provider.counts(asks(&robot, &more)).await;
            assert_eq!((found.reads, found.writes), (0, 0), "{found:?}");
            let answer = answer.expect(200);
            assert_eq!((answer.header("cache-control"), answer.header("pragma")), ("no-store", "no-cache"), "A-TOK-01");
            let tokens = answer.json();
            assert_eq!((text(&tokens, "token_type"), text(&tokens, "scope"), &tokens["expires_in"]), ("Bearer", given, &json!(600)));
            assert_eq!(tokens.as_object().unwrap().len(), 4, "{tokens}");
            let told = introspects(&robot, text(&tokens, "access_token")).await;
            assert_eq!((&told["active"], text(&told, "sub"), text(&told, "client_id"), text(&told, "scope")), (&json!(true), "client:robot", "robot", given));
            assert!(told.get("auth_time").is_none() && told.get("aud").is_none(), "{told}");
        }
        let bare = provider.robot("bare", &json!({"scope": ""})).await;
        assert!(asks(&bare, &[]).await.expect(200).json().get("scope").is_none());
    }

    /// A-TOK-06, A-TOK-03: not for public clients, not for scopes about people or of others, and not unregistered.
    async fn what_is_not_the_clients_own_is_refused(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut ada = ada(&provider).await;
        let robot = provider.robot("robot", &json!({})).await;
        for scope in ["openid", "orders:read openid", "profile", "offline_access", "orders:delete", "a\"b"] {
            let answer = asks(&robot, &[("scope", scope)]).await.expect(400);
            assert_eq!(answer.error_code(), "invalid_scope", "{scope}");
        }
        let shop = provider.shop("shop").await;
        assert_eq!(asks(&shop, &[]).await.expect(400).error_code(), "unauthorized_client");
        let both = json!({
            "client_id": "both", "client_name": "Both", "redirect_uris": ["https://both.test/cb"], "scope": "openid email orders:read",
            "grant_types": ["authorization_code", "client_credentials"],
        });
        let both = provider.client(both).await;
        assert_eq!(text(&asks(&both, &[]).await.expect(200).json(), "scope"), "orders:read");
        assert_eq!(asks(&both, &[("scope", "openid")]).await.expect(400).error_code(), "invalid_scope");
        let tokens = both.welcomes(&mut ada, &["email", "orders:read", "orders:write"]).await;
        assert_eq!(tokens.scopes.unwrap(), ["openid", "email", "orders:read"], "a person may be asked for it as well");
        assert_eq!(asks(&robot.but(|party| party.secret = None), &[]).await.expect(401).error_code(), "invalid_client");
        let public = json!({"client_id": "spa", "client_name": "S", "token_endpoint_auth_method": "none", "grant_types": ["client_credentials"]});
        let refused = clients::create(&provider.app, serde_json::from_value(public).unwrap(), &Origin::command_line()).await;
        assert!(refused.unwrap_err().to_string().contains("grant_types"));
    }

    /// A-TOK-06, RFC 9700 §4.15: a client that is called like a person is not taken for them, at userinfo or anywhere.
    async fn a_client_is_never_taken_for_a_person(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, shop) = (ada(&provider).await, provider.shop("shop").await);
        let tokens = shop.welcomes(&mut ada, &[]).await;
        let subject = text(&tokens.claims, "sub").to_owned();
        let twin = provider.robot(&subject, &json!({"resources": ["https://api.test"]})).await;
        let token = text(&asks(&twin, &[]).await.expect(200).json(), "access_token").to_owned();
        assert_eq!(text(&introspects(&twin, &token).await, "sub"), format!("client:{subject}"));
        let refused = twin.asks_userinfo(&token).await;
        assert_eq!((refused.status.as_u16(), refused.error_code().as_str()), (403, "insufficient_scope"));
        let token = text(&asks(&twin, &[("resource", "https://api.test")]).await.expect(200).json(), "access_token").to_owned();
        assert_eq!(text(&part_of_jwt(&token, 1), "sub"), format!("client:{subject}"));
        assert_eq!(twin.asks_userinfo(&token).await.expect(401).error_code(), "invalid_token");
        assert!(shop.userinfo(&tokens).await.is_ok());
    }

    /// RFC 7009, A-INT-02: its token ends when it is revoked, when its time is over, and with the client; over keys as over secrets.
    async fn its_token_ends(kind: Kind) {
        let provider = Provider::start(kind).await;
        let plain = provider.robot("robot", &json!({})).await;
        let key = ClientKey::pair("ES256");
        let metadata = json!({"client_id": "keyed", "client_name": "K", "grant_types": ["client_credentials"], "scope": "orders:read"});
        let keyed = provider.client_with_key(metadata, &key).await;
        for client in [&plain, &keyed] {
            let give = async || text(&asks(client, &[]).await.expect(200).json(), "access_token").to_owned();
            let (revoked, over, shut_out) = (give().await, give().await, give().await);
            client.revokes(&revoked).await.is(200);
            assert_eq!(introspects(client, &revoked).await, json!({"active": false}));
            assert_eq!(introspects(client, &over).await["active"], true);
            provider.clock.advance(Duration::from_mins(5));
            let id = ClientId::from_text(&*client.id);
            let fresh = give().await;
            assert!(clients::set_enabled(&provider.app, &id, false, &Origin::command_line()).await.unwrap());
            assert_eq!(asks(client, &[]).await.expect(401).error_code(), "invalid_client");
            assert!(clients::set_enabled(&provider.app, &id, true, &Origin::command_line()).await.unwrap());
            assert_eq!(introspects(client, &shut_out).await["active"], true);
            provider.clock.advance(Duration::from_mins(5));
            assert_eq!(introspects(client, &over).await, json!({"active": false}));
            assert_eq!(introspects(client, &fresh).await["active"], true);
        }
    }

    /// D-SEC-09, E-LOAD-06: what is given without asking the database is given by what holds now; a node that does not know gives nothing.
    async fn a_node_that_does_not_know_gives_nothing(kind: Kind) {
        let provider = Provider::start(kind).await;
        let robot = provider.robot("robot", &json!({})).await;
        provider.database.execute("ALTER TABLE horizon RENAME TO away").await;
        asks(&robot, &[]).await.is(200);
        provider.clock.advance(Duration::from_millis(5_001));
        let refused = asks(&robot, &[]).await.expect(503);
        assert_eq!((refused.error_code().as_str(), refused.header("retry-after").is_empty()), ("temporarily_unavailable", false));
        provider.database.execute("ALTER TABLE away RENAME TO horizon").await;
        asks(&robot, &[]).await.is(200);
        // What another node did meanwhile is heard before anything is given.
        let other = provider.another_node().await;
        client_secrets::add(&other.app, &ClientId::from_text("robot"), Duration::ZERO, &Origin::command_line()).await.unwrap();
        provider.clock.advance(Duration::from_millis(5_001));
        assert_eq!(asks(&robot, &[]).await.expect(503).error_code(), "temporarily_unavailable");
        assert_eq!(asks(&robot, &[]).await.expect(401).error_code(), "invalid_client");
    }
}
