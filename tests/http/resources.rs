//! Resource indicators at the authorization endpoint (RFC 8707): which APIs access tokens are asked for, and by whom they may be.

use serde_json::json;
use weftid_tests::on_both_databases;
use weftid_tests::provider::Provider;
use weftid_tests::relying_party::RelyingParty;
use weftid_tests::wire::query;

use crate::main_job::ada;

const API: &str = "https://api.test/v1";
const FILES: &str = "urn:example:files";

async fn client(provider: &Provider, id: &str, resources: &[&str]) -> RelyingParty {
    let callback = format!("https://{id}.test/callback");
    provider.client(json!({"client_id": id, "client_name": id, "redirect_uris": [callback], "resources": resources})).await
}

on_both_databases! {
    /// A-RES-01: a resource is absolute, has no fragment, and is one of this client's; another is `invalid_target`, at the client.
    async fn only_a_clients_own_resources_may_be_asked_for(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut ada = ada(&provider).await;
        let (shop, other, none) =
            (client(&provider, "shop", &[API, FILES]).await, client(&provider, "other", &["https://other.test/api"]).await, client(&provider, "none", &[]).await);
        for bad in
            ["/v1", "api", "https://api.test/v1#", "https://api.test/v1#x", "https://api.test/v1/", "HTTPS://api.test/v1", "https://api.test", "https://other.test/api"]
        {
            for extra in [vec![("resource", bad)], vec![("resource", API), ("resource", bad)]] {
                let asked = shop.asks(&[], &extra);
                let callback = ada.opens(&asked.url).await.callback();
                assert_eq!(query(&callback, "error").as_deref(), Some("invalid_target"), "{bad}");
                assert_eq!(query(&callback, "iss").as_deref(), Some("https://id.example"));
                assert_eq!(query(&callback, "state"), Some(asked.state));
            }
        }
        for client in [&other, &none] {
            let callback = ada.opens(&client.asks(&[], &[("resource", API)]).url).await.callback();
            assert_eq!(query(&callback, "error").as_deref(), Some("invalid_target"));
        }
    }

    /// A-RES-01, A-RTM-05: `resource` may be repeated; what was asked for is kept with the grant, each once, also where the request is so
    /// long that it is stored.
    async fn what_was_asked_for_is_kept_with_the_grant(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut ada = ada(&provider).await;
        let many: Vec<String> = (0..10).map(|number| format!("https://api{number}.test/{}", "x".repeat(200))).collect();
        let all: Vec<&str> = many.iter().map(String::as_str).chain([API, FILES]).collect();
        let shop = client(&provider, "shop", &all).await;
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        for wanted in [&[][..], &[API], &[API, FILES], &many] {
            let extra: Vec<_> = wanted.iter().chain(wanted).map(|resource| ("resource", *resource)).collect();
            let asked = shop.asks(&[], &extra);
            let callback = ada.agrees_to(&asked.url).await;
            shop.redeems(&asked, &callback).await.unwrap();
            let kept = format!("SELECT count(*) FROM grants WHERE resources = '{}'", json!(wanted));
            assert_eq!(provider.database.count(&kept).await, 1, "{wanted:?}");
        }
        let extra: Vec<_> = all.iter().map(|resource| ("resource", *resource)).collect();
        let callback = ada.opens(&shop.asks(&[], &extra).url).await.callback();
        assert_eq!(query(&callback, "error").as_deref(), Some("invalid_target"), "more than ten");
    }
}
