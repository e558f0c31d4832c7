//! What may be registered and asked for, to the letter: addresses, schemes, scopes; and that nothing changes on the way.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use weftid::actions::audit::Origin;
use weftid::actions::clients::{self, NotRegistered};
use weftid_tests::on_both_databases;
use weftid_tests::provider::Provider;
use weftid_tests::wire::query;

use crate::main_job::ada;
use crate::stored::events;

/// Registers a client with this member; the members that were refused.
async fn refused(provider: &Provider, more: &[(&str, Value)]) -> Vec<String> {
    let mut metadata = json!({"client_id": "odd", "client_name": "Odd", "redirect_uris": ["https://odd.test/cb"]});
    for (name, value) in more {
        metadata[*name] = value.clone();
    }
    match clients::create(&provider.app, serde_json::from_value(metadata).unwrap(), &Origin::command_line()).await {
        Err(NotRegistered::Invalid(problems)) => problems.into_iter().map(|problem| problem.member.into_owned()).collect(),
        Ok(_) => Vec::new(),
        Err(other) => panic!("{other}"),
    }
}

on_both_databases! {
    /// A-RED-02, A-RED-04, A-RED-05, A-RED-06, A-RED-07: patterns, http, fragments, schemes that run scripts and schemes that nobody owns are not
    /// registered, for any client; nothing of it is kept.
    async fn only_safe_addresses_are_registered(kind: Kind) {
        let provider = Provider::start(kind).await;
        let clients = "SELECT count(*) FROM clients";
        let before = provider.database.count(clients).await;
        let scripts = ["javascript:alert(1)", "JaVaScRiPt:alert(1)", " javascript:alert(1)", "java\tscript:alert(1)", "data:text/html,x", "vbscript:x", "blob:https://odd.test/x", "file:///x", "about:blank"];
        let unsafe_uris = ["https://odd.test/*", "https://odd.test*", "https://*.odd.test/cb", "http://odd.test/cb", "https://odd.test/cb#a", "https://odd.test/cb#", "myapp:/cb"];
        for uri in unsafe_uris.iter().chain(&scripts) {
            for native in [json!("web"), json!("native")] {
                for member in ["redirect_uris", "post_logout_redirect_uris"] {
                    let found = refused(&provider, &[(member, json!([uri])), ("application_type", native.clone())]).await;
                    assert_eq!(found, [member], "{uri:?} for {native}");
                }
            }
        }
        for uri in scripts {
            for member in ["client_uri", "logo_uri", "tos_uri", "policy_uri", "initiate_login_uri", "backchannel_logout_uri", "jwks_uri", "sector_identifier_uri"] {
                assert_eq!(refused(&provider, &[(member, json!(uri))]).await, [member], "{uri:?}");
            }
        }
        assert_eq!(refused(&provider, &[("redirect_uris", json!(["com.example.app:/cb"]))]).await, ["redirect_uris"], "for native applications alone");
        assert_eq!(provider.database.count(clients).await, before);
    }

    /// A-RED-02: what is registered is no pattern: a dot is a dot.
    async fn what_is_registered_is_no_pattern(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut ada = ada(&provider).await;
        let client = provider.client(json!({"client_id": "dots", "client_name": "Dots", "redirect_uris": ["https://foo.example.com/cb?x=[1]"]})).await;
        for other in ["https://fooXexample.com/cb?x=[1]", "https://foo.example.com/cb?x=1", "https://foo.example.com/cb?x=%5B1%5D", "https://foo.example.com/", "https://foo.example.com/cbb?x=[1]"] {
            let mut asked = client.asks(&[], &[]);
            let kept: Vec<_> = asked.url.query_pairs().into_owned().filter(|(name, _)| name != "redirect_uri").collect();
            asked.url.query_pairs_mut().clear().extend_pairs(kept).append_pair("redirect_uri", other);
            ada.opens(&asked.url).await.page(400);
        }
    }

    /// A-RED-13: what pages carry along to come back to is one of our own sealed requests: no address, however it is spelled, is gone to.
    async fn no_page_leads_elsewhere(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut ada = ada(&provider).await;
        for place in ["//evil.test", "/\\evil.test", "/%09/evil.test", "/\t/evil.test", "https:evil.test", "\\\\evil.test", "/%2f/evil.test", "@evil.test", "https://evil.test/", "javascript:alert(1)", "/account"] {
            for path in ["/login", "/account/backup-codes", "/login/offer", "/choose-account"] {
                for name in ["request", "return_to", "next", "redirect_uri", "url", "continue"] {
                    let mut url = provider.url(path);
                    url.query_pairs_mut().append_pair(name, place);
                    let arrival = ada.opens(&url).await;
                    assert!(!arrival.outside, "{url}");
                    let text = arrival.answer().text();
                    assert!(!text.contains("href=\"//evil") && !text.contains("href=\"https://evil") && !text.contains("javascript:"), "{url}");
                }
            }
        }
        ada.opens(provider.url("/login")).await.shows("sign-in");
        ada.touches_passkey().await.shows("dashboard");
        let mut url = provider.url("/login");
        url.query_pairs_mut().append_pair("request", "//evil.test");
        ada.opens(&url).await.page(400);
    }

    /// A-RTM-02: once a request was judged, nothing that is added to its address or its forms makes it another.
    async fn nothing_changes_on_the_way(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, shop) = (ada(&provider).await, provider.shop("shop").await);
        provider.shop("wiki").await;
        let asked = shop.asks(&[], &[]);
        ada.opens(&asked.url).await.shows("sign-in");
        let request = query(&ada.url(), "request").unwrap();
        let changed = "response_type=token&response_mode=fragment&client_id=wiki&redirect_uri=https%3A%2F%2Fwiki.test%2Fcallback&scope=openid%20email&state=x&prompt=none";
        ada.touches_passkey().await.shows("consent");
        let consent = format!("{}?{changed}", ada.url().path());
        let page = ada.opens(provider.url(&consent)).await.shows("consent");
        assert!(page.text().contains("shop") && !page.text().contains("wiki"));
        let fields: Vec<_> = url::form_urlencoded::parse(changed.as_bytes()).into_owned().collect();
        let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let first = ada.presses("allow", &fields).await.callback();
        let second = ada.opens(provider.url(&format!("/authorize/{request}?{changed}"))).await.callback();
        for callback in [&first, &second] {
            assert!(callback.as_str().starts_with("https://shop.test/callback?code=") && callback.fragment().is_none(), "{callback}");
            shop.reads_code(&asked, callback).unwrap();
        }
        assert_eq!(shop.redeems(&asked, &first).await.unwrap().scopes.unwrap(), ["openid"]);
    }

    /// A-RTM-08: a scope has only the characters that it may have, and however long it is, it is judged at once.
    async fn a_scope_is_judged_at_once(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, shop) = (ada(&provider).await, provider.shop("shop").await);
        let many = format!("openid {}", (0..10_000).map(|number| format!("s{number}")).collect::<Vec<_>>().join(" "));
        for scope in ["openid \"x\"", "openid a\\b", "openid\tprofile", "openid\0", "openid pr\u{f6}file", "openid\r\nx", "openid \u{7f}", &many, &"x".repeat(50_000)] {
            let mut asked = shop.asks(&[], &[]);
            let kept: Vec<_> = asked.url.query_pairs().into_owned().filter(|(name, _)| name != "scope").collect();
            asked.url.query_pairs_mut().clear().extend_pairs(kept).append_pair("scope", scope);
            let began = Instant::now();
            let callback = ada.opens(&asked.url).await.callback();
            // Most of it is the way there and back in a busy test.
            assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
            assert_eq!(query(&callback, "error").as_deref(), Some("invalid_scope"), "{scope:.30}");
        }
    }

    /// A-PKCE-06, RFC 9700 §2.1.1: a client that sends one challenge in every flow is told of in the audit log, once; others are not.
    async fn a_constant_challenge_is_told_of(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, shop, wiki) = (ada(&provider).await, provider.shop("shop").await, provider.shop("wiki").await);
        let constant = shop.asks(&[], &[]);
        for round in 0..25 {
            let callback = ada.agrees_to(&constant.url).await;
            shop.redeems(&constant, &callback).await.unwrap();
            wiki.welcomes(&mut ada, &[]).await;
            let told = events(&provider.database, "challenge_repeated").await;
            assert_eq!(told > 0, round + 1 >= 20, "{told} in round {round}");
        }
        // Challenge and nonce are two, and both stay as they are.
        assert_eq!(provider.database.count("SELECT count(*) FROM audit_events WHERE kind = 'challenge_repeated' AND client_id = 'shop'").await, 1);
    }
}
