//! A person looks after their passkeys, in a browser with two devices.

use std::time::Duration;

use weftid_tests::browser::Options;
use weftid_tests::database::Kind;
use weftid_tests::provider::Provider;

use crate::pages::is_sound;
use crate::stage::{Demo, Visitor};

/// "Register a new passkey -> browser prompt -> name"; "it stops at two"; "Revoke ... says what remains": B-LC-02 and the page of B-REG-12.
#[tokio::test]
async fn a_second_passkey_comes_gets_a_name_and_goes() {
    let demo = Demo::start().await;
    let visitor = Visitor::at_home(&demo).await;
    let window = &visitor.window;
    window.clicks("[data-nudge] a").await;
    is_sound(window, "sign-in-methods").await;
    assert!(window.text("[data-nudge]").await.contains("single point of failure"));
    // The device that has one already makes no second one; the browser says so and nothing is lost.
    window.presses("create-passkey").await;
    window.waits_for(".said .note").await;
    assert!(window.text(".said").await.contains("already holds a passkey"), "{}", window.text(".said").await);

    // Chromium's first virtual authenticator of a transport answers: the built-in one is put aside.
    visitor.device.is_present(false).await;
    let key = window.has_authenticator(Options { synced: false, built_in: false, ..Options::default() }).await;
    window.presses("create-passkey").await;
    is_sound(window, "rename-passkey").await;
    assert_eq!(key.credentials().await.len(), 1);
    window.types("#name", "Blue key").await;
    window.hits("Enter").await;
    is_sound(window, "sign-in-methods").await;
    let shown = window.text("main").await;
    assert!(shown.contains("Blue key") && shown.contains("On one device") && !shown.contains("single point of failure"), "{shown}");

    window.clicks("li:last-child [data-action=revoke]").await;
    is_sound(window, "revoke-passkey").await;
    window.presses("revoke").await;
    window.shows("sign-in-methods").await;
    let shown = window.text("main").await;
    assert!(
        shown.contains("The passkey is revoked.") && shown.contains("You can still sign in with Passkey.") && !shown.contains("Blue key"),
        "{shown}"
    );

    // The last one: the button alone does nothing, the browser asks for the yes.
    window.presses("revoke").await;
    is_sound(window, "revoke-passkey").await;
    window.presses("revoke").await;
    window.waits_until("the yes is asked for", "document.querySelector('#last-passkey:invalid')").await;
    window.presses("skip").await;
    window.shows("sign-in-methods").await;
    demo.was_quiet_in(window);
}

/// C-SUDO-01: after five minutes a change asks for the passkey first, and then happens without being asked for again: the form by itself, the
/// registration in the same press.
#[tokio::test]
async fn an_old_sign_in_is_confirmed_on_the_way() {
    let provider = Provider::for_browsers_in_no_hurry(Kind::Sqlite).await;
    let visitor = Visitor::comes().await;
    let window = &visitor.window;
    visitor.sets_up(&provider.setup_link().await).await;
    visitor.saves_the_codes().await;
    window.opens(provider.url("/account/sign-in-methods")).await;
    window.presses("rename").await;
    window.shows("rename-passkey").await;
    provider.clock.advance(Duration::from_mins(5));
    window.types("#name", "Pocket & desk").await;
    window.presses("rename").await;
    is_sound(window, "confirm").await;
    assert!(window.text("main").await.contains("ada@example.com"));
    let touches = visitor.touches().await;
    window.presses("passkey").await;
    window.shows("sign-in-methods").await;
    assert!(window.text("main").await.contains("Pocket & desk"));
    assert_eq!(visitor.touches().await, touches + 1);

    // Fresh again: the device says at once that it has a passkey already.
    window.presses("create-passkey").await;
    window.waits_for(".said .note").await;
    assert_eq!(visitor.touches().await, touches + 1);
    provider.clock.advance(Duration::from_mins(5));
    window.opens(provider.url("/account/sign-in-methods")).await;
    window.presses("create-passkey").await;
    window.waits_for(".said .note").await;
    assert!(window.text(".said").await.contains("already holds a passkey"), "{}", window.text(".said").await);
    assert_eq!(visitor.touches().await, touches + 2, "confirmed on the way");
    // The 403 that asks for the confirmation stands on the console, and nothing else.
    let complaints: Vec<String> = window.complaints().into_iter().filter(|complaint| !complaint.contains("status of 403")).collect();
    assert!(complaints.is_empty(), "{complaints:?}");
}
