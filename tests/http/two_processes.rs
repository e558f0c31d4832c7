//! Races between two real processes over PostgreSQL: whatever works once works once, whichever node is asked, and what one node ends is over on
//! the other. Fifty at once, in many rounds; `cargo test --workspace --test http two_processes -- --ignored` makes 200 rounds of each.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::{Value, json};
use weftid::actions::audit::Origin;
use weftid::actions::{invitations, setup, users};
use weftid::base::clock::Clock;
use weftid::base::email::Email;
use weftid::store::user::Role;
use weftid_tests::authenticator::Lie;
use weftid_tests::mailbox::{MailServer, Security};
use weftid_tests::own_secrets;
use weftid_tests::pair::Pair;
use weftid_tests::person::{Arrival, Person, finishing};
use weftid_tests::process;
use weftid_tests::relying_party::RelyingParty;
use weftid_tests::wire::Answer;

use crate::coming_aboard::{codes as codes_on, path};
use crate::passkeys::{BEGIN, FINISH};
use crate::passwords::SECRET;
use crate::stored::events;

/// How many ask in the same moment.
const AT_ONCE: usize = 50;
/// How many rounds where a round takes no new people, and where it takes fifty.
const ROUNDS: usize = 50;
const FEW_ROUNDS: usize = 3;
/// By command.
const MANY_ROUNDS: usize = 200;

/// How often each status was answered.
fn counted<'a>(answers: impl IntoIterator<Item = &'a Answer>) -> BTreeMap<u16, usize> {
    let mut counts = BTreeMap::new();
    for answer in answers {
        assert!(!answer.status.is_server_error(), "{answer}");
        *counts.entry(answer.status.as_u16()).or_default() += 1;
    }
    counts
}

/// Lets all of them post JSON at once.
async fn all_post(people: &mut [(Person, Value)], place: &str) -> Vec<Answer> {
    join_all(people.iter_mut().map(|(person, body)| person.posts_json(place, body))).await
}

async fn invitation(pair: &Pair, email: &str) -> String {
    invitations::invite(&pair.provider.app, email, Some("Bob"), Role::User, &Origin::command_line()).await.expect("the invitation is made")
}

/// Somebody who opened the link and whose authenticator has answered; and what to post to finish.
async fn almost_aboard(pair: &Pair, link: &str, extra: &Value, lies: &[Lie]) -> (Person, Value) {
    let mut person = pair.provider.stranger();
    person.opens(link).await.page(200);
    let options = person.posts_json(&format!("{}/passkey/begin", path(link)), extra).await.expect(200).json();
    let origin = person.url();
    let credential = person.authenticator.create_with(&options["publicKey"], &origin, lies).expect("the authenticator agrees");
    (person, finishing(&options, credential, &json!({})))
}

async fn many_almost_aboard(pair: &Pair, link: &str, extra: &Value) -> Vec<(Person, Value)> {
    let (mut people, mut bodies) = (Vec::new(), Vec::new());
    for _ in 0..AT_ONCE {
        let (person, body) = almost_aboard(pair, link, extra, &[]).await;
        people.push(person);
        bodies.push(body);
    }
    pair.by_turns(&mut people);
    people.into_iter().zip(bodies).collect()
}

async fn ceremonies(pair: &Pair, ada: &Person, rounds: usize) {
    for _ in 0..rounds {
        let mut person = ada.at_another_browser();
        person.opens(pair.provider.url("/login")).await.shows("sign-in");
        let options = person.posts_json(BEGIN, &json!({})).await.expect(200).json();
        let origin = person.url();
        let credential = person.authenticator.get_with(&options["publicKey"], &origin, &[]).expect("the authenticator agrees");
        let body = finishing(&options, credential, &json!({}));
        let before = pair.provider.database.count("SELECT count(*) FROM sessions").await;
        let mut tabs: Vec<_> = pair.tabs(&person, AT_ONCE).into_iter().map(|tab| (tab, body.clone())).collect();
        let answers = all_post(&mut tabs, FINISH).await;
        assert_eq!(counted(&answers), BTreeMap::from([(200, 1), (409, AT_ONCE - 1)]));
        assert_eq!(pair.provider.database.count("SELECT count(*) FROM sessions").await, before + 1);
    }
}

/// B-CH-03, E-RACE-05: a ceremony that is answered fifty times at once, on both nodes, signs in once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ceremony_is_answered_once_on_two_nodes() {
    let pair = Pair::start().await;
    let ada = pair.provider.admin().await;
    ceremonies(&pair, &ada, ROUNDS).await;
}

/// C-ADM-01, E-RACE-07: fifty set-ups at once, on both nodes, make one administrator; then the link opens nothing on either.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn set_up_happens_once_on_two_nodes() {
    let pair = Pair::start().await;
    let link = setup::link(&pair.provider.app).await.expect("the database works").expect("nobody is here yet");
    let mut people = many_almost_aboard(&pair, &link, &json!({"name": "Ada", "email": "ada@id.example"})).await;
    let answers = all_post(&mut people, &format!("{}/passkey/finish", path(&link))).await;
    let counts = counted(&answers);
    assert!(counts.get(&200) == Some(&1) && counts.keys().all(|status| [200, 404, 409, 410].contains(status)), "{counts:?}");
    assert_eq!(pair.provider.database.count("SELECT count(*) FROM users").await, 1);
    for mut person in pair.tabs(&pair.provider.stranger(), 2) {
        assert_eq!(person.opens(&link).await.page(404).name(), "error");
    }
}

async fn invitations_used(pair: &Pair, rounds: usize) {
    for round in 0..rounds {
        let link = invitation(pair, &format!("bob-{round}@id.example")).await;
        let mut people = many_almost_aboard(pair, &link, &json!({"name": "Bob"})).await;
        let answers = all_post(&mut people, &format!("{}/passkey/finish", path(&link))).await;
        let counts = counted(&answers);
        assert!(counts.get(&200) == Some(&1) && counts.keys().all(|status| [200, 409, 410].contains(status)), "{counts:?}");
        let there = format!("SELECT count(*) FROM users WHERE email = 'bob-{round}@id.example'");
        assert_eq!(pair.provider.database.count(&there).await, 1);
        // Whoever came aboard is asked to save the codes, and says so fifty times at once, on both nodes: that happens once.
        let winner = answers.iter().position(|answer| answer.status == 200).expect("one came aboard");
        let (mut bob, answer) = (people.swap_remove(winner).0, answers[winner].clone());
        bob.follows(answer).await.shows("backup-codes");
        let before = events(&pair.provider.database, "backup_codes_acknowledged").await;
        let mut tabs = pair.tabs(&bob, AT_ONCE);
        let arrivals = join_all(tabs.iter_mut().map(|tab| tab.presses("acknowledge", &[("acknowledged", "yes")]))).await;
        assert!(arrivals.iter().all(|arrival| [303, 409].contains(&arrival.hops[0].status.as_u16())));
        assert!(arrivals.iter().any(|arrival| arrival.answer().page().name() == "dashboard"));
        assert_eq!(events(&pair.provider.database, "backup_codes_acknowledged").await, before + 1);
    }
}

/// C-REC-09, E-RACE-06: an invitation that fifty follow at once, on both nodes, makes one account, and its codes are saved once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invitation_is_used_once_on_two_nodes() {
    let pair = Pair::start().await;
    invitations_used(&pair, FEW_ROUNDS).await;
}

async fn credential_ids(pair: &Pair, rounds: usize) {
    for round in 0..rounds {
        let (mut people, mut bodies) = (Vec::new(), Vec::new());
        for number in 0..AT_ONCE {
            let link = invitation(pair, &format!("carol-{round}-{number}@id.example")).await;
            let same = [Lie::CredentialId([vec![7; 28], u32::try_from(round).expect("few").to_be_bytes().to_vec()].concat())];
            let (person, body) = almost_aboard(pair, &link, &json!({"name": "Carol"}), &same).await;
            bodies.push((format!("{}/passkey/finish", path(&link)), body));
            people.push(person);
        }
        pair.by_turns(&mut people);
        let before = pair.provider.database.count("SELECT count(*) FROM passkeys").await;
        let answers = join_all(people.iter_mut().zip(&bodies).map(|(person, (place, body))| person.posts_json(place, body))).await;
        assert_eq!(counted(&answers), BTreeMap::from([(200, 1), (409, AT_ONCE - 1)]));
        assert_eq!(pair.provider.database.count("SELECT count(*) FROM passkeys").await, before + 1);
        // The one who has it signs in with it, on either node.
        let winner = answers.iter().position(|answer| answer.status == 200).expect("one has it");
        for mut person in pair.tabs(&people[winner].at_another_browser(), 2) {
            person.opens(pair.provider.url("/login")).await.shows("sign-in");
            person.signs_in_with_passkey(BEGIN, FINISH, &json!({})).await.is(200);
        }
    }
}

/// B-REG-05, E-RACE-07: a credential id that fifty people register at once, on both nodes, is one person's, who then signs in with it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_credential_id_has_one_owner_on_two_nodes() {
    let pair = Pair::start().await;
    credential_ids(&pair, 1).await;
}

/// A client of both nodes, as it reaches the one and the other.
async fn shop(pair: &Pair) -> [RelyingParty; 2] {
    let here = pair.provider.shop("shop").await;
    let there = pair.client_there(&here);
    for party in [&here, &there] {
        let nothing = [("grant_type", "refresh_token"), ("refresh_token", "none")];
        let since = Instant::now();
        while party.posts("token_endpoint", &nothing).await.error_code() == "invalid_client" {
            // They look every second; the machine may be busy.
            assert!(since.elapsed() < Duration::from_secs(5), "a node does not hear of the client");
            // Not too often: who asks with a wrong name again and again is not heard for a while.
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
    }
    [here, there]
}

async fn codes(shop: &[RelyingParty; 2], ada: &mut Person, rounds: usize) {
    for _ in 0..rounds {
        let (asked, code) = shop[0].obtains_code(ada, &["offline_access"]).await;
        let answers = join_all((0..AT_ONCE).map(|number| shop[number % 2].posts_code(&asked, &code))).await;
        assert_eq!(counted(&answers), BTreeMap::from([(200, 1), (400, AT_ONCE - 1)]));
        let given = answers.iter().find(|answer| answer.status == 200).expect("one was redeemed").json();
        // Each of the others was a valid replay, and killed what the winner got (A-CODE-02), on both nodes.
        for party in shop {
            assert_eq!(party.asks_userinfo(given["access_token"].as_str().unwrap()).await.status, 401);
            assert_eq!(party.posts_refresh(given["refresh_token"].as_str().unwrap()).await.error_code(), "invalid_grant");
        }
    }
}

/// E-RACE-01, A-CODE-02: a code that is redeemed fifty times at once, on both nodes, gives once, and what it gave is taken back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_is_redeemed_once_on_two_nodes() {
    let pair = Pair::start().await;
    let (mut ada, shop) = (pair.provider.admin().await, shop(&pair).await);
    codes(&shop, &mut ada, ROUNDS).await;
}

async fn refreshes(pair: &Pair, shop: &[RelyingParty; 2], ada: &mut Person, rounds: usize) {
    let mut token = shop[0].welcomes(ada, &["offline_access"]).await.refresh_token.expect("a refresh token");
    for _ in 0..rounds {
        let answers = join_all((0..AT_ONCE).map(|number| shop[number % 2].posts_refresh(&token))).await;
        assert_eq!(counted(&answers), BTreeMap::from([(200, AT_ONCE)]));
        let successors: Vec<String> = answers.iter().map(|answer| answer.json()["refresh_token"].as_str().unwrap().to_owned()).collect();
        assert!(successors.iter().all(|successor| *successor == successors[0]), "two lineages");
        token.clone_from(&successors[0]);
    }
    assert_eq!(pair.provider.database.count("SELECT count(*) FROM grants WHERE revoked_at IS NULL").await, 1);
    for party in shop {
        token = party.refreshes(&token).await.expect("its family lives").refresh_token.expect("a refresh token");
    }
}

/// E-RACE-02, A-RT-08: a token that is refreshed fifty times at once, on both nodes, has one successor.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refresh_has_one_successor_on_two_nodes() {
    let pair = Pair::start().await;
    let (mut ada, shop) = (pair.provider.admin().await, shop(&pair).await);
    refreshes(&pair, &shop, &mut ada, ROUNDS).await;
}

/// Sends the form that leads to this place, which pages name with or without the host.
async fn answers_form(person: &mut Person, place: &str, fields: &[(&str, &str)]) -> Arrival {
    let form = person.page().forms().into_iter().find(|form| form.action.ends_with(place)).expect("the page has the form");
    person.submit(&form, fields, None).await
}

/// Somebody with a passkey and saved backup codes; and these.
async fn aboard(pair: &Pair, email: &str) -> (Person, Vec<String>) {
    let link = invitation(pair, email).await;
    let (mut person, body) = almost_aboard(pair, &link, &json!({"name": "Bob"}), &[]).await;
    let finished = person.posts_json(&format!("{}/passkey/finish", path(&link)), &body).await;
    person.follows(finished).await.shows("backup-codes");
    let codes = codes_on(&person);
    person.presses("acknowledge", &[("acknowledged", "yes")]).await.shows("dashboard");
    (person, codes)
}

/// C-REC-02, E-RACE-06: a recovery link with a backup code, finished fifty times at once on both nodes, makes one passkey.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recovery_link_is_used_once_on_two_nodes() {
    let pair = Pair::start().await;
    let (_, codes) = aboard(&pair, "bob@id.example").await;
    let mut lost = pair.provider.stranger();
    lost.opens(pair.provider.url("/recover")).await.shows("recover");
    lost.submits("/recover", &[("email", "bob@id.example")]).await.shows("recover");
    let link = pair.mailed_link("https://id.example/recover/").await;
    let place = path(&link);
    let (mut people, mut bodies) = (Vec::new(), Vec::new());
    for _ in 0..AT_ONCE {
        let mut person = pair.provider.stranger();
        person.opens(&link).await.shows("recover");
        let page = answers_form(&mut person, &place, &[("code", &codes[0])]).await.page(200);
        let proved = page.with("name", "proved").find_map(|field| field.attribute("value").map(str::to_owned)).expect("the code was right");
        let options = person.posts_json(&format!("{place}/passkey/begin"), &json!({"proved": proved})).await.expect(200).json();
        let origin = person.url();
        let credential = person.authenticator.create(&options["publicKey"], &origin).expect("the authenticator agrees");
        bodies.push(finishing(&options, credential, &json!({})));
        people.push(person);
    }
    pair.by_turns(&mut people);
    let mut people: Vec<_> = people.into_iter().zip(bodies).collect();
    let answers = all_post(&mut people, &format!("{place}/passkey/finish")).await;
    let counts = counted(&answers);
    assert!(counts.get(&200) == Some(&1) && counts.keys().all(|status| [200, 409, 410].contains(status)), "{counts:?}");
    assert_eq!(pair.provider.database.count("SELECT count(*) FROM passkeys").await, 2);
    assert_eq!(pair.provider.database.count("SELECT count(*) FROM backup_codes WHERE used_at IS NOT NULL").await, 1);
}

/// C-REC-07, E-RACE-06: the link to a new address, and the one that says "this wasn't me", followed fifty times at once on both nodes, act once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mailed_link_acts_once_on_two_nodes() {
    let pair = Pair::start().await;
    let (mut bob, _) = aboard(&pair, "bob@id.example").await;
    bob.opens(pair.provider.url("/account/email")).await.shows("change-email");
    bob.submits("/account/email", &[("email", "bob@new.example")]).await.shows("change-email");
    let link = pair.mailed_link("https://id.example/account/email/").await;
    bob.opens(&link).await.shows("confirm-email");
    let place = path(&link);
    let mut tabs = pair.tabs(&bob, AT_ONCE);
    let arrivals = join_all(tabs.iter_mut().map(|tab| answers_form(tab, &place, &[]))).await;
    let answers: Vec<&Answer> = arrivals.iter().map(Arrival::answer).collect();
    let counts = counted(answers);
    assert!(counts.get(&200) == Some(&1) && counts.keys().all(|status| [200, 409, 410].contains(status)), "{counts:?}");
    assert_eq!(events(&pair.provider.database, "email_changed").await, 1);

    let link = pair.mailed_link("https://id.example/not-me/").await;
    let mut stranger = pair.provider.stranger();
    stranger.opens(&link).await.page(200);
    let place = path(&link);
    let mut tabs = pair.tabs(&stranger, AT_ONCE);
    let arrivals = join_all(tabs.iter_mut().map(|tab| answers_form(tab, &place, &[]))).await;
    counted(arrivals.iter().map(Arrival::answer));
    assert_eq!(events(&pair.provider.database, "not_me").await, 1);
}

/// C-NOT-01: two nodes and one queue of mails: each mail is sent exactly once, and both nodes send.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_is_sent_once_by_two_nodes() {
    const MAILS: usize = 60;
    let server = MailServer::start(Security::None);
    // So slow that one node does not get through before the other looks.
    server.is_slow(Duration::from_secs(1));
    let settings = server.settings();
    let settings: Vec<(&str, &str)> = settings.iter().map(|(path, value)| (*path, value.as_str())).collect();
    let pair = Pair::start_with(&settings).await;
    aboard(&pair, "bob@id.example").await;
    // This node queues and doesn't send: whichever process looks first takes some, and the other what is left.
    let (email, origin) = (Email::parse("bob@id.example").expect("an address"), Origin::command_line());
    for _ in 0..MAILS / 2 {
        users::deactivate(&pair.provider.app, &email, &origin).await.expect("the person is there");
        users::activate(&pair.provider.app, &email, &origin).await.expect("the person is there");
    }
    // And the one about backup codes.
    server.takes(MAILS + 1).await;
    // Both have looked again by then; what was sent is not there any more.
    tokio::time::sleep(Duration::from_secs(6)).await;
    let taken = server.taken();
    let ids: BTreeSet<&str> = taken.iter().map(|taken| taken.mail.id.as_str()).collect();
    assert_eq!((taken.len(), ids.len()), (MAILS + 1, MAILS + 1));
    assert_eq!(pair.provider.database.count("SELECT count(*) FROM mails").await, 0);
    let sent = [&pair.one, &pair.other].map(|node| node.log().iter().filter(|line| line.contains("mail sent")).count());
    assert_eq!(sent[0] + sent[1], MAILS + 1, "{sent:?}");
    assert!(sent[0] > 0 && sent[1] > 0, "one node had nothing to do: {sent:?}");
}

/// Browsers of this person in which the password was right.
async fn half_done(pair: &Pair, email: &str, count: usize) -> Vec<Person> {
    let mut people = Vec::new();
    for _ in 0..count {
        let mut person = pair.provider.stranger();
        person.opens(pair.provider.url("/login")).await.shows("sign-in");
        person.presses("continue", &[("email", email)]).await.shows("sign-in");
        person.submits("/login/password", &[("password", SECRET)]).await.shows("second-step");
        people.push(person);
    }
    pair.by_turns(&mut people);
    people
}

/// How many of these second steps sign in; none may fail in another way than being refused.
async fn second_steps(people: &mut [Person], code: &str) -> usize {
    let pressing = people.iter_mut().map(|person| async move {
        let arrival = person.presses("continue", &[("code", code)]).await;
        let status = arrival.hops[0].status.as_u16();
        assert!(matches!(status, 303 | 401 | 410 | 429), "{}", arrival.answer());
        assert_eq!(status == 303, person.jar.get("session").is_some(), "{}", arrival.answer());
        status == 303
    });
    join_all(pressing).await.into_iter().filter(|signed_in| *signed_in).count()
}

/// C-TOTP-01, C-BC-02, E-RACE-03, E-RACE-04: a step of an authenticator app, or a backup code, that fifty browsers send at once to both nodes, signs in once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_step_is_taken_once_on_two_nodes() {
    let pair = Pair::start().await;
    let (_, codes) = aboard(&pair, "bob@id.example").await;
    own_secrets::gives_password(&pair.provider.app, "bob@id.example", SECRET).await;
    let app = own_secrets::gives_authenticator_app(&pair.provider.app, "bob@id.example").await;

    let mut people = half_done(&pair, "bob@id.example", AT_ONCE).await;
    assert_eq!(second_steps(&mut people, &app.code(&Clock::system())).await, 1);
    // What was guessed wrongly meanwhile waits a little.
    pair.provider.database.execute("DELETE FROM attempts").await;
    let mut people = half_done(&pair, "bob@id.example", AT_ONCE).await;
    for person in &mut people {
        person.presses("backup-code", &[]).await.shows("second-step");
    }
    assert_eq!(second_steps(&mut people, &codes[0]).await, 1);
    assert_eq!(pair.provider.database.count("SELECT count(*) FROM backup_codes WHERE used_at IS NOT NULL").await, 1);
}

/// C-THR-01, C-THR-05, E-RACE-08: guesses that are sent to both nodes at once are counted together: no more are judged than are free.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn guesses_are_counted_together_on_two_nodes() {
    let pair = Pair::start().await;
    own_secrets::imports(&pair.provider.app, &["ada@id.example"], SECRET).await;
    let mut person = pair.provider.stranger();
    person.opens(pair.provider.url("/login")).await.shows("sign-in");
    person.presses("continue", &[("email", "ada@id.example")]).await.shows("sign-in");
    let mut tabs = pair.tabs(&person, 500);
    let began = Instant::now();
    let guessing = tabs.iter_mut().map(|tab| async move { tab.submits("/login/password", &[("password", "wrong")]).await.hops[0].clone() });
    let answers = join_all(guessing).await;
    let counts = counted(&answers);
    // Five are free; where all of this took longer, the waits of 1, 2, 4 .. seconds were over, each for one more.
    let waits = (1..32).take_while(|number| Duration::from_secs((1 << number) - 1) <= began.elapsed()).count();
    let judged = counts.get(&401).copied().unwrap_or_default();
    assert!((5..=5 + waits).contains(&judged) && judged + counts.get(&429).copied().unwrap_or_default() == 500, "{counts:?}");
}

/// C-SES-05: a session that is ended on one node is over on the other at once, and so is somebody whom the command line shuts out; a client that
/// the command line registers is known to both soon (they look every second).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_node_ends_is_over_on_the_other() {
    let pair = Pair::start().await;
    let ada = pair.provider.admin().await;
    let account = pair.provider.url("/account");
    let [mut here, mut there] = [ada.clone(), pair.there(&ada)];
    here.opens(&account).await.shows("dashboard");
    there.opens(&account).await.shows("dashboard");
    let there_before = there.clone();
    here.presses("sign-out", &[]).await.shows("signed-out");
    there.opens(&account).await.shows("sign-in");
    let mut here = there_before.clone();
    here.opens(&account).await.shows("sign-in");

    let mut bob = pair.provider.person("bob@id.example", "Bob").await;
    let mut bob_there = pair.there(&bob);
    bob_there.opens(&account).await.shows("dashboard");
    let shut_out = process::run(&["users", "deactivate", "bob@id.example"], &pair.environment()).await;
    assert!(shut_out.status.success(), "{}", shut_out.stderr);
    bob.opens(&account).await.shows("sign-in");
    bob_there.opens(&account).await.shows("sign-in");

    let create = ["clients", "create", "--client-id", "wiki", "--name", "Wiki", "--redirect-uri", "https://wiki.test/callback", "--public"];
    let registered = process::run(&create, &pair.environment()).await;
    let since = Instant::now();
    assert!(registered.status.success(), "{}", registered.stderr);
    let callback = url::Url::parse("https://wiki.test/callback").unwrap();
    let mut wiki = RelyingParty::new(&pair.provider.wire, &Clock::system(), &pair.provider.issuer, "wiki", None, &callback);
    wiki.discovers().await;
    for party in [&wiki, &pair.client_there(&wiki)] {
        let nothing = [("grant_type", "refresh_token"), ("refresh_token", "none")];
        while party.posts("token_endpoint", &nothing).await.error_code() == "invalid_client" {
            assert!(since.elapsed() < Duration::from_secs(5), "a node does not hear of the client");
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
    }
}

/// E-RACE-01, E-RACE-02, E-RACE-05, E-RACE-07: all of it, 200 rounds each.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes: 200 rounds of each race"]
async fn races_on_two_nodes_at_length() {
    let pair = Pair::start().await;
    let (mut ada, shop) = (pair.provider.admin().await, shop(&pair).await);
    refreshes(&pair, &shop, &mut ada, MANY_ROUNDS).await;
    codes(&shop, &mut ada, MANY_ROUNDS).await;
    ceremonies(&pair, &ada, MANY_ROUNDS).await;
    invitations_used(&pair, MANY_ROUNDS).await;
    credential_ids(&pair, MANY_ROUNDS / 4).await;
}
