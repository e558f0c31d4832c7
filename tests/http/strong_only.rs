//! Where a strong method is required, a password opens no session: it leads to the passkey that the account has, or to its first one.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};
use url::Url;
use weftid_tests::authenticator::Authenticator;
use weftid_tests::on_both_databases;
use weftid_tests::own_secrets;
use weftid_tests::person::{Arrival, Person, finishing};
use weftid_tests::provider::Provider;

use crate::passkeys::signs_in;
use crate::passwords::{ADA, SECRET, at_the_password, types_code};
use crate::stored::{events, events_because, rows};

const STRONG: (&str, &str) = ("sign_in.require_strong", "passkey");
const BEGIN: &str = "/login/enrol/passkey/begin";
const FINISH: &str = "/login/enrol/passkey/finish";
const SESSIONS: &str = "SELECT count(*) FROM sessions";

async fn types(person: &mut Person) -> Arrival {
    person.submits("/login/password", &[("password", SECRET)]).await
}

/// Somebody who has only a password, and where it led.
async fn at_enrolment(provider: &Provider) -> Person {
    own_secrets::imports(&provider.app, &[ADA], SECRET).await;
    let mut ada = at_the_password(provider, ADA).await;
    types(&mut ada).await.shows("enrol");
    ada
}

/// What stands for the password on the page, for the script's calls.
fn passed(person: &Person) -> Value {
    let page = person.page();
    let form = page.with("data-ceremony", "create").next().expect("the ceremony");
    let attribute = |name| form.attribute(name).expect("an attribute").to_owned();
    let request = attribute("data-request");
    json!({"passed": attribute("data-passed"), "request": if request.is_empty() { Value::Null } else { json!(request) }})
}

/// A ceremony that began, and the honest answer to it.
async fn almost_enrolled(person: &mut Person) -> Value {
    let passed = passed(person);
    let options = person.posts_json(BEGIN, &passed).await.expect(200).json();
    let origin = person.url();
    let credential = person.authenticator.create(&options["publicKey"], &origin).expect("a credential");
    finishing(&options, credential, &passed)
}

on_both_databases! {
    /// A-AUTHN-04, B-REG-07: whoever has only a password makes their first passkey with it, and is signed in by that and nothing less, on the way
    /// to where they were going.
    async fn a_password_leads_to_the_first_passkey(kind: Kind) {
        let provider = Provider::start_with(kind, &[STRONG]).await;
        let shop = provider.shop("shop").await;
        own_secrets::imports(&provider.app, &[ADA], SECRET).await;
        let mut ada = provider.stranger();
        let asked = shop.asks(&[], &[]);
        ada.opens(&asked.url).await.shows("sign-in");
        ada.presses("continue", &[("email", ADA)]).await.shows("sign-in");
        let page = types(&mut ada).await.shows("enrol");
        assert!(page.text().contains(ADA));
        assert_eq!((provider.database.count(SESSIONS).await, ada.jar.get("session").is_none()), (0, true));
        assert_eq!(events(&provider.database, "password_accepted").await, 1);
        let passed = passed(&ada);
        let finished = ada.registers_passkey(BEGIN, FINISH, &passed).await;
        let arrival = ada.follows(finished).await;
        let at_the_codes = arrival.url.path() == "/account/backup-codes";
        let arrival = if at_the_codes { ada.presses("acknowledge", &[("acknowledged", "yes")]).await } else { arrival };
        arrival.shows("consent");
        let callback = ada.presses("allow", &[]).await.callback();
        let tokens = shop.redeems(&asked, &callback).await.expect("a code");
        assert_eq!((&tokens.claims["acr"], &tokens.claims["amr"]), (&json!("phr"), &json!(["swk", "user", "mfa"])));
        assert_eq!((rows(&provider.database).await["passkeys"], events(&provider.database, "passkey_registered").await), (1, 1));
        signs_in(&provider, &ada).await;
    }

    /// B-LC-03: whoever has a passkey is told to use it; the password gives nothing, also with its second step, and also to whoever has both.
    async fn whoever_has_a_passkey_uses_it(kind: Kind) {
        let provider = Provider::start_with(kind, &[STRONG]).await;
        let ada = provider.admin().await;
        provider.gives_password(ADA, SECRET).await;
        let sessions = provider.database.count(SESSIONS).await;
        for has_app in [false, true] {
            if has_app {
                provider.gives_authenticator_app(ADA).await;
            }
            let mut person = at_the_password(&provider, ADA).await;
            let page = types(&mut person).await.page(403);
            assert_eq!(page.name(), "sign-in");
            assert!(page.text().contains("Use your passkey"), "{}", page.text());
            assert!(person.jar.get("session").is_none());
        }
        assert_eq!(provider.database.count(SESSIONS).await, sessions);
        signs_in(&provider, &ada).await;
        // A wrong password is told nothing of it.
        let mut eve = at_the_password(&provider, ADA).await;
        let page = eve.submits("/login/password", &[("password", "wrong")]).await.page(401);
        assert!(!page.text().contains("Use your passkey"));
    }

    /// B-LC-03, C-TOTP-05: the second step comes first; without it the password leads nowhere.
    async fn the_second_step_comes_before_the_passkey(kind: Kind) {
        let provider = Provider::start_with(kind, &[STRONG]).await;
        own_secrets::imports(&provider.app, &[ADA], SECRET).await;
        let app = provider.gives_authenticator_app(ADA).await;
        let mut ada = at_the_password(&provider, ADA).await;
        types(&mut ada).await.shows("second-step");
        types_code(&mut ada, &app.code(&provider.clock)).await.shows("enrol");
        assert_eq!(provider.database.count(SESSIONS).await, 0);
        let passed = passed(&ada);
        ada.registers_passkey(BEGIN, FINISH, &passed).await.is(200);
        assert_eq!(provider.database.count("SELECT count(*) FROM sessions WHERE acr = 'phr'").await, 1);
    }

    /// "Can't be used to add a weaker or second way in": what a password is worth is one first passkey. A second one is refused, whatever began
    /// before the first; and so is one after the password was changed, or the person shut out.
    async fn it_is_worth_one_first_passkey_and_nothing_else(kind: Kind) {
        let provider = Provider::start_with(kind, &[STRONG]).await;
        let mut ada = at_enrolment(&provider).await;
        let mut eve = at_the_password(&provider, ADA).await;
        types(&mut eve).await.shows("enrol");
        let (first, second) = (almost_enrolled(&mut ada).await, almost_enrolled(&mut eve).await);
        let late = passed(&eve);
        ada.posts_json(FINISH, &first).await.is(200);
        let answer = eve.posts_json(FINISH, &second).await;
        assert_eq!((answer.status.as_u16(), answer.error_code().as_str()), (410, "enrolment_over"), "{answer}");
        let answer = eve.registers_passkey(BEGIN, FINISH, &late).await;
        assert_eq!(answer.expect(410).error_code(), "enrolment_over");
        assert_eq!(events_because(&provider.database, "passkey_registration_failed", "has_passkey").await, 2);
        assert!(eve.jar.get("session").is_none());

        // Also when the first is gone again: one proof, one passkey.
        provider.database.execute("DELETE FROM passkeys").await;
        let answer = ada.registers_passkey(BEGIN, FINISH, &json!({"passed": first["passed"], "request": null})).await;
        assert_eq!(answer.expect(410).error_code(), "enrolment_over");
        provider.database.execute("UPDATE passwords SET set_at = set_at + 1").await;
        let answer = eve.registers_passkey(BEGIN, FINISH, &late).await;
        assert_eq!(answer.expect(410).error_code(), "enrolment_over");
        provider.database.execute("UPDATE passwords SET set_at = set_at - 1").await;
        provider.database.execute("UPDATE users SET deactivated_at = 1").await;
        let answer = eve.registers_passkey(BEGIN, FINISH, &late).await;
        assert_eq!(answer.expect(410).error_code(), "enrolment_over");
        assert_eq!(rows(&provider.database).await["passkeys"], 0);
    }

    /// E-RACE-05: of many first passkeys at once one is made.
    async fn many_first_passkeys_at_once_are_one(kind: Kind) {
        let provider = Provider::start_with(kind, &[STRONG]).await;
        let ada = at_enrolment(&provider).await;
        let mut tabs = vec![ada; 20];
        let mut bodies = Vec::new();
        for tab in &mut tabs {
            tab.authenticator = Authenticator::synced();
            bodies.push(almost_enrolled(tab).await);
        }
        let answers = join_all(tabs.iter_mut().zip(&bodies).map(|(tab, body)| tab.posts_json(FINISH, body))).await;
        let count = |status: u16| answers.iter().filter(|answer| answer.status.as_u16() == status).count();
        assert_eq!((count(200), count(410)), (1, 19));
        assert_eq!((rows(&provider.database).await["passkeys"], provider.database.count(SESSIONS).await), (1, 1));
    }

    /// C-TOTP-05, B-CH-04: what stands for the password is worth nothing in another browser, for another request, touched, or after five minutes;
    /// and it opens no other door.
    async fn what_stands_for_the_password_is_worth_nothing_elsewhere(kind: Kind) {
        let provider = Provider::start_with(kind, &[STRONG]).await;
        let mut ada = at_enrolment(&provider).await;
        let passed = passed(&ada);
        let text = passed["passed"].as_str().expect("a box").to_owned();
        let mut thief = provider.stranger();
        thief.opens(provider.url(&format!("/login/enrol?passed={text}"))).await.shows("sign-in");
        let over = async |person: &mut Person, body: Value, what: &str| {
            let answer = person.posts_json(BEGIN, &body).await;
            assert_eq!((answer.status.as_u16(), answer.error_code().as_str()), (410, "enrolment_over"), "{what}: {answer}");
        };
        over(&mut thief, passed.clone(), "another browser").await;
        over(&mut ada, json!({"passed": text, "request": "wa_other"}), "another request").await;
        over(&mut ada, json!({"passed": format!("{text}A"), "request": null}), "touched").await;
        over(&mut ada, json!({"passed": "", "request": null}), "nothing").await;
        ada.opens(provider.url(&format!("/login/totp?passed={text}"))).await.shows("sign-in");
        ada.opens(provider.url("/account")).await.shows("sign-in");
        let before = rows(&provider.database).await;
        let ((), counted) = provider.counts(async { drop(ada.posts_json(BEGIN, &passed).await.expect(200)) }).await;
        assert_eq!((counted.reads, counted.writes), (0, 0));
        assert_eq!(rows(&provider.database).await, before);
        provider.clock.advance(Duration::from_mins(5));
        over(&mut ada, passed, "too late").await;
        let url: Url = provider.url(&format!("/login/enrol?passed={text}"));
        ada.opens(&url).await.shows("sign-in");
    }
}
