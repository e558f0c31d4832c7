//! Pairwise subjects (OpenID Connect Core §8): each sector knows a person by another `sub`, the same one for ever and everywhere.

use serde_json::{Value, json};
use weftid_tests::on_both_databases;
use weftid_tests::person::Person;
use weftid_tests::provider::Provider;
use weftid_tests::relying_party::{RelyingParty, Tokens};
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
