//! "Prompt dismissed? There is still password + two-step": what a person finds when the passkey comes to nothing, with scripts and without.

use weftid::base::clock::Clock;
use weftid_tests::own_secrets::{self, AuthenticatorApp};

use crate::pages::is_sound;
use crate::stage::{Demo, Visitor, application_is, claim};

const ADA: &str = "ada@example.com";
const SECRET: &str = "correct horse battery staple";

/// Gives Ada a password and an authenticator app, beside her passkey.
async fn gives_ada_both(demo: &Demo) -> AuthenticatorApp {
    let app = own_secrets::opens_beside(demo.data_dir(), &demo.process.issuer).await;
    own_secrets::gives_password(&app, ADA, SECRET).await;
    own_secrets::gives_authenticator_app(&app, ADA).await
}

/// The promise of the fallback: a prompt that fails opens the password, softly; then comes the code, and the application gets its answer. The
/// passkey can be tried again all the while (B-ENUM-03: and nothing told what the account has).
#[tokio::test]
async fn a_dismissed_prompt_leads_to_password_and_code() {
    let demo = Demo::start().await;
    let visitor = Visitor::at_home(&demo).await;
    let window = &visitor.window;
    let app = gives_ada_both(&demo).await;
    visitor.signs_out(&demo).await;
    visitor.device.verifies_user(false).await;

    // The email first: the prompt pops by itself, and is refused.
    window.opens(demo.application("wiki/sign-in")).await;
    window.shows("sign-in").await;
    window.presses("forget").await;
    window.waits_until("somebody else may sign in", "!document.querySelector('[data-action=forget]')").await;
    window.types("#email", ADA).await;
    assert_eq!(window.evaluates("document.querySelector('[data-fallback]').open").await, false);
    visitor.device.is_present(true).await;
    window.presses("continue").await;
    window.waits_for("[data-fallback][open]").await;
    let said = window.text(".said").await;
    assert!(said.contains("No passkey was used.") && said.contains("use your password"), "{said}");
    assert_eq!(window.text("[data-action=passkey]").await.trim(), "Try the passkey again");
    assert_eq!(window.evaluates("document.activeElement.id").await, "password", "the keyboard is where it goes on");
    visitor.device.is_present(false).await;

    // A wrong one says so, keeps the email, and lets the passkey be.
    window.enters("wrong").await;
    window.hits("Enter").await;
    window.waits_for("#error").await;
    is_sound(window, "sign-in").await;
    assert!(window.text("main").await.contains(ADA));
    assert_eq!(window.evaluates("document.activeElement.id").await, "password");
    window.enters(SECRET).await;
    window.presses("password").await;
    is_sound(window, "second-step").await;
    assert_eq!(window.evaluates("document.activeElement.id").await, "code");
    window.presses("backup-code").await;
    is_sound(window, "second-step").await;
    window.presses("totp").await;
    window.shows("second-step").await;
    window.enters("000000").await;
    window.presses("continue").await;
    window.waits_for("#error").await;
    window.settles().await;
    window.types("#code", &app.code(&Clock::system())).await;
    window.hits("Enter").await;
    window.shows("consent").await;
    window.presses("allow").await;
    application_is(window, "/wiki", "signed-in").await;
    assert_eq!(claim(window, "acr").await, "password+otp");
    // Chromium puts the status of a document on the console; nothing else may stand there.
    let complaints: Vec<String> = window.complaints().into_iter().filter(|complaint| !complaint.contains("status of 401")).collect();
    assert_eq!(complaints, Vec::<String>::new());
}

/// Without an email the password is asked for with one; what was typed already is taken over.
#[tokio::test]
async fn a_prompt_without_an_email_leads_to_both_fields() {
    let demo = Demo::start().await;
    let visitor = Visitor::at_home(&demo).await;
    let window = &visitor.window;
    let app = gives_ada_both(&demo).await;
    visitor.signs_out(&demo).await;
    visitor.device.verifies_user(false).await;
    window.opens(demo.provider("login")).await;
    window.shows("sign-in").await;
    window.presses("forget").await;
    window.waits_until("somebody else may sign in", "!document.querySelector('[data-action=forget]')").await;
    window.types("#email", ADA).await;
    visitor.presses_passkey().await;
    window.waits_for("[data-fallback][open]").await;
    assert_eq!(window.evaluates("document.getElementById('password-email').value").await, ADA);
    visitor.device.is_present(false).await;
    window.types("#password", SECRET).await;
    window.presses("password").await;
    window.shows("second-step").await;
    window.settles().await;
    window.types("#code", &app.code(&Clock::system())).await;
    window.hits("Enter").await;
    window.shows("dashboard").await;
    demo.was_quiet_in(window);
}

/// "Password path: works without JavaScript": the fields are there from the start, and every step is a form.
#[tokio::test]
async fn the_password_works_without_scripts() {
    let demo = Demo::start().await;
    let visitor = Visitor::at_home(&demo).await;
    let window = &visitor.window;
    let app = gives_ada_both(&demo).await;
    visitor.signs_out(&demo).await;
    window.runs_scripts(false).await;
    window.opens(demo.application("wiki/sign-in")).await;
    window.shows("sign-in").await;
    window.presses("forget").await;
    window.waits_until("somebody else may sign in", "!document.querySelector('[data-action=forget]')").await;
    window.types("#email", ADA).await;
    window.presses("continue").await;
    window.waits_until("the email is known", "document.querySelector('main').textContent.includes('ada@example.com')").await;
    assert!(window.text("main").await.contains("Passkeys need JavaScript."));
    window.types("#password", SECRET).await;
    window.presses("password").await;
    window.shows("second-step").await;
    window.types("#code", &app.code(&Clock::system())).await;
    window.presses("continue").await;
    window.shows("consent").await;
    window.presses("allow").await;
    application_is(window, "/wiki", "signed-in").await;
}
