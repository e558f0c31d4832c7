//! Pushed authorization requests (RFC 9126): who may push, what is judged, what the browser learns of it, and that each is answered once.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;
use url::Url;
use weftid_tests::on_both_databases;
use weftid_tests::person::Arrival;
use weftid_tests::provider::Provider;
use weftid_tests::relying_party::{Asked, RelyingParty};
use weftid_tests::wire::{Answer, query};

use crate::main_job::ada;

const ENDPOINT: &str = "pushed_authorization_request_endpoint";
const WAITING: &str = "SELECT count(*) FROM pushed_requests WHERE answered_at IS NULL";

/// Pushes what would stand in the address; shows the answer.
pub(crate) async fn pushes(client: &RelyingParty, asked: &Asked) -> Answer {
    let pairs: Vec<_> = asked.url.query_pairs().into_owned().collect();
    // Who it is stands where the client proves it.
    let pairs: Vec<_> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).filter(|(name, _)| *name != "client_id").collect();
    client.posts(ENDPOINT, &pairs).await
}

/// Where the browser goes with what was pushed.
pub(crate) fn place(client: &RelyingParty, request_uri: &str, extra: &[(&str, &str)]) -> Url {
    let mut url = client.endpoint("authorization_endpoint");
    url.query_pairs_mut().extend_pairs([("client_id", client.id.as_str()), ("request_uri", request_uri)]).extend_pairs(extra);
    url
}

/// Pushes a request, and gives its name.
pub(crate) async fn pushed(client: &RelyingParty, asked: &Asked) -> String {
    pushes(client, asked).await.expect(201).json()["request_uri"].as_str().expect("a name").to_owned()
}

#[track_caller]
fn is_refused_here(arrival: &Arrival, status: u16, words: &str) {
    let page = arrival.page(status);
    assert_eq!(page.name(), "error");
    assert!(page.text().contains(words), "{}", page.text());
    assert!(!arrival.answer().headers.contains_key("location"));
}

on_both_databases! {
    /// A-PAR-01, RFC 9126 §2.2: a client that proves itself pushes by POST, gets 201, and its person signs in with nothing but that name. What rests
    /// is a digest of the name.
    async fn a_pushed_request_signs_in(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, shop) = (ada(&provider).await, provider.shop("shop").await);
        let public = json!({"client_id": "spa", "client_name": "SPA", "redirect_uris": ["https://spa.test/"], "token_endpoint_auth_method": "none"});
        let spa = provider.client(public).await;
        let posting = shop.but(|shop| shop.secret_in_form = true);
        for client in [&shop, &spa] {
            for mode in ["query", "fragment", "form_post"] {
                let asked = client.asks(&["profile"], &[("response_mode", mode), ("claims", r#"{"id_token":{"email":null}}"#)]);
                let answer = pushes(client, &asked).await.expect(201);
                assert_eq!((answer.header("content-type"), answer.header("cache-control")), ("application/json", "no-store"));
                let body = answer.json();
                assert_eq!((body["expires_in"].as_u64(), body.as_object().unwrap().len()), (Some(60), 2), "{body}");
                let name = body["request_uri"].as_str().unwrap();
                assert!(name.starts_with("urn:ietf:params:oauth:request_uri:") && name.len() == 34 + 43, "{name}");
                let mut callback = ada.agrees_to(&place(client, name, &[])).await;
                if let Some(fragment) = callback.fragment().map(str::to_owned) {
                    callback.set_query(Some(&fragment));
                    callback.set_fragment(None);
                }
                let tokens = client.redeems(&asked, &callback).await.unwrap();
                assert!(tokens.claims["email"].is_string());
            }
        }
        pushes(&posting, &shop.asks(&[], &[])).await.is(401);
        let names = provider.database.count("SELECT count(*) FROM pushed_requests WHERE facts LIKE '%request_uri:%'").await;
        assert_eq!(names, 0, "the name rests nowhere");
    }

    /// A-PAR-01, A-CA-02: who doesn't prove who they are pushes nothing; what `/authorize` would refuse is refused, in JSON; one name doesn't stand for
    /// another. Nothing of it is kept.
    async fn what_authorize_would_refuse_is_not_taken(kind: Kind) {
        let provider = Provider::start(kind).await;
        let shop = provider.shop("shop").await;
        let but = |changes: &[(&str, &str)]| {
            let mut asked = shop.asks(&[], &[]);
            let kept: Vec<_> = asked.url.query_pairs().into_owned().filter(|(name, _)| !changes.iter().any(|(other, _)| other == name)).collect();
            asked.url.query_pairs_mut().clear().extend_pairs(kept).extend_pairs(changes);
            asked
        };
        for (changes, error) in [
            (vec![("redirect_uri", "")], "invalid_request"),
            (vec![("redirect_uri", "https://evil.test/")], "invalid_request"),
            (vec![("response_type", "token")], "unsupported_response_type"),
            (vec![("response_mode", "query.jwt")], "invalid_request"),
            (vec![("scope", "profile")], "invalid_scope"),
            (vec![("code_challenge", "")], "invalid_request"),
            (vec![("prompt", "none login")], "invalid_request"),
            (vec![("resource", "https://api.test")], "invalid_target"),
            (vec![("claims", "{")], "invalid_request"),
            (vec![("id_token_hint", "x")], "invalid_request"),
            (vec![("request_uri", "urn:ietf:params:oauth:request_uri:x")], "invalid_request"),
            (vec![("request_uri", "https://shop.test/request")], "invalid_request"),
            (vec![("request", "a.b.c")], "request_not_supported"),
            (vec![("registration", "{}")], "registration_not_supported"),
            (vec![("nonce", "a"), ("nonce", "a")], "invalid_request"),
        ] {
            let answer = pushes(&shop, &but(&changes)).await;
            assert_eq!((answer.status.as_u16(), answer.error_code().as_str()), (400, error), "{changes:?}: {answer}");
        }
        let asked = shop.asks(&[], &[]);
        pushes(&shop.but(|shop| shop.secret = Some("wrong".to_owned())), &asked).await.is(401);
        pushes(&shop.but(|shop| shop.secret = None), &asked).await.is(401);
        assert_eq!(provider.wire.get(&shop.endpoint(ENDPOINT)).await.status, 405);
        assert_eq!(provider.database.count(WAITING).await, 0);
    }

    /// A-PAR-02: the name is one client's, can't be guessed, is good for a minute, and for one answer; until then reloading is allowed. Whoever
    /// comes back later is told what to do.
    async fn a_name_is_good_once_and_for_one_client(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, shop, wiki) = (ada(&provider).await, provider.shop("shop").await, provider.shop("wiki").await);
        let asked = shop.asks(&[], &[]);
        let name = pushed(&shop, &asked).await;
        is_refused_here(&ada.opens(place(&wiki, &name, &[])).await, 400, "We don’t know this sign-in");
        for other in [format!("{name}A"), name[..name.len() - 1].to_owned(), "urn:ietf:params:oauth:request_uri:".to_owned(), format!("urn:ietf:params:oauth:request_uri:{}", "A".repeat(43))] {
            is_refused_here(&ada.opens(place(&shop, &other, &[])).await, 400, "We don’t know this sign-in");
        }
        let first = place(&shop, &name, &[]);
        ada.opens(&first).await.shows("sign-in");
        ada.opens(&first).await.shows("sign-in");
        let login = ada.url();
        ada.touches_passkey().await.shows("consent");
        let consent = ada.url();
        // The minute is for beginning; a person takes as long as with any other request.
        provider.clock.advance(Duration::from_secs(90));
        is_refused_here(&ada.clone().opens(&first).await, 410, "This sign-in took too long");
        let callback = ada.presses("allow", &[]).await.callback();
        shop.redeems(&asked, &callback).await.unwrap();
        for place in [&first, &login, &consent] {
            is_refused_here(&ada.opens(place).await, 410, "This sign-in was answered already");
        }
        let name = pushed(&shop, &shop.asks(&[], &[])).await;
        provider.clock.advance(Duration::from_mins(1));
        is_refused_here(&ada.opens(place(&shop, &name, &[])).await, 410, "This sign-in took too long");
        // A refusal is an answer as well, whoever gives it.
        for (prompt, way) in [("none login", "never taken"), ("none", "silent"), ("login", "cancel"), ("consent", "deny")] {
            provider.clock.advance(Duration::from_secs(1));
            let asked = shop.asks(&["email"], &[("prompt", prompt)]);
            if way == "never taken" {
                pushes(&shop, &asked).await.is(400);
                continue;
            }
            let first = place(&shop, &pushed(&shop, &asked).await, &[]);
            let arrival = ada.opens(&first).await;
            let callback = if way == "silent" { arrival.callback() } else { ada.presses("deny", &[]).await.callback() };
            assert!(query(&callback, "error").is_some() && query(&callback, "iss").is_some(), "{way}: {callback}");
            is_refused_here(&ada.opens(&first).await, 410, "This sign-in was answered already");
        }
    }

    /// A-PAR-02, A-CODE-09: a request that one browser began is not gone on with in another.
    async fn what_a_browser_began_is_its_own(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, shop) = (ada(&provider).await, provider.shop("shop").await);
        let name = pushed(&shop, &shop.asks(&[], &[])).await;
        ada.opens(place(&shop, &name, &[])).await.shows("sign-in");
        let kept = query(&ada.url(), "request").unwrap();
        for path in [format!("/authorize/{kept}"), format!("/consent/{kept}"), format!("/login?request={kept}")] {
            is_refused_here(&ada.at_another_browser().opens(provider.url(&path)).await, 400, "began in another browser");
        }
    }

    /// A-PAR-03: whatever stands beside the name counts for nothing, by GET and by POST from the client's page.
    async fn nothing_beside_the_name_counts(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, shop) = (ada(&provider).await, provider.shop("shop").await);
        let beside = [
            ("scope", "openid profile email offline_access"), ("redirect_uri", "https://evil.test/"), ("state", "other"), ("nonce", "other"), ("response_type", "token"),
            ("response_mode", "form_post"), ("prompt", "none"), ("code_challenge", "x"), ("resource", "https://api.test"), ("claims", "{"), ("max_age", "0"),
        ];
        let asked = shop.asks(&[], &[]);
        let callback = ada.agrees_to(&place(&shop, &pushed(&shop, &asked).await, &beside)).await;
        let tokens = shop.redeems(&asked, &callback).await.unwrap();
        assert_eq!(tokens.scopes.unwrap(), ["openid"]);
        let asked = shop.asks(&[], &[]);
        let name = pushed(&shop, &asked).await;
        let pairs = [[("client_id", "shop"), ("request_uri", name.as_str())].as_slice(), &beside].concat();
        let arrival = ada.is_made_to_post_from(&shop.redirect_uri, &shop.endpoint("authorization_endpoint"), &pairs).await;
        shop.redeems(&asked, &arrival.callback()).await.unwrap();
        // An object beside a name is two requests; a name that comes twice is none.
        let name = pushed(&shop, &shop.asks(&[], &[])).await;
        is_refused_here(&ada.opens(place(&shop, &name, &[("request", "a.b.c")])).await, 400, "");
        is_refused_here(&ada.opens(place(&shop, &name, &[("client_id", "shop")])).await, 400, "");
        assert_eq!(provider.database.count(WAITING).await, 1);
    }

    /// A-PAR-04, RFC 9126 §5, §6: a client that must push, or everybody where that is set, gets nowhere without; and discovery says it.
    async fn who_must_push_gets_nowhere_without(kind: Kind) {
        let strict = Provider::start_with(kind, &[("authorization.require_pushed_requests", "true")]).await;
        let provider = Provider::start(kind).await;
        let metadata = json!({"client_id": "careful", "client_name": "C", "redirect_uris": ["https://c.test/cb"], "require_pushed_authorization_requests": true});
        for (provider, client) in [(&provider, provider.client(metadata).await), (&strict, strict.shop("shop").await)] {
            let mut ada = ada(provider).await;
            let asked = client.asks(&[], &[]);
            let callback = ada.opens(&asked.url).await.callback();
            assert_eq!(query(&callback, "error").as_deref(), Some("invalid_request"));
            assert!(query(&callback, "error_description").unwrap().contains("pushed"));
            let callback = ada.agrees_to(&place(&client, &pushed(&client, &asked).await, &[])).await;
            client.redeems(&asked, &callback).await.unwrap();
        }
        for (provider, required) in [(&provider, false), (&strict, true)] {
            let document = provider.wire.get(&provider.url("/.well-known/openid-configuration")).await.json();
            assert_eq!(document["require_pushed_authorization_requests"], required);
        }
    }

    /// A-PAR-05: nothing of what was pushed reaches the browser, sealed or not: no address, cookie or page has it, but what a person is asked about.
    async fn what_was_pushed_stays_here(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, shop) = (ada(&provider).await, provider.shop("shop").await);
        let mut asked = shop.asks(&["email"], &[("login_hint", "canary@shop.test"), ("ui_locales", "en")]);
        let canary = "canary-".repeat(60);
        let kept: Vec<_> = asked.url.query_pairs().into_owned().filter(|(name, _)| name != "state" && name != "nonce").collect();
        asked.url.query_pairs_mut().clear().extend_pairs(kept).extend_pairs([("state", canary.as_str()), ("nonce", &canary)]);
        (asked.state, asked.nonce) = (canary.clone(), canary.clone());
        let name = pushed(&shop, &asked).await;
        let mut hops = ada.opens(place(&shop, &name, &[])).await.hops;
        let kept = query(&ada.url(), "request").unwrap();
        assert!(kept.len() < 250, "a reference, and no sealed request: {kept}");
        hops.extend(ada.touches_passkey().await.hops);
        for hop in &hops {
            let headers: Vec<_> = hop.headers.iter().map(|(name, value)| format!("{name}: {value:?}")).collect();
            assert!(!headers.join("\n").contains("canary-") && !hop.text().contains("canary-") && !hop.url.as_str().contains("canary"), "{hop}");
        }
        let callback = ada.presses("allow", &[]).await.callback();
        assert_eq!(shop.redeems(&asked, &callback).await.unwrap().claims["nonce"], canary.as_str());
    }

    /// A-PAR-06: a flood ends with 429 and a time to come back: by client and network, by client, and for all together; what is over is swept.
    async fn a_flood_of_requests_ends(kind: Kind) {
        let settings = [("limits.pushed_requests_per_client", "20"), ("limits.pushed_requests", "100"), ("limits.pushes_per_minute", "40")];
        let provider = Provider::start_with(kind, &settings).await;
        let shop = provider.shop("shop").await;
        let flood = async |client: &RelyingParty| {
            let (mut taken, mut refused) = (0, None);
            for _ in 0..60 {
                let answer = pushes(client, &client.asks(&[], &[])).await;
                match answer.status.as_u16() {
                    201 => taken += 1,
                    429 => refused = Some(answer),
                    other => panic!("{other}: {answer}"),
                }
            }
            let refused = refused.expect("it ends");
            assert!(refused.header("retry-after").parse::<u64>().is_ok_and(|seconds| (1..=120).contains(&seconds)), "{refused}");
            assert_eq!(refused.error_code(), "temporarily_unavailable");
            taken
        };
        assert_eq!(flood(&shop).await, 20);
        for number in 0..5 {
            flood(&provider.shop(&format!("other{number}")).await).await;
        }
        assert_eq!(provider.database.count(WAITING).await, 100);
        provider.clock.advance(Duration::from_mins(32));
        // Now only the pace counts.
        assert_eq!(flood(&provider.shop("late").await).await, 20, "what is over does not count");
        provider.clock.advance(Duration::from_hours(1));
        weftid::actions::sweeping::sweep_at(&provider.app, provider.clock.now()).await.unwrap();
        assert_eq!(provider.database.count("SELECT count(*) FROM pushed_requests").await, 0);
        let client = provider.client(json!({"client_id": "spa", "client_name": "S", "redirect_uris": ["https://spa.test/"], "token_endpoint_auth_method": "none"})).await;
        assert_eq!(flood(&client).await, 20);
        assert_eq!(pushes(&client, &client.asks(&[], &[])).await.status, 429);
        let unhurt = provider.shop("unhurt").await;
        pushes(&unhurt, &unhurt.asks(&[], &[])).await.is(201);
    }

    /// E-RACE-06, A-PAR-02: fifty tabs that come with one name at once are answered once.
    async fn fifty_at_once_are_answered_once(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, shop) = (ada(&provider).await, provider.shop("shop").await);
        shop.welcomes(&mut ada, &[]).await;
        for prompt in ["", "none"] {
            let asked = shop.asks(&[], &[("prompt", prompt)]);
            let place = place(&shop, &pushed(&shop, &asked).await, &[]);
            let mut tabs = vec![ada.clone(); 50];
            let arrivals = join_all(tabs.iter_mut().map(|tab| tab.opens(&place))).await;
            let answered: Vec<_> = arrivals.iter().filter(|arrival| arrival.outside).collect();
            assert_eq!(answered.len(), 1);
            assert!(arrivals.iter().filter(|arrival| !arrival.outside).all(|arrival| arrival.answer().status == 410));
            shop.redeems(&asked, &answered[0].callback()).await.unwrap();
        }
    }

    /// E-LOAD-06: pushing is one write; a browser that comes with a name costs one read more, and one write when it is answered.
    async fn pushing_costs_little(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, shop) = (ada(&provider).await, provider.shop("shop").await);
        shop.welcomes(&mut ada, &[]).await;
        let asked = shop.asks(&[], &[]);
        let (name, found) = provider.counts(pushed(&shop, &asked)).await;
        assert_eq!((found.reads, found.writes, found.statements_in_writes), (0, 1, 3), "two counts and a row");
        let (arrival, found) = provider.counts(ada.opens(place(&shop, &name, &[]))).await;
        assert_eq!((found.reads, found.writes, found.statements_in_writes), (3, 1, 1));
        let (_, found) = provider.counts(shop.redeems(&asked, &arrival.callback())).await;
        assert_eq!((found.reads, found.writes), (1, 1), "its code is like any other");
        let (_, found) = provider.counts(ada.opens(place(&shop, "urn:ietf:params:oauth:request_uri:x", &[]))).await;
        assert_eq!((found.reads, found.writes), (0, 0), "what is no name is not looked for");
    }
}
