//! What the OpenID conformance profiles ask of a provider and no other test here shows by itself. `tests/conformance.md` lists every module of the
//! profiles with the tests that stand for it.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};
use url::Url;
use weftid::protocol::client_metadata::ClientMetadata;
use weftid_tests::on_both_databases;
use weftid_tests::person::Person;
use weftid_tests::provider::Provider;
use weftid_tests::relying_party::{Asked, RelyingParty, Tokens};
use weftid_tests::wire::query;

use crate::main_job::ada;

/// The person does what the request asks for, and the relying party is convinced by what comes of it.
async fn succeeds(shop: &RelyingParty, person: &mut Person, asked: &Asked) -> Tokens {
    let callback = person.agrees_to(&asked.url).await;
    shop.redeems(asked, &callback).await.unwrap_or_else(|refusal| panic!("{refusal}: {}", asked.url))
}

/// The same request in other words.
fn rewritten(asked: Asked, rewrite: impl FnOnce(Vec<(String, String)>) -> Vec<(String, String)>) -> Asked {
    let pairs = rewrite(asked.url.query_pairs().into_owned().collect());
    let mut url = asked.url.clone();
    url.query_pairs_mut().clear().extend_pairs(pairs);
    Asked { url, ..asked }
}

on_both_databases! {
    /// OpenID Connect Core §2, §10.1, §15.1: an ID token is signed with RS256 where the client asked for nothing else, by a key that the JWKS names.
    async fn an_id_token_names_its_key(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, shop) = (ada(&provider).await, provider.shop("shop").await);
        let tokens = shop.welcomes(&mut ada, &[]).await;
        let jwks = provider.wire.get(&shop.endpoint("jwks_uri")).await.expect(200).json();
        let key = jwks["keys"].as_array().unwrap().iter().find(|key| key["kid"] == tokens.header["kid"]).expect("a key of that name");
        assert_eq!((&tokens.header["alg"], &key["alg"], &key["kty"], &key["use"]), (&json!("RS256"), &json!("RS256"), &json!("RSA"), &json!("sig")));
    }

    /// RFC 6749 §10.10, OpenID Connect Core §3.1.3.3: a code can't be guessed and is never the same, and tokens are given as it is written.
    async fn a_code_cannot_be_guessed_and_gives_what_is_written(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, shop) = (ada(&provider).await, provider.shop("shop").await);
        let mut seen = BTreeSet::new();
        for _ in 0..5 {
            let (asked, code) = shop.obtains_code(&mut ada, &["email"]).await;
            // 96 bits, and no alphabet has more than six of them in a character.
            assert!(code.len() >= 16 + 96 / 6 && seen.insert(code.clone()), "{code}");
            let answer = shop.posts_code(&asked, &code).await.expect(200);
            assert_eq!((answer.header("content-type"), answer.header("cache-control")), ("application/json", "no-store"));
            let given = answer.json();
            assert_eq!((&given["token_type"], &given["expires_in"], &given["scope"]), (&json!("Bearer"), &json!(600), &json!("openid email")));
            assert!(given["access_token"].is_string() && given["id_token"].is_string());
        }
    }

    /// OpenID Connect Core §3.1.2.1: in the code flow `nonce` may be left out, and then the ID token has none.
    async fn a_request_without_a_nonce_succeeds(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, shop) = (ada(&provider).await, provider.shop("shop").await);
        let asked = rewritten(shop.asks(&[], &[]), |pairs| pairs.into_iter().filter(|(name, _)| name != "nonce").collect());
        let code = shop.reads_code(&asked, &ada.agrees_to(&asked.url).await).unwrap();
        let given = shop.posts_code(&asked, &code).await.expect(200).json();
        let claims = weftid_tests::relying_party::part_of_jwt(given["id_token"].as_str().unwrap(), 1);
        assert_eq!((&claims["aud"], claims.get("nonce")), (&json!("shop"), None));
    }

    /// OpenID Connect Core §3.1.2.1, RFC 6749 §3.3: neither the order of scopes nor that of parameters means anything.
    async fn the_order_of_scopes_and_parameters_does_not_matter(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, shop) = (ada(&provider).await, provider.shop("shop").await);
        let asked = rewritten(shop.asks(&["email"], &[]), |mut pairs| {
            for (_, value) in pairs.iter_mut().filter(|(name, _)| name == "scope") {
                assert_eq!(value, "openid email");
                "email openid".clone_into(value);
            }
            pairs.into_iter().rev().collect()
        });
        let tokens = succeeds(&shop, &mut ada, &asked).await;
        assert_eq!(tokens.claims.get("email"), None, "that is for userinfo");
        assert_eq!(shop.userinfo(&tokens).await.unwrap()["email"], "ada@shop.test");
    }

    /// OpenID Connect Core §3.1.2.1: `display`, `ui_locales`, `claims_locales`, `login_hint` and `acr_values` are wishes: whether they can be met or not,
    /// the request is.
    async fn wishes_are_no_conditions(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, shop) = (ada(&provider).await, provider.shop("shop").await);
        for wish in [
            ("display", "page"), ("display", "popup"), ("display", "touch"), ("display", "wap"), ("ui_locales", "se"), ("ui_locales", "fr-CA fr en"),
            ("claims_locales", "se"), ("login_hint", "ada@shop.test"), ("login_hint", "buffy@sunnydale.example"), ("acr_values", "1 2"), ("extra", "foobar"),
        ] {
            let tokens = succeeds(&shop, &mut ada.clone(), &shop.asks(&[], &[wish])).await;
            assert_eq!(tokens.claims["aud"], "shop", "{wish:?}");
        }
        // And by somebody who is signed in.
        shop.welcomes(&mut ada, &[]).await;
        for wish in [("display", "popup"), ("ui_locales", "se"), ("claims_locales", "se"), ("acr_values", "1 2")] {
            succeeds(&shop, &mut ada, &shop.asks(&[], &[wish])).await;
        }
    }

    /// OpenID Connect Core §3.1.2.1, §3.1.3.7: what is answered without asking, for `prompt=none`, with a hint or within `max_age`, tells of the same
    /// person and the same sign-in.
    async fn a_silent_answer_tells_of_the_same_sign_in(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, shop) = (ada(&provider).await, provider.shop("shop").await);
        let first = succeeds(&shop, &mut ada, &shop.asks(&[], &[("max_age", "15000")])).await;
        for further in [
            vec![("prompt", "none")],
            vec![("prompt", "none"), ("id_token_hint", first.id_token.as_str())],
            vec![("id_token_hint", first.id_token.as_str())],
            vec![("max_age", "10000")],
        ] {
            provider.clock.advance(Duration::from_secs(20));
            let asked = shop.asks(&[], &further);
            let arrival = ada.opens(&asked.url).await;
            assert_eq!(arrival.hops.len(), 1, "nothing is asked: {further:?}");
            let again = shop.redeems(&asked, &arrival.callback()).await.unwrap();
            assert_eq!((&again.claims["sub"], &again.claims["auth_time"]), (&first.claims["sub"], &first.claims["auth_time"]), "{further:?}");
            assert!(again.claims["auth_time"].is_i64() && again.claims["iat"].as_i64() > first.claims["iat"].as_i64());
        }
    }

    /// RFC 6749 §6, OpenID Connect Core §12.2: a refresh gives new tokens about the same person, and is for the client that the token was given to.
    async fn a_refresh_token_is_for_its_client_alone(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, shop, wiki) = (ada(&provider).await, provider.shop("shop").await, provider.shop("wiki").await);
        let tokens = shop.welcomes(&mut ada, &["offline_access"]).await;
        let refresh_token = tokens.refresh_token.as_deref().unwrap();
        assert_eq!(wiki.posts_refresh(refresh_token).await.expect(400).error_code(), "invalid_grant");
        provider.clock.advance(Duration::from_secs(1));
        let refreshed = shop.refreshes(refresh_token).await.unwrap();
        assert_ne!(refreshed.access_token, tokens.access_token);
        for claim in ["iss", "sub", "aud", "auth_time"] {
            assert_eq!(refreshed.claims[claim], tokens.claims[claim], "{claim}");
        }
        assert!(refreshed.claims["iat"].as_i64() > tokens.claims["iat"].as_i64());
        shop.userinfo(&refreshed).await.unwrap();
    }

    /// OpenID Connect Core §3.1.2.1, RFC 6749 §3.1.2: the query of a registered address is part of it: without it, with more or with another, it is another
    /// address.
    async fn a_registered_query_is_part_of_the_address(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut ada = ada(&provider).await;
        let client = provider.client(json!({"client_id": "q", "client_name": "Q", "redirect_uris": ["https://q.test/cb?foo=bar"]})).await;
        client.welcomes(&mut ada, &[]).await;
        for other in [
            "https://q.test/cb", "https://q.test/cb?foo=baz", "https://q.test/cb?foo=bar&more=x", "https://q.test/cb?more=x&foo=bar", "https://q.test/cb?foo=bar#x",
            "https://q.test/cb?foo=bar&", "https://q.test/cb?foo=%62ar",
        ] {
            let other = other.to_owned();
            let asked = rewritten(client.asks(&[], &[]), |pairs| {
                pairs.into_iter().map(|(name, value)| if name == "redirect_uri" { (name, other.clone()) } else { (name, value) }).collect()
            });
            let arrival = ada.opens(&asked.url).await;
            assert_eq!((arrival.page(400).name(), arrival.hops.len()), ("error", 1), "{other}");
        }
    }

    /// RP-Initiated Logout §2, §3: who is sent without an address, with a hint or without, ends on our own page, and `state` alone leads nowhere.
    async fn signing_out_without_an_address_ends_here(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, shop) = (ada(&provider).await, provider.shop("shop").await);
        let bye = ("post_logout_redirect_uri", "https://shop.test/bye");
        for (with_hint, pairs, end) in [
            (false, vec![], None),
            (false, vec![("state", "s3cret-state")], None),
            (true, vec![], None),
            (true, vec![("state", "s3cret-state")], None),
            (true, vec![bye], Some("https://shop.test/bye")),
            (true, vec![bye, ("state", "s")], Some("https://shop.test/bye?state=s")),
        ] {
            let tokens = shop.welcomes(&mut ada, &[]).await;
            let hint = with_hint.then_some(tokens.id_token.as_str());
            let mut arrival = ada.opens(shop.logout_url(hint, &pairs)).await;
            if !with_hint {
                // Nobody proved that it is the person's own wish.
                assert!(!arrival.shows("sign-out").text().contains("s3cret-state"));
                arrival = ada.presses("sign-out", &[]).await;
            }
            match end {
                Some(end) => assert_eq!(arrival.callback().as_str(), end, "{pairs:?}"),
                None => assert!(!arrival.shows("signed-out").text().contains("s3cret-state")),
            }
            let asked = shop.asks(&[], &[("prompt", "none")]);
            assert_eq!(query(&ada.opens(&asked.url).await.callback(), "error").as_deref(), Some("login_required"), "signed out: {pairs:?}");
        }
    }

    /// RP-Initiated Logout §2: without a hint that proves for whom, nobody is sent to an address at all; the person is asked, or told what is wrong.
    async fn an_address_without_a_hint_is_not_gone_to(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, shop) = (ada(&provider).await, provider.shop("shop").await);
        shop.welcomes(&mut ada, &[]).await;
        let arrival = ada.opens(shop.logout_url(None, &[("post_logout_redirect_uri", "https://shop.test/bye"), ("state", "s")])).await;
        assert_eq!((arrival.page(400).name(), arrival.outside), ("error", false));
        let asked = shop.asks(&[], &[("prompt", "none")]);
        shop.reads_code(&asked, &ada.opens(&asked.url).await.callback()).expect("still signed in");
    }
}

/// OpenID Connect Discovery §3, §4: the document at its place names each endpoint under the issuer, by https, and has every member that must be there.
#[tokio::test]
async fn discovery_has_what_must_be_there() {
    let provider = Provider::start(weftid_tests::database::Kind::Sqlite).await;
    let document = provider.wire.get(&provider.url("/.well-known/openid-configuration")).await.expect(200).json();
    assert_eq!(document["issuer"], "https://id.example");
    for (name, value) in document.as_object().unwrap() {
        if name.ends_with("_endpoint") || name.ends_with("_uri") {
            let endpoint = Url::parse(value.as_str().unwrap()).unwrap();
            assert_eq!((endpoint.scheme(), endpoint.host_str()), ("https", Some("id.example")), "{name}");
        }
    }
    for name in ["authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri", "end_session_endpoint"] {
        assert!(document[name].is_string(), "{name}");
    }
    let has = |name: &str, word: &str| document[name].as_array().is_some_and(|words| words.iter().any(|value| value == word));
    for (name, word) in [
        ("response_types_supported", "code"),
        ("subject_types_supported", "public"),
        ("id_token_signing_alg_values_supported", "RS256"),
        ("scopes_supported", "openid"),
        ("claims_supported", "sub"),
        ("grant_types_supported", "authorization_code"),
        ("token_endpoint_auth_methods_supported", "client_secret_basic"),
        ("token_endpoint_auth_methods_supported", "client_secret_post"),
    ] {
        assert!(has(name, word), "{name} without {word}");
    }
    for name in ["claims_parameter_supported", "request_parameter_supported", "request_uri_parameter_supported"] {
        assert!(document[name].is_boolean(), "{name}: what is left out has a default that may not be ours");
    }
}

/// OpenID Connect Core §2, RFC 9700 §2.1.2: nobody gets an unsigned ID token: it is not offered, and can't be registered.
#[tokio::test]
async fn an_unsigned_id_token_is_not_to_be_had() {
    let provider = Provider::start(weftid_tests::database::Kind::Sqlite).await;
    let document = provider.wire.get(&provider.url("/.well-known/openid-configuration")).await.expect(200).json();
    let offered = document["id_token_signing_alg_values_supported"].as_array().unwrap();
    assert!(!offered.is_empty() && !offered.contains(&json!("none")));
    let metadata = json!({"client_id": "x", "client_name": "X", "redirect_uris": ["https://x.test/cb"], "id_token_signed_response_alg": "none"});
    assert!(serde_json::from_value::<ClientMetadata>(metadata).is_err());
}

/// OpenID Connect Registration §2: an address with a fragment is not registered.
#[test]
fn an_address_with_a_fragment_is_not_registered() {
    for address in ["https://x.test/cb#", "https://x.test/cb#foobar"] {
        let metadata = json!({"client_id": "x", "client_name": "X", "redirect_uris": [address]});
        let metadata: ClientMetadata = serde_json::from_value::<ClientMetadata>(metadata).unwrap();
        let problems: Vec<Value> = metadata.validate().unwrap_err().iter().map(|problem| json!(problem.member)).collect();
        assert_eq!(problems, ["redirect_uris"], "{address}");
    }
}
