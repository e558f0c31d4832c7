//! Connected apps, as their person looks after them: what each may see, taking it back, and what the dashboard says was used.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;
use weftid_tests::html::Page;
use weftid_tests::on_both_databases;
use weftid_tests::person::Person;
use weftid_tests::provider::Provider;
use weftid_tests::relying_party::{RelyingParty, Tokens};

use crate::passkeys::signs_in;
use crate::stored::{block_audit, events, let_audit_through, rows};

const PLACE: &str = "/account/apps";

async fn looks(provider: &Provider, person: &mut Person) -> Page {
    person.opens(provider.url(PLACE)).await.shows("apps")
}

/// Takes everything back from the first application of the list.
async fn revokes(provider: &Provider, person: &mut Person) -> Page {
    looks(provider, person).await;
    person.presses("revoke", &[]).await.shows("revoke-app");
    person.presses("revoke", &[]).await.shows("apps")
}

fn refresh_token(tokens: &Tokens) -> &str {
    tokens.refresh_token.as_deref().expect("a refresh token")
}

async fn is_dead(shop: &RelyingParty, tokens: &Tokens) -> bool {
    let userinfo = shop.userinfo(tokens).await.is_err();
    let refresh = shop.posts_refresh(refresh_token(tokens)).await;
    userinfo && refresh.status == 400 && refresh.error_code() == "invalid_grant"
}

async fn trusted(provider: &Provider) -> RelyingParty {
    let metadata = json!({
        "client_id": "trusted", "client_name": "Trusted", "redirect_uris": ["https://trusted.test/cb"], "require_consent": false,
        "grant_types": ["authorization_code", "refresh_token"], "scope": "openid email",
    });
    provider.client(metadata).await
}

on_both_databases! {
    /// A-AUTHN-06: what is connected is listed with what it may see, since when and when it was used; also what an administrator trusts; never what another
    /// person allowed.
    async fn the_list_says_what_each_may_see(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, shop, trusted) = (provider.admin().await, provider.shop("shop").await, trusted(&provider).await);
        let page = looks(&provider, &mut ada).await;
        assert!(page.text().contains("Nothing is connected") && page.action("revoke").is_none(), "{}", page.text());
        shop.welcomes(&mut ada, &["email", "offline_access"]).await;
        trusted.welcomes(&mut ada, &["email"]).await;
        let wiki = provider.shop("wiki").await;
        wiki.welcomes(&mut signs_in(&provider, &provider.person("bob@id.example", "Bob").await).await, &["profile"]).await;

        let page = looks(&provider, &mut ada).await;
        let text = page.text();
        assert!(text.contains("shop Also while you are away") && text.contains("Trusted Trusted by an administrator"), "{text}");
        assert!(text.contains("Who you are · Your email address · Access while you are away"), "{text}");
        assert!(!text.contains("Your profile") && !text.contains("wiki"), "{text}");
        assert_eq!((page.with("data-action", "revoke").count(), text.matches("Since today").count(), text.matches("Last used today").count()), (2, 2, 2));

        // Used two days later: it leads, and says so; what hung from the session is over with it, what was allowed stays.
        provider.clock.advance(Duration::from_hours(48));
        let mut ada = signs_in(&provider, &ada).await;
        let text = looks(&provider, &mut ada).await.text();
        assert!(text.contains("shop") && !text.contains("Trusted by"), "{text}");
        wiki.welcomes(&mut ada, &["email"]).await;
        let text = looks(&provider, &mut ada).await.text();
        assert!(text.find("wiki").expect("wiki") < text.find("shop").expect("shop"), "{text}");
        let dashboard = ada.opens(provider.url("/account")).await.shows("dashboard").text();
        assert!(dashboard.find("Used lately W wiki Last used today").is_some(), "{dashboard}");
    }

    /// A-RT-09, A-AUTHN-06, A-RT-05: taking back ends consent and grants in one write: tokens of every kind are dead at once, the application asks anew, other applications and
    /// other people keep theirs.
    async fn taking_back_ends_everything_at_once(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, shop, wiki) = (provider.admin().await, provider.shop("shop").await, provider.shop("wiki").await);
        let wikis = wiki.welcomes(&mut ada, &[]).await;
        provider.clock.advance(Duration::from_secs(1));
        let bob = provider.person("bob@id.example", "Bob").await;
        let bobs = shop.welcomes(&mut signs_in(&provider, &bob).await, &["offline_access"]).await;
        let online = shop.welcomes(&mut ada, &["email"]).await;
        let offline = shop.welcomes(&mut ada, &["email", "offline_access"]).await;
        let pending = shop.asks(&["email", "offline_access"], &[]);
        let code = ada.opens(&pending.url).await.callback();

        looks(&provider, &mut ada).await;
        let page = ada.presses("revoke", &[]).await.shows("revoke-app");
        let text = page.text();
        assert!(text.contains("Revoke the access of shop?") && text.contains("also where it works while you are away"), "{text}");
        assert!(text.contains("Your email address") && text.contains("then it asks you first"), "{text}");
        assert_eq!(provider.database.count("SELECT count(*) FROM consents").await, 3, "asking changes nothing");
        let page = ada.presses("revoke", &[]).await.shows("apps");
        assert!(page.text().contains("The access is revoked.") && !page.text().contains("shop"), "{}", page.text());

        for tokens in [&online, &offline] {
            assert!(is_dead(&shop, tokens).await);
        }
        assert!(shop.redeems(&pending, &code).await.is_err(), "a code from before gives nothing");
        assert!(shop.userinfo(&bobs).await.is_ok() && wiki.userinfo(&wikis).await.is_ok());
        let asked = shop.asks(&["email"], &[("prompt", "none")]);
        let callback = ada.opens(&asked.url).await.callback();
        assert!(callback.query().expect("a query").contains("error=consent_required"), "{callback}");
        ada.opens(&shop.asks(&["email"], &[]).url).await.shows("consent");
        assert_eq!(events(&provider.database, "app_disconnected").await, 1);
        let complete = "SELECT count(*) FROM audit_events WHERE kind = 'app_disconnected' AND actor LIKE 'user:%' AND client_id = 'shop'
                        AND user_id IS NOT NULL AND detail LIKE '%\"grants\":2%'";
        assert_eq!(provider.database.count(complete).await, 1);
    }

    /// A-AUTHN-06: one that an administrator trusts says so; its tokens die all the same.
    async fn what_is_trusted_can_be_disconnected_too(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, trusted) = (provider.admin().await, trusted(&provider).await);
        let tokens = trusted.welcomes(&mut ada, &["email"]).await;
        looks(&provider, &mut ada).await;
        let page = ada.presses("revoke", &[]).await.shows("revoke-app");
        assert!(page.text().contains("An administrator trusts it"), "{}", page.text());
        let page = ada.presses("revoke", &[]).await.shows("apps");
        assert!(page.text().contains("Nothing is connected"), "{}", page.text());
        assert!(is_dead(&trusted, &tokens).await);
        trusted.welcomes(&mut ada, &["email"]).await;
        assert_eq!(looks(&provider, &mut ada).await.with("data-action", "revoke").count(), 1);
    }

    /// C-WEB-01, D-AUD-03: what isn't connected is not there; a forged or signed-out request takes nothing back; without its event nothing changes; twice is once.
    async fn nothing_is_taken_back_by_anybody_else(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, shop) = (provider.admin().await, provider.shop("shop").await);
        let tokens = shop.welcomes(&mut ada, &[]).await;
        let mut bob = provider.person("bob@id.example", "Bob").await;
        let way = format!("{PLACE}/shop/revoke");
        let before = rows(&provider.database).await;
        bob.opens(provider.url(&way)).await.page(404);
        ada.opens(provider.url(&format!("{PLACE}/nobody/revoke"))).await.page(404);
        bob.opens(provider.url(PLACE)).await.shows("apps");
        let (token, here) = (bob.page().csrf_token().expect("a token").to_owned(), bob.url());
        // Bob may say so as often as he likes: it is about what he allowed.
        bob.is_made_to_post_from(&here, &provider.url(&way), &[("csrf", &token)]).await.shows("apps");
        let page = ada.opens(provider.url(&way)).await.shows("revoke-app");
        let form = page.form("revoke").expect("a form").0;
        let evil = url::Url::parse("https://evil.test").expect("a URL");
        ada.clone().is_made_to_post_from(&evil, &provider.url(&way), &[("csrf", page.csrf_token().expect("a token"))]).await;
        ada.clone().is_made_to_post_from(&here, &provider.url(&way), &[]).await.page(403);
        assert_eq!(rows(&provider.database).await, before);
        block_audit(&provider.database).await;
        ada.clone().submit(&form, &[], None).await.page(503);
        let_audit_through(&provider.database).await;
        assert!(shop.userinfo(&tokens).await.is_ok());
        for _ in 0..2 {
            ada.submit(&form, &[], None).await.shows("apps");
        }
        assert_eq!(events(&provider.database, "app_disconnected").await, 1);
    }

    /// E-RACE-09, E-RACE-11: however refreshes, redemptions and taking back fall together, nothing that the application has works afterwards.
    async fn nothing_slips_past_taking_back(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, shop) = (provider.admin().await, provider.shop("shop").await);
        for round in 0..4 {
            provider.clock.advance(Duration::from_secs(1));
            let tokens = shop.welcomes(&mut ada, &["email", "offline_access"]).await;
            let mut codes = Vec::new();
            for _ in 0..5 {
                let asked = shop.asks(&["email", "offline_access"], &[]);
                let callback = ada.opens(&asked.url).await.callback();
                codes.push((asked, callback));
            }
            looks(&provider, &mut ada).await;
            ada.presses("revoke", &[]).await.shows("revoke-app");
            let revoke = async {
                tokio::time::sleep(Duration::from_millis(round * 2)).await;
                ada.presses("revoke", &[]).await.shows("apps");
            };
            let redeem = join_all(codes.iter().map(|(asked, callback)| shop.redeems(asked, callback)));
            let (given, refreshed, ()) = tokio::join!(redeem, shop.refreshes(refresh_token(&tokens)), revoke);
            for tokens in given.into_iter().chain([refreshed]).flatten() {
                assert!(is_dead(&shop, &tokens).await, "round {round}");
            }
            assert_eq!(provider.database.count("SELECT count(*) FROM grants WHERE revoked_at IS NULL").await, 0, "round {round}");
        }
    }

    /// "Dashboard: what needs attention": the most urgent first, each with its way; nothing when nothing needs one.
    async fn the_dashboard_says_what_needs_attention(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut ada = provider.admin().await;
        let needs = async |ada: &mut Person| {
            let page = ada.opens(provider.url("/account")).await.shows("dashboard");
            let texts: Vec<String> = page.all("div").filter(|note| note.attribute("class").is_some_and(|class| class.starts_with("note "))).map(|note| page.text_of(note)).collect();
            texts
        };
        let only_one = needs(&mut ada).await;
        assert!(only_one.len() == 1 && only_one[0].contains("single point of failure"), "{only_one:?}");
        provider.database.execute("UPDATE users SET email_verified_at = NULL").await;
        provider.database.execute("UPDATE backup_codes SET used_at = 1").await;
        provider.database.execute("UPDATE passkeys SET suspected_at = 1, frozen_at = 1").await;
        let all = needs(&mut ada).await;
        for (place, words) in
            ["copy of your passkey “Passkey”", "“Passkey” is frozen", "not confirmed", "no backup code left", "single point of failure"].into_iter().enumerate()
        {
            assert!(all.get(place).is_some_and(|note| note.contains(words)), "{place}: {all:?}");
        }
        assert_eq!(all.len(), 5);
    }
}

/// C-SES-05, A-RT-05: what is taken back on one node is dead on the other at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_taken_back_on_one_node_is_dead_on_the_other() {
    let first = Provider::start(weftid_tests::database::Kind::Postgres).await;
    let second = first.beside().await;
    let (mut ada, shop) = (first.admin().await, first.shop("shop").await);
    let tokens = shop.welcomes(&mut ada, &["offline_access"]).await;
    let there = shop.at(&second.wire);
    assert!(there.userinfo(&tokens).await.is_ok());
    revokes(&first, &mut ada).await;
    assert!(is_dead(&there, &tokens).await);
}
