//! Step-up over HTTP: every change of a way in asks for a proof that is recent and as strong as its person can give, and for nothing less.

use std::time::Duration;

use serde_json::{Value, json};
use weftid_tests::html::Form;
use weftid_tests::on_both_databases;
use weftid_tests::person::Person;
use weftid_tests::provider::Provider;

use crate::own_password::SECRET;
use crate::passwords::{at_the_password, half_done, types, types_code};
use crate::routes::{self, Route};
use crate::stored::{events, events_because, rows};
use crate::totp::{enrols, enrols_keeping};

pub(crate) const ADA: &str = "ada@id.example";
/// After this long signing in is no proof for a change any more.
pub(crate) const STEP_UP: Duration = Duration::from_mins(5);
const PLACE: &str = "/account/sign-in-methods";

/// Names and values of a form.
type Fields = &'static [(&'static str, &'static str)];

/// Every place of the house that changes a way in, or shows what only a fresh proof may see: method, path, and the fields of its form.
const FRESH: &[(&str, &str, Fields)] = &[
    ("GET", "/account/password", &[]),
    ("POST", "/account/password", &[("new_password", "seven green umbrellas again"), ("current_password", SECRET)]),
    ("GET", "/account/password/remove", &[]),
    ("POST", "/account/password/remove", &[("last_way", "yes")]),
    ("GET", "/account/totp/begin", &[]),
    ("POST", "/account/totp/confirm", &[("enrolment", "we_x"), ("code", "123456")]),
    ("GET", "/account/totp/disable", &[]),
    ("POST", "/account/totp/disable", &[]),
    ("GET", "/account/backup-codes/regenerate", &[]),
    ("POST", "/account/backup-codes/regenerate", &[]),
    ("POST", "/account/email", &[("email", "eve@id.example")]),
    ("POST", "/account/passkeys/{id}/rename", &[("name", "Mine")]),
    ("POST", "/account/passkeys/{id}/delete", &[("last_passkey", "yes")]),
    ("POST", "/account/passkeys/{id}/unfreeze", &[]),
    ("POST", "/account/sessions/others/end", &[]),
    ("POST", "/account/sessions/{sid}/end", &[]),
    ("JSON", "/account/passkeys/begin", &[]),
    ("JSON", "/account/passkeys/finish", &[]),
];

/// The other posts, each with why it asks for nothing fresh.
const FREE: &[(&str, &str)] = &[
    ("/account/backup-codes", "says that codes were saved, which were shown to a fresh proof"),
    ("/account/profile", "changes no way in"),
    ("/account/email/cancel", "takes a change back"),
    ("/account/email/{token}", "needs what was mailed there"),
    ("/account/apps/{client}/revoke", "takes away, and gives nothing"),
    ("/account/confirm/begin", "is the proof"),
    ("/account/confirm/finish", "is the proof"),
    ("/account/confirm/password", "is the proof"),
    ("/account/confirm/totp", "is the proof"),
];

/// Ada without a passkey: a password, an authenticator app if wanted, and a session that the password opened just now. The app's step is used.
pub(crate) async fn with_password_alone(provider: &Provider, _: bool) -> Person {
    provider.admin().await;
    provider.gives_password(ADA, SECRET).await;
    provider.database.execute("UPDATE sessions SET passkey_id = NULL").await;
    provider.database.execute("DELETE FROM passkeys").await;
    let mut ada = at_the_password(provider, ADA).await;
    types(&mut ada, SECRET).await.shows("dashboard");
    ada
}

/// Confirms with the passkey in the person's hand.
pub(crate) async fn confirms(person: &mut Person) {
    person.signs_in_with_passkey("/account/confirm/begin", "/account/confirm/finish", &json!({})).await.expect(200).json();
}

fn session(person: &Person) -> String {
    person.jar.get("session").expect("a session").value.clone()
}

/// Sends what a page of this person might send to `path`.
async fn posts(person: &mut Person, path: &str, fields: &[(&str, &str)]) -> weftid_tests::person::Arrival {
    let token = person.page().csrf_token().expect("a page has a token").to_owned();
    let mut all = vec![("csrf".to_owned(), token)];
    all.extend(fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    person.submit(&Form { action: path.to_owned(), method: "POST".to_owned(), fields: all, names: Vec::new() }, &[], None).await
}

/// Goes through every route that needs a fresh proof, in this browser, and gives what each showed instead.
async fn refusals(provider: &Provider, person: &Person, passkey: &str) -> Vec<(&'static str, &'static str, String)> {
    let before = rows(&provider.database).await;
    let mut shown = Vec::new();
    for (method, path, fields) in FRESH {
        let mut person = person.clone();
        let address = path.replace("{id}", passkey).replace("{sid}", "x");
        let name = match *method {
            "GET" => person.opens(provider.url(&address)).await.page(200).name().to_owned(),
            "POST" => posts(&mut person, &address, fields).await.page(200).name().to_owned(),
            _ => {
                let body = if address.ends_with("finish") { json!({"ceremony": "x", "credential": {}}) } else { json!({}) };
                let answer = person.posts_json(&address, &body).await.expect(403).json();
                answer["code"].as_str().unwrap_or_default().to_owned()
            }
        };
        shown.push((*method, *path, name));
    }
    assert_eq!(rows(&provider.database).await, before, "nothing was changed");
    shown
}

/// C-SUDO-01: the two tables above are all places of the house that take a post.
#[test]
fn every_post_of_the_house_is_in_the_tables() {
    let posts: Vec<_> = routes::all().into_iter().filter(|route| route.path.starts_with("/account") && route.methods.contains("POST")).collect();
    assert!(posts.len() > 20, "{posts:?}");
    for Route { path, .. } in posts {
        let fresh = FRESH.iter().any(|(method, known, _)| *known == path && *method != "GET");
        let free = FREE.iter().any(|(known, _)| *known == path);
        assert!(fresh != free, "{path} asks for a fresh proof, or says why it doesn't");
    }
}

on_both_databases! {
    /// C-SUDO-01: on a stale session every one of them asks first, and changes nothing.
    async fn a_stale_session_changes_nothing(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut ada = provider.admin().await;
        provider.gives_password(ADA, SECRET).await;
        let page = ada.opens(provider.url(PLACE)).await.shows("sign-in-methods");
        let link = page.action("rename").and_then(|link| link.attribute("href")).expect("a passkey").to_owned();
        let passkey = link.split('/').nth(3).expect("an id").to_owned();
        provider.clock.advance(STEP_UP);
        for (method, path, name) in refusals(&provider, &ada, &passkey).await {
            assert_eq!(name, if method == "JSON" { "confirm_needed" } else { "confirm" }, "{method} {path}");
        }
        confirms(&mut ada).await;
        ada.opens(provider.url("/account/totp/begin")).await.shows("authenticator-app");
    }

    /// C-SUDO-02: whoever has a passkey and signed in with the password a moment ago proves nothing by that: the passkey is asked for, and the
    /// password is not taken in its place.
    async fn a_password_is_no_proof_where_there_is_a_passkey(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut ada = provider.admin().await;
        provider.gives_password(ADA, SECRET).await;
        let page = ada.opens(provider.url(PLACE)).await.shows("sign-in-methods");
        let link = page.action("rename").and_then(|link| link.attribute("href")).expect("a passkey").to_owned();
        let passkey = link.split('/').nth(3).expect("an id").to_owned();
        let mut eve = at_the_password(&provider, ADA).await;
        types(&mut eve, SECRET).await.shows("dashboard");
        for (method, path, name) in refusals(&provider, &eve, &passkey).await {
            assert_eq!(name, if method == "JSON" { "confirm_needed" } else { "confirm" }, "{method} {path}");
        }
        let page = eve.opens(provider.url("/account/password")).await.shows("confirm");
        assert!(page.text().contains("You signed in with less than a passkey."), "{}", page.text());
        // Going round the page: a box that a page without passkeys would carry.
        provider.database.execute("CREATE TABLE aside AS SELECT * FROM passkeys").await;
        provider.database.execute("UPDATE sessions SET passkey_id = NULL").await;
        provider.database.execute("DELETE FROM passkeys").await;
        provider.clock.advance(STEP_UP);
        eve.opens(provider.url("/account/password")).await.shows("confirm-password");
        provider.database.execute("INSERT INTO passkeys SELECT * FROM aside").await;
        let before = session(&eve);
        let refused = eve.presses("password", &[("password", SECRET)]).await.page(403);
        assert!(refused.text().contains("Use your passkey for this"), "{}", refused.text());
        assert_eq!(session(&eve), before);
        eve.authenticator = ada.authenticator.clone();
        eve.opens(provider.url("/account/password")).await.shows("confirm");
        confirms(&mut eve).await;
        eve.opens(provider.url("/account/password")).await.shows("own-password");
    }

    /// C-SUDO-02, C-SES-02: without a passkey the password confirms, and the code after it; the form that waited goes on, and the same session with
    /// a new secret.
    async fn a_password_and_a_code_confirm(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut ada = with_password_alone(&provider, false).await;
        // The password alone is as strong as she can give; in another browser it is not any more, once there is an app.
        let mut there = at_the_password(&provider, ADA).await;
        types(&mut there, SECRET).await.shows("dashboard");
        let app = enrols_keeping(&provider, &mut ada).await;
        there.opens(provider.url("/account/backup-codes/regenerate")).await.shows("confirm-password");
        provider.clock.advance(STEP_UP);

        let page = ada.opens(provider.url("/account/totp/disable")).await.shows("confirm-password");
        assert_eq!(page.with("name", "password").filter_map(|field| field.attribute("autocomplete")).collect::<Vec<_>>(), ["current-password"]);
        let wrong = ada.clone().presses("password", &[("password", "not that one at all")]).await.page(401);
        assert!(wrong.name() == "confirm-password" && wrong.text().contains("That was not right"), "{}", wrong.text());
        let before = session(&ada);
        let page = ada.presses("password", &[("password", SECRET)]).await.shows("confirm-code");
        assert_eq!(page.with("name", "code").filter_map(|field| field.attribute("autocomplete")).collect::<Vec<_>>(), ["one-time-code"]);
        assert_eq!(session(&ada), before, "nothing is proved yet");
        assert_eq!(ada.clone().opens(provider.url("/account/password")).await.page(200).name(), "confirm-password");
        let wrong = ada.clone().presses("continue", &[("code", "000000")]).await.page(401);
        assert!(wrong.name() == "confirm-code" && wrong.text().contains("That code was not right"), "{}", wrong.text());
        let (stolen, replay) = (ada.clone(), ada.clone());
        provider.database.execute("CREATE TABLE earlier AS SELECT id, sid, secret_digest, created_at FROM sessions").await;
        ada.presses("continue", &[("code", &app.code(&provider.clock))]).await.shows("disable-totp");
        assert_ne!(session(&ada), before);
        let same = "SELECT count(*) FROM sessions s JOIN earlier e ON e.id = s.id AND e.sid = s.sid AND e.created_at = s.created_at
                    WHERE s.secret_digest <> e.secret_digest AND s.acr = 'password+otp' AND s.amr = 'pwd otp mfa' AND s.passkey_id IS NULL";
        assert_eq!(provider.database.count(same).await, 1);
        assert_eq!(stolen.clone().opens(provider.url("/account")).await.page(200).name(), "sign-in", "the secret of before is dead");
        // Neither page goes on a second time.
        let mut replay = replay;
        replay.jar = ada.jar.clone();
        let next = app.code_in(&provider.clock, 1);
        assert_eq!(replay.presses("continue", &[("code", &next)]).await.page(410).name(), "error");
        assert_eq!(events(&provider.database, "confirmed").await, 1);
        assert_eq!(events_because(&provider.database, "second_step_refused", "code_wrong").await, 1);
    }

    /// A form that waited is carried round, and sent again by the button where there is no script.
    async fn what_was_wanted_goes_on(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut ada = with_password_alone(&provider, false).await;
        ada.opens(provider.url("/account/backup-codes/regenerate")).await.shows("regenerate-backup-codes");
        provider.clock.advance(STEP_UP);
        ada.presses("regenerate", &[]).await.shows("confirm-password");
        let codes = provider.database.count("SELECT count(*) FROM backup_codes").await;
        let page = ada.presses("password", &[("password", SECRET)]).await.shows("confirmed");
        assert_eq!(page.form("continue").expect("a form").0.action, "/account/backup-codes/regenerate");
        assert_eq!(provider.database.count("SELECT count(*) FROM backup_codes").await, codes, "not yet");
        ada.presses("continue", &[]).await.shows("backup-codes");
        // A password that waited is not carried: its page is shown anew.
        ada.presses("acknowledge", &[("acknowledged", "yes")]).await.shows("dashboard");
        ada.opens(provider.url("/account/password")).await.shows("own-password");
        provider.clock.advance(STEP_UP);
        let new = "seven green umbrellas again";
        let arrival = ada.presses("set-password", &[("current_password", SECRET), ("new_password", new)]).await;
        arrival.shows("confirm-password");
        let text = arrival.answer().text();
        assert!(!text.contains(new) && !text.contains(SECRET));
        ada.presses("password", &[("password", SECRET)]).await.shows("own-password");
    }

    /// C-SUDO-03: a password that was shown counts in its own browser and session, while it is set, for five minutes.
    async fn a_shown_password_counts_nowhere_else(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut ada = with_password_alone(&provider, false).await;
        let app = enrols(&provider, &mut ada).await;
        provider.clock.advance(STEP_UP);
        let mut there = half_done(&provider, ADA).await;
        types_code(&mut there, &app.code(&provider.clock)).await.shows("dashboard");
        provider.clock.advance(STEP_UP);
        for person in [&mut ada, &mut there] {
            person.opens(provider.url("/account/password")).await.shows("confirm-password");
            person.presses("password", &[("password", SECRET)]).await.shows("confirm-code");
        }
        let boxed = |person: &Person, name: &str| {
            let (form, _) = person.page().form("continue").expect("a form");
            form.fields.into_iter().find(|(field, _)| field == name).expect("it is carried").1
        };
        let (change, passed, code) = (boxed(&there, "change"), boxed(&there, "passed"), app.code(&provider.clock));
        for fields in [
            vec![("change", change.as_str())],
            vec![("passed", passed.as_str())],
            vec![("passed", change.as_str())],
            vec![("passed", "")],
            vec![("change", "")],
        ] {
            let mut all = vec![("code", code.as_str())];
            all.extend(&fields);
            assert_eq!(ada.clone().presses("continue", &all).await.page(410).name(), "error", "{fields:?}");
        }
        // The box of the sign-in page's second step is none of these either.
        let half = half_done(&provider, ADA).await;
        let (form, _) = half.page().form("continue").expect("a form");
        let sign_in = form.fields.into_iter().find(|(field, _)| field == "passed").expect("it is carried").1;
        assert_eq!(ada.clone().presses("continue", &[("passed", &sign_in), ("code", &code)]).await.page(410).name(), "error");
        let mut late = ada.clone();
        provider.gives_password(ADA, SECRET).await;
        provider.clock.advance(Duration::from_millis(1));
        assert_eq!(ada.presses("continue", &[("code", &code)]).await.page(410).name(), "error", "another password by now, though it reads the same");
        provider.clock.advance(STEP_UP);
        assert_eq!(late.presses("continue", &[("code", &app.code(&provider.clock))]).await.page(410).name(), "error", "over");
        assert_eq!(events(&provider.database, "confirmed").await, 0);
    }

    /// C-BC-03, C-SUDO-02: a backup code is no step-up, typed where the app's code belongs; and whoever signed in with one has to show more first.
    async fn a_backup_code_is_no_step_up(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut ada = with_password_alone(&provider, false).await;
        ada.opens(provider.url("/account/backup-codes/regenerate")).await.shows("regenerate-backup-codes");
        let page = ada.presses("regenerate", &[]).await.shows("backup-codes");
        let codes: Vec<String> = page.all("code").map(|code| page.text_of(code)).filter(|text| text.len() == 31).collect();
        ada.presses("acknowledge", &[("acknowledged", "yes")]).await.shows("dashboard");
        enrols(&provider, &mut ada).await;
        provider.clock.advance(STEP_UP);
        ada.opens(provider.url("/account/password")).await.shows("confirm-password");
        ada.presses("password", &[("password", SECRET)]).await.shows("confirm-code");
        for code in &codes[..2] {
            assert_eq!(ada.clone().presses("continue", &[("code", code)]).await.page(401).name(), "confirm-code");
        }
        assert_eq!(provider.database.count("SELECT count(*) FROM backup_codes WHERE used_at IS NOT NULL").await, 0);

        let mut eve = half_done(&provider, ADA).await;
        eve.presses("backup-code", &[]).await;
        eve.presses("continue", &[("code", &codes[2])]).await.page(200);
        for path in ["/account/password", "/account/totp/disable", "/account/backup-codes/regenerate"] {
            assert_eq!(eve.opens(provider.url(path)).await.page(200).name(), "confirm-password", "{path}");
        }
    }

    /// C-THR-01: guesses at the password draw on the same budget as those at the sign-in page.
    async fn guesses_are_counted(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut ada = with_password_alone(&provider, false).await;
        provider.clock.advance(STEP_UP);
        ada.opens(provider.url("/account/password")).await.shows("confirm-password");
        let mut statuses = Vec::new();
        for _ in 0..6 {
            statuses.push(ada.clone().presses("password", &[("password", "not that one at all")]).await.answer().status.as_u16());
        }
        assert_eq!(statuses, [401, 401, 401, 401, 401, 429]);
        provider.clock.advance(Duration::from_secs(2));
        ada.presses("password", &[("password", SECRET)]).await.shows("own-password");
    }

    /// The page that a script leads to, which can't ask for a password itself, leads back.
    async fn a_script_is_led_to_a_page(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut ada = with_password_alone(&provider, false).await;
        provider.clock.advance(STEP_UP);
        let page = ada.opens(provider.url(PLACE)).await.shows("sign-in-methods");
        let form = page.with("data-ceremony", "create").next().expect("a ceremony");
        assert_eq!(form.attribute("data-confirm"), Some("/account/confirm"));
        assert!(form.attribute("data-confirm-elsewhere").is_some());
        let refused: Value = ada.posts_json("/account/passkeys/begin", &json!({})).await.expect(403).json();
        assert_eq!(refused["code"], "confirm_needed");
        ada.opens(provider.url("/account/confirm")).await.shows("confirm-password");
        ada.presses("password", &[("password", SECRET)]).await.shows("sign-in-methods");
        ada.posts_json("/account/passkeys/begin", &json!({})).await.expect(200).json();
        ada.opens(provider.url("/account/confirm")).await.shows("sign-in-methods");
    }
}
