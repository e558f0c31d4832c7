//! Who is remembered in a browser: by what cookie, for whom it opens, and that it tells nobody anything else.

use serde_json::json;
use url::Url;
use weftid::actions::audit::Origin;
use weftid::actions::users;
use weftid::base::base64url;
use weftid::base::email::Email;
use weftid_tests::cookies::{Cookie, SameSite};
use weftid_tests::html::Page;
use weftid_tests::on_both_databases;
use weftid_tests::person::Person;
use weftid_tests::provider::Provider;

use crate::passkeys::{BEGIN, FINISH, at_the_sign_in_page, signs_in};

fn hint(person: &Person) -> Cookie {
    person.jar.get("hint").expect("somebody is remembered").clone()
}

/// Puts this text in the place of the hint.
fn holding(person: &Person, value: &str) -> Person {
    let mut other = person.clone();
    other.jar.put(Cookie { value: value.to_owned(), ..hint(person) });
    other
}

async fn signs_out(provider: &Provider, person: &mut Person) {
    person.opens(provider.url("/account")).await.shows("dashboard");
    person.presses("sign-out", &[]).await.shows("signed-out");
}

/// The sign-in page without what differs between any two browsers: the form token.
async fn page(provider: &Provider, person: &mut Person) -> (Page, String) {
    let (arrival, counted) = provider.counts(person.opens(provider.url("/login"))).await;
    assert_eq!((counted.reads, counted.writes), (0, 0), "the sign-in page asks the database");
    let page = arrival.shows("sign-in");
    let token = page.csrf_token().expect("a page has a token").to_owned();
    let answer = arrival.answer();
    let text = answer.text().replace(&token, "(token)");
    (page, text)
}

fn greets(page: &Page, email: &str) -> bool {
    page.action("forget").is_some() && page.text().contains(email)
}

on_both_databases! {
    /// C-SES-03: the cookie is for this host alone, hidden from scripts, over TLS only, small, and shows nothing; it stays when one signs out.
    async fn the_hint_is_for_this_host_alone_and_shows_nothing(kind: Kind) {
        let provider = Provider::start(kind).await;
        let ada = provider.admin().await;
        let mut person = at_the_sign_in_page(&provider, &ada).await;
        let finished = person.signs_in_with_passkey(BEGIN, FINISH, &json!({})).await.expect(200);
        let lines: Vec<&str> = finished.headers.get_all("set-cookie").iter().filter_map(|line| line.to_str().ok()).collect();
        let line = lines.iter().find_map(|line| line.strip_prefix("__Host-hint=")).expect("the hint is set");
        let (value, attributes) = line.split_once("; ").expect("attributes");
        assert_eq!(attributes, "Path=/; Max-Age=34560000; HttpOnly; SameSite=Lax; Secure");
        assert!(value.len() < 1_000, "{value}");
        let sealed = base64url::decode(value.strip_prefix("wh_").expect("its purpose")).expect("a box");
        assert!(!sealed.windows(3).any(|part| part == b"ada"));
        // Coming aboard is the first use of a passkey.
        assert!(ada.jar.get("hint").is_some());
        person.follows(finished.clone()).await.shows("dashboard");
        signs_out(&provider, &mut person).await;
        assert_eq!(hint(&person).value, value);
        assert_eq!((hint(&person).same_site, person.jar.refused().len()), (SameSite::Lax, 0));
    }

    /// C-SES-03: the one who used a passkey here is greeted, here and nowhere else; whoever has the cookie alone sees what anybody sees.
    async fn the_hint_opens_only_in_its_browser(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut ada = provider.admin().await;
        let (unknown, plain) = page(&provider, &mut provider.stranger()).await;
        assert!(!greets(&unknown, "ada@"));
        signs_out(&provider, &mut ada).await;
        let (greeted, _) = page(&provider, &mut ada).await;
        assert!(greets(&greeted, "ada@id.example") && greeted.text().contains("AA"));
        assert!(!greeted.text().contains("Ada Admin"), "more than the page needs");

        // Stolen: another browser, or the same browser with another browser cookie.
        let stolen = hint(&ada);
        let mut thief = provider.stranger();
        thief.opens(provider.url("/login")).await.shows("sign-in");
        thief.jar.put(stolen.clone());
        assert_eq!(page(&provider, &mut thief).await.1, plain);
        let mut bare = provider.stranger();
        bare.jar.put(stolen.clone());
        assert_eq!(page(&provider, &mut bare).await.1, plain);

        // Tampered with, of another purpose, of an unknown key, too long, twice.
        let bytes = base64url::decode(&stolen.value[3..]).expect("a box");
        let changed = |index: usize| {
            let mut bytes = bytes.clone();
            bytes[index] ^= 1;
            format!("wh_{}", base64url::encode(bytes))
        };
        let mut values: Vec<String> = [0, 1, 5, 29, bytes.len() - 1].into_iter().map(changed).collect();
        let ceremony = ada.posts_json(BEGIN, &json!({})).await.expect(200).json()["ceremony"].as_str().expect("a box").to_owned();
        values.extend([String::new(), "wh_".to_owned(), ceremony.clone(), ceremony.replace("wc_", "wh_"), "w".repeat(3_000)]);
        values.push(format!("{0}; __Host-hint={0}", stolen.value));
        for value in values {
            assert_eq!(page(&provider, &mut holding(&ada, &value)).await.1, plain, "{value}");
        }
        assert!(greets(&page(&provider, &mut ada).await.0, "ada@id.example"), "and the true one still opens");

        // A hint is no authority: with it alone nobody is signed in.
        ada.opens(provider.url("/account")).await.shows("sign-in");
        provider.clock.advance(std::time::Duration::from_hours(400 * 24));
        assert_eq!(page(&provider, &mut ada).await.1, plain, "not for ever");
    }

    /// B-ENUM-03: the page looks nobody up: who was shut out since is greeted like everybody else, byte for byte but for their own name.
    async fn the_greeting_tells_nothing_about_the_account(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut pages = Vec::new();
        for email in ["ada@id.example", "bob@id.example"] {
            let mut person = provider.person(email, "A B").await;
            signs_out(&provider, &mut person).await;
            if email.starts_with("bob") {
                let email = Email::parse(email).expect("an address");
                users::deactivate(&provider.app, &email, &Origin::command_line()).await.expect("the person is there");
            }
            let (greeted, text) = page(&provider, &mut person).await;
            assert!(greets(&greeted, email));
            pages.push(text.replace(email, "(email)"));
        }
        assert_eq!(pages[0], pages[1]);
    }

    /// C-SES-07: "Not you?" forgets, keeps what waits, and can be said by nobody else; the next person is remembered in their place.
    async fn not_you_forgets_and_keeps_what_waits(kind: Kind) {
        let provider = Provider::start(kind).await;
        let shop = provider.shop("shop").await;
        let mut ada = signs_in(&provider, &provider.admin().await).await;
        signs_out(&provider, &mut ada).await;
        let request = shop.asks(&["openid"], &[]);
        let arrival = ada.opens(&request.url).await;
        assert!(greets(&arrival.shows("sign-in"), "ada@id.example"));
        let here = ada.url();

        let evil = Url::parse("https://evil.test").expect("a URL");
        let mut forged = ada.clone();
        forged.is_made_to_post_from(&evil, &provider.url("/login"), &[("forget", "yes")]).await.page(400);
        assert_eq!(hint(&forged).value, hint(&ada).value);

        let arrival = ada.presses("forget", &[]).await;
        assert_eq!(arrival.hops[0].status, 303);
        let page = arrival.shows("sign-in");
        assert_eq!(ada.url(), here, "the request still waits");
        assert!(!greets(&page, "ada@") && page.text().contains("shop"));
        assert!(ada.jar.get("hint").is_none());

        // Somebody else at the same browser.
        let bob = provider.person("bob@id.example", "Bob").await;
        ada.authenticator = bob.authenticator;
        ada.touches_passkey().await.shows("consent");
        signs_out(&provider, &mut ada).await;
        let (greeted, _) = self::page(&provider, &mut ada).await;
        assert!(greets(&greeted, "bob@id.example"));
    }

    /// A-AUTHN-05: an application that asks for somebody else than was here last gets the email page for them.
    async fn who_is_asked_for_comes_before_who_is_remembered(kind: Kind) {
        let provider = Provider::start(kind).await;
        let shop = provider.shop("shop").await;
        let mut ada = provider.admin().await;
        signs_out(&provider, &mut ada).await;
        for (asked, greeted) in [("ada@id.example", true), ("bob@id.example", false)] {
            let request = shop.asks(&["openid"], &[("login_hint", asked)]);
            let page = ada.opens(&request.url).await.shows("sign-in");
            assert_eq!(greets(&page, "ada@id.example"), greeted, "{asked}");
            let typed = page.with("id", "email").next().and_then(|field| field.attribute("value")).map(str::to_owned);
            assert_eq!(typed.as_deref(), Some(if greeted { "" } else { asked }));
        }
    }
}
