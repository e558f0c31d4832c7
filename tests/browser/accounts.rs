//! Several accounts in one browser, and one's own sessions, applications and activity, as a person meets them.

use weftid_tests::browser::Page;
use weftid_tests::process;

use crate::pages::is_sound;
use crate::stage::{Demo, Visitor, application_is};

/// Somebody new, invited and come aboard in a browser of their own.
pub(crate) async fn grace(demo: &Demo) -> Visitor {
    let grace = Visitor::comes().await;
    let invited = process::run(&["users", "invite", "--email", "grace@example.com", "--name", "Grace Hopper"], &demo.environment()).await;
    grace.window.opens(invited.stdout.lines().find(|line| line.contains("/invitation/")).unwrap().trim()).await;
    grace.window.shows("invitation").await;
    grace.window.presses("create-passkey").await;
    grace.window.shows("backup-codes").await;
    grace.saves_the_codes().await;
    grace
}

/// Ada on her dashboard, and then Grace beside her in the same browser.
pub(crate) async fn two(demo: &Demo) -> Visitor {
    let (ada, grace) = (Visitor::at_home(demo).await, grace(demo).await);
    let window = &ada.window;
    ada.device.is_present(false).await;
    window.presses("switch-account").await;
    is_sound(window, "choose-account").await;
    window.presses("another-account").await;
    is_sound(window, "sign-in").await;
    assert!(!window.text("main").await.contains("ada@example.com"), "somebody else is meant");
    ada.device.forgets().await;
    ada.device.takes(&grace.device.credentials().await[0]).await;
    ada.presses_passkey().await;
    window.shows("dashboard").await;
    assert!(window.text("h1").await.contains("Grace Hopper"));
    ada
}

/// Chooses the account of this address on the page that is shown.
pub(crate) async fn chooses(window: &Page, email: &str) {
    window.shows("choose-account").await;
    let find = format!("[...document.querySelectorAll('[data-action=choose-account]')].find(button => button.textContent.includes('{email}'))");
    window.evaluates(&format!("{find}.click()")).await;
}

/// C-SES-07: accounts are switched in the house and chosen for an application; a tab that still shows the other one changes nothing.
#[tokio::test]
async fn accounts_are_switched_and_chosen() {
    let demo = Demo::start().await;
    let visitor = two(&demo).await;
    let window = &visitor.window;
    visitor.device.is_present(false).await;
    window.opens(demo.provider("account/sign-in-methods")).await;
    window.presses("rename").await;
    window.shows("rename-passkey").await;
    // Another tab, another account.
    let tab = visitor.browser.window().await;
    tab.opens(demo.provider("account")).await;
    tab.presses("switch-account").await;
    chooses(&tab, "ada@example.com").await;
    tab.shows("dashboard").await;
    assert!(tab.text("h1").await.contains("Ada Lovelace"));
    window.types("#name", "Not mine").await;
    window.presses("rename").await;
    is_sound(window, "error").await;
    assert!(window.text("main").await.contains("You are using another account now"));

    // An application asks; the person says which, and changes their mind once more.
    tab.opens(demo.application("wiki/sign-in")).await;
    tab.shows("consent").await;
    assert!(tab.text("main").await.contains("Ada Lovelace"));
    tab.presses("not-you").await;
    is_sound(&tab, "choose-account").await;
    assert!(tab.text("main").await.contains("Acme Wiki"));
    chooses(&tab, "grace@example.com").await;
    tab.shows("consent").await;
    assert!(tab.text("main").await.contains("Grace Hopper"));
    tab.presses("allow").await;
    application_is(&tab, "/wiki", "signed-in").await;
    assert_eq!(tab.text("[data-person]").await, "Grace Hopper");

    // One leaves, then the other.
    tab.opens(demo.provider("account")).await;
    tab.presses("sign-out").await;
    is_sound(&tab, "sign-out").await;
    tab.presses("sign-out").await;
    is_sound(&tab, "signed-out").await;
    let left = tab.text("main").await;
    assert!(left.contains("ada@example.com") && !left.contains("Grace"), "{left}");
    tab.presses("switch-account").await;
    chooses(&tab, "ada@example.com").await;
    tab.shows("dashboard").await;
    tab.presses("sign-out").await;
    tab.shows("signed-out").await;
    demo.was_quiet_in(&tab);
}

/// C-WEB-04: after signing out, going back shows nothing that is personal, and the browser keeps nothing that a script could read.
#[tokio::test]
async fn going_back_after_signing_out_shows_nothing() {
    let demo = Demo::start().await;
    let visitor = Visitor::at_home(&demo).await;
    let window = &visitor.window;
    for path in ["account/profile", "account/sessions", "account"] {
        window.opens(demo.provider(path)).await;
        window.waits_until("the house is shown", "document.body.classList.contains('house')").await;
        assert!(window.text("body").await.contains("ada@example.com"));
    }
    visitor.device.is_present(false).await;
    window.presses("sign-out").await;
    window.shows("signed-out").await;
    let kept = "(async () => [localStorage.length, sessionStorage.length, document.cookie, (await caches.keys()).length, (await indexedDB.databases()).length])()";
    assert_eq!(window.evaluates(kept).await, serde_json::json!([0, 0, "", 0, 0]));
    for _ in 0..3 {
        window.evaluates("setTimeout(() => history.back(), 0)").await;
        window.shows("sign-in").await;
        window.settles().await;
        let shown = window.evaluates("document.documentElement.outerHTML").await;
        assert!(!shown.as_str().unwrap().contains("Ada Lovelace"), "{shown}");
    }
}

/// C-SES-06, A-AUTHN-06: a session elsewhere is ended, an application is disconnected, and both are read under Activity.
#[tokio::test]
async fn sessions_apps_and_activity_are_looked_after() {
    let demo = Demo::start().await;
    let visitor = Visitor::at_home(&demo).await;
    let window = &visitor.window;
    window.clicks("nav [href$='/account/apps']").await;
    is_sound(window, "apps").await;
    assert!(window.text("main").await.contains("Nothing is connected"));
    window.opens(demo.application("wiki/sign-in")).await;
    window.shows("consent").await;
    window.presses("allow").await;
    application_is(window, "/wiki", "signed-in").await;

    let elsewhere = Visitor::comes().await;
    elsewhere.device.takes(&visitor.device.credentials().await[0]).await;
    elsewhere.window.opens(demo.provider("login")).await;
    elsewhere.presses_passkey().await;
    elsewhere.window.shows("dashboard").await;

    window.opens(demo.provider("account/sessions")).await;
    is_sound(window, "sessions").await;
    assert!(window.text("main").await.contains("This one"));
    window.presses("end-session").await;
    window.waits_until("it is said", "document.querySelector('[role=status]')?.textContent.includes('The session has ended')").await;
    elsewhere.device.is_present(false).await;
    elsewhere.window.opens(demo.provider("account")).await;
    elsewhere.window.shows("sign-in").await;

    window.opens(demo.provider("account/apps")).await;
    is_sound(window, "apps").await;
    window.presses("revoke").await;
    is_sound(window, "revoke-app").await;
    window.presses("revoke").await;
    is_sound(window, "apps").await;
    assert!(window.text("main").await.contains("The access is revoked."));
    window.opens(demo.application("wiki/sign-in")).await;
    window.shows("consent").await;

    window.opens(demo.provider("account/activity")).await;
    is_sound(window, "activity").await;
    let said = window.text("main").await;
    for sentence in
        ["You ended a session", "You revoked the access of Acme Wiki", "You let Acme Wiki see", "You signed in with", "Your account was made"]
    {
        assert!(said.contains(sentence), "{sentence}: {said}");
    }
    window.clicks(".filters a:last-child").await;
    window.waits_until("the part is shown", "document.querySelector('.filters a:last-child[aria-current]')").await;
    assert!(!window.text("main").await.contains("You ended a session"));
    demo.was_quiet_in(window);
}
