//! Request objects (RFC 9101, OpenID Connect Core §6): what a client has signed counts, and nothing beside it; what can't be verified is refused.

use openidconnect::PrivateSigningKey as _;
use serde_json::{Value, json};
use url::Url;
use weftid::adapters::jose::{SigningKey, generate_private};
use weftid::base::base64url;
use weftid::base::id::KeyId;
use weftid_tests::database::Kind;
use weftid_tests::on_both_databases;
use weftid_tests::outside::{Manner, Outside};
use weftid_tests::provider::{ISSUER, Provider};
use weftid_tests::relying_party::{Asked, RelyingParty};
use weftid_tests::tls::Authority;
use weftid_tests::wire::query;

use crate::main_job::ada;
use crate::pushed::place;

fn key(algorithm: &str) -> SigningKey {
    let algorithm = algorithm.parse().unwrap();
    SigningKey::from_private(KeyId::random(), algorithm, &generate_private(algorithm).unwrap()).unwrap()
}

/// A compact JWS of these claims under this header, signed by `key`, whatever the header says.
fn signed(key: &SigningKey, header: &Value, claims: &Value) -> String {
    let input = format!("{}.{}", base64url::encode(header.to_string()), base64url::encode(claims.to_string()));
    let signature = key.sign(&algorithm(key), input.as_bytes()).unwrap();
    format!("{input}.{}", base64url::encode(signature))
}

fn algorithm(key: &SigningKey) -> openidconnect::core::CoreJwsSigningAlgorithm {
    serde_json::from_value(json!(key.algorithm().name())).unwrap()
}

fn header(key: &SigningKey) -> Value {
    json!({"alg": key.algorithm().name(), "kid": key.kid().to_string(), "typ": "oauth-authz-req+jwt"})
}

/// What stands in the address, as the claims of a request object.
fn claims(provider: &Provider, client: &RelyingParty, asked: &Asked) -> Value {
    let now = provider.clock.now().seconds();
    let mut claims = json!({"iss": client.id, "aud": ISSUER, "iat": now, "nbf": now, "exp": now + 60, "jti": "x"});
    for (name, value) in asked.url.query_pairs() {
        claims[name.as_ref()] = json!(value);
    }
    claims
}

/// A request as OpenID Connect Core §6.1 sends it, with `beside` in place of what stands beside the object.
fn with_object(client: &RelyingParty, object: &str, beside: &[(&str, &str)]) -> Url {
    let mut url = client.endpoint("authorization_endpoint");
    url.query_pairs_mut().extend_pairs([("client_id", client.id.as_str()), ("request", object)]).extend_pairs(beside);
    url
}

async fn client(provider: &Provider, id: &str, keys: &[&SigningKey], more: &Value) -> RelyingParty {
    let mut metadata =
        json!({"client_id": id, "client_name": id, "redirect_uris": [format!("https://{id}.test/callback")], "scope": "openid profile email"});
    if !keys.is_empty() {
        metadata["jwks"] = json!({"keys": keys.iter().map(|key| key.public_jwk()).collect::<Vec<_>>()});
    }
    for (name, value) in more.as_object().unwrap() {
        metadata[name] = value.clone();
    }
    provider.client(metadata).await
}

on_both_databases! {
    /// A-JAR-02, OpenID Connect Core §6.1, RFC 9101 §5: a signed object is read, with each algorithm, with the client's parameters beside it or
    /// `client_id` alone, by GET and by POST, and pushed; the answer goes where the object says.
    async fn a_signed_object_is_the_request(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut ada = ada(&provider).await;
        let keys = ["RS256", "PS256", "ES256"].map(key);
        let shop = client(&provider, "shop", &keys.each_ref(), &json!({})).await;
        for key in &keys {
            let asked = shop.asks(&[], &[("max_age", "1000")]);
            let mut inside = claims(&provider, &shop, &asked);
            inside["max_age"] = json!(1000);
            inside["claims"] = json!({"id_token": {"email": null}});
            let object = signed(key, &header(key), &inside);
            let callback = ada.agrees_to(&with_object(&shop, &object, &[])).await;
            assert!(shop.redeems(&asked, &callback).await.unwrap().claims["email"].is_string());
            let beside = [("response_type", "code"), ("scope", "openid")];
            let callback = ada.opens(with_object(&shop, &object, &beside)).await.callback();
            shop.redeems(&asked, &callback).await.unwrap();
            let pairs = [&[("client_id", "shop"), ("request", object.as_str())], &beside[..]].concat();
            let arrival = ada.is_made_to_post_from(&shop.redirect_uri, &shop.endpoint("authorization_endpoint"), &pairs).await;
            shop.redeems(&asked, &arrival.callback()).await.unwrap();
            let answer = shop.posts("pushed_authorization_request_endpoint", &[("request", &object)]).await.expect(201).json();
            let callback = ada.opens(place(&shop, answer["request_uri"].as_str().unwrap(), &[])).await.callback();
            shop.redeems(&asked, &callback).await.unwrap();
        }
        // Keys without a name verify as well, and a type is optional.
        let mut jwk = keys[2].public_jwk().clone();
        jwk.as_object_mut().unwrap().remove("kid");
        let bare = client(&provider, "bare", &[], &json!({"jwks": {"keys": [jwk]}, "request_object_signing_alg": "ES256"})).await;
        let asked = bare.asks(&[], &[]);
        let object = signed(&keys[2], &json!({"alg": "ES256"}), &claims(&provider, &bare, &asked));
        bare.redeems(&asked, &ada.agrees_to(&with_object(&bare, &object, &[])).await).await.unwrap();
    }

    /// A-JAR-02, A-PAR-03, RFC 9101 §6.3: parameters beside the object count for nothing; what must agree and doesn't is refused.
    async fn nothing_beside_the_object_counts(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut ada = ada(&provider).await;
        let key = key("ES256");
        let shop = client(&provider, "shop", &[&key], &json!({})).await;
        let asked = shop.asks(&[], &[]);
        let object = signed(&key, &header(&key), &claims(&provider, &shop, &asked));
        let beside = [
            ("scope", "openid profile email"), ("redirect_uri", "https://evil.test/"), ("state", "other"), ("nonce", "other"), ("response_mode", "form_post"),
            ("prompt", "none"), ("code_challenge", "x"), ("claims", "{"), ("resource", "urn:x"), ("id_token_hint", "x"),
        ];
        let tokens = shop.redeems(&asked, &ada.agrees_to(&with_object(&shop, &object, &beside)).await).await.unwrap();
        assert_eq!(tokens.scopes.unwrap(), ["openid"]);
        let callback = ada.opens(with_object(&shop, &object, &[("response_type", "token"), ("redirect_uri", "https://shop.test/callback")])).await.callback();
        assert_eq!(query(&callback, "error").as_deref(), Some("invalid_request_object"));
        // What is wrong inside is told where the object says; what is registered nowhere is told here.
        let mut inside = claims(&provider, &shop, &asked);
        inside["scope"] = json!("profile");
        let callback = ada.opens(with_object(&shop, &signed(&key, &header(&key), &inside), &beside)).await.callback();
        assert_eq!((query(&callback, "error").as_deref(), query(&callback, "state").as_ref()), (Some("invalid_scope"), Some(&asked.state)));
        inside["redirect_uri"] = json!("https://evil.test/");
        ada.opens(with_object(&shop, &signed(&key, &header(&key), &inside), &[("redirect_uri", "https://shop.test/callback")])).await.page(400);
    }

    /// A-JAR-02: another key, algorithm, type, party, time, or anything nested, and it is not read; at `/authorize` and at `/par`.
    async fn what_cannot_be_verified_is_refused(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut ada = ada(&provider).await;
        let (good, evil) = (key("ES256"), key("ES256"));
        let shop = client(&provider, "shop", &[&good], &json!({"request_object_signing_alg": "ES256"})).await;
        let wiki = client(&provider, "wiki", &[&evil], &json!({})).await;
        let asked = shop.asks(&[], &[]);
        let inside = claims(&provider, &shop, &asked);
        let with = |member: &str, value: Value| {
            let mut other = inside.clone();
            other[member] = value;
            signed(&good, &header(&good), &other)
        };
        let under = |header: Value| signed(&good, &header, &inside);
        let kid = good.kid().to_string();
        let now = provider.clock.now().seconds();
        let whole = signed(&good, &header(&good), &inside);
        let parts: Vec<&str> = whole.split('.').collect();
        let objects = vec![
            signed(&evil, &header(&evil), &inside),
            signed(&evil, &header(&good), &inside),
            signed(&evil, &json!({"alg": "ES256", "jwk": evil.public_jwk()}), &inside),
            signed(&evil, &header(&evil), &claims(&provider, &wiki, &asked)),
            under(json!({"alg": "HS256", "kid": kid})),
            under(json!({"alg": "none"})),
            under(json!({"alg": "RS256", "kid": kid})),
            under(json!({"alg": "ES256", "kid": "another"})),
            under(json!({"alg": "ES256", "typ": "at+jwt"})),
            under(json!({"alg": "ES256", "crit": ["exp"], "exp": 1})),
            under(json!({"alg": "ES256", "b64": false})),
            with("iss", json!("wiki")),
            with("iss", Value::Null),
            with("aud", json!("https://other.example")),
            with("aud", Value::Null),
            with("client_id", json!("wiki")),
            with("sub", json!("shop")),
            with("exp", json!(now - 11)),
            with("exp", json!(now + 4000)),
            with("exp", Value::Null),
            with("nbf", json!(now + 60)),
            with("nbf", json!(now - 4000)),
            with("request", json!(whole)),
            with("request_uri", json!("urn:ietf:params:oauth:request_uri:x")),
            format!("{}.{}.", parts[0], parts[1]),
            format!("{}.{}.{}", base64url::encode(r#"{"alg":"none"}"#), parts[1], ""),
            format!("{}.{}", parts[0], parts[1]),
            format!("{whole}."),
            format!("{whole}="),
            format!("{}.{}.{}", parts[0], base64url::encode(r#"{"iss":"shop","iss":"shop"}"#), parts[2]),
            "a.b.c".to_owned(),
            "x".to_owned(),
            // An encrypted one has five parts; nothing here decrypts.
            "a.b.c.d.e".to_owned(),
        ];
        for object in objects {
            let beside = [("redirect_uri", "https://shop.test/callback"), ("state", asked.state.as_str()), ("response_type", "code"), ("scope", "openid")];
            let callback = ada.opens(with_object(&shop, &object, &beside)).await.callback();
            assert_eq!(query(&callback, "error").as_deref(), Some("invalid_request_object"), "{object}");
            assert_eq!((query(&callback, "state").as_ref(), query(&callback, "iss").as_deref()), (Some(&asked.state), Some(ISSUER)));
            assert!(!query(&callback, "error_description").unwrap().contains("eyJ"), "nothing of it is told");
            // Without an address beside it there is nowhere to go.
            ada.opens(with_object(&shop, &object, &[])).await.page(400);
            let answer = shop.posts("pushed_authorization_request_endpoint", &[("request", &object)]).await.expect(400);
            assert_eq!(answer.error_code(), "invalid_request_object", "{object}");
        }
        ada.agrees_to(&with_object(&shop, &whole, &[])).await;
    }

    /// A-JAR-01, OpenID Connect Core §3.1.2.6: an unsigned object, and one of a client without keys, is refused and never ignored; nothing is fetched.
    async fn an_unsigned_object_is_not_supported(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut ada = ada(&provider).await;
        let key = key("ES256");
        let (keyed, shop) = (client(&provider, "keyed", &[&key], &json!({})).await, provider.shop("shop").await);
        for (client, request, error) in [
            (&keyed, format!("{}.{}.", base64url::encode(r#"{"alg":"none"}"#), base64url::encode("{}")), "request_not_supported"),
            (&shop, format!("{}.{}.", base64url::encode(r#"{"alg":"none"}"#), base64url::encode("{}")), "request_not_supported"),
            (&shop, "a.b.c".to_owned(), "request_not_supported"),
        ] {
            let asked = client.asks(&[], &[("request", &request)]);
            let callback = ada.opens(&asked.url).await.callback();
            assert_eq!(query(&callback, "error").as_deref(), Some(error));
            assert_eq!(query(&callback, "state"), Some(asked.state));
        }
        let asked = keyed.asks(&[], &[("request", "a.b.c"), ("request_uri", "https://keyed.test/request")]);
        assert_eq!(query(&ada.opens(&asked.url).await.callback(), "error").as_deref(), Some("invalid_request"));
    }

    /// RFC 9101 §10.5 (require_signed_request_object): then a request that nobody signed is refused, pushed or not.
    async fn who_must_sign_gets_nowhere_without(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut ada = ada(&provider).await;
        let key = key("ES256");
        let shop = client(&provider, "shop", &[&key], &json!({"require_signed_request_object": true})).await;
        let asked = shop.asks(&[], &[]);
        assert_eq!(query(&ada.opens(&asked.url).await.callback(), "error").as_deref(), Some("invalid_request"));
        assert_eq!(crate::pushed::pushes(&shop, &asked).await.expect(400).error_code(), "invalid_request");
        let object = signed(&key, &header(&key), &claims(&provider, &shop, &asked));
        shop.redeems(&asked, &ada.agrees_to(&with_object(&shop, &object, &[])).await).await.unwrap();
    }
}

/// A-JAR-01, A-SSRF-01, OpenID Connect Core §6.2: an object stands where the client registered, and nothing else is fetched; its keys may stand
/// there as well. What can't be had is said, and the reason is not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_registered_reference_is_fetched() {
    let authority = Authority::new();
    let file = authority.file();
    let settings =
        [("outbound.ca_file", file.path().to_str().unwrap()), ("outbound.allowed_networks", "127.0.0.0/8,::1"), ("outbound.timeout", "1s")];
    let provider = Provider::start_with(Kind::Sqlite, &settings).await;
    let outside = Outside::start("127.0.0.1", &authority.certifies(&["localhost"])).await;
    let mut ada = ada(&provider).await;
    let key = key("ES256");
    outside.serves("/jwks", &json!({"keys": [key.public_jwk()]}));
    let registered: Vec<_> = ["/request", "/gone", "/evil"].iter().map(|path| outside.url("localhost", path)).collect();
    let more = json!({"jwks_uri": outside.url("localhost", "/jwks"), "request_uris": registered});
    let shop = client(&provider, "shop", &[], &more).await;
    let asked = shop.asks(&[], &[]);
    let object = signed(&key, &header(&key), &claims(&provider, &shop, &asked));
    outside.behaves("/request", Manner::Says(200, "application/oauth-authz-req+jwt", object.clone()));
    outside.behaves("/evil", Manner::Says(200, "application/oauth-authz-req+jwt", "a.b.c".to_owned()));
    outside.behaves("/other", Manner::Says(200, "application/oauth-authz-req+jwt", object));
    let with = |uri: &str| {
        let mut url = shop.endpoint("authorization_endpoint");
        let beside = [
            ("client_id", "shop"),
            ("redirect_uri", "https://shop.test/callback"),
            ("response_type", "code"),
            ("scope", "openid"),
            ("state", "beside"),
        ];
        url.query_pairs_mut().extend_pairs(beside).append_pair("request_uri", uri);
        url
    };
    shop.redeems(&asked, &ada.agrees_to(&with(&registered[0])).await).await.unwrap();
    ada.opens(with(&registered[0])).await.callback();
    assert_eq!(outside.heard("/request").len(), 1, "kept for some seconds");
    for (uri, error) in [
        (outside.url("localhost", "/other"), "request_uri_not_supported"),
        (format!("{}?x", registered[0]), "request_uri_not_supported"),
        ("https://127.0.0.1/request".to_owned(), "request_uri_not_supported"),
        ("urn:other:x".to_owned(), "request_uri_not_supported"),
        (registered[1].clone(), "invalid_request_uri"),
        (format!("{}#{}", registered[0], base64url::encode([0; 32])), "invalid_request_uri"),
        (registered[2].clone(), "invalid_request_object"),
    ] {
        let callback = ada.opens(with(&uri)).await.callback();
        assert_eq!((query(&callback, "error").as_deref(), query(&callback, "state").as_deref()), (Some(error), Some("beside")), "{uri}");
    }
    assert!(outside.heard("/other").is_empty() && outside.heard("/request?x").is_empty());
    let answer = shop.posts("pushed_authorization_request_endpoint", &[("request_uri", &registered[0])]).await.expect(400);
    assert_eq!(answer.error_code(), "invalid_request", "A-PAR-01");
}
