//! Pictures of every page, light and dark, wide and narrow: `WEFTID_PICTURES=folder cargo test --workspace --test browser pictures`.
//! Without a folder they are taken all the same, looked at by nobody, and thrown away: a page that can't be pictured is broken.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;
use weftid_tests::browser::{Look, Options, Page};
use weftid_tests::database::Kind;
use weftid_tests::own_secrets;
use weftid_tests::process;
use weftid_tests::provider::Provider;

use crate::accounts;
use crate::offer;
use crate::stage::{Demo, Visitor, application_is};
use crate::ways::{SECRET, scans};

#[tokio::test]
async fn pictures_of_every_page() {
    let (_scratch, folder) = folder();
    let (demo, visitor) = (Demo::start().await, Visitor::comes().await);
    let window = &visitor.window;

    window.opens(demo.setup_link().await).await;
    takes(window, &folder, "setup", "setup").await;
    visitor.sets_up(&demo.setup_link().await).await;
    takes(window, &folder, "backup-codes", "backup-codes").await;
    window.is_on_paper(true).await;
    window.is_pictured(&folder.join("backup-codes-paper.png")).await;
    window.is_on_paper(false).await;
    visitor.saves_the_codes().await;
    takes(window, &folder, "dashboard", "dashboard").await;
    window.clicks("[data-nudge] a").await;
    takes(window, &folder, "sign-in-methods", "sign-in-methods-one").await;
    window.presses("revoke").await;
    takes(window, &folder, "revoke-passkey", "revoke-last-passkey").await;
    window.presses("skip").await;
    window.shows("sign-in-methods").await;
    visitor.device.is_present(false).await;
    let key = window.has_authenticator(Options { synced: false, built_in: false, ..Options::default() }).await;
    window.presses("create-passkey").await;
    takes(window, &folder, "rename-passkey", "new-passkey").await;
    window.presses("rename").await;
    takes(window, &folder, "sign-in-methods", "sign-in-methods").await;
    window.speaks("de").await;
    window.clicks("li:last-child [data-action=revoke]").await;
    takes(window, &folder, "revoke-passkey", "revoke-passkey-german").await;
    window.speaks("en").await;
    key.is_unplugged().await;
    visitor.device.is_present(true).await;
    window.opens(demo.application("wiki/sign-in")).await;
    takes(window, &folder, "consent", "consent").await;
    window.presses("allow").await;
    application_is(window, "/wiki", "signed-in").await;
    takes(window, &folder, "demo-app", "demo-app").await;
    window.opens(demo.application("")).await;
    takes(window, &folder, "demo-home", "demo-home").await;
    window.opens(demo.provider("logout")).await;
    takes(window, &folder, "sign-out", "sign-out").await;
    visitor.signs_out(&demo).await;
    takes(window, &folder, "signed-out", "signed-out").await;

    window.opens(demo.application("board/sign-in")).await;
    takes(window, &folder, "sign-in", "sign-in").await;
    visitor.device.is_present(false).await;
    window.presses("passkey").await;
    window.waits_for(".waiting").await;
    takes(window, &folder, "sign-in", "sign-in-waiting").await;
    window.presses("stop").await;
    window.waits_for(".said .note").await;
    takes(window, &folder, "sign-in", "sign-in-dismissed").await;
    window.presses("deny").await;
    takes(window, &folder, "demo-error", "demo-error").await;
    window.opens(demo.provider("login")).await;
    takes(window, &folder, "sign-in", "sign-in-house").await;
    window.types("#email", "ada@example.com").await;
    window.presses("continue").await;
    window.waits_for(".waiting").await;
    takes(window, &folder, "sign-in", "sign-in-email").await;

    window.opens(demo.provider("no/such/page")).await;
    takes(window, &folder, "error", "error").await;
    let invited = process::run(&["users", "invite", "--email", "grace@example.com"], &demo.environment()).await;
    window.opens(invited.stdout.lines().find(|line| line.contains("/invitation/")).unwrap().trim()).await;
    takes(window, &folder, "invitation", "invitation").await;
    window.speaks("de").await;
    window.opens(demo.application("board/sign-in")).await;
    takes(window, &folder, "sign-in", "sign-in-german").await;
    window.presses("passkey").await;
    window.waits_for(".waiting").await;
    takes(window, &folder, "sign-in", "sign-in-german-waiting").await;
}

#[tokio::test]
async fn pictures_of_confirming() {
    let (_scratch, folder) = folder();
    let (provider, visitor) = (Provider::for_browsers_in_no_hurry(Kind::Sqlite).await, Visitor::comes().await);
    let window = &visitor.window;
    visitor.sets_up(&provider.setup_link().await).await;
    visitor.saves_the_codes().await;
    window.opens(provider.url("/account/sign-in-methods")).await;
    window.presses("rename").await;
    takes(window, &folder, "rename-passkey", "rename-passkey").await;
    provider.clock.advance(Duration::from_mins(5));
    window.presses("rename").await;
    takes(window, &folder, "confirm", "confirm").await;
    visitor.device.is_present(false).await;
    window.opens(provider.url("/account/sign-in-methods")).await;
    window.presses("create-passkey").await;
    window.waits_until("it is confirmed first", "document.querySelector('.waiting')?.textContent.includes('First')").await;
    takes(window, &folder, "sign-in-methods", "sign-in-methods-confirming").await;
}

#[tokio::test]
async fn pictures_of_passkeys() {
    let (_scratch, folder) = folder();
    for (settings, page) in [(&[] as &[(&str, &str)], "offer"), (&[("sign_in.require_strong", "passkey")], "enrol")] {
        let (provider, visitor) = (Provider::for_browsers_with(Kind::Sqlite, settings).await, Visitor::comes().await);
        own_secrets::imports(&provider.app, &[offer::ADA], offer::SECRET).await;
        offer::signs_in(&provider, &visitor.window).await;
        takes(&visitor.window, &folder, page, page).await;
    }
    let (provider, visitor) = (Provider::for_browsers(Kind::Sqlite).await, Visitor::comes().await);
    visitor.sets_up(&provider.setup_link().await).await;
    visitor.saves_the_codes().await;
    visitor.device.is_present(false).await;
    provider.database.execute("UPDATE passkeys SET suspected_at = created_at").await;
    for (path, page) in [("/account/sign-in-methods", "sign-in-methods"), ("/account", "dashboard")] {
        visitor.window.opens(provider.url(path)).await;
        takes(&visitor.window, &folder, page, &format!("{page}-copied")).await;
    }
}

#[tokio::test]
async fn pictures_of_the_account() {
    let (_scratch, folder) = folder();
    let demo = Demo::start().await;
    let visitor = accounts::two(&demo).await;
    let window = &visitor.window;
    visitor.device.is_present(false).await;
    window.opens(demo.application("wiki/sign-in")).await;
    window.shows("consent").await;
    window.presses("allow").await;
    application_is(window, "/wiki", "signed-in").await;
    for (path, page) in [("account", "dashboard"), ("account/sessions", "sessions"), ("account/apps", "apps"), ("account/activity", "activity")] {
        window.opens(demo.provider(path)).await;
        takes(window, &folder, page, &format!("own-{page}")).await;
    }
    window.opens(demo.provider("account/apps")).await;
    window.presses("revoke").await;
    takes(window, &folder, "revoke-app", "revoke-app").await;
    window.opens(demo.provider("choose-account")).await;
    takes(window, &folder, "choose-account", "choose-account").await;
    window.opens(demo.provider("sign-out")).await;
    takes(window, &folder, "sign-out", "sign-out-of-several").await;
    window.presses("sign-out").await;
    takes(window, &folder, "signed-out", "signed-out-others").await;
}

#[tokio::test]
async fn pictures_of_password_and_code() {
    let (_scratch, folder) = folder();
    let (provider, visitor) = (Provider::for_browsers_in_no_hurry(Kind::Sqlite).await, Visitor::comes().await);
    let window = &visitor.window;
    visitor.sets_up(&provider.setup_link().await).await;
    let codes = window.evaluates("[...document.querySelectorAll('[data-codes] code')].map(code => code.textContent)").await;
    visitor.saves_the_codes().await;
    let (email, secret) = ("ada@example.com", "correct horse battery staple");
    provider.gives_password(email, secret).await;
    provider.gives_authenticator_app(email).await;
    visitor.device.is_present(false).await;
    window.presses("sign-out").await;
    window.shows("signed-out").await;
    visitor.device.verifies_user(false).await;
    window.opens(provider.url("/login")).await;
    takes(window, &folder, "sign-in", "sign-in-remembered").await;
    visitor.presses_passkey().await;
    window.waits_for("[data-fallback][open]").await;
    takes(window, &folder, "sign-in", "sign-in-fallback").await;
    visitor.device.is_present(false).await;
    window.types("#password", "wrong").await;
    window.presses("password").await;
    window.waits_for("#error").await;
    takes(window, &folder, "sign-in", "sign-in-wrong-password").await;
    window.types("#password", secret).await;
    window.presses("password").await;
    takes(window, &folder, "second-step", "second-step-totp").await;
    for _ in 0..4 {
        // So that the next one is waited for.
        window.evaluates("document.querySelector('#error')?.remove()").await;
        window.types("#code", "000000").await;
        window.presses("continue").await;
        window.waits_for("#error").await;
    }
    takes(window, &folder, "second-step", "second-step-wrong").await;
    window.speaks("de").await;
    window.presses("backup-code").await;
    takes(window, &folder, "second-step", "second-step-backup-code-german").await;
    window.speaks("en").await;
    window.types("#code", codes[0].as_str().unwrap()).await;
    window.presses("continue").await;
    takes(window, &folder, "backup-code-used", "backup-code-used").await;
    window.presses("continue").await;
    window.shows("dashboard").await;
    window.presses("sign-out").await;
    window.shows("signed-out").await;
    window.opens(provider.url("/login")).await;
    takes(window, &folder, "sign-in", "sign-in-remembered-password").await;
    for number in 0..6 {
        window.evaluates("document.body.dataset.before = 'yes'").await;
        window.types("#password", "wrong").await;
        window.presses("password").await;
        window.waits_until(&format!("answer {number}"), "!document.body?.dataset.before && document.querySelector('#error')").await;
    }
    takes(window, &folder, "sign-in", "sign-in-wait").await;
}

#[tokio::test]
async fn pictures_of_ways_in() {
    let (_scratch, folder) = folder();
    let (provider, visitor) = (Provider::for_browsers_in_no_hurry(Kind::Sqlite).await, Visitor::comes().await);
    let window = &visitor.window;
    visitor.sets_up(&provider.setup_link().await).await;
    visitor.saves_the_codes().await;
    window.opens(provider.url("/account/password")).await;
    takes(window, &folder, "own-password", "own-password").await;
    window.types("#new_password", "passwordpassword").await;
    window.presses("set-password").await;
    window.waits_for("#error").await;
    takes(window, &folder, "own-password", "own-password-weak").await;
    window.types("#new_password", SECRET).await;
    window.presses("set-password").await;
    takes(window, &folder, "sign-in-methods", "ways-password-set").await;
    window.presses("enrol").await;
    takes(window, &folder, "authenticator-app", "authenticator-app").await;
    let app = scans(window).await;
    window.clicks("details.about summary").await;
    window.speaks("de").await;
    takes(window, &folder, "authenticator-app", "authenticator-app-by-hand").await;
    window.types("#code", &app.code(&provider.clock)).await;
    window.presses("enrol").await;
    takes(window, &folder, "sign-in-methods", "ways-german").await;
    window.speaks("en").await;
    window.presses("disable").await;
    takes(window, &folder, "disable-totp", "disable-totp").await;
    window.opens(provider.url("/account/password/remove")).await;
    takes(window, &folder, "remove-password", "remove-password").await;
    window.opens(provider.url("/account/sign-in-methods")).await;
    window.presses("revoke").await;
    takes(window, &folder, "revoke-passkey", "revoke-passkey-password-remains").await;
    window.presses("revoke").await;
    takes(window, &folder, "sign-in-methods", "ways-password-remains").await;
    window.opens(provider.url("/account/password/remove")).await;
    takes(window, &folder, "remove-password", "remove-last-password").await;
    window.opens(provider.url("/account/backup-codes/regenerate")).await;
    takes(window, &folder, "regenerate-backup-codes", "regenerate-backup-codes").await;
    provider.clock.advance(Duration::from_mins(5));
    window.opens(provider.url("/account/password")).await;
    takes(window, &folder, "confirm-password", "confirm-password").await;
    window.types("#password", SECRET).await;
    window.presses("password").await;
    takes(window, &folder, "confirm-code", "confirm-code").await;
    window.types("#code", "000000").await;
    window.presses("continue").await;
    window.waits_for("#error").await;
    takes(window, &folder, "confirm-code", "confirm-code-wrong").await;
    window.types("#code", &app.code(&provider.clock)).await;
    window.presses("continue").await;
    takes(window, &folder, "own-password", "own-password-change").await;
}

/// How everything is looked at.
pub(crate) const LOOKS: [(Look, &str); 4] =
    [(Look::WIDE, "wide"), (Look::WIDE.dark(), "wide-dark"), (Look::NARROW, "narrow"), (Look::NARROW.dark(), "narrow-dark")];

/// Where pictures go; what is thrown away afterwards comes along.
pub(crate) fn folder() -> (TempDir, PathBuf) {
    let scratch = tempfile::tempdir().unwrap();
    let folder = std::env::var_os("WEFTID_PICTURES").map_or_else(|| scratch.path().to_owned(), PathBuf::from);
    (scratch, folder)
}

pub(crate) async fn takes(window: &Page, folder: &Path, page: &str, name: &str) {
    window.shows(page).await;
    for (look, suffix) in LOOKS {
        window.is_looked_at(look).await;
        window.is_pictured(&folder.join(format!("{name}-{suffix}.png"))).await;
    }
    window.is_looked_at(Look::WIDE).await;
}
