//! Signing in with a password, and the second step after it, over HTTP: what works, what it is worth, and that no refusal says more than another.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::future::join_all;
use weftid::actions::audit::Origin;
use weftid::actions::{invitations, users};
use weftid::base::email::Email;
use weftid::store::Counters;
use weftid::store::user::Role;
use weftid_tests::on_both_databases;
use weftid_tests::own_secrets;
use weftid_tests::person::{Arrival, Person};
use weftid_tests::provider::Provider;

use crate::stored::{events, events_because};

pub(crate) const ADA: &str = "ada@id.example";
pub(crate) const SECRET: &str = "correct horse battery staple";

/// A stranger's browser at the sign-in page that knows the email.
pub(crate) async fn at_the_password(provider: &Provider, email: &str) -> Person {
    let mut person = provider.stranger();
    person.opens(provider.url("/login")).await.shows("sign-in");
    person.presses("continue", &[("email", email)]).await.shows("sign-in");
    person
}

/// Types a password where the page asks for it, and says "Not now" to a passkey.
pub(crate) async fn types(person: &mut Person, password: &str) -> Arrival {
    let arrival = person.submits("/login/password", &[("password", password)]).await;
    declines(person, arrival).await
}

/// Says "Not now" if a passkey is offered.
pub(crate) async fn declines(person: &mut Person, arrival: Arrival) -> Arrival {
    let is_offer = arrival.url.path() == "/login/offer";
    if is_offer { person.presses("skip", &[]).await } else { arrival }
}

/// A browser in which the password of this person was right, and the second step is asked for.
pub(crate) async fn half_done(provider: &Provider, email: &str) -> Person {
    let mut person = at_the_password(provider, email).await;
    types(&mut person, SECRET).await.shows("second-step");
    person
}

/// Types a code where the page asks for one.
pub(crate) async fn types_code(person: &mut Person, code: &str) -> Arrival {
    let arrival = person.presses("continue", &[("code", code)]).await;
    declines(person, arrival).await
}

/// Ada with a passkey, this password and an authenticator app.
async fn ada_with_everything(provider: &Provider) -> (Person, own_secrets::AuthenticatorApp) {
    let ada = provider.admin().await;
    provider.gives_password(ADA, SECRET).await;
    let app = provider.gives_authenticator_app(ADA).await;
    (ada, app)
}

/// The backup codes of somebody who comes aboard.
async fn comes_aboard_with_codes(provider: &Provider, email: &str) -> Vec<String> {
    let (role, origin) = (Role::User, Origin::command_line());
    let link = invitations::invite(&provider.app, email, Some("B"), role, &origin).await.expect("the invitation is made");
    let mut person = provider.stranger();
    person.opens(&link).await.shows("invitation");
    let path = url::Url::parse(&link).expect("a link is a URL").path().to_owned();
    let finished =
        person.registers_passkey(&format!("{path}/passkey/begin"), &format!("{path}/passkey/finish"), &serde_json::json!({"name": "B"})).await;
    let page = person.follows(finished).await.shows("backup-codes");
    let codes: Vec<String> = page.all("code").map(|code| page.text_of(code)).filter(|text| text.len() == 31).collect();
    person.presses("acknowledge", &[("acknowledged", "yes")]).await.shows("dashboard");
    assert_eq!(codes.len(), 10);
    codes
}

/// What a refusal shows, with everything masked that differs between any two browsers or people: the form token, the request's id, the address,
/// and the moment.
pub(crate) fn masked(person: &Person, arrival: &Arrival, email: &str) -> String {
    let token = person.page().csrf_token().expect("a page has a token").to_owned();
    let answer = arrival.answer();
    let headers: BTreeSet<String> =
        answer.headers.iter().filter(|(name, _)| *name != "date").map(|(name, value)| format!("{name}: {}", value.to_str().unwrap_or("?"))).collect();
    let body = answer.text().replace(&token, "(token)").replace(email, "(email)");
    let headers: BTreeSet<String> = headers.into_iter().filter(|line| !line.starts_with("content-length")).collect();
    format!("{} {headers:?} {} {body}", answer.status, arrival.hops.len())
}

async fn deactivate(provider: &Provider, email: &str) {
    let email = Email::parse(email).expect("an address");
    users::deactivate(&provider.app, &email, &Origin::command_line()).await.expect("the person is there");
}

async fn acr_and_amr(provider: &Provider) -> (i64, i64) {
    let with = |acr, amr| format!("SELECT count(*) FROM sessions WHERE acr = '{acr}' AND amr = '{amr}' AND passkey_id IS NULL AND ended_at IS NULL");
    (provider.database.count(&with("password", "pwd")).await, provider.database.count(&with("password+otp", "pwd otp mfa")).await)
}

on_both_databases! {
    /// A-AUTHN-04, A-RED-11: where a password is all that is asked for it signs in, with a 303, and the application is told that it was no more; the
    /// browser leads with it from then on. C-SES-02: with a new secret.
    async fn a_password_alone_signs_in_and_says_so(kind: Kind) {
        let provider = Provider::start(kind).await;
        let shop = provider.shop("shop").await;
        own_secrets::imports(&provider.app, &[ADA], SECRET).await;
        let mut ada = provider.stranger();
        let asked = shop.asks(&[], &[]);
        ada.opens(&asked.url).await.shows("sign-in");
        ada.presses("continue", &[("email", " ADA@id.example ")]).await.shows("sign-in");
        let arrival = ada.submits("/login/password", &[("password", SECRET)]).await;
        assert_eq!(arrival.hops[0].status, 303, "A-RED-11: and nothing that was typed goes along");
        declines(&mut ada, arrival).await.shows("consent");
        let callback = ada.presses("allow", &[]).await.callback();
        let tokens = shop.redeems(&asked, &callback).await.expect("a code");
        assert_eq!(tokens.claims["acr"], "password");
        assert_eq!(tokens.claims["amr"], serde_json::json!(["pwd"]));
        assert_eq!(acr_and_amr(&provider).await, (1, 0));
        assert_eq!((events(&provider.database, "signed_in").await, ada.jar.refused().len()), (1, 0));

        ada.opens(provider.url("/account")).await.shows("dashboard");
        ada.presses("sign-out", &[]).await.shows("signed-out");
        let page = ada.opens(provider.url("/login")).await.shows("sign-in");
        let place = |action: &str| page.actions().iter().position(|found| *found == action);
        assert!(place("password") < place("passkey") && place("continue").is_none(), "what was used here leads: {:?}", page.actions());
        types(&mut ada, SECRET).await.shows("dashboard");
    }

    /// A-AUTHN-04, A-RED-11: with an authenticator app its code comes after the password; then it is two factors, and the request that waits
    /// survives a reload, a second tab and a restart of the server.
    async fn the_code_comes_after_the_password(kind: Kind) {
        let mut provider = Provider::start(kind).await;
        let shop = provider.shop("shop").await;
        let (_, app) = ada_with_everything(&provider).await;
        let asked = shop.asks(&[], &[]);
        let mut ada = provider.stranger();
        ada.opens(&asked.url).await.shows("sign-in");
        ada.presses("continue", &[("email", ADA)]).await.shows("sign-in");
        let arrival = types(&mut ada, SECRET).await;
        assert_eq!((arrival.hops.len(), arrival.hops[0].status.as_u16()), (2, 303));
        let page = arrival.shows("second-step");
        assert!(page.text().contains(ADA) && page.text().contains("shop"), "{}", page.text());
        assert_eq!(page.actions(), ["continue", "backup-code"]);
        assert!(ada.jar.get("session").is_none(), "half a sign-in is no session");

        let here = ada.url();
        let mut tab = ada.clone();
        tab.opens(&here).await.shows("second-step");
        tab.presses("backup-code", &[]).await.shows("second-step");
        assert_eq!(tab.presses("totp", &[]).await.shows("second-step").text(), page.text());
        provider.restarts().await;
        ada.opens(&here).await.shows("second-step");
        let code = app.code(&provider.clock);
        let arrival = types_code(&mut ada, &code).await;
        assert_eq!(arrival.hops[0].status, 303);
        arrival.shows("consent");
        let callback = ada.presses("allow", &[]).await.callback();
        let tokens = shop.redeems(&asked, &callback).await.expect("a code");
        assert_eq!(tokens.claims["acr"], "password+otp");
        assert_eq!(tokens.claims["amr"], serde_json::json!(["pwd", "otp", "mfa"]));
        assert_eq!(acr_and_amr(&provider).await, (0, 1));
    }

    /// C-ENUM-01, C-ENUM-02, B-ENUM-01, B-LC-03: whatever is wrong, the answer is the same, byte for byte, and so is what it costs.
    async fn every_refused_password_looks_and_costs_the_same(kind: Kind) {
        let provider = Provider::start_with(kind, &[("sign_in.passwords", "without_passkey")]).await;
        let people = ["wrong@id.example", "shut@id.example", "none@id.example", "cold@id.example", "odd@id.example"];
        own_secrets::imports(&provider.app, &people, SECRET).await;
        deactivate(&provider, "shut@id.example").await;
        let of = |email: &str| format!("WHERE user_id = (SELECT id FROM users WHERE email = '{email}')");
        provider.database.execute(&format!("DELETE FROM passwords {}", of("none@id.example"))).await;
        provider.database.execute(&format!("UPDATE passwords SET frozen_at = 1 {}", of("cold@id.example"))).await;
        provider.gives_authenticator_app("odd@id.example").await;
        // Who has a passkey may not use a password here (B-LC-03).
        provider.person("keys@id.example", "K").await;
        provider.gives_password("keys@id.example", SECRET).await;
        let cases = [
            ("wrong@id.example", "wrong", "password_wrong"),
            ("wrong@id.example", "", "password_wrong"),
            ("odd@id.example", "wrong", "password_wrong"),
            ("shut@id.example", SECRET, "deactivated"),
            ("none@id.example", SECRET, "password_missing"),
            ("cold@id.example", SECRET, "password_frozen"),
            ("keys@id.example", SECRET, "password_not_allowed"),
            ("nobody@id.example", SECRET, "user_unknown"),
        ];
        let mut seen: Option<(String, Counters, u64)> = None;
        for (email, password, reason) in cases {
            let before = events_because(&provider.database, "password_refused", reason).await;
            let mut person = at_the_password(&provider, email).await;
            let hashes = provider.app.passwords().computed();
            let (arrival, counted) = provider.counts(types(&mut person, password)).await;
            let hashes = provider.app.passwords().computed() - hashes;
            arrival.page(401);
            let now = (masked(&person, &arrival, email), counted, hashes);
            let first = seen.get_or_insert_with(|| now.clone());
            assert_eq!(&now, first, "{email} {reason}");
            assert_eq!((counted.reads, counted.writes, hashes), (1, 2, 1), "{reason}");
            assert_eq!(events_because(&provider.database, "password_refused", reason).await, before + 1, "{reason}");
            assert_eq!(person.page().name(), "sign-in");
            assert!(person.page().text().contains(email), "what was typed stays");
            assert!(!arrival.answer().text().contains(SECRET));
            assert!(person.jar.get("session").is_none());
        }
        // And the right one still signs in.
        let mut person = at_the_password(&provider, "wrong@id.example").await;
        types(&mut person, SECRET).await.shows("dashboard");
    }

    /// B-LC-03: whoever has a passkey may be held to it, and passwords may be switched off; also for a sign-in that an application wants anew.
    async fn passwords_may_be_forbidden(kind: Kind) {
        let provider = Provider::start_with(kind, &[("sign_in.passwords", "never")]).await;
        own_secrets::imports(&provider.app, &[ADA], SECRET).await;
        let mut ada = provider.stranger();
        let page = ada.opens(provider.url("/login")).await.shows("sign-in");
        assert!(page.action("password").is_none() && page.action("passkey").is_some(), "{:?}", page.actions());
        let form = page.form_to("/login").expect("the email's form");
        let straight = weftid_tests::html::Form { action: "/login/password".to_owned(), ..form };
        ada.submit(&straight, &[("email", ADA), ("password", SECRET)], None).await.page(404);
        assert!(ada.jar.get("session").is_none());

        let provider = Provider::start_with(kind, &[("sign_in.passwords", "without_passkey")]).await;
        let shop = provider.shop("shop").await;
        let (ada, _) = ada_with_everything(&provider).await;
        let mut again = ada.clone();
        again.opens(&shop.asks(&[], &[("prompt", "login")]).url).await.shows("sign-in");
        types(&mut again, SECRET).await.page(401);
        // A passkey of another RP ID, or one that its owner froze, signs nobody in: then the password does.
        provider.database.execute("UPDATE passkeys SET frozen_at = 1").await;
        let mut person = at_the_password(&provider, ADA).await;
        types(&mut person, SECRET).await.shows("second-step");
    }

    /// C-PW-02: every character counts, the first and the last, NUL and emoji; only how a letter is composed does not.
    async fn every_character_of_a_password_counts(kind: Kind) {
        let provider = Provider::start(kind).await;
        let long = format!(" {}é🔑\u{0}{} ", "p".repeat(60), "q".repeat(60));
        own_secrets::imports(&provider.app, &[ADA], &long).await;
        let wrong = [
            long.trim().to_owned(),
            long.chars().take(72).collect(),
            long[..72].to_owned(),
            long.split('\0').next().unwrap_or_default().to_owned(),
            long.to_uppercase(),
            format!("{long}\0"),
            format!("{long} "),
        ];
        for text in wrong {
            provider.clock.advance(Duration::from_hours(2));
            let mut person = at_the_password(&provider, ADA).await;
            types(&mut person, &text).await.page(401);
        }
        provider.clock.advance(Duration::from_hours(2));
        for same in [long.replace('é', "e\u{301}"), long] {
            let mut person = at_the_password(&provider, ADA).await;
            types(&mut person, &same).await.shows("dashboard");
        }
    }

    /// C-PW-06: what rests is Argon2id with its parameters; when they change, whoever signs in is hashed anew, and the password stays set when it was.
    async fn a_password_is_hashed_anew_when_the_cost_changes(kind: Kind) {
        let provider = Provider::start(kind).await;
        own_secrets::imports(&provider.app, &[ADA, "app@id.example"], SECRET).await;
        let app = provider.gives_authenticator_app("app@id.example").await;
        let costs = |cost: &str| format!("SELECT count(*) FROM passwords WHERE hash LIKE '$argon2id$v=19${cost}$%'");
        assert_eq!(provider.database.count(&costs("m=7168,t=1,p=1")).await, 2);
        let dearer = Provider::on(provider.database.copied().await, provider.clock.clone(), &[("passwords.iterations", "3")]).await;
        let mut person = at_the_password(&dearer, ADA).await;
        types(&mut person, "wrong").await.page(401);
        assert_eq!(dearer.database.count(&costs("m=7168,t=3,p=1")).await, 0, "a wrong one changes nothing");
        types(&mut person, SECRET).await.shows("dashboard");
        assert_eq!(dearer.database.count(&costs("m=7168,t=3,p=1")).await, 1);
        // Where a second step follows, the second step still fits the password.
        let mut person = half_done(&dearer, "app@id.example").await;
        assert_eq!(dearer.database.count(&costs("m=7168,t=3,p=1")).await, 2);
        let code = app.code(&dearer.clock);
        types_code(&mut person, &code).await.shows("dashboard");
        let hashes = dearer.app.passwords().computed();
        let mut person = at_the_password(&dearer, ADA).await;
        types(&mut person, SECRET).await.shows("dashboard");
        assert_eq!(dearer.app.passwords().computed(), hashes + 1, "once is enough");
    }

    /// C-TOTP-05, C-SES-08: the second step takes the same browser's own password, for the same request, within its time, once; half a sign-in
    /// opens nothing else.
    async fn half_a_sign_in_is_nothing_elsewhere(kind: Kind) {
        let provider = Provider::start(kind).await;
        let shop = provider.shop("shop").await;
        let (ada, app) = ada_with_everything(&provider).await;
        let code = || app.code(&provider.clock);

        // It opens no door of the house, with or without what stands for the password.
        let mut person = half_done(&provider, ADA).await;
        let here = person.url();
        for place in ["/account", "/account/sign-in-methods", "/account/backup-codes", "/login/backup-code/used"] {
            person.clone().opens(provider.url(place)).await.shows("sign-in");
        }
        person.clone().opens(&shop.asks(&[], &[]).url).await.shows("sign-in");
        let silent = person.clone().opens(&shop.asks(&[], &[("prompt", "none")]).url).await.callback();
        assert_eq!(weftid_tests::wire::query(&silent, "error").as_deref(), Some("login_required"));

        // Without the password: the pages lead to the beginning, the forms say so.
        for page in ["/login/totp", "/login/backup-code", "/login/totp?passed=wp_AAAA", "/login/totp?passed="] {
            provider.stranger().opens(provider.url(page)).await.shows("sign-in");
        }
        // In another browser, and without the browser's cookie.
        let mut thief = provider.stranger();
        thief.opens(&here).await.shows("sign-in");
        let stolen = person.page().form_to("/login/totp").expect("the form");
        let (mut own, token) = (stolen.clone(), thief.page().csrf_token().expect("a token").to_owned());
        own.fields.iter_mut().filter(|(name, _)| name == "csrf").for_each(|(_, value)| value.clone_from(&token));
        thief.submit(&own, &[("code", &code())], None).await.page(410);
        assert!(thief.jar.get("session").is_none());
        // For another request than the password was for.
        let asked = shop.asks(&[], &[]);
        let mut other = person.clone();
        other.opens(&asked.url).await.shows("sign-in");
        let request = weftid_tests::wire::query(&other.url(), "request").expect("a request waits");
        let passed = weftid_tests::wire::query(&here, "passed").expect("the password's box");
        other.opens(provider.url(&format!("/login/totp?request={request}&passed={passed}"))).await.shows("sign-in");
        let mut form = stolen.clone();
        form.fields.push(("request".to_owned(), request));
        person.clone().submit(&form, &[("code", &code())], None).await.page(410);

        // Once.
        types_code(&mut person, &code()).await.shows("dashboard");
        provider.clock.advance(Duration::from_secs(90));
        let mut again = ada.at_another_browser();
        again.jar = person.jar.clone();
        again.jar.forget("session");
        again.opens(&here).await.shows("second-step");
        types_code(&mut again, &code()).await.page(410);
        assert!(again.jar.get("session").is_none());
        assert_eq!(again.page().name(), "sign-in");

        // Not after another password was set, nor after the person was shut out, nor after five minutes.
        provider.clock.advance(Duration::from_mins(1));
        let mut late = half_done(&provider, ADA).await;
        provider.clock.advance(Duration::from_secs(1));
        provider.gives_password(ADA, SECRET).await;
        types_code(&mut late, &code()).await.page(410);
        let mut shut = half_done(&provider, ADA).await;
        deactivate(&provider, ADA).await;
        types_code(&mut shut, &code()).await.page(410);
        users::activate(&provider.app, &Email::parse(ADA).expect("an address"), &Origin::command_line()).await.expect("the person is there");
        let mut slow = half_done(&provider, ADA).await;
        provider.clock.advance(Duration::from_mins(5));
        types_code(&mut slow, &code()).await.page(410);
        for person in [late, shut, slow] {
            assert!(person.jar.get("session").is_none());
        }
    }

    /// C-TOTP-03, C-BC-02, C-BC-03: what is no code, another's, or of the wrong kind is one refusal; and no code stands in for a password.
    async fn a_wrong_code_is_a_wrong_code(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (_, _app) = ada_with_everything(&provider).await;
        let codes = comes_aboard_with_codes(&provider, "bob@id.example").await;
        provider.gives_password("bob@id.example", SECRET).await;
        let bobs_app = provider.gives_authenticator_app("bob@id.example").await;
        let mut seen = None;
        for (page, code) in [
            ("totp", bobs_app.code(&provider.clock)),
            ("totp", "000000".to_owned()),
            ("totp", String::new()),
            ("totp", "not a code".to_owned()),
        ] {
            // A fresh wait for each: what is compared is the refusal, not the limit.
            provider.clock.advance(Duration::from_hours(1));
            let mut ada = half_done(&provider, ADA).await;
            let arrival = types_code(&mut ada, &code).await;
            arrival.page(401);
            let passed = weftid_tests::wire::query(&ada.url(), "passed").unwrap_or_default();
            let hidden = ada.page().with("name", "passed").next().and_then(|field| field.attribute("value")).unwrap_or_default().to_owned();
            let text = masked(&ada, &arrival, ADA).replace(&hidden, "(passed)").replace(&passed, "(passed)");
            let first = seen.get_or_insert_with(|| text.clone());
            assert_eq!(&text, first, "{page} {code:?}");
        }
        // C-BC-02: one person's backup code is nobody else's; C-BC-03: it is no password either.
        provider.clock.advance(Duration::from_hours(1));
        let mut ada = half_done(&provider, ADA).await;
        ada.presses("backup-code", &[]).await.shows("second-step");
        types_code(&mut ada, &codes[0]).await.page(401);
        let mut bob = at_the_password(&provider, "bob@id.example").await;
        types(&mut bob, &codes[0]).await.page(401);
        assert_eq!(provider.database.count("SELECT count(*) FROM backup_codes WHERE used_at IS NOT NULL").await, 0);
    }

    /// C-BC-02, C-BC-03: a backup code stands in for the second step once, however it is typed; the next page says how many are left and what to
    /// mend, and a mail tells the person (C-NOT-01).
    async fn a_backup_code_is_good_once(kind: Kind) {
        let provider = Provider::start(kind).await;
        let codes = comes_aboard_with_codes(&provider, "bob@id.example").await;
        provider.gives_password("bob@id.example", SECRET).await;
        provider.gives_authenticator_app("bob@id.example").await;
        let shop = provider.shop("shop").await;
        let asked = shop.asks(&[], &[]);
        let mut bob = provider.stranger();
        bob.opens(&asked.url).await.shows("sign-in");
        bob.presses("continue", &[("email", "bob@id.example")]).await.shows("sign-in");
        types(&mut bob, SECRET).await.shows("second-step");
        bob.presses("backup-code", &[]).await.shows("second-step");
        let typed = codes[3].to_uppercase().replace('-', " ");
        let arrival = types_code(&mut bob, &typed).await;
        assert_eq!(arrival.hops[0].status, 303);
        let page = arrival.shows("backup-code-used");
        assert!(page.text().contains("You have 9 backup codes left.") && page.text().contains("Sign-in Methods"), "{}", page.text());
        bob.presses("continue", &[]).await.shows("consent");
        let callback = bob.presses("allow", &[]).await.callback();
        let tokens = shop.redeems(&asked, &callback).await.expect("a code");
        assert_eq!((tokens.claims["acr"].as_str(), tokens.claims["amr"].to_string().as_str()), (Some("password+otp"), r#"["pwd","mfa"]"#));
        assert_eq!(events(&provider.database, "backup_code_used").await, 1);
        assert_eq!(provider.database.count("SELECT count(*) FROM mails WHERE kind = 'backup_code_used'").await, 1);

        let mut again = half_done(&provider, "bob@id.example").await;
        again.presses("backup-code", &[]).await.shows("second-step");
        types_code(&mut again, &codes[3]).await.page(401);
        types_code(&mut again, &codes[4]).await.shows("backup-code-used");
    }

    /// C-BC-02, E-RACE-04: fifty half-done sign-ins that show the same code at once are one sign-in, and fifty that show one box are one.
    async fn fifty_second_steps_at_once_are_one_sign_in(kind: Kind) {
        let provider = Provider::start(kind).await;
        let codes = comes_aboard_with_codes(&provider, "bob@id.example").await;
        provider.gives_password("bob@id.example", SECRET).await;
        let app = provider.gives_authenticator_app("bob@id.example").await;
        let mut ready = Vec::new();
        for _ in 0..50 {
            let mut one = half_done(&provider, "bob@id.example").await;
            one.presses("backup-code", &[]).await.shows("second-step");
            ready.push(one);
        }
        let race = async |people: Vec<Person>, code: &str| {
            let all = join_all(people.into_iter().map(|mut person| {
                let code = code.to_owned();
                async move {
                    let arrival = types_code(&mut person, &code).await;
                    (arrival.hops[0].status.as_u16(), person.jar.get("session").is_some())
                }
            }));
            let answers = all.await;
            assert!(answers.iter().all(|(status, _)| matches!(status, 303 | 401 | 410 | 429)), "{answers:?}");
            assert!(answers.iter().all(|(status, signed_in)| (*status == 303) == *signed_in), "{answers:?}");
            answers.iter().filter(|(status, _)| *status == 303).count()
        };
        assert_eq!(race(ready.clone(), &codes[0]).await, 1);
        assert_eq!(provider.database.count("SELECT count(*) FROM backup_codes WHERE used_at IS NOT NULL").await, 1);

        // A right code in between opens the count again, so that several of the fifty are judged each time.
        let signs_in = async || {
            provider.clock.advance(Duration::from_mins(1));
            let mut person = half_done(&provider, "bob@id.example").await;
            types_code(&mut person, &app.code(&provider.clock)).await.shows("dashboard");
            provider.clock.advance(Duration::from_mins(1));
        };
        signs_in().await;
        let mut totp = Vec::new();
        for mut person in ready {
            person.presses("totp", &[]).await.shows("second-step");
            totp.push(person);
        }
        assert_eq!(race(totp, &app.code(&provider.clock)).await, 1);

        signs_in().await;
        let mut one = half_done(&provider, "bob@id.example").await;
        one.presses("backup-code", &[]).await.shows("second-step");
        assert_eq!(race(vec![one; 50], &codes[1]).await, 1);
        assert_eq!(provider.database.count("SELECT count(*) FROM sessions WHERE acr = 'password+otp'").await, 5);
    }

    /// E-CRASH-06: a use that can't be recorded is a refusal.
    async fn what_cannot_be_marked_as_used_is_refused(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (_, app) = ada_with_everything(&provider).await;
        let mut ada = half_done(&provider, ADA).await;
        let block = match kind {
            weftid_tests::database::Kind::Sqlite => "CREATE TRIGGER no_step BEFORE UPDATE ON totps BEGIN SELECT RAISE(ABORT, 'blocked'); END",
            weftid_tests::database::Kind::Postgres => {
                "CREATE FUNCTION no_step() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'blocked'; END $$;
                 CREATE TRIGGER no_step BEFORE UPDATE ON totps FOR EACH ROW EXECUTE FUNCTION no_step()"
            }
        };
        provider.database.execute(block).await;
        let code = app.code(&provider.clock);
        types_code(&mut ada, &code).await.page(503);
        assert!(ada.jar.get("session").is_none());
        assert_eq!(provider.database.count("SELECT count(*) FROM sessions WHERE acr = 'password+otp'").await, 0);
    }
}
