//! What people are told by mail: every change of a way in, whoever made it; and that nothing in a mail leads elsewhere.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::json;
use weftid::actions::audit::Origin;
use weftid::actions::{limits, users};
use weftid::adapters::templates::Templates;
use weftid::adapters::templates::mails::{ConfirmAddress, Foreign, House, Notice, RecoveryLink, Trial};
use weftid::base::clock::Time;
use weftid::base::email::Email;
use weftid::base::error::Kind as Failure;
use weftid::base::network::Network;
use weftid_tests::authenticator::{Authenticator, Lie};
use weftid_tests::mailbox::Mail;
use weftid_tests::on_both_databases;
use weftid_tests::person::Person;
use weftid_tests::provider::Provider;

use crate::passkeys::{BEGIN, FINISH, at_the_sign_in_page};

const ADA: &str = "ada@id.example";
const PLACE: &str = "/account/sign-in-methods";

/// Subjects of every mail so far, sorted.
async fn subjects(provider: &Provider) -> Vec<String> {
    let mut subjects: Vec<String> = provider.mails().await.into_iter().map(|mail| mail.subject).collect();
    subjects.sort();
    subjects
}

/// Registers a passkey of this name in another authenticator, which is in the person's hand afterwards.
async fn registers(person: &mut Person, name: &str) {
    person.authenticator = Authenticator::security_key();
    person.registers_passkey("/account/passkeys/begin", "/account/passkeys/finish", &json!({"name": name})).await.is(200);
}

fn leads_home(mail: &Mail) {
    for link in mail.all_links() {
        assert_eq!(link.origin().ascii_serialization(), "https://id.example", "{}", mail.text);
    }
}

on_both_databases! {
    /// C-NOT-01, B-LC-01: passkeys that come, change their name or go, backup codes, a sign-in in another browser, a counter that goes back, and
    /// what an administrator does: each is one mail to the person, sent with the change itself.
    async fn every_change_of_a_way_in_is_mailed(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut ada = provider.admin().await;
        let mail = provider.mail("New backup codes for your WeftID account").await;
        assert_eq!(mail.to, ADA);
        ada.opens(provider.url(PLACE)).await.shows("sign-in-methods");
        let first = ada.authenticator.clone();

        // The list has them in the order in which they were made.
        provider.clock.advance(Duration::from_secs(1));
        registers(&mut ada, "Drawer").await;
        let mail = provider.mail("A passkey was added").await;
        assert!(mail.text.contains("“Drawer”") && mail.html.contains("“Drawer”"), "{}", mail.text);
        assert!(mail.text.contains("From: Chrome on Linux, 127.0.0.1"), "{}", mail.text);
        leads_home(&mail);

        provider.clock.advance(Duration::from_mins(1));
        ada.opens(provider.url(PLACE)).await.shows("sign-in-methods");
        let page = ada.page();
        let rename = page.with("data-action", "rename").nth(1).and_then(|link| link.attribute("href")).unwrap().to_owned();
        let revoke = page.with("data-action", "revoke").nth(1).and_then(|link| link.attribute("href")).unwrap().to_owned();

        let mut elsewhere = at_the_sign_in_page(&provider, &ada).await;
        elsewhere.signs_in_with_passkey_lying(BEGIN, FINISH, &json!({}), &[Lie::Counter(7)]).await.is(200);
        let mail = provider.mail("was used in a new browser").await;
        assert!(mail.text.contains("in a browser in which you had not signed in before"), "{}", mail.text);
        // Known from now on, signed in or out.
        elsewhere.opens(provider.url("/login")).await;
        elsewhere.opens(provider.url("/sign-out")).await;
        let mut again = elsewhere.clone();
        again.opens(provider.url("/login")).await;
        assert_eq!(subjects(&provider).await.iter().filter(|subject| subject.contains("new browser")).count(), 1);

        let mut copied = at_the_sign_in_page(&provider, &ada).await;
        copied.signs_in_with_passkey_lying(BEGIN, FINISH, &json!({}), &[Lie::Counter(3)]).await.is(403);
        copied.signs_in_with_passkey_lying(BEGIN, FINISH, &json!({}), &[Lie::Counter(2)]).await.is(403);
        let mail = provider.mail("may have been copied").await;
        assert!(mail.text.contains("“Drawer”"), "{}", mail.text);

        ada.authenticator = first;
        ada.opens(&rename).await.shows("rename-passkey");
        ada.presses("rename", &[("name", "Chest")]).await.shows("sign-in-methods");
        let mail = provider.mail("has a new name").await;
        assert!(mail.text.contains("Your passkey “Drawer” is now called “Chest”."), "{}", mail.text);
        ada.opens(&revoke).await.shows("revoke-passkey");
        ada.presses("revoke", &[]).await.shows("sign-in-methods");
        assert!(provider.mail("was revoked").await.text.contains("“Chest”"));

        let (email, origin) = (Email::parse(ADA).unwrap(), Origin::command_line());
        users::deactivate(&provider.app, &email, &origin).await.unwrap();
        users::activate(&provider.app, &email, &origin).await.unwrap();
        for words in ["was deactivated", "was reactivated"] {
            let mail = provider.mail(words).await;
            assert!(mail.text.contains("administrator") && !mail.text.contains("not-me"), "{}", mail.text);
        }
        assert_eq!(provider.mails().await.len(), 8);
    }

    /// C-NOT-01: a refresh token that comes back is told to the person it was given for, once.
    async fn a_stolen_refresh_token_is_told(kind: Kind) {
        let provider = Provider::start_with(kind, &[("lifetimes.refresh_race_window", "0s")]).await;
        let (mut ada, shop) = (provider.person("ada@shop.test", "Ada").await, provider.shop("shop").await);
        let first = shop.welcomes(&mut ada, &[]).await.refresh_token.unwrap();
        shop.refreshes(&first).await.unwrap();
        shop.posts_refresh(&first).await.is(400);
        shop.posts_refresh(&first).await.is(400);
        let mail = provider.mail("An application lost its access").await;
        assert!(mail.text.contains("“shop”"), "{}", mail.text);
        assert_eq!(mail.to, "ada@shop.test");
    }

    /// C-NOT-01: a change that can't be told is not made, and a change that is refused is not told.
    async fn a_notice_and_its_change_are_one(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut ada = provider.admin().await;
        provider.mails().await;
        ada.opens(provider.url(PLACE)).await.shows("sign-in-methods");
        provider.database.execute("ALTER TABLE mails RENAME TO letters").await;
        ada.authenticator = Authenticator::security_key();
        let answer = ada.registers_passkey("/account/passkeys/begin", "/account/passkeys/finish", &json!({"name": "Drawer"})).await;
        assert_eq!((answer.status.as_u16(), provider.database.count("SELECT count(*) FROM passkeys").await), (503, 1));
        provider.database.execute("ALTER TABLE letters RENAME TO mails").await;
        ada.presses("rename", &[]).await.shows("rename-passkey");
        ada.presses("rename", &[("name", "\u{202e}")]).await.page(400);
        assert_eq!(provider.mails().await.len(), 1);
    }

    /// C-REC-10: what people call their passkeys is text in a mail, neither markup nor a link.
    async fn names_in_mails_lead_nowhere(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut ada = provider.admin().await;
        ada.opens(provider.url(PLACE)).await.shows("sign-in-methods");
        registers(&mut ada, "<a href=\"https://evil.example\">x</a> www.evil.example").await;
        let mail = provider.mail("A passkey was added").await;
        assert!(mail.text.contains("<a href=\"https[:]//evil[.]example\">x</a> www[.]evil[.]example"), "{}", mail.text);
        assert!(mail.html.contains("&lt;a href=&#34;https[:]//evil[.]example"), "{}", mail.html);
        assert_eq!(mail.all_links().len(), 1);
        leads_home(&mail);
        assert!(!mail.html.contains("<img") && !mail.html.contains("<script") && !mail.html.contains(" src="));
    }

    /// C-REC-04: links begin with the configured issuer, whatever a request says about where it went.
    async fn links_in_mails_come_from_the_configuration(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut ada = provider.admin().await;
        let forged = [("x-forwarded-host", "evil.example"), ("x-forwarded-proto", "http"), ("x-forwarded-port", "81"), ("x-original-host", "evil.example")];
        ada.headers.extend(forged.map(|(name, value)| (name, value.to_owned())));
        ada.headers.push(("forwarded", "host=evil.example;proto=http".to_owned()));
        ada.opens(provider.url(PLACE)).await.shows("sign-in-methods");
        registers(&mut ada, "Drawer").await;
        let mail = provider.mail("A passkey was added").await;
        leads_home(&mail);
        assert!(!String::from_utf8_lossy(&mail.raw).contains("evil"));
    }

    /// A mail is in the language the person chose, or else in that of the request.
    async fn mails_speak_the_readers_language(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut ada = provider.admin().await;
        ada.opens(provider.url(PLACE)).await.shows("sign-in-methods");
        ada.headers.push(("accept-language", "de-AT,de;q=0.9".to_owned()));
        registers(&mut ada, "Lade").await;
        let mail = provider.mail("hat einen weiteren Passkey").await;
        assert!(mail.html.contains("lang=\"de\"") && mail.text.contains("Das waren Sie nicht?"), "{}", mail.text);
        provider.database.execute("UPDATE users SET language = 'en'").await;
        registers(&mut ada, "Drawer").await;
        provider.mail("A passkey was added").await;
    }

    /// C-THR-08: strangers cause three mails of a kind to one address in an hour, and thirty from one network; nobody learns which address has
    /// had its mails.
    async fn strangers_cause_few_mails(kind: Kind) {
        let provider = Provider::start(kind).await;
        let address = Email::parse(ADA).unwrap();
        let network = |last: u8| Network::of(std::net::IpAddr::from([192, 0, 2, last]));
        let mut may = Vec::new();
        for last in 0..5 {
            may.push(limits::may_cause_mail(&provider.app, "recovery_link", &address, network(last)).await.unwrap());
        }
        assert_eq!(may, [true, true, true, false, false]);
        assert!(limits::may_cause_mail(&provider.app, "confirm_address", &address, network(9)).await.unwrap(), "another kind");
        provider.clock.advance(Duration::from_hours(1));
        assert!(limits::may_cause_mail(&provider.app, "recovery_link", &address, network(0)).await.unwrap());
        let mut sent = 0;
        let refused = loop {
            let address = Email::parse(&format!("p{sent}@id.example")).unwrap();
            match limits::may_cause_mail(&provider.app, "recovery_link", &address, network(77)).await {
                Ok(true) => sent += 1,
                Ok(false) => panic!("a fresh address"),
                Err(error) => break error,
            }
        };
        assert!(sent == 30 && refused.code == "too_many_attempts" && matches!(refused.kind, Failure::TooMany(_)), "{sent} {refused}");
    }
}

/// The kinds of notices, as their source says them.
fn kinds() -> BTreeSet<String> {
    let source = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../idp/src/actions/notices.rs")).unwrap();
    let named = |before: &str| source.split(before).skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()).collect::<Vec<_>>();
    named("=> (\"").into_iter().chain(named("(\"address_").into_iter().map(|rest| format!("address_{rest}"))).collect()
}

/// Every mail, as its reader sees it.
#[test]
fn mails_read_well() {
    let templates = Templates::load("").unwrap();
    let house = House { brand: "Northwind", issuer: "https://id.northwind.example" };
    let (at, account) = (Time::from_seconds(1_777_809_600), Email::parse("alice@northwind.example").unwrap());
    let account = Foreign::address(&account);
    let notice = |kind: &str, name: &str, other: &str| Notice {
        kind: kind.to_owned(),
        account: account.clone(),
        name: Foreign::name(name),
        other: Foreign::name(other),
        left: 1,
        at,
        place: "Firefox on Linux, 192.0.2.1".to_owned(),
        not_me_url: Some("https://id.northwind.example/not-me/BOX".to_owned()),
    };
    let notices = [
        notice("passkey_registered", "YubiKey 5", ""),
        notice("passkey_renamed", "In the drawer", "YubiKey 5"),
        notice("passkey_revoked", "YubiKey 5", ""),
        notice("passkey_suspected", "YubiKey 5", ""),
        notice("passkey_unfrozen", "YubiKey 5", ""),
        notice("password_set", "", ""),
        notice("password_changed", "", ""),
        notice("password_removed", "", ""),
        notice("totp_added", "", ""),
        notice("totp_replaced", "", ""),
        notice("totp_removed", "", ""),
        notice("backup_codes_saved", "", ""),
        notice("backup_codes_discarded", "", ""),
        notice("backup_code_used", "", ""),
        notice("signed_in_elsewhere", "", ""),
        notice("recovered", "YubiKey 5", ""),
        notice("refresh_token_reused", "Acme Wiki", ""),
        notice("address_changed", "eve@northwind.example", "alice@northwind.example"),
        notice("recovery_link_made", "", ""),
        notice("address_change_asked", "eve@northwind.example", ""),
        Notice { not_me_url: None, ..notice("address_wanted", "", "") },
        Notice { not_me_url: None, ..notice("address_is_new", "", "alice@northwind.example") },
        Notice { not_me_url: None, place: String::new(), ..notice("deactivated", "", "") },
        Notice { not_me_url: None, place: String::new(), ..notice("reactivated", "", "") },
        Notice { not_me_url: None, ..notice("reported", "", "") },
    ];
    assert_eq!(notices.iter().map(|notice| notice.kind.clone()).collect::<BTreeSet<_>>(), kinds());
    for lang in ["en", "de"] {
        let locale = templates.negotiate(Some(lang));
        let mut all = String::new();
        let mut html = String::new();
        let mut add = |mail: weftid::adapters::templates::mails::InWords| {
            all.extend(["======== ", &mail.subject, "\n", &mail.text, "\n"]);
            html = mail.html;
        };
        for notice in &notices {
            add(templates.write(&locale, house, notice).unwrap());
        }
        let url = "https://id.northwind.example/recover/LINK".to_owned();
        add(templates.write(&locale, house, &RecoveryLink { account: account.clone(), url: url.clone(), until: at }).unwrap());
        add(templates.write(&locale, house, &ConfirmAddress { account: account.clone(), url, until: at }).unwrap());
        add(templates.write(&locale, house, &Trial { at }).unwrap());
        assert!(!all.contains("\n\n\n"), "{all}");
        insta::assert_snapshot!(format!("mails-{lang}"), all);
        assert!(html.contains("color-scheme"), "{html}");
        insta::assert_snapshot!(format!("mail-html-{lang}"), templates.write(&locale, house, &notices[0]).unwrap().html);
    }
}
