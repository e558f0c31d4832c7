//! The userinfo endpoint and how access tokens are shown (OpenID Connect Core §5.3, RFC 6750), and who may read answers from other
//! origins.

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde_json::json;
use weftid::actions::audit::Origin;
use weftid::actions::users;
use weftid::base::email::Email;
use weftid_tests::on_both_databases;
use weftid_tests::provider::Provider;
use weftid_tests::wire::{Answer, form_urlencoded};

use crate::main_job::{ada, refused};

async fn asks(provider: &Provider, method: Method, path: &str, headers: &[(&str, &str)], body: &[(&str, &str)]) -> Answer {
    let mut all = HeaderMap::new();
    for (name, value) in headers {
        all.append(HeaderName::try_from(*name).unwrap(), HeaderValue::from_str(value).unwrap());
    }
    if !body.is_empty() {
        all.insert("content-type", HeaderValue::from_static("application/x-www-form-urlencoded"));
    }
    provider.wire.send(method, &provider.url(path), all, form_urlencoded(body)).await
}

on_both_databases! {
    /// A-UI-01, RFC 6750 §3.1: nothing shown, a bad token, too little scope and two tokens are told apart.
    async fn refusals_say_what_is_missing(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, shop) = (ada(&provider).await, provider.shop("shop").await);
        let tokens = shop.welcomes(&mut ada, &["email"]).await;
        let narrowed = [("grant_type", "refresh_token"), ("refresh_token", tokens.refresh_token.as_deref().unwrap()), ("scope", "email")];
        let narrow = shop.posts("token_endpoint", &narrowed).await.expect(200).json();
        let bearer = format!("Bearer {}", tokens.access_token);
        let too_little = format!("Bearer {}", narrow["access_token"].as_str().unwrap());
        let body = [("access_token", tokens.access_token.as_str())];
        let quoted = r#"Bearer "\"quoted\"", error="none""#;
        for (headers, body, status, error) in [
            (vec![], [].as_slice(), 401, ""),
            (vec![("authorization", "Basic c2hvcDp4")], &[], 401, ""),
            (vec![("authorization", "Bearer")], &[], 401, ""),
            (vec![("authorization", "Bearer nonsense")], &[], 401, "invalid_token"),
            (vec![("authorization", quoted)], &[], 401, "invalid_token"),
            (vec![("authorization", too_little.as_str())], &[], 403, "insufficient_scope"),
            (vec![("authorization", bearer.as_str())], &body, 400, "invalid_request"),
            (vec![("authorization", bearer.as_str()), ("authorization", bearer.as_str())], &[], 400, "invalid_request"),
        ] {
            let method = if body.is_empty() { Method::GET } else { Method::POST };
            let answer = asks(&provider, method, "/userinfo", &headers, body).await;
            assert_eq!((answer.status.as_u16(), answer.error_code().as_str()), (status, error), "{headers:?} {answer}");
            let challenge = answer.header("www-authenticate");
            assert!(challenge.starts_with("Bearer realm=\"userinfo\""), "{answer}");
            assert_eq!(challenge.contains("error="), !error.is_empty(), "{challenge}");
            assert_eq!(challenge.matches('"').count() % 2, 0, "{challenge}");
            assert!(!challenge.contains("quoted"), "{challenge}");
            assert_eq!(answer.header("cache-control"), "no-store", "A-TOK-01");
        }
    }

    /// A-UI-02, RFC 6750 §2: GET and POST, header and form, any spelling of the scheme; a token in the address is not looked at.
    async fn a_token_is_shown_in_the_header_or_the_form(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, shop) = (ada(&provider).await, provider.shop("shop").await);
        let tokens = shop.welcomes(&mut ada, &["email"]).await;
        for scheme in ["Bearer", "bEaReR"] {
            let header = format!("{scheme} {}", tokens.access_token);
            for method in [Method::GET, Method::POST] {
                let answer = asks(&provider, method, "/userinfo", &[("authorization", &header)], &[]).await.expect(200);
                assert_eq!((&answer.json()["sub"], answer.header("content-type")), (&tokens.claims["sub"], "application/json"));
                assert_eq!(answer.header("cache-control"), "no-store", "A-TOK-01");
            }
        }
        asks(&provider, Method::POST, "/userinfo", &[], &[("access_token", &tokens.access_token)]).await.is(200);
        let in_address = format!("/userinfo?access_token={}", tokens.access_token);
        assert_eq!(asks(&provider, Method::GET, &in_address, &[], &[]).await.expect(401).error_code(), "");
    }

    /// A-UI-03: always `sub`, the same as in the ID token; nothing beyond the scope; nothing about somebody who is shut out.
    async fn claims_are_what_the_scope_gives(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, shop, wiki) = (ada(&provider).await, provider.shop("shop").await, provider.shop("wiki").await);
        let mut last = None;
        for (scopes, members) in [
            ([].as_slice(), ["sub"].as_slice()),
            (&["profile"], &["name", "sub", "updated_at"]),
            (&["email"], &["email", "email_verified", "sub"]),
            (&["profile", "email"], &["email", "email_verified", "name", "sub", "updated_at"]),
        ] {
            let tokens = shop.welcomes(&mut ada, scopes).await;
            let userinfo = shop.asks_userinfo(&tokens.access_token).await.expect(200).json();
            let mut told: Vec<&String> = userinfo.as_object().unwrap().keys().collect();
            told.sort_unstable();
            assert_eq!(told, members);
            assert_eq!(userinfo["sub"], tokens.claims["sub"]);
            last = Some(tokens);
        }
        let elsewhere = wiki.welcomes(&mut ada, &["email"]).await;
        assert_eq!(wiki.userinfo(&elsewhere).await.unwrap()["sub"], elsewhere.claims["sub"]);
        users::deactivate(&provider.app, &Email::parse("ada@shop.test").unwrap(), &Origin::command_line()).await.unwrap();
        assert_eq!(shop.userinfo(&last.unwrap()).await, refused("invalid_token"));
    }

    /// OpenID Connect Core §5.3.2: an access token lives for ten minutes, and what it rests on is asked each time.
    async fn an_access_token_lives_for_ten_minutes(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, shop) = (ada(&provider).await, provider.shop("shop").await);
        let tokens = shop.welcomes(&mut ada, &[]).await;
        provider.clock.advance(std::time::Duration::from_secs(599));
        assert!(shop.userinfo(&tokens).await.is_ok());
        provider.clock.advance(std::time::Duration::from_secs(1));
        assert_eq!(shop.userinfo(&tokens).await, refused("invalid_token"));
    }

    /// A-CORS-01: no page can be read from another origin, not even one that is registered.
    async fn pages_are_read_by_nobody_else(kind: Kind) {
        let provider = Provider::start(kind).await;
        let shop = provider.shop("shop").await;
        let request = shop.asks(&[], &[]).url;
        for path in [
            &request[url::Position::BeforePath..], "/login", "/consent/x", "/logout", "/sign-out", "/signed-out", "/account", "/login/passkey/begin",
            "/account/backup-codes", "/setup/x", "/invitation/x", "/nowhere",
        ] {
            for origin in ["https://evil.test", "https://shop.test", "null"] {
                for (method, more) in [(Method::GET, None), (Method::POST, None), (Method::OPTIONS, Some(("access-control-request-method", "POST")))] {
                    let headers: Vec<_> = [("origin", origin)].into_iter().chain(more).collect();
                    let answer = asks(&provider, method, path, &headers, &[]).await;
                    assert!(!answer.headers.keys().any(|name| name.as_str().starts_with("access-control-")), "{path} {answer}");
                }
            }
        }
    }

    /// A-CORS-02, A-CORS-03: documents are for everybody; endpoints for programs are read from the exact origins of the client that was proved.
    async fn only_the_clients_own_origins_read_its_answers(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, shop, _wiki) = (ada(&provider).await, provider.shop("shop").await, provider.shop("wiki").await);
        let tokens = shop.welcomes(&mut ada, &[]).await;
        for path in ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server", "/jwks"] {
            let answer = asks(&provider, Method::GET, path, &[("origin", "https://anybody.test")], &[]).await.expect(200);
            assert_eq!((answer.header("access-control-allow-origin"), answer.header("access-control-allow-credentials")), ("*", ""));
        }
        let (bearer, basic) = (format!("Bearer {}", tokens.access_token), shop.basic());
        let origins = [
            ("https://shop.test", true), ("https://wiki.test", false), ("https://shop.test.evil", false), ("https://shop.test:8443", false),
            ("http://shop.test", false), ("https://SHOP.test", false), ("https://shop.test/", false), ("null", false),
        ];
        for (origin, own) in origins {
            let allowed = if own { origin } else { "" };
            for (path, authorization, body) in [
                ("/userinfo", &bearer, [].as_slice()),
                ("/token", &basic, &[("grant_type", "refresh_token"), ("refresh_token", "x")]),
                ("/revoke", &basic, &[("token", "x")]),
            ] {
                let answer = asks(&provider, Method::POST, path, &[("origin", origin), ("authorization", authorization)], body).await;
                assert_eq!(answer.header("access-control-allow-origin"), allowed, "{origin} {answer}");
                assert!(answer.header("vary").to_ascii_lowercase().contains("origin"), "{answer}");
                assert_eq!(answer.header("access-control-allow-credentials"), "");
                assert_eq!(answer.header("access-control-expose-headers").to_ascii_lowercase(), if own { "www-authenticate" } else { "" });
                let wanted = [("origin", origin), ("access-control-request-method", "POST"), ("access-control-request-headers", "authorization")];
                let preflight = asks(&provider, Method::OPTIONS, path, &wanted, &[]).await.expect(204);
                let registered = own || origin == "https://wiki.test";
                assert_eq!(preflight.header("access-control-allow-origin"), if registered { origin } else { "" }, "{preflight}");
            }
        }
        // Who isn't proved has no origins, and whom a token only claims to be for has none either.
        let forged = format!("Bearer {}", tokens.id_token);
        for (path, authorization) in [("/userinfo", forged.as_str()), ("/token", "Basic c2hvcDp3cm9uZw=="), ("/revoke", "Basic c2hvcDp3cm9uZw==")] {
            let answer = asks(&provider, Method::POST, path, &[("origin", "https://shop.test"), ("authorization", authorization)], &[("token", "x")]).await;
            assert_eq!((answer.status.as_u16(), answer.header("access-control-allow-origin")), (401, ""), "{answer}");
        }
    }
}

/// A-UI-03: what a client is told about a person is decided by the scope, also in ID tokens of clients that never ask at userinfo.
#[tokio::test]
async fn an_id_token_may_carry_what_the_scope_gives() {
    let provider = Provider::start(weftid_tests::database::Kind::Sqlite).await;
    let mut ada = ada(&provider).await;
    let metadata = json!({
        "client_id": "old", "client_name": "Old", "redirect_uris": ["https://old.test/cb"], "scope_claims_in_id_token": true,
    });
    let old = provider.client(metadata).await;
    let tokens = old.welcomes(&mut ada, &["email"]).await;
    assert_eq!((&tokens.claims["email"], tokens.claims.get("name")), (&json!("ada@shop.test"), None));
}
