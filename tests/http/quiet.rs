//! What people do leaves no secret in the log, at any level.

use serde_json::json;
use weftid::actions::audit::Origin;
use weftid::actions::{invitations, setup};
use weftid::store::user::Role;
use weftid_tests::authenticator::Lie;
use weftid_tests::database::Kind;
use weftid_tests::log::{Log, canary, captured};
use weftid_tests::person::Person;
use weftid_tests::provider::Provider;

use crate::passkeys::{BEGIN, FINISH, almost_signed_in, at_the_sign_in_page};
use crate::passwords::{at_the_password, types, types_code};
use crate::step_up::STEP_UP;
use crate::totp;

/// Sets a password and an authenticator app, confirms with both, and fails to; gives what must not be in the log.
async fn looks_after_ways_in(provider: &Provider, person: &mut Person) -> Vec<String> {
    let passwords = ["weak", "wrong", "current", "good"].map(|kind| format!("{} of grey otters", canary(kind)));
    let [weak, wrong, current, good] = &passwords;
    person.opens(provider.url("/account/password")).await.shows("own-password");
    person.presses("set-password", &[("new_password", &format!("{weak}{}", "x".repeat(300)))]).await.page(400);
    person.presses("set-password", &[("new_password", good)]).await.shows("sign-in-methods");
    let app = totp::enrols(provider, person).await;
    let mut secrets = vec![app.key(), weftid::base::base64url::encode(app.secret())];
    provider.database.execute("DELETE FROM passkeys").await;
    provider.clock.advance(STEP_UP);
    person.opens(provider.url("/account/password")).await.shows("confirm-password");
    person.presses("password", &[("password", wrong)]).await.page(401);
    let page = person.presses("password", &[("password", good)]).await.shows("confirm-code");
    let boxes = page.all("input").filter(|field| field.attribute("name").is_some_and(|name| ["passed", "change"].contains(&name)));
    secrets.extend(boxes.filter_map(|field| field.attribute("value")).map(str::to_owned));
    let code = canary("code");
    person.presses("continue", &[("code", &code)]).await.page(401);
    person.presses("continue", &[("code", &app.code(&provider.clock))]).await.shows("own-password");
    person.presses("set-password", &[("current_password", current), ("new_password", good)]).await.page(401);
    secrets.extend(passwords.iter().map(|password| password.split(' ').next().expect("a canary").to_owned()));
    secrets.push(code);
    secrets
}

/// Comes aboard, signs in, fails to, and types into every field; gives everything that must not be in the log.
async fn lives(provider: &Provider) -> Vec<String> {
    let link = setup::link(&provider.app).await.expect("the database works").expect("nobody is here yet");
    let invited = invitations::invite(&provider.app, "invited@id.example", None, Role::User, &Origin::command_line()).await.expect("it is made");
    let mut ada = provider.stranger();
    ada.opens(&link).await.shows("setup");
    let path = url::Url::parse(&link).expect("a link is a URL").path().to_owned();
    let ada_is = json!({"name": "Ada", "email": "ada@id.example"});
    let finished = ada.registers_passkey(&format!("{path}/passkey/begin"), &format!("{path}/passkey/finish"), &ada_is).await;
    let page = ada.follows(finished).await.shows("backup-codes");
    let mut secrets: Vec<String> = page.all("code").map(|code| page.text_of(code)).filter(|text| text.len() == 31).collect();
    assert_eq!(secrets.len(), 10);
    ada.presses("acknowledge", &[("acknowledged", "yes")]).await.shows("dashboard");
    provider.stranger().opens(&invited).await.shows("invitation");

    let mut person = at_the_sign_in_page(provider, &ada).await;
    secrets.push(person.page().csrf_token().expect("a page has a token").to_owned());
    let (good, bad) = (almost_signed_in(&mut person, &[]).await, almost_signed_in(&mut person, &[Lie::BrokenSignature]).await);
    for (body, status) in [(&good, 200), (&bad, 401), (&good, 409)] {
        let answer = person.posts_json(FINISH, body).await;
        assert_eq!(answer.status, status, "{answer}");
        for pointer in ["/ceremony", "/credential/response/signature", "/credential/response/clientDataJSON", "/credential/response/userHandle"] {
            secrets.push(body.pointer(pointer).and_then(|value| value.as_str()).expect("a text").to_owned());
        }
    }
    // What is typed where it does not belong.
    let canaries = ["email", "json", "name", "token", "header", "link"].map(canary);
    let [email, body, name, token, header, place] = &canaries;
    person.opens(provider.url(&format!("/setup/{place}"))).await.page(404);
    let mut stranger = provider.stranger();
    stranger.opens(provider.url("/login")).await.shows("sign-in");
    stranger.presses("continue", &[("email", email)]).await.page(400);
    stranger.posts_json_with(FINISH, format!("{{\"ceremony\":\"{body}").into_bytes(), &[("x-csrf-token", token), ("cookie", header)]).await;
    stranger.posts_json(FINISH, &json!({"ceremony": body, "credential": name})).await.expect(400).json();
    stranger.posts_json(BEGIN, &json!([body])).await;
    // What a browser says went wrong is taken by nobody (B-LC-04).
    for path in [BEGIN, FINISH] {
        for said in ["NotAllowedError\r\n{\"level\":\"ERROR\"}", "\u{1b}[31m", "\"}\u{2028}<script>"] {
            stranger.posts_json(path, &json!({"error": format!("{said}{name}"), "message": format!("{name}{said}")})).await;
        }
    }
    secrets.extend(canaries);

    secrets.extend(looks_after_ways_in(provider, &mut person).await);
    for cookie in [&ada, &person].into_iter().flat_map(|person| person.jar.cookies()) {
        secrets.push(cookie.value.clone());
    }
    secrets.extend([&link, &invited].map(|link| link.rsplit('/').next().expect("a token").to_owned()));
    secrets
}

/// Sets, changes and forgets passwords, turns the authenticator app on, and signs in with all of it; gives everything that must not be in the log.
async fn lives_with_passwords(provider: &Provider) -> Vec<String> {
    let bob = "bob@id.example";
    let mut person = provider.person(bob, "Bob").await;
    let canaries = ["first-password", "second-password", "wrong-password", "wrong-code", "wrong-backup-code", "recovery-link", "mail-link", "not-me"];
    let canaries = canaries.map(canary);
    let [first, second, wrong, code, backup_code, recovery, mail, not_me] = &canaries;
    let mut secrets = canaries.to_vec();
    // Whoever signed in with a passkey needs not say the password of before.
    for (current, new, status) in [("", "short", 400), ("", first, 200), (wrong, second, 200)] {
        person.opens(provider.url("/account/password")).await.page(200);
        let arrival = person.submits("/account/password", &[("current_password", current), ("new_password", new)]).await;
        assert_eq!(arrival.answer().status, status, "{}", arrival.answer());
    }
    let page = person.opens(provider.url("/account/totp/begin")).await.page(200);
    secrets.extend(page.all("code").map(|shown| page.text_of(shown).replace(' ', "")).filter(|text| text.len() >= 16));
    let form = page.form_to("/account/totp/confirm").expect("a form");
    secrets.extend(form.fields.iter().map(|(_, value)| value.clone()).filter(|value| value.len() >= 16));
    person.submits("/account/totp/confirm", &[("code", code)]).await;
    provider.gives_authenticator_app(bob).await;

    for (typed, status) in [(wrong, 401), (first, 401), (second, 200)] {
        let mut browser = at_the_password(provider, bob).await;
        let arrival = types(&mut browser, typed).await;
        assert_eq!(arrival.answer().status, status, "{}", arrival.answer());
        if status == 200 {
            let page = arrival.shows("second-step");
            secrets.extend(page.with("name", "passed").filter_map(|field| field.attribute("value").map(str::to_owned)));
            types_code(&mut browser, code).await.page(401);
            browser.presses("backup-code", &[]).await.shows("second-step");
            types_code(&mut browser, backup_code).await.page(401);
            secrets.extend(browser.jar.cookies().iter().map(|cookie| cookie.value.clone()));
        }
    }
    let mut stranger = provider.stranger();
    for place in ["/recover/", "/account/email/", "/not-me/"] {
        for link in [recovery, mail, not_me] {
            stranger.opens(provider.url(&format!("{place}{link}"))).await;
            person.opens(provider.url(&format!("{place}{link}"))).await;
        }
    }
    secrets.extend(person.jar.cookies().iter().map(|cookie| cookie.value.clone()));
    secrets
}

fn is_quiet(kind: Kind) {
    captured(|log: Log| async move {
        let provider = Provider::start(kind).await;
        let mut secrets = lives(&provider).await;
        secrets.extend(lives_with_passwords(&provider).await);
        assert!(!log.lines_with("refused").is_empty(), "the log is not even there");
        log.keeps_quiet_about(&secrets.iter().map(String::as_str).collect::<Vec<_>>());
    });
}

/// C-LOG-02, B-LC-04: links, cookies, codes, ceremonies, assertions, form tokens and whatever is typed stay out of the log, on SQLite.
#[test]
fn people_leave_no_secret_in_the_log_on_sqlite() {
    is_quiet(Kind::Sqlite);
}

/// C-LOG-02, B-LC-04: the same on PostgreSQL.
#[test]
fn people_leave_no_secret_in_the_log_on_postgres() {
    is_quiet(Kind::Postgres);
}
