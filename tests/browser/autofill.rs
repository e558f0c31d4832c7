//! Autofill, and the passkey that leads where one was used before. Nothing is stubbed: what the page asks of the browser is only written down.

use std::time::Duration;

use serde_json::{Value, json};
use weftid_tests::browser::{Look, Page};
use weftid_tests::process;

use crate::pages::is_sound;
use crate::stage::{Demo, Visitor};

/// Writes down every question for a passkey (kept over navigations), what it ended with, and what is to happen in four minutes.
const OBSERVER: &str = "(() => {
    if (location.protocol !== 'http:') return;
    const get = navigator.credentials.get.bind(navigator.credentials);
    const all = JSON.parse(sessionStorage.asked ?? '[]');
    const keep = () => { sessionStorage.asked = JSON.stringify(all) };
    navigator.credentials.get = options => {
        const challenge = btoa(String.fromCharCode(...new Uint8Array(options.publicKey.challenge)));
        const seen = { mediation: options.mediation ?? 'modal', challenge, ended: 'pending' };
        all.push(seen); keep();
        const ends = how => { seen.ended = how; keep() };
        return get(options).then(credential => { ends('answered'); return credential }, error => { ends(error.name); throw error });
    };
    const later = window.setTimeout;
    window.inFourMinutes = [];
    window.setTimeout = (task, delay, ...rest) => delay === 240000 ? inFourMinutes.push(task) : later(task, delay, ...rest);
    const now = Date.now;
    window.minutes = 0;
    Date.now = () => now() + window.minutes * 60000;
})()";

async fn asked(window: &Page) -> Vec<(String, String)> {
    let asked = window.evaluates("JSON.parse(sessionStorage.asked ?? '[]')").await;
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    asked.as_array().unwrap().iter().map(|seen| (text(&seen["mediation"]), text(&seen["ended"]))).collect()
}

/// Waits until that many questions were asked, the last of which is pending, silently.
async fn offers(window: &Page, count: usize) {
    let pending = format!("(all => all.length === {count} && all.at(-1).ended === 'pending')(JSON.parse(sessionStorage.asked ?? '[]'))");
    window.waits_until("a passkey is offered", &pending).await;
    assert_eq!(asked(window).await.last().unwrap().0, "conditional");
    assert_eq!(window.evaluates("document.querySelector('[data-status]').textContent").await, "");
}

fn is(mediation: &str, ended: &str) -> (String, String) {
    (mediation.to_owned(), ended.to_owned())
}

/// Signed out, at the sign-in page on the way to the wiki; the device waits to be touched.
async fn at_the_door(demo: &Demo) -> Visitor {
    let visitor = Visitor::comes_with_autofill().await;
    visitor.sets_up(&demo.setup_link().await).await;
    visitor.saves_the_codes().await;
    visitor.signs_out(demo).await;
    visitor.window.runs_first(OBSERVER).await;
    visitor.window.opens(demo.application("wiki/sign-in")).await;
    visitor.window.shows("sign-in").await;
    visitor
}

/// B-PL-02: "Three ways in, none needing thought": the passkey waits in the email box from the start, and signs in with nothing typed or clicked.
#[tokio::test]
async fn a_passkey_signs_in_with_nothing_typed_or_clicked() {
    let demo = Demo::start().await;
    let visitor = at_the_door(&demo).await;
    let window = &visitor.window;
    offers(window, 1).await;
    assert_eq!(window.evaluates("document.querySelector('#email').autocomplete").await, "username webauthn");
    let touches = visitor.touches().await;
    visitor.device.is_present(true).await;
    window.opens(window.url().await).await;
    window.shows("consent").await;
    assert_eq!(visitor.touches().await, touches + 1);
    assert_eq!(asked(window).await.last(), Some(&is("conditional", "answered")));
    demo.was_quiet_in(window);
}

/// B-PL-02: one question at a time: the button takes over from the one that waits, and so does Continue.
#[tokio::test]
async fn the_button_takes_over_from_autofill() {
    let demo = Demo::start().await;
    let visitor = at_the_door(&demo).await;
    let window = &visitor.window;
    offers(window, 1).await;
    window.presses("passkey").await;
    window.waits_for(".waiting").await;
    window.waits_until("the button has asked", "JSON.parse(sessionStorage.asked).length === 2").await;
    assert_eq!(asked(window).await, [is("conditional", "AbortError"), is("modal", "pending")]);
    window.presses("stop").await;
    window.waits_for(".said .note").await;

    // Whoever comes back to the box finds it there again; a second touch asks nothing more.
    window.clicks("#email").await;
    window.waits_until("it is offered again", "JSON.parse(sessionStorage.asked).length === 3").await;
    window.clicks("#email").await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(asked(window).await[1..], [is("modal", "AbortError"), is("conditional", "pending")]);
    visitor.presses_passkey().await;
    window.shows("consent").await;
    assert_eq!(asked(window).await[2..], [is("conditional", "AbortError"), is("modal", "answered")]);

    visitor.signs_out(&demo).await;
    window.opens(demo.provider("login")).await;
    window.shows("sign-in").await;
    // Signing out had the browser forget what was written down before.
    offers(window, 1).await;
    window.types("#email", "ada@example.com").await;
    visitor.device.is_present(true).await;
    window.presses("continue").await;
    window.shows("dashboard").await;
    assert_eq!(asked(window).await.last(), Some(&is("modal", "answered")));
    demo.was_quiet_in(window);
}

/// B-PL-02: the challenge of a page that lies open is renewed after four minutes and when somebody comes back to it, so that it still works.
#[tokio::test]
async fn a_page_that_lies_open_keeps_offering() {
    let demo = Demo::start().await;
    let visitor = at_the_door(&demo).await;
    let window = &visitor.window;
    offers(window, 1).await;
    assert_eq!(window.evaluates("inFourMinutes.length").await, 1);
    window.evaluates("inFourMinutes.at(-1)(), undefined").await;
    offers(window, 2).await;
    assert_eq!(window.evaluates("inFourMinutes.length").await, 2, "and so on every four minutes");

    let comes_back = "document.dispatchEvent(new Event('visibilitychange')), undefined";
    // The browser's own window may have covered the page for a moment: what it asks for must not be taken away.
    window.evaluates(comes_back).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(asked(window).await.len(), 2);
    window.evaluates(&format!("minutes = 10; {comes_back}")).await;
    offers(window, 3).await;
    let challenges = window.evaluates("new Set(JSON.parse(sessionStorage.asked).map(seen => seen.challenge)).size").await;
    assert_eq!(challenges, 3);

    visitor.device.is_present(true).await;
    window.evaluates("inFourMinutes.at(-1)(), undefined").await;
    window.shows("consent").await;
    assert_eq!(asked(window).await[..3], [is("conditional", "AbortError"), is("conditional", "AbortError"), is("conditional", "AbortError")]);
    assert_eq!(asked(window).await[3..], [is("conditional", "answered")]);
    demo.was_quiet_in(window);
}

/// "What comes to nothing goes without a word": a browser that can't, and a device that refuses; and a passkey that is refused is said, once.
#[tokio::test]
async fn an_offer_that_comes_to_nothing_is_silent_and_a_refusal_is_said_once() {
    let demo = Demo::start().await;
    let visitor = at_the_door(&demo).await;
    let window = &visitor.window;
    offers(window, 1).await;
    visitor.device.is_present(true).await;
    visitor.device.verifies_user(false).await;
    window.opens(demo.provider("login")).await;
    window.waits_until("the device has refused", "JSON.parse(sessionStorage.asked).at(-1).ended === 'NotAllowedError'").await;
    assert_eq!(window.evaluates("document.querySelector('[data-status]').textContent").await, "");
    demo.was_quiet_in(window);
    visitor.device.verifies_user(true).await;

    let shut_out = process::run(&["users", "deactivate", "ada@example.com"], &demo.environment()).await;
    assert!(shut_out.status.success(), "{}", shut_out.stderr);
    let before = asked(window).await.len();
    window.opens(demo.provider("login")).await;
    window.waits_for(".said .note.bad").await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(asked(window).await.len(), before + 1, "it goes round in circles");

    let elsewhere = Visitor::comes_with_autofill().await;
    let window = &elsewhere.window;
    window.runs_first(OBSERVER).await;
    window.runs_first("PublicKeyCredential.isConditionalMediationAvailable = async () => { window.wasAsked = true; return false }").await;
    window.opens(demo.provider("login")).await;
    window.shows("sign-in").await;
    window.waits_until("the page has asked whether it can", "window.wasAsked").await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(asked(window).await, []);
    assert_eq!(window.evaluates("document.querySelector('[data-status]').textContent").await, "");
    demo.was_quiet_in(window);
}

/// "The passkey button leads where this browser used one before", with the account; "Not you?" brings the email back.
#[tokio::test]
async fn the_passkey_leads_where_one_was_used_before() {
    let demo = Demo::start().await;
    let visitor = Visitor::comes_with_autofill().await;
    let window = &visitor.window;
    let leads = async |first: &str| {
        let filled =
            window.evaluates("[...document.querySelectorAll('main .ways button.button:not(.plain)')].map(button => button.dataset.action)").await;
        assert_eq!(filled, json!([first]));
        let above = "[...document.querySelectorAll('main .ways button.button')].sort((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top)";
        assert_eq!(window.evaluates(&format!("{above}[0].dataset.action")).await, first);
    };
    window.opens(demo.provider("login")).await;
    window.shows("sign-in").await;
    leads("continue").await;
    assert_eq!(window.evaluates("document.activeElement.id").await, "email");

    visitor.sets_up(&demo.setup_link().await).await;
    visitor.saves_the_codes().await;
    visitor.signs_out(&demo).await;
    window.opens(demo.application("wiki/sign-in")).await;
    is_sound(window, "sign-in").await;
    leads("passkey").await;
    let shown = window.text("main").await;
    assert!(shown.contains("ada@example.com") && shown.contains("Welcome back") && shown.contains("Acme Wiki"), "{shown}");
    assert_eq!(window.evaluates("document.querySelector('.person .initials').textContent").await, "AL");
    visitor.presses_passkey().await;
    window.shows("consent").await;

    visitor.signs_out(&demo).await;
    window.opens(demo.application("wiki/sign-in")).await;
    window.presses("forget").await;
    window
        .waits_until(
            "nobody is greeted",
            "document.readyState === 'complete' && document.body.dataset.page === 'sign-in' && !document.querySelector('.person')",
        )
        .await;
    leads("continue").await;
    let shown = window.text("main").await;
    assert!(shown.contains("Acme Wiki") && !shown.contains("ada@"), "the application still waits: {shown}");
    window.opens(demo.provider("login")).await;
    window.shows("sign-in").await;
    leads("continue").await;
    window.is_looked_at(Look::WIDE).await;
    demo.was_quiet_in(window);
}
