//! The main job, seen by a person: from the printed link over a passkey and the backup codes to two applications, and out again.

use std::time::Duration;

use weftid_tests::browser::Page;

use crate::stage::{Demo, Visitor, application_is, claim};

/// "First start" and "Backup codes" of what people see; C-BC-01: shown once, and the house waits behind them.
#[tokio::test]
async fn the_first_person_gets_a_passkey_and_keeps_the_backup_codes() {
    let (demo, visitor) = (Demo::start().await, Visitor::comes().await);
    let window = &visitor.window;
    visitor.sets_up(&demo.setup_link().await).await;
    assert_eq!(visitor.device.credentials().await.len(), 1);
    let first = codes(window).await;
    assert_eq!(first.len(), 10);

    // Not on without the tick: the browser refuses the form, and every other page leads back here, with other codes.
    window.presses("acknowledge").await;
    assert_eq!(window.evaluates("document.querySelector('#acknowledged').matches(':invalid:focus')").await, true);
    window.shows("backup-codes").await;
    window.opens(demo.provider("account")).await;
    window.shows("backup-codes").await;
    let replaced = codes(window).await;
    assert!(replaced.iter().all(|code| !first.contains(code)), "each visit replaces the set");

    // Copy, download, print.
    visitor.browser.allows_clipboard(&demo.process.issuer).await;
    window.presses("copy").await;
    window.waits_until("it says that they are copied", "document.querySelector('[data-status]').textContent === 'Copied'").await;
    assert_eq!(window.evaluates("navigator.clipboard.readText()").await, replaced.join("\n"));

    let folder = tempfile::tempdir().unwrap();
    visitor.browser.downloads_to(folder.path()).await;
    window.presses("download").await;
    let saved = downloaded(&folder.path().join("backup-codes.txt")).await;
    assert!(replaced.iter().all(|code| saved.lines().any(|line| line == code)), "{saved}");
    assert!(
        saved.contains("Account: ada@example.com") && saved.contains(&format!("For: {}", demo.provider("").as_str().trim_end_matches('/'))),
        "{saved}"
    );

    window.evaluates("window.print = () => { window.printed = true }").await;
    window.presses("print").await;
    assert_eq!(window.evaluates("window.printed").await, true);
    window.is_on_paper(true).await;
    let visible = "selector => [...document.querySelectorAll(selector)].filter(element => element.checkVisibility()).length";
    for (selector, count) in [(".codes code", 10), (".facts dd", 3), ("button", 0), ("input", 0), ("footer", 0), ("h1 span", 1)] {
        assert_eq!(window.evaluates(&format!("({visible})('{selector}')")).await, count, "{selector} on paper");
    }
    window.is_on_paper(false).await;

    visitor.saves_the_codes().await;
    // Nobody sees them a second time.
    window.opens(demo.provider("account")).await;
    window.shows("dashboard").await;
    let shown = window.text("body").await;
    for part in ["Ada Lovelace", "ada@example.com", "Acme Wiki", "Acme Board", "One passkey is a single point of failure"] {
        assert!(shown.contains(part), "{part:?} is missing: {shown}");
    }
    demo.was_quiet_in(window);
}

/// A-AUTHN-06 (consent before any claim leaves), OIDC Core §12.2 (the refreshed ID token), A-LO-01 and A-LO-05 (signing out at an application): the main job.
#[tokio::test]
async fn one_touch_opens_both_applications_and_one_sign_out_closes_the_door() {
    let demo = Demo::start().await;
    let visitor = Visitor::at_home(&demo).await;
    let window = &visitor.window;
    let touches = visitor.touches().await;

    window.clicks("a.app[href*='/wiki/']").await;
    window.shows("consent").await;
    let asked = window.text("main").await;
    for part in ["Acme Wiki", "localhost", "Ada Lovelace", "ada@example.com"] {
        assert!(asked.contains(part), "{part:?} is missing: {asked}");
    }
    window.presses("allow").await;
    application_is(window, "/wiki", "signed-in").await;
    let (subject, issued_at, auth_time) = (claim(window, "sub").await, claim(window, "iat").await, claim(window, "auth_time").await);
    assert_eq!(claim(window, "iss").await, demo.process.issuer.as_str().trim_end_matches('/'));
    for (name, value) in [("email", "ada@example.com"), ("name", "Ada Lovelace"), ("sub", subject.as_str())] {
        let shown = window.evaluates(&format!("document.querySelector('[data-claims=userinfo] [data-claim={name}]').textContent")).await;
        assert_eq!(shown, value, "{name} in userinfo");
    }

    // Times are whole seconds.
    tokio::time::sleep(Duration::from_millis(1100)).await;
    window.presses("demo-refresh").await;
    window.waits_for("[data-news=refreshed]").await;
    assert_ne!(claim(window, "iat").await, issued_at, "another ID token");
    assert_eq!((claim(window, "sub").await, claim(window, "auth_time").await), (subject, auth_time.clone()), "of the same sign-in");

    // Single sign-on: consent the first time, nothing at all the second time, and never a prompt.
    window.clicks("a[href='/board']").await;
    application_is(window, "/board", "signed-out").await;
    window.presses("demo-sign-in").await;
    window.shows("consent").await;
    assert!(window.text("h1").await.contains("Acme Board"));
    window.presses("allow").await;
    application_is(window, "/board", "signed-in").await;
    assert_eq!(claim(window, "auth_time").await, auth_time);
    let seen = window.requests().len();
    window.opens(demo.application("board/sign-in")).await;
    application_is(window, "/board", "signed-in").await;
    assert!(window.requests()[seen..].iter().all(|request| !request.contains("/consent/") && !request.contains("/login")));
    assert_eq!(visitor.touches().await, touches, "the passkey was asked for once, at the very beginning");

    // Out at the board, back at the board; the wiki's next sign-in needs the passkey.
    visitor.device.is_present(false).await;
    window.presses("demo-sign-out").await;
    window.waits_for("[data-news=signed-out]").await;
    assert_eq!(window.url().await.path(), "/board/signed-out");
    window.opens(demo.application("wiki/sign-in")).await;
    window.shows("sign-in").await;
    assert!(window.text("main").await.contains("Acme Wiki"));
    visitor.presses_passkey().await;
    application_is(window, "/wiki", "signed-in").await;
    assert_eq!(visitor.touches().await, touches + 1);
    demo.was_quiet_in(window);
}

/// "Three ways in, none needing thought": by email the prompt pops by itself, by the button no email is needed. C-WEB-04: signed out is out,
/// and nothing stays in the browser that a script could read (C-SES-03).
#[tokio::test]
async fn out_of_the_house_and_in_again_by_email_and_by_the_button() {
    let demo = Demo::start().await;
    let visitor = Visitor::at_home(&demo).await;
    let window = &visitor.window;
    assert!(visitor.browser.cookies().await.iter().any(|cookie| cookie["name"] == "session"));
    visitor.signs_out(&demo).await;
    let cookies = visitor.browser.cookies().await;
    assert!(cookies.iter().all(|cookie| cookie["httpOnly"] == true && cookie["name"] != "session"), "{cookies:#?}");
    assert_eq!(window.evaluates("[document.cookie, localStorage.length, sessionStorage.length]").await, serde_json::json!(["", 0, 0]));
    window.evaluates("history.back()").await;
    window.shows("sign-in").await;
    assert!(!window.text("body").await.contains("Ada"));
    window.opens(demo.provider("account")).await;
    window.shows("sign-in").await;

    window.types("#email", "ada@example.com").await;
    visitor.device.is_present(true).await;
    window.presses("continue").await;
    window.shows("dashboard").await;

    visitor.signs_out(&demo).await;
    window.presses("sign-in").await;
    window.shows("sign-in").await;
    visitor.presses_passkey().await;
    window.shows("dashboard").await;

    // An address that nobody has is answered alike (C-ENUM-02), and this passkey doesn't open it.
    visitor.signs_out(&demo).await;
    window.opens(demo.provider("login")).await;
    window.types("#email", "nobody@example.com").await;
    visitor.device.is_present(true).await;
    window.presses("continue").await;
    window.waits_for(".said .note").await;
    window.shows("sign-in").await;
    assert!(window.text("main").await.contains("nobody@example.com"));
}

async fn codes(window: &Page) -> Vec<String> {
    let codes = window.evaluates("[...document.querySelectorAll('[data-codes] code')].map(code => code.textContent)").await;
    serde_json::from_value(codes).unwrap()
}

async fn downloaded(path: &std::path::Path) -> String {
    for _ in 0..500 {
        match std::fs::read_to_string(path) {
            Ok(text) if !text.is_empty() => return text,
            _ => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
    panic!("{} never came", path.display());
}
