//! The token endpoint: codes, client authentication, and what tokens are (RFC 6749 §3.2, OpenID Connect Core §3.1.3).

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use weftid::actions::audit::Origin;
use weftid::actions::{clients, users};
use weftid::base::email::Email;
use weftid::base::id::ClientId;
use weftid_tests::provider::Provider;
use weftid_tests::relying_party::RelyingParty;
use weftid_tests::wire::{Answer, query};
use weftid_tests::{on_both_databases, one_character_off};

use crate::main_job::{ada, refused};

const SECOND: Duration = Duration::from_secs(1);

#[track_caller]
fn is_error(answer: &Answer, status: u16, code: &str) {
    assert_eq!((answer.status.as_u16(), answer.error_code().as_str()), (status, code), "{answer}");
}

/// A client without a secret.
async fn public(provider: &Provider, id: &str) -> RelyingParty {
    let metadata = json!({
        "client_id": id, "client_name": id, "redirect_uris": [format!("https://{id}.test/callback")], "token_endpoint_auth_method": "none",
        "grant_types": ["authorization_code", "refresh_token"], "scope": "openid profile email offline_access",
    });
    provider.client(metadata).await
}

/// A client that sends its secret in the body.
async fn posting(provider: &Provider, id: &str) -> RelyingParty {
    let metadata = json!({
        "client_id": id, "client_name": id, "redirect_uris": [format!("https://{id}.test/callback")],
        "token_endpoint_auth_method": "client_secret_post",
    });
    let mut party = provider.client(metadata).await;
    party.secret_in_form = true;
    party
}

on_both_databases! {
    /// A-CODE-01, A-CODE-02: a code works once; when it comes again, at once or later, what it gave is dead.
    async fn a_code_that_comes_again_kills_what_it_gave(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, shop) = (ada(&provider).await, provider.shop("shop").await);
        let other = shop.welcomes(&mut ada, &["offline_access"]).await;
        for later in [Duration::ZERO, 30 * SECOND] {
            let (asked, code) = shop.obtains_code(&mut ada, &["offline_access"]).await;
            let tokens = shop.redeems_code(&asked, &code).await.unwrap();
            assert!(shop.userinfo(&tokens).await.is_ok());
            provider.clock.advance(later);
            is_error(&shop.posts_code(&asked, &code).await, 400, "invalid_grant");
            assert_eq!(shop.userinfo(&tokens).await, refused("invalid_token"));
            is_error(&shop.posts_refresh(tokens.refresh_token.as_deref().unwrap()).await, 400, "invalid_grant");
            assert_eq!(provider.database.count("SELECT count(*) FROM audit_events WHERE kind = 'code_reused'").await, 1 + i64::from(!later.is_zero()));
        }
        assert!(shop.userinfo(&other).await.is_ok(), "what another code gave lives on");
    }

    /// A-CODE-03: a replay that is not otherwise valid is refused, and takes nothing from anybody.
    async fn a_wrong_replay_takes_nothing_away(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, shop, wiki) = (ada(&provider).await, provider.shop("shop").await, provider.shop("wiki").await);
        let (mut asked, code) = shop.obtains_code(&mut ada, &[]).await;
        let tokens = shop.redeems_code(&asked, &code).await.unwrap();
        is_error(&wiki.posts_code(&asked, &code).await, 400, "invalid_grant");
        let impostor = shop.but(|party| party.secret = Some("wk_wrong".to_owned()));
        is_error(&impostor.posts_code(&asked, &code).await, 401, "invalid_client");
        let elsewhere = shop.but(|party| party.redirect_uri = "https://shop.test/other".parse().unwrap());
        is_error(&elsewhere.posts_code(&asked, &code).await, 400, "invalid_grant");
        asked.verifier = "e".repeat(43);
        is_error(&shop.posts_code(&asked, &code).await, 400, "invalid_grant");
        assert!(shop.userinfo(&tokens).await.is_ok());
        shop.refreshes(tokens.refresh_token.as_deref().unwrap()).await.unwrap();
    }

    /// A-CODE-04: a code is its client's, for the address it was sent to; who gets that wrong doesn't use it up.
    async fn a_code_belongs_to_its_client_and_address(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, shop, wiki) = (ada(&provider).await, provider.shop("shop").await, provider.shop("wiki").await);
        let (asked, code) = shop.obtains_code(&mut ada, &[]).await;
        is_error(&wiki.posts_code(&asked, &code).await, 400, "invalid_grant");
        let as_wiki_says = wiki.but(|party| party.redirect_uri = shop.redirect_uri.clone());
        is_error(&as_wiki_says.posts_code(&asked, &code).await, 400, "invalid_grant");
        let elsewhere = shop.but(|party| party.redirect_uri = "https://shop.test/callback/".parse().unwrap());
        is_error(&elsewhere.posts_code(&asked, &code).await, 400, "invalid_grant");
        let tokens = shop.redeems_code(&asked, &code).await.unwrap();
        assert_eq!(tokens.claims["aud"], "shop");
        // OAuth 2.1 §4.1.3: it may be left out.
        let (asked, code) = shop.obtains_code(&mut ada, &[]).await;
        let pairs = [("grant_type", "authorization_code"), ("code", &code), ("code_verifier", &asked.verifier)];
        let answer = shop.posts("token_endpoint", &pairs).await.expect(200);
        assert_eq!((answer.header("cache-control"), answer.header("pragma")), ("no-store", "no-cache"), "A-TOK-01");
    }

    /// A-CODE-05: a code lives for a minute.
    async fn a_code_lives_for_a_minute(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, shop) = (ada(&provider).await, provider.shop("shop").await);
        for (seconds, good) in [(59, true), (61, false)] {
            let (asked, code) = shop.obtains_code(&mut ada, &[]).await;
            provider.clock.advance(seconds * SECOND);
            let answer = shop.posts_code(&asked, &code).await;
            if good { drop(answer.expect(200)) } else { is_error(&answer, 400, "invalid_grant") }
        }
    }

    /// A-CODE-06, A-PKCE-03: one wrong verifier burns the code; a missing or misspelled one is an error that doesn't.
    async fn a_wrong_verifier_burns_the_code(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, shop) = (ada(&provider).await, provider.shop("shop").await);
        let (mut asked, code) = shop.obtains_code(&mut ada, &[]).await;
        let bare = [("grant_type", "authorization_code"), ("code", code.as_str())];
        is_error(&shop.posts("token_endpoint", &bare).await, 400, "invalid_grant");
        is_error(&shop.posts("token_endpoint", &[bare.as_slice(), &[("code_verifier", "")]].concat()).await, 400, "invalid_grant");
        let twice = [bare.as_slice(), &[("code_verifier", asked.verifier.as_str()), ("code_verifier", asked.verifier.as_str())]].concat();
        is_error(&shop.posts("token_endpoint", &twice).await, 400, "invalid_request");
        // A-PKCE-04, RFC 7636 §4.1.
        for misspelled in ["e", &"e".repeat(42), &"e".repeat(129), &format!("{}=", "e".repeat(43)), &format!("{} ", "e".repeat(43)), &"é".repeat(43)] {
            let pairs = [bare.as_slice(), &[("code_verifier", misspelled)]].concat();
            is_error(&shop.posts("token_endpoint", &pairs).await, 400, "invalid_request");
        }
        let right = std::mem::replace(&mut asked.verifier, "e".repeat(43));
        is_error(&shop.posts_code(&asked, &code).await, 400, "invalid_grant");
        asked.verifier = right;
        is_error(&shop.posts_code(&asked, &code).await, 400, "invalid_grant");
        assert_eq!(provider.database.count("SELECT count(*) FROM audit_events WHERE kind = 'code_burned'").await, 1);
        assert_eq!(provider.database.count("SELECT count(*) FROM grants").await, 0);
    }

    /// A-PKCE-03: who asked without a challenge can't bring a verifier afterwards.
    async fn a_verifier_without_a_challenge_is_refused(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut ada = ada(&provider).await;
        let metadata = json!({"client_id": "old", "client_name": "Old", "redirect_uris": ["https://old.test/cb"], "require_pkce": false});
        let old = provider.client(metadata).await;
        let asked = old.asks(&[], &[]);
        let mut bare = asked.url.clone();
        let kept: Vec<_> = asked.url.query_pairs().filter(|(name, _)| !name.starts_with("code_challenge")).collect();
        bare.query_pairs_mut().clear().extend_pairs(kept);
        let callback = ada.agrees_to(&bare).await;
        let code = old.reads_code(&asked, &callback).unwrap();
        is_error(&old.posts_code(&asked, &code).await, 400, "invalid_request");
        let pairs = [("grant_type", "authorization_code"), ("code", code.as_str()), ("redirect_uri", "https://old.test/cb")];
        let tokens = old.posts("token_endpoint", &pairs).await.expect(200).json();
        assert!(tokens["id_token"].is_string() && tokens.get("refresh_token").is_none(), "it may not refresh: {tokens}");
    }

    /// A-CODE-07, A-TOK-08: values of one kind open nothing of another kind, and aren't used up by trying.
    async fn values_of_different_kinds_are_not_interchangeable(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, shop) = (ada(&provider).await, provider.shop("shop").await);
        let mut waiting = ada.at_another_browser();
        waiting.opens(&shop.asks(&[], &[]).url).await.shows("sign-in");
        let request = query(&waiting.url(), "request").unwrap();
        let ceremony = waiting.posts_json("/login/passkey/begin", &json!({"request": request})).await.expect(200).json()["ceremony"].clone();
        let tokens = shop.welcomes(&mut ada, &["offline_access"]).await;
        let (asked, code) = shop.obtains_code(&mut ada, &["offline_access"]).await;
        let refresh_token = tokens.refresh_token.clone().unwrap();
        let session = ada.jar.get("session").unwrap().value.clone();
        let browser = ada.jar.get("browser").unwrap().value.clone();
        let all = [&code, &tokens.access_token, &refresh_token, &tokens.id_token, &session, &browser, &request, &ceremony.as_str().unwrap().to_owned()];
        for value in all {
            if value != &code {
                is_error(&shop.posts_code(&asked, value).await, 400, "invalid_grant");
            }
            if value != &refresh_token {
                is_error(&shop.posts_refresh(value).await, 400, "invalid_grant");
            }
            if value != &tokens.access_token {
                is_error(&shop.asks_userinfo(value).await, 401, "invalid_token");
            }
            if value != &refresh_token && value != &tokens.access_token {
                shop.revokes(value).await.is(200);
            }
            let mut stranger = provider.stranger();
            for path in ["/authorize", "/consent", "/logout", "/setup", "/invitation"] {
                let status = stranger.opens(provider.url(&format!("{path}/{value}"))).await.answer().status.as_u16();
                assert!(matches!(status, 400 | 404 | 410), "{path}: {status}");
            }
            if value != &tokens.id_token {
                let url = shop.asks(&[], &[("id_token_hint", value)]).url;
                assert_eq!(query(&ada.opens(&url).await.callback(), "error").as_deref(), Some("invalid_request"), "{value} is no hint");
                assert_eq!(ada.opens(shop.logout_url(Some(value), &[])).await.page(400).name(), "error");
            }
            if value != &session {
                let mut impostor = ada.clone();
                let mut cookie = ada.jar.get("session").unwrap().clone();
                cookie.value.clone_from(value);
                impostor.jar.put(cookie);
                impostor.opens(provider.url("/account")).await.shows("sign-in");
            }
        }
        let gained = shop.redeems_code(&asked, &code).await.unwrap();
        assert!(shop.userinfo(&gained).await.is_ok() && shop.userinfo(&tokens).await.is_ok());
        shop.refreshes(&refresh_token).await.unwrap();
        waiting.touches_passkey().await.callback();
        ada.opens(provider.url("/account")).await.shows("dashboard");
    }

    /// A-CA-01: one method of client authentication in a request.
    async fn one_method_of_authentication_at_a_time(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, shop, _wiki) = (ada(&provider).await, provider.shop("shop").await, provider.shop("wiki").await);
        let (asked, code) = shop.obtains_code(&mut ada, &[]).await;
        let grant = [("grant_type", "authorization_code"), ("code", code.as_str()), ("code_verifier", asked.verifier.as_str())];
        let secret = shop.secret.clone().unwrap();
        let assertion = [("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"), ("client_assertion", "a.b.c")];
        for more in [
            [("client_id", "shop"), ("client_secret", secret.as_str())].as_slice(),
            &[("client_secret", secret.as_str())],
            &assertion,
            &[("client_id", "wiki")],
        ] {
            is_error(&shop.posts("token_endpoint", &[&grant, more].concat()).await, 400, "invalid_request");
        }
        let basic = shop.basic();
        let twice = [("authorization", basic.as_str()), ("authorization", basic.as_str())];
        is_error(&shop.posts_bare("token_endpoint", &grant, &twice).await, 400, "invalid_request");
        let both = [&grant, assertion.as_slice(), &[("client_id", "shop"), ("client_secret", secret.as_str())]].concat();
        is_error(&shop.posts_bare("token_endpoint", &both, &[]).await, 400, "invalid_request");
        is_error(&shop.posts_bare("token_endpoint", &[&grant, assertion.as_slice()].concat(), &[]).await, 401, "invalid_client");
        shop.posts("token_endpoint", &[&grant, [("client_id", "shop")].as_slice()].concat()).await.is(200);
    }

    /// A-CA-02: only the registered method, at every endpoint that asks for it.
    async fn only_the_registered_method_works(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut ada = ada(&provider).await;
        let (shop, form, spa) = (provider.shop("shop").await, posting(&provider, "form").await, public(&provider, "spa").await);
        for (right, wrong) in [
            (&shop, shop.but(|party| party.secret_in_form = true)),
            (&shop, shop.but(|party| party.secret = None)),
            (&form, form.but(|party| party.secret_in_form = false)),
            (&form, form.but(|party| party.secret = None)),
            (&spa, spa.but(|party| party.secret = Some("wk_any".to_owned()))),
            (&spa, spa.but(|party| party.secret = Some(String::new()))),
            (&spa, spa.but(|party| { party.secret = Some("wk_any".to_owned()); party.secret_in_form = true; })),
        ] {
            let (asked, code) = right.obtains_code(&mut ada, &[]).await;
            is_error(&wrong.posts_code(&asked, &code).await, 401, "invalid_client");
            is_error(&wrong.posts_refresh("x").await, 401, "invalid_client");
            is_error(&wrong.revokes("x").await, 401, "invalid_client");
            right.redeems_code(&asked, &code).await.unwrap();
        }
    }

    /// A-CA-03, RFC 6749 §2.3.1: Basic is strict base64 of what was form-encoded.
    async fn basic_is_decoded_strictly(kind: Kind) {
        let provider = Provider::start(kind).await;
        let shop = provider.shop("shop").await;
        let secret = shop.secret.clone().unwrap();
        let try_header = async |header: &str| shop.posts_bare("token_endpoint", &[("grant_type", "refresh_token"), ("refresh_token", "x")], &[("authorization", header)]).await;
        let encoded = secret.bytes().fold(String::new(), |text, byte| format!("{text}%{byte:02X}"));
        for good in [STANDARD.encode(format!("shop:{secret}")), STANDARD.encode(format!("sh%6Fp:{encoded}"))] {
            for scheme in ["Basic", "basic", "BASIC"] {
                is_error(&try_header(&format!("{scheme} {good}")).await, 400, "invalid_grant");
            }
        }
        let good = STANDARD.encode(format!("shop:{secret}"));
        for bad in [
            format!("Basic  {good}"),
            format!("Basic {}", good.trim_end_matches('=').to_owned() + "A"),
            format!("Basic {good}="),
            format!("Basic {} {}", &good[..8], &good[8..]),
            format!("Basic {}", STANDARD.encode(format!("shop;{secret}"))),
            format!("Basic {}", STANDARD.encode(format!("shop:{secret} "))),
            format!("Basic {}", STANDARD.encode(format!("shop:{secret}%"))),
            format!("Basic {}", STANDARD.encode(b"shop:\xff\xfe")),
            format!("Bearer {good}"),
            "Basic".to_owned(),
            String::new(),
        ] {
            is_error(&try_header(&bad).await, 401, "invalid_client");
        }
    }

    /// A-CA-04, A-TOK-01: who used the header is told how; everybody gets JSON that is kept nowhere.
    async fn a_refused_client_is_told_how_to_authenticate(kind: Kind) {
        let provider = Provider::start(kind).await;
        let shop = provider.shop("shop").await;
        let by_header = shop.but(|party| party.secret = Some("wrong".to_owned()));
        let by_form = by_header.but(|party| party.secret_in_form = true);
        for (party, challenge) in [(by_header, true), (by_form, false)] {
            let answer = party.posts_refresh("x").await;
            is_error(&answer, 401, "invalid_client");
            assert_eq!(answer.header("www-authenticate").starts_with("Basic "), challenge, "{answer}");
            assert_eq!((answer.header("cache-control"), answer.header("pragma")), ("no-store", "no-cache"));
            assert_eq!(answer.header("content-type"), "application/json");
        }
    }

    /// A-CA-05: unknown, shut out and wrong are one answer; who guesses on is told to wait, and nobody else is.
    async fn guessing_a_secret_tells_nothing_and_ends(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (shop, gone, wiki) = (provider.shop("shop").await, provider.shop("gone").await, provider.shop("wiki").await);
        clients::set_enabled(&provider.app, &ClientId::from_text("gone"), false, &Origin::command_line()).await.unwrap();
        let wrong = shop.but(|party| party.secret = Some("wrong".to_owned()));
        let unknown = shop.but(|party| "nobody".clone_into(&mut party.id));
        let mut answers = Vec::new();
        for party in [&wrong, &unknown, &gone] {
            let mut answer = party.posts_refresh("x").await.expect(401);
            answer.headers.remove("date");
            answers.push((format!("{:?}", answer.headers), answer.text()));
        }
        assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:?}");
        for _ in 1..20 {
            wrong.posts_refresh("x").await.is(401);
        }
        let answer = shop.posts_refresh("x").await;
        assert_eq!((answer.status.as_u16(), answer.header("retry-after")), (429, "60"), "{answer}");
        is_error(&wiki.posts_refresh("x").await, 400, "invalid_grant");
        let elsewhere = provider.wire.from_address("127.0.0.2".parse().unwrap());
        let pairs = [("grant_type", "refresh_token"), ("refresh_token", "x")];
        is_error(&elsewhere.posts(&provider.url("/token"), &pairs, &[("authorization", &shop.basic())]).await, 400, "invalid_grant");
        provider.clock.advance(60 * SECOND);
        is_error(&shop.posts_refresh("x").await, 400, "invalid_grant");
    }

    /// A-CA-09: what opens something is never read from an address.
    async fn secrets_in_the_address_are_refused(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, mut shop) = (ada(&provider).await, provider.shop("shop").await);
        shop.secret_in_form = true;
        let (asked, code) = shop.obtains_code(&mut ada, &[]).await;
        let secret = shop.secret.clone().unwrap();
        for (path, name, value) in
            [("token", "client_secret", secret.as_str()), ("token", "code", code.as_str()), ("revoke", "token", "x"), ("revoke", "client_id", "shop")]
        {
            let mut url = provider.url(path);
            url.query_pairs_mut().append_pair(name, value);
            is_error(&provider.wire.posts(&url, &[("grant_type", "authorization_code")], &[("authorization", &shop.basic())]).await, 400, "invalid_request");
        }
        shop.secret_in_form = false;
        shop.redeems_code(&asked, &code).await.unwrap();
    }

    /// A-TOK-03, A-TOK-05: what nobody may use and what this client may not use are told apart, and a password is never a grant.
    async fn each_refusal_has_its_code(kind: Kind) {
        let provider = Provider::start(kind).await;
        let shop = provider.shop("shop").await;
        let form = posting(&provider, "form").await;
        let spa = public(&provider, "spa").await;
        is_error(&shop.posts("token_endpoint", &[]).await, 400, "invalid_request");
        is_error(&shop.posts("token_endpoint", &[("grant_type", "authorization_code")]).await, 400, "invalid_request");
        is_error(&shop.posts("token_endpoint", &[("grant_type", "refresh_token")]).await, 400, "invalid_request");
        is_error(&form.posts_refresh("x").await, 400, "unauthorized_client");
        for party in [&shop, &form, &spa] {
            is_error(&party.posts("token_endpoint", &[("grant_type", "client_credentials")]).await, 400, "unauthorized_client");
            for grant in ["password", "implicit", "CLIENT_CREDENTIALS", "urn:ietf:params:oauth:grant-type:device_code", "CODE", "authorization_code "] {
                let pairs = [("grant_type", grant), ("username", "ada@shop.test"), ("password", "secret"), ("scope", "openid")];
                is_error(&party.posts("token_endpoint", &pairs).await, 400, "unsupported_grant_type");
            }
        }
    }

    /// A-TOK-10: what an ID token says: whom, to whom, when, the nonce as it was sent, when they signed in, the session.
    async fn an_id_token_says_what_it_must(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, shop) = (ada(&provider).await, provider.shop("shop").await);
        let signed_in = provider.clock.now();
        shop.welcomes(&mut ada, &["profile"]).await;
        for nonce in ["n", &"n".repeat(64), &"n".repeat(2048), "grüße \u{1f9f6} \"&%"] {
            provider.clock.advance(7 * SECOND);
            let mut asked = shop.asks(&["profile"], &[]);
            let pairs: Vec<_> = asked.url.query_pairs().into_owned().filter(|(name, _)| name != "nonce").collect();
            asked.url.query_pairs_mut().clear().extend_pairs(pairs).append_pair("nonce", nonce);
            nonce.clone_into(&mut asked.nonce);
            let callback = ada.agrees_to(&asked.url).await;
            let tokens = shop.redeems(&asked, &callback).await.unwrap();
            let claims = tokens.claims.as_object().unwrap();
            assert_eq!(claims["nonce"], nonce);
            assert_eq!((&claims["iss"], &claims["aud"]), (&json!("https://id.example"), &json!("shop")));
            assert_eq!(claims["iat"], provider.clock.now().seconds());
            assert_eq!(claims["exp"], provider.clock.now().seconds() + 600);
            assert_eq!(claims["auth_time"], signed_in.seconds());
            let sub = claims["sub"].as_str().unwrap();
            assert!(sub.is_ascii() && sub.len() <= 255 && sub.len() >= 22, "{sub}");
            assert!(claims["sid"].is_string() && claims["amr"].is_array() && claims["acr"].is_string());
            assert!(claims.get("name").is_none(), "OpenID Connect Core §5.4: the scope's claims are at userinfo");
        }
    }

    /// A-TOK-11: a refreshed ID token tells of the same sign-in.
    async fn a_refreshed_id_token_tells_of_the_same_sign_in(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, shop) = (ada(&provider).await, provider.shop("shop").await);
        let first = shop.welcomes(&mut ada, &[]).await;
        provider.clock.advance(100 * SECOND);
        let second = shop.refreshes(first.refresh_token.as_deref().unwrap()).await.unwrap();
        for name in ["iss", "sub", "aud", "auth_time", "acr", "amr", "sid"] {
            assert_eq!(second.claims[name], first.claims[name], "{name}");
        }
        assert_eq!(second.claims["iat"].as_i64().unwrap() - first.claims["iat"].as_i64().unwrap(), 100);
        assert!(second.claims.get("nonce").is_none());
    }

    /// A-TOK-12: no value is accepted that is shorter, longer, or in another case.
    async fn tokens_are_exact(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, shop) = (ada(&provider).await, provider.shop("shop").await);
        let tokens = shop.welcomes(&mut ada, &[]).await;
        let (asked, code) = shop.obtains_code(&mut ada, &[]).await;
        let refresh_token = tokens.refresh_token.clone().unwrap();
        let spoiled = |text: &str| {
            [
                text[..text.len() - 1].to_owned(),
                text[..text.len() - 4].to_owned(),
                format!("{text}A"),
                format!("{text}="),
                format!(" {text}"),
                format!("{text} "),
                text.to_uppercase(),
                text.to_lowercase(),
                one_character_off(text, text.len() / 2),
            ]
        };
        for code in spoiled(&code) {
            is_error(&shop.posts_code(&asked, &code).await, 400, "invalid_grant");
        }
        for token in spoiled(&refresh_token) {
            is_error(&shop.posts_refresh(&token).await, 400, "invalid_grant");
        }
        for token in spoiled(&tokens.access_token) {
            if token.trim() == tokens.access_token {
                continue; // Space around a header's value is not part of it (RFC 9110 §5.5).
            }
            assert_eq!(shop.asks_userinfo(&token).await.status, 401, "{token}");
        }
        shop.redeems_code(&asked, &code).await.unwrap();
        shop.refreshes(&refresh_token).await.unwrap();
    }

    /// E-RACE-01: of many who redeem one code at once, exactly one gets tokens; afterwards no more than one family lives.
    async fn a_code_that_is_redeemed_many_times_at_once_gives_once(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, shop) = (ada(&provider).await, provider.shop("shop").await);
        for _ in 0..3 {
            let (asked, code) = shop.obtains_code(&mut ada, &[]).await;
            let answers = futures_util::future::join_all((0..50).map(|_| shop.posts_code(&asked, &code))).await;
            let given: Vec<Value> = answers.iter().filter(|answer| answer.status == 200).map(Answer::json).collect();
            assert_eq!(given.len(), 1);
            for answer in answers.iter().filter(|answer| answer.status != 200) {
                is_error(answer, 400, "invalid_grant");
            }
            // Each of the others was a valid replay, and killed what the winner got (A-CODE-02).
            assert_eq!(shop.asks_userinfo(given[0]["access_token"].as_str().unwrap()).await.status, 401);
            is_error(&shop.posts_refresh(given[0]["refresh_token"].as_str().unwrap()).await, 400, "invalid_grant");
        }
    }

    /// E-RACE-09: a code is worth nothing once what it rests on is gone: client, person, session, consent.
    async fn a_code_dies_with_what_it_rests_on(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, shop) = (ada(&provider).await, provider.shop("shop").await);
        let nobody = Origin::command_line();
        let (asked, code) = shop.obtains_code(&mut ada, &[]).await;
        provider.database.execute("DELETE FROM consents").await;
        is_error(&shop.posts_code(&asked, &code).await, 400, "invalid_grant");

        let (asked, code) = shop.obtains_code(&mut ada, &[]).await;
        clients::set_enabled(&provider.app, &ClientId::from_text("shop"), false, &nobody).await.unwrap();
        is_error(&shop.posts_code(&asked, &code).await, 401, "invalid_client");
        clients::set_enabled(&provider.app, &ClientId::from_text("shop"), true, &nobody).await.unwrap();

        let (asked, code) = shop.obtains_code(&mut ada, &[]).await;
        ada.opens(provider.url("/sign-out")).await.shows("sign-out");
        ada.presses("sign-out", &[]).await.shows("signed-out");
        is_error(&shop.posts_code(&asked, &code).await, 400, "invalid_grant");

        let (asked, code) = shop.obtains_code(&mut ada, &[]).await;
        users::deactivate(&provider.app, &Email::parse("ada@shop.test").unwrap(), &nobody).await.unwrap();
        is_error(&shop.posts_code(&asked, &code).await, 400, "invalid_grant");
        assert_eq!(provider.database.count("SELECT count(*) FROM grants").await, 0);
    }

    /// E-RACE-09: while sessions end, codes are redeemed; nothing that was given afterwards works.
    async fn nothing_is_given_after_the_session_has_ended(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, shop) = (ada(&provider).await, provider.shop("shop").await);
        for _ in 0..8 {
            let (asked, code) = shop.obtains_code(&mut ada, &[]).await;
            ada.opens(provider.url("/sign-out")).await.shows("sign-out");
            let (left, answer) = tokio::join!(ada.presses("sign-out", &[]), shop.posts_code(&asked, &code));
            left.shows("signed-out");
            if answer.status == 200 {
                assert_eq!(shop.asks_userinfo(answer.json()["access_token"].as_str().unwrap()).await.status, 401);
                is_error(&shop.posts_refresh(answer.json()["refresh_token"].as_str().unwrap()).await, 400, "invalid_grant");
            } else {
                is_error(&answer, 400, "invalid_grant");
            }
        }
    }

    /// E-RACE-09: a node that hears that the database was rewound says 503 and gives nothing.
    async fn in_another_epoch_nothing_is_given(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, shop) = (ada(&provider).await, provider.shop("shop").await);
        let tokens = shop.welcomes(&mut ada, &[]).await;
        let (asked, code) = shop.obtains_code(&mut ada, &[]).await;
        provider.database.execute("UPDATE horizon SET epoch = epoch + 1").await;
        is_error(&shop.posts_code(&asked, &code).await, 503, "temporarily_unavailable");
        is_error(&shop.posts_refresh(tokens.refresh_token.as_deref().unwrap()).await, 503, "temporarily_unavailable");
        let answer = shop.asks_userinfo(&tokens.access_token).await;
        is_error(&answer, 503, "temporarily_unavailable");
        assert!(!answer.header("retry-after").is_empty(), "{answer}");
        assert_eq!(provider.database.count("SELECT count(*) FROM grants").await, 1);
    }
}
