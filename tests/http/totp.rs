//! The authenticator app of a person, over HTTP: how it is set up, which codes count, that each counts once, and what switching it off means.

use std::time::Duration;

use futures_util::future::join_all;
use weftid_tests::html::Page;
use weftid_tests::on_both_databases;
use weftid_tests::own_secrets::{self, AuthenticatorApp};
use weftid_tests::person::{Arrival, Person};
use weftid_tests::provider::Provider;

use crate::own_password::{SECRET, mails};
use crate::passkeys::signs_in;
use crate::step_up::{ADA, STEP_UP, with_password_alone};
use crate::stored::{block_audit, events, holds, let_audit_through};

const PLACE: &str = "/account/sign-in-methods";
const BEGIN: &str = "/account/totp/begin";
const STEP: Duration = Duration::from_secs(30);

/// The secret that the page shows, as an app takes it over.
fn key(page: &Page) -> String {
    let shown: Vec<String> = page.all("code").filter(|code| code.attribute("data-key").is_some()).map(|code| page.text_of(code)).collect();
    let [key] = <[String; 1]>::try_from(shown).expect("one key");
    key
}

/// Opens the page on which an app is set up; the app in the person's hand has taken the secret over.
async fn scans(provider: &Provider, person: &mut Person) -> AuthenticatorApp {
    let page = person.opens(provider.url(BEGIN)).await.shows("authenticator-app");
    AuthenticatorApp::of_key(&key(&page))
}

/// Sets an app up.
pub(crate) async fn enrols(provider: &Provider, person: &mut Person) -> AuthenticatorApp {
    let app = scans(provider, person).await;
    person.presses("enrol", &[("code", &app.code(&provider.clock))]).await.shows("sign-in-methods");
    app
}

/// The same, and the person stays signed in elsewhere.
pub(crate) async fn enrols_keeping(provider: &Provider, person: &mut Person) -> AuthenticatorApp {
    let app = scans(provider, person).await;
    let code = app.code(&provider.clock);
    person.presses("enrol", &[("code", &code), ("others_stay", "yes")]).await.shows("sign-in-methods");
    app
}

async fn ada_with_password(provider: &Provider) -> Person {
    let mut ada = provider.admin().await;
    provider.gives_password(ADA, SECRET).await;
    ada.opens(provider.url(PLACE)).await.shows("sign-in-methods");
    ada
}

async fn apps(provider: &Provider) -> i64 {
    provider.database.count("SELECT count(*) FROM totps").await
}

/// What the page for a code says to this one, in a browser of its own.
async fn confirms_with(at_the_code: &Person, code: &str) -> Arrival {
    at_the_code.clone().presses("continue", &[("code", code)]).await
}

on_both_databases! {
    /// C-TOTP-04: the secret has 160 bits, is drawn by us, shown on a page that nobody keeps and in no address, rests sealed, and counts only once a
    /// code of it was seen.
    async fn an_app_is_set_up_by_picture_or_by_hand(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut ada = ada_with_password(&provider).await;
        assert!(ada.page().text().contains("No authenticator app The password alone opens your account."), "{}", ada.page().text());
        let arrival = ada.presses("enrol", &[]).await;
        let page = arrival.shows("authenticator-app");
        assert_eq!(arrival.answer().header("cache-control"), "no-store");
        assert_eq!(page.all("svg").filter(|svg| svg.attribute("role") == Some("img")).count(), 1);
        let key = key(&page);
        assert_eq!(key.replace(' ', "").len() * 5, 160, "{key}");
        let address = arrival.url.to_string();
        assert!(!address.contains(&key[..4]) && !address.contains('?'), "{address}");
        assert!(page.all("img").all(|img| img.attribute("src").is_some_and(|src| src.starts_with("/assets/"))));
        assert_ne!(key, self::key(&ada.opens(provider.url(BEGIN)).await.shows("authenticator-app")), "every look has its own");
        assert_eq!(apps(&provider).await, 0, "nothing counts yet");

        let app = scans(&provider, &mut ada).await;
        let page = ada.presses("enrol", &[("code", &app.code(&provider.clock))]).await.shows("sign-in-methods");
        assert!(page.text().contains("Your authenticator app is set up.") && page.text().contains("Set up today"), "{}", page.text());
        assert_eq!((apps(&provider).await, events(&provider.database, "totp_added").await), (1, 1));
        for secret in [app.secret().to_vec(), app.key().into_bytes()] {
            assert!(!holds(&provider.database, &secret).await, "it rests in the clear");
        }
    }

    /// C-TOTP-03: exactly six ASCII digits, but for spaces and one hyphen; what is no code sets nothing up, and the same picture is good for another
    /// try.
    async fn what_is_no_code_sets_nothing_up(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut ada = ada_with_password(&provider).await;
        let app = scans(&provider, &mut ada).await;
        let code = app.code(&provider.clock);
        let wide: String = code.chars().filter_map(|digit| char::from_u32(u32::from(digit) + 0xfee0)).collect();
        let variants = [
            String::new(), " ".to_owned(), wide, format!("0{code}"), format!("{code}0"), code[..5].to_owned(), format!("+{code}"), format!("{code}\u{0}"),
            format!("[\"{code}\"]"), "null".to_owned(), format!("{}\u{a0}{}", &code[..3], &code[3..]), format!("{}--{}", &code[..3], &code[3..]),
        ];
        for typed in &variants {
            let page = ada.presses("enrol", &[("code", typed)]).await.page(400);
            assert!(page.text().contains("That code was not right"), "{typed:?}: {}", page.text());
            assert_eq!(key(&page).replace(' ', ""), app.key(), "{typed:?}");
        }
        let form = ada.page().form("enrol").expect("a form").0;
        let mut missing = form.clone();
        missing.fields.retain(|(name, _)| name != "code");
        assert_eq!(ada.clone().submit(&missing, &[], None).await.page(400).name(), "authenticator-app");
        let mut twice = form.clone();
        twice.fields.push(("code".to_owned(), code.clone()));
        twice.fields.push(("code".to_owned(), code.clone()));
        assert_eq!(ada.clone().submit(&twice, &[], None).await.page(400).name(), "error", "a field that comes twice is refused");
        let mut array = missing.clone();
        array.fields.push(("code[]".to_owned(), code.clone()));
        assert_eq!(ada.clone().submit(&array, &[], None).await.page(400).name(), "authenticator-app");
        assert_eq!((apps(&provider).await, events(&provider.database, "totp_added").await), (0, 0));
        let spaced = format!(" {} - {} ", &code[..3], &code[3..]);
        ada.presses("enrol", &[("code", &spaced)]).await.shows("sign-in-methods");
        assert_eq!(apps(&provider).await, 1);
    }

    /// C-TOTP-02: codes of one step to either side and no more, by the server's time.
    async fn the_window_is_one_step_to_either_side(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut ada = ada_with_password(&provider).await;
        let app = scans(&provider, &mut ada).await;
        for (step, is_right) in [(-2, false), (2, false), (1, true)] {
            let arrival = ada.clone().presses("enrol", &[("code", &app.code_in(&provider.clock, step))]).await;
            assert_eq!(arrival.page(if is_right { 200 } else { 400 }).name(), if is_right { "sign-in-methods" } else { "authenticator-app" }, "{step}");
        }
        for (step, is_right) in [(-2, false), (2, false), (-1, true)] {
            let app = scans(&provider, &mut ada).await;
            let arrival = ada.clone().presses("enrol", &[("code", &app.code_in(&provider.clock, step))]).await;
            assert_eq!(arrival.page(if is_right { 200 } else { 400 }).name(), if is_right { "sign-in-methods" } else { "authenticator-app" }, "{step}");
        }
    }

    /// C-TOTP-01: each step is accepted once, and none before it: not the one that set the app up, not one from within the window, not at another
    /// endpoint.
    async fn each_step_counts_once(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut ada = with_password_alone(&provider, false).await;
        let app = enrols(&provider, &mut ada).await;
        // The step that set it up, and the one before, at the sign-in page.
        let mut elsewhere = crate::passwords::half_done(&provider, ADA).await;
        for code in [app.code(&provider.clock), app.code_in(&provider.clock, -1)] {
            assert_eq!(crate::passwords::types_code(&mut elsewhere, &code).await.page(401).name(), "second-step");
        }
        provider.clock.advance(STEP_UP);
        ada.opens(provider.url("/account/password")).await.shows("confirm-password");
        ada.presses("password", &[("password", SECRET)]).await.shows("confirm-code");
        let mut elsewhere = crate::passwords::half_done(&provider, ADA).await;
        let (present, past) = (app.code(&provider.clock), app.code_in(&provider.clock, -1));
        // Used when confirming, it is used at the sign-in page too, and so is the one before it, also in the next step's window.
        confirms_with(&ada, &present).await.shows("own-password");
        for code in [&present, &past] {
            assert_eq!(crate::passwords::types_code(&mut elsewhere, code).await.page(401).name(), "second-step");
        }
        provider.clock.advance(STEP);
        assert_eq!(crate::passwords::types_code(&mut elsewhere, &present).await.page(401).name(), "second-step");
        // And the other way round, once the five wrong guesses are a moment ago.
        provider.clock.advance(Duration::from_secs(2));
        let used = app.code(&provider.clock);
        crate::passwords::types_code(&mut elsewhere, &used).await.shows("dashboard");
        provider.clock.advance(STEP_UP);
        elsewhere.opens(provider.url("/account/password")).await.shows("confirm-password");
        elsewhere.presses("password", &[("password", SECRET)]).await.shows("confirm-code");
        assert_eq!(confirms_with(&elsewhere, &used).await.page(401).name(), "confirm-code");
        confirms_with(&elsewhere, &app.code_in(&provider.clock, 1)).await.shows("own-password");
        assert_eq!(confirms_with(&elsewhere, &app.code(&provider.clock)).await.page(200).name(), "sign-in", "its session has another secret by now");
        assert_eq!(provider.database.count("SELECT count(*) FROM totps WHERE last_used_at IS NOT NULL").await, 1);
    }

    /// C-TOTP-01: ten uses of one code at the same moment are one.
    async fn ten_at_once_are_one(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut ada = with_password_alone(&provider, false).await;
        let app = enrols(&provider, &mut ada).await;
        provider.clock.advance(STEP_UP);
        ada.opens(provider.url("/account/password")).await.shows("confirm-password");
        ada.presses("password", &[("password", SECRET)]).await.shows("confirm-code");
        let code = app.code(&provider.clock);
        let mut pages = vec![ada.clone(); 10];
        let fields = [("code", code.as_str())];
        let arrivals = join_all(pages.iter_mut().map(|page| page.presses("continue", &fields))).await;
        let through = arrivals.iter().filter(|arrival| arrival.answer().status == 200 && arrival.answer().page().name() == "own-password").count();
        assert_eq!((through, events(&provider.database, "confirmed").await), (1, 1));
    }

    /// C-TOTP-04, C-SUDO-03: a picture sets an app up once, in the browser and session it was shown in, for ten minutes.
    async fn a_picture_is_good_for_one_app_of_one_person(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut ada = ada_with_password(&provider).await;
        let mut bob = provider.person("bob@id.example", "Bob").await;
        provider.gives_password("bob@id.example", SECRET).await;
        let app = scans(&provider, &mut ada).await;
        let form = ada.page().form("enrol").expect("a form").0;
        let enrolment = form.fields.iter().find(|(name, _)| name == "enrolment").expect("a box").1.clone();
        let now = app.code(&provider.clock);

        let mut there = signs_in(&provider, &ada).await;
        for person in [&mut bob, &mut there] {
            scans(&provider, person).await;
            let refused = person.presses("enrol", &[("enrolment", &enrolment), ("code", &now)]).await;
            assert_eq!(refused.page(400).name(), "error");
        }
        let mut late = ada.clone();
        let mut other = ada.clone();
        let used = ada.presses("enrol", &[("code", &now)]).await;
        used.shows("sign-in-methods");
        let again = other.presses("enrol", &[("code", &app.code_in(&provider.clock, 1))]).await;
        assert_eq!(again.page(409).name(), "error", "used");
        let app = scans(&provider, &mut late).await;
        provider.clock.advance(Duration::from_mins(10));
        crate::step_up::confirms(&mut late).await;
        assert_eq!(late.presses("enrol", &[("code", &app.code(&provider.clock))]).await.page(410).name(), "error", "over");
        assert_eq!((apps(&provider).await, events(&provider.database, "totp_added").await), (1, 1));
    }

    /// An app confirms a password: whoever has none is told so, and gets none.
    async fn without_a_password_there_is_no_app(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut ada = provider.admin().await;
        let page = ada.opens(provider.url(PLACE)).await.shows("sign-in-methods");
        assert!(page.action("enrol").is_none() && page.text().contains("It confirms a password, and you have none."), "{}", page.text());
        let page = ada.opens(provider.url(BEGIN)).await.page(409);
        assert!(page.text().contains("An authenticator app needs a password"), "{}", page.text());
        // Not even where the password goes while the page lies open.
        provider.gives_password(ADA, SECRET).await;
        let app = scans(&provider, &mut ada).await;
        provider.database.execute("DELETE FROM passwords").await;
        assert_eq!(ada.presses("enrol", &[("code", &app.code(&provider.clock))]).await.page(409).name(), "error");
        assert_eq!(apps(&provider).await, 0);
    }

    /// C-BC-01: whoever has no backup codes gets ten with their first app, and saves them before the house goes on.
    async fn the_first_app_brings_backup_codes(kind: Kind) {
        let provider = Provider::start(kind).await;
        own_secrets::imports(&provider.app, &["bob@id.example"], SECRET).await;
        let mut bob = crate::passwords::at_the_password(&provider, "bob@id.example").await;
        crate::passwords::types(&mut bob, SECRET).await.shows("dashboard");
        let app = scans(&provider, &mut bob).await;
        let before = bob.clone();
        let page = bob.presses("enrol", &[("code", &app.code(&provider.clock))]).await.shows("backup-codes");
        // C-SUDO-02, C-SES-02: password and code were shown, and the session is worth that from now on, under a new secret.
        assert_eq!(provider.database.count("SELECT count(*) FROM sessions WHERE acr = 'password+otp' AND ended_at IS NULL").await, 1);
        assert_eq!(before.clone().opens(provider.url("/account")).await.page(200).name(), "sign-in");
        assert_eq!(page.all("code").filter(|code| page.text_of(code).len() == 31).count(), 10);
        bob.presses("acknowledge", &[("acknowledged", "yes")]).await.shows("dashboard");
    }

    /// C-TOTP-06, C-NOT-01: replacing or switching off ends the person's other sessions, unless they say that these stay.
    async fn switching_off_ends_other_sessions(kind: Kind) {
        for stay in [false, true] {
            let provider = Provider::start(kind).await;
            let mut ada = ada_with_password(&provider).await;
            let old = enrols(&provider, &mut ada).await;
            let there = signs_in(&provider, &ada).await;
            let stays: &[(&str, &str)] = if stay { &[("others_stay", "yes")] } else { &[] };
            let is_still_in = async |person: &Person| person.clone().opens(provider.url("/account")).await.page(200).name() == "dashboard";

            let page = ada.opens(provider.url(BEGIN)).await.shows("authenticator-app");
            assert!(page.text().contains("It takes the place of the one you have."), "{}", page.text());
            let app = AuthenticatorApp::of_key(&key(&page));
            let code = app.code(&provider.clock);
            let mut fields = vec![("code", code.as_str())];
            fields.extend(stays);
            let page = ada.presses("enrol", &fields).await.shows("sign-in-methods");
            assert!(page.text().contains("The new authenticator app counts from now on."), "{}", page.text());
            assert_eq!(is_still_in(&there).await, stay);
            assert_ne!(old.key(), app.key());

            let there = signs_in(&provider, &ada).await;
            let page = ada.opens(provider.url("/account/totp/disable")).await.shows("disable-totp");
            assert!(page.text().contains("Then the password alone opens your account."), "{}", page.text());
            assert_eq!(apps(&provider).await, 1, "asking changes nothing");
            let page = ada.presses("disable", stays).await.shows("sign-in-methods");
            assert!(page.text().contains("The authenticator app is switched off."), "{}", page.text());
            assert_eq!((is_still_in(&there).await, is_still_in(&ada).await), (stay, true));
            assert_eq!(apps(&provider).await, 0);
            for kind in ["totp_added", "totp_replaced", "totp_removed"] {
                assert_eq!((events(&provider.database, kind).await, mails(&provider, kind).await), (1, 1), "{kind}");
            }
            assert_eq!(ada.opens(provider.url("/account/totp/disable")).await.page(404).name(), "error");
        }
    }

    /// D-AUD-03: where the event can't be written, no app is set up or switched off.
    async fn no_change_of_an_app_without_its_event(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut ada = ada_with_password(&provider).await;
        let app = scans(&provider, &mut ada).await;
        block_audit(&provider.database).await;
        let code = app.code(&provider.clock);
        assert_eq!(ada.clone().presses("enrol", &[("code", &code)]).await.page(503).name(), "error");
        assert_eq!(apps(&provider).await, 0);
        let_audit_through(&provider.database).await;
        ada.presses("enrol", &[("code", &code)]).await.shows("sign-in-methods");
        ada.opens(provider.url("/account/totp/disable")).await.shows("disable-totp");
        block_audit(&provider.database).await;
        assert_eq!(ada.clone().presses("disable", &[]).await.page(503).name(), "error");
        assert_eq!(apps(&provider).await, 1);
    }
}
