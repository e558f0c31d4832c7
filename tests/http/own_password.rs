//! One's own password over HTTP: which are taken, that every character counts, and what setting, changing and removing one does.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::IntoResponse as _;
use axum::routing::get;
use weftid_tests::on_both_databases;
use weftid_tests::person::{Arrival, Person};
use weftid_tests::provider::Provider;

use crate::passkeys::signs_in;
use crate::passwords::{at_the_password, types};
use crate::step_up::{ADA, with_password_alone};
use crate::stored::{block_audit, events, holds, let_audit_through};
use crate::totp::enrols;

pub(crate) const SECRET: &str = "correct horse battery staple";
const PLACE: &str = "/account/password";

/// Ada with a passkey that she has just used, on the page where a password is set.
async fn at_the_page(provider: &Provider) -> Person {
    let mut ada = provider.admin().await;
    ada.opens(provider.url(PLACE)).await.shows("own-password");
    ada
}

async fn sets(person: &mut Person, password: &str) -> Arrival {
    person.presses("set-password", &[("new_password", password)]).await
}

/// How many mails of this kind wait to be sent.
pub(crate) async fn mails(provider: &Provider, kind: &str) -> i64 {
    provider.database.count(&format!("SELECT count(*) FROM mails WHERE kind = '{kind}'")).await
}

/// Whether this password signs Ada in.
async fn is_right(provider: &Provider, password: &str) -> bool {
    let mut person = at_the_password(provider, ADA).await;
    let arrival = types(&mut person, password).await;
    arrival.answer().status == 200 && arrival.answer().page().name() == "dashboard"
}

/// A range service on loopback: what it was asked, and what it says.
#[derive(Clone, Default)]
struct Range {
    asked: Arc<Mutex<Vec<(String, bool)>>>,
    answer: Arc<Mutex<String>>,
    slow: bool,
}

async fn range(State(range): State<Range>, Path(prefix): Path<String>, headers: HeaderMap) -> axum::response::Response {
    let padded = headers.get("add-padding").is_some_and(|value| value == "true");
    range.asked.lock().expect("nobody panicked").push((prefix, padded));
    if range.slow {
        tokio::time::sleep(Duration::from_secs(30)).await;
    }
    range.answer.lock().expect("nobody panicked").clone().into_response()
}

impl Range {
    async fn starts(&self) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let site = Router::new().route("/range/{prefix}", get(range)).with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, site).await });
        format!("http://{address}/range/")
    }

    fn says(&self, lines: &str) {
        lines.clone_into(&mut self.answer.lock().expect("nobody panicked"));
    }
}

on_both_databases! {
    /// C-PW-01: 15 characters where the password is alone, 12 where an authenticator app is always asked too, 256 at most; whatever is shorter or
    /// longer is refused in words, and nothing is cut.
    async fn a_password_has_a_length(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut ada = at_the_page(&provider).await;
        assert!(ada.page().text().contains("At least 15 characters, at most 256."), "{}", ada.page().text());
        // Characters that nobody guesses, and that are not ASCII.
        let of = |length: usize| (0..length).map(|place| char::from_u32(0x4e00 + u32::try_from(place * 7919 % 20_000).unwrap()).unwrap()).collect::<String>();
        for length in [0, 1, 7, 8, 11, 12, 14] {
            let page = sets(&mut ada, &of(length)).await.page(400);
            assert!(page.text().contains("This password is too short"), "{length}: {}", page.text());
        }
        for length in [257, 1_000] {
            let page = sets(&mut ada, &of(length)).await.page(400);
            assert!(page.text().contains("This password is too long"), "{length}: {}", page.text());
        }
        assert_eq!(sets(&mut ada.clone(), &"x".repeat(1024 * 1024)).await.page(413).name(), "error");
        assert_eq!(provider.database.count("SELECT count(*) FROM passwords").await, 0);
        for length in [15, 64, 128, 256] {
            ada.opens(provider.url(PLACE)).await.shows("own-password");
            sets(&mut ada, &of(length)).await.shows("sign-in-methods");
            assert!(is_right(&provider, &of(length)).await, "{length}");
            assert!(!is_right(&provider, &of(length)[..of(length).len() - 3]).await, "{length}: the last character counts");
        }
        enrols(&provider, &mut ada).await;
        let page = ada.opens(provider.url(PLACE)).await.shows("own-password");
        assert!(page.text().contains("At least 12 characters"), "{}", page.text());
        assert_eq!(sets(&mut ada, &of(11)).await.page(400).name(), "own-password");
        sets(&mut ada, &of(12)).await.shows("sign-in-methods");
    }

    /// C-PW-02: nothing is trimmed, folded or cut; the same letters written in two ways are the same password.
    async fn every_character_counts(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut ada = at_the_page(&provider).await;
        let password = format!(" Grüne Schirme \u{1f995} im Flur {} ", "und noch viele mehr".repeat(4));
        assert!(password.chars().count() > 100);
        sets(&mut ada, &password).await.shows("sign-in-methods");
        assert!(is_right(&provider, &password).await);
        assert!(is_right(&provider, &password.replace('ü', "u\u{308}")).await, "NFD");
        for other in [
            password.trim().to_owned(),
            password.trim_end().to_owned(),
            format!("{password} "),
            format!("{password}\0"),
            password.to_lowercase(),
            password.chars().take(72).collect(),
            password.replace('ü', "u"),
        ] {
            assert!(!is_right(&provider, &other).await, "{other:?}");
            provider.clock.advance(Duration::from_hours(2));
        }
    }

    /// C-PW-03: what many choose, what follows a pattern and what is made of the person or the house is refused, without asking anybody.
    async fn what_is_easily_guessed_is_refused(kind: Kind) {
        let provider = Provider::start_with(kind, &[("brand.name", "Umbrella Works")]).await;
        let mut ada = at_the_page(&provider).await;
        for weak in [
            "passwordpassword", "Password12345678!", "qwertyuiopasdfgh", "1234567890123456", "aaaaaaaaaaaaaaaaaaaa", "iloveyouiloveyou", "letmeinletmein123",
            "umbrellaworks2026", "Umbrella Works!!", "ada@id.example.com", "adaadminadaadmin", "id.example.id.example",
        ] {
            let arrival = sets(&mut ada, weak).await;
            assert_eq!(arrival.answer().status, 400, "{weak}");
            assert!(arrival.page(400).text().contains("This password is too easy to guess"), "{weak}");
        }
        assert_eq!(provider.database.count("SELECT count(*) FROM passwords").await, 0);
        sets(&mut ada, "seven grey otters on a quiet river").await.shows("sign-in-methods");
    }

    /// C-PW-03: a range service is told five digits of a SHA-1 and no more, with padding asked for; what it knows is refused, padding is not.
    async fn what_was_in_a_breach_is_refused(kind: Kind) {
        let service = Range::default();
        let url = service.starts().await;
        let provider = Provider::start_with(kind, &[("passwords.breached", &url)]).await;
        let mut ada = at_the_page(&provider).await;
        // SHA-1 of "seven grey otters on a quiet river".
        let (otters, prefix, suffix) = ("seven grey otters on a quiet river", "922AD", "957EEAF95658BE8C8A3D71BFDF6E013F548");
        service.says(&format!("0018A45C4D1DEF81644B54AB7F969B88D65:3\r\n{suffix}:12\r\n"));
        let page = sets(&mut ada, otters).await.page(400);
        assert!(page.text().contains("This password was in a data breach"), "{}", page.text());
        assert_eq!(*service.asked.lock().expect("nobody panicked"), [(prefix.to_owned(), true)]);
        service.says(&format!("{suffix}:0\r\n"));
        sets(&mut ada, otters).await.shows("sign-in-methods");
        assert_eq!(events(&provider.database, "breached_passwords_not_asked").await, 0);
    }

    /// C-PW-03: where the service doesn't answer in time, answers nonsense or isn't there, the password is taken, and the audit log says so.
    async fn a_service_that_is_gone_stops_nobody(kind: Kind) {
        let slow = Range { slow: true, ..Range::default() };
        let endless = Range::default();
        endless.says(&"A".repeat(1024 * 1024));
        let gone = "http://127.0.0.1:9/range/".to_owned();
        let missing = "/nowhere/breached-passwords.txt".to_owned();
        let (slow, endless) = (slow.starts().await, endless.starts().await);
        for setting in [("passwords.breached", slow), ("passwords.breached", endless), ("passwords.breached", gone), ("passwords.breached_file", missing)] {
            let provider = Provider::start_with(kind, &[(setting.0, &setting.1)]).await;
            let mut ada = at_the_page(&provider).await;
            let began = std::time::Instant::now();
            sets(&mut ada, SECRET).await.shows("sign-in-methods");
            assert!(began.elapsed() < Duration::from_secs(10), "{setting:?}");
            assert_eq!((events(&provider.database, "breached_passwords_not_asked").await, events(&provider.database, "password_set").await), (1, 1), "{setting:?}");
        }
    }

    /// C-PW-04: no rules about letters, no hint, no end; it can be pasted, shown, and filled in by a password manager.
    async fn the_page_helps_password_managers(kind: Kind) {
        let provider = Provider::start(kind).await;
        let ada = with_password_alone(&provider, false).await;
        let mut ada = ada;
        let arrival = ada.opens(provider.url(PLACE)).await;
        let page = arrival.shows("own-password");
        let autocomplete = |name: &str| page.with("name", name).find_map(|field| field.attribute("autocomplete")).map(str::to_owned);
        assert_eq!(autocomplete("new_password").as_deref(), Some("new-password"));
        assert_eq!(autocomplete("current_password").as_deref(), Some("current-password"));
        assert_eq!(page.with("autocomplete", "username").filter_map(|field| field.attribute("value")).collect::<Vec<_>>(), [ADA]);
        assert_eq!(page.all("button").filter(|button| button.attribute("data-reveals").is_some()).count(), 2);
        for field in page.all("input") {
            let forbidden = ["pattern", "maxlength", "minlength", "onpaste"].into_iter().find(|name| field.attribute(name).is_some());
            assert!(field.attribute("type") != Some("password") || forbidden.is_none(), "{forbidden:?}");
        }
        assert_eq!(arrival.answer().header("cache-control"), "no-store");
    }

    /// C-PW-05: changing needs the password of now, unless a passkey was used; other sessions end, unless their owner says otherwise.
    async fn a_change_needs_the_current_one(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut ada = with_password_alone(&provider, false).await;
        let mut there = at_the_password(&provider, ADA).await;
        types(&mut there, SECRET).await.shows("dashboard");
        ada.opens(provider.url(PLACE)).await.shows("own-password");
        let new = "seven grey otters on a quiet river";
        for current in ["", " ", "correct horse battery stapl", "Correct horse battery staple"] {
            let arrival = ada.presses("set-password", &[("current_password", current), ("new_password", new)]).await;
            let page = arrival.page(401);
            assert!(page.text().contains("The current password is not right"), "{current:?}: {}", page.text());
            assert!(!arrival.answer().text().contains(new), "what was typed does not come back");
        }
        let form = ada.page().form("set-password").expect("a form").0;
        for fields in [&[][..], &[("current_password[]", SECRET)], &[("current_password", SECRET), ("current_password", SECRET)]] {
            let mut sent = form.clone();
            sent.fields.retain(|(name, _)| !name.ends_with("password"));
            sent.fields.push(("new_password".to_owned(), new.to_owned()));
            sent.fields.extend(fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
            let status = ada.clone().submit(&sent, &[], None).await.answer().status.as_u16();
            assert!([400, 401, 429].contains(&status), "{fields:?}: {status}");
        }
        assert_eq!(events(&provider.database, "password_changed").await, 0);
        provider.clock.advance(Duration::from_mins(2));
        let page = ada.presses("set-password", &[("current_password", SECRET), ("new_password", new)]).await.shows("sign-in-methods");
        assert!(page.text().contains("The password is changed. Everywhere but here you are signed out."), "{}", page.text());
        assert_eq!(there.opens(provider.url("/account")).await.page(200).name(), "sign-in");
        ada.opens(provider.url("/account")).await.shows("dashboard");
        assert!(is_right(&provider, new).await && !is_right(&provider, SECRET).await);

        types(&mut there, new).await;
        let mut there = at_the_password(&provider, ADA).await;
        types(&mut there, new).await.shows("dashboard");
        ada.opens(provider.url(PLACE)).await.shows("own-password");
        let page = ada.presses("set-password", &[("current_password", new), ("new_password", SECRET), ("others_stay", "yes")]).await.shows("sign-in-methods");
        assert!(page.text().contains("The password is changed.") && !page.text().contains("Everywhere but here"), "{}", page.text());
        there.opens(provider.url("/account")).await.shows("dashboard");
        assert_eq!(events(&provider.database, "password_changed").await, 2);
    }

    /// C-PW-05, C-NOT-01: whoever has just used a passkey changes the password without the one of now, which may be forgotten.
    async fn a_passkey_changes_it_without_the_current_one(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut ada = at_the_page(&provider).await;
        sets(&mut ada, SECRET).await.shows("sign-in-methods");
        let page = ada.opens(provider.url(PLACE)).await.shows("own-password");
        assert_eq!(page.with("name", "current_password").count(), 0);
        sets(&mut ada, "seven grey otters on a quiet river").await.shows("sign-in-methods");
        for kind in ["password_set", "password_changed"] {
            assert_eq!((events(&provider.database, kind).await, mails(&provider, kind).await), (1, 1), "{kind}");
        }
    }

    /// C-PW-06: what rests is an Argon2id hash, and the password stands nowhere.
    async fn what_rests_is_a_hash(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut ada = at_the_page(&provider).await;
        let password = "canary-otters-7Q2x-quiet-river";
        sets(&mut ada, password).await.shows("sign-in-methods");
        assert!(!holds(&provider.database, password.as_bytes()).await);
        assert_eq!(provider.database.count("SELECT count(*) FROM passwords WHERE hash LIKE '$argon2id$v=19$m=%'").await, 1);
    }

    /// B-LC-02, C-TOTP-06: removing says what remains, takes the authenticator app with it, and takes the last way in only if that is meant.
    async fn the_last_way_in_stays_unless_it_is_meant(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut ada = at_the_page(&provider).await;
        sets(&mut ada, SECRET).await.shows("sign-in-methods");
        enrols(&provider, &mut ada).await;
        let page = ada.presses("remove-password", &[]).await.shows("remove-password");
        assert!(page.text().contains("You can still sign in with: Passkey") && page.text().contains("switched off too"), "{}", page.text());
        let there = signs_in(&provider, &ada).await;
        let page = ada.presses("remove-password", &[]).await.shows("sign-in-methods");
        assert!(page.text().contains("The password is removed.") && page.text().contains("No password"), "{}", page.text());
        assert_eq!(there.clone().opens(provider.url("/account")).await.page(200).name(), "sign-in");
        assert_eq!(provider.database.count("SELECT count(*) FROM passwords").await + provider.database.count("SELECT count(*) FROM totps").await, 0);
        for kind in ["password_removed", "totp_removed"] {
            assert_eq!((events(&provider.database, kind).await, mails(&provider, kind).await), (1, 1), "{kind}");
        }
        assert!(!is_right(&provider, SECRET).await);
        assert_eq!(ada.opens(provider.url("/account/password/remove")).await.page(404).name(), "error");

        let provider = Provider::start(kind).await;
        let mut ada = with_password_alone(&provider, false).await;
        let page = ada.opens(provider.url("/account/password/remove")).await.shows("remove-password");
        assert!(page.text().contains("no way to sign in as ada@id.example"), "{}", page.text());
        for meant in ["", "no", "on"] {
            assert_eq!(ada.clone().presses("remove-password", &[("last_way", meant)]).await.page(409).name(), "error");
        }
        assert_eq!(provider.database.count("SELECT count(*) FROM passwords").await, 1);
        let page = ada.presses("remove-password", &[("last_way", "yes")]).await.shows("sign-in-methods");
        assert!(page.text().contains("Nobody can sign in to this account any more"), "{}", page.text());
    }

    /// B-LC-02: the last passkey goes without a further yes where a password remains, and the page says what does.
    async fn the_last_passkey_may_go_where_a_password_remains(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut ada = at_the_page(&provider).await;
        sets(&mut ada, SECRET).await.shows("sign-in-methods");
        enrols(&provider, &mut ada).await;
        let page = ada.presses("revoke", &[]).await.shows("revoke-passkey");
        assert!(page.text().contains("You can still sign in with: Your password and your authenticator app"), "{}", page.text());
        let page = ada.presses("revoke", &[]).await.shows("sign-in-methods");
        assert!(page.text().contains("You can still sign in with your password and your authenticator app."), "{}", page.text());
        assert!(page.text().contains("You sign in without a passkey.") && !page.text().contains("Nobody can sign in"), "{}", page.text());
    }

    /// B-LC-02: two pages that take the last two ways away at the same moment leave one.
    async fn two_pages_cannot_take_the_last_two_ways(kind: Kind) {
        for _ in 0..5 {
            let provider = Provider::start(kind).await;
            let mut here = at_the_page(&provider).await;
            sets(&mut here, SECRET).await.shows("sign-in-methods");
            let mut there = here.clone();
            here.presses("revoke", &[]).await.shows("revoke-passkey");
            there.presses("remove-password", &[]).await.shows("remove-password");
            tokio::join!(here.presses("revoke", &[]), there.presses("remove-password", &[]));
            let left = provider.database.count("SELECT count(*) FROM passkeys").await + provider.database.count("SELECT count(*) FROM passwords").await;
            assert_eq!(left, 1);
        }
    }

    /// B-LC-03: where passwords let nobody in, none is set.
    async fn where_passwords_are_off_none_is_set(kind: Kind) {
        let provider = Provider::start_with(kind, &[("sign_in.passwords", "never")]).await;
        let mut ada = at_the_page(&provider).await;
        assert_eq!(sets(&mut ada.clone(), SECRET).await.page(403).name(), "error");
        let page = ada.opens(provider.url("/account/sign-in-methods")).await.shows("sign-in-methods");
        assert!(page.action("password").is_none() && !page.text().contains("Authenticator app"), "{}", page.text());
        // One that is there from before can be taken away.
        provider.gives_password(ADA, SECRET).await;
        let page = ada.opens(provider.url("/account/sign-in-methods")).await.shows("sign-in-methods");
        assert!(page.action("password").is_none() && page.action("enrol").is_none(), "{:?}", page.actions());
        ada.presses("remove-password", &[]).await.shows("remove-password");
        ada.presses("remove-password", &[]).await.shows("sign-in-methods");
    }

    /// D-AUD-03: where the event can't be written, no password is set, changed or removed.
    async fn no_change_of_a_password_without_its_event(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut ada = at_the_page(&provider).await;
        block_audit(&provider.database).await;
        assert_eq!(sets(&mut ada.clone(), SECRET).await.page(503).name(), "error");
        assert_eq!(provider.database.count("SELECT count(*) FROM passwords").await, 0);
        let_audit_through(&provider.database).await;
        sets(&mut ada, SECRET).await.shows("sign-in-methods");
        ada.presses("remove-password", &[]).await.shows("remove-password");
        block_audit(&provider.database).await;
        assert_eq!(ada.clone().presses("remove-password", &[]).await.page(503).name(), "error");
        assert_eq!(provider.database.count("SELECT count(*) FROM passwords").await, 1);
    }
}
