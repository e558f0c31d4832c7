//! Several accounts in one browser: they stand side by side, one is chosen, none acts for another, and each leaves alone or all at once.

use serde_json::json;
use std::time::Duration;
use weftid::actions::audit::Origin;
use weftid::actions::users;
use weftid::base::email::Email;
use weftid_tests::cookies::Cookie;
use weftid_tests::html::Page;
use weftid_tests::on_both_databases;
use weftid_tests::person::Person;
use weftid_tests::provider::Provider;
use weftid_tests::wire::query;

use crate::passkeys::{BEGIN, FINISH, at_the_sign_in_page, signs_in};
use crate::stored::{events, rows};

const MOMENT: Duration = Duration::from_secs(1);

/// What the session cookie holds.
fn secrets(person: &Person) -> Vec<String> {
    person.jar.get("session").map(|cookie| cookie.value.split('.').map(str::to_owned).collect()).unwrap_or_default()
}

/// This person signs in at the browser of others, who stay.
pub(crate) async fn joins(provider: &Provider, browser: &mut Person, person: &Person) {
    provider.clock.advance(MOMENT);
    browser.authenticator = person.authenticator.clone();
    browser.opens(provider.url("/login?another=yes")).await.shows("sign-in");
    browser.touches_passkey().await.shows("dashboard");
}

/// Ada and then Bob in one browser; Bob is the current one.
async fn two(provider: &Provider) -> (Person, Person, Person) {
    let (ada, bob) = (provider.admin().await, provider.person("bob@id.example", "Bob Builder").await);
    let mut browser = signs_in(provider, &ada).await;
    joins(provider, &mut browser, &bob).await;
    (browser, ada, bob)
}

/// Chooses the account of this address on the page in the window.
async fn chooses(provider: &Provider, browser: &mut Person, email: &str) -> weftid_tests::person::Arrival {
    provider.clock.advance(MOMENT);
    let page = browser.page();
    let account = choice(&page, email).unwrap_or_else(|| panic!("{email} cannot be chosen: {}", page.text()));
    let (form, _) = page.form("choose-account").expect("an account can be chosen");
    browser.submit(&form, &[], Some(("account".to_owned(), account))).await
}

/// What is sent to choose the account of this address.
fn choice(page: &Page, email: &str) -> Option<String> {
    let button = page.with("data-action", "choose-account").find(|button| page.text_of(button).contains(email))?;
    button.attribute("value").map(str::to_owned)
}

async fn switches(provider: &Provider, browser: &mut Person, email: &str) {
    browser.opens(provider.url("/choose-account")).await.shows("choose-account");
    chooses(provider, browser, email).await.shows("dashboard");
}

async fn whose_house(provider: &Provider, browser: &Person) -> String {
    let arrival = browser.clone().opens(provider.url("/account")).await;
    let page = arrival.page(200);
    if page.name() == "sign-in" { "nobody".to_owned() } else { page.text_of(page.all("h1").next().expect("a heading")) }
}

async fn living(provider: &Provider) -> i64 {
    provider.database.count("SELECT count(*) FROM sessions WHERE ended_at IS NULL").await
}

on_both_databases! {
    /// C-SES-07: another person who signs in at the same browser gets a session of their own, in front; the first one's stays, and either is
    /// chosen again without mixing: own row, own `sid`, own secret.
    async fn accounts_stand_side_by_side(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut browser, ada, _) = two(&provider).await;
        let both = secrets(&browser);
        assert_eq!(both.len(), 2);
        assert_eq!(whose_house(&provider, &browser).await, "Hello, Bob Builder");
        // Two at home, one in the browser that both use and one each for coming aboard.
        assert_eq!((living(&provider).await, provider.database.count("SELECT count(DISTINCT sid) FROM sessions").await), (4, 4));

        switches(&provider, &mut browser, "ada@id.example").await;
        assert_eq!(whose_house(&provider, &browser).await, "Hello, Ada Admin");
        assert_eq!(secrets(&browser), [both[1].clone(), both[0].clone()]);
        let chosen = "SELECT count(*) FROM sessions s JOIN users u ON u.id = s.user_id WHERE u.email = 'ada@id.example'
                      AND s.chosen_at > s.authenticated_at AND s.chosen_at = s.last_seen_at";
        assert_eq!(provider.database.count(chosen).await, 1);
        assert_eq!(events(&provider.database, "account_chosen").await, 1);

        // Signing in again as the one who waits behind: the same session goes on under a new secret, and the other one stays.
        browser.authenticator = provider.person("carol@id.example", "Carol").await.authenticator;
        joins(&provider, &mut browser, &ada).await;
        let now = secrets(&browser);
        assert_eq!((now.len(), now.contains(&both[0]), now[0] == both[1]), (2, true, false));
        assert_eq!(events(&provider.database, "session_authenticated_again").await, 1);
        assert_eq!(browser.jar.refused(), [""; 0]);
    }

    /// C-SES-07: what a page of one account sends while another one is used changes nothing for either, by form or by script.
    async fn a_page_of_another_account_changes_nothing(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut browser, ..) = two(&provider).await;
        browser.opens(provider.url("/account/sign-in-methods")).await.shows("sign-in-methods");
        let scripts = browser.clone();
        browser.presses("rename", &[]).await.shows("rename-passkey");
        let form = browser.clone();
        let mut other_tab = browser.clone();
        switches(&provider, &mut other_tab, "ada@id.example").await;
        let before = rows(&provider.database).await;
        let old_tab = |tab: &Person| {
            let mut tab = tab.clone();
            tab.jar = other_tab.jar.clone();
            tab
        };
        for path in ["/account/passkeys/begin", "/account/passkeys/finish", "/account/confirm/begin", "/account/confirm/finish"] {
            let body = json!({"ceremony": "x", "credential": {}});
            assert_eq!(old_tab(&scripts).posts_json(path, &body).await.expect(409).error_code(), "account_changed", "{path}");
        }
        let arrival = old_tab(&form).presses("rename", &[("name", "Mine now")]).await;
        assert!(arrival.page(409).text().contains("You are using another account now"));
        old_tab(&scripts).presses("sign-out", &[]).await.page(409);
        assert_eq!(rows(&provider.database).await, before);
        // Back in the account of the page, the page works.
        switches(&provider, &mut other_tab, "bob@id.example").await;
        let mut back = form.clone();
        back.jar = other_tab.jar.clone();
        back.presses("rename", &[("name", "Mine now")]).await.shows("sign-in-methods");
    }

    /// C-SES-07, A-AUTHN-06: a consent that one account was asked for is not given by another that is chosen meanwhile; they are asked in their own name.
    async fn no_consent_is_given_in_anothers_name(kind: Kind) {
        let provider = Provider::start(kind).await;
        let shop = provider.shop("shop").await;
        let (mut browser, ..) = two(&provider).await;
        provider.clock.advance(MOMENT);
        let asked = shop.asks(&["email"], &[]);
        let page = browser.opens(&asked.url).await.shows("consent");
        assert!(page.text().contains("bob@id.example"));
        let mut other_tab = browser.clone();
        switches(&provider, &mut other_tab, "ada@id.example").await;
        browser.jar = other_tab.jar.clone();
        let page = browser.presses("allow", &[]).await.shows("consent");
        assert!(page.text().contains("ada@id.example") && !page.text().contains("bob@"), "{}", page.text());
        assert_eq!(provider.database.count("SELECT count(*) FROM consents").await, 0);
        // "Not you?" leads to the choice, with the request waiting.
        browser.presses("not-you", &[]).await.shows("choose-account");
        let page = chooses(&provider, &mut browser, "bob@id.example").await.shows("consent");
        assert!(page.text().contains("bob@id.example"));
        let tokens = shop.redeems(&asked, &browser.presses("allow", &[]).await.callback()).await.unwrap();
        assert_eq!(shop.userinfo(&tokens).await.unwrap()["email"], "bob@id.example");
    }

    /// C-SES-03, C-SES-07: five accounts have room; with a sixth the session ends of whoever was not used for the longest time.
    async fn a_sixth_account_pushes_the_oldest_out(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut browser = provider.stranger();
        let mut people = Vec::new();
        for name in ["a", "b", "c", "d", "e", "f"] {
            let person = provider.person(&format!("{name}@id.example"), name).await;
            joins(&provider, &mut browser, &person).await;
            people.push(person);
        }
        assert_eq!(secrets(&browser).len(), 5);
        let cookie = browser.jar.get("session").expect("a cookie");
        assert!(cookie.name.len() + cookie.value.len() < 4_096);
        let ended = "SELECT count(*) FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.ended_at IS NOT NULL AND u.email = 'a@id.example'";
        assert_eq!((provider.database.count(ended).await, living(&provider).await), (1, 11));
        assert_eq!(events(&provider.database, "session_ended").await, 1);
        let page = browser.opens(provider.url("/choose-account")).await.shows("choose-account");
        assert_eq!(page.with("data-action", "choose-account").count(), 5);
        assert!(choice(&page, "a@id.example").is_none() && choice(&page, "b@id.example").is_some());
        // The one who was chosen is not the next to go.
        chooses(&provider, &mut browser, "b@id.example").await.shows("dashboard");
        joins(&provider, &mut browser, &people[0]).await;
        let page = browser.opens(provider.url("/choose-account")).await.shows("choose-account");
        assert!(choice(&page, "b@id.example").is_some() && choice(&page, "c@id.example").is_none(), "{}", page.text());
    }

    /// OpenID Connect Core §3.1.2.1, A-AUTHN-01: `prompt=select_account` asks which account, and the answer is for the one that was chosen after that.
    async fn an_application_may_ask_which_account(kind: Kind) {
        let provider = Provider::start(kind).await;
        let shop = provider.shop("shop").await;
        let (mut browser, ada, _) = two(&provider).await;
        provider.clock.advance(MOMENT);
        for email in ["ada@id.example", "bob@id.example", "ada@id.example"] {
            let asked = shop.asks(&["email"], &[("prompt", "select_account")]);
            let page = browser.opens(&asked.url).await.shows("choose-account");
            assert!(page.text().contains("shop") && page.with("data-action", "choose-account").count() == 2, "{}", page.text());
            let mut arrival = chooses(&provider, &mut browser, email).await;
            if !arrival.outside {
                arrival.shows("consent");
                arrival = browser.presses("allow", &[]).await;
            }
            let tokens = shop.redeems(&asked, &arrival.callback()).await.unwrap();
            assert_eq!(shop.userinfo(&tokens).await.unwrap()["email"], email);
        }
        // The one that is in use is asked about as well, and nobody else's choice counts.
        let asked = shop.asks(&[], &[("prompt", "select_account")]);
        browser.opens(&asked.url).await.shows("choose-account");
        let path = browser.url().path().to_owned();
        let token = browser.page().csrf_token().expect("a token").to_owned();
        for account in ["", "nobody", "bob@id.example"] {
            let form = browser.page().form("choose-account").expect("a form").0;
            let mut tab = browser.clone();
            tab.submit(&form, &[("csrf", &token)], Some(("account".to_owned(), account.to_owned()))).await.shows("choose-account");
        }
        assert_eq!(browser.presses("deny", &[]).await.callback().query_pairs().find(|(name, _)| name == "error").expect("an error").1, "access_denied");
        let asked = shop.asks(&[], &[("prompt", "none")]);
        shop.reads_code(&asked, &browser.opens(&asked.url).await.callback()).unwrap();

        // Somebody new, from the page; the application still waits.
        let carol = provider.person("carol@id.example", "Carol").await;
        browser.opens(provider.url(&path)).await.shows("choose-account");
        browser.presses("another-account", &[]).await.shows("sign-in");
        assert!(browser.page().text().contains("shop"));
        provider.clock.advance(MOMENT);
        browser.authenticator = carol.authenticator;
        let page = browser.touches_passkey().await.shows("consent");
        assert!(page.text().contains("carol@id.example"));

        // Where nobody is signed in, choosing is signing in.
        let mut fresh = ada.at_another_browser();
        let asked = shop.asks(&[], &[("prompt", "select_account")]);
        fresh.opens(&asked.url).await.shows("sign-in");
        provider.clock.advance(MOMENT);
        shop.redeems(&asked, &fresh.touches_passkey().await.callback()).await.unwrap();
    }

    /// A-AUTHN-03, A-AUTHN-05: a hint picks the account that it names among those that are signed in; what the person chose since counts more than what an
    /// application suggests.
    async fn a_hint_picks_one_of_those_who_are_here(kind: Kind) {
        let provider = Provider::start(kind).await;
        let shop = provider.shop("shop").await;
        let (mut browser, ada, bob) = two(&provider).await;
        let [adas, bobs] = [shop.welcomes(&mut signs_in(&provider, &ada).await, &["email"]).await, shop.welcomes(&mut signs_in(&provider, &bob).await, &["email"]).await];
        assert_eq!(whose_house(&provider, &browser).await, "Hello, Bob Builder");
        provider.clock.advance(MOMENT);
        for prompt in ["none", ""] {
            for (hint, value, tokens) in [
                ("id_token_hint", adas.id_token.as_str(), &adas),
                ("login_hint", "ADA@id.example", &adas),
                ("id_token_hint", bobs.id_token.as_str(), &bobs),
                ("login_hint", "bob@id.example", &bobs),
                ("login_hint", "eve@id.example", &bobs),
                ("login_hint", "<b>", &bobs),
            ] {
                let asked = shop.asks(&["email"], &[(hint, value), ("prompt", prompt)]);
                let given = shop.redeems(&asked, &browser.opens(&asked.url).await.callback()).await.unwrap();
                assert_eq!(given.claims["sub"], tokens.claims["sub"], "{hint}={value} {prompt}");
            }
        }
        assert_eq!(whose_house(&provider, &browser).await, "Hello, Bob Builder", "a hint changes nobody's house");

        let asked = shop.asks(&["email"], &[("login_hint", "ada@id.example"), ("prompt", "select_account")]);
        browser.opens(&asked.url).await.shows("choose-account");
        let given = shop.redeems(&asked, &chooses(&provider, &mut browser, "bob@id.example").await.callback()).await.unwrap();
        assert_eq!(given.claims["sub"], bobs.claims["sub"], "what was chosen counts more than what was suggested");
        // Whom an ID token names can't be exchanged for somebody else.
        let asked = shop.asks(&["email"], &[("id_token_hint", &adas.id_token), ("prompt", "select_account")]);
        let page = browser.opens(&asked.url).await.shows("choose-account");
        assert!(choice(&page, "bob@id.example").is_none(), "{}", page.text());
        let given = shop.redeems(&asked, &chooses(&provider, &mut browser, "ada@id.example").await.callback()).await.unwrap();
        assert_eq!(given.claims["sub"], adas.claims["sub"]);
        let carol = provider.person("carol@id.example", "Carol").await;
        let carols = shop.welcomes(&mut signs_in(&provider, &carol).await, &[]).await;
        let asked = shop.asks(&["email"], &[("id_token_hint", &carols.id_token), ("prompt", "none")]);
        let callback = browser.opens(&asked.url).await.callback();
        assert_eq!(query(&callback, "error").as_deref(), Some("login_required"), "never somebody else than is named");
    }

    /// C-SES-08: somebody who has yet to save their backup codes is not passed by, and nobody goes in circles, when a hint names them from behind.
    async fn a_hint_does_not_lead_in_circles(kind: Kind) {
        let provider = Provider::start(kind).await;
        let shop = provider.shop("shop").await;
        let (mut browser, ..) = two(&provider).await;
        provider.database.execute("UPDATE users SET backup_codes_acknowledged_at = NULL WHERE email = 'ada@id.example'").await;
        provider.clock.advance(MOMENT);
        let asked = shop.asks(&[], &[("login_hint", "ada@id.example")]);
        browser.opens(&asked.url).await.shows("choose-account");
        chooses(&provider, &mut browser, "ada@id.example").await.shows("backup-codes");
        browser.presses("acknowledge", &[("acknowledged", "yes")]).await.shows("consent");
    }

    /// A-LO-05, C-WEB-04: with several accounts it is asked who leaves; one alone, or all; each time the browser forgets what it kept, and what was
    /// left behind opens nothing.
    async fn one_leaves_or_all(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut browser, ..) = two(&provider).await;
        let stolen = browser.clone();
        browser.opens(provider.url("/account")).await.shows("dashboard");
        let page = browser.presses("sign-out", &[]).await.shows("sign-out");
        assert!(page.text().contains("Bob Builder") && page.text().contains("stay signed in here: ada@id.example"), "{}", page.text());
        let arrival = browser.presses("sign-out", &[]).await;
        assert_eq!(arrival.hops[0].header("clear-site-data"), "\"cache\", \"storage\"");
        let page = arrival.shows("signed-out");
        assert!(page.text().contains("ada@id.example") && !page.text().contains("Bob"), "{}", page.text());
        assert_eq!((secrets(&browser).len(), whose_house(&provider, &browser).await), (1, "Hello, Ada Admin".to_owned()));
        // With the whole old cookie: Ada is still here, Bob is not.
        assert_eq!(whose_house(&provider, &stolen).await, "Hello, Ada Admin");

        let (mut browser, bob) = (browser, provider.person("bob2@id.example", "Bob").await);
        joins(&provider, &mut browser, &bob).await;
        let stolen = browser.clone();
        browser.opens(provider.url("/sign-out")).await.shows("sign-out");
        let arrival = browser.presses("sign-out-all", &[]).await;
        assert_eq!(arrival.hops[0].header("clear-site-data"), "\"cache\", \"storage\"");
        let page = arrival.shows("signed-out");
        assert!(!page.text().contains('@') && page.action("sign-in").is_some(), "{}", page.text());
        assert_eq!((secrets(&browser).len(), whose_house(&provider, &stolen).await), (0, "nobody".to_owned()));
        assert_eq!(events(&provider.database, "session_ended").await, 3);
    }

    /// A-LO-02, A-LO-05: a client's request ends the session that its hint comes from, also where another account is in use, and no other.
    async fn a_client_signs_out_the_one_it_knows(kind: Kind) {
        let provider = Provider::start(kind).await;
        let shop = provider.shop("shop").await;
        let (mut browser, ..) = two(&provider).await;
        let tokens = shop.welcomes(&mut browser, &["email"]).await;
        assert_eq!(shop.userinfo(&tokens).await.unwrap()["email"], "bob@id.example");
        switches(&provider, &mut browser, "ada@id.example").await;
        let bye = ("post_logout_redirect_uri", "https://shop.test/bye");
        browser.opens(shop.logout_url(Some(&tokens.id_token), &[bye])).await.callback();
        assert_eq!((secrets(&browser).len(), whose_house(&provider, &browser).await), (1, "Hello, Ada Admin".to_owned()));
        assert!(shop.userinfo(&tokens).await.is_err());
        // What it comes from is gone: the one who is here is asked.
        browser.opens(shop.logout_url(Some(&tokens.id_token), &[bye])).await.shows("sign-out");
        assert_eq!(whose_house(&provider, &browser).await, "Hello, Ada Admin");
    }

    /// C-SES-05: who was shut out leaves the browser that others share; their secret is dropped with the next cookie.
    async fn what_is_dead_is_dropped_from_the_cookie(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut browser, ada, _) = two(&provider).await;
        users::deactivate(&provider.app, &Email::parse("bob@id.example").unwrap(), &Origin::command_line()).await.unwrap();
        assert_eq!((secrets(&browser).len(), whose_house(&provider, &browser).await), (2, "Hello, Ada Admin".to_owned()));
        let page = browser.opens(provider.url("/choose-account")).await.shows("choose-account");
        assert_eq!(page.with("data-action", "choose-account").count(), 1);
        joins(&provider, &mut browser, &ada).await;
        assert_eq!(secrets(&browser).len(), 1);
    }

    /// C-SES-07: the account that this browser remembers and that signed out is offered too, and leads to its sign-in.
    async fn who_signed_out_is_offered_and_signs_in(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut browser, _, bob) = two(&provider).await;
        browser.opens(provider.url("/sign-out")).await.shows("sign-out");
        browser.presses("sign-out", &[]).await.shows("signed-out");
        let page = browser.opens(provider.url("/choose-account")).await.shows("choose-account");
        assert!(page.text().contains("bob@id.example Signed out"), "{}", page.text());
        let page = browser.presses("continue", &[]).await.shows("sign-in");
        assert!(page.text().contains("bob@id.example"));
        browser.authenticator = bob.authenticator;
        let finished = browser.signs_in_with_passkey(BEGIN, FINISH, &json!({"email": "bob@id.example"})).await;
        browser.follows(finished).await.shows("dashboard");
        assert_eq!(secrets(&browser).len(), 2);
    }

    /// OpenID Connect Core §3.1.2.3, A-AUTHN-02: whoever comes back to the sign-in page is led on, unless a sign-in is what the request waits for; then the page says
    /// whose.
    async fn the_sign_in_page_asks_only_where_it_must(kind: Kind) {
        let provider = Provider::start(kind).await;
        let shop = provider.shop("shop").await;
        let (mut browser, ada, bob) = two(&provider).await;
        provider.clock.advance(MOMENT);
        let mut waiting = at_the_sign_in_page(&provider, &ada).await;
        let asked = shop.asks(&[], &[]);
        waiting.opens(&asked.url).await.shows("sign-in");
        let page = waiting.url();
        provider.clock.advance(MOMENT);
        waiting.touches_passkey().await.shows("consent");
        waiting.opens(&page).await.shows("consent");
        waiting.presses("allow", &[]).await.callback();
        waiting.opens(&page).await.callback();

        for demand in [("prompt", "login"), ("max_age", "0")] {
            let asked = shop.asks(&[], &[demand]);
            let page = browser.opens(&asked.url).await.shows("sign-in");
            assert!(page.text().contains("bob@id.example"), "who is here is greeted: {}", page.text());
            let again = browser.url();
            browser.opens(&again).await.shows("sign-in");
            let page = browser.opens(shop.asks(&[], &[demand, ("login_hint", "ada@id.example")]).url).await.shows("sign-in");
            assert!(page.with("name", "email").any(|field| field.attribute("value") == Some("ada@id.example")), "{}", page.text());
        }
        // Somebody else than is named is here.
        let carol = provider.person("carol@id.example", "Carol").await;
        let carols = shop.welcomes(&mut signs_in(&provider, &carol).await, &[]).await;
        browser.opens(shop.asks(&[], &[("id_token_hint", &carols.id_token)]).url).await.shows("sign-in");
        provider.clock.advance(MOMENT);
        browser.authenticator = bob.authenticator;
        browser.touches_passkey().await.shows("sign-in");
        // Without a request there is nothing to ask, unless one wants to.
        browser.opens(provider.url("/login")).await.shows("dashboard");
        browser.opens(provider.url("/login?another=yes")).await.shows("sign-in");
    }

    /// C-SES-01: secrets of another browser, twice, or beside what is none, open nothing at all.
    async fn a_mended_cookie_opens_nothing(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (browser, ada, _) = two(&provider).await;
        let elsewhere = secrets(&signs_in(&provider, &ada).await).remove(0);
        let both = secrets(&browser);
        let holding = |value: String| {
            let mut other = browser.clone();
            other.jar.put(Cookie { value, ..browser.jar.get("session").expect("a cookie").clone() });
            other
        };
        // Of another browser: it opens nothing here, and takes nothing away.
        assert_eq!(whose_house(&provider, &holding(elsewhere.clone())).await, "nobody");
        assert_eq!(whose_house(&provider, &holding(format!("{elsewhere}.{}", both[1]))).await, "Hello, Ada Admin");
        for value in [
            format!("{}.{}", both[0], both[0]),
            format!("{}.", both[0]),
            format!("{}.x", both[0]),
            format!("{}.{}", both[0], [elsewhere.as_str(); 5].join(".")),
        ] {
            assert_eq!(whose_house(&provider, &holding(value.clone())).await, "nobody", "{value}");
        }
        assert_eq!(whose_house(&provider, &browser).await, "Hello, Bob Builder");
    }

    /// E-LOAD-06: five accounts cost the database no more than one.
    async fn five_accounts_are_one_read(kind: Kind) {
        let provider = Provider::start(kind).await;
        let shop = provider.shop("shop").await;
        let (mut browser, ..) = two(&provider).await;
        shop.welcomes(&mut browser, &["email"]).await;
        let asked = shop.asks(&["email"], &[]);
        let (arrival, counted) = provider.counts(browser.opens(&asked.url)).await;
        arrival.callback();
        assert!(counted.reads <= 2 && counted.writes == 0, "{counted:?}");
    }
}
