//! What the provider says about itself (OpenID Connect Discovery, RFC 8414), held against what it does.

use std::collections::BTreeSet;

use http::{HeaderMap, Method};
use serde_json::{Value, json};
use weftid_tests::client_keys::ClientKey;
use weftid_tests::database::Kind;
use weftid_tests::on_both_databases;
use weftid_tests::provider::Provider;
use weftid_tests::wire::query;

use crate::main_job::ada;
use crate::profile::says_everything;

const OPENID: &str = "/.well-known/openid-configuration";
const OAUTH: &str = "/.well-known/oauth-authorization-server";

fn words(document: &Value, member: &str) -> Vec<String> {
    document[member].as_array().unwrap().iter().map(|word| word.as_str().unwrap().to_owned()).collect()
}

/// A-DISC-01, A-PKCE-05, A-JAR-01: both documents, member by member; whoever changes them changes this.
#[tokio::test]
async fn both_documents_say_exactly_this() {
    let provider = Provider::start(Kind::Sqlite).await;
    let expected = json!({
        "issuer": "https://id.example",
        "authorization_endpoint": "https://id.example/authorize",
            "pushed_authorization_request_endpoint": "https://id.example/par",
        "token_endpoint": "https://id.example/token",
        "userinfo_endpoint": "https://id.example/userinfo",
        "jwks_uri": "https://id.example/jwks",
        "revocation_endpoint": "https://id.example/revoke",
        "introspection_endpoint": "https://id.example/introspect",
        "end_session_endpoint": "https://id.example/logout",
        "scopes_supported": ["openid", "profile", "email", "address", "phone", "offline_access"],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "fragment", "form_post"],
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
        "acr_values_supported": ["password", "password+otp", "phr", "phrh"],
        "subject_types_supported": ["public", "pairwise"],
        "id_token_signing_alg_values_supported": ["RS256", "PS256", "ES256"],
        "userinfo_signing_alg_values_supported": ["RS256", "PS256", "ES256"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt", "none"],
        "token_endpoint_auth_signing_alg_values_supported": ["RS256", "PS256", "ES256", "EdDSA", "HS256"],
        "revocation_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt", "none"],
        "revocation_endpoint_auth_signing_alg_values_supported": ["RS256", "PS256", "ES256", "EdDSA", "HS256"],
        "introspection_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt"],
        "introspection_endpoint_auth_signing_alg_values_supported": ["RS256", "PS256", "ES256", "EdDSA", "HS256"],
        "code_challenge_methods_supported": ["S256"],
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "display_values_supported": ["page", "popup", "touch", "wap"],
        "claim_types_supported": ["normal"],
        "claims_supported": [
            "sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "at_hash", "sid", "name", "given_name", "family_name", "middle_name",
            "nickname", "preferred_username", "profile", "picture", "website", "gender", "birthdate", "zoneinfo", "locale", "updated_at", "email",
            "email_verified", "address", "phone_number", "phone_number_verified"
        ],
        "ui_locales_supported": ["en", "de"],
        "claims_parameter_supported": true,
        "request_parameter_supported": true,
        "request_object_signing_alg_values_supported": ["RS256", "PS256", "ES256", "EdDSA"],
        "request_uri_parameter_supported": true,
        "require_request_uri_registration": true,
        "require_pushed_authorization_requests": false,
        "authorization_response_iss_parameter_supported": true,
        "backchannel_logout_supported": true,
        "backchannel_logout_session_supported": true
    });
    for path in [OPENID, OAUTH] {
        let answer = provider.wire.get(&provider.url(path)).await.expect(200);
        assert_eq!(answer.json(), expected);
        assert_eq!(answer.header("content-type"), "application/json");
        assert_eq!(answer.header("cache-control"), "public, max-age=300");
    }
}

on_both_databases! {
    /// A-DISC-02: public members only, each key with its own name, use and algorithm, RS256 among them, and the document names no other.
    async fn the_keys_are_public_and_told_apart(kind: Kind) {
        let provider = Provider::start(kind).await;
        let document = provider.wire.get(&provider.url(OPENID)).await.json();
        let jwks = provider.wire.get(&provider.url("/jwks")).await.expect(200).json();
        let keys = jwks["keys"].as_array().unwrap();
        let allowed: BTreeSet<&str> = ["kty", "kid", "use", "alg", "n", "e", "crv", "x", "y"].into();
        let mut names = BTreeSet::new();
        let mut algorithms = BTreeSet::new();
        for key in keys {
            let members: BTreeSet<&str> = key.as_object().unwrap().keys().map(String::as_str).collect();
            assert!(members.is_subset(&allowed), "{members:?}");
            assert_eq!(key["use"], "sig");
            assert!(names.insert(key["kid"].as_str().unwrap()), "a kid stands twice");
            algorithms.insert(key["alg"].as_str().unwrap().to_owned());
        }
        assert_eq!(algorithms, words(&document, "id_token_signing_alg_values_supported").into_iter().collect());
        assert!(algorithms.contains("RS256"));
    }

    /// A-ISS-02, OpenID Connect Discovery §4.3: one issuer, whatever a request says about where it was sent.
    async fn the_issuer_is_the_same_whatever_headers_say(kind: Kind) {
        let provider = Provider::start(kind).await;
        for (name, value) in [
            ("x-forwarded-host", "evil.test"), ("x-forwarded-proto", "http"), ("forwarded", "host=evil.test;proto=http"), ("x-forwarded-prefix", "/evil"),
            ("host", "id.example:443"),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(http::HeaderName::from_static(name), value.parse().unwrap());
            for path in [OPENID, OAUTH] {
                let answer = provider.wire.send(Method::GET, &provider.url(path), headers.clone(), Vec::new()).await.expect(200);
                assert_eq!(answer.json()["issuer"], "https://id.example");
                assert!(!answer.text().contains("evil"));
            }
        }
    }

    /// A-DISC-01: every endpoint, grant, method, algorithm, scope, claim and prompt value that is named is there.
    async fn what_is_named_is_there(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut ada = ada(&provider).await;
        says_everything(&provider, &mut ada).await;
        let document = provider.wire.get(&provider.url(OPENID)).await.json();
        let scopes = words(&document, "scopes_supported");
        let scopes: Vec<&str> = scopes.iter().map(String::as_str).filter(|scope| *scope != "openid").collect();
        let mut told = BTreeSet::new();
        for method in words(&document, "token_endpoint_auth_methods_supported") {
            for algorithm in words(&document, "id_token_signing_alg_values_supported") {
                let key = ClientKey::pair(&algorithm);
                let mut grants = words(&document, "grant_types_supported");
                grants.retain(|grant| method != "none" || grant != "client_credentials");
                let mut metadata = json!({
                    "client_id": format!("{method}-{algorithm}").replace('_', "-"), "client_name": "Any", "redirect_uris": ["https://any.test/cb"],
                    "token_endpoint_auth_method": method, "id_token_signed_response_alg": algorithm, "scope": words(&document, "scopes_supported").join(" "),
                    "grant_types": grants, "post_logout_redirect_uris": ["https://any.test/bye"],
                });
                if method == "private_key_jwt" {
                    metadata["jwks"] = key.jwks();
                }
                let mut client = provider.client(metadata).await;
                client.secret_in_form = method == "client_secret_post";
                client.assertion_key = match method.as_str() {
                    "private_key_jwt" => Some(key),
                    "client_secret_jwt" => client.secret.clone().map(ClientKey::Secret),
                    _ => None,
                };
                client.algorithm = serde_json::from_value(json!(algorithm)).unwrap();
                let tokens = client.welcomes(&mut ada, &scopes).await;
                let mut given = tokens.scopes.clone().unwrap();
                given.sort_unstable();
                let mut named = words(&document, "scopes_supported");
                named.sort_unstable();
                assert_eq!(given, named);
                assert!(words(&document, "acr_values_supported").contains(&tokens.claims["acr"].as_str().unwrap().to_owned()));
                told.extend(tokens.claims.as_object().unwrap().keys().cloned());
                told.extend(client.asks_userinfo(&tokens.access_token).await.expect(200).json().as_object().unwrap().keys().cloned());
                let refreshed = client.refreshes(tokens.refresh_token.as_deref().unwrap()).await.unwrap();
                let introspected = client.posts("introspection_endpoint", &[("token", &refreshed.access_token)]).await;
                let may_ask = words(&document, "introspection_endpoint_auth_methods_supported").contains(&method);
                assert_eq!((introspected.status == 200, introspected.json()["active"] == true), (may_ask, may_ask), "{introspected}");
                let own = client.posts("token_endpoint", &[("grant_type", "client_credentials")]).await;
                assert_eq!(own.status == 200, method != "none", "{own}");
                client.revokes(refreshed.refresh_token.as_deref().unwrap()).await.is(200);
                assert!(client.userinfo(&refreshed).await.is_err());
            }
        }
        assert_eq!(told, words(&document, "claims_supported").into_iter().collect(), "the claims that are told");

        let mut subjects = BTreeSet::new();
        for subject_type in words(&document, "subject_types_supported") {
            let metadata = json!({
                "client_id": subject_type, "client_name": "Any", "redirect_uris": ["https://any.test/cb"], "subject_type": subject_type,
            });
            subjects.insert(provider.client(metadata).await.welcomes(&mut ada, &[]).await.claims["sub"].as_str().unwrap().to_owned());
        }
        assert_eq!(subjects.len(), 2, "each is another one");

        let shop = provider.shop("shop").await;
        shop.welcomes(&mut ada, &[]).await;
        provider.clock.advance(std::time::Duration::from_secs(1));
        for (prompt, page) in [("none", None), ("login", Some("sign-in")), ("consent", Some("consent")), ("select_account", Some("choose-account"))] {
            assert!(words(&document, "prompt_values_supported").contains(&prompt.to_owned()));
            let arrival = ada.opens(&shop.asks(&[], &[("prompt", prompt)]).url).await;
            match page {
                None => assert!(query(&arrival.callback(), "code").is_some()),
                Some(page) => drop(arrival.shows(page)),
            }
        }
        assert_eq!(words(&document, "prompt_values_supported").len(), 4);
        for language in words(&document, "ui_locales_supported") {
            let mut stranger = provider.stranger();
            stranger.opens(provider.url("/login")).await.shows("sign-in");
            let mut headers = HeaderMap::new();
            headers.insert("accept-language", language.parse().unwrap());
            let answer = provider.wire.send(Method::GET, &provider.url("/login"), headers, Vec::new()).await.expect(200);
            assert!(answer.text().contains(&format!("lang=\"{language}\"")), "{language}");
        }
    }
}

/// A-DISC-01, OpenID Connect Discovery §4, RFC 8414 §3.1: with a path in the issuer, both documents are where their specifications say.
#[tokio::test]
async fn an_issuer_with_a_path_is_found() {
    let settings = [("issuer", "https://id.example/tenant")];
    let provider = Provider::start_with(Kind::Sqlite, &settings).await;
    for path in ["/tenant/.well-known/openid-configuration", "/.well-known/oauth-authorization-server/tenant"] {
        let answer = provider.wire.get(&provider.url(path)).await.expect(200);
        assert_eq!(answer.json()["issuer"], "https://id.example/tenant");
        assert_eq!(answer.json()["token_endpoint"], "https://id.example/tenant/token");
    }
}
