//! The authorization endpoint (RFC 6749 §3.1, OpenID Connect Core §3.1.2): what is refused where, what has to be shown, and whose request
//! it is.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use url::Url;
use weftid::actions::audit::Origin;
use weftid::actions::{clients, users};
use weftid::base::email::Email;
use weftid::base::id::ClientId;
use weftid_tests::person::{Arrival, Person};
use weftid_tests::provider::Provider;
use weftid_tests::relying_party::{Asked, RelyingParty};
use weftid_tests::wire::query;
use weftid_tests::{on_both_databases, one_character_off};

use crate::main_job::ada;

const SECOND: Duration = Duration::from_secs(1);
const EVIL: &str = "https://evil.test";

/// Spellings of an https address with a path that are not the address.
pub(crate) fn mutations(address: &str) -> Vec<String> {
    let url = Url::parse(address).unwrap();
    let (host, path) = (url.host_str().unwrap().to_owned(), url.path().to_owned());
    let last = path.rsplit('/').next().unwrap().to_owned();
    let with_host = |other: &str| address.replace(&host, other);
    let with_path = |other: &str| address.replace(&path, other);
    vec![
        format!("{address}/"),
        format!("{address}?x=1"),
        format!("{address}?"),
        format!("{address}#"),
        format!("{address}#x"),
        format!("{address}/.."),
        format!("{address}/%2e%2e/x"),
        format!("{address}/../{last}"),
        format!("{address};/x"),
        format!("{address}%2F"),
        format!("{address}%00"),
        format!("{address}\t"),
        format!("{address}\r\n"),
        format!("{address} "),
        format!(" {address}"),
        with_path(&path.to_uppercase()),
        with_path(&format!("/{path}")),
        with_path(&format!("/.{path}")),
        with_path(&path.replace(&last, &format!("%{:02x}{}", last.as_bytes()[0], &last[1..]))),
        with_path(&path.replace(&last, &format!("{}\n{}", &last[..1], &last[1..]))),
        address.replace("https://", "HTTPS://"),
        address.replace("https://", "http://"),
        address.replace("https://", "https:"),
        address.replace("https:", ""),
        with_host(&host.to_uppercase()),
        with_host(&format!("{host}:443")),
        with_host(&format!("{host}:")),
        with_host(&format!("{host}.")),
        with_host(&format!("u@{host}")),
        with_host(&format!("{host}@evil.test")),
        with_host(&format!("a@b@{host}")),
        with_host(&format!("{host}\\@evil.test")),
        with_host(&format!("{host}%00")),
        with_host(&format!("{host}.evil.test")),
        with_host(&format!("sub.{host}")),
        with_host(&host.replace('o', "\u{43e}")),
        with_host("127.0.0.1"),
        with_host("*"),
    ]
}

/// What may be presented in place of an ID token: other algorithms, other keys, other members, other spellings.
pub(crate) fn forgeries(token: &str, claims: &Value) -> Vec<String> {
    let parts: Vec<&str> = token.split('.').collect();
    let (header, payload, signature) = (parts[0], parts[1], parts[2]);
    let encode = |text: String| URL_SAFE_NO_PAD.encode(text);
    let kid = weftid_tests::relying_party::part_of_jwt(token, 0)["kid"].as_str().unwrap().to_owned();
    let headers = [
        json!({"alg": "none"}),
        json!({"alg": "None", "kid": kid}),
        json!({"alg": "HS256", "kid": kid}),
        json!({"alg": "PS256", "kid": kid}),
        json!({"alg": "ES256", "kid": kid}),
        json!({"alg": "RS256", "kid": "../../x"}),
        json!({"alg": "RS256", "kid": kid, "crit": ["exp"]}),
        json!({"alg": "RS256", "kid": kid, "b64": false, "crit": ["b64"]}),
        json!({"alg": "RS256", "kid": kid, "jku": "https://evil.test/jwks"}),
    ];
    let mut all: Vec<String> = headers.iter().map(|header| format!("{}.{payload}.{signature}", encode(header.to_string()))).collect();
    for (member, value) in [
        ("sub", json!("somebody")),
        ("aud", json!("wiki")),
        ("iss", json!(EVIL)),
        ("exp", json!("never")),
        ("exp", json!(-1)),
        ("iat", json!(null)),
        ("sid", json!("another")),
    ] {
        let mut claims = claims.clone();
        claims[member] = value;
        all.push(format!("{header}.{}.{signature}", encode(claims.to_string())));
    }
    all.extend([
        format!("{header}.{payload}."),
        format!("{header}.{payload}"),
        format!("{token}."),
        format!("{token}="),
        format!("{token}.x"),
        format!("{header}.{payload}.{}", &signature[..signature.len() - 1]),
        format!("{header}.{payload}.{}", "A".repeat(signature.len())),
        format!("{header}.{payload}.{}", encode(String::new())),
        format!("{header}.{}.{signature}", encode(r#"{"sub":"a","sub":"b"}"#.to_owned())),
        format!("{}.{payload}.{signature}", "A".repeat(20_000)),
        "x".to_owned(),
        "..".to_owned(),
    ]);
    all
}

/// The request with some parameters replaced; an empty value takes one away.
fn but(asked: &Asked, changes: &[(&str, &str)]) -> Url {
    let mut url = asked.url.clone();
    let kept: Vec<_> = asked.url.query_pairs().into_owned().filter(|(name, _)| !changes.iter().any(|(other, _)| other == name)).collect();
    url.query_pairs_mut().clear().extend_pairs(kept).extend_pairs(changes.iter().filter(|(_, value)| !value.is_empty()));
    url
}

/// Sends a request in each of the ways that there are: GET, POST from a page of the provider's own origin, POST from the client.
async fn in_every_way(person: &Person, url: &Url) -> [Arrival; 3] {
    let mut bare = url.clone();
    bare.set_query(None);
    let pairs: Vec<_> = url.query_pairs().into_owned().collect();
    let pairs: Vec<_> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let client = Url::parse("https://client.test").unwrap();
    [
        person.clone().opens(url).await,
        person.clone().is_made_to_post_from(&bare, &bare, &pairs).await,
        person.clone().is_made_to_post_from(&client, &bare, &pairs).await,
    ]
}

/// A refusal on our own page: status 400, no redirect, nothing of the request in it.
#[track_caller]
fn is_refused_on_our_page(arrival: &Arrival, what: &str) {
    let page = arrival.page(400);
    assert_eq!((page.name(), arrival.hops.len()), ("error", 1), "{what}: {}", arrival.answer());
    let answer = arrival.answer();
    assert!(!answer.headers.contains_key("location") && answer.header("content-security-policy").contains("default-src 'none'"), "{what}");
    for markup in ["<svg onload", "onload=", "evil.test", "<img src=x"] {
        assert!(!answer.text().contains(markup), "{what}: {answer}");
    }
}

/// A refusal that the client hears: its code, with `iss` and the very `state`, at its address.
#[track_caller]
fn is_refused_at_the_client(arrival: &Arrival, asked: &Asked, error: &str, what: &str) {
    let callback = arrival.callback();
    assert_eq!(query(&callback, "error").as_deref(), Some(error), "{what}: {callback}");
    assert_eq!(query(&callback, "state").as_deref(), Some(asked.state.as_str()), "{what}: {callback}");
    assert_eq!(query(&callback, "iss").as_deref(), Some("https://id.example"), "A-ISS-01: {what}");
    assert!(query(&callback, "code").is_none() && callback.fragment().is_none(), "{what}: {callback}");
    let description = query(&callback, "error_description").unwrap();
    assert!(description.bytes().all(|byte| matches!(byte, 0x20..=0x21 | 0x23..=0x5b | 0x5d..=0x7e)), "A-TOK-04: {description}");
    assert!(arrival.hops.iter().all(|hop| hop.status == 303), "A-RED-11: {what}");
}

async fn rows(provider: &Provider) -> i64 {
    provider
        .database
        .count("SELECT (SELECT count(*) FROM authorization_requests) + (SELECT count(*) FROM spent) + (SELECT count(*) FROM grants)")
        .await
}

on_both_databases! {
    /// A-RED-01, A-RED-09: an address that isn't registered, byte for byte, is never gone to, signed in or not.
    async fn only_the_registered_address_is_answered(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, shop) = (ada(&provider).await, provider.shop("shop").await);
        let asked = shop.asks(&[], &[]);
        let mut others = mutations("https://shop.test/callback");
        others.extend([EVIL, "https://shop.test/bye", "javascript:alert(1)", "data:text/html,<svg onload=alert(1)>", "/callback"].map(str::to_owned));
        for other in &others {
            is_refused_on_our_page(&ada.opens(but(&asked, &[("redirect_uri", other)])).await, other);
        }
        shop.welcomes(&mut ada, &[]).await;
        let before = rows(&provider).await;
        for other in others.iter().step_by(5) {
            for arrival in in_every_way(&ada, &but(&asked, &[("redirect_uri", other)])).await {
                is_refused_on_our_page(&arrival, other);
            }
        }
        assert_eq!(rows(&provider).await, before, "nothing is kept");
    }

    /// A-RED-03, RFC 8252 §7.3: on the loopback address, and only there, the port may be another.
    async fn only_the_port_may_differ_and_only_on_loopback(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut ada = ada(&provider).await;
        let native = provider
            .client(json!({
                "client_id": "native", "client_name": "Native", "application_type": "native", "token_endpoint_auth_method": "none",
                "redirect_uris": ["http://127.0.0.1/cb", "http://[::1]/cb"],
            }))
            .await;
        let asked = native.asks(&[], &[]);
        for good in ["http://127.0.0.1/cb", "http://127.0.0.1:1/cb", "http://127.0.0.1:65535/cb", "http://[::1]:8080/cb"] {
            ada.opens(but(&asked, &[("redirect_uri", good)])).await.shows("sign-in");
        }
        for bad in [
            "http://127.0.0.1:0/cb", "http://127.0.0.1:99999/cb", "http://127.0.0.1:080/cb", "http://127.0.0.1:1/cb?x=1", "http://127.0.0.1:1/cb2",
            "https://127.0.0.1:1/cb", "http://localhost:1/cb", "http://127.1:1/cb", "http://127.0.0.1.evil.test/cb", "http://2130706433/cb",
            "http://127.0.0.1:80@evil.test/cb", "http://127.0.0.2:1/cb", "http://[::]/cb", "http://127.0.0.1:1/cb#",
        ] {
            is_refused_on_our_page(&ada.opens(but(&asked, &[("redirect_uri", bad)])).await, bad);
        }
        let shop = provider.shop("shop").await;
        is_refused_on_our_page(&ada.opens(but(&shop.asks(&[], &[]), &[("redirect_uri", "http://127.0.0.1/callback")])).await, "no loopback for https");
    }

    /// A-RED-08, A-RED-09: without an address, or from a client that is unknown or shut out, a request ends on our page.
    async fn who_cannot_be_answered_is_told_here(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (ada, shop) = (ada(&provider).await, provider.shop("shop").await);
        let asked = shop.asks(&[], &[]);
        let markup = "<svg onload=alert(1)>";
        for changes in [
            vec![("redirect_uri", "")],
            vec![("client_id", "")],
            vec![("client_id", "nobody")],
            vec![("client_id", "SHOP")],
            vec![("client_id", markup), ("state", markup), ("scope", markup)],
            vec![("client_id", markup), ("redirect_uri", EVIL), ("error_hint", markup)],
        ] {
            for arrival in in_every_way(&ada, &but(&asked, &changes)).await {
                is_refused_on_our_page(&arrival, &format!("{changes:?}"));
            }
        }
        clients::set_enabled(&provider.app, &ClientId::from_text("shop"), false, &Origin::command_line()).await.unwrap();
        for arrival in in_every_way(&ada, &asked.url).await {
            is_refused_on_our_page(&arrival, "shut out");
        }
    }

    /// A-RED-12: the query of the registered address is kept, and `state` comes back exactly.
    async fn the_registered_query_and_the_state_are_kept(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut ada = ada(&provider).await;
        let client = provider.client(json!({"client_id": "q", "client_name": "Q", "redirect_uris": ["https://q.test/cb?a=1&b=%20"]})).await;
        client.welcomes(&mut ada, &[]).await;
        let long = "s".repeat(4096);
        for state in ["a&b=c", "a+b", "100%", "grüße \u{1f9f6}", "%0d%0aSet-Cookie:x=y", "\r\nSet-Cookie: x=y", "#fragment", long.as_str()] {
            let mut asked = client.asks(&[], &[]);
            asked.url = but(&asked, &[("state", state)]);
            state.clone_into(&mut asked.state);
            for arrival in in_every_way(&ada, &asked.url).await {
                let callback = arrival.callback();
                assert!(callback.as_str().starts_with("https://q.test/cb?a=1&b=%20&"), "{callback}");
                client.reads_code(&asked, &callback).unwrap();
                assert!(arrival.hops.iter().all(|hop| hop.headers.get_all("set-cookie").iter().all(|cookie| !cookie.to_str().unwrap().starts_with('x'))));
            }
        }
    }

    /// A-PKCE-01, A-PKCE-02, A-PKCE-04: S256 with a whole challenge, for public and confidential clients alike.
    async fn a_challenge_is_required(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (ada, shop) = (ada(&provider).await, provider.shop("shop").await);
        let public = json!({"client_id": "spa", "client_name": "SPA", "redirect_uris": ["https://spa.test/"], "token_endpoint_auth_method": "none"});
        let spa = provider.client(public).await;
        let old = json!({"client_id": "old", "client_name": "Old", "redirect_uris": ["https://old.test/"], "require_pkce": false});
        let old = provider.client(old).await;
        for client in [&shop, &spa] {
            let asked = client.asks(&[], &[]);
            let challenge = query(&asked.url, "code_challenge").unwrap();
            for changes in [
                vec![("code_challenge", ""), ("code_challenge_method", "")],
                vec![("code_challenge", "")],
                vec![("code_challenge_method", "plain")],
                vec![("code_challenge_method", "")],
                vec![("code_challenge_method", "s256")],
                vec![("code_challenge", &challenge[..42])],
                vec![("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cMA")],
                vec![("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM=")],
                vec![("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw+cM")],
                vec![("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw cM")],
            ] {
                for arrival in in_every_way(&ada, &but(&asked, &changes)).await {
                    is_refused_at_the_client(&arrival, &asked, "invalid_request", &format!("{changes:?}"));
                }
            }
        }
        let asked = old.asks(&[], &[]);
        let without = [("code_challenge", ""), ("code_challenge_method", "")];
        ada.clone().opens(but(&asked, &without)).await.shows("sign-in");
        let bare = but(&asked, &[without.as_slice(), &[("nonce", "")]].concat());
        is_refused_at_the_client(&ada.clone().opens(bare).await, &asked, "invalid_request", "neither challenge nor nonce");
    }

    /// A-ISS-01, A-RTM-01, A-RTM-03, A-JAR-01: each thing that isn't built is refused in its own words, and each answer says who gives it.
    async fn what_is_not_built_is_refused_in_its_words(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (ada, shop) = (ada(&provider).await, provider.shop("shop").await);
        let asked = shop.asks(&[], &[]);
        for (name, value, error) in [
            ("response_type", "token", "unsupported_response_type"),
            ("response_type", "id_token", "unsupported_response_type"),
            ("response_type", "id_token token", "unsupported_response_type"),
            ("response_type", "code token", "unsupported_response_type"),
            ("response_type", "code id_token", "unsupported_response_type"),
            ("response_type", "none", "unsupported_response_type"),
            ("response_type", "CODE", "unsupported_response_type"),
            ("response_type", "code code", "unsupported_response_type"),
            ("response_type", "", "invalid_request"),
            ("response_mode", "foo", "invalid_request"),
            ("response_mode", "query.jwt", "invalid_request"),
            ("response_mode", "web_message", "invalid_request"),
            ("response_mode", "FORM_POST", "invalid_request"),
            ("request", "a.b.c", "request_not_supported"),
            ("request_uri", "https://shop.test/request", "request_uri_not_supported"),
            ("registration", "{}", "registration_not_supported"),
            ("scope", "profile", "invalid_scope"),
            ("scope", "", "invalid_scope"),
            ("scope", "openid \"x\"", "invalid_scope"),
            ("scope", "openid a\\b", "invalid_scope"),
            ("scope", "openid\tprofile", "invalid_scope"),
            ("prompt", "none login", "invalid_request"),
            ("prompt", "create", "invalid_request"),
            ("max_age", "-1", "invalid_request"),
            ("max_age", "9e15", "invalid_request"),
            ("max_age", "abc", "invalid_request"),
            ("max_age", "99999999999999999999", "invalid_request"),
        ] {
            for arrival in in_every_way(&ada, &but(&asked, &[(name, value)])).await {
                is_refused_at_the_client(&arrival, &asked, error, &format!("{name}={value}"));
            }
        }
    }

    /// A-RTM-05: a parameter that comes twice is refused; where it decides whom to answer, on our page.
    async fn nothing_is_sent_twice(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, shop) = (ada(&provider).await, provider.shop("shop").await);
        let asked = shop.asks(&[], &[]);
        for (name, value) in asked.url.query_pairs() {
            for other in [value.as_ref(), "other", ""] {
                let mut url = asked.url.clone();
                url.query_pairs_mut().append_pair(&name, other);
                for (way, arrival) in in_every_way(&ada, &url).await.into_iter().enumerate() {
                    let what = format!("{name}={other} in way {way}");
                    match name.as_ref() {
                        "client_id" | "redirect_uri" => is_refused_on_our_page(&arrival, &what),
                        "state" => assert_eq!((query(&arrival.callback(), "error").as_deref(), query(&arrival.callback(), "state")), (Some("invalid_request"), None), "{what}"),
                        _ => is_refused_at_the_client(&arrival, &asked, "invalid_request", &what),
                    }
                }
            }
            // Once in the address and once in the body.
            let mut url = asked.url.clone();
            url.set_query(None);
            url.query_pairs_mut().append_pair(&name, &value);
            let pairs: Vec<_> = asked.url.query_pairs().into_owned().collect();
            let pairs: Vec<_> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            let arrival = ada.is_made_to_post_from(&shop.redirect_uri, &url, &pairs).await;
            match name.as_ref() {
                "client_id" | "redirect_uri" => is_refused_on_our_page(&arrival, &name),
                _ => assert_eq!(query(&arrival.callback(), "error").as_deref(), Some("invalid_request"), "{name}"),
            }
        }
    }

    /// A-RTM-06: what is empty wasn't sent, and what isn't known doesn't matter.
    async fn empty_and_unknown_parameters_do_not_matter(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (ada, shop) = (ada(&provider).await, provider.shop("shop").await);
        let asked = shop.asks(&[], &[]);
        let mut url = but(&asked, &[("nonce", ""), ("state", "")]);
        url.query_pairs_mut().extend_pairs([
            ("nonce", ""), ("state", ""), ("prompt", ""), ("max_age", ""), ("request", ""), ("request_uri", ""), ("id_token_hint", ""), ("foo", "bar"),
            ("resource", ""), ("resource", ""), ("display", "popup"), ("claims_locales", "de"),
        ]);
        for arrival in in_every_way(&ada, &url).await {
            arrival.shows("sign-in");
        }
        let callback = ada.clone().agrees_to(&url).await;
        assert!(query(&callback, "code").is_some() && query(&callback, "state").is_none(), "{callback}");
    }

    /// A-RTM-07: a POST from another site comes without cookies; the GET that follows finds out who is here, and binds the request.
    async fn a_post_from_another_site_finds_the_session(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, shop) = (ada(&provider).await, provider.shop("shop").await);
        shop.welcomes(&mut ada, &[]).await;
        let asked = shop.asks(&[], &[]);
        let [_, _, arrival] = in_every_way(&ada, &asked.url).await;
        assert_eq!(arrival.hops[0].headers.get("set-cookie"), None, "a POST never sets a cookie");
        shop.redeems(&asked, &arrival.callback()).await.unwrap();

        // A browser that has never been here gets the sign-in page, and then the request is its own.
        let asked = shop.asks(&[], &[]);
        let mut fresh = ada.at_another_browser();
        let mut bare = asked.url.clone();
        bare.set_query(None);
        let pairs: Vec<_> = asked.url.query_pairs().into_owned().collect();
        let pairs: Vec<_> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let arrival = fresh.is_made_to_post_from(&shop.redirect_uri, &bare, &pairs).await;
        arrival.shows("sign-in");
        let bound = query(&arrival.url, "request").unwrap();
        assert!(bound.starts_with("wa_"), "{bound}");
        let mut thief = provider.person("eve@evil.test", "Eve").await;
        is_refused_on_our_page(&thief.opens(provider.url(&format!("/authorize/{bound}"))).await, "bound by the first GET");
        shop.redeems(&asked, &fresh.touches_passkey().await.callback()).await.unwrap();
    }

    /// A-AUTHN-01: `prompt=none` shows nothing, whatever is missing.
    async fn none_shows_nothing(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, shop, wiki) = (ada(&provider).await, provider.shop("shop").await, provider.shop("wiki").await);
        let none = |client: &RelyingParty, extra: &[(&str, &str)]| client.asks(&["email"], &[&[("prompt", "none")], extra].concat());
        let asked = none(&shop, &[]);
        for arrival in in_every_way(&ada, &asked.url).await {
            is_refused_at_the_client(&arrival, &asked, "login_required", "nobody is here");
        }
        shop.welcomes(&mut ada, &[]).await;
        let asked = none(&shop, &[]);
        for arrival in in_every_way(&ada, &asked.url).await {
            is_refused_at_the_client(&arrival, &asked, "consent_required", "less was allowed");
        }
        shop.welcomes(&mut ada, &["email"]).await;
        let asked = none(&shop, &[]);
        for arrival in in_every_way(&ada, &asked.url).await {
            shop.reads_code(&asked, &arrival.callback()).unwrap();
        }
        let asked = none(&wiki, &[]);
        is_refused_at_the_client(&ada.opens(&asked.url).await, &asked, "consent_required", "another client");
        provider.clock.advance(10 * SECOND);
        let asked = none(&shop, &[("max_age", "5")]);
        is_refused_at_the_client(&ada.opens(&asked.url).await, &asked, "login_required", "too long ago");
        let mut waiting = ada.clone();
        provider.database.execute("UPDATE users SET backup_codes_acknowledged_at = NULL").await;
        let asked = none(&shop, &[]);
        is_refused_at_the_client(&waiting.opens(&asked.url).await, &asked, "interaction_required", "backup codes wait");
        users::deactivate(&provider.app, &Email::parse("ada@shop.test").unwrap(), &Origin::command_line()).await.unwrap();
        let asked = none(&shop, &[]);
        is_refused_at_the_client(&ada.opens(&asked.url).await, &asked, "login_required", "shut out");
    }

    /// A-AUTHN-02: `prompt=login` takes a new sign-in, and the token tells of it; taking the demand away on the way changes nothing.
    async fn login_takes_a_new_sign_in(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, shop) = (ada(&provider).await, provider.shop("shop").await);
        let before = shop.welcomes(&mut ada, &[]).await;
        for demand in [("prompt", "login"), ("max_age", "0"), ("max_age", "1")] {
            provider.clock.advance(10 * SECOND);
            let asked = shop.asks(&[], &[demand]);
            ada.opens(&asked.url).await.shows("sign-in");
            let request = query(&ada.url(), "request").unwrap();
            // The demand is in the box: neither another query nor going back nor another tab takes it away.
            for way_round in [format!("/authorize/{request}?prompt=none"), format!("/authorize/{request}?max_age=99999"), format!("/authorize/{request}")] {
                ada.opens(provider.url(&way_round)).await.shows("sign-in");
            }
            ada.opens(provider.url(&format!("/consent/{request}"))).await.shows("sign-in");
            provider.clock.advance(10 * SECOND);
            let tokens = shop.redeems(&asked, &ada.touches_passkey().await.callback()).await.unwrap();
            assert_eq!(tokens.claims["auth_time"], provider.clock.now().seconds(), "{demand:?}");
            assert!(tokens.claims["auth_time"].as_i64() > before.claims["auth_time"].as_i64());
            assert_eq!(tokens.claims["sid"], before.claims["sid"], "the same session goes on");
        }
        let asked = shop.asks(&[], &[("max_age", "10000")]);
        let tokens = shop.redeems(&asked, &ada.opens(&asked.url).await.callback()).await.unwrap();
        assert!(tokens.claims["auth_time"].is_i64());
    }

    /// A-AUTHN-03, A-TOK-09: a hint names whose answer may be given; nobody else's is, and no forged hint is read.
    async fn a_hint_names_whose_answer_may_be_given(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, shop, wiki) = (ada(&provider).await, provider.shop("shop").await, provider.shop("wiki").await);
        let mut eve = provider.person("eve@evil.test", "Eve").await;
        let (hers, own) = (shop.welcomes(&mut eve, &[]).await, shop.welcomes(&mut ada, &[]).await);
        let elsewhere = wiki.welcomes(&mut ada, &[]).await;
        let with_hint = |hint: &str, extra: &[(&str, &str)]| shop.asks(&[], &[&[("id_token_hint", hint)], extra].concat());
        let asked = with_hint(&hers.id_token, &[("prompt", "none")]);
        is_refused_at_the_client(&ada.opens(&asked.url).await, &asked, "login_required", "somebody else's hint");
        ada.opens(&with_hint(&hers.id_token, &[]).url).await.shows("sign-in");
        // Ada's passkey does not answer for Eve.
        ada.touches_passkey().await.shows("sign-in");
        provider.clock.advance(Duration::from_hours(2));
        for hint in [&own.id_token, &elsewhere.id_token] {
            let asked = with_hint(hint, &[("prompt", "none")]);
            let tokens = shop.redeems(&asked, &ada.opens(&asked.url).await.callback()).await.unwrap();
            assert_eq!(tokens.claims["sub"], own.claims["sub"], "expired, or given to another client: still a name");
        }
        // A-TOK-09.
        for forged in forgeries(&own.id_token, &own.claims) {
            let asked = with_hint(&forged, &[("prompt", "none")]);
            is_refused_at_the_client(&ada.opens(&asked.url).await, &asked, "invalid_request", &forged);
        }
    }

    /// A-AUTHN-05: a login hint is shown where it can be corrected, and looked up nowhere.
    async fn a_login_hint_is_only_data(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, shop) = (ada(&provider).await, provider.shop("shop").await);
        let mut pages = Vec::new();
        for hint in ["ada@shop.test", "bob@shop.test"] {
            let (arrival, found) = provider.counts(ada.opens(&shop.asks(&[], &[("login_hint", hint)]).url)).await;
            assert_eq!((found.reads, found.writes), (0, 0));
            let page = arrival.shows("sign-in");
            let typed = page.with("name", "email").find_map(|field| field.attribute("value")).unwrap_or_default().to_owned();
            assert_eq!(typed, hint);
            pages.push(page.text().replace(hint, "HINT"));
        }
        assert_eq!(pages[0], pages[1]);
        for hint in ["\"><img src=x onerror=alert(1)>@x.test", "<svg onload=alert(1)>", &"a".repeat(30_000), "\u{0}\r\n"] {
            for arrival in in_every_way(&ada, &shop.asks(&[], &[("login_hint", hint)]).url).await {
                arrival.shows("sign-in");
                let text = arrival.answer().text();
                assert!(!text.contains("<img src=x") && !text.contains("<svg onload"), "{text}");
            }
        }
    }

    /// A-AUTHN-06: a consent is one person's answer to one request of one client: nobody else's, nothing more, and never forged.
    async fn a_consent_is_about_its_own_request(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, shop, wiki) = (ada(&provider).await, provider.shop("shop").await, provider.shop("wiki").await);
        let mut eve = provider.person("eve@evil.test", "Eve").await;
        let asked = shop.asks(&["email"], &[]);
        ada.opens(&asked.url).await.shows("sign-in");
        ada.touches_passkey().await.shows("consent");
        let form = ada.page().form("allow").unwrap().0;
        let action = ada.url().join(&form.action).unwrap();
        let mut pairs: Vec<(String, String)> = form.fields.clone();
        pairs.push(("decision".to_owned(), "allow".to_owned()));
        let consents = "SELECT count(*) FROM consents";

        // A page elsewhere can't send it, and it doesn't work without its token.
        let borrowed: Vec<_> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let arrival = ada.clone().is_made_to_post_from(&Url::parse(EVIL).unwrap(), &action, &borrowed).await;
        assert_eq!(arrival.answer().status, 400, "no cookie comes with it: {}", arrival.answer());
        ada.clone().is_made_to_post_from(&action, &action, &[("decision", "allow")]).await.answer().is(403);
        // Eve, in her own browser, with her own form token and Ada's address.
        eve.opens(&wiki.asks(&[], &[]).url).await.shows("consent");
        let own_token = eve.page().form("allow").unwrap().0.fields.iter().find(|(name, _)| name == "csrf").unwrap().1.clone();
        eve.clone().is_made_to_post_from(&action, &action, &[("csrf", &own_token), ("decision", "allow")]).await.answer().is(400);
        assert_eq!(provider.database.count(consents).await, 0);

        // Another person signs in at Ada's browser, and Ada's form is sent again: Eve is asked in her own name.
        let mut shared = ada.clone();
        shared.authenticator = eve.authenticator.clone();
        shared.opens(provider.url(&format!("/login?another=yes&request={}", query_box(&action)))).await.shows("sign-in");
        shared.touches_passkey().await.shows("consent");
        shared.is_made_to_post_from(&action, &action, &borrowed).await.shows("consent");
        assert_eq!(provider.database.count(consents).await, 0, "nobody has said yes");
        let asked = shop.asks(&["email"], &[]);
        ada.opens(&asked.url).await.shows("consent");
        let more = [("scope", "openid profile email offline_access"), ("client_id", "wiki"), ("redirect_uri", EVIL), ("user", "eve"), ("request", "x")];
        let callback = ada.presses("allow", &more).await.callback();
        let tokens = shop.redeems(&asked, &callback).await.unwrap();
        assert_eq!(tokens.scopes.unwrap(), ["openid", "email"], "fields that are made up change nothing");
        assert_eq!(provider.database.count("SELECT count(*) FROM consents WHERE client_id = 'shop' AND scope = 'openid email'").await, 1);
        ada.opens(&wiki.asks(&[], &[]).url).await.shows("consent");
        ada.opens(&shop.asks(&["email", "profile"], &[]).url).await.shows("consent");
        // Neither yes nor no.
        ada.presses("allow", &[("decision", "maybe")]).await;
    }

    /// E-RACE-10: a double click, or two windows, is one consent, and one code that counts.
    async fn a_double_click_is_one_consent(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, shop) = (ada(&provider).await, provider.shop("shop").await);
        let asked = shop.asks(&[], &[]);
        ada.opens(&asked.url).await.shows("sign-in");
        ada.touches_passkey().await.shows("consent");
        let mut twin = ada.clone();
        let (one, other) = tokio::join!(ada.presses("allow", &[]), twin.presses("allow", &[]));
        let codes = [one.callback(), other.callback()].map(|callback| shop.reads_code(&asked, &callback).unwrap());
        let answers = tokio::join!(shop.posts_code(&asked, &codes[0]), shop.posts_code(&asked, &codes[1]));
        let statuses = [answers.0.status.as_u16(), answers.1.status.as_u16()];
        assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
        assert_eq!(provider.database.count("SELECT count(*) FROM consents").await, 1);
        assert_eq!(provider.database.count("SELECT count(*) FROM grants WHERE revoked_at IS NULL").await, 1, "a second copy is no alarm");
    }

    /// A-CODE-09: who only knows a request's address can do nothing with it.
    async fn a_request_belongs_to_its_browser(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, shop) = (ada(&provider).await, provider.shop("shop").await);
        ada.opens(&shop.asks(&[], &[]).url).await.shows("sign-in");
        let request = query(&ada.url(), "request").unwrap();
        ada.touches_passkey().await.shows("consent");
        let mut eve = provider.person("eve@evil.test", "Eve").await;
        for path in [format!("/authorize/{request}"), format!("/consent/{request}"), format!("/login?request={request}")] {
            is_refused_on_our_page(&eve.opens(provider.url(&path)).await, &path);
            is_refused_on_our_page(&ada.at_another_browser().opens(provider.url(&path)).await, &path);
        }
        let spoiled = one_character_off(&request, request.len() / 2);
        let extended = format!("{request}A");
        for other in [&request[..request.len() - 1], &spoiled, &extended, "wa_", "wu_AAAA", "wq_AAAA", "x", "%00", "%ff"] {
            is_refused_on_our_page(&ada.opens(provider.url(&format!("/authorize/{other}"))).await, other);
        }
        provider.clock.advance(Duration::from_mins(30));
        let arrival = ada.opens(provider.url(&format!("/authorize/{request}"))).await;
        assert_eq!((arrival.answer().status.as_u16(), arrival.answer().page().name()), (410, "error"));
    }

    /// A-RED-12: a request that is too large for an address is kept as a row, for its browser, within a limit.
    async fn a_large_request_is_stored(kind: Kind) {
        let provider = Provider::start_with(kind, &[("limits.stored_requests", "100")]).await;
        let (mut ada, shop) = (ada(&provider).await, provider.shop("shop").await);
        let count = "SELECT count(*) FROM authorization_requests";
        let large = |client: &RelyingParty| {
            let mut asked = client.asks(&[], &[]);
            asked.state = "s".repeat(4096);
            asked.url = but(&asked, &[("state", &asked.state)]);
            asked
        };
        let asked = large(&shop);
        ada.opens(&asked.url).await.shows("sign-in");
        let request = query(&ada.url(), "request").unwrap();
        assert!(request.starts_with("wq_") && ada.url().as_str().len() < 300, "{}", ada.url());
        assert_eq!(provider.database.count(count).await, 1);
        let mut eve = provider.person("eve@evil.test", "Eve").await;
        is_refused_on_our_page(&eve.opens(provider.url(&format!("/authorize/{request}"))).await, "another browser");
        ada.touches_passkey().await.shows("consent");
        let callback = ada.presses("allow", &[]).await.callback();
        shop.redeems(&asked, &callback).await.unwrap();
        let too_large = but(&asked, &[("state", &"s".repeat(4097))]);
        let callback = ada.opens(&too_large).await.callback();
        assert_eq!((query(&callback, "error").as_deref(), query(&callback, "state")), (Some("invalid_request"), None));

        let mut stranger = provider.stranger();
        for _ in provider.database.count(count).await..100 {
            stranger.opens(&large(&shop).url).await.shows("sign-in");
        }
        let full = large(&shop);
        let arrival = stranger.opens(&full.url).await;
        is_refused_at_the_client(&arrival, &full, "temporarily_unavailable", "the limit is reached");
        assert_eq!(provider.database.count(count).await, 100);
        stranger.opens(&shop.asks(&[], &[]).url).await.shows("sign-in");
    }

    /// A-CODE-04: a nonce that is too long for a code is kept as well, and comes out whole.
    async fn a_long_nonce_comes_out_whole(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, shop) = (ada(&provider).await, provider.shop("shop").await);
        let mut asked = shop.asks(&[], &[]);
        asked.nonce = "n".repeat(2048);
        asked.url = but(&asked, &[("nonce", &asked.nonce)]);
        let callback = ada.agrees_to(&asked.url).await;
        let code = query(&callback, "code").unwrap();
        assert!(code.len() < 1500, "{}", code.len());
        let tokens = shop.redeems(&asked, &callback).await.unwrap();
        assert_eq!(tokens.claims["nonce"], asked.nonce.as_str());
    }

    /// A-AUTHN-06: `prompt=consent` asks again, and what was said before doesn't answer it.
    async fn consent_is_asked_again_where_a_client_wants_it(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, shop) = (ada(&provider).await, provider.shop("shop").await);
        shop.welcomes(&mut ada, &[]).await;
        for _ in 0..2 {
            let asked = shop.asks(&[], &[("prompt", "consent")]);
            ada.opens(&asked.url).await.shows("consent");
            let callback = ada.presses("allow", &[]).await.callback();
            shop.redeems(&asked, &callback).await.unwrap();
        }
        ada.opens(&shop.asks(&[], &[("prompt", "consent")]).url).await.shows("consent");
        let callback = ada.presses("deny", &[]).await.callback();
        assert_eq!(query(&callback, "error").as_deref(), Some("access_denied"));
        ada.opens(&shop.asks(&[], &[]).url).await.callback();
    }

    /// A-AUTHN-07: staying while the person is away takes their word each time from a public client, and is nothing for one that may not
    /// refresh.
    async fn staying_takes_the_persons_word(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut ada = ada(&provider).await;
        let public = json!({
            "client_id": "spa", "client_name": "SPA", "redirect_uris": ["https://spa.test/"], "token_endpoint_auth_method": "none",
            "grant_types": ["authorization_code", "refresh_token"], "scope": "openid offline_access", "require_consent": false,
        });
        let spa = provider.client(public).await;
        for _ in 0..2 {
            let asked = spa.asks(&["offline_access"], &[]);
            let mut arrival = ada.opens(&asked.url).await;
            if arrival.page(200).name() == "sign-in" {
                arrival = ada.touches_passkey().await;
            }
            arrival.shows("consent");
            let callback = ada.presses("allow", &[]).await.callback();
            let tokens = spa.redeems(&asked, &callback).await.unwrap();
            assert_eq!(tokens.scopes.unwrap(), ["openid", "offline_access"]);
        }
        let asked = spa.asks(&["offline_access"], &[("prompt", "none")]);
        let tokens = spa.redeems(&asked, &ada.opens(&asked.url).await.callback()).await.unwrap();
        assert_eq!(tokens.scopes.unwrap(), ["openid"], "none may be asked, so it is not given");
        let short = json!({"client_id": "short", "client_name": "Short", "redirect_uris": ["https://short.test/"]});
        let short = provider.client(short).await;
        let tokens = short.welcomes(&mut ada, &["offline_access", "email"]).await;
        assert_eq!((tokens.scopes.unwrap(), tokens.refresh_token), (vec!["openid".to_owned(), "email".to_owned()], None));
    }

    /// RFC 8252 §8.6, A-AUTHN-06: anybody can pose as a native app, so the person is asked each time.
    async fn a_native_app_is_asked_about_each_time(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut ada = ada(&provider).await;
        let native = json!({
            "client_id": "native", "client_name": "Native", "application_type": "native", "token_endpoint_auth_method": "none",
            "redirect_uris": ["com.example.app:/cb"], "require_consent": false,
        });
        let native = provider.client(native).await;
        native.welcomes(&mut ada, &[]).await;
        ada.opens(&native.asks(&[], &[]).url).await.shows("consent");
        let asked = native.asks(&[], &[("prompt", "none")]);
        assert_eq!(query(&ada.opens(&asked.url).await.callback(), "error").as_deref(), Some("consent_required"));
    }

    /// A-CODE-08: sign-in and consent may send their forms to us and to the client that waits, and to nobody else.
    async fn forms_end_here_or_at_the_client(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, shop) = (ada(&provider).await, provider.shop("shop").await);
        let form_action = |arrival: &Arrival| {
            let policy = arrival.answer().header("content-security-policy").to_owned();
            policy.split(';').map(str::trim).find_map(|part| part.strip_prefix("form-action ").map(str::to_owned)).unwrap()
        };
        let arrival = ada.opens(&shop.asks(&[], &[]).url).await;
        arrival.shows("sign-in");
        assert_eq!(form_action(&arrival), "'self' https://shop.test");
        assert_eq!((arrival.answer().header("referrer-policy"), arrival.answer().header("cache-control")), ("no-referrer", "no-store"));
        let arrival = ada.touches_passkey().await;
        arrival.shows("consent");
        assert_eq!(form_action(&arrival), "'self' https://shop.test");
        let arrival = provider.stranger().opens(provider.url("/login")).await;
        assert_eq!(form_action(&arrival), "'self'");
    }

    /// A-CODE-09: what waits in sealed boxes and what was given survives a restart.
    async fn requests_and_tokens_survive_a_restart(kind: Kind) {
        let mut provider = Provider::start(kind).await;
        let (mut ada, mut shop) = (ada(&provider).await, provider.shop("shop").await);
        let tokens = shop.welcomes(&mut ada.at_another_browser(), &[]).await;
        let asked = shop.asks(&[], &[]);
        ada.opens(&asked.url).await.shows("sign-in");
        provider.restarts().await;
        shop.discovers().await;
        ada.touches_passkey().await;
        let callback = match ada.url().path() {
            path if path.starts_with("/consent/") => ada.presses("allow", &[]).await.callback(),
            _ => ada.agrees_to(&asked.url).await,
        };
        shop.redeems(&asked, &callback).await.unwrap();
        assert!(shop.userinfo(&tokens).await.is_ok());
        shop.refreshes(tokens.refresh_token.as_deref().unwrap()).await.unwrap();
    }
}

/// The box in the address of a consent form.
fn query_box(action: &Url) -> String {
    action.path_segments().unwrap().next_back().unwrap().to_owned()
}
