//! Pairwise subjects (OpenID Connect Core §8): each sector knows a person by another `sub`, the same one for ever and everywhere.

use serde_json::{Value, json};
use weftid::actions::audit::Origin;
use weftid::actions::client_changes::{self, Condition};
use weftid::actions::clients;
use weftid::protocol::client_metadata::ClientMetadata;
use weftid_tests::on_both_databases;
use weftid_tests::outside::{Manner, Outside};
use weftid_tests::person::Person;
use weftid_tests::provider::Provider;
use weftid_tests::relying_party::{RelyingParty, Tokens};
use weftid_tests::tls::Authority;
use weftid_tests::wire::query;

use crate::main_job::ada;
use crate::passkeys::signs_in;

async fn pairwise(provider: &Provider, id: &str, host: &str) -> RelyingParty {
    let metadata = json!({
        "client_id": id, "client_name": id, "redirect_uris": [format!("https://{host}/{id}")], "subject_type": "pairwise",
        "grant_types": ["authorization_code", "refresh_token"], "scope": "openid profile email offline_access",
    });
    provider.client(metadata).await
}

fn sub(tokens: &Tokens) -> String {
    tokens.claims["sub"].as_str().unwrap().to_owned()
}

/// Asks silently with this hint: the `sub` of who answers, or the error.
async fn answers_to_hint(client: &RelyingParty, person: &mut Person, hint: &str) -> Result<String, String> {
    let asked = client.asks(&[], &[("prompt", "none"), ("id_token_hint", hint)]);
    let callback = person.opens(&asked.url).await.callback();
    match query(&callback, "error") {
        Some(error) => Err(error),
        None => Ok(sub(&client.redeems(&asked, &callback).await.unwrap())),
    }
}

on_both_databases! {
    /// OpenID Connect Core §8, §8.1: clients of one sector see the same `sub`, those of another one see another, and none is the public one; ID token, userinfo and
    /// refresh agree, today, after a restart, and for ever.
    async fn each_sector_knows_a_person_by_another_name(kind: Kind) {
        let mut provider = Provider::start(kind).await;
        let mut ada = ada(&provider).await;
        let public = provider.shop("shop").await;
        let (one, same, other) = (
            pairwise(&provider, "one", "a.test").await,
            pairwise(&provider, "same", "a.test").await,
            pairwise(&provider, "other", "b.test").await,
        );
        let known = sub(&public.welcomes(&mut ada, &[]).await);
        let mut subs = Vec::new();
        for client in [&one, &same, &other] {
            let tokens = client.welcomes(&mut ada, &["email"]).await;
            let told: Value = client.userinfo(&tokens).await.unwrap();
            let refreshed = client.refreshes(tokens.refresh_token.as_deref().unwrap()).await.unwrap();
            assert_eq!((told["sub"].as_str(), sub(&refreshed)), (Some(sub(&tokens).as_str()), sub(&tokens)));
            for token in [&refreshed.access_token, refreshed.refresh_token.as_ref().unwrap()] {
                let introspected = client.posts("introspection_endpoint", &[("token", token)]).await.expect(200).json();
                assert_eq!((&introspected["active"], introspected["sub"].as_str()), (&json!(true), Some(sub(&tokens).as_str())));
            }
            subs.push(sub(&tokens));
        }
        assert_eq!(subs[0], subs[1]);
        assert!(subs[0] != subs[2] && !subs.contains(&known), "{subs:?}");
        assert!(subs.iter().all(|sub| sub.len() == 43 && sub.is_ascii()), "{subs:?}");
        // Another person is another one.
        let mut bob = signs_in(&provider, &provider.person("bob@id.example", "Bob").await).await;
        assert_ne!(sub(&one.welcomes(&mut bob, &[]).await), subs[0]);
        provider.restarts().await;
        assert_eq!(sub(&one.welcomes(&mut ada, &["email"]).await), subs[0]);
    }

    /// A-AUTHN-03: a hint names a person also by a pairwise `sub`, of whichever client it was given to; somebody else's stays somebody else's.
    async fn a_hint_with_a_pairwise_subject_names_its_person(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut ada = ada(&provider).await;
        let mut eve = provider.person("eve@evil.test", "Eve").await;
        let public = provider.shop("shop").await;
        let (one, other) = (pairwise(&provider, "one", "a.test").await, pairwise(&provider, "other", "b.test").await);
        let mut own = Vec::new();
        for client in [&public, &one, &other] {
            own.push(client.welcomes(&mut ada, &[]).await);
        }
        let hers = [public.welcomes(&mut eve, &[]).await, one.welcomes(&mut eve, &[]).await, other.welcomes(&mut eve, &[]).await];
        for (client, asked_as) in [(&public, sub(&own[0])), (&one, sub(&own[1])), (&other, sub(&own[2]))] {
            for hint in &own {
                assert_eq!(answers_to_hint(client, &mut ada, &hint.id_token).await, Ok(asked_as.clone()));
            }
            for hint in &hers {
                assert_eq!(answers_to_hint(client, &mut ada, &hint.id_token).await, Err("login_required".to_owned()));
                ada.opens(&client.asks(&[], &[("id_token_hint", &hint.id_token)]).url).await.shows("sign-in");
                // Ada's passkey does not answer for Eve.
                ada.touches_passkey().await.shows("sign-in");
            }
        }
    }
}

/// OpenID Connect Core §8.1, OpenID Connect Registration §5: the document at a sector_identifier_uri lists every redirect URI, or the client is not
/// registered; clients of one sector see one `sub` whatever their hosts, and the document is asked again only when it matters.
#[tokio::test]
async fn a_sector_lists_its_redirect_uris() {
    let authority = Authority::new();
    let file = authority.file();
    let settings = [
        ("outbound.ca_file", file.path().to_str().unwrap()),
        ("outbound.allowed_networks", "127.0.0.0/8,::1"),
        ("outbound.timeout", "1s"),
        ("registration.mode", "open"),
    ];
    let provider = Provider::start_with(weftid_tests::database::Kind::Sqlite, &settings).await;
    let outside = Outside::start("127.0.0.1", &authority.certifies(&["localhost"])).await;
    outside.serves("/sector", &json!(["https://a.test/cb", "https://b.test/cb", "https://c.test/cb"]));
    outside.serves("/no-list", &json!({"redirect_uris": ["https://a.test/cb"]}));
    outside.behaves("/text", Manner::Says(200, "text/html", "[]".to_owned()));
    let asked = |uris: Value, path: &str| json!({"client_name": "A", "redirect_uris": uris, "subject_type": "pairwise", "sector_identifier_uri": outside.url("localhost", path)});
    let posts = async |asked: &Value| {
        let (place, body) = (provider.url("/register"), asked.to_string().into_bytes());
        provider.wire.posts_raw(&place, "application/json", body, &[]).await
    };
    for (uris, path, words) in [
        (json!(["https://a.test/cb", "https://x.test/cb"]), "/sector", "does not list https://x.test/cb"),
        (json!(["https://a.test/cb/"]), "/sector", "does not list"),
        (json!(["https://a.test/cb"]), "/no-list", "could not be fetched"),
        (json!(["https://a.test/cb"]), "/text", "could not be fetched"),
        (json!(["https://a.test/cb"]), "/nothing", "could not be fetched"),
    ] {
        let refused = posts(&asked(uris, path)).await.expect(400);
        let described = refused.json()["error_description"].as_str().unwrap().to_owned();
        assert!(refused.error_code() == "invalid_client_metadata" && described.contains("sector_identifier_uri"), "{refused}");
        assert!(described.contains(words), "{refused}");
    }
    let mut ada = ada(&provider).await;
    let mut subs = Vec::new();
    for uris in [json!(["https://a.test/cb", "https://b.test/cb"]), json!(["https://c.test/cb"])] {
        let registered = posts(&asked(uris, "/sector")).await.expect(201).json();
        let redirect_uri = registered["redirect_uris"][0].as_str().unwrap().parse().unwrap();
        let (id, secret) = (registered["client_id"].as_str().unwrap(), registered["client_secret"].as_str());
        let mut client = RelyingParty::new(&provider.wire, &provider.clock, &provider.issuer, id, secret, &redirect_uri);
        client.discovers().await;
        subs.push(sub(&client.welcomes(&mut ada, &[]).await));
    }
    assert_eq!(subs[0], subs[1]);
    let heard = outside.heard("/sector").len();
    let mut own = asked(json!(["https://a.test/cb", "https://x.test/cb"]), "/sector");
    own["client_id"] = json!("own");
    let metadata = |own: &Value| serde_json::from_value::<ClientMetadata>(own.clone()).unwrap();
    let refused = clients::create(&provider.app, metadata(&own), &Origin::command_line()).await.unwrap_err().to_string();
    assert!(refused.contains("sector_identifier_uri does not list https://x.test/cb"), "{refused}");
    own["redirect_uris"] = json!(["https://a.test/cb"]);
    clients::create(&provider.app, metadata(&own), &Origin::command_line()).await.unwrap();
    assert_eq!(outside.heard("/sector").len(), heard + 2);
    own["client_name"] = json!("Other");
    client_changes::update(&provider.app, metadata(&own), Condition::default(), None, &Origin::command_line()).await.unwrap();
    assert_eq!(outside.heard("/sector").len(), heard + 2, "nothing of it has changed");
    own["redirect_uris"] = json!(["https://x.test/cb"]);
    assert!(client_changes::update(&provider.app, metadata(&own), Condition::default(), None, &Origin::command_line()).await.is_err());
}
