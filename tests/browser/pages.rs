//! What holds for every page: whose it is, what it weighs, how it fits, whom it asks, and that a keyboard is enough.

use url::Url;
use weftid_tests::browser::{Browser, Look, Page};

use crate::stage::{Demo, Visitor, application_is};

/// What a page may weigh with its assets, in bytes ("pages under 60 KB").
const HEAVIEST: u64 = 60_000;

/// "Look": C-WEB-02 (the policy stands, so no violation), A-CODE-08 (no third-party request), light pages that fit a phone.
#[tokio::test]
async fn every_page_fits_weighs_little_and_asks_nobody_else() {
    let (demo, visitor) = (Demo::start().await, Visitor::comes().await);
    let window = &visitor.window;
    window.opens(demo.setup_link().await).await;
    is_sound(window, "setup").await;
    visitor.sets_up(&demo.setup_link().await).await;
    is_sound(window, "backup-codes").await;
    visitor.saves_the_codes().await;
    is_sound(window, "dashboard").await;
    window.opens(demo.application("wiki/sign-in")).await;
    is_sound(window, "consent").await;
    window.presses("allow").await;
    application_is(window, "/wiki", "signed-in").await;
    is_sound(window, "demo-app").await;
    window.opens(demo.application("")).await;
    is_sound(window, "demo-home").await;
    window.opens(demo.provider("logout")).await;
    is_sound(window, "sign-out").await;
    visitor.signs_out(&demo).await;
    is_sound(window, "signed-out").await;
    window.opens(demo.provider("login")).await;
    is_sound(window, "sign-in").await;
    window.opens(demo.application("wiki/sign-in")).await;
    is_sound(window, "sign-in").await;
    demo.was_quiet_in(window);
}

/// "An error page answers with a 4xx or 5xx status, never 200", with a request id and a way out; A-RED-01: nobody is sent to a wrong `redirect_uri`.
#[tokio::test]
async fn what_goes_wrong_is_said_with_a_number_and_a_way_out() {
    let demo = Demo::start().await;
    let used = demo.setup_link().await;
    let visitor = Visitor::at_home(&demo).await;
    let wrong = format!(
        "authorize?response_type=code&scope=openid&client_id={}&redirect_uri=http://localhost:1/elsewhere&code_challenge={}&code_challenge_method=S256",
        demo.client_id("/wiki"),
        "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    );
    for (url, status, words) in [
        (demo.provider("no/such/page"), 404, "There is nothing here"),
        (Url::parse(&used).unwrap(), 404, "Everything is set up already"),
        (demo.provider(&wrong), 400, "The way back doesn’t match"),
        (demo.provider("authorize?client_id=nobody&redirect_uri=http://localhost:1/"), 400, "We don’t know this application"),
        (demo.provider("login?request=tampered"), 400, "This sign-in began in another browser"),
        (demo.provider("consent/tampered"), 400, "This sign-in began in another browser"),
        (demo.provider("setup/tampered"), 404, "This link doesn’t work"),
    ] {
        let window = visitor.browser.window().await;
        window.opens(&url).await;
        is_sound(&window, "error").await;
        assert_eq!(window.url().await.origin(), demo.process.issuer.origin());
        let answered = window.evaluates("performance.getEntriesByType('navigation')[0].responseStatus").await;
        assert_eq!(answered, status, "{url}");
        let shown = window.text("main").await;
        assert!(shown.contains(words), "{url}: {shown}");
        assert!(!window.text(".reference code").await.is_empty(), "{url} has no request id");
        let way = window.evaluates("document.querySelector('main a.button')?.href").await;
        assert!(way.is_string(), "{url} has no way out");
        // Chromium puts the status of the document itself on the console; nothing else may stand there.
        let complaints: Vec<String> =
            window.complaints().into_iter().filter(|complaint| !complaint.contains(&format!("status of {status}"))).collect();
        assert!(complaints.is_empty(), "{complaints:?}");
        window.clicks("main a.button").await;
        window.waits_until("the way leads somewhere", "document.body?.dataset.page && document.body.dataset.page !== 'error'").await;
    }
}

/// WCAG 2.2 §2.1.1, §2.4.7: signing in needs nothing but Tab and Enter, and it is always seen where one is.
#[tokio::test]
async fn a_keyboard_is_enough_to_sign_in() {
    let demo = Demo::start().await;
    let visitor = Visitor::at_home(&demo).await;
    let window = &visitor.window;
    visitor.signs_out(&demo).await;
    window.opens(demo.application("wiki/sign-in")).await;
    window.shows("sign-in").await;
    tabs_to(window, "[data-action=passkey]").await;
    visitor.device.is_present(true).await;
    window.hits("Enter").await;
    window.shows("consent").await;
    tabs_to(window, "[data-action=allow]").await;
    window.hits("Enter").await;
    application_is(window, "/wiki", "signed-in").await;

    visitor.signs_out(&demo).await;
    tabs_to(window, "[data-action=sign-in]").await;
    window.hits("Enter").await;
    window.shows("sign-in").await;
    tabs_to(window, "#email").await;
    window.enters("ada@example.com").await;
    visitor.device.is_present(true).await;
    window.hits("Enter").await;
    window.shows("dashboard").await;
}

/// WCAG 2.2 §2.1.1: coming aboard as well.
#[tokio::test]
async fn a_keyboard_is_enough_to_come_aboard() {
    let (demo, visitor) = (Demo::start().await, Visitor::comes().await);
    let window = &visitor.window;
    window.opens(demo.setup_link().await).await;
    window.shows("setup").await;
    tabs_to(window, "#email").await;
    // What is no address is said beside the field, and the focus goes there.
    window.enters("ada@").await;
    tabs_to(window, "#name").await;
    window.enters("Ada Lovelace").await;
    window.hits("Enter").await;
    window.waits_until("the email is asked for again", "document.activeElement.matches('#email:invalid, #email[aria-invalid=true]')").await;
    window.enters("example.com").await;
    window.hits("Enter").await;
    window.shows("backup-codes").await;
    tabs_to(window, "#acknowledged").await;
    window.hits("Space").await;
    tabs_to(window, "[data-action=acknowledge]").await;
    window.hits("Enter").await;
    window.shows("dashboard").await;
    window.hits("Tab").await;
    assert_eq!(window.evaluates("document.activeElement.matches('.skip')").await, true, "the first stop leads past the rail");
    demo.was_quiet_in(window);
}

/// Without JavaScript no passkey can be asked for: the page says so, and what it can't do is no button to press.
#[tokio::test]
async fn a_browser_without_scripts_is_told_what_is_missing() {
    let demo = Demo::start().await;
    let window = Browser::fresh().await.window().await;
    window.runs_scripts(false).await;
    for page in [demo.application("wiki/sign-in").as_str(), demo.setup_link().await.as_str()] {
        window.opens(page).await;
        assert!(window.text("noscript .note").await.contains("Passkeys need JavaScript"));
        assert_eq!(window.evaluates("document.querySelector('[data-ceremony] button[data-action]').disabled").await, true);
    }
    demo.was_quiet_in(&window);
}

/// RFC 9110 §12.5.4: pages speak the language that the browser asks for, and still fit: German words are longer.
#[tokio::test]
async fn who_reads_german_is_spoken_to_in_german() {
    let (demo, visitor) = (Demo::start().await, Visitor::comes().await);
    let window = &visitor.window;
    window.speaks("de-AT,de;q=0.9,en;q=0.5").await;
    let speaks_german = async |page: &str, german: &str, english: &str| {
        is_sound(window, page).await;
        assert_eq!(window.evaluates("document.documentElement.lang").await, "de");
        let shown = window.text("body").await;
        assert!(shown.contains(german) && !shown.contains(english), "{page}: {shown}");
    };
    window.opens(demo.setup_link().await).await;
    speaks_german("setup", "Passkey erstellen", "Create").await;
    visitor.sets_up(&demo.setup_link().await).await;
    speaks_german("backup-codes", "Drucken", "Print").await;
    visitor.saves_the_codes().await;
    speaks_german("dashboard", "Abmelden", "Sign out").await;
    window.opens(demo.application("wiki/sign-in")).await;
    speaks_german("consent", "Erlauben", "Allow").await;
    visitor.signs_out(&demo).await;
    speaks_german("signed-out", "abgemeldet", "signed out").await;
    window.opens(demo.application("wiki/sign-in")).await;
    speaks_german("sign-in", "Willkommen zurück", "Welcome back").await;
    // Asked for another language than ours, we speak English.
    window.speaks("tlh").await;
    window.opens(demo.provider("login")).await;
    window.shows("sign-in").await;
    assert_eq!(window.evaluates("document.documentElement.lang").await, "en");
    demo.was_quiet_in(window);
}

/// The page has its name, fits 1280, 390 and 320 pixels, and weighs little.
pub(crate) async fn is_sound(window: &Page, name: &str) {
    window.shows(name).await;
    assert_eq!(window.evaluates("document.body.dataset.page").await, name);
    let weight = window.weight().await;
    assert!((500..HEAVIEST).contains(&weight), "{name} weighs {weight} bytes");
    for look in [Look::WIDE, Look::NARROW, Look { width: 320, ..Look::NARROW }] {
        window.is_looked_at(look).await;
        assert!(window.overflow().await <= 0, "{name} scrolls sideways at {}", look.width);
    }
    window.is_looked_at(Look::WIDE).await;
    let unnamed = "[...document.querySelectorAll('button, a, input:not([type=hidden])')].filter(element => element.checkVisibility() \
        && !(element.textContent.trim() || element.ariaLabel || element.labels?.length)).map(element => element.outerHTML)";
    assert_eq!(window.evaluates(unnamed).await, serde_json::json!([]), "{name} has controls without a name");
    assert_eq!(window.evaluates("document.querySelectorAll('h1').length").await, 1, "{name} has one heading");
}

/// Hits Tab until the element has the focus; each stop must be seen.
async fn tabs_to(window: &Page, selector: &str) {
    for _ in 0..20 {
        let there = window.evaluates(&format!("document.activeElement.matches({})", serde_json::json!(selector))).await;
        let seen = "(element => element === document.body || (style => style.outlineStyle !== 'none' && style.outlineWidth !== '0px' || style.boxShadow !== 'none')(getComputedStyle(element)))(document.activeElement)";
        assert_eq!(window.evaluates(seen).await, true, "the focus is not seen");
        if there == true {
            return;
        }
        window.hits("Tab").await;
    }
    panic!("Tab never comes to {selector}");
}
