//! Sessions, as their person looks after them: the list, ending one or all others, how many there may be; on one node and on two.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;
use weftid_tests::authenticator::{Authenticator, Lie};
use weftid_tests::database::Kind;
use weftid_tests::html::Page;
use weftid_tests::on_both_databases;
use weftid_tests::person::Person;
use weftid_tests::provider::Provider;

use crate::accounts::joins;
use crate::passkeys::{FINISH, almost_signed_in, at_the_sign_in_page, signs_in};
use crate::stored::{block_audit, events, let_audit_through, rows};

const PLACE: &str = "/account/sessions";
const MINUTE: Duration = Duration::from_mins(1);

async fn is_signed_in(provider: &Provider, person: &Person) -> bool {
    let mut person = person.clone();
    person.opens(provider.url("/account")).await.page(200).name() == "dashboard"
}

async fn looks(provider: &Provider, person: &mut Person) -> Page {
    person.opens(provider.url(PLACE)).await.shows("sessions")
}

/// Where each of the others is ended.
fn ends(page: &Page) -> Vec<String> {
    page.forms().into_iter().map(|form| form.action).filter(|action| action.ends_with("/end") && !action.contains("/others/")).collect()
}

async fn living(provider: &Provider) -> i64 {
    provider.database.count("SELECT count(*) FROM sessions WHERE ended_at IS NULL").await
}

on_both_databases! {
    /// C-SES-06: the list says of every living session with what, from where, since when and by what means; the one that asks leads; nobody else's is
    /// there, and no id of a row.
    async fn the_list_says_what_is_known(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut ada = provider.admin().await;
        provider.person("bob@id.example", "Bob").await;
        provider.clock.advance(Duration::from_hours(24));
        let mut phone = ada.at_another_browser();
        phone.headers = vec![("user-agent", "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) Version/18.5 Mobile Safari/604.1".to_owned())];
        phone.opens(provider.url("/login")).await.shows("sign-in");
        phone.touches_passkey().await.shows("dashboard");
        let page = looks(&provider, &mut phone).await;
        // Ada's first browser was not used for a day and is over.
        let text = page.text();
        assert!(text.contains("Safari on iPhone This one") && !text.contains("Chrome on Linux"), "{text}");
        assert_eq!((ends(&page).len(), page.action("end-others").is_some()), (0, false));

        ada = signs_in(&provider, &ada).await;
        provider.clock.advance(MINUTE);
        let page = looks(&provider, &mut ada).await;
        let text = page.text();
        let (here, there) = (text.find("Chrome on Linux This one").expect("this one"), text.find("Safari on iPhone").expect("the other"));
        assert!(here < there, "{text}");
        for part in ["Started today", "last seen today", "Network 127.0.0.1", "Passkey “Passkey”"] {
            assert_eq!(text.matches(part).count(), 2, "{part}: {text}");
        }
        assert_eq!(ends(&page).len(), 1);
        let rows = provider.database.count("SELECT count(*) FROM sessions").await;
        assert_eq!(rows, 4, "others have theirs");
        assert!(page.actions().contains(&"end-others"));
    }

    /// C-SES-06, C-SUDO-01: one is ended, or all others, by whoever proved just now who they are; it is dead at once, and the one that asked stays.
    async fn one_ends_or_all_others(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut ada = provider.admin().await;
        let (work, phone) = (signs_in(&provider, &ada).await, signs_in(&provider, &ada).await);
        let bob = provider.person("bob@id.example", "Bob").await;
        provider.clock.advance(Duration::from_mins(5));
        looks(&provider, &mut ada).await;
        let before = rows(&provider.database).await;
        let page = ada.presses("end-others", &[]).await.shows("confirm");
        assert_eq!(page.action("skip").and_then(|link| link.attribute("href")), Some(provider.url(PLACE).as_str()), "cancelling leads back");
        assert_eq!((rows(&provider.database).await, living(&provider).await), (before, 4));

        ada = signs_in(&provider, &ada).await;
        let page = looks(&provider, &mut ada).await;
        assert_eq!(ends(&page).len(), 3);
        let first = ends(&page)[0].clone();
        let form = page.form_to(provider.url(&first).path()).or_else(|| page.form_to(&first)).expect("a form");
        let page = ada.submit(&form, &[], None).await.shows("sessions");
        assert!(page.text().contains("The session has ended.") && ends(&page).len() == 2, "{}", page.text());
        assert_eq!((living(&provider).await, events(&provider.database, "session_ended").await), (4, 1));
        // Twice is once.
        ada.submit(&form, &[], None).await.shows("sessions");
        assert_eq!(events(&provider.database, "session_ended").await, 1);

        let page = ada.presses("end-others", &[]).await.shows("sessions");
        assert!(page.text().contains("All other sessions have ended.") && ends(&page).is_empty(), "{}", page.text());
        for (person, lives) in [(&ada, true), (&work, false), (&phone, false), (&bob, true)] {
            assert_eq!(is_signed_in(&provider, person).await, lives);
        }
        assert_eq!(events(&provider.database, "sessions_ended").await, 1);
        let by_her = "SELECT count(*) FROM audit_events WHERE kind IN ('session_ended', 'sessions_ended') AND actor LIKE 'user:%' AND detail LIKE '%ended_by_owner%'";
        assert_eq!(provider.database.count(by_her).await, 2);
    }

    /// C-SES-06: another person's session is not there to be ended, whoever knows its name; the own one is left by signing out.
    async fn another_persons_session_is_not_found(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut ada = provider.admin().await;
        let bob = provider.person("bob@id.example", "Bob").await;
        let mut other = signs_in(&provider, &bob).await;
        // What an application knows of Bob's session.
        let bobs = ends(&looks(&provider, &mut other).await)[0].clone();
        looks(&provider, &mut ada).await;
        let token = ada.page().csrf_token().expect("a token").to_owned();
        let before = rows(&provider.database).await;
        for sid in [bobs.as_str(), "/account/sessions/x/end", "/account/sessions/%00/end", "/account/sessions/others%2Fx/end"] {
            let here = ada.url();
            ada.clone().is_made_to_post_from(&here, &provider.url(sid), &[("csrf", &token)]).await.page(404);
        }
        assert!(is_signed_in(&provider, &bob).await);
        assert_eq!((rows(&provider.database).await, living(&provider).await), (before, 3));

        let shop = provider.shop("shop").await;
        let tokens = shop.welcomes(&mut ada, &[]).await;
        let own = format!("{PLACE}/{}/end", tokens.claims["sid"].as_str().expect("a sid"));
        looks(&provider, &mut ada).await;
        let here = ada.url();
        ada.is_made_to_post_from(&here, &provider.url(&own), &[("csrf", &token)]).await.shows("sign-out");
        assert!(is_signed_in(&provider, &ada).await);
        // Signed out, nobody ends anything.
        let mut stranger = provider.stranger();
        stranger.opens(provider.url("/login")).await.shows("sign-in");
        let token = stranger.page().csrf_token().expect("a token").to_owned();
        let here = stranger.url();
        stranger.is_made_to_post_from(&here, &provider.url(&bobs), &[("csrf", &token)]).await.shows("sign-in");
        assert!(is_signed_in(&provider, &bob).await);
    }

    /// D-AUD-03: where its event can't be written no session ends.
    async fn no_session_ends_without_its_event(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut ada = provider.admin().await;
        let other = signs_in(&provider, &ada).await;
        looks(&provider, &mut ada).await;
        block_audit(&provider.database).await;
        for action in ["end-session", "end-others"] {
            ada.clone().presses(action, &[]).await.page(503);
        }
        assert!(is_signed_in(&provider, &other).await);
        let_audit_through(&provider.database).await;
        ada.presses("end-session", &[]).await.shows("sessions");
        assert!(!is_signed_in(&provider, &other).await);
    }

    /// C-SES-09: with one session more than a person may have, the one ends that was not used for the longest time, and nobody else's.
    async fn a_person_has_no_more_sessions_than_the_limit(kind: Kind) {
        let provider = Provider::start_with(kind, &[("sessions.most_per_user", "3")]).await;
        let mut ada = provider.admin().await;
        let bob = provider.person("bob@id.example", "Bob").await;
        let mut browsers = vec![ada.clone()];
        for _ in 0..2 {
            provider.clock.advance(Duration::from_mins(10));
            browsers.push(signs_in(&provider, &ada).await);
        }
        let page = looks(&provider, &mut ada).await;
        assert!(page.text().contains("in 3 browsers at the same time") && ends(&page).len() == 2, "{}", page.text());
        // The oldest is used, so that the second is the one that rested longest.
        let now = provider.clock.now().millis();
        for _ in 0..200 {
            if provider.database.count(&format!("SELECT count(*) FROM sessions WHERE last_seen_at = {now}")).await >= 2 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        provider.clock.advance(MINUTE);
        browsers.push(signs_in(&provider, &ada).await);
        let mut alive = Vec::new();
        for browser in &browsers {
            alive.push(is_signed_in(&provider, browser).await);
        }
        assert_eq!(alive, [true, false, true, true]);
        assert!(is_signed_in(&provider, &bob).await);
        assert_eq!(provider.database.count("SELECT count(*) FROM audit_events WHERE kind = 'session_ended' AND detail LIKE '%too_many_sessions%'").await, 1);
    }

    /// C-SES-09, E-RACE-05: twenty sign-ins at once do not slip past the limit.
    async fn sign_ins_at_once_do_not_slip_past_the_limit(kind: Kind) {
        let provider = Provider::start_with(kind, &[("sessions.most_per_user", "3")]).await;
        let ada = provider.admin().await;
        let mut tabs = Vec::new();
        for _ in 0..20 {
            let mut person = at_the_sign_in_page(&provider, &ada).await;
            let body = almost_signed_in(&mut person, &[]).await;
            tabs.push((person, body));
        }
        let answers = join_all(tabs.iter_mut().map(|(person, body)| person.posts_json(FINISH, body))).await;
        assert!(answers.iter().all(|answer| answer.status == 200));
        assert_eq!(living(&provider).await, 3);
    }

    /// C-SES-02: a refused proof changes no session, and no account beside it.
    async fn a_refused_proof_leaves_everybody_where_they_are(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (ada, bob) = (provider.admin().await, provider.person("bob@id.example", "Bob").await);
        let mut browser = signs_in(&provider, &ada).await;
        joins(&provider, &mut browser, &bob).await;
        let before = browser.jar.clone();
        browser.authenticator = ada.authenticator.clone();
        browser.opens(provider.url("/login?another=yes")).await.shows("sign-in");
        browser.signs_in_with_passkey_lying("/login/passkey/begin", FINISH, &json!({}), &[Lie::BrokenSignature]).await.expect(401).json();
        browser.authenticator = Authenticator::default();
        assert_eq!(browser.jar.get("session"), before.get("session"));
        assert_eq!(living(&provider).await, 4);
    }
}

/// Two nodes over one PostgreSQL database.
async fn two_nodes() -> (Provider, Provider) {
    let first = Provider::start(Kind::Postgres).await;
    let second = first.beside().await;
    (first, second)
}

/// C-SES-05: a session that ended on one node, in whatever way, is dead on the other within a second.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_ends_on_one_node_is_dead_on_the_other() {
    let (first, second) = two_nodes().await;
    let mut ada = first.admin().await;
    let elsewhere = |person: &Person| {
        let mut person = person.clone();
        person.is_served_by(&second.wire);
        person
    };
    for way in ["end-session", "end-others", "sign-out"] {
        let mut other = signs_in(&first, &ada).await;
        assert!(is_signed_in(&second, &elsewhere(&other)).await, "{way}");
        // As a thief would have kept it.
        let cookies = other.clone();
        let ended = if way == "sign-out" {
            other.opens(first.url("/account")).await.shows("dashboard");
            let ended = std::time::Instant::now();
            other.presses(way, &[]).await.shows("signed-out");
            ended
        } else {
            looks(&first, &mut ada).await;
            let ended = std::time::Instant::now();
            ada.presses(way, &[]).await.shows("sessions");
            ended
        };
        assert!(!is_signed_in(&second, &elsewhere(&cookies)).await, "{way}");
        assert!(ended.elapsed() < Duration::from_secs(1), "{way} took {:?}", ended.elapsed());
        assert!(is_signed_in(&second, &elsewhere(&ada)).await, "the one that asked stays");
    }
}

/// E-RACE-09, C-SES-05: sign-ins on one node and "end all others" on the other fall together: what the list shows afterwards is what is alive.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ending_all_others_is_exact_across_nodes() {
    let (first, second) = two_nodes().await;
    let mut ada = first.admin().await;
    for round in 0..5 {
        let mut tabs = Vec::new();
        for _ in 0..8 {
            let mut person = ada.at_another_browser();
            person.is_served_by(&second.wire);
            person.opens(second.url("/login")).await.shows("sign-in");
            let body = almost_signed_in(&mut person, &[]).await;
            tabs.push((person, body));
        }
        looks(&first, &mut ada).await;
        let sign_ins = join_all(tabs.iter_mut().map(|(person, body)| person.posts_json(FINISH, body)));
        let end = async {
            tokio::time::sleep(Duration::from_millis(round * 4)).await;
            if ada.page().action("end-others").is_some() { Some(ada.presses("end-others", &[]).await) } else { None }
        };
        let (answers, _) = tokio::join!(sign_ins, end);
        assert!(answers.iter().all(|answer| answer.status == 200));
        let mut alive = 1;
        for (person, _) in &tabs {
            alive += i64::from(is_signed_in(&second, person).await);
        }
        assert_eq!(living(&first).await, alive, "round {round}");
    }
}
