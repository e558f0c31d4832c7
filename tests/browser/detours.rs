//! Detours on the way to an application: prompts that fail, pages that are loaded again, a server that stops, people who change their mind.
//! "A pending authorization request survives every detour, a reload, a second tab and a restart of the server."

use std::time::Duration;

use tokio::net::TcpListener;
use url::Url;
use weftid::cli::demo::relying_party::{self, DemoClient};
use weftid_tests::browser::Options;
use weftid_tests::database::Database;
use weftid_tests::process::{self, Process};

use crate::stage::{Demo, Visitor, application_is};

/// "Prompt dismissed, cancelled, failed, or no passkey on this device"; B-AD-03: a device that did not check the user signs nobody in.
#[tokio::test]
async fn a_prompt_that_fails_says_so_and_the_application_still_gets_its_answer() {
    let demo = Demo::start().await;
    let visitor = Visitor::at_home(&demo).await;
    let window = &visitor.window;
    visitor.signs_out(&demo).await;
    window.opens(demo.application("wiki/sign-in")).await;
    window.shows("sign-in").await;

    // Refused: the check of the user fails.
    visitor.device.verifies_user(false).await;
    visitor.presses_passkey().await;
    window.waits_for(".said .note").await;
    let said = window.text(".said").await;
    assert!(said.contains("No passkey was used.") && said.contains("Nothing is lost"), "{said}");
    assert_eq!(window.text("[data-action=passkey]").await.trim(), "Try the passkey again");
    visitor.device.verifies_user(true).await;

    // Nobody touches it: the page waits, says so, and can be stopped.
    visitor.device.is_present(false).await;
    window.presses("passkey").await;
    window.waits_for(".waiting").await;
    assert!(window.text(".waiting").await.contains("Waiting for your device"));
    window.presses("stop").await;
    window.waits_for(".said .note").await;
    visitor.device.is_present(true).await;

    // The device holds no passkey of ours any more; then it is gone altogether, and another one with the same passkey comes.
    let held = visitor.device.credentials().await.remove(0);
    visitor.device.forgets().await;
    window.presses("passkey").await;
    window.waits_until("the prompt has failed", "document.querySelector('.said .note') && !document.querySelector('.waiting')").await;
    let Visitor { window, device, browser: _browser } = visitor;
    device.is_unplugged().await;
    window.presses("passkey").await;
    window.waits_for(".said .waiting, .said .note").await;
    if window.evaluates("!!document.querySelector('.said .waiting')").await == true {
        window.presses("stop").await;
    }
    window.waits_for(".said .note").await;
    assert!(window.text(".said").await.contains("No passkey was used."));
    let device = window.has_authenticator(Options { is_present: false, ..Options::default() }).await;
    device.takes(&held).await;
    device.is_present(true).await;
    window.presses("passkey").await;
    window.shows("consent").await;
    window.presses("allow").await;
    application_is(&window, "/wiki", "signed-in").await;
    demo.was_quiet_in(&window);
}

/// A reload, a second tab, and the email first: each ends at the application.
#[tokio::test]
async fn a_reload_and_a_second_tab_finish_the_same_sign_in() {
    let demo = Demo::start().await;
    let visitor = Visitor::at_home(&demo).await;
    let window = &visitor.window;
    visitor.signs_out(&demo).await;
    window.opens(demo.application("wiki/sign-in")).await;
    window.shows("sign-in").await;
    let pending = window.url().await;

    // The second tab comes first, signs in by email, and gets to the consent page.
    let tab = visitor.browser.window().await;
    let device = tab.has_authenticator(Options { is_present: false, ..Options::default() }).await;
    device.takes(&visitor.device.credentials().await[0]).await;
    tab.opens(&pending).await;
    tab.shows("sign-in").await;
    tab.types("#email", "ada@example.com").await;
    device.is_present(true).await;
    tab.presses("continue").await;
    tab.shows("consent").await;
    tab.opens(tab.url().await).await;
    tab.shows("consent").await;

    // The first is loaded again: this browser is signed in by now, or signs in; either way it arrives.
    window.opens(&pending).await;
    window.waits_until("the page goes on", "document.readyState === 'complete' && document.body?.dataset.page").await;
    if window.url().await.path() == pending.path() {
        visitor.presses_passkey().await;
    }
    window.shows("consent").await;
    window.presses("allow").await;
    application_is(window, "/wiki", "signed-in").await;
    demo.was_quiet_in(window);
    demo.was_quiet_in(&tab);
}

/// "And a restart of the server": nothing about a pending sign-in lives in its memory.
#[tokio::test]
async fn a_sign_in_survives_a_server_that_is_killed_in_the_middle() {
    let database = Database::empty_sqlite();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://localhost:{}", listener.local_addr().unwrap().port());
    let mut server = Process::serve(&database).await;
    let port = server.address.port();

    // Its client is registered by the command line while the server runs.
    let callback = format!("{base_url}/wiki/callback");
    let create = ["clients", "create", "--name", "Acme Wiki", "--redirect-uri", &callback, "--refresh", "--loopback-http"];
    let created = process::run(&create, &process::environment(&database, port)).await;
    assert!(created.status.success(), "{}", created.stderr);
    let printed = |name: &str| created.stdout.lines().find_map(|line| line.strip_prefix(name)).unwrap().trim().to_owned();
    let client = DemoClient {
        path: relying_party::WIKI.to_owned(),
        name: "Acme Wiki".to_owned(),
        client_id: printed("client_id "),
        client_secret: printed("client_secret "),
        scopes: ["openid", "email"].map(str::to_owned).to_vec(),
    };
    let issuer = server.issuer.as_str().trim_end_matches('/').to_owned();
    let settings = relying_party::Settings { issuer, base_url: base_url.clone(), clients: vec![client] };
    let applications = tokio::spawn(relying_party::serve(listener, settings, std::future::pending()));

    let visitor = Visitor::comes().await;
    let window = &visitor.window;
    visitor.sets_up(server.says("/setup/").await.trim()).await;
    visitor.saves_the_codes().await;
    visitor.device.is_present(false).await;
    window.presses("sign-out").await;
    window.shows("signed-out").await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    window.opens(format!("{base_url}/wiki/sign-in")).await;
    window.shows("sign-in").await;

    server.is_killed().await;
    visitor.presses_passkey().await;
    window.waits_for(".said .note.warn").await;
    assert!(window.text(".said").await.contains("We couldn’t reach the server."));
    let mut server = Process::serve_at(&database, port, &[]).await;
    window.presses("passkey").await;
    window.shows("consent").await;

    server.is_killed().await;
    let _server = Process::serve_at(&database, port, &[]).await;
    window.presses("allow").await;
    application_is(window, "/wiki", "signed-in").await;
    let strangers = window.requests().into_iter().filter(|request| Url::parse(request).unwrap().host_str().is_none_or(|host| host != "localhost"));
    assert_eq!(strangers.collect::<Vec<_>>(), Vec::<String>::new());
    applications.abort();
}

/// RFC 6749 §4.1.2.1: who changes their mind is sent back with `access_denied`, from the sign-in page and from the consent page.
#[tokio::test]
async fn who_changes_their_mind_is_sent_back_to_the_application() {
    let demo = Demo::start().await;
    let visitor = Visitor::at_home(&demo).await;
    let window = &visitor.window;
    let is_denied = async || {
        window.shows("demo-error").await;
        assert_eq!(window.text("[data-error]").await, "access_denied");
        assert_eq!(window.url().await.origin(), demo.applications.origin());
        window.presses("demo-back").await;
        application_is(window, "/wiki", "signed-out").await;
    };
    window.opens(demo.application("wiki")).await;
    window.presses("demo-sign-in").await;
    window.shows("consent").await;
    window.presses("deny").await;
    is_denied().await;

    visitor.signs_out(&demo).await;
    window.opens(demo.application("wiki")).await;
    window.presses("demo-sign-in").await;
    window.shows("sign-in").await;
    assert!(window.text("[data-action=deny]").await.contains("Acme Wiki"));
    window.presses("deny").await;
    is_denied().await;
}

/// E-RACE-10: people click twice. Every button still leads where one click would have led.
#[tokio::test]
async fn a_double_click_does_no_harm() {
    let (demo, visitor) = (Demo::start().await, Visitor::comes().await);
    let window = &visitor.window;
    // The first click is under way, and the page still there, when the second comes.
    let presses_twice = async |action: &str| {
        window.settles().await;
        let button = serde_json::json!(format!("[data-action={action}]"));
        window.evaluates(&format!("(button => {{ button.click(); setTimeout(() => button.click(), 3) }})(document.querySelector({button}))")).await;
    };
    window.opens(demo.setup_link().await).await;
    window.shows("setup").await;
    window.types("#email", "ada@example.com").await;
    window.types("#name", "Ada Lovelace").await;
    presses_twice("create-passkey").await;
    window.shows("backup-codes").await;
    assert_eq!(visitor.device.credentials().await.len(), 1);
    window.clicks("#acknowledged").await;
    presses_twice("acknowledge").await;
    window.shows("dashboard").await;
    for round in 0..3 {
        window.opens(demo.application("wiki/sign-in")).await;
        if round == 0 {
            window.shows("consent").await;
            presses_twice("allow").await;
        } else {
            window.shows("sign-in").await;
            visitor.device.is_present(true).await;
            presses_twice("passkey").await;
        }
        application_is(window, "/wiki", "signed-in").await;
        window.opens(demo.provider("account")).await;
        window.shows("dashboard").await;
        visitor.device.is_present(false).await;
        presses_twice("sign-out").await;
        window.shows("signed-out").await;
    }
    window.opens(demo.application("board/sign-in")).await;
    window.shows("sign-in").await;
    presses_twice("deny").await;
    window.shows("demo-error").await;
    assert_eq!(window.text("[data-error]").await, "access_denied");
    demo.was_quiet_in(window);
}

/// C-SES-07: "Not you?" on the consent page changes the person, not the request; nothing of the first is given to the application.
#[tokio::test]
async fn somebody_else_takes_over_at_the_consent_page() {
    let demo = Demo::start().await;
    let ada = Visitor::at_home(&demo).await;
    let grace = Visitor::comes().await;
    let invited = process::run(&["users", "invite", "--email", "grace@example.com", "--name", "Grace Hopper"], &demo.environment()).await;
    grace.window.opens(invited.stdout.lines().find(|line| line.contains("/invitation/")).unwrap().trim()).await;
    grace.window.shows("invitation").await;
    grace.window.presses("create-passkey").await;
    grace.window.shows("backup-codes").await;
    grace.saves_the_codes().await;

    let window = &ada.window;
    window.opens(demo.application("wiki/sign-in")).await;
    window.shows("consent").await;
    assert!(window.text("main").await.contains("Ada Lovelace"));
    ada.device.forgets().await;
    ada.device.takes(&grace.device.credentials().await[0]).await;
    ada.device.is_present(false).await;
    window.presses("not-you").await;
    window.shows("choose-account").await;
    window.presses("another-account").await;
    window.shows("sign-in").await;
    let asked = window.text("main").await;
    assert!(asked.contains("Acme Wiki"), "the application still waits");
    assert!(!asked.contains("ada@example.com"), "who is not here is not greeted: {asked}");
    window.types("#email", "grace@example.com").await;
    ada.device.is_present(true).await;
    window.presses("continue").await;
    window.shows("consent").await;
    let asked = window.text("main").await;
    assert!(asked.contains("Grace Hopper") && !asked.contains("Ada"), "{asked}");
    window.presses("allow").await;
    application_is(window, "/wiki", "signed-in").await;
    assert_eq!(window.text("[data-person]").await, "Grace Hopper");
    demo.was_quiet_in(window);
}
