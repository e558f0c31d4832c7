//! Somebody who has lost every passkey comes back, and somebody makes the pages their own, in a browser.

use std::path::PathBuf;
use std::time::Duration;

use weftid_tests::mailbox;

use crate::pages::is_sound;
use crate::stage::{Demo, Visitor};

/// The one link of this kind that the demo has mailed.
async fn mailed(demo: &Demo, path: &str) -> String {
    let data_dir = PathBuf::from(&demo.environment()["WEFTID__DATA_DIR"]);
    for _ in 0..200 {
        if let Some(link) = mailbox::kept_in(&data_dir).iter().find_map(|letter| letter.links(path).pop()) {
            return link;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("no mail with {path} came");
}

/// C-REC-02, C-BC-03: "Lost your passkeys?", a mail, a backup code, a new passkey, and the way to revoke the lost one; then the new one signs in.
#[tokio::test]
async fn who_lost_every_passkey_comes_back() {
    let demo = Demo::start().await;
    let visitor = Visitor::comes().await;
    let window = &visitor.window;
    visitor.sets_up(&demo.setup_link().await).await;
    let code = window.evaluates("document.querySelector('[data-codes] code').textContent").await;
    visitor.saves_the_codes().await;
    visitor.signs_out(&demo).await;
    visitor.device.forgets().await;

    window.opens(demo.provider("login")).await;
    window.shows("sign-in").await;
    window.presses("recover").await;
    is_sound(window, "recover").await;
    window.enters("ada@example.com").await;
    window.hits("Enter").await;
    window.waits_until("the mail is announced", "document.body.innerText.includes('Look into your mailbox')").await;
    is_sound(window, "recover").await;

    window.opens(&mailed(&demo, "/recover/").await).await;
    is_sound(window, "recover").await;
    window.types("#code", "00000-0000-0000-0000-0000-00000").await;
    window.presses("continue").await;
    window.waits_for("#code[aria-invalid=true]").await;
    window.types("#code", code.as_str().unwrap()).await;
    window.presses("continue").await;
    window.waits_for("[data-action=create-passkey]:enabled").await;
    is_sound(window, "recover").await;
    visitor.device.is_present(true).await;
    window.presses("create-passkey").await;
    is_sound(window, "sign-in-methods").await;
    let shown = window.text("main").await;
    assert!(shown.contains("You are back in.") && shown.contains("revoke the passkeys that you lost"), "{shown}");
    assert_eq!(visitor.device.credentials().await.len(), 1);

    visitor.signs_out(&demo).await;
    window.opens(demo.provider("login")).await;
    window.shows("sign-in").await;
    visitor.presses_passkey().await;
    window.shows("dashboard").await;
}

/// The profile in a browser: what can't be kept is led to, also inside a group that was folded away; language, theme and time zone are seen at once.
#[tokio::test]
async fn pages_become_ones_own() {
    let demo = Demo::start().await;
    let visitor = Visitor::at_home(&demo).await;
    let window = &visitor.window;
    window.opens(demo.provider("account/profile")).await;
    is_sound(window, "profile").await;
    assert_eq!(window.evaluates("document.querySelectorAll('details[open]').length").await, 0, "what few people fill in is folded away");
    assert_eq!(window.evaluates("document.querySelectorAll('#time-zones option').length > 100").await, true);
    window.evaluates("document.querySelectorAll('details').forEach(group => group.open = true)").await;
    is_sound(window, "profile").await;
    window.types("#website", "ada.example").await;
    window.evaluates("document.querySelectorAll('details').forEach(group => group.open = false)").await;
    window.presses("save").await;
    window.waits_for("[role=alert] a[href='#website']").await;
    is_sound(window, "profile").await;
    window.clicks("[role=alert] a[href='#website']").await;
    window.waits_until("the field is led to", "location.hash === '#website' && document.querySelector('#website').checkVisibility()").await;
    window.types("#website", "https://ada.example").await;

    window.types("#time_zone", "Pacific/Kiritimati").await;
    window.evaluates("document.querySelector('#theme').value = 'dark'; document.querySelector('#language').value = 'de'").await;
    window.presses("save").await;
    window.waits_until("it is saved", "document.querySelector('[role=status]')?.innerText.includes('Gespeichert')").await;
    is_sound(window, "profile").await;
    // The browser itself says light.
    let dark = "[matchMedia('(prefers-color-scheme: dark)').matches, getComputedStyle(document.documentElement).colorScheme, \
        getComputedStyle(document.body).backgroundColor, document.documentElement.lang]";
    assert_eq!(window.evaluates(dark).await, serde_json::json!([false, "dark only", "rgb(13, 19, 20)", "de"]));
    window.opens(demo.provider("account/sign-in-methods")).await;
    window.shows("sign-in-methods").await;
    window.waits_until("times are in the zone that was chosen", "document.querySelector('time').title.includes('+14')").await;
    let clock = "(element => [element.title, new Date(element.dateTime).toLocaleTimeString('de', {timeZone: 'Pacific/Kiritimati', hour: '2-digit', minute: '2-digit'})])\
        (document.querySelector('time'))";
    let shown = window.evaluates(clock).await;
    assert!(shown[0].as_str().unwrap().contains(shown[1].as_str().unwrap()), "{shown}");
}
