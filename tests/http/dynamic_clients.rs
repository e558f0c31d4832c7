//! Clients that register themselves (RFC 7591, RFC 7592, OpenID Connect Registration): who may, what they may ask for, and what people are told.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::join_all;
use http::{HeaderMap, HeaderValue, Method};
use serde_json::{Value, json};
use weftid::actions::audit::Origin;
use weftid::actions::{clients, initial_access_tokens};
use weftid::base::id::ClientId;
use weftid_tests::on_both_databases;
use weftid_tests::pair::Pair;
use weftid_tests::provider::Provider;
use weftid_tests::relying_party::RelyingParty;
use weftid_tests::wire::{Answer, Wire};

use crate::main_job::ada;
use crate::stored::{events, holds, rows};

/// What an ordinary client asks for.
fn ordinary() -> Value {
    json!({
        "client_name": "Shop", "redirect_uris": ["https://shop.test/callback"], "post_logout_redirect_uris": ["https://shop.test/bye"],
        "grant_types": ["authorization_code", "refresh_token"],
    })
}

fn with(further: &Value) -> Value {
    let mut asked = ordinary();
    asked.as_object_mut().unwrap().extend(further.as_object().unwrap().clone());
    asked
}

async fn open(kind: weftid_tests::database::Kind) -> Provider {
    Provider::start_with(kind, &[("registration.mode", "open"), ("limits.registrations_per_network", "1000")]).await
}

/// Calls the registration endpoint: `place` is a path or a whole address.
async fn calls(provider: &Provider, method: Method, place: &str, token: Option<&str>, body: Option<&Value>) -> Answer {
    calls_at(&provider.wire, provider, method, place, token, body).await
}

async fn calls_at(wire: &Wire, provider: &Provider, method: Method, place: &str, token: Option<&str>, body: Option<&Value>) -> Answer {
    let mut headers = HeaderMap::new();
    if let Some(token) = token {
        headers.insert("authorization", HeaderValue::from_str(&format!("Bearer {token}")).unwrap());
    }
    if body.is_some() {
        headers.insert("content-type", HeaderValue::from_static("application/json"));
    }
    let body = body.map(|body| body.to_string().into_bytes()).unwrap_or_default();
    wire.send(method, &provider.url(place), headers, body).await
}

async fn registers(provider: &Provider, asked: &Value) -> Answer {
    calls(provider, Method::POST, "/register", None, Some(asked)).await
}

fn text<'a>(document: &'a Value, member: &str) -> &'a str {
    document[member].as_str().unwrap_or_else(|| panic!("{member} is missing: {document}"))
}

/// The relying party that this registration makes.
async fn party(provider: &Provider, registered: &Value) -> RelyingParty {
    let redirect_uri = registered["redirect_uris"][0].as_str().unwrap().parse().unwrap();
    let secret = registered["client_secret"].as_str();
    let mut party = RelyingParty::new(&provider.wire, &provider.clock, &provider.issuer, text(registered, "client_id"), secret, &redirect_uri);
    party.discovers().await;
    party
}

async fn made(provider: &Provider, uses: u32, lifetime: Duration) -> (weftid::base::id::InitialAccessTokenId, String) {
    let (row, token) = initial_access_tokens::make(&provider.app, "test", uses, lifetime, &Origin::command_line()).await.unwrap();
    (row.id, token.expose())
}

on_both_databases! {
    /// A-DCR-01: by default there is no such place, and discovery names none; with a token needed, whoever has none or a bad one is refused and leaves
    /// nothing behind.
    async fn registration_is_off_until_somebody_opens_it(kind: Kind) {
        let provider = Provider::start(kind).await;
        registers(&provider, &ordinary()).await.is(404);
        calls(&provider, Method::GET, "/register/x", Some("wra_x"), None).await.is(404);
        let discovery = provider.wire.get(&provider.url("/.well-known/openid-configuration")).await.json();
        assert!(discovery.get("registration_endpoint").is_none());
        assert_eq!(rows(&provider.database).await["clients"], 0);

        let provider = Provider::start_with(kind, &[("registration.mode", "initial_access_token")]).await;
        let discovery = provider.wire.get(&provider.url("/.well-known/openid-configuration")).await.json();
        assert_eq!(discovery["registration_endpoint"], "https://id.example/register");
        let anonymous = registers(&provider, &ordinary()).await.expect(401);
        assert_eq!(anonymous.header("www-authenticate"), "Bearer realm=\"registration\"");
        let (revoked, withdrawn) = made(&provider, 1, Duration::from_hours(1)).await;
        assert!(initial_access_tokens::revoke(&provider.app, revoked, &Origin::command_line()).await.unwrap());
        let (_, over) = made(&provider, 1, Duration::from_mins(1)).await;
        let (_, good) = made(&provider, 1, Duration::from_hours(1)).await;
        provider.clock.advance(Duration::from_mins(2));
        for bad in [&withdrawn, &over, "wia_x", "x", &good[..good.len() - 1]] {
            let refused = calls(&provider, Method::POST, "/register", Some(bad), Some(&ordinary())).await.expect(401);
            assert_eq!((refused.error_code().as_str(), refused.header("cache-control")), ("invalid_token", "no-store"));
            assert!(refused.header("www-authenticate").contains("invalid_token"));
        }
        assert_eq!(rows(&provider.database).await["clients"], 0);
        // What is refused for another reason uses nothing up.
        calls(&provider, Method::POST, "/register", Some(&good), Some(&with(&json!({"redirect_uris": []})))).await.is(400);
        calls(&provider, Method::POST, "/register", Some(&good), Some(&ordinary())).await.is(201);
        calls(&provider, Method::POST, "/register", Some(&good), Some(&ordinary())).await.is(401);
        assert_eq!(rows(&provider.database).await["clients"], 1);
        assert!(!holds(&provider.database, good.as_bytes()).await, "D-SEC-02: the token rests as a digest");
        let counted = (events(&provider.database, "initial_access_token_made").await, events(&provider.database, "initial_access_token_used").await);
        assert_eq!((counted, events(&provider.database, "initial_access_token_revoked").await), ((3, 1), 1));
    }

    /// RFC 7591 §3.2.1, OpenID Connect Registration §3.2: a client that registered itself has what it was answered, signs people in with it, and is told the whole of
    /// its registration.
    async fn a_client_that_registered_itself_works(kind: Kind) {
        let provider = open(kind).await;
        let answer = registers(&provider, &with(&json!({"id_token_signed_response_alg": "ES256", "contacts": ["ada@shop.test"], "x": 1}))).await.expect(201);
        assert_eq!((answer.header("cache-control"), answer.header("content-type")), ("no-store", "application/json"));
        let registered = answer.json();
        assert_eq!(registered["client_secret_expires_at"], 0);
        assert_eq!(registered["client_id_issued_at"], provider.clock.now().seconds());
        assert_eq!(registered["scope"], "openid profile email address phone offline_access");
        assert_eq!((&registered["token_endpoint_auth_method"], &registered["contacts"]), (&json!("client_secret_basic"), &json!(["ada@shop.test"])));
        assert!(registered.get("x").is_none(), "unknown members are passed over");
        let (id, secret, token) = (text(&registered, "client_id"), text(&registered, "client_secret"), text(&registered, "registration_access_token"));
        assert_eq!(text(&registered, "registration_client_uri"), format!("https://id.example/register/{id}"));
        assert!(!holds(&provider.database, secret.as_bytes()).await && !holds(&provider.database, token.as_bytes()).await);

        let mut ada = ada(&provider).await;
        let mut shop = party(&provider, &registered).await;
        shop.algorithm = serde_json::from_value(json!("ES256")).unwrap();
        let tokens = shop.welcomes(&mut ada, &["email"]).await;
        assert!(shop.userinfo(&tokens).await.is_ok());

        let read = calls(&provider, Method::GET, text(&registered, "registration_client_uri"), Some(token), None).await.expect(200).json();
        for (member, value) in registered.as_object().unwrap() {
            let told_once = ["client_secret", "client_secret_expires_at", "registration_access_token"].contains(&member.as_str());
            assert_eq!(read.get(member), Some(value).filter(|_| !told_once), "{member}");
        }
        // A public one has no secret, and nothing is said about when that ends.
        let public = registers(&provider, &with(&json!({"token_endpoint_auth_method": "none"}))).await.expect(201).json();
        assert!(public.get("client_secret").is_none() && public.get("client_secret_expires_at").is_none());
        party(&provider, &public).await.welcomes(&mut ada, &[]).await;
        assert_eq!(events(&provider.database, "client_registered").await, 2);
    }

    /// OpenID Connect Registration §2, the conformance profile Dynamic: every member that it registers is taken, and told again as it was asked for.
    async fn what_the_dynamic_profile_asks_for_is_registered(kind: Kind) {
        let provider = open(kind).await;
        let key = json!({"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "a", "n": "AQAB", "e": "AQAB"});
        let members = [
            ("token_endpoint_auth_method", json!("private_key_jwt")), ("jwks", json!({"keys": [key]})), ("request_uris", json!(["https://shop.test/request#a"])),
            ("initiate_login_uri", json!("https://shop.test/start")), ("userinfo_signed_response_alg", json!("RS256")),
            ("id_token_signed_response_alg", json!("PS256")), ("request_object_signing_alg", json!("RS256")), ("logo_uri", json!("https://shop.test/logo.png")),
            ("policy_uri", json!("https://shop.test/privacy")), ("tos_uri", json!("https://shop.test/terms")), ("client_uri", json!("https://shop.test/")),
            ("backchannel_logout_uri", json!("https://shop.test/bye")), ("backchannel_logout_session_required", json!(true)),
            ("subject_type", json!("pairwise")), ("default_max_age", json!(3600)), ("require_auth_time", json!(true)), ("default_acr_values", json!(["phr"])),
            ("application_type", json!("web")), ("response_types", json!(["code"])), ("contacts", json!(["ada@shop.test"])), ("scope", json!("openid email")),
            ("require_pushed_authorization_requests", json!(true)), ("software_id", json!("shop")), ("software_version", json!("1")),
        ];
        let asked: Value = members.iter().map(|(member, value)| ((*member).to_owned(), value.clone())).collect::<serde_json::Map<_, _>>().into();
        let registered = registers(&provider, &with(&asked)).await.expect(201).json();
        for (member, value) in &members {
            assert_eq!(registered.get(*member), Some(value), "{member}");
        }
        assert!(registered.get("client_secret").is_none(), "who signs needs no secret");
        for method in ["client_secret_basic", "client_secret_post", "client_secret_jwt"] {
            let registered = registers(&provider, &with(&json!({"token_endpoint_auth_method": method}))).await.expect(201).json();
            assert!(text(&registered, "client_secret").len() > 40 && registered["token_endpoint_auth_method"] == method, "{registered}");
        }
        let by_address = json!({"token_endpoint_auth_method": "private_key_jwt", "jwks_uri": "https://shop.test/jwks"});
        registers(&provider, &with(&by_address)).await.is(201);
        let without_keys = registers(&provider, &with(&json!({"token_endpoint_auth_method": "private_key_jwt"}))).await.expect(400).json();
        assert!(text(&without_keys, "error_description").contains("jwks"), "{without_keys}");
    }

    /// RFC 7591 §3.2.2, A-RED-02, A-RED-04, A-RED-05, A-RED-06: what can't be registered is refused with the code and the member, by POST and PUT alike; what is no JSON
    /// object is refused too.
    async fn what_cannot_be_registered_is_named(kind: Kind) {
        let provider = open(kind).await;
        let registered = registers(&provider, &ordinary()).await.expect(201).json();
        let (id, place) = (text(&registered, "client_id").to_owned(), text(&registered, "registration_client_uri").to_owned());
        let token = text(&registered, "registration_access_token").to_owned();
        let mut cases: Vec<(Value, &str, &str)> = Vec::new();
        for uri in ["http://shop.test/cb", "https://shop.test/cb#", "https://shop.test/*", "javascript:alert(1)", "com.example.app:/cb", "http://127.0.0.1/cb"] {
            cases.push((json!({"redirect_uris": [uri]}), "invalid_redirect_uri", "redirect_uris"));
        }
        for (member, value) in [
            ("post_logout_redirect_uris", json!(["JaVaScRiPt:alert(1)"])), ("client_uri", json!("data:text/html,x")), ("logo_uri", json!(" javascript:x")),
            ("tos_uri", json!("vbscript:x")), ("policy_uri", json!("file:///x")), ("initiate_login_uri", json!("about:blank")),
            ("backchannel_logout_uri", json!("blob:https://shop.test/x")), ("jwks_uri", json!("http://shop.test/jwks")), ("response_types", json!(["token"])),
            ("grant_types", json!(["implicit"])), ("scope", json!("openid wiki")), ("jwks", json!({"keys": [{"kty": "oct", "k": "AQAB"}]})),
            ("id_token_signed_response_alg", json!("none")), ("id_token_encrypted_response_alg", json!("RSA-OAEP")), ("client_name", json!("a\u{202e}b")),
            ("application_type", json!(7)),
        ] {
            cases.push((json!({member: value}), "invalid_client_metadata", member));
        }
        for (further, code, member) in cases {
            let mut asked = with(&further);
            let posted = registers(&provider, &asked).await.expect(400);
            asked["client_id"] = json!(id);
            let put = calls(&provider, Method::PUT, &place, Some(&token), Some(&asked)).await.expect(400);
            for answer in [posted, put] {
                assert_eq!(answer.error_code(), code, "{further}");
                assert!(text(&answer.json(), "error_description").contains(member), "{answer}");
            }
        }
        let two = registers(&provider, &with(&json!({"scope": 7, "tos_uri": "x"}))).await.expect(400).json();
        assert!(["scope", "tos_uri"].iter().all(|member| text(&two, "error_description").contains(member)), "every problem at once: {two}");
        for (kind, body, status) in [
            ("application/json", "[]", 400), ("application/json", "", 400), ("application/json", "{\"a\":1", 400), ("text/plain", "{}", 415),
            ("application/x-www-form-urlencoded", "redirect_uris=x", 415),
        ] {
            let answer = provider.wire.posts_raw(&provider.url("/register"), kind, body.as_bytes().to_vec(), &[]).await.expect(status);
            assert_eq!(answer.error_code(), "invalid_client_metadata");
        }
        assert_eq!(rows(&provider.database).await["clients"], 1);
        // The token was not used up by what was refused.
        calls(&provider, Method::GET, &place, Some(&token), None).await.is(200);
    }

    /// A-DCR-02, A-DCR-03: a change replaces and does not merge, comes with another token, is judged like a registration, and can't reach what is an administrator's: id, secret, consent, being let in.
    async fn a_change_replaces_and_gives_no_privilege(kind: Kind) {
        let provider = open(kind).await;
        let asked = with(&json!({"logo_uri": "https://shop.test/logo.png", "contacts": ["ada@shop.test"]}));
        let registered = registers(&provider, &asked).await.expect(201).json();
        let id = text(&registered, "client_id").to_owned();
        let place = text(&registered, "registration_client_uri").to_owned();
        let mut token = text(&registered, "registration_access_token").to_owned();
        let privileged = json!({
            "client_id": id, "client_name": "Other", "redirect_uris": ["https://shop.test/callback"], "enabled": true, "trusted": true, "roles": ["admin"],
            "require_consent": false, "require_pkce": false, "resources": ["https://api.test"], "source": "administrator", "allow_loopback_http": true,
        });
        let changed = calls(&provider, Method::PUT, &place, Some(&token), Some(&privileged)).await.expect(200).json();
        assert_eq!((&changed["client_name"], &changed["contacts"], &changed["logo_uri"]), (&json!("Other"), &Value::Null, &Value::Null), "{changed}");
        assert_eq!((&changed["require_consent"], &changed["require_pkce"]), (&json!(true), &json!(true)));
        assert!(changed.get("client_secret").is_none(), "the secret stays");
        assert!(["resources", "enabled", "trusted", "roles", "source"].iter().all(|member| changed.get(member).is_none()), "{changed}");
        let view = provider.app.view();
        assert!(view.client(&ClientId::from_text(id.as_str())).unwrap().is_dynamic());
        // A-DCR-03: the token is rotated.
        let old = std::mem::replace(&mut token, text(&changed, "registration_access_token").to_owned());
        calls(&provider, Method::GET, &place, Some(&old), None).await.is(401);
        // RFC 7592 §2.2: what must not be sent, and what can't be chosen.
        for (member, value) in [
            ("client_id", json!("other")), ("client_id", Value::Null), ("client_secret", json!("mine-mine-mine-mine-mine-mine-mine")), ("client_id_issued_at", json!(1)),
            ("registration_access_token", json!(token)), ("registration_client_uri", json!(place)), ("client_secret_expires_at", json!(0)),
        ] {
            let mut asked = with(&json!({"client_id": id}));
            asked[member] = value;
            let refused = calls(&provider, Method::PUT, &place, Some(&token), Some(&asked)).await.expect(400);
            assert!(text(&refused.json(), "error_description").contains(member), "{member}: {refused}");
        }
        let mut own = with(&json!({"client_id": id}));
        own["client_secret"] = registered["client_secret"].clone();
        let again = calls(&provider, Method::PUT, &place, Some(&token), Some(&own)).await.expect(200).json();
        token = text(&again, "registration_access_token").to_owned();
        party(&provider, &registered).await.welcomes(&mut ada(&provider).await, &[]).await;
        // To public and back: the old secret is gone, another one comes.
        let public = with(&json!({"client_id": id, "token_endpoint_auth_method": "none"}));
        let public = calls(&provider, Method::PUT, &place, Some(&token), Some(&public)).await.expect(200).json();
        let back = calls(&provider, Method::PUT, &place, Some(text(&public, "registration_access_token")), Some(&with(&json!({"client_id": id})))).await;
        let back = back.expect(200).json();
        assert_ne!(back["client_secret"], registered["client_secret"]);
        assert_eq!(back["client_secret_expires_at"], 0);
        token = text(&back, "registration_access_token").to_owned();
        // Who was shut out lets nobody in, least of all itself.
        clients::set_enabled(&provider.app, &ClientId::from_text(id.as_str()), false, &Origin::command_line()).await.unwrap();
        for method in [Method::GET, Method::PUT, Method::DELETE] {
            calls(&provider, method, &place, Some(&token), Some(&with(&json!({"client_id": id, "enabled": true})))).await.is(401);
        }
        assert!(!provider.app.view().client(&ClientId::from_text(id)).unwrap().is_enabled());
        assert_eq!(events(&provider.database, "client_updated").await, 4);
    }

    /// A-DCR-03: a wrong token, another client's, and a client that there is not, are one answer; a deleted client is nobody at once, and so are its tokens.
    async fn a_registration_is_its_own_clients_alone(kind: Kind) {
        let provider = open(kind).await;
        let (one, other) = (registers(&provider, &ordinary()).await.expect(201).json(), registers(&provider, &ordinary()).await.expect(201).json());
        let place = text(&one, "registration_client_uri");
        let own = text(&one, "registration_access_token");
        let administrators = provider.shop("shop").await;
        let mut bodies = std::collections::BTreeSet::new();
        for method in [Method::GET, Method::PUT, Method::DELETE] {
            for (place, token) in [
                (place, text(&other, "registration_access_token")), ("/register/nobody", own), ("/register/shop", own), (place, "wra_AAAA"), (place, "x"),
                (place, text(&one, "client_secret")), ("/register/%00", own),
            ] {
                let body = (method == Method::PUT).then(ordinary);
                let answer = calls(&provider, method.clone(), place, Some(token), body.as_ref()).await.expect(401);
                bodies.insert((answer.text(), answer.header("www-authenticate").to_owned(), answer.header("cache-control").to_owned()));
            }
            calls(&provider, method, place, None, None).await.is(401);
        }
        assert_eq!(bodies.len(), 1, "one answer for all: {bodies:?}");
        let mut ada = ada(&provider).await;
        let shop = party(&provider, &one).await;
        let tokens = shop.welcomes(&mut ada, &["offline_access"]).await;
        let pending = shop.asks(&[], &[]);
        let code = ada.opens(&pending.url).await;
        let gone = calls(&provider, Method::DELETE, place, Some(own), None).await.expect(204);
        assert!(gone.body.is_empty() && gone.header("cache-control") == "no-store");
        calls(&provider, Method::GET, place, Some(own), None).await.is(401);
        calls(&provider, Method::DELETE, place, Some(own), None).await.is(401);
        assert!(shop.userinfo(&tokens).await.is_err());
        assert_eq!(shop.posts_refresh(tokens.refresh_token.as_deref().unwrap()).await.error_code(), "invalid_client");
        if code.outside {
            assert!(shop.redeems(&pending, &code.callback()).await.is_err());
        }
        assert_eq!(ada.opens(&shop.asks(&[], &[]).url).await.page(400).name(), "error");
        // The others stay.
        calls(&provider, Method::GET, text(&other, "registration_client_uri"), Some(text(&other, "registration_access_token")), None).await.is(200);
        administrators.welcomes(&mut ada, &[]).await;
        assert_eq!(events(&provider.database, "client_deleted").await, 1);
        // What it was given goes with the next sweep, and the other's stays.
        let before = rows(&provider.database).await;
        weftid::actions::sweeping::sweep_at(&provider.app, provider.clock.now()).await.unwrap();
        let after = rows(&provider.database).await;
        assert_eq!((after["grants"], after["consents"]), (1, 1), "{before:?}");
    }

    /// A-DCR-01: one network registers so many in a day, and all together so many at the same time; what is deleted makes room.
    async fn there_is_a_limit_to_registrations(kind: Kind) {
        let settings = [("registration.mode", "open"), ("limits.registrations_per_network", "3")];
        let provider = Provider::start_with(kind, &settings).await;
        for _ in 0..3 {
            registers(&provider, &ordinary()).await.is(201);
        }
        let refused = registers(&provider, &ordinary()).await.expect(429);
        assert!(!refused.header("retry-after").is_empty());
        provider.clock.advance(Duration::from_hours(25));
        registers(&provider, &ordinary()).await.is(201);

        let settings = [("registration.mode", "open"), ("limits.registrations_per_network", "1000"), ("limits.dynamic_clients", "5")];
        let provider = Provider::start_with(kind, &settings).await;
        provider.shop("shop").await;
        let asked = ordinary();
        let answers = join_all((0..20).map(|_| registers(&provider, &asked))).await;
        let mut counts: BTreeMap<u16, usize> = BTreeMap::new();
        for answer in &answers {
            *counts.entry(answer.status.as_u16()).or_default() += 1;
        }
        assert_eq!(counts, BTreeMap::from([(201, 5), (503, 15)]), "exact, also at once");
        let one = answers.iter().find(|answer| answer.status == 201).unwrap().json();
        calls(&provider, Method::DELETE, text(&one, "registration_client_uri"), Some(text(&one, "registration_access_token")), None).await.is(204);
        registers(&provider, &asked).await.is(201);
    }

    /// E-RACE-06: a token that is good for one client makes one of fifty that come at once.
    async fn a_token_for_one_makes_one_of_fifty(kind: Kind) {
        let provider = Provider::start_with(kind, &[("registration.mode", "initial_access_token")]).await;
        let (_, token) = made(&provider, 1, Duration::from_hours(1)).await;
        let asked = ordinary();
        let answers = join_all((0..50).map(|_| calls(&provider, Method::POST, "/register", Some(&token), Some(&asked)))).await;
        let count = |status: u16| answers.iter().filter(|answer| answer.status.as_u16() == status).count();
        assert_eq!((count(201), count(401)), (1, 49));
        assert_eq!((rows(&provider.database).await["clients"], events(&provider.database, "client_registered").await), (1, 1));
        let (_, token) = made(&provider, 7, Duration::from_hours(1)).await;
        let answers = join_all((0..50).map(|_| calls(&provider, Method::POST, "/register", Some(&token), Some(&asked)))).await;
        assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 7);
    }

    /// E-RACE-06, A-DCR-03: fifty changes at once with one token are one change; the token that came with it is the good one.
    async fn fifty_changes_with_one_token_are_one(kind: Kind) {
        let provider = open(kind).await;
        let registered = registers(&provider, &ordinary()).await.expect(201).json();
        let (place, token) = (text(&registered, "registration_client_uri"), text(&registered, "registration_access_token"));
        let asked = with(&json!({"client_id": registered["client_id"], "client_name": "Changed"}));
        let answers = join_all((0..50).map(|_| calls(&provider, Method::PUT, place, Some(token), Some(&asked)))).await;
        let done: Vec<&Answer> = answers.iter().filter(|answer| answer.status == 200).collect();
        assert_eq!((done.len(), answers.iter().filter(|answer| answer.status == 401).count()), (1, 49));
        let next = done[0].json();
        calls(&provider, Method::GET, place, Some(text(&next, "registration_access_token")), None).await.is(200);
    }

    /// A-DCR-04, A-DCR-01: whoever registers as somebody else is asked about as unverified, by the host that the answer goes to; no picture and no page of the other is
    /// shown, and nobody's dashboard offers it.
    async fn people_are_told_that_nobody_has_looked_at_it(kind: Kind) {
        let provider = open(kind).await;
        let asked = json!({
            "client_name": "Admin Console", "redirect_uris": ["https://bank.test/cb", "https://evil.test/cb"], "logo_uri": "https://bank.test/logo.png",
            "policy_uri": "https://bank.test/privacy", "tos_uri": "https://elsewhere.test/terms", "client_uri": "https://bank.test/",
            "initiate_login_uri": "https://bank.test/start",
        });
        let registered = registers(&provider, &asked).await.expect(201).json();
        assert!(["logo_uri", "policy_uri", "tos_uri", "client_uri"].iter().all(|member| registered.get(member).is_none()), "{registered}");
        let mut evil = party(&provider, &registered).await;
        evil.redirect_uri = "https://evil.test/cb".parse().unwrap();
        let mut ada = ada(&provider).await;
        ada.opens(&evil.asks(&["email"], &[]).url).await;
        let arrival = ada.touches_passkey().await;
        let page = arrival.shows("consent");
        let text = page.text();
        assert!(text.contains("Unverified") && text.contains("goes to evil.test") && !text.contains("bank.test"), "{text}");
        let html = arrival.answer().text();
        assert!(html.contains("data-unverified") && !html.contains("logo.png"), "{html}");
        let dashboard = ada.opens(provider.url("/account")).await.shows("dashboard").text();
        assert!(!dashboard.contains("Admin Console"), "{dashboard}");
        // One that an administrator registered is asked about without that.
        let shop = provider.shop("shop").await;
        let trusted = ada.opens(&shop.asks(&["email"], &[]).url).await.shows("consent").text();
        assert!(!trusted.contains("Unverified"), "{trusted}");
        // Own links are shown.
        let own = with(&json!({"policy_uri": "https://shop.test/privacy", "logo_uri": "https://shop.test/logo.png"}));
        let registered = registers(&provider, &own).await.expect(201).json();
        let arrival = ada.opens(&party(&provider, &registered).await.asks(&["email"], &[]).url).await;
        arrival.shows("consent");
        let html = arrival.answer().text();
        assert!(html.contains("https://shop.test/privacy") && !html.contains("logo.png"), "no picture is fetched from elsewhere: {html}");
    }

    /// RFC 7591 §5: what registered itself and nobody uses is deleted some day; what is used, or was registered by an administrator, stays.
    async fn what_nobody_uses_is_deleted(kind: Kind) {
        let provider = Provider::start_with(kind, &[("registration.mode", "open"), ("registration.unused_after", "10d"), ("lifetimes.refresh_idle", "30d")]).await;
        let (used, unused) = (registers(&provider, &ordinary()).await.expect(201).json(), registers(&provider, &ordinary()).await.expect(201).json());
        provider.shop("shop").await;
        let mut ada = ada(&provider).await;
        party(&provider, &used).await.welcomes(&mut ada, &["offline_access"]).await;
        provider.clock.advance(Duration::from_hours(9 * 24));
        let young = registers(&provider, &ordinary()).await.expect(201).json();
        provider.clock.advance(Duration::from_hours(2 * 24));
        weftid::actions::sweeping::sweep_at(&provider.app, provider.clock.now()).await.unwrap();
        let there = |registered: &Value| provider.app.view().client(&ClientId::from_text(text(registered, "client_id"))).is_some();
        assert!(there(&used) && !there(&unused) && there(&young) && provider.app.view().client(&ClientId::from_text("shop")).is_some());
        assert_eq!(events(&provider.database, "client_deleted").await, 1);
        // The row of it goes a day later.
        assert_eq!(rows(&provider.database).await["clients"], 4);
        provider.clock.advance(Duration::from_hours(25));
        weftid::actions::sweeping::sweep_at(&provider.app, provider.clock.now()).await.unwrap();
        assert_eq!(rows(&provider.database).await["clients"], 3);
    }

    /// What another node deleted or changed is seen here with the next look, also by a node that slept longer than the traces are kept.
    async fn every_node_notices_what_was_deleted(kind: Kind) {
        let provider = open(kind).await;
        let other = provider.another_node().await;
        let registered = registers(&provider, &ordinary()).await.expect(201).json();
        let id = ClientId::from_text(text(&registered, "client_id"));
        other.app.look().await.unwrap();
        assert!(other.app.view().client(&id).is_some());
        calls(&provider, Method::DELETE, text(&registered, "registration_client_uri"), Some(text(&registered, "registration_access_token")), None).await.is(204);
        other.app.look().await.unwrap();
        assert!(other.app.view().client(&id).is_none());

        let registered = registers(&provider, &ordinary()).await.expect(201).json();
        let id = ClientId::from_text(text(&registered, "client_id"));
        other.app.look().await.unwrap();
        calls(&provider, Method::DELETE, text(&registered, "registration_client_uri"), Some(text(&registered, "registration_access_token")), None).await.is(204);
        for _ in 0..2 {
            provider.clock.advance(Duration::from_hours(25));
            weftid::actions::sweeping::sweep_at(&provider.app, provider.clock.now()).await.unwrap();
        }
        assert_eq!(rows(&provider.database).await["clients"], 0);
        other.app.look().await.unwrap();
        assert!(other.app.view().client(&id).is_none());
    }
}

/// E-RACE-06, A-DCR-03: on two processes as well a token that is good for one client makes one of fifty, a registration is changed once with one
/// token, and what one process deletes is nobody on the other.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokens_are_good_once_on_two_nodes() {
    let pair = Pair::start_with(&[("registration.mode", "initial_access_token")]).await;
    let there = Wire::new();
    there.route(&pair.provider.issuer, pair.other.address);
    let wires = [&pair.provider.wire, &there];
    let by_turns = async |method: Method, place: &str, token: &str, body: &Value| {
        let asked = (0..50).map(|number| calls_at(wires[number % 2], &pair.provider, method.clone(), place, Some(token), Some(body)));
        join_all(asked).await
    };
    let count = |answers: &[Answer], status: u16| answers.iter().filter(|answer| answer.status.as_u16() == status).count();
    for _ in 0..5 {
        let (_, token) = made(&pair.provider, 1, Duration::from_hours(1)).await;
        let answers = by_turns(Method::POST, "/register", &token, &ordinary()).await;
        assert_eq!((count(&answers, 201), count(&answers, 401)), (1, 49));
        let registered = answers.iter().find(|answer| answer.status == 201).unwrap().json();
        let (place, token) = (text(&registered, "registration_client_uri"), text(&registered, "registration_access_token"));
        let asked = with(&json!({"client_id": registered["client_id"], "client_name": "Changed"}));
        let answers = by_turns(Method::PUT, place, token, &asked).await;
        assert_eq!((count(&answers, 200), count(&answers, 401)), (1, 49));
        let changed = answers.iter().find(|answer| answer.status == 200).unwrap().json();
        let token = text(&changed, "registration_access_token");
        calls_at(&there, &pair.provider, Method::GET, place, Some(token), None).await.is(200);
        calls(&pair.provider, Method::DELETE, place, Some(token), None).await.is(204);
        calls_at(&there, &pair.provider, Method::GET, place, Some(token), None).await.is(401);
    }
    assert_eq!(events(&pair.provider.database, "client_registered").await, 5);
}

/// CORS: programs of any origin may call the registration endpoint, with no cookie; what they may do, their token says.
#[tokio::test]
async fn any_origin_may_register() {
    let provider = open(weftid_tests::database::Kind::Sqlite).await;
    let mut headers = HeaderMap::new();
    headers.insert("origin", HeaderValue::from_static("https://spa.test"));
    for place in ["/register", "/register/x"] {
        let preflight = provider.wire.send(Method::OPTIONS, &provider.url(place), headers.clone(), Vec::new()).await.expect(204);
        assert_eq!(preflight.header("access-control-allow-origin"), "*");
        assert_eq!(preflight.header("access-control-allow-headers"), "authorization, content-type");
        assert!(preflight.headers.get("access-control-allow-credentials").is_none());
    }
    let registered = registers(&provider, &ordinary()).await.expect(201);
    assert_eq!(registered.header("access-control-allow-origin"), "*");
    let refused = calls(&provider, Method::GET, "/register/x", None, None).await.expect(401);
    assert_eq!((refused.header("access-control-allow-origin"), refused.header("access-control-expose-headers")), ("*", "www-authenticate"));
}

/// A-PKCE-01: where the house says so, a confidential client that registered itself may go without PKCE, and a public one never.
#[tokio::test]
async fn pkce_is_the_houses_to_waive() {
    let settings = [("registration.mode", "open"), ("registration.require_pkce", "false")];
    let provider = Provider::start_with(weftid_tests::database::Kind::Sqlite, &settings).await;
    let registered = registers(&provider, &ordinary()).await.expect(201).json();
    assert_eq!(registered["require_pkce"], false);
    let public = registers(&provider, &with(&json!({"token_endpoint_auth_method": "none"}))).await.expect(201).json();
    assert_eq!(public["require_pkce"], true);
}

on_both_databases! {
    /// A-RED-10, RFC 9700 §4.11.2: a client that registered itself is told nothing by way of somebody who hasn't signed in: they are asked first. With
    /// `prompt=none` nothing may be shown, and whoever is signed in, or says no, knows where they are. A client of an administrator hears it at once.
    async fn nobody_is_bounced_to_an_unknown_client(kind: Kind) {
        let provider = open(kind).await;
        let (mut ada, trusted) = (ada(&provider).await, provider.shop("trusted").await);
        let unknown = party(&provider, &registers(&provider, &ordinary()).await.expect(201).json()).await;
        for mode in ["query", "fragment", "form_post"] {
            let odd = |client: &RelyingParty, prompt: &str| {
                let mut asked = client.asks(&[], &[("response_mode", mode), ("prompt", prompt)]);
                let kept: Vec<_> = asked.url.query_pairs().into_owned().filter(|(name, _)| name != "scope").collect();
                asked.url.query_pairs_mut().clear().extend_pairs(kept).append_pair("scope", "nonsense");
                asked
            };
            let mut stranger = provider.stranger();
            let page = stranger.opens(&odd(&unknown, "").url).await.page(400);
            assert_eq!(page.name(), "refused");
            assert!(page.text().contains("shop.test") && page.text().contains("invalid_scope"), "{}", page.text());
            if mode != "form_post" {
                let link = stranger.page().action("continue").and_then(|link| link.attribute("href").map(str::to_owned)).expect("a way on");
                let url = url::Url::parse(&link).expect("an address of the client");
                let said = url.fragment().map_or_else(|| url.query().unwrap().to_owned(), str::to_owned);
                assert!(said.contains("error=invalid_scope") && said.contains("iss="), "{url}");
            }
            stranger.opens(&odd(&unknown, "none").url).await.callback();
            stranger.opens(&odd(&trusted, "").url).await.callback();
        }
        ada.opens(&unknown.asks(&[], &[]).url).await.shows("sign-in");
        ada.presses("deny", &[]).await.callback();
        unknown.welcomes(&mut ada, &[]).await;
        ada.opens(&unknown.asks(&[], &[("resource", "https://api.test")]).url).await.callback();
    }
}
