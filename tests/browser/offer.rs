//! The offer of a passkey after a password, on devices that could hold one and on one that could not.

use weftid_tests::browser::Page;
use weftid_tests::database::Kind;
use weftid_tests::own_secrets;
use weftid_tests::provider::Provider;

use crate::pages::is_sound;
use crate::stage::Visitor;

pub(crate) const ADA: &str = "ada@example.com";
pub(crate) const SECRET: &str = "correct horse battery staple";

/// Signs in with the password, at a page that knows nobody.
pub(crate) async fn signs_in(provider: &Provider, window: &Page) {
    window.opens(provider.url("/login?another")).await;
    window.shows("sign-in").await;
    window.clicks("[data-fallback] summary").await;
    window.types("#password-email", ADA).await;
    window.types("#password", SECRET).await;
    window.presses("password").await;
}

/// B-REG-07, "one gentle offer": it is made once, "Not now" leads on, and whoever takes it has a passkey and comes to the backup codes.
#[tokio::test]
async fn a_passkey_is_offered_once_after_a_password() {
    let provider = Provider::for_browsers(Kind::Sqlite).await;
    own_secrets::imports(&provider.app, &[ADA], SECRET).await;
    let refusing = Visitor::comes().await;
    signs_in(&provider, &refusing.window).await;
    is_sound(&refusing.window, "offer").await;
    refusing.window.presses("skip").await;
    refusing.window.shows("dashboard").await;
    refusing.window.presses("sign-out").await;
    refusing.window.shows("signed-out").await;
    signs_in(&provider, &refusing.window).await;
    refusing.window.shows("dashboard").await;

    let taking = Visitor::comes().await;
    signs_in(&provider, &taking.window).await;
    taking.window.shows("offer").await;
    taking.window.presses("create-passkey").await;
    taking.window.shows("backup-codes").await;
    assert_eq!(taking.device.credentials().await.len(), 1);
}

/// A device that can't hold a passkey is offered none: the page goes on by itself.
#[tokio::test]
async fn a_device_that_cannot_is_offered_nothing() {
    let provider = Provider::for_browsers(Kind::Sqlite).await;
    own_secrets::imports(&provider.app, &[ADA], SECRET).await;
    let visitor = Visitor::comes().await;
    visitor
        .window
        .runs_first("if (window.PublicKeyCredential) PublicKeyCredential.isUserVerifyingPlatformAuthenticatorAvailable = async () => false")
        .await;
    signs_in(&provider, &visitor.window).await;
    visitor.window.shows("dashboard").await;
}
