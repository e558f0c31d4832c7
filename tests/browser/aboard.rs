//! An invited person comes aboard while the server runs.

use weftid_tests::database::Database;
use weftid_tests::process::{self, Process};

use crate::pages::is_sound;
use crate::stage::{Demo, Visitor, application_is};

/// "Invitation: opened by GET but consumed by POST; ends with a passkey, then backup codes", made by the command line beside a running server.
#[tokio::test]
async fn an_invitation_ends_on_the_dashboard() {
    let demo = Demo::start().await;
    let ada = Visitor::at_home(&demo).await;
    let invited = process::run(&["users", "invite", "--email", "grace@example.com", "--name", "Grace"], &demo.environment()).await;
    assert!(invited.status.success(), "{}", invited.stderr);
    let link = invited.stdout.lines().find(|line| line.contains("/invitation/")).unwrap().trim().to_owned();

    let grace = Visitor::comes().await;
    let window = &grace.window;
    // Opening consumes nothing: mail programs look at links first.
    for _ in 0..2 {
        window.opens(&link).await;
        is_sound(window, "invitation").await;
    }
    assert_eq!(
        window.evaluates("[document.querySelector('#email').value, document.querySelector('#email').readOnly]").await,
        serde_json::json!(["grace@example.com", true])
    );
    window.types("#name", "Grace Hopper").await;
    // The prompt is dismissed first; the link is not used up by it.
    grace.device.verifies_user(false).await;
    window.presses("create-passkey").await;
    window.waits_for(".said .note").await;
    assert_eq!(window.text("[data-action=create-passkey]").await.trim(), "Try the passkey again");
    grace.device.verifies_user(true).await;
    window.presses("create-passkey").await;
    window.shows("backup-codes").await;
    grace.saves_the_codes().await;
    let shown = window.text("body").await;
    assert!(shown.contains("Grace Hopper") && shown.contains("grace@example.com"), "{shown}");
    demo.was_quiet_in(window);

    // She is somebody of her own at the applications.
    window.opens(demo.application("wiki/sign-in")).await;
    window.shows("consent").await;
    window.presses("allow").await;
    application_is(window, "/wiki", "signed-in").await;
    assert_eq!(window.text("[data-person]").await, "Grace Hopper");

    // The link has done its work, in this browser and in any other.
    ada.window.opens(&link).await;
    ada.window.shows("error").await;
    assert!(ada.window.text("main").await.contains("This link doesn’t work"));
}

/// "Single use, 72 h, resend revokes": what is over says so, with what to do about it.
#[tokio::test]
async fn an_invitation_that_is_over_says_so() {
    let database = Database::empty_sqlite();
    let server = Process::serve(&database).await;
    let environment = process::environment(&database, server.address.port());
    let visitor = Visitor::comes().await;
    visitor.sets_up(server.says("/setup/").await.trim()).await;
    visitor.saves_the_codes().await;
    let invites = async || {
        let invited = process::run(&["users", "invite", "--email", "grace@example.com"], &environment).await;
        assert!(invited.status.success(), "{}", invited.stderr);
        invited.stdout.lines().find(|line| line.contains("/invitation/")).unwrap().trim().to_owned()
    };
    let (first, second) = (invites().await, invites().await);
    let window = &visitor.window;
    window.opens(&second).await;
    is_sound(window, "invitation").await;
    database.execute("UPDATE one_time_links SET expires_at = created_at + 1 WHERE revoked_at IS NULL AND used_at IS NULL").await;
    for (link, words) in [(&first, "This link doesn’t work"), (&second, "This link has expired")] {
        window.opens(link).await;
        is_sound(window, "error").await;
        assert_eq!(window.evaluates("performance.getEntriesByType('navigation')[0].responseStatus").await, 410);
        let shown = window.text("main").await;
        assert!(shown.contains(words) && shown.contains("Ask for a new one"), "{shown}");
    }
}
