//! The main job, from the sign-in page to signing out, as a relying party sees it: its tokens are judged by the `openidconnect` crate. And
//! what each step of it may ask of the database.

use std::time::Duration;

use openidconnect::core::CoreJwsSigningAlgorithm;
use serde_json::json;
use weftid::store::Counters;
use weftid_tests::on_both_databases;
use weftid_tests::person::Person;
use weftid_tests::provider::Provider;
use weftid_tests::relying_party::Refusal;
use weftid_tests::wire::query;

const ALL: [&str; 3] = ["profile", "email", "offline_access"];

/// Somebody who has an account, at a browser that has never been here.
pub(crate) async fn ada(provider: &Provider) -> Person {
    provider.person("ada@shop.test", "Ada Lovelace").await.at_another_browser()
}

/// What a refusal at the token endpoint looks like to the relying party.
pub(crate) fn refused<T>(code: &str) -> Result<T, Refusal> {
    Err(Refusal::Provider(code.to_owned()))
}

fn counted(reads: u64, writes: u64) -> impl Fn(&Counters) -> bool {
    move |counted| (counted.reads, counted.writes) == (reads, writes)
}

on_both_databases! {
    /// OpenID Connect Core §3.1: a passkey, a consent, a code, tokens that convince, userinfo about the same person, a refresh, a
    /// revocation, and signing out from the client.
    async fn the_main_job_is_done(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, shop) = (ada(&provider).await, provider.shop("shop").await);
        let asked = shop.asks(&ALL, &[]);
        ada.opens(&asked.url).await.shows("sign-in");
        ada.touches_passkey().await.shows("consent");
        let callback = ada.presses("allow", &[]).await.callback();
        let tokens = shop.redeems(&asked, &callback).await.unwrap();
        assert_eq!(tokens.header["alg"], "RS256", "OpenID Connect Core §15.1");
        assert_eq!(tokens.claims["iss"], "https://id.example");
        assert_eq!(tokens.expires_in, Some(600));
        let userinfo = shop.userinfo(&tokens).await.unwrap();
        assert_eq!(userinfo["sub"], tokens.claims["sub"]);
        assert_eq!((&userinfo["name"], &userinfo["email"]), (&json!("Ada Lovelace"), &json!("ada@shop.test")));

        let refreshed = shop.refreshes(tokens.refresh_token.as_deref().unwrap()).await.unwrap();
        assert_eq!(refreshed.claims["sub"], tokens.claims["sub"]);
        assert!(shop.userinfo(&refreshed).await.is_ok());
        shop.revokes(refreshed.refresh_token.as_deref().unwrap()).await.is(200);
        assert_eq!(shop.refreshes(refreshed.refresh_token.as_deref().unwrap()).await.unwrap_err(), Refusal::Provider("invalid_grant".to_owned()));
        assert_eq!(shop.userinfo(&refreshed).await, refused("invalid_token"));

        let goodbye = shop.logout_url(Some(&tokens.id_token), &[("post_logout_redirect_uri", "https://shop.test/bye"), ("state", "ciao")]);
        assert_eq!(ada.opens(&goodbye).await.callback().as_str(), "https://shop.test/bye?state=ciao");
        ada.opens(&shop.asks(&[], &[]).url).await.shows("sign-in");
        assert_eq!(ada.jar.refused(), [""; 0]);
    }

    /// OpenID Connect Registration §2 (id_token_signed_response_alg): each client gets the algorithm that it was registered with.
    async fn each_client_gets_its_algorithm(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut ada = ada(&provider).await;
        for (name, algorithm) in [
            ("RS256", CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256),
            ("PS256", CoreJwsSigningAlgorithm::RsaSsaPssSha256),
            ("ES256", CoreJwsSigningAlgorithm::EcdsaP256Sha256),
        ] {
            let metadata = json!({
                "client_id": name, "client_name": name, "redirect_uris": ["https://rp.test/cb"], "id_token_signed_response_alg": name,
                "grant_types": ["authorization_code", "refresh_token"],
            });
            let mut client = provider.client(metadata).await;
            client.algorithm = algorithm;
            let tokens = client.welcomes(&mut ada, &[]).await;
            assert_eq!(tokens.header["alg"], name);
            let refreshed = client.refreshes(tokens.refresh_token.as_deref().unwrap()).await.unwrap();
            assert_eq!(refreshed.header["alg"], name);
        }
    }

    /// OpenID Connect Core §3.1.2.3: whoever is signed in is not asked for a passkey again, by this client or by another.
    async fn a_second_client_gets_its_answer_without_another_passkey(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut ada = ada(&provider).await;
        let (shop, wiki) = (provider.shop("shop").await, provider.shop("wiki").await);
        let first = shop.welcomes(&mut ada, &[]).await;
        provider.clock.advance(Duration::from_mins(10));
        let asked = wiki.asks(&[], &[]);
        ada.opens(&asked.url).await.shows("consent");
        let callback = ada.presses("allow", &[]).await.callback();
        let second = wiki.redeems(&asked, &callback).await.unwrap();
        assert_eq!(second.claims["auth_time"], first.claims["auth_time"], "one sign-in");
        assert_eq!((&second.claims["sub"], &second.claims["sid"]), (&first.claims["sub"], &first.claims["sid"]));
        let again = shop.asks(&[], &[]);
        let arrival = ada.opens(&again.url).await;
        assert_eq!(arrival.hops.len(), 1, "what was allowed is remembered");
        shop.redeems(&again, &arrival.callback()).await.unwrap();
    }

    /// OpenID Connect Core §3.1.2.3: a session that began without any client is enough for one.
    async fn a_session_from_before_is_enough(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, shop) = (ada(&provider).await, provider.shop("shop").await);
        ada.opens(provider.url("/login")).await.shows("sign-in");
        ada.touches_passkey().await.shows("dashboard");
        ada.opens(&shop.asks(&[], &[]).url).await.shows("consent");
    }

    /// A-AUTHN-02: two tabs wait for the same person; each client gets its own answer, and one passkey is enough for both.
    async fn two_tabs_do_not_disturb_each_other(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, shop, wiki) = (ada(&provider).await, provider.shop("shop").await, provider.shop("wiki").await);
        let (one, other) = (shop.asks(&[], &[]), wiki.asks(&[], &[]));
        ada.opens(&one.url).await.shows("sign-in");
        let first_tab = ada.url();
        ada.opens(&other.url).await.shows("sign-in");
        ada.touches_passkey().await.shows("consent");
        let callback = ada.presses("allow", &[]).await.callback();
        wiki.redeems(&other, &callback).await.unwrap();
        // The first tab still shows the sign-in page; reloading it, or touching the passkey there, leads on to its own client.
        ada.clone().opens(&first_tab).await.shows("consent");
        ada.opens(provider.url("/login?another=yes")).await.shows("sign-in");
        let request = query(&first_tab, "request").unwrap();
        let finished = ada.signs_in_with_passkey("/login/passkey/begin", "/login/passkey/finish", &json!({"request": request})).await;
        ada.follows(finished).await.shows("consent");
        let callback = ada.presses("allow", &[]).await.callback();
        let tokens = shop.redeems(&one, &callback).await.unwrap();
        assert_eq!(tokens.claims["aud"], "shop");
    }

    /// A-CODE-01: going back to a request that was answered gives a second code for it, and only the first that is redeemed counts.
    async fn going_back_gives_another_code_that_is_worth_nothing_more(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, shop) = (ada(&provider).await, provider.shop("shop").await);
        let asked = shop.asks(&[], &[]);
        ada.opens(&asked.url).await.shows("sign-in");
        let waiting = query(&ada.url(), "request").unwrap();
        ada.touches_passkey().await.shows("consent");
        let first = ada.presses("allow", &[]).await.callback();
        let back = ada.opens(provider.url(&format!("/authorize/{waiting}"))).await.callback();
        let (first, second) = (shop.reads_code(&asked, &first).unwrap(), shop.reads_code(&asked, &back).unwrap());
        assert_ne!(first, second);
        let tokens = shop.redeems_code(&asked, &first).await.unwrap();
        shop.posts_code(&asked, &second).await.is(400);
        assert!(shop.userinfo(&tokens).await.is_ok(), "a second copy is no theft");
    }

    /// RFC 6749 §4.1.2.1: whoever cancels, on the sign-in page or on the consent page, is back at the client with access_denied.
    async fn cancelling_answers_the_client(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, shop) = (ada(&provider).await, provider.shop("shop").await);
        for page in ["sign-in", "consent"] {
            let asked = shop.asks(&[], &[]);
            ada.opens(&asked.url).await.shows("sign-in");
            if page == "consent" {
                ada.touches_passkey().await.shows("consent");
            }
            let callback = ada.presses("deny", &[]).await.callback();
            assert_eq!(shop.redeems(&asked, &callback).await.unwrap_err(), Refusal::Provider("access_denied".to_owned()), "{page}");
        }
        assert_eq!(provider.database.count("SELECT count(*) FROM consents").await, 0);
    }

    /// OpenID Connect Discovery §4: discovery and keys are answered from memory.
    async fn documents_ask_the_database_nothing(kind: Kind) {
        let provider = Provider::start(kind).await;
        for path in ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server", "/jwks"] {
            let (answer, found) = provider.counts(provider.wire.get(&provider.url(path))).await;
            assert!(answer.status == 200 && counted(0, 0)(&found), "{path}: {found:?}");
        }
    }

    /// E-LOAD-06: what a step of the main job asks of the database is known, and nothing is written before it counts.
    async fn each_step_asks_the_database_what_it_needs_and_no_more(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, shop) = (ada(&provider).await, provider.shop("shop").await);
        let trusted = provider
            .client(json!({"client_id": "trusted", "client_name": "T", "redirect_uris": ["https://trusted.test/cb"], "require_consent": false}))
            .await;

        let (_, found) = provider.counts(ada.opens(&shop.asks(&ALL, &[]).url)).await;
        assert!(counted(0, 0)(&found), "a stranger's request and the sign-in page: {found:?}");
        let request = query(&ada.url(), "request").unwrap();
        let (options, found) = provider.counts(ada.posts_json("/login/passkey/begin", &json!({"request": request}))).await;
        assert!(counted(0, 0)(&found), "a ceremony begins: {found:?}");
        let options = options.expect(200).json();
        let credential = ada.authenticator.get_with(&options["publicKey"], &provider.issuer, &[]).unwrap();
        let body = json!({"request": request, "ceremony": options["ceremony"], "credential": credential});
        let (finished, found) = provider.counts(ada.posts_json("/login/passkey/finish", &body)).await;
        assert!(found.reads <= 2 && found.writes == 1, "a ceremony ends: {found:?}");
        let mut statements = vec![found.statements_in_writes];
        ada.follows(finished).await.shows("consent");
        let (_, found) = provider.counts(ada.presses("allow", &[])).await;
        assert_eq!(found.writes, 1, "a consent is given: {found:?}");
        statements.push(found.statements_in_writes);

        let asked = shop.asks(&ALL, &[]);
        let (arrival, found) = provider.counts(ada.opens(&asked.url)).await;
        assert!(counted(2, 0)(&found), "authorize with a session and a remembered consent: {found:?}");
        let (tokens, found) = provider.counts(shop.redeems(&asked, &arrival.callback())).await;
        assert!(counted(1, 1)(&found), "code to tokens: {found:?}");
        statements.push(found.statements_in_writes);
        let tokens = tokens.unwrap();
        let (refreshed, found) = provider.counts(shop.refreshes(tokens.refresh_token.as_deref().unwrap())).await;
        assert!(counted(1, 1)(&found), "refresh: {found:?}");
        statements.push(found.statements_in_writes);
        let refreshed = refreshed.unwrap();
        let (_, found) = provider.counts(shop.userinfo(&refreshed)).await;
        assert!(counted(1, 0)(&found), "userinfo: {found:?}");
        let (told, found) = provider.counts(shop.posts("introspection_endpoint", &[("token", &refreshed.access_token)])).await;
        assert!(counted(1, 0)(&found) && told.json()["active"] == true, "introspection: {found:?} {told}");

        let asked = trusted.asks(&["profile"], &[]);
        let (arrival, found) = provider.counts(ada.opens(&asked.url)).await;
        assert!(counted(1, 0)(&found), "authorize of a client that nobody is asked about: {found:?}");
        let (_, found) = provider.counts(trusted.redeems(&asked, &arrival.callback())).await;
        assert!(counted(1, 1)(&found), "its code: {found:?}");
        statements.push(found.statements_in_writes);
        // What a grant rests on is one question on SQLite, where nobody else writes meanwhile.
        let expected = if kind == weftid_tests::database::Kind::Sqlite { [10, 5, 4, 3, 4] } else { [10, 5, 6, 4, 5] };
        assert_eq!(statements, expected, "inside the writes of a ceremony, a consent, a code, a refresh, a code without a consent");
    }

    /// A-RED-11, A-TOK-01, RFC 9700 §4.12: whatever was posted, the way goes on with 303, no answer has the browser post it again, and no
    /// answer on the way is kept.
    async fn the_way_goes_on_with_303(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, shop) = (ada(&provider).await, provider.shop("shop").await);
        let mut hops = Vec::new();
        for decision in ["allow", "deny"] {
            hops.extend(ada.opens(&shop.asks(&[], &[("prompt", "consent")]).url).await.hops);
            if ada.page().name() == "sign-in" {
                hops.extend(ada.presses("continue", &[("email", "ada@shop.test")]).await.hops);
                hops.extend(ada.touches_passkey().await.hops);
            }
            hops.extend(ada.presses(decision, &[]).await.hops);
        }
        hops.extend(ada.opens(provider.url("/sign-out")).await.hops);
        hops.extend(ada.presses("sign-out", &[]).await.hops);
        hops.extend(ada.opens(&shop.asks(&[], &[]).url).await.hops);
        hops.extend(ada.presses("deny", &[]).await.hops);
        assert!(hops.iter().all(|hop| hop.header("cache-control") == "no-store"));
        let redirects: Vec<u16> = hops.iter().map(|hop| hop.status.as_u16()).filter(|status| *status != 200).collect();
        assert!(redirects.len() >= 7 && redirects.iter().all(|status| *status == 303), "{redirects:?}");
    }

    /// E-LOAD-08: what isn't ours is refused before the database is asked.
    async fn garbage_asks_the_database_nothing(kind: Kind) {
        let provider = Provider::start(kind).await;
        let shop = provider.shop("shop").await;
        let asked = shop.asks(&[], &[]);
        for garbage in ["x", "wo_", "wo_AAAA", &"A".repeat(50_000)] {
            let (answer, found) = provider.counts(shop.posts_code(&asked, garbage)).await;
            assert!(answer.status == 400 && counted(0, 0)(&found), "code: {found:?} {answer}");
            let (answer, found) = provider.counts(shop.posts_refresh(garbage)).await;
            assert!(answer.status == 400 && counted(0, 0)(&found), "refresh: {found:?} {answer}");
            let (_, found) = provider.counts(shop.revokes(garbage)).await;
            assert!(counted(0, 0)(&found), "revoke: {found:?}");
        }
        let (answer, found) = provider.counts(shop.asks_userinfo(&"A".repeat(10_000))).await;
        assert!(answer.status == 401 && counted(0, 0)(&found), "userinfo: {found:?} {answer}");
        let mut stranger = provider.stranger();
        let (arrival, found) = provider.counts(stranger.opens(provider.url(&format!("/authorize/{}", "A".repeat(4_000))))).await;
        assert!(arrival.answer().status == 400 && counted(0, 0)(&found), "resume: {found:?}");
    }
}
