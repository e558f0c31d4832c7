//! Another address for one's account: asked for with a fresh proof, confirmed by whoever gets mail there, told to the old one, and taken back there.

use std::time::Duration;

use futures_util::future::join_all;
use http::{HeaderMap, Method};
use url::Url;
use weftid_tests::html::Page;
use weftid_tests::mailbox::{letters, links_to};
use weftid_tests::on_both_databases;
use weftid_tests::person::{Arrival, Person};
use weftid_tests::provider::Provider;

use crate::coming_aboard::{invitation, path};
use crate::passkeys::signs_in;
use crate::stored::{block_audit, events, let_audit_through, rows};

const PLACE: &str = "/account/email";
const OLD: &str = "ada@id.example";
const NEW: &str = "ada@new.example";
const HOUR: Duration = Duration::from_hours(1);

async fn at_the_page(provider: &Provider, email: &str) -> Person {
    let mut person = provider.person(email, "Ada").await;
    person.opens(provider.url(PLACE)).await.shows("change-email");
    person
}

async fn asks_for(person: &mut Person, email: &str) -> Page {
    person.submits(PLACE, &[("email", email)]).await.shows("change-email")
}

/// The one link that was mailed to this address.
async fn link(provider: &Provider, to: &str) -> String {
    let links = links_to(provider, to, "/account/email/").await;
    let [link] = links.as_slice() else { panic!("{} links to {to}", links.len()) };
    assert!(link.starts_with("https://id.example/account/email/wl_"), "C-REC-04");
    link.clone()
}

/// Opens the link and says yes.
async fn confirms(person: &mut Person, link: &str) -> Arrival {
    person.opens(link).await.shows("confirm-email");
    person.presses("confirm-email", &[]).await
}

async fn people_with(provider: &Provider, email: &str) -> i64 {
    provider.database.count(&format!("SELECT count(*) FROM users WHERE email = '{email}' AND email_verified_at IS NOT NULL")).await
}

on_both_databases! {
    /// C-REC-07, C-REC-05: the address changes when its link is opened and confirmed, by whoever is signed in to the account, and not before; it is the
    /// one that is verified from then on; both addresses are told, and the old one can take it back.
    async fn an_address_is_changed_by_whoever_gets_mail_there(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut ada = at_the_page(&provider, OLD).await;
        let page = asks_for(&mut ada, " ADA@New.Example ").await;
        assert!(page.text().contains("A mail is on its way") && page.text().contains(NEW) && page.text().contains("Not confirmed yet"), "{}", page.text());
        let link = link(&provider, NEW).await;
        let notices: Vec<_> = letters(&provider).await.into_iter().filter(|letter| letter.to == OLD && letter.subject.contains("another address")).collect();
        assert!(notices.len() == 1 && notices[0].text.contains("ada@new") && notices[0].text.contains("/not-me/") && !notices[0].text.contains(&link), "{notices:?}");
        let before = rows(&provider.database).await;
        for _ in 0..3 {
            ada.opens(&link).await.shows("confirm-email");
            let url = Url::parse(&link).expect("a link is a URL");
            provider.wire.send(Method::HEAD, &url, HeaderMap::new(), Vec::new()).await;
        }
        assert_eq!((rows(&provider.database).await, people_with(&provider, OLD).await), (before, 1), "looking changes nothing");

        let page = confirms(&mut ada, &link).await.shows("change-email");
        assert!(page.text().contains("This is your address from now on") && page.text().contains(NEW) && !page.text().contains("Not confirmed"));
        assert_eq!((people_with(&provider, OLD).await, people_with(&provider, NEW).await), (0, 1));
        assert_eq!((events(&provider.database, "email_change_asked").await, events(&provider.database, "email_changed").await), (1, 1));
        let shop = provider.shop("shop").await;
        let tokens = shop.welcomes(&mut ada, &["email"]).await;
        let told = shop.asks_userinfo(&tokens.access_token).await.expect(200).json();
        assert_eq!((&told["email"], &told["email_verified"]), (&NEW.into(), &true.into()));
        assert_eq!(ada.opens(&link).await.page(410).name(), "error");
        let mut later = ada.clone();
        later.opens(provider.url("/sign-out")).await.shows("sign-out");
        later.presses("sign-out", &[]).await.shows("signed-out");
        let greeting = later.opens(provider.url("/login")).await.shows("sign-in").text();
        assert!(greeting.contains(NEW) && !greeting.contains(OLD), "{greeting}");
        let mut ada = signs_in(&provider, &ada).await;

        // "This wasn't me", from the old mailbox, by somebody who is not signed in.
        let undo = letters(&provider).await.into_iter().find(|letter| letter.to == OLD && letter.subject.contains("was changed")).expect("a notice");
        let undo = undo.links("/not-me/").remove(0);
        let mut anywhere = provider.stranger();
        anywhere.opens(&undo).await.page(200);
        anywhere.submit(&anywhere.page().forms()[0], &[], None).await.page(200);
        assert_eq!((people_with(&provider, OLD).await, people_with(&provider, NEW).await), (1, 0));
        assert_eq!(ada.opens(provider.url("/account")).await.page(200).name(), "sign-in", "whoever changed it is out");
    }

    /// C-REC-07, C-SUDO-01: five minutes after signing in the proof is asked first, and what was typed goes on by itself.
    async fn asking_needs_a_fresh_proof(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut ada = at_the_page(&provider, OLD).await;
        provider.clock.advance(Duration::from_mins(5));
        let page = ada.submits(PLACE, &[("email", NEW)]).await.shows("confirm");
        assert_eq!(provider.database.count("SELECT count(*) FROM one_time_links WHERE kind = 'email_change'").await, 0);
        let form = page.form_to(PLACE).expect("the form is carried along");
        assert!(form.fields.contains(&("email".to_owned(), NEW.to_owned())));
        ada.signs_in_with_passkey("/account/confirm/begin", "/account/confirm/finish", &serde_json::json!({})).await.expect(200).json();
        ada.submit(&form, &[], None).await.shows("change-email");
        link(&provider, NEW).await;
    }

    /// C-REC-07, CVE-2026-27946: what was asked for before is worth nothing after another address was asked for, after cancelling, after an hour, after
    /// the address changed, and after everything ended. A link never verifies another address than the one it was sent to.
    async fn an_older_link_verifies_nothing(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut ada = at_the_page(&provider, OLD).await;
        asks_for(&mut ada, "first@new.example").await;
        asks_for(&mut ada, "second@new.example").await;
        let (first, second) = (link(&provider, "first@new.example").await, link(&provider, "second@new.example").await);
        assert_eq!(ada.opens(&first).await.page(410).name(), "error");
        ada.opens(&second).await.shows("confirm-email");
        let (cancelled, form) = (second.clone(), ada.page().form_to(&second).expect("a form"));
        ada.opens(provider.url(PLACE)).await.shows("change-email");
        assert!(ada.presses("cancel", &[]).await.shows("change-email").text().contains("stays as it is"));
        assert_eq!(ada.opens(&cancelled).await.page(410).name(), "error");
        ada.opens(provider.url(PLACE)).await.shows("change-email");
        assert_eq!(ada.submit(&form, &[], None).await.page(410).name(), "error");

        ada.opens(provider.url(PLACE)).await.shows("change-email");
        asks_for(&mut ada, "third@new.example").await;
        let third = link(&provider, "third@new.example").await;
        provider.clock.advance(HOUR.saturating_sub(Duration::from_millis(1)));
        ada.opens(&third).await.shows("confirm-email");
        provider.clock.advance(Duration::from_millis(1));
        assert_eq!(ada.presses("confirm-email", &[]).await.page(410).name(), "error");
        assert_eq!(people_with(&provider, OLD).await, 1);

        let mut ada = signs_in(&provider, &ada).await;
        ada.opens(provider.url(PLACE)).await.shows("change-email");
        assert!(!ada.page().text().contains("third@new.example"), "one that is over waits no more");
        asks_for(&mut ada, "fourth@new.example").await;
        let fourth = link(&provider, "fourth@new.example").await;
        let report = letters(&provider).await.into_iter().find(|letter| letter.to == OLD && letter.text.contains("fourth@")).expect("a notice");
        let report = report.links("/not-me/").remove(0);
        let mut anywhere = provider.stranger();
        anywhere.opens(&report).await.page(200);
        anywhere.submit(&anywhere.page().forms()[0], &[], None).await.page(200);
        let mut ada = signs_in(&provider, &ada).await;
        assert_eq!(ada.opens(&fourth).await.page(410).name(), "error");
        assert_eq!((people_with(&provider, OLD).await, events(&provider.database, "email_changed").await), (1, 0));
    }

    /// C-REC-07, CVE-2026-54693: a link is good for the account that asked, and in nobody else's hands: not without a session, not for another person.
    async fn a_link_is_good_for_its_own_account(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, mut eve) = (at_the_page(&provider, OLD).await, at_the_page(&provider, "eve@evil.test").await);
        asks_for(&mut ada, NEW).await;
        let link = link(&provider, NEW).await;
        ada.opens(&link).await.shows("confirm-email");
        assert_eq!(provider.stranger().opens(&link).await.page(200).name(), "sign-in");
        assert_eq!(eve.opens(&link).await.page(404).name(), "error");
        eve.opens(provider.url(PLACE)).await.shows("change-email");
        let mut form = eve.page().form_to(PLACE).expect("a form");
        form.action = path(&link);
        assert_eq!(eve.submit(&form, &[], None).await.page(404).name(), "error");
        let mut form = ada.page().form_to(&link).expect("a form");
        form.fields.retain(|(name, _)| name != "csrf");
        assert_eq!(ada.clone().submit(&form, &[], None).await.page(403).name(), "error");
        for forged in ["/account/email/abc", "/account/email/wl_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
            assert_eq!(ada.opens(provider.url(forged)).await.page(404).name(), "error");
        }
        assert_eq!(people_with(&provider, OLD).await, 1);
        // An invitation's link is none of these, and the other way round.
        let invited = invitation(&provider, "bob@id.example").await;
        let token = invited.rsplit('/').next().expect("a token");
        assert_eq!(ada.opens(provider.url(&format!("{PLACE}/{token}"))).await.page(404).name(), "error");
        let token = link.rsplit('/').next().expect("a token");
        for place in ["/invitation", "/recover", "/setup"] {
            assert_eq!(provider.stranger().opens(provider.url(&format!("{place}/{token}"))).await.page(404).name(), "error");
        }
    }

    /// C-ENUM-02, C-REC-07: whether somebody has the new address is told in the mail alone; the page is the same, and so are the writes.
    async fn asking_for_a_taken_address_tells_nothing(kind: Kind) {
        let provider = Provider::start(kind).await;
        provider.person("bob@id.example", "Bob").await;
        let mut pages = Vec::new();
        for (number, wanted) in ["bob@id.example", "eve@id.example"].into_iter().enumerate() {
            let mut ada = at_the_page(&provider, &format!("ada{number}@id.example")).await;
            letters(&provider).await;
            let (page, counted) = provider.counts(ada.submits(PLACE, &[("email", wanted)])).await;
            let answer = page.answer().text();
            let token = ada.page().csrf_token().expect("a page has a token").to_owned();
            let masked = answer.replace(&token, "(token)").replace(wanted, "(new)").replace(&format!("ada{number}@"), "ada@");
            pages.push((masked, counted.reads, counted.writes, counted.statements_in_writes));
        }
        assert_eq!(pages[0], pages[1]);
        let told: Vec<_> = letters(&provider).await.into_iter().filter(|letter| letter.to == "bob@id.example").collect();
        assert!(told.iter().any(|letter| letter.text.contains("It is the address of yours")), "{told:?}");
        assert!(links_to(&provider, "bob@id.example", "/account/email/").await.is_empty());
    }

    /// C-ID-01, C-REC-07, E-RACE-07: of twenty people who confirm one address at the same moment one gets it; the others keep theirs, and their link is
    /// not used up for nothing.
    async fn an_address_has_one_owner_however_many_want_it(kind: Kind) {
        let provider = Provider::start_with(kind, &[("lifetimes.email_change", "24h")]).await;
        let mut ready = Vec::new();
        for number in 0..20 {
            let mut person = at_the_page(&provider, &format!("p{number}@id.example")).await;
            let before = links_to(&provider, NEW, "/account/email/").await;
            asks_for(&mut person, NEW).await;
            let link = links_to(&provider, NEW, "/account/email/").await.into_iter().find(|link| !before.contains(link)).expect("a link");
            person.opens(&link).await.shows("confirm-email");
            ready.push(person);
            // Few mails go to one address in an hour.
            if number % 3 == 2 {
                provider.clock.advance(HOUR);
            }
        }
        let arrivals = join_all(ready.iter_mut().map(|person| person.presses("confirm-email", &[]))).await;
        let won = arrivals.iter().filter(|arrival| arrival.answer().status == 200).count();
        assert_eq!(won, 1);
        assert!(arrivals.iter().all(|arrival| matches!(arrival.answer().status.as_u16(), 200 | 409)));
        assert_eq!(people_with(&provider, NEW).await, 1);
        assert_eq!(provider.database.count("SELECT count(*) FROM one_time_links WHERE kind = 'email_change' AND used_at IS NOT NULL").await, 1);
        // And one link, clicked twenty times.
        let mut ada = at_the_page(&provider, "ada@other.example").await;
        asks_for(&mut ada, "ada@third.example").await;
        let link = link(&provider, "ada@third.example").await;
        ada.opens(&link).await.shows("confirm-email");
        let mut clicks: Vec<Person> = (0..20).map(|_| ada.clone()).collect();
        let arrivals = join_all(clicks.iter_mut().map(|person| person.presses("confirm-email", &[]))).await;
        assert_eq!(arrivals.iter().filter(|arrival| arrival.answer().status == 200).count(), 1);
        assert_eq!(events(&provider.database, "email_changed").await, 2);
    }

    /// C-REC-06, C-THR-08, C-ID-01: what is no one address, or the person's own in another spelling, is refused beside its field; nobody is mailed often.
    async fn what_is_no_new_address_is_refused(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut ada = at_the_page(&provider, OLD).await;
        let before = letters(&provider).await.len();
        for typed in ["", "ada", "a@x.example,b@x.example", "a@x.example\r\nbcc:b@x.example", "ＡDA@ID.example", "ada@id.example.", " ada@id.example "] {
            let page = ada.submits(PLACE, &[("email", typed)]).await.page(400);
            assert_eq!((page.name(), page.with("aria-invalid", "true").count()), ("change-email", 1), "{typed:?}");
        }
        assert_eq!(letters(&provider).await.len(), before);
        for _ in 0..3 {
            asks_for(&mut ada, NEW).await;
        }
        let late = ada.submits(PLACE, &[("email", NEW)]).await;
        assert_eq!(late.answer().status, 429);
        assert_eq!(links_to(&provider, NEW, "/account/email/").await.len(), 3);
    }

    /// D-AUD-03: no change of an address without its event and its mails.
    async fn no_change_of_an_address_without_its_event(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut ada = at_the_page(&provider, OLD).await;
        asks_for(&mut ada, NEW).await;
        let link = link(&provider, NEW).await;
        ada.opens(&link).await.shows("confirm-email");
        block_audit(&provider.database).await;
        let mut cancelling = ada.clone();
        assert_eq!(ada.presses("confirm-email", &[]).await.answer().status, 503);
        cancelling.opens(provider.url(PLACE)).await.shows("change-email");
        assert_eq!(cancelling.clone().presses("cancel", &[]).await.answer().status, 503);
        assert_eq!(cancelling.submits(PLACE, &[("email", "other@new.example")]).await.answer().status, 503);
        assert_eq!(people_with(&provider, OLD).await, 1);
        let_audit_through(&provider.database).await;
        confirms(&mut ada, &link).await.shows("change-email");
        assert!(links_to(&provider, "other@new.example", "/").await.is_empty());
    }

    /// C-ID-02, OpenID Connect Core §5.7: whoever gets an address that was somebody else's gets nothing of theirs: another `sub`, another user handle,
    /// no passkey, no consent; and whoever changes their address stays who they are.
    async fn nobody_inherits_an_identity(kind: Kind) {
        let provider = Provider::start(kind).await;
        let shop = provider.shop("shop").await;
        let mut ada = at_the_page(&provider, OLD).await;
        let before = shop.welcomes(&mut ada, &["email"]).await;
        ada.opens(provider.url(PLACE)).await.shows("change-email");
        asks_for(&mut ada, NEW).await;
        let link = link(&provider, NEW).await;
        confirms(&mut ada, &link).await.shows("change-email");
        let after = shop.welcomes(&mut ada, &["email"]).await;
        assert_eq!(before.claims["sub"], after.claims["sub"]);

        let mut heir = provider.person(OLD, "Another").await;
        let arrival = heir.opens(&shop.asks(&["email"], &[]).url).await;
        arrival.shows("consent");
        let inherited = shop.welcomes(&mut heir, &["email"]).await;
        assert_ne!(inherited.claims["sub"], before.claims["sub"]);
        assert_eq!(provider.database.count("SELECT count(DISTINCT user_handle) FROM users").await, 2);
        let subject = before.claims["sub"].as_str().expect("a subject").len();
        assert!(subject >= 22 && !before.claims["sub"].as_str().expect("a subject").contains("ada"), "random: 128 bits");
    }
}
