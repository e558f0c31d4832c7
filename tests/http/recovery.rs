//! Recovery over HTTP: a link and a backup code end in a new passkey, and neither of them, nor anything before, opens anything.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::future::join_all;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde_json::{Value, json};
use url::Url;
use weftid::actions::audit::Origin;
use weftid::actions::{recovery_links, users};
use weftid::base::email::Email;
use weftid_tests::authenticator::{Authenticator, Lie};
use weftid_tests::mailbox::{letters, links_to};
use weftid_tests::on_both_databases;
use weftid_tests::person::{Person, finishing};
use weftid_tests::provider::Provider;
use weftid_tests::wire::{Answer, form_urlencoded};

use crate::coming_aboard::{codes as codes_on, invitation, path};

use crate::passkeys::signs_in;
use crate::stored::{block_audit, events, events_because, holds, let_audit_through, rows};

const HALF_AN_HOUR: Duration = Duration::from_mins(30);
const ADA: &str = "ada@id.example";

/// Somebody with an account, and their backup codes.
struct Owner {
    person: Person,
    codes: Vec<String>,
}

async fn owner(provider: &Provider, email: &str) -> Owner {
    let link = invitation(provider, email).await;
    let mut person = provider.stranger();
    person.opens(&link).await.shows("invitation");
    let path = path(&link);
    let finished = person.registers_passkey(&format!("{path}/passkey/begin"), &format!("{path}/passkey/finish"), &json!({"name": "Ada"})).await;
    person.follows(finished).await.shows("backup-codes");
    let codes = codes_on(&person);
    person.presses("acknowledge", &[("acknowledged", "yes")]).await.shows("dashboard");
    Owner { person, codes }
}

fn email(text: &str) -> Email {
    Email::parse(text).expect("an address")
}

/// A link that was mailed to this address just now.
async fn mailed(provider: &Provider, to: &str) -> String {
    let before = links_to(provider, to, "/recover/").await;
    let mut stranger = provider.stranger();
    stranger.opens(provider.url("/recover")).await.shows("recover");
    stranger.submits("/recover", &[("email", to)]).await.shows("recover");
    for _ in 0..200 {
        if let Some(link) = links_to(provider, to, "/recover/").await.into_iter().find(|link| !before.contains(link)) {
            return link;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("no mail came to {to}");
}

/// A link from the help desk.
async fn approved(provider: &Provider, to: &str) -> String {
    recovery_links::approve(&provider.app, &email(to), &Origin::command_line()).await.expect("the link is made")
}

/// A link in the browser of somebody who has lost everything.
struct Visit {
    person: Person,
    path: String,
}

impl Visit {
    async fn opens(provider: &Provider, link: &str) -> Self {
        Self::by(provider.stranger(), link).await
    }

    async fn by(mut person: Person, link: &str) -> Self {
        person.opens(link).await.shows("recover");
        Self { person, path: path(link) }
    }

    /// Types a code; what comes of it.
    async fn types(&mut self, code: &str) -> Answer {
        self.person.presses("continue", &[("code", code)]).await.answer().clone()
    }

    /// What stands for a code that was right, as the page carries it; empty if the page has none.
    fn proved(&self) -> String {
        self.person.page().with("name", "proved").find_map(|field| field.attribute("value")).unwrap_or_default().to_owned()
    }

    async fn begins(&mut self, proved: &str) -> Answer {
        self.person.posts_json(&format!("{}/passkey/begin", self.path), &json!({"proved": proved})).await
    }

    /// Everything up to the answer that finishes.
    async fn almost(&mut self, lies: &[Lie]) -> Value {
        let proved = self.proved();
        let options = self.begins(&proved).await.expect(200).json();
        let origin = self.person.url();
        let credential = self.person.authenticator.create_with(&options["publicKey"], &origin, lies).expect("the authenticator agrees");
        finishing(&options, credential, &json!({}))
    }

    async fn finishes(&mut self, body: &Value) -> Answer {
        self.person.posts_json(&format!("{}/passkey/finish", self.path), body).await
    }
}

fn code(answer: &Answer) -> String {
    answer.json()["code"].as_str().unwrap_or_default().to_owned()
}

async fn unused_codes(provider: &Provider) -> i64 {
    provider.database.count("SELECT count(*) FROM backup_codes WHERE used_at IS NULL").await
}

async fn passkeys(provider: &Provider) -> i64 {
    provider.database.count("SELECT count(*) FROM passkeys").await
}

async fn open_sessions(provider: &Provider) -> i64 {
    provider
        .database
        .count("SELECT count(*) FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.ended_at IS NULL AND s.security_epoch = u.security_epoch")
        .await
}

on_both_databases! {
    /// C-REC-02, C-REC-05, C-BC-02: link and code end in a new passkey and a session. The other ways in stay as they are, whatever was opened
    /// before ends, the person is told, and is led to where the lost passkeys can be revoked.
    async fn a_link_and_a_backup_code_end_in_a_new_passkey(kind: Kind) {
        let provider = Provider::start(kind).await;
        let Owner { person: mut ada, codes } = owner(&provider, ADA).await;
        let shop = provider.shop("shop").await;
        let tokens = shop.welcomes(&mut ada, &["offline_access"]).await;
        let link = mailed(&provider, ADA).await;
        let before = rows(&provider.database).await;
        for _ in 0..3 {
            provider.stranger().opens(&link).await.shows("recover");
            let url = Url::parse(&link).expect("a link is a URL");
            let answer = provider.wire.send(Method::HEAD, &url, HeaderMap::new(), Vec::new()).await;
            assert_eq!((answer.status.as_u16(), answer.header("referrer-policy")), (200, "no-referrer"));
        }
        assert_eq!(rows(&provider.database).await, before, "looking changes nothing");

        let mut visit = Visit::opens(&provider, &link).await;
        assert!(visit.person.page().text().contains(ADA));
        visit.types(&codes[3].to_uppercase().replace('-', " ")).await.is(200);
        assert!(!visit.proved().is_empty());
        let body = visit.almost(&[]).await;
        assert_eq!((unused_codes(&provider).await, passkeys(&provider).await, open_sessions(&provider).await), (10, 1, 1), "nothing counts yet");
        assert_eq!(provider.database.count("SELECT count(*) FROM one_time_links WHERE kind = 'recovery' AND used_at IS NOT NULL").await, 0);
        let finished = visit.finishes(&body).await;
        let page = visit.person.follows(finished).await.shows("sign-in-methods");
        assert!(page.text().contains("You are back in.") && page.text().contains("revoke the passkeys that you lost"), "{}", page.text());
        assert_eq!((unused_codes(&provider).await, passkeys(&provider).await, open_sessions(&provider).await), (9, 2, 1));

        // Whoever has the lost device is out, and so are the applications; the lost passkey is for the person to revoke.
        assert_eq!(ada.opens(provider.url("/account")).await.page(200).name(), "sign-in");
        assert!(shop.refreshes(tokens.refresh_token.as_deref().expect("one was given")).await.is_err());
        assert!(shop.userinfo(&tokens).await.is_err());
        signs_in(&provider, &ada).await;
        signs_in(&provider, &visit.person).await;
        for (event, times) in [("recovery_link_made", 1), ("recovery_code_accepted", 1), ("recovered", 1), ("passkey_registered", 2)] {
            assert_eq!(events(&provider.database, event).await, times, "{event}");
        }
        let told: Vec<_> = letters(&provider).await.into_iter().filter(|letter| letter.to == ADA).collect();
        assert!(told.iter().any(|letter| letter.text.contains("/not-me/")), "{told:?}");

        // Used up, both of them.
        let again = provider.stranger().opens(&link).await;
        assert_eq!(again.page(410).name(), "error");
        assert_eq!(code(&visit.finishes(&body).await.expect(410)), "link_invalid");
        let mut late = Visit::opens(&provider, &mailed(&provider, ADA).await).await;
        late.types(&codes[3]).await.is(400);
        assert!(late.person.page().text().contains("This code doesn’t work"));
        late.types(&codes[4]).await.is(200);
    }

    /// C-REC-01: a newer request, any change of a way in, of the address, and being shut out each kill the link, before the code and after it; what
    /// changes no way in does not. Half an hour after it was made it is over, to the millisecond.
    async fn a_link_dies_with_every_change(kind: Kind) {
        let provider = Provider::start(kind).await;
        let Owner { person, mut codes } = owner(&provider, ADA).await;
        let methods = provider.url("/account/sign-in-methods");
        for what in ["request", "approval", "rename", "profile", "passkey", "revocation", "shut out", "password", "codes", "not-me"] {
            // Few mails go to one address in an hour.
            provider.clock.advance(Duration::from_hours(1));
            let mut ada = signs_in(&provider, &person).await;
            ada.opens(&methods).await.shows("sign-in-methods");
            let link = mailed(&provider, ADA).await;
            let (mut early, mut late) = (Visit::opens(&provider, &link).await, Visit::opens(&provider, &link).await);
            late.types(&codes[0]).await.is(200);
            let body = late.almost(&[]).await;
            match what {
                "request" => drop(mailed(&provider, ADA).await),
                "approval" => drop(approved(&provider, ADA).await),
                "passkey" => {
                    ada.authenticator = Authenticator::security_key();
                    ada.registers_passkey("/account/passkeys/begin", "/account/passkeys/finish", &json!({})).await.expect(200).json();
                }
                "revocation" => {
                    let page = ada.page();
                    let last = page.with("data-action", "revoke").filter_map(|link| link.attribute("href")).last().expect("a passkey").to_owned();
                    ada.opens(provider.url(&last)).await.shows("revoke-passkey");
                    ada.presses("revoke", &[]).await.shows("sign-in-methods");
                }
                "shut out" => {
                    users::deactivate(&provider.app, &email(ADA), &Origin::command_line()).await.expect("the person is there");
                    users::activate(&provider.app, &email(ADA), &Origin::command_line()).await.expect("the person is there");
                }
                "password" => {
                    ada.opens(provider.url("/account/password")).await.shows("own-password");
                    let new = [("new_password", "a fine long day by the sea")];
                    ada.submits("/account/password", &new).await.shows("sign-in-methods");
                }
                "codes" => {
                    ada.opens(provider.url("/account/backup-codes/regenerate")).await.page(200);
                    ada.submits("/account/backup-codes/regenerate", &[]).await.shows("backup-codes");
                }
                "not-me" => {
                    let notices = links_to(&provider, ADA, "/not-me/").await;
                    let report = notices.first().expect("a notice");
                    let mut anywhere = provider.stranger();
                    anywhere.opens(report).await.page(200);
                    anywhere.submit(&anywhere.page().forms()[0], &[], None).await.page(200);
                }
                "rename" => {
                    let page = ada.page();
                    let first = page.with("data-action", "rename").find_map(|link| link.attribute("href")).expect("a passkey").to_owned();
                    ada.opens(provider.url(&first)).await.shows("rename-passkey");
                    ada.presses("rename", &[("name", "Mine")]).await.shows("sign-in-methods");
                }
                _ => {
                    ada.opens(provider.url("/account/profile")).await.shows("profile");
                    ada.presses("save", &[("nickname", "Addie"), ("theme", "dark")]).await.shows("profile");
                }
            }
            let stays = matches!(what, "rename" | "profile");
            let (opened, finished) = if stays { (200, 200) } else { (410, 410) };
            assert_eq!(early.person.opens(&link).await.answer().status.as_u16(), opened, "{what}");
            if !stays {
                let before = rows(&provider.database).await;
                assert_eq!(code(&late.begins("").await.expect(410)), "link_invalid", "{what}");
                assert_eq!(code(&late.finishes(&body).await.expect(finished)), "link_invalid", "{what}");
                assert_eq!(rows(&provider.database).await, before, "{what}");
            }
            if what == "codes" {
                codes = codes_on(&ada);
                ada.presses("acknowledge", &[("acknowledged", "yes")]).await.page(200);
            }
        }
    }

    /// C-REC-01, C-REC-09: good to the last millisecond of its half hour, and not one longer; a code that was right is no longer good than its link.
    async fn a_link_is_over_after_half_an_hour(kind: Kind) {
        let provider = Provider::start(kind).await;
        let Owner { codes, .. } = owner(&provider, ADA).await;
        let link = mailed(&provider, ADA).await;
        provider.clock.advance(HALF_AN_HOUR.saturating_sub(Duration::from_millis(1)));
        let mut visit = Visit::opens(&provider, &link).await;
        visit.types(&codes[0]).await.is(200);
        let (proved, body) = (visit.proved(), visit.almost(&[]).await);
        provider.clock.advance(Duration::from_millis(1));
        assert_eq!(code(&visit.begins(&proved).await.expect(410)), "link_expired");
        assert_eq!(code(&visit.finishes(&body).await.expect(410)), "link_expired");
        assert_eq!(provider.stranger().opens(&link).await.page(410).name(), "error");
        assert_eq!((unused_codes(&provider).await, passkeys(&provider).await), (10, 1));
    }

    /// C-REC-03: in whatever order pages, codes, proofs and ceremonies are tried, by whichever browser and under whichever link, no passkey is
    /// registered before a right code was shown in this browser under this link; and the right order still works after all of it.
    async fn no_order_of_steps_leads_past_link_and_code(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (ada, bob) = (owner(&provider, ADA).await, owner(&provider, "bob@id.example").await);
        let (links, sessions) = ([mailed(&provider, ADA).await, mailed(&provider, "bob@id.example").await], open_sessions(&provider).await);
        let mut browsers = [Visit::opens(&provider, &links[0]).await, Visit::opens(&provider, &links[1]).await];
        // Bob is honest about his own link: what he gets there is what is tried under Ada's.
        browsers[1].types(&bob.codes[0]).await.is(200);
        let (foreign_proof, foreign_body) = (browsers[1].proved(), browsers[1].almost(&[]).await);
        let mut elsewhere = Visit::opens(&provider, &links[0]).await;
        elsewhere.types(&ada.codes[9]).await.is(200);
        let (other_browsers_proof, other_browsers_body) = (elsewhere.proved(), elsewhere.almost(&[]).await);
        let mut sign_in = provider.stranger();
        sign_in.opens(provider.url("/login")).await.shows("sign-in");
        let begun = sign_in.posts_json("/login/passkey/begin", &json!({})).await.expect(200).json();
        let mut forged = other_browsers_body.clone();
        forged["ceremony"] = begun["ceremony"].clone();

        // A small automaton: it knows one state, "nothing was proved here", and every step must leave it there.
        let visit = &mut browsers[0];
        let mut chance = 0x2545_F491_4F6C_DD1D_u64;
        for step in 0..60 {
            chance ^= chance << 13;
            chance ^= chance >> 7;
            chance ^= chance << 17;
            if visit.person.page().name() != "recover" {
                visit.person.opens(&links[0]).await.shows("recover");
            }
            match chance % 12 {
                0 => drop(visit.person.opens(&links[0]).await.shows("recover")),
                1 => drop(visit.person.opens(format!("{}?proved={foreign_proof}", links[0])).await.shows("recover")),
                2 => drop(visit.person.opens(format!("{}?proved={other_browsers_proof}", links[0])).await.shows("recover")),
                3 => drop(visit.types("").await),
                4 => drop(visit.types(&bob.codes[1]).await),
                5 => assert_eq!(code(&visit.begins("").await.expect(403)), "recovery_unproved", "{step}"),
                6 => assert_eq!(code(&visit.begins(&foreign_proof).await.expect(403)), "recovery_unproved", "{step}"),
                7 => assert_eq!(code(&visit.begins(&other_browsers_proof).await.expect(403)), "recovery_unproved", "{step}"),
                8 => assert_eq!(code(&visit.finishes(&foreign_body).await.expect(400)), "ceremony_foreign", "{step}"),
                9 => assert_eq!(code(&visit.finishes(&other_browsers_body).await.expect(400)), "ceremony_foreign", "{step}"),
                10 => assert_eq!(code(&visit.finishes(&forged).await.expect(400)), "ceremony_foreign", "{step}"),
                _ => {
                    let empty = visit.person.posts_json_with(&format!("{}/passkey/finish", visit.path), Vec::new(), &[]).await;
                    assert!(empty.status.is_client_error(), "{empty}");
                }
            }
            assert!(visit.proved().is_empty(), "{step}");
            // Guesses are counted; time passes between them.
            provider.clock.advance(Duration::from_secs(1));
        }
        assert_eq!((passkeys(&provider).await, open_sessions(&provider).await, unused_codes(&provider).await), (2, sessions, 20));
        // The right order, after all of that.
        provider.clock.advance(Duration::from_mins(5));
        visit.person.opens(&links[0]).await.shows("recover");
        visit.types(&ada.codes[0]).await.is(200);
        let body = visit.almost(&[]).await;
        visit.finishes(&body).await.expect(200).json();
        assert_eq!((passkeys(&provider).await, unused_codes(&provider).await), (3, 19));
    }

    /// C-REC-01, C-BC-02, E-RACE-05: fifty browsers with one link and one code at once register one passkey, open one session, and use up one code.
    async fn fifty_recoveries_at_once_are_one(kind: Kind) {
        let provider = Provider::start(kind).await;
        let Owner { codes, .. } = owner(&provider, ADA).await;
        let link = mailed(&provider, ADA).await;
        let mut ready = Vec::new();
        for _ in 0..50 {
            let mut visit = Visit::opens(&provider, &link).await;
            visit.types(&codes[0]).await.is(200);
            let body = visit.almost(&[]).await;
            ready.push((visit, body));
        }
        let answers = join_all(ready.iter_mut().map(|(visit, body)| visit.finishes(body))).await;
        let won = answers.iter().filter(|answer| answer.status == 200).count();
        assert_eq!(won, 1);
        for lost in answers.iter().filter(|answer| answer.status != 200) {
            assert!(matches!(lost.status.as_u16(), 409 | 410), "{lost}");
        }
        assert_eq!((passkeys(&provider).await, unused_codes(&provider).await, open_sessions(&provider).await), (2, 9, 1));
        assert_eq!((events(&provider.database, "recovered").await, events(&provider.database, "passkey_registered").await), (1, 2));
    }

    /// C-ENUM-02, C-THR-08: whoever has an account, has none, or is shut out gets the same page, byte by byte; however often it is asked, few mails
    /// go to an address, and the answer does not say when they stop.
    async fn asking_tells_nothing_and_sends_little(kind: Kind) {
        let provider = Provider::start(kind).await;
        owner(&provider, ADA).await;
        provider.person("bob@id.example", "Bob").await;
        users::deactivate(&provider.app, &email("bob@id.example"), &Origin::command_line()).await.expect("the person is there");
        let mut pages = BTreeSet::new();
        for _ in 0..5 {
            for address in [ADA, "bob@id.example", "nobody@id.example"] {
                let mut stranger = provider.stranger();
                stranger.opens(provider.url("/recover")).await.shows("recover");
                let arrival = stranger.submits("/recover", &[("email", address)]).await;
                let token = arrival.shows("recover").csrf_token().expect("a page has a token").to_owned();
                let answer = arrival.answer();
                let names: Vec<&str> = answer.headers.keys().map(HeaderName::as_str).collect();
                pages.insert((answer.status.as_u16(), names.join(" "), answer.text().replace(&token, "(token)")));
            }
        }
        assert_eq!(pages.len(), 1, "{pages:#?}");
        tokio::time::sleep(Duration::from_millis(300)).await;
        let mailed: Vec<String> = letters(&provider).await.into_iter().filter(|letter| letter.text.contains("/recover/")).map(|letter| letter.to).collect();
        assert_eq!(mailed, [ADA, ADA, ADA]);
        assert_eq!(provider.database.count("SELECT count(*) FROM one_time_links WHERE kind = 'recovery' AND revoked_at IS NULL").await, 1);
    }

    /// C-REC-06: one address, as it stands in the account; lists, doubled fields and line ends are refused, and no mail is written.
    async fn a_mail_goes_to_one_address(kind: Kind) {
        let provider = Provider::start(kind).await;
        owner(&provider, ADA).await;
        let before = letters(&provider).await.len();
        for typed in [
            "ada@id.example,eve@evil.test", "ada@id.example;eve@evil.test", "ada@id.example eve@evil.test", "ada@id.example\r\nBcc: eve@evil.test",
            "ada@id.example\nbcc:eve@evil.test", "ada@id.example%0d%0abcc:eve@evil.test", "\"Ada\" <ada@id.example>", "ada@id.example\0@evil.test", "",
        ] {
            let mut stranger = provider.stranger();
            stranger.opens(provider.url("/recover")).await.shows("recover");
            let page = stranger.submits("/recover", &[("email", typed)]).await.page(400);
            assert_eq!((page.name(), page.with("aria-invalid", "true").count()), ("recover", 1), "{typed:?}");
        }
        let mut stranger = provider.stranger();
        let page = stranger.opens(provider.url("/recover")).await.shows("recover");
        let token = page.csrf_token().expect("a page has a token").to_owned();
        for twice in [["email", "email"], ["email[]", "email[]"]] {
            let body = form_urlencoded(&[("csrf", &token), (twice[0], ADA), (twice[1], "eve@evil.test")]);
            let answer = stranger.posts_json_with("/recover", body, &[("content-type", "application/x-www-form-urlencoded")]).await;
            assert_eq!(answer.status, 400, "{answer}");
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert_eq!(letters(&provider).await.len(), before);
        // Any spelling of the address reaches the account, at the address that is stored.
        let mut stranger = provider.stranger();
        stranger.opens(provider.url("/recover")).await.shows("recover");
        stranger.submits("/recover", &[("email", " ＡDA@ID.example ")]).await.shows("recover");
        for _ in 0..200 {
            if links_to(&provider, ADA, "/recover/").await.len() == 1 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("no mail came");
    }

    /// C-REC-04: the link begins with the configured issuer, whatever the request says about where it was sent.
    async fn the_link_begins_with_the_issuer(kind: Kind) {
        let provider = Provider::start(kind).await;
        owner(&provider, ADA).await;
        let mut stranger = provider.stranger();
        let page = stranger.opens(provider.url("/recover")).await.shows("recover");
        let token = page.csrf_token().expect("a page has a token").to_owned();
        let cookie = stranger.jar.header(&provider.url("/recover"), weftid_tests::cookies::Initiator::SameSite);
        let body = form_urlencoded(&[("csrf", &token), ("email", ADA)]);
        for (name, value) in [
            ("x-forwarded-host", "evil.test"), ("x-forwarded-proto", "http"), ("x-forwarded-port", "1"), ("forwarded", "host=evil.test;proto=http"),
            ("x-forwarded-prefix", "/evil"), ("x-original-url", "https://evil.test/"),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert("content-type", HeaderValue::from_static("application/x-www-form-urlencoded"));
            headers.insert("cookie", HeaderValue::from_str(&cookie).expect("a cookie"));
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
            let before = links_to(&provider, ADA, "/recover/").await.len();
            provider.wire.send(Method::POST, &provider.url("/recover"), headers, body.clone()).await.is(200);
            for _ in 0..200 {
                if links_to(&provider, ADA, "/recover/").await.len() > before {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            let links = links_to(&provider, ADA, "/recover/").await;
            assert!(links.len() > before && links.iter().all(|link| link.starts_with("https://id.example/recover/wl_")), "{name}: {links:?}");
            provider.clock.advance(Duration::from_hours(1));
        }
        assert!(letters(&provider).await.iter().all(|letter| !letter.text.contains("evil")));
    }

    /// C-BC-02, C-BC-04, C-THR-01: another person's code is none; wrong codes are counted, by whichever link and browser, and then judged no more.
    async fn codes_cannot_be_guessed(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (ada, bob) = (owner(&provider, ADA).await, owner(&provider, "bob@id.example").await);
        let link = mailed(&provider, ADA).await;
        for wrong in [bob.codes[0].as_str(), "", "123456", "00000-0000-0000-0000-0000-00000", &ada.codes[0][1..]] {
            let mut visit = Visit::opens(&provider, &link).await;
            visit.types(wrong).await.is(400);
            assert!(visit.proved().is_empty());
        }
        let mut visit = Visit::opens(&provider, &link).await;
        let waits = visit.types(&ada.codes[0]).await;
        assert_eq!((waits.status.as_u16(), waits.header("retry-after")), (429, "1"));
        assert_eq!(events_because(&provider.database, "recovery_failed", "backup_code").await, 5);
        provider.clock.advance(Duration::from_secs(1));
        visit.person.opens(&link).await.shows("recover");
        visit.types(&ada.codes[0]).await.is(200);
        assert_eq!(unused_codes(&provider).await, 20);
    }

    /// C-REC-08: the help desk's link takes no code; it is audited, its person is told at once, it is over like any other, and nobody gets one for who isn't here.
    async fn the_help_desk_vouches_for_a_person(kind: Kind) {
        let provider = Provider::start(kind).await;
        owner(&provider, ADA).await;
        let link = approved(&provider, ADA).await;
        assert!(link.starts_with("https://id.example/recover/wl_"));
        assert!(letters(&provider).await.iter().any(|letter| letter.to == ADA && letter.text.contains("/not-me/") && !letter.text.contains(&link)));
        let secret = link.rsplit('/').next().expect("a link has a secret");
        assert!(!holds(&provider.database, secret.as_bytes()).await, "it rests as a digest");
        let mut visit = Visit::opens(&provider, &link).await;
        let body = visit.almost(&[]).await;
        let finished = visit.finishes(&body).await;
        visit.person.follows(finished).await.shows("sign-in-methods");
        assert_eq!((unused_codes(&provider).await, passkeys(&provider).await), (10, 2));
        let made = "SELECT count(*) FROM audit_events WHERE kind = 'recovery_link_made' AND actor = 'command_line' AND detail LIKE '%approved_recovery%'";
        assert_eq!(provider.database.count(made).await, 1);
        assert_eq!(provider.stranger().opens(&link).await.page(410).name(), "error");
        let link = approved(&provider, ADA).await;
        provider.clock.advance(HALF_AN_HOUR);
        assert_eq!(provider.stranger().opens(&link).await.page(410).name(), "error");
        users::deactivate(&provider.app, &email(ADA), &Origin::command_line()).await.expect("the person is there");
        for address in [ADA, "nobody@id.example"] {
            let refused = recovery_links::approve(&provider.app, &email(address), &Origin::command_line()).await.expect_err("a refusal");
            assert_eq!(refused.code, "user_unknown");
        }
    }

    /// C-REC-02, C-BC-03: a mailbox alone opens nothing: without a code left the page behind the link says what else to do, and only there.
    async fn without_codes_a_mailbox_opens_nothing(kind: Kind) {
        let provider = Provider::start(kind).await;
        owner(&provider, ADA).await;
        provider.database.execute("UPDATE backup_codes SET used_at = 1").await;
        let link = mailed(&provider, ADA).await;
        let mut visit = Visit::opens(&provider, &link).await;
        let text = visit.person.page().text();
        assert!(text.contains("There is no backup code left") && text.contains("Ask your administrator"), "{text}");
        assert!(visit.person.page().forms().is_empty());
        assert_eq!(code(&visit.begins("").await.expect(403)), "recovery_unproved");
    }

    /// C-SES-07: who else is signed in in this browser stays, and gets nothing of it; whoever came back is in front.
    async fn who_else_is_in_the_browser_stays(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (ada, bob) = (owner(&provider, ADA).await, owner(&provider, "bob@id.example").await);
        let link = mailed(&provider, ADA).await;
        let mut visit = Visit::by(bob.person.clone(), &link).await;
        visit.person.authenticator = Authenticator::default();
        visit.types(&bob.codes[0]).await.is(400);
        visit.types(&ada.codes[0]).await.is(200);
        let body = visit.almost(&[]).await;
        let finished = visit.finishes(&body).await;
        let page = visit.person.follows(finished).await.shows("sign-in-methods");
        assert!(page.text().contains(ADA));
        assert_eq!(open_sessions(&provider).await, 2);
    }

    /// B-REG-08, B-REG-12, D-AUD-03: what is refused uses neither link nor code up: a passkey of somebody else, one too many, and a log that can't be
    /// written.
    async fn what_is_refused_uses_nothing_up(kind: Kind) {
        let provider = Provider::start_with(kind, &[("limits.passkeys_per_user", "2")]).await;
        let (ada, bob) = (owner(&provider, ADA).await, owner(&provider, "bob@id.example").await);
        let link = mailed(&provider, ADA).await;
        let mut visit = Visit::opens(&provider, &link).await;
        visit.types(&ada.codes[0]).await.is(200);
        let known = bob.person.authenticator.credentials[0].id.clone();
        let body = visit.almost(&[Lie::CredentialId(known)]).await;
        assert_eq!(code(&visit.finishes(&body).await.expect(409)), "passkey_exists");
        let body = visit.almost(&[Lie::UserVerified(false)]).await;
        assert_eq!(code(&visit.finishes(&body).await.expect(400)), "passkey_invalid");
        assert_eq!(code(&visit.finishes(&body).await.expect(409)), "ceremony_used");
        let body = visit.almost(&[]).await;
        block_audit(&provider.database).await;
        let before = rows(&provider.database).await;
        visit.finishes(&body).await.is(503);
        assert_eq!(rows(&provider.database).await, before);
        let_audit_through(&provider.database).await;
        visit.finishes(&body).await.expect(200).json();
        assert_eq!((unused_codes(&provider).await, passkeys(&provider).await), (19, 3));
        let mut full = Visit::opens(&provider, &mailed(&provider, ADA).await).await;
        full.types(&ada.codes[1]).await.is(200);
        let proved = full.proved();
        assert_eq!(code(&full.begins(&proved).await.expect(409)), "passkeys_full");
    }
}
