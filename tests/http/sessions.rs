//! Sessions of people over HTTP: when one begins, what carries it, and when it is over.

use std::time::Duration;

use futures_util::future::join_all;
use http::header::COOKIE;
use http::{HeaderMap, HeaderValue, Method};
use serde_json::json;
use weftid::actions::audit::Origin;
use weftid::actions::users;
use weftid::base::email::Email;
use weftid_tests::authenticator::Lie;
use weftid_tests::cookies::{Initiator, SameSite};
use weftid_tests::on_both_databases;
use weftid_tests::person::Person;
use weftid_tests::provider::Provider;

use crate::passkeys::{BEGIN, FINISH, almost_signed_in, at_the_sign_in_page, signs_in};
use crate::stored::{events, rows};

const HOUR: Duration = Duration::from_hours(1);

fn secret(person: &Person) -> String {
    person.jar.get("session").expect("the browser has a session cookie").value.clone()
}

/// Whether the house is open to this browser; else it is led to the sign-in page.
async fn is_signed_in(provider: &Provider, person: &Person) -> bool {
    let mut person = person.clone();
    let arrival = person.opens(provider.url("/account")).await;
    let page = arrival.page(200);
    match page.name() {
        "dashboard" => true,
        "sign-in" => false,
        other => panic!("neither in nor out: {other}"),
    }
}

/// Waits until a background write is there.
async fn eventually(provider: &Provider, sql: &str) {
    for _ in 0..200 {
        if provider.database.count(sql).await == 1 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("it never came to be: {sql}");
}

on_both_databases! {
    /// C-SES-03: all cookies are for this host alone, hidden from scripts, over TLS only, and small; nothing else is set on the whole way.
    async fn cookies_are_for_this_host_alone(kind: Kind) {
        let provider = Provider::start(kind).await;
        let ada = provider.admin().await;
        let mut names: Vec<&str> = ada.jar.cookies().iter().map(|cookie| cookie.name.as_str()).collect();
        names.sort_unstable();
        assert_eq!(names, ["__Host-browser", "__Host-hint", "__Host-session"]);
        for cookie in ada.jar.cookies() {
            assert!(cookie.secure && cookie.http_only && cookie.host_only && cookie.same_site == SameSite::Lax && cookie.path == "/", "{cookie:?}");
            assert!(cookie.name.len() + cookie.value.len() < 4_096);
        }
        assert_eq!(ada.jar.refused(), [""; 0]);
        let mut person = at_the_sign_in_page(&provider, &ada).await;
        let finished = person.signs_in_with_passkey(BEGIN, FINISH, &json!({})).await.expect(200);
        let line = finished.header("set-cookie").to_owned();
        let (_, attributes) = line.split_once("; ").expect("attributes");
        assert_eq!(attributes, "Path=/; Max-Age=1209600; HttpOnly; SameSite=Lax; Secure");
    }

    /// C-SES-02: signing in gives a new secret, whatever the browser showed before; the one before is dead.
    async fn signing_in_gives_a_new_secret(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut ada = provider.admin().await;
        let before = ada.clone();
        ada.opens(provider.url("/account")).await.shows("dashboard");
        let finished = ada.signs_in_with_passkey(BEGIN, FINISH, &json!({})).await;
        ada.follows(finished).await.shows("dashboard");
        assert_ne!(secret(&ada), secret(&before));
        assert!(!is_signed_in(&provider, &before).await, "the secret of before still opens something");
        // The same row goes on, under the same name.
        assert_eq!(provider.database.count("SELECT count(*) FROM sessions").await, 1);
        assert_eq!(events(&provider.database, "session_authenticated_again").await, 1);
        assert_eq!(events(&provider.database, "session_started").await, 1);
    }

    /// C-SES-02, C-SES-07: re-authenticating keeps the session's row and name, and moves its times.
    async fn authenticating_again_keeps_the_session(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut ada = provider.admin().await;
        provider.database.execute("CREATE TABLE before AS SELECT id, sid, secret_digest, authenticated_at, created_at FROM sessions").await;
        provider.clock.advance(HOUR);
        ada.opens(provider.url("/account")).await.shows("dashboard");
        ada.signs_in_with_passkey(BEGIN, FINISH, &json!({})).await.expect(200).json();
        let same = "SELECT count(*) FROM sessions s JOIN before b ON b.id = s.id AND b.sid = s.sid AND b.created_at = s.created_at
                    WHERE s.secret_digest <> b.secret_digest AND s.authenticated_at = b.authenticated_at + 3600000";
        assert_eq!(provider.database.count(same).await, 1);
    }

    /// C-SES-02, C-SES-10: a session planted into a browser before its owner signs in gives the planter nothing.
    async fn a_planted_session_gives_nothing(kind: Kind) {
        let provider = Provider::start(kind).await;
        let ada = provider.admin().await;
        let eve = provider.person("eve@id.example", "Eve").await;
        // Eve's whole cookie jar is in Ada's browser: the worst that planting can do.
        let mut victim = ada.at_another_browser();
        victim.jar = eve.jar.clone();
        victim.opens(provider.url("/account")).await.shows("dashboard");
        let finished = victim.signs_in_with_passkey(BEGIN, FINISH, &json!({})).await;
        assert!(victim.follows(finished).await.shows("dashboard").text().contains("Ada Admin"));
        assert!(!secret(&victim).starts_with(&secret(&eve)));
        // What the planter kept opens what it opened before: their own account, and nobody else's.
        let page = eve.clone().opens(provider.url("/account")).await.shows("dashboard");
        assert!(page.text().contains("Eve") && !page.text().contains("Ada"), "{}", page.text());
        let page = eve.clone().opens(provider.url("/choose-account")).await.shows("choose-account");
        assert!(!page.text().contains("ada@"), "{}", page.text());
        // Only Eve's session cookie, in a browser of Ada's own: it is of another browser, and so it is nothing.
        let mut victim = at_the_sign_in_page(&provider, &ada).await;
        let eve = signs_in(&provider, &eve).await;
        victim.jar.put(eve.jar.get("session").expect("a cookie").clone());
        assert!(!is_signed_in(&provider, &victim).await);
        let finished = victim.signs_in_with_passkey(BEGIN, FINISH, &json!({})).await;
        victim.follows(finished).await.shows("dashboard");
        assert!(is_signed_in(&provider, &eve).await, "somebody else's session was touched");
    }

    /// C-SES-07: another person who signs in at the same browser begins a session of their own, and nothing of the first one's is seen.
    async fn another_person_begins_a_session_of_their_own(kind: Kind) {
        let provider = Provider::start(kind).await;
        let ada = provider.admin().await;
        let bob = provider.person("bob@id.example", "Bob Builder").await;
        let mut shared = ada.clone();
        shared.opens(provider.url("/account")).await.shows("dashboard");
        shared.authenticator = bob.authenticator.clone();
        let finished = shared.signs_in_with_passkey(BEGIN, FINISH, &json!({})).await;
        let page = shared.follows(finished).await.shows("dashboard");
        assert!(page.text().contains("Bob Builder") && !page.text().contains("Ada Admin"));
        assert_eq!(provider.database.count("SELECT count(*) FROM sessions").await, 3);
        assert_eq!(provider.database.count("SELECT count(DISTINCT sid) FROM sessions").await, 3);
        assert_eq!(provider.database.count("SELECT count(*) FROM sessions WHERE ended_at IS NOT NULL").await, 0);
    }

    /// C-SES-01: a session's secret counts only beside the cookie of its browser, once, and as it was given.
    async fn a_session_cookie_alone_is_nothing(kind: Kind) {
        let provider = Provider::start(kind).await;
        let ada = provider.admin().await;
        assert!(is_signed_in(&provider, &ada).await);
        let mut without = ada.clone();
        without.jar.forget("browser");
        assert!(!is_signed_in(&provider, &without).await);
        let mut other = at_the_sign_in_page(&provider, &ada).await;
        other.jar.put(ada.jar.get("session").expect("a cookie").clone());
        assert!(!is_signed_in(&provider, &other).await);
        for value in ["", "x", "ws_", &format!("{}=", secret(&ada)), &secret(&ada).to_uppercase(), &secret(&ada)[3..]] {
            let mut forged = ada.clone();
            let mut cookie = ada.jar.get("session").expect("a cookie").clone();
            value.clone_into(&mut cookie.value);
            forged.jar.put(cookie);
            assert!(!is_signed_in(&provider, &forged).await, "{value}");
        }
        // One that comes twice was planted by somebody.
        let url = provider.url("/account");
        let cookies = ada.jar.header(&url, Initiator::SameSite);
        let mut headers = HeaderMap::new();
        headers.insert(COOKIE, HeaderValue::from_str(&format!("{cookies}; __Host-session={}", secret(&ada))).expect("a header"));
        let answer = provider.wire.send(Method::GET, &url, headers, Vec::new()).await;
        assert_eq!(answer.location(), Some(provider.url("/login")), "{answer}");
        assert!(is_signed_in(&provider, &ada).await);
    }

    /// C-SES-04: a session that nobody uses is over after twelve hours, and use keeps it.
    async fn a_session_ends_when_nobody_uses_it(kind: Kind) {
        let provider = Provider::start(kind).await;
        let ada = provider.admin().await;
        provider.clock.advance((HOUR * 12).saturating_sub(Duration::from_millis(1)));
        assert!(is_signed_in(&provider, &ada).await);
        let now = provider.clock.now().millis();
        eventually(&provider, &format!("SELECT count(*) FROM sessions WHERE last_seen_at = {now}")).await;
        provider.clock.advance((HOUR * 12).saturating_sub(Duration::from_millis(1)));
        assert!(is_signed_in(&provider, &ada).await, "use did not keep it");
        let now = provider.clock.now().millis();
        eventually(&provider, &format!("SELECT count(*) FROM sessions WHERE last_seen_at = {now}")).await;
        provider.clock.advance(HOUR * 12);
        assert!(!is_signed_in(&provider, &ada).await);
        // What is over does not come back, and signing in begins another.
        let mut again = ada.clone();
        again.opens(provider.url("/login")).await.shows("sign-in");
        again.touches_passkey().await.shows("dashboard");
        assert_eq!(provider.database.count("SELECT count(*) FROM sessions").await, 2);
    }

    /// C-SES-04: however much it is used, a session is over some day.
    async fn a_session_ends_however_much_it_is_used(kind: Kind) {
        let provider = Provider::start_with(kind, &[("sessions.idle", "2h"), ("sessions.absolute", "3h")]).await;
        let ada = provider.admin().await;
        provider.clock.advance(HOUR + HOUR / 2);
        assert!(is_signed_in(&provider, &ada).await);
        let now = provider.clock.now().millis();
        eventually(&provider, &format!("SELECT count(*) FROM sessions WHERE last_seen_at = {now}")).await;
        provider.clock.advance((HOUR + HOUR / 2).saturating_sub(Duration::from_millis(1)));
        assert!(is_signed_in(&provider, &ada).await);
        provider.clock.advance(Duration::from_millis(1));
        assert!(!is_signed_in(&provider, &ada).await);
    }

    /// C-SES-05: shutting a person out ends their sessions at once, everywhere, and letting them in again does not bring them back.
    async fn shutting_out_ends_sessions_at_once(kind: Kind) {
        let provider = Provider::start(kind).await;
        let ada = provider.admin().await;
        let bob = provider.person("bob@id.example", "Bob").await;
        let at_work = signs_in(&provider, &bob).await;
        let email = Email::parse("bob@id.example").expect("an address");
        users::deactivate(&provider.app, &email, &Origin::command_line()).await.expect("the person is there");
        for browser in [&bob, &at_work] {
            assert!(!is_signed_in(&provider, browser).await);
        }
        assert!(is_signed_in(&provider, &ada).await, "somebody else's session ended");
        users::activate(&provider.app, &email, &Origin::command_line()).await.expect("the person is there");
        for browser in [&bob, &at_work] {
            assert!(!is_signed_in(&provider, browser).await, "a session came back");
        }
        assert_eq!(provider.database.count("SELECT count(*) FROM sessions WHERE ended_at IS NOT NULL").await, 2);
        assert_eq!((events(&provider.database, "user_deactivated").await, events(&provider.database, "sessions_ended").await), (1, 1));
    }

    /// E-RACE-09, B-AUTH-05: however sign-ins and shutting out fall together, no session is alive once the person is shut out.
    async fn no_session_slips_past_shutting_out(kind: Kind) {
        let provider = Provider::start(kind).await;
        let bob = provider.person("bob@id.example", "Bob").await;
        let email = Email::parse("bob@id.example").expect("an address");
        for round in 0..5 {
            let mut tabs = Vec::new();
            for _ in 0..10 {
                let mut person = at_the_sign_in_page(&provider, &bob).await;
                let body = almost_signed_in(&mut person, &[]).await;
                tabs.push((person, body));
            }
            let origin = Origin::command_line();
            let shut_out = async {
                tokio::time::sleep(Duration::from_millis(round * 3)).await;
                users::deactivate(&provider.app, &email, &origin).await.expect("the person is there");
            };
            let sign_ins = join_all(tabs.iter_mut().map(|(person, body)| person.posts_json(FINISH, body)));
            let (answers, ()) = tokio::join!(sign_ins, shut_out);
            assert!(answers.iter().all(|answer| [200, 401].contains(&answer.status.as_u16())));
            assert_eq!(provider.database.count("SELECT count(*) FROM sessions WHERE ended_at IS NULL").await, 0, "round {round}");
            for (person, _) in &tabs {
                assert!(!is_signed_in(&provider, person).await);
            }
            users::activate(&provider.app, &email, &origin).await.expect("the person is there");
        }
    }

    /// C-SES-08: what failed is no session: no cookie, no row.
    async fn a_refused_sign_in_is_no_session(kind: Kind) {
        let provider = Provider::start(kind).await;
        let ada = provider.admin().await;
        let mut person = at_the_sign_in_page(&provider, &ada).await;
        let before = rows(&provider.database).await["sessions"];
        let answer = person.signs_in_with_passkey_lying(BEGIN, FINISH, &json!({}), &[Lie::UserVerified(false)]).await.expect(401);
        assert!(answer.headers.get("set-cookie").is_none());
        assert_eq!(rows(&provider.database).await["sessions"], before);
        assert!(!is_signed_in(&provider, &person).await);
    }

    /// C-SES-05: when the epoch moves, a node of before stops serving, and no session of before is one for the next.
    async fn another_epoch_ends_every_session(kind: Kind) {
        let provider = Provider::start(kind).await;
        let ada = provider.admin().await;
        let mut person = at_the_sign_in_page(&provider, &ada).await;
        let body = almost_signed_in(&mut person, &[]).await;
        provider.database.execute("UPDATE horizon SET epoch = epoch + 1").await;
        let before = rows(&provider.database).await;
        let refused = ada.clone().opens(provider.url("/account")).await;
        assert_eq!(refused.page(503).name(), "error");
        assert!(!refused.answer().header("retry-after").is_empty());
        assert_eq!(provider.wire.get(&provider.url("/readyz")).await.status, 503);
        let answer = person.posts_json(FINISH, &body).await.expect(503);
        assert!(answer.headers.get("set-cookie").is_none());
        assert_eq!(rows(&provider.database).await, before);
        let next = Provider::on(provider.database.copied().await, provider.clock.clone(), &[]).await;
        let mut again = next.stranger();
        again.jar = ada.jar.clone();
        again.opens(next.url("/account")).await.shows("sign-in");
        again.authenticator = ada.authenticator.clone();
        again.touches_passkey().await.shows("dashboard");
    }
}
