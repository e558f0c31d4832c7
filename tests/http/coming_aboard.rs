//! Coming aboard over HTTP: the first administrator by the set-up link, others by invitation, and the backup codes that both must save.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::future::join_all;
use http::{HeaderMap, Method};
use serde_json::{Value, json};
use url::Url;
use weftid::actions::audit::Origin;
use weftid::actions::{invitations, setup};
use weftid::store::user::Role;
use weftid_tests::person::{Person, finishing};
use weftid_tests::provider::Provider;
use weftid_tests::wire::Answer;
use weftid_tests::{on_both_databases, one_character_off};

use crate::stored::{events, holds, rows};

const HOUR: Duration = Duration::from_hours(1);

async fn setup_link(provider: &Provider) -> String {
    setup::link(&provider.app).await.expect("the database works").expect("nobody is here yet")
}

pub(crate) async fn invitation(provider: &Provider, email: &str) -> String {
    invitations::invite(&provider.app, email, None, Role::User, &Origin::command_line()).await.expect("the invitation is made")
}

pub(crate) fn path(link: &str) -> String {
    Url::parse(link).expect("a link is a URL").path().to_owned()
}

/// Makes a passkey under the link whose page is open.
async fn comes_aboard(person: &mut Person, link: &str, extra: &Value) -> Answer {
    let path = path(link);
    person.registers_passkey(&format!("{path}/passkey/begin"), &format!("{path}/passkey/finish"), extra).await
}

/// Everything up to the answer that finishes: the person, and the body to send.
async fn almost_aboard(provider: &Provider, link: &str, extra: &Value) -> (Person, Value) {
    let mut person = provider.stranger();
    person.opens(link).await.page(200);
    let options = person.posts_json(&format!("{}/passkey/begin", path(link)), extra).await.expect(200).json();
    let origin = person.url();
    let credential = person.authenticator.create(&options["publicKey"], &origin).expect("the authenticator agrees");
    let body = finishing(&options, credential, &json!({}));
    (person, body)
}

/// The codes on the page in the window.
pub(crate) fn codes(person: &Person) -> Vec<String> {
    let page = person.page();
    page.all("code").map(|code| page.text_of(code)).filter(|text| text.len() == 31).collect()
}

/// The 16 bytes that a code spells in Crockford's base 32.
fn spelled(code: &str) -> [u8; 16] {
    let digit = |c: char| "0123456789abcdefghjkmnpqrstvwxyz".find(c).expect("a digit of the alphabet") as u128;
    code.chars().filter(|c| *c != '-').fold(0_u128, |bits, c| bits << 5 | digit(c)).to_be_bytes()
}

const ADA: [(&str, &str); 2] = [("name", "Ada Admin"), ("email", "ada@id.example")];

fn ada() -> Value {
    ADA.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect::<serde_json::Map<_, _>>().into()
}

on_both_databases! {
    /// C-ADM-01: the set-up link, a passkey, backup codes, and the house is open to its first administrator.
    async fn the_first_administrator_comes_aboard_by_the_setup_link(kind: Kind) {
        let provider = Provider::start(kind).await;
        let link = setup_link(&provider).await;
        let mut person = provider.stranger();
        person.opens(&link).await.shows("setup");
        let finished = comes_aboard(&mut person, &link, &ada()).await;
        person.follows(finished).await.shows("backup-codes");
        assert_eq!(codes(&person).len(), 10);
        let arrival = person.presses("acknowledge", &[("acknowledged", "yes")]).await;
        assert!(arrival.shows("dashboard").text().contains("Ada Admin"));
        assert_eq!(provider.database.count("SELECT count(*) FROM users WHERE role = 'super_admin' AND email = 'ada@id.example'").await, 1);
        for (table, expected) in [("users", 1), ("passkeys", 1), ("sessions", 1), ("backup_codes", 10)] {
            assert_eq!(provider.database.count(&format!("SELECT count(*) FROM {table}")).await, expected, "{table}");
        }
        assert_eq!(person.jar.refused(), [""; 0]);
        // The link has done its work, and there is no other.
        let late = provider.stranger().opens(&link).await;
        assert_eq!(late.page(404).name(), "error");
        assert_eq!(setup::link(&provider.app).await.expect("the database works"), None);
    }

    /// C-REC-05: a mail scanner or a preview that opens the link, however often, uses nothing up.
    async fn opening_a_link_changes_nothing(kind: Kind) {
        let provider = Provider::start(kind).await;
        let link = setup_link(&provider).await;
        let before = rows(&provider.database).await;
        for _ in 0..3 {
            provider.stranger().opens(&link).await.shows("setup");
            let url = Url::parse(&link).expect("a link is a URL");
            assert_eq!(provider.wire.send(Method::HEAD, &url, HeaderMap::new(), Vec::new()).await.status, 200);
        }
        let (mut person, body) = almost_aboard(&provider, &link, &ada()).await;
        assert_eq!(rows(&provider.database).await, before, "not even a ceremony that began leaves a row");
        person.posts_json(&format!("{}/passkey/finish", path(&link)), &body).await.expect(200).json();
    }

    /// C-ADM-01, C-REC-09: a link that is made up, of another kind, over, withdrawn or expired opens nothing, and begins nothing.
    async fn a_link_that_is_no_good_opens_nothing(kind: Kind) {
        let provider = Provider::start(kind).await;
        let withdrawn = setup_link(&provider).await;
        let link = setup_link(&provider).await;
        let token = link.rsplit('/').next().expect("a link has a token");
        let invited = invitation(&provider, "bob@id.example").await;
        let bobs = invited.rsplit('/').next().expect("a link has a token");
        let flipped = one_character_off(token, 0);
        let cases = [
            ("a made-up one", "/setup/abc".to_owned(), 404, "link_invalid"),
            ("another spelling", format!("/setup/{token}="), 404, "link_invalid"),
            ("one character off", format!("/setup/{flipped}"), 404, "link_invalid"),
            ("an invitation as a set-up link", format!("/setup/{bobs}"), 404, "link_invalid"),
            ("a set-up link as an invitation", format!("/invitation/{token}"), 404, "link_invalid"),
            ("a withdrawn one", path(&withdrawn), 410, "link_invalid"),
        ];
        let mut person = provider.stranger();
        person.opens(&link).await.shows("setup");
        let before = rows(&provider.database).await;
        for (what, path, status, code) in &cases {
            let answer = person.posts_json(&format!("{path}/passkey/begin"), &ada()).await;
            assert_eq!((answer.status.as_u16(), answer.error_code().as_str()), (*status, *code), "{what}: {answer}");
            let page = provider.stranger().opens(provider.url(path)).await.page(*status);
            assert_eq!(page.name(), "error", "{what}");
            assert!(!page.text().contains(token) && !page.text().contains(bobs), "{what}: the error page repeats a link");
        }
        // Good to the last millisecond, and not one longer.
        provider.clock.advance((HOUR * 24).saturating_sub(Duration::from_millis(1)));
        provider.stranger().opens(&link).await.shows("setup");
        let (mut late, body) = almost_aboard(&provider, &link, &ada()).await;
        provider.clock.advance(Duration::from_millis(1));
        let answer = late.posts_json(&format!("{}/passkey/finish", path(&link)), &body).await.expect(410);
        assert_eq!(answer.error_code(), "link_expired");
        assert_eq!(provider.stranger().opens(&link).await.page(410).name(), "error");
        assert_eq!(rows(&provider.database).await, before);
        // Whoever runs the server makes another.
        provider.stranger().opens(setup_link(&provider).await).await.shows("setup");
    }

    /// C-ADM-01: once there is somebody, no set-up link makes an administrator, not even for who had already begun.
    async fn setup_is_closed_for_who_had_begun_too(kind: Kind) {
        let provider = Provider::start(kind).await;
        let link = setup_link(&provider).await;
        let (mut slow, body) = almost_aboard(&provider, &link, &json!({"name": "Eve", "email": "eve@id.example"})).await;
        let (mut quick, first) = almost_aboard(&provider, &link, &ada()).await;
        let finish = format!("{}/passkey/finish", path(&link));
        quick.posts_json(&finish, &first).await.expect(200).json();
        let before = rows(&provider.database).await;
        let answer = slow.posts_json(&finish, &body).await.expect(404);
        assert_eq!(answer.error_code(), "already_set_up");
        assert_eq!(rows(&provider.database).await, before);
        assert!(slow.jar.get("session").is_none());
    }

    /// E-RACE-07, C-ADM-01: fifty who hold the link at once give one administrator, and 49 plain refusals.
    async fn fifty_setups_at_once_give_one_administrator(kind: Kind) {
        let provider = Provider::start(kind).await;
        let link = setup_link(&provider).await;
        let finish = format!("{}/passkey/finish", path(&link));
        let mut people = Vec::new();
        for number in 0..50 {
            let extra = json!({"name": format!("Person {number}"), "email": format!("person{number}@id.example")});
            people.push(almost_aboard(&provider, &link, &extra).await);
        }
        let answers = join_all(people.iter_mut().map(|(person, body)| person.posts_json(&finish, body))).await;
        let statuses: Vec<u16> = answers.iter().map(|answer| answer.status.as_u16()).collect();
        assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
        assert_eq!(statuses.iter().filter(|status| [404, 409].contains(status)).count(), 49, "{statuses:?}");
        for table in ["users", "passkeys", "sessions"] {
            assert_eq!(provider.database.count(&format!("SELECT count(*) FROM {table}")).await, 1, "{table}");
        }
        assert_eq!(events(&provider.database, "user_created").await, 1);
    }

    /// C-SES-08: until the backup codes are saved, the rest of the house waits.
    async fn the_house_waits_until_the_codes_are_saved(kind: Kind) {
        let provider = Provider::start(kind).await;
        let link = setup_link(&provider).await;
        let mut person = provider.stranger();
        person.opens(&link).await.shows("setup");
        comes_aboard(&mut person, &link, &ada()).await.expect(200).json();
        for place in ["/account", "/", "/login"] {
            let arrival = person.opens(provider.url(place)).await;
            arrival.shows("backup-codes");
        }
        // Whoever does not say that they saved them stays here.
        assert_eq!(person.presses("acknowledge", &[]).await.page(400).name(), "error");
        person.opens(provider.url("/account")).await.shows("backup-codes");
        assert_eq!(person.presses("acknowledge", &[("acknowledged", "yes"), ("set", "nonsense")]).await.page(400).name(), "error");
        person.opens(provider.url("/account")).await.shows("backup-codes");
        person.presses("acknowledge", &[("acknowledged", "yes")]).await.shows("dashboard");
        // Shown once: there is no way back to them.
        person.opens(provider.url("/account/backup-codes?first")).await.shows("dashboard");
        assert_eq!(events(&provider.database, "backup_codes_acknowledged").await, 1);
    }

    /// C-BC-01: each look makes a new set, and what was shown before is dead and cannot be acknowledged.
    async fn every_look_at_the_codes_makes_new_ones(kind: Kind) {
        let provider = Provider::start(kind).await;
        let link = setup_link(&provider).await;
        let mut person = provider.stranger();
        person.opens(&link).await.shows("setup");
        let finished = comes_aboard(&mut person, &link, &ada()).await;
        person.follows(finished).await.shows("backup-codes");
        let (first, mut older) = (codes(&person), person.clone());
        person.opens(provider.url("/account/backup-codes")).await.shows("backup-codes");
        let second = codes(&person);
        assert!(first.iter().all(|code| !second.contains(code)));
        assert_eq!(provider.database.count("SELECT count(*) FROM backup_codes").await, 10);
        assert_eq!(provider.database.count("SELECT count(DISTINCT set_id) FROM backup_codes").await, 1);
        // The older tab says that its codes are saved. They are not worth anything, so it gets others.
        older.jar = person.jar.clone();
        let arrival = older.presses("acknowledge", &[("acknowledged", "yes")]).await;
        assert_eq!(arrival.page(409).name(), "backup-codes");
        let third = codes(&older);
        assert_eq!(third.len(), 10);
        assert!(third.iter().all(|code| !first.contains(code) && !second.contains(code)));
        older.presses("acknowledge", &[("acknowledged", "yes")]).await.shows("dashboard");
        assert_eq!(events(&provider.database, "backup_codes_made").await, 3);
        // And the tab in between is told.
        assert_eq!(person.presses("acknowledge", &[("acknowledged", "yes")]).await.page(409).name(), "error");
        assert_eq!(provider.database.count("SELECT count(*) FROM backup_codes").await, 10);
    }

    /// C-BC-01: ten codes of 128 bits, none of which stands in the database as it is.
    async fn backup_codes_rest_as_digests(kind: Kind) {
        let provider = Provider::start(kind).await;
        let link = setup_link(&provider).await;
        let mut person = provider.stranger();
        person.opens(&link).await.shows("setup");
        let finished = comes_aboard(&mut person, &link, &ada()).await;
        let arrival = person.follows(finished).await;
        assert_eq!(arrival.answer().header("cache-control"), "no-store");
        let codes = codes(&person);
        let distinct: BTreeSet<[u8; 16]> = codes.iter().map(|code| spelled(code)).collect();
        assert_eq!((codes.len(), distinct.len()), (10, 10));
        // All 128 bits move: over ten codes no bit is the same everywhere but by a chance of 1 in 4 for any of the 128.
        let bits = distinct.iter().map(|bytes| u128::from_be_bytes(*bytes));
        let (all, any) = bits.fold((u128::MAX, 0), |(all, any), bits| (all & bits, any | bits));
        assert!((all.count_ones() + any.count_zeros()) < 8, "{all:x} {any:x}");
        for code in &codes {
            assert!(!holds(&provider.database, code.as_bytes()).await, "a code rests");
            assert!(!holds(&provider.database, code.replace('-', "").as_bytes()).await, "a code rests without its dashes");
            assert!(!holds(&provider.database, &spelled(code)).await, "a code rests in bytes");
        }
        // The search finds what is there.
        assert!(holds(&provider.database, b"ada@id.example").await);
        assert!(holds(&provider.database, &person.authenticator.credentials[0].id).await);
    }

    /// C-SES-01: what opens something (links, cookies) rests as a digest.
    async fn bearer_secrets_rest_as_digests(kind: Kind) {
        let provider = Provider::start(kind).await;
        let link = setup_link(&provider).await;
        let person = provider.admin_by(&link).await;
        let invited = invitation(&provider, "bob@id.example").await;
        let cookie = |name| person.jar.get(name).expect("the cookie is there").value.clone();
        let token = |link: &str| link.rsplit('/').next().expect("a link has a token").to_owned();
        for secret in [token(&link), token(&invited), cookie("session"), cookie("browser")] {
            assert!(!holds(&provider.database, secret.as_bytes()).await);
            // What follows the prefix is 256 bits.
            let bytes: [u8; 32] = weftid::base::base64url::decode_array(&secret[3..]).expect("base64url");
            assert!(!holds(&provider.database, &bytes).await);
        }
    }

    /// C-REC-09: an invited person comes aboard once, under the address that was invited.
    async fn an_invited_person_comes_aboard_once(kind: Kind) {
        let provider = Provider::start(kind).await;
        let link = invitation(&provider, "Bob@ID.example").await;
        let mut person = provider.stranger();
        let page = person.opens(&link).await.shows("invitation");
        assert_eq!(page.with("name", "email").next().and_then(|field| field.attribute("value")), Some("bob@id.example"));
        // Another address in the call changes nothing.
        let finished = comes_aboard(&mut person, &link, &json!({"name": "Bob", "email": "eve@id.example"})).await;
        person.follows(finished).await.shows("backup-codes");
        person.presses("acknowledge", &[("acknowledged", "yes")]).await.shows("dashboard");
        assert_eq!(provider.database.count("SELECT count(*) FROM users WHERE role = 'user' AND email = 'bob@id.example'").await, 1);
        assert_eq!(provider.stranger().opens(&link).await.page(410).name(), "error");
        let mut other = provider.stranger();
        other.opens(provider.url("/login")).await.shows("sign-in");
        let answer = other.posts_json(&format!("{}/passkey/begin", path(&link)), &json!({"name": "Bob"})).await.expect(410);
        assert_eq!(answer.error_code(), "link_invalid");
        let again = invitations::invite(&provider.app, "BOB@id.example", None, Role::User, &Origin::command_line()).await;
        assert_eq!(again.expect_err("the address is taken").code, "email_taken");
    }

    /// C-REC-09: inviting again withdraws, and an invitation ends to the second.
    async fn an_invitation_is_withdrawn_by_the_next_and_ends(kind: Kind) {
        let provider = Provider::start(kind).await;
        let first = invitation(&provider, "bob@id.example").await;
        let (mut begun, body) = almost_aboard(&provider, &first, &json!({"name": "Bob"})).await;
        let others = invitation(&provider, "carol@id.example").await;
        let second = invitation(&provider, "bob@id.example").await;
        assert_eq!(provider.stranger().opens(&first).await.page(410).name(), "error");
        begun.posts_json(&format!("{}/passkey/finish", path(&first)), &body).await.expect(410).json();
        assert_eq!(rows(&provider.database).await["users"], 0);
        provider.stranger().opens(&others).await.shows("invitation");
        provider.clock.advance((HOUR * 72).saturating_sub(Duration::from_secs(1)));
        provider.stranger().opens(&second).await.shows("invitation");
        provider.clock.advance(Duration::from_secs(1));
        assert_eq!(provider.stranger().opens(&second).await.page(410).name(), "error");
    }

    /// E-RACE-07: fifty uses of one invitation give one account.
    async fn fifty_uses_of_an_invitation_give_one_account(kind: Kind) {
        let provider = Provider::start(kind).await;
        let link = invitation(&provider, "bob@id.example").await;
        let finish = format!("{}/passkey/finish", path(&link));
        let mut people = Vec::new();
        for _ in 0..50 {
            people.push(almost_aboard(&provider, &link, &json!({"name": "Bob"})).await);
        }
        let answers = join_all(people.iter_mut().map(|(person, body)| person.posts_json(&finish, body))).await;
        let statuses: Vec<u16> = answers.iter().map(|answer| answer.status.as_u16()).collect();
        assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
        assert!(statuses.iter().all(|status| [200, 409, 410].contains(status)), "{statuses:?}");
        for table in ["users", "passkeys", "sessions"] {
            assert_eq!(provider.database.count(&format!("SELECT count(*) FROM {table}")).await, 1, "{table}");
        }
    }

    /// C-ID-01, E-RACE-07: an address that somebody took meanwhile, in whatever spelling, is refused, and the link stays good.
    async fn an_address_has_one_owner(kind: Kind) {
        let provider = Provider::start(kind).await;
        let link = invitation(&provider, "ada@id.example").await;
        let (mut begun, body) = almost_aboard(&provider, &link, &json!({"name": "Ada"})).await;
        let set_up = setup_link(&provider).await;
        let mut first = provider.stranger();
        first.opens(&set_up).await.shows("setup");
        comes_aboard(&mut first, &set_up, &json!({"name": "Ada", "email": "ＡDA@Id.Example"})).await.expect(200).json();
        let answer = begun.posts_json(&format!("{}/passkey/finish", path(&link)), &body).await.expect(409);
        assert_eq!(answer.error_code(), "email_taken");
        let answer = begun.posts_json(&format!("{}/passkey/begin", path(&link)), &json!({"name": "Ada"})).await.expect(409);
        assert_eq!(answer.error_code(), "email_taken");
        assert_eq!(rows(&provider.database).await["users"], 1);
        assert_eq!(provider.database.count("SELECT count(*) FROM one_time_links WHERE used_at IS NOT NULL").await, 1);
    }

    /// B-REG-11, C-REC-06: names and addresses that are not one, or that hide something, are refused before a passkey is made.
    async fn names_and_addresses_are_judged_before_a_passkey_is_made(kind: Kind) {
        let provider = Provider::start(kind).await;
        let link = setup_link(&provider).await;
        let begin = format!("{}/passkey/begin", path(&link));
        let mut person = provider.stranger();
        person.opens(&link).await.shows("setup");
        let before = rows(&provider.database).await;
        for name in ["", " ", "a\u{202e}b", "a\0b", "a\nb", "\u{200b}", &"x".repeat(101), &"x".repeat(10_000)] {
            let answer = person.posts_json(&begin, &json!({"name": name, "email": "ada@id.example"})).await;
            assert_eq!((answer.status.as_u16(), answer.error_code().as_str()), (400, "name_invalid"), "{name:?}: {answer}");
        }
        for email in ["", "ada", "a@b@c", "a,b@id.example", "a@id.example\r\nBcc: eve@id.example", "a\u{200b}@id.example", &"x".repeat(10_000)] {
            let answer = person.posts_json(&begin, &json!({"name": "Ada", "email": email})).await;
            assert_eq!((answer.status.as_u16(), answer.error_code().as_str()), (400, "email_invalid"), "{email:?}: {answer}");
        }
        for body in [json!({"name": ["Ada"], "email": "a@id.example"}), json!({"email": "a@id.example"}), json!([]), json!(null), json!("x")] {
            let answer = person.posts_json(&begin, &body).await;
            assert_eq!((answer.status.as_u16(), answer.error_code().as_str()), (400, "invalid_request"), "{body}: {answer}");
        }
        assert_eq!(rows(&provider.database).await, before);
    }

    /// B-REG-11, C-WEB-02: a name with markup is shown as the text it is.
    async fn a_name_with_markup_is_text(kind: Kind) {
        let provider = Provider::start(kind).await;
        let link = setup_link(&provider).await;
        let mut person = provider.stranger();
        person.opens(&link).await.shows("setup");
        let name = "<img src=x onerror=alert(1)> \"Ada\" '&amp;";
        let finished = comes_aboard(&mut person, &link, &json!({"name": name, "email": "ada@id.example"})).await;
        person.follows(finished).await.shows("backup-codes");
        let page = person.presses("acknowledge", &[("acknowledged", "yes")]).await.shows("dashboard");
        assert!(page.text().contains(name), "{}", page.text());
        assert_eq!(page.all("img").count(), 0);
    }
}
