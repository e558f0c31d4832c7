//! Guessing at people's secrets over HTTP: how often one may, who else is held up by it, and that it tells nothing.

use std::net::IpAddr;
use std::time::Duration;

use futures_util::future::join_all;
use weftid::actions::sweeping::sweep_at;
use weftid_tests::database::Kind;
use weftid_tests::on_both_databases;
use weftid_tests::own_secrets;
use weftid_tests::person::Person;
use weftid_tests::provider::Provider;

use crate::passkeys::signs_in;
use crate::passwords::{ADA, SECRET, at_the_password, half_done, masked, types, types_code};

/// How long the last answer says to wait, in seconds.
fn retry_after(person: &weftid_tests::person::Arrival) -> u64 {
    person.answer().header("retry-after").parse().expect("whole seconds")
}

/// Guesses until it is told to wait; how many guesses were judged.
async fn guesses_until_told_to_wait(provider: &Provider, email: &str) -> usize {
    for number in 0..200 {
        let mut person = at_the_password(provider, email).await;
        let arrival = types(&mut person, "wrong").await;
        if arrival.answer().status == 429 {
            return number;
        }
        arrival.page(401);
    }
    panic!("nobody is ever told to wait");
}

on_both_databases! {
    /// C-THR-01, E-RACE-08: 500 guesses at once, with the right one among them: no more are judged than are free, on one node or on two.
    async fn guesses_at_once_cannot_outrun_the_count(kind: Kind) {
        let provider = Provider::start(kind).await;
        own_secrets::imports(&provider.app, &[ADA], SECRET).await;
        let mut wires = vec![provider.wire.clone()];
        let other = if kind == Kind::Postgres { Some(provider.another_node().await) } else { None };
        wires.extend(other.iter().map(|node| node.wire.clone()));
        let mut ready = Vec::new();
        for wire in &wires {
            let mut person = Person::new(wire);
            person.opens(provider.url("/login")).await.shows("sign-in");
            person.presses("continue", &[("email", ADA)]).await.shows("sign-in");
            ready.push(person);
        }
        let all = join_all((0..500).map(|number: usize| {
            let mut person = ready[number % ready.len()].clone();
            async move { types(&mut person, if number == 251 { SECRET } else { "wrong" }).await.hops[0].status.as_u16() }
        }));
        let answers = all.await;
        let count = |wanted: u16| answers.iter().filter(|status| **status == wanted).count();
        assert_eq!(count(401) + count(303) + count(429), 500, "{answers:?}");
        let hashes = provider.app.passwords().computed() + other.as_ref().map_or(0, |node| node.app.passwords().computed());
        // The one more is the hash that was made for the import.
        assert!(hashes <= 5 + 1 + 5, "{hashes} were judged");
        if count(303) == 0 {
            assert_eq!((count(401), hashes), (5, 6));
        } else {
            // The right one was among the first five and gave its count back; then there were five more at most.
            assert!(count(401) <= 9, "{}", count(401));
        }
    }

    /// C-THR-01, C-THR-02: five are free, then the wait doubles; it is said in words and in a header, the email stays, and whoever waits may try.
    async fn the_wait_grows_and_is_said(kind: Kind) {
        let provider = Provider::start_with(kind, &[("limits.longest_delay", "1min")]).await;
        own_secrets::imports(&provider.app, &[ADA], SECRET).await;
        assert_eq!(guesses_until_told_to_wait(&provider, ADA).await, 5);
        for (wait, words) in [(1, "in a second"), (2, "in 2 seconds"), (4, "in 4 seconds"), (8, "in 8 seconds")] {
            let mut person = at_the_password(&provider, ADA).await;
            let (arrival, counted) = provider.counts(types(&mut person, SECRET)).await;
            let page = arrival.page(429);
            assert_eq!((retry_after(&arrival), page.name()), (wait, "sign-in"));
            assert!(page.text().contains(words) && page.text().contains(ADA), "{}", page.text());
            assert_eq!((counted.reads, counted.writes), (0, 1), "nobody is looked up, and nothing is hashed");
            provider.clock.advance(Duration::from_millis(wait * 1000 - 1));
            types(&mut person, SECRET).await.page(429);
            provider.clock.advance(Duration::from_millis(1));
            types(&mut person, "wrong").await.page(401);
        }
        // In the language of whoever reads it.
        let mut german = at_the_password(&provider, ADA).await;
        german.headers.push(("accept-language", "de".to_owned()));
        assert!(types(&mut german, SECRET).await.page(429).text().contains("In 16 Sekunden"));
        // The right one ends it all.
        provider.clock.advance(Duration::from_secs(16));
        let mut person = at_the_password(&provider, ADA).await;
        types(&mut person, SECRET).await.shows("dashboard");
        assert_eq!(guesses_until_told_to_wait(&provider, ADA).await, 5);
        // The longest wait, until there were a hundred; then it is a day, and after thirty quiet days nothing is left of it.
        let mut waits = Vec::new();
        for _ in 5..101 {
            provider.clock.advance(Duration::from_mins(1));
            let mut person = at_the_password(&provider, ADA).await;
            if types(&mut person, "wrong").await.answer().status == 401 {
                let told = types(&mut person, "wrong").await;
                told.page(429);
                waits.push(retry_after(&told));
            }
        }
        assert_eq!((waits.iter().filter(|wait| **wait > 60).count(), waits.iter().filter(|wait| **wait == 60).count() > 80), (1, true), "{waits:?}");
        assert_eq!(waits.last(), Some(&86_400));
        provider.clock.advance(Duration::from_hours(30 * 24));
        assert_eq!(guesses_until_told_to_wait(&provider, ADA).await, 5);
    }

    /// C-ENUM-03: an address that nobody has is counted, closed and told to wait like any other.
    async fn limits_tell_nothing_about_accounts(kind: Kind) {
        let provider = Provider::start_with(kind, &[("limits.network_guesses", "1000000")]).await;
        own_secrets::imports(&provider.app, &[ADA], SECRET).await;
        let mut seen = Vec::new();
        for email in [ADA, "nobody@id.example"] {
            let mut answers = Vec::new();
            for _ in 0..30 {
                let mut person = at_the_password(&provider, email).await;
                let (arrival, counted) = provider.counts(types(&mut person, "wrong")).await;
                answers.push((masked(&person, &arrival, email), counted));
                provider.clock.advance(Duration::from_secs(1));
            }
            seen.push(answers);
            provider.clock.advance(Duration::from_hours(1));
        }
        assert_eq!(seen[0], seen[1]);
        assert!(seen[0].iter().any(|(answer, _)| answer.starts_with("429")));
    }

    /// C-THR-02: while strangers guess, the owner signs in with a passkey at once, and with the password in a browser they used before; and what
    /// strangers do to the network doesn't hold that browser up.
    async fn strangers_cannot_lock_the_owner_out(kind: Kind) {
        let provider = Provider::start(kind).await;
        let ada = provider.admin().await;
        provider.gives_password(ADA, SECRET).await;
        let mut home = ada.clone();
        home.opens(provider.url("/account")).await.shows("dashboard");
        home.presses("sign-out", &[]).await.shows("signed-out");
        assert_eq!(guesses_until_told_to_wait(&provider, ADA).await, 5);
        for number in 0..40 {
            let mut person = at_the_password(&provider, &format!("p{number}@id.example")).await;
            types(&mut person, "wrong").await;
        }
        let mut stranger = at_the_password(&provider, "somebody@id.example").await;
        types(&mut stranger, "wrong").await.page(429);

        signs_in(&provider, &ada).await;
        home.opens(provider.url("/login")).await.shows("sign-in");
        types(&mut home, SECRET).await.shows("dashboard");
        // Another browser of the owner waits, as a stranger's does; and a browser known for one person is a stranger to all others.
        let mut elsewhere = at_the_password(&provider, ADA).await;
        types(&mut elsewhere, SECRET).await.page(429);
        own_secrets::imports(&provider.app, &["bob@id.example"], SECRET).await;
        let mut other = home.clone();
        other.presses("sign-out", &[]).await.shows("signed-out");
        other.opens(provider.url("/login")).await.shows("sign-in");
        other.submits("/login/password", &[("email", "bob@id.example"), ("password", SECRET)]).await.page(429);
        // The browser's own guesses have an end too.
        let mut wrong = 0;
        for _ in 0..10 {
            other.opens(provider.url("/login")).await.shows("sign-in");
            if types(&mut other, "wrong").await.answer().status == 429 {
                break;
            }
            wrong += 1;
        }
        assert_eq!(wrong, 5);
    }

    /// C-THR-03: however an address is spelled, it is one account's count.
    async fn spellings_share_a_count(kind: Kind) {
        let provider = Provider::start(kind).await;
        let spellings = ["ada@id.example", "ADA@id.example", " Ada@ID.Example ", "ａｄａ@id.example", "ada@id.EXAMPLE", "ada@id.example"];
        let mut answers = Vec::new();
        for spelling in spellings {
            let mut person = provider.stranger();
            person.opens(provider.url("/login")).await.shows("sign-in");
            let form = person.page().form_to("/login/password").expect("the password's form");
            answers.push(person.submit(&form, &[("email", spelling), ("password", "wrong")], None).await.answer().status.as_u16());
        }
        assert_eq!(answers, [401, 401, 401, 401, 401, 429]);
    }

    /// C-THR-04, C-BC-04: guesses at the second step have their own count, whichever code is guessed; one password is good for five; a right
    /// password gives no more.
    async fn second_steps_have_their_own_count(kind: Kind) {
        let provider = Provider::start(kind).await;
        provider.admin().await;
        provider.gives_password(ADA, SECRET).await;
        let app = provider.gives_authenticator_app(ADA).await;
        let mut ada = half_done(&provider, ADA).await;
        for number in 0..5 {
            let (page, code) = [("totp", "000000"), ("backup-code", "00000-0000-0000-0000-0000-00000")][number % 2];
            if ada.page().action(page).is_some() {
                ada.presses(page, &[]).await.shows("second-step");
            }
            types_code(&mut ada, code).await.page(401);
        }
        // Begun anew: the password is right, and the count holds.
        let mut again = half_done(&provider, ADA).await;
        let code = app.code(&provider.clock);
        let told = types_code(&mut again, &code).await;
        assert_eq!((told.page(429).name(), retry_after(&told)), ("second-step", 1));
        again.presses("backup-code", &[]).await.shows("second-step");
        types_code(&mut again, "00000-0000-0000-0000-0000-00000").await.page(429);
        // The first password is used up, also when the count is open again.
        provider.clock.advance(Duration::from_secs(1));
        let code = app.code(&provider.clock);
        let page = types_code(&mut ada, &code).await.page(410);
        assert_eq!(page.name(), "sign-in");
        assert!(ada.jar.get("session").is_none());
        again.presses("totp", &[]).await.shows("second-step");
        types_code(&mut again, &code).await.shows("dashboard");
        // A right one starts the count anew.
        let mut next = half_done(&provider, ADA).await;
        for _ in 0..5 {
            types_code(&mut next, "000000").await.page(401);
        }
        types_code(&mut next, "000000").await.page(410);
    }

    /// C-THR-05: what was counted survives a restart; a success of the attacker's own gives the network one back, and not more.
    async fn counts_survive_restarts_and_successes(kind: Kind) {
        let mut provider = Provider::start(kind).await;
        own_secrets::imports(&provider.app, &[ADA, "eve@id.example"], SECRET).await;
        assert_eq!(guesses_until_told_to_wait(&provider, ADA).await, 5);
        provider.restarts().await;
        let mut person = at_the_password(&provider, ADA).await;
        types(&mut person, SECRET).await.page(429);

        // Thirty for the network, of which five are gone; Eve signs in between, and each time gets back what that cost.
        let mut judged = 5;
        for number in 0..40 {
            let mut eve = at_the_password(&provider, "eve@id.example").await;
            if types(&mut eve, SECRET).await.answer().status == 429 {
                break;
            }
            let mut person = at_the_password(&provider, &format!("p{number}@id.example")).await;
            if types(&mut person, "wrong").await.answer().status == 429 {
                break;
            }
            judged += 1;
        }
        assert!((29..=30).contains(&judged), "{judged}");
        // Another network has its own; after a quiet hour this one has, too.
        let mut elsewhere = Person::new(&provider.wire.from_address(IpAddr::from([127, 0, 0, 9])));
        elsewhere.opens(provider.url("/login")).await.shows("sign-in");
        elsewhere.presses("continue", &[("email", "bob@id.example")]).await.shows("sign-in");
        types(&mut elsewhere, "wrong").await.page(401);
        provider.clock.advance(Duration::from_hours(1));
        let mut eve = at_the_password(&provider, "eve@id.example").await;
        types(&mut eve, SECRET).await.shows("dashboard");
    }

    /// D-PII-04: what nobody counts any more is forgotten, and names nobody while it is there.
    async fn forgotten_counts_are_swept(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut person = at_the_password(&provider, "nobody@id.example").await;
        types(&mut person, "wrong").await.page(401);
        let count = "SELECT count(*) FROM attempts";
        assert_eq!(provider.database.count(count).await, 2);
        assert!(!crate::stored::holds(&provider.database, b"nobody@id.example").await);
        for (later, left) in [(Duration::from_mins(59), 2), (Duration::from_mins(2), 1), (Duration::from_hours(30 * 24), 0)] {
            provider.clock.advance(later);
            sweep_at(&provider.app, provider.clock.now()).await.expect("the database works");
            assert_eq!(provider.database.count(count).await, left);
        }
    }

    /// The flood guard stands before the counts: beyond it nothing is written.
    async fn a_flood_is_refused_before_it_is_counted(kind: Kind) {
        let provider = Provider::start_with(kind, &[("limits.network_per_minute", "5")]).await;
        let mut people = Vec::new();
        for number in 0..7 {
            people.push(at_the_password(&provider, &format!("p{number}@id.example")).await);
        }
        let mut refused = 0;
        for person in &mut people {
            let (arrival, counted) = provider.counts(types(person, "wrong")).await;
            if arrival.answer().status == 429 {
                assert_eq!((counted.reads, counted.writes), (0, 0));
                refused += 1;
            }
        }
        assert_eq!(refused, 2);
    }
}
