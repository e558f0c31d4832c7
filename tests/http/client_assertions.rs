//! Clients that sign instead of showing a secret (`private_key_jwt`, `client_secret_jwt`): RFC 7523, OpenID Connect Core §9.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};
use weftid::actions::audit::Origin;
use weftid::actions::{clients, sweeping};
use weftid::base::base64url;
use weftid_tests::client_keys::{ASSERTION_TYPE, ClientKey, assertion_claims};
use weftid_tests::database::Kind;
use weftid_tests::log::{Log, captured};
use weftid_tests::on_both_databases;
use weftid_tests::outside::Outside;
use weftid_tests::pair::Pair;
use weftid_tests::provider::{ISSUER, Provider};
use weftid_tests::relying_party::RelyingParty;
use weftid_tests::tls::Authority;
use weftid_tests::wire::Answer;

use crate::main_job::ada;

fn metadata(id: &str) -> Value {
    json!({
        "client_id": id, "client_name": id, "redirect_uris": [format!("https://{id}.test/callback")],
        "grant_types": ["authorization_code", "refresh_token", "client_credentials"], "scope": "openid email orders:read",
    })
}

/// A client whose secret is the key of its assertions.
async fn by_secret(provider: &Provider, id: &str) -> RelyingParty {
    let mut metadata = metadata(id);
    metadata["token_endpoint_auth_method"] = json!("client_secret_jwt");
    let mut party = provider.client(metadata).await;
    party.assertion_key = party.secret.clone().map(ClientKey::Secret);
    party
}

/// Asks for a token with exactly this assertion.
async fn shows(client: &RelyingParty, assertion: &str) -> Answer {
    let pairs = [("grant_type", "client_credentials"), ("client_assertion_type", ASSERTION_TYPE), ("client_assertion", assertion)];
    client.posts_bare("token_endpoint", &pairs, &[]).await
}

#[track_caller]
fn is_refused(answer: &Answer, what: &str) {
    assert_eq!((answer.status.as_u16(), answer.error_code().as_str()), (401, "invalid_client"), "{what}: {answer}");
}

on_both_databases! {
    /// RFC 7523 §2.2, A-CA-02, A-DISC-01: whatever a client may ask at, it proves itself with its key, by each algorithm that discovery names.
    async fn a_client_proves_itself_with_its_key(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut ada = ada(&provider).await;
        let mut clients = vec![by_secret(&provider, "hs256").await];
        for algorithm in ["RS256", "PS256", "ES256", "EdDSA"] {
            clients.push(provider.client_with_key(metadata(&algorithm.to_lowercase()), &ClientKey::pair(algorithm)).await);
        }
        let document = provider.wire.get(&provider.url("/.well-known/openid-configuration")).await.json();
        let mut used: Vec<_> = clients.iter().map(|client| client.assertion_key.as_ref().unwrap().algorithm()).collect();
        used.sort_unstable();
        for endpoint in ["token", "revocation", "introspection"] {
            let mut named: Vec<String> = serde_json::from_value(document[format!("{endpoint}_endpoint_auth_signing_alg_values_supported")].clone()).unwrap();
            named.sort_unstable();
            assert_eq!(named, used, "{endpoint}");
        }
        for client in clients {
            let tokens = client.welcomes(&mut ada, &["email"]).await;
            let refreshed = client.refreshes(tokens.refresh_token.as_deref().unwrap()).await.unwrap();
            let told = client.posts("introspection_endpoint", &[("token", &refreshed.access_token)]).await.expect(200).json();
            assert_eq!(told["active"], true);
            client.posts("token_endpoint", &[("grant_type", "client_credentials")]).await.is(200);
            client.revokes(refreshed.refresh_token.as_deref().unwrap()).await.is(200);
            assert!(client.userinfo(&refreshed).await.is_err());
            // RFC 7521 §4.2: the client may be named beside.
            client.posts("token_endpoint", &[("grant_type", "client_credentials"), ("client_id", &client.id)]).await.is(200);
            is_refused(&client.posts("token_endpoint", &[("grant_type", "client_credentials"), ("client_id", "other")]).await, "another's name");
        }
    }

    /// A-CA-02, A-CA-11: exactly the registered method and algorithm, and nobody else's key.
    async fn only_the_registered_method_and_algorithm_work(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (edwards, curve, rsa) = (ClientKey::pair("EdDSA"), ClientKey::pair("ES256"), ClientKey::pair("RS256"));
        let keyed = provider.client_with_key(metadata("keyed"), &edwards).await;
        let mut registered = metadata("registered");
        registered["token_endpoint_auth_signing_alg"] = json!("ES256");
        registered["token_endpoint_auth_method"] = json!("private_key_jwt");
        registered["jwks"] = json!({"keys": [curve.jwk(), edwards.jwk(), rsa.jwk()]});
        let registered = provider.client(registered).await;
        let (hs, shop) = (by_secret(&provider, "hs").await, provider.shop("shop").await);
        let claims = |client: &RelyingParty| assertion_claims(&client.id, ISSUER, &provider.clock);
        for (client, key, good) in [
            (&keyed, &edwards, true), (&keyed, &ClientKey::own_pair("EdDSA"), false), (&keyed, &curve, false),
            (&keyed, &ClientKey::Secret(keyed.id.repeat(10)), false), (&registered, &curve, true), (&registered, &edwards, false), (&registered, &rsa, false),
            (&hs, &curve, false), (&hs, &ClientKey::Secret("another secret that is long enough".to_owned()), false),
            (&shop, &ClientKey::Secret(shop.secret.clone().unwrap()), false), (&shop, &curve, false),
        ] {
            let answer = shows(client, &key.signs(&claims(client))).await;
            if good { answer.is(200) } else { is_refused(&answer, &format!("{} {}", client.id, key.algorithm())) }
        }
        // A-CA-11: a secret of which only the digest is kept is no key of assertions, and one that is a key is not shown.
        for party in [hs.but(|party| party.assertion_key = None), hs.but(|party| { party.assertion_key = None; party.secret_in_form = true; })] {
            is_refused(&party.posts("token_endpoint", &[("grant_type", "client_credentials")]).await, "a secret that is shown");
        }
        is_refused(&keyed.but(|party| party.assertion_key = None).posts("token_endpoint", &[("grant_type", "client_credentials")]).await, "a name alone");
    }

    /// A-CA-06, A-CA-08: each claim, mutated once, and what is too long. The issuer as a plain text, or the token endpoint; no other audience, and no list.
    async fn every_claim_counts(kind: Kind) {
        let provider = Provider::start(kind).await;
        let key = ClientKey::pair("EdDSA");
        let client = provider.client_with_key(metadata("keyed"), &key).await;
        let now = provider.clock.now().seconds();
        let with = |name: &str, value: Value| {
            let mut claims = assertion_claims("keyed", ISSUER, &provider.clock);
            claims[name] = value;
            key.signs(&claims)
        };
        shows(&client, &with("aud", json!("https://id.example/token"))).await.is(200);
        shows(&client, &with("nbf", json!(now + 10))).await.is(200);
        shows(&client, &with("exp", json!(now + 300))).await.is(200);
        for (name, value) in [
            ("iss", json!("shop")), ("sub", json!("shop")), ("sub", json!(null)), ("iss", json!(["keyed"])),
            ("aud", json!("https://id.example/")), ("aud", json!("https://evil.example")), ("aud", json!(["https://id.example"])),
            ("aud", json!(["https://id.example", "https://id.example/token"])), ("aud", json!("https://id.example/introspect")), ("aud", json!(null)),
            ("exp", json!(now)), ("exp", json!(now + 361)), ("exp", json!(253_370_764_800_i64)), ("exp", json!("1800000060")), ("exp", json!(null)),
            ("exp", json!(1e300)), ("iat", json!(now + 61)), ("nbf", json!(now + 61)), ("nbf", json!(-1)), ("iat", json!("0")),
            ("jti", json!(null)), ("jti", json!("")), ("jti", json!(7)), ("jti", json!("x".repeat(257))), ("jti", json!("x".repeat(40_000))),
        ] {
            is_refused(&shows(&client, &with(name, value.clone())).await, &format!("{name}: {value:.60}"));
        }
        for missing in ["iss", "sub", "aud", "exp", "jti"] {
            let mut claims = assertion_claims("keyed", ISSUER, &provider.clock);
            claims.as_object_mut().unwrap().remove(missing);
            is_refused(&shows(&client, &key.signs(&claims)).await, missing);
        }
        assert_eq!(provider.database.count("SELECT count(*) FROM foreign_spent").await, 3, "what is refused for what it says is not remembered");
    }

    /// A-CA-07, A-TOK-09: the header chooses nothing but one of the registered keys, and what can be read in two ways is not read.
    async fn the_header_chooses_no_foreign_key(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (key, foreign) = (ClientKey::pair("ES256"), ClientKey::own_pair("ES256"));
        let claims = || assertion_claims("keyed", ISSUER, &provider.clock);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let there = format!("http://{}/jwks", listener.local_addr().unwrap());
        for (number, header) in [
            json!({"alg": "ES256", "kid": key.header()["kid"], "jwk": foreign.jwk()}), json!({"alg": "ES256", "jwk": foreign.jwk()}),
            json!({"alg": "ES256", "jku": there}), json!({"alg": "ES256", "x5u": there}), json!({"alg": "ES256", "kid": "../../x"}),
            json!({"alg": "ES256", "kid": "' OR '1'='1"}), json!({"alg": "ES256", "kid": foreign.header()["kid"]}),
        ].into_iter().enumerate() {
            let id = format!("keyed{number}");
            let client = provider.client_with_key(metadata(&id), &key).await;
            let claims = assertion_claims(&id, ISSUER, &provider.clock);
            is_refused(&shows(&client, &foreign.signs_under(&header, &claims)).await, &header.to_string());
        }
        let client = provider.client_with_key(metadata("keyed"), &key).await;
        assert!(tokio::time::timeout(Duration::from_millis(200), listener.accept()).await.is_err(), "nobody came");
        // An honest client may say more about its key; it is not looked at.
        shows(&client, &key.signs_under(&json!({"alg": "ES256", "typ": "JWT", "x5t": "abc", "jku": there}), &claims())).await.is(200);
        shows(&client, &key.signs_under(&json!({"alg": "ES256", "typ": "client-authentication+jwt"}), &claims())).await.is(200);
        let good = key.signs(&claims());
        let parts: Vec<&str> = good.split('.').collect();
        let unsigned = |alg: &str| format!("{}.{}.", base64url::encode(json!({"alg": alg}).to_string()), parts[1]);
        let text = claims().to_string();
        let twice = text.replacen('{', "{\"sub\":\"other\",", 1);
        let header = key.header();
        for bad in [
            unsigned("none"), unsigned("None"), unsigned(""), format!("{good}."), format!("{good}="), format!(" {good}"), good[..good.len() - 2].to_owned(),
            key.signs_under(&json!({"alg": "ES256", "crit": ["exp"]}), &claims()), key.signs_under(&json!({"alg": "ES256", "b64": false}), &claims()),
            key.signs_under(&json!({"alg": "es256"}), &claims()), key.signs_under(&json!({"alg": ["ES256"]}), &claims()),
            key.signs_under(&json!({"alg": "ES256", "typ": "at+jwt"}), &claims()), key.signs_under(&json!({"alg": "ES256", "typ": 1}), &claims()),
            key.signs_text(&header.to_string(), &twice), key.signs_text(&header.to_string(), "[]"), key.signs_text(&header.to_string(), "\"x\""),
            key.signs_text("{}", &text), format!("{}.{}", parts[0], parts[1]), "a.b.c".to_owned(), "x".repeat(40_000), key.signs(&json!({"padding": "x".repeat(20_000)})),
        ] {
            is_refused(&shows(&client, &bad).await, &bad[..bad.len().min(80)]);
        }
        // A public key is no shared secret, in whatever form it is taken.
        let public = ClientKey::Secret(key.jwk().to_string());
        is_refused(&shows(&client, &public.signs(&claims())).await, "HS256 with the public key");
        shows(&client, &good).await.is(200);
    }

    /// A-CA-06, E-RACE-06: a `jti` is used once, whatever became of the first use; another client's is another.
    async fn an_assertion_is_used_once(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut ada = ada(&provider).await;
        let key = ClientKey::pair("EdDSA");
        let (client, other) = (provider.client_with_key(metadata("keyed"), &key).await, provider.client_with_key(metadata("other"), &key).await);
        let mut claims = assertion_claims("keyed", ISSUER, &provider.clock);
        let assertion = key.signs(&claims);
        shows(&client, &assertion).await.is(200);
        is_refused(&shows(&client, &assertion).await, "again");
        claims["exp"] = json!(provider.clock.now().seconds() + 120);
        is_refused(&shows(&client, &key.signs(&claims)).await, "the same jti in another assertion");
        claims["iss"] = json!("other");
        claims["sub"] = json!("other");
        shows(&other, &key.signs(&claims)).await.is(200);
        // A refusal uses it up as well, and a used one burns nothing: the code works with the next.
        let (asked, code) = client.obtains_code(&mut ada, &["email"]).await;
        let assertion = client.assertion().unwrap();
        let who = [("client_assertion_type", ASSERTION_TYPE), ("client_assertion", assertion.as_str())];
        let wrong = [&[("grant_type", "authorization_code"), ("code", "x")], who.as_slice()].concat();
        assert_eq!(client.posts_bare("token_endpoint", &wrong, &[]).await.expect(400).error_code(), "invalid_grant");
        is_refused(&client.posts_bare("token_endpoint", &wrong, &[]).await, "after a refusal");
        let right = [("grant_type", "authorization_code"), ("code", code.as_str()), ("code_verifier", asked.verifier.as_str())];
        is_refused(&client.posts_bare("token_endpoint", &[&right, who.as_slice()].concat(), &[]).await, "with a code");
        let bad_verifier = [("grant_type", "authorization_code"), ("code", code.as_str()), ("code_verifier", &"e".repeat(43))];
        is_refused(&client.posts_bare("token_endpoint", &[&bad_verifier, who.as_slice()].concat(), &[]).await, "with a wrong verifier");
        let tokens = client.redeems_code(&asked, &code).await.unwrap();
        for endpoint in ["revocation_endpoint", "introspection_endpoint"] {
            let assertion = client.assertion().unwrap();
            let pairs = [("token", "x"), ("client_assertion_type", ASSERTION_TYPE), ("client_assertion", &assertion)];
            client.posts_bare(endpoint, &pairs, &[]).await.is(200);
            is_refused(&client.posts_bare(endpoint, &pairs, &[]).await, endpoint);
        }
        assert!(client.userinfo(&tokens).await.is_ok());
    }

    /// A-CA-06, A-CA-08: a used assertion is remembered as long as it could be shown, and not longer.
    async fn it_is_remembered_as_long_as_it_could_be_shown(kind: Kind) {
        let provider = Provider::start(kind).await;
        let key = ClientKey::pair("EdDSA");
        let client = provider.client_with_key(metadata("keyed"), &key).await;
        let assertion = client.assertion().unwrap();
        shows(&client, &assertion).await.is(200);
        sweeping::sweep_at(&provider.app, provider.clock.now()).await.unwrap();
        is_refused(&shows(&client, &assertion).await, "it is still remembered");
        provider.clock.advance(Duration::from_secs(60 + 601));
        sweeping::sweep_at(&provider.app, provider.clock.now()).await.unwrap();
        assert_eq!(provider.database.count("SELECT count(*) FROM foreign_spent").await, 0);
        is_refused(&shows(&client, &assertion).await, "it is over");
    }

    /// E-RACE-06, A-CA-06: one assertion, fifty at once: for tokens, for a code, for a refresh. One gets something.
    async fn fifty_at_once_are_one(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut ada = ada(&provider).await;
        let client = provider.client_with_key(metadata("keyed"), &ClientKey::pair("EdDSA")).await;
        for _ in 0..5 {
            let assertion = client.assertion().unwrap();
            let answers = join_all((0..50).map(|_| shows(&client, &assertion))).await;
            assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
            assert!(answers.iter().all(|answer| answer.status == 200 || answer.error_code() == "invalid_client"));
        }
        let (asked, code) = client.obtains_code(&mut ada, &["email"]).await;
        let assertion = client.assertion().unwrap();
        let pairs = [
            ("grant_type", "authorization_code"), ("code", code.as_str()), ("code_verifier", asked.verifier.as_str()),
            ("client_assertion_type", ASSERTION_TYPE), ("client_assertion", &assertion),
        ];
        let answers = join_all((0..50).map(|_| client.posts_bare("token_endpoint", &pairs, &[]))).await;
        let given: Vec<_> = answers.iter().filter(|answer| answer.status == 200).collect();
        assert_eq!(given.len(), 1);
        // The others did not get as far as the code, so that nothing was taken back.
        let token = given[0].json()["access_token"].as_str().unwrap().to_owned();
        client.asks_userinfo(&token).await.is(200);
    }

    /// A-CA-05: an assertion of a client that was shut out, or that never was, is refused like a bad one.
    async fn who_is_shut_out_proves_nothing(kind: Kind) {
        let provider = Provider::start(kind).await;
        let client = provider.client_with_key(metadata("keyed"), &ClientKey::pair("EdDSA")).await;
        let nobody = client.but(|party| "nobody".clone_into(&mut party.id));
        clients::set_enabled(&provider.app, &weftid::base::id::ClientId::from_text("keyed"), false, &Origin::command_line()).await.unwrap();
        let mut words = Vec::new();
        for party in [&client, &nobody, &client.but(|party| party.assertion_key = Some(ClientKey::own_pair("EdDSA")))] {
            let answer = party.posts("token_endpoint", &[("grant_type", "client_credentials")]).await;
            is_refused(&answer, &party.id);
            words.push(answer.text());
        }
        assert!(words.windows(2).all(|pair| pair[0] == pair[1]), "{words:?}");
    }
}

/// E-RACE-06, A-CA-06: the same between two processes over PostgreSQL: exactly one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_assertion_is_used_once_on_two_nodes() {
    let pair = Pair::start().await;
    let client = pair.provider.client_with_key(metadata("keyed"), &ClientKey::pair("EdDSA")).await;
    let there = pair.client_there(&client);
    // The processes look for new clients every second.
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    for _ in 0..10 {
        let assertion = client.assertion().unwrap();
        let answers = join_all((0..50).map(|number| shows(if number % 2 == 0 { &client } else { &there }, &assertion))).await;
        assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
        assert!(answers.iter().all(|answer| answer.status == 200 || answer.error_code() == "invalid_client"));
    }
}

/// OpenID Connect Core §10.1.1, A-CA-07: keys may stand at an address of the client's; one that is new there is fetched for the first assertion that
/// it signed, and one that stands nowhere is not believed.
#[tokio::test]
async fn a_client_changes_its_keys_where_they_stand() {
    let authority = Authority::new();
    let file = authority.file();
    let settings = [("outbound.ca_file", file.path().to_str().unwrap()), ("outbound.allowed_networks", "127.0.0.0/8,::1")];
    let provider = Provider::start_with(Kind::Sqlite, &settings).await;
    let outside = Outside::start("127.0.0.1", &authority.certifies(&["localhost"])).await;
    let (old, new) = (ClientKey::pair("ES256"), ClientKey::own_pair("ES256"));
    outside.serves("/jwks", &old.jwks());
    let mut metadata = metadata("keyed");
    metadata["token_endpoint_auth_method"] = json!("private_key_jwt");
    metadata["jwks_uri"] = json!(outside.url("localhost", "/jwks"));
    let mut client = provider.client(metadata).await;
    let own = [("grant_type", "client_credentials")];
    for key in [&old, &old] {
        client.assertion_key = Some(key.clone());
        client.posts("token_endpoint", &own).await.is(200);
    }
    client.assertion_key = Some(new.clone());
    is_refused(&client.posts("token_endpoint", &own).await, "it stands nowhere yet");
    outside.serves("/jwks", &json!({"keys": [old.jwk(), new.jwk()]}));
    provider.clock.advance(Duration::from_secs(61));
    client.posts("token_endpoint", &own).await.is(200);
    client.assertion_key = Some(old);
    client.posts("token_endpoint", &own).await.is(200);
    assert!(outside.heard("/jwks").len() <= 3, "fetched as often as needed, and no more");
}

/// C-LOG-02, A-CA-09: an assertion is as good as a secret as long as it lives: it is not in the log, nor taken from an address.
#[test]
fn an_assertion_stays_out_of_the_log() {
    captured(|log: Log| async move {
        let provider = Provider::start(Kind::Sqlite).await;
        let client = provider.client_with_key(metadata("keyed"), &ClientKey::pair("EdDSA")).await;
        let by_secret = by_secret(&provider, "hs").await;
        let mut secrets = vec![by_secret.secret.clone().unwrap()];
        for party in [&client, &by_secret] {
            let assertion = party.assertion().unwrap();
            let broken = format!("{}AAAA", &assertion[..assertion.len() - 4]);
            for shown in [&assertion, &assertion, &broken] {
                shows(party, shown).await;
            }
            let mut address = party.endpoint("token_endpoint");
            address.query_pairs_mut().append_pair("client_assertion", &assertion);
            let pairs = [("grant_type", "client_credentials")];
            assert_eq!(provider.wire.posts(&address, &pairs, &[]).await.expect(400).error_code(), "invalid_request");
            secrets.extend([assertion.rsplit('.').next().unwrap().to_owned(), assertion.split('.').nth(1).unwrap().to_owned()]);
        }
        assert!(!log.lines_with("refused").is_empty());
        log.keeps_quiet_about(&secrets.iter().map(String::as_str).collect::<Vec<_>>());
    });
}
