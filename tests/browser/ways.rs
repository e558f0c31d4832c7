//! A person looks after password, authenticator app and backup codes, in a browser; and shows that it is still them without a passkey.

use std::time::Duration;

use weftid::adapters::totp::TotpSecret;
use weftid_tests::browser::Page;
use weftid_tests::database::Kind;
use weftid_tests::own_secrets::AuthenticatorApp;
use weftid_tests::provider::Provider;

use crate::pages::is_sound;
use crate::stage::Visitor;

pub(crate) const SECRET: &str = "correct horse battery staple";

/// The secret that the page shows, by the picture: it is the one of the key that can be typed.
pub(crate) async fn scans(window: &Page) -> AuthenticatorApp {
    let shown = window.evaluates("document.querySelector('[data-key]').textContent").await;
    let app = AuthenticatorApp::of_key(shown.as_str().unwrap());
    let path = window.evaluates("document.querySelector('svg.qr path:last-child').getAttribute('d')").await;
    let picture = TotpSecret::from_bytes(&app.secret()).unwrap().picture("WeftID", "ada@example.com").unwrap();
    assert_eq!(path.as_str().unwrap(), picture.path);
    app
}

/// C-PW-04, C-TOTP-04: a password is typed, looked at and set; an app takes the secret over by the picture and counts with its first code. Later,
/// without a passkey, both confirm a change: the form goes on by itself, and a script is led there and back.
#[tokio::test]
async fn password_and_app_are_set_up_and_confirm() {
    let provider = Provider::for_browsers_in_no_hurry(Kind::Sqlite).await;
    let visitor = Visitor::comes().await;
    let window = &visitor.window;
    visitor.sets_up(&provider.setup_link().await).await;
    visitor.saves_the_codes().await;
    window.opens(provider.url("/account/sign-in-methods")).await;
    window.presses("password").await;
    is_sound(window, "own-password").await;
    assert_eq!(window.evaluates("document.activeElement.id").await, "new_password");
    window.enters("passwordpassword").await;
    assert_eq!(window.evaluates("document.querySelector('meter').value").await, 15, "as long as it has to be");
    window.presses("set-password").await;
    window.waits_for("#error").await;
    assert!(window.text("#error").await.contains("too easy to guess"));
    assert_eq!(window.evaluates("document.getElementById('new_password').value").await, "");
    window.types("#new_password", SECRET).await;
    window.clicks("[data-reveals=new_password]").await;
    assert_eq!(window.evaluates("document.getElementById('new_password').type").await, "text");
    window.presses("set-password").await;
    is_sound(window, "sign-in-methods").await;
    assert!(window.text("main").await.contains("You have a password now."));

    window.presses("enrol").await;
    is_sound(window, "authenticator-app").await;
    let app = scans(window).await;
    window.types("#code", "000000").await;
    window.presses("enrol").await;
    window.waits_for("#error").await;
    assert_eq!(scans(window).await.key(), app.key());
    window.types("#code", &app.code(&provider.clock)).await;
    window.hits("Enter").await;
    is_sound(window, "sign-in-methods").await;
    assert!(window.text("main").await.contains("Your authenticator app is set up."));

    window.presses("revoke").await;
    is_sound(window, "revoke-passkey").await;
    window.presses("revoke").await;
    is_sound(window, "sign-in-methods").await;
    assert!(window.text("main").await.contains("You can still sign in with your password and your authenticator app."));

    // The form that waited goes on by itself.
    window.presses("regenerate").await;
    is_sound(window, "regenerate-backup-codes").await;
    provider.clock.advance(Duration::from_mins(5));
    window.presses("regenerate").await;
    is_sound(window, "confirm-password").await;
    window.enters(SECRET).await;
    window.presses("password").await;
    is_sound(window, "confirm-code").await;
    window.enters(&app.code(&provider.clock)).await;
    window.hits("Enter").await;
    window.shows("backup-codes").await;
    visitor.saves_the_codes().await;

    // And a script is led to the page that asks, and back.
    provider.clock.advance(Duration::from_mins(5));
    window.opens(provider.url("/account/sign-in-methods")).await;
    window.presses("create-passkey").await;
    window.shows("confirm-password").await;
    window.types("#password", SECRET).await;
    window.presses("password").await;
    window.shows("confirm-code").await;
    window.types("#code", &app.code(&provider.clock)).await;
    window.presses("continue").await;
    window.shows("sign-in-methods").await;
    window.presses("create-passkey").await;
    window.shows("rename-passkey").await;
}
