//! Codes and the families of tokens that come of them, as a state machine: a model says what each step must answer and which access tokens are
//! good after it, and the provider is held against it over steps that nobody chose. A few cases, always the same, in every run; `WEFTID_CASES`
//! asks for so many others.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use weftid::actions::audit::Origin;
use weftid::actions::users;
use weftid::base::clock::Time;
use weftid::base::email::Email;
use weftid::base::random;
use weftid_tests::database::Kind;
use weftid_tests::person::Person;
use weftid_tests::provider::Provider;
use weftid_tests::relying_party::{Asked, RelyingParty};
use weftid_tests::wire::Answer;

use crate::main_job::ada;

const CODE: Duration = Duration::from_mins(1);
const ACCESS_TOKEN: Duration = Duration::from_mins(10);
const RACE_WINDOW: Duration = Duration::from_secs(5);
const REFRESH_IDLE: Duration = Duration::from_hours(30 * 24);
const REFRESH_ABSOLUTE: Duration = Duration::from_hours(180 * 24);
const SESSION_IDLE: Duration = Duration::from_hours(12);
/// Between the two lies what a session's use, which is noted every five minutes in the background, makes of its end.
const LONG: Duration = Duration::from_hours(13);

/// What is wrong with a redemption.
#[derive(Clone, Copy, Debug)]
enum Shown {
    Right,
    WrongVerifier,
    NoVerifier,
    OtherAddress,
    OtherClient,
}

/// What is wrong with a refresh.
#[derive(Clone, Copy, Debug)]
enum Refreshed {
    Right,
    OtherClient,
    MoreScope,
}

#[derive(Clone, Copy, Debug)]
enum Step {
    /// The person asks for a code, signing in if they have to.
    Ask {
        offline: bool,
    },
    /// The same, and the code is redeemed at once.
    Begin {
        offline: bool,
    },
    /// One of the codes so far, the last being 0, is redeemed.
    Redeem {
        code: usize,
        shown: Shown,
    },
    /// A refresh token of one of the families so far, the last being 0, is used: the newest, or one that is so much older.
    Refresh {
        family: usize,
        older: usize,
        how: Refreshed,
    },
    /// One of them is revoked.
    Revoke {
        family: usize,
        older: usize,
    },
    /// An access token is revoked.
    RevokeAccess {
        token: usize,
    },
    SignOut,
    ShutOut,
    LetIn,
    Wait(Duration),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let shown = prop_oneof![
        6 => Just(Shown::Right),
        4 => Just(Shown::WrongVerifier),
        1 => Just(Shown::NoVerifier),
        1 => Just(Shown::OtherAddress),
        1 => Just(Shown::OtherClient),
    ];
    let how = prop_oneof![10 => Just(Refreshed::Right), 1 => Just(Refreshed::OtherClient), 1 => Just(Refreshed::MoreScope)];
    let older = prop_oneof![12 => Just(0_usize), 4 => Just(1), 3 => 2_usize..4];
    let which = prop_oneof![4 => Just(0_usize), 2 => Just(1), 1 => 2_usize..6];
    let pause = prop_oneof![
        12 => (0_u64..4_000).prop_map(Duration::from_millis),
        2 => Just(RACE_WINDOW),
        2 => Just(CODE),
        2 => Just(CODE.saturating_sub(Duration::from_millis(1))),
        1 => Just(ACCESS_TOKEN),
        1 => Just(LONG),
        1 => Just(REFRESH_IDLE),
    ];
    let step = prop_oneof![
        6 => any::<bool>().prop_map(|offline| Step::Ask { offline }),
        6 => any::<bool>().prop_map(|offline| Step::Begin { offline }),
        14 => (which.clone(), shown).prop_map(|(code, shown)| Step::Redeem { code, shown }),
        30 => (which.clone(), older.clone(), how).prop_map(|(family, older, how)| Step::Refresh { family, older, how }),
        1 => (which.clone(), older).prop_map(|(family, older)| Step::Revoke { family, older }),
        1 => which.prop_map(|token| Step::RevokeAccess { token }),
        1 => Just(Step::SignOut),
        1 => Just(Step::ShutOut),
        6 => Just(Step::LetIn),
        12 => pause.prop_map(Step::Wait),
    ];
    proptest::collection::vec(step, 16..40)
}

/// What has become of a code.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fate {
    Fresh,
    Burned,
    Gave(usize),
}

struct Code {
    asked: Asked,
    text: String,
    issued_at: Time,
    session: usize,
    offline: bool,
    fate: Fate,
}

struct Family {
    session: usize,
    offline: bool,
    /// The refresh tokens, one for each generation.
    generations: Vec<String>,
    rotated_at: Time,
    idle_ends_at: Time,
    absolute_ends_at: Time,
    revoked: bool,
}

struct AccessToken {
    text: String,
    family: usize,
    ends_at: Time,
    revoked: bool,
}

/// What should be so.
#[derive(Default)]
struct Model {
    /// Whether each session so far is alive.
    sessions: Vec<bool>,
    shut_out: bool,
    codes: Vec<Code>,
    families: Vec<Family>,
    access_tokens: Vec<AccessToken>,
}

impl Model {
    fn session_lives(&self, session: usize) -> bool {
        self.sessions[session]
    }

    fn family_lives(&self, family: usize, now: Time) -> bool {
        let Family { session, offline, revoked, idle_ends_at, absolute_ends_at, .. } = self.families[family];
        !revoked && !self.shut_out && now < idle_ends_at && now < absolute_ends_at && (offline || self.session_lives(session))
    }

    fn token_opens(&self, token: &AccessToken, now: Time) -> bool {
        !token.revoked && now < token.ends_at && self.family_lives(token.family, now)
    }
}

/// The model and what is held against it.
struct Play<'a> {
    provider: &'a Provider,
    shop: &'a RelyingParty,
    wiki: &'a RelyingParty,
    ada: Person,
    model: Model,
    /// How often what happened, in all cases.
    happened: &'a Mutex<BTreeMap<&'static str, usize>>,
}

impl Play<'_> {
    fn counts(&self, what: &'static str) {
        *self.happened.lock().unwrap().entry(what).or_default() += 1;
    }

    fn now(&self) -> Time {
        self.provider.clock.now()
    }

    async fn does(&mut self, step: Step) {
        match step {
            Step::Ask { offline } => self.asks(offline).await,
            Step::Begin { offline } => {
                self.asks(offline).await;
                if !self.model.shut_out {
                    self.redeems(self.model.codes.len() - 1, Shown::Right).await;
                }
            }
            Step::Redeem { code, shown } if !self.model.codes.is_empty() => self.redeems(from_the_last(code, &self.model.codes), shown).await,
            Step::Refresh { family, older, how } if !self.model.families.is_empty() => {
                self.refreshes(from_the_last(family, &self.model.families), older, how).await;
            }
            Step::Revoke { family, older } if !self.model.families.is_empty() => {
                let family = from_the_last(family, &self.model.families);
                let found = &mut self.model.families[family];
                found.revoked = true;
                let token = &found.generations[found.generations.len().saturating_sub(1 + older)];
                self.shop.revokes(token).await.is(200);
            }
            Step::RevokeAccess { token } if !self.model.access_tokens.is_empty() => {
                let token = from_the_last(token, &self.model.access_tokens);
                let found = &mut self.model.access_tokens[token];
                found.revoked = true;
                self.shop.revokes(&found.text).await.is(200);
            }
            Step::SignOut => self.signs_out().await,
            Step::ShutOut => {
                users::deactivate(&self.provider.app, &Email::parse("ada@shop.test").unwrap(), &Origin::command_line()).await.unwrap();
                self.model.shut_out = true;
                // What was ended stays ended when they are let in again.
                self.model.sessions.iter_mut().for_each(|session| *session = false);
                self.model.families.iter_mut().for_each(|family| family.revoked = true);
            }
            Step::LetIn => {
                users::activate(&self.provider.app, &Email::parse("ada@shop.test").unwrap(), &Origin::command_line()).await.unwrap();
                self.model.shut_out = false;
            }
            Step::Wait(pause) => {
                self.provider.clock.advance(pause);
                if pause > SESSION_IDLE {
                    self.model.sessions.iter_mut().for_each(|session| *session = false);
                }
            }
            Step::Redeem { .. } | Step::Refresh { .. } | Step::Revoke { .. } | Step::RevokeAccess { .. } => {}
        }
        if !matches!(step, Step::Ask { .. }) {
            self.agrees().await;
        }
    }

    async fn asks(&mut self, offline: bool) {
        if self.model.shut_out {
            return;
        }
        if !self.model.sessions.last().is_some_and(|session| *session) {
            // The one before is over, and the browser is told so by nobody but the provider.
            self.model.sessions.push(true);
        }
        let (asked, text) = self.shop.obtains_code(&mut self.ada, if offline { &["offline_access"] } else { &[] }).await;
        let (issued_at, session) = (self.now(), self.model.sessions.len() - 1);
        self.model.codes.push(Code { asked, text, issued_at, session, offline, fate: Fate::Fresh });
    }

    async fn redeems(&mut self, index: usize, shown: Shown) {
        let (now, code) = (self.now(), &self.model.codes[index]);
        let other = "https://shop.test/other".to_owned();
        let redirect_uri = if matches!(shown, Shown::OtherAddress) { other } else { self.shop.redirect_uri.to_string() };
        let wrong = code.asked.verifier.chars().rev().collect::<String>();
        let mut pairs = vec![("grant_type", "authorization_code"), ("code", code.text.as_str()), ("redirect_uri", &redirect_uri)];
        match shown {
            Shown::NoVerifier => {}
            Shown::WrongVerifier => pairs.push(("code_verifier", &wrong)),
            _ => pairs.push(("code_verifier", &code.asked.verifier)),
        }
        let client = if matches!(shown, Shown::OtherClient) { self.wiki } else { self.shop };
        let answer = client.posts("token_endpoint", &pairs).await;

        let in_time = now < code.issued_at.plus(CODE);
        let (session, offline, fate) = (code.session, code.offline, code.fate);
        match (shown, fate) {
            (Shown::WrongVerifier, Fate::Fresh) if in_time => {
                self.model.codes[index].fate = Fate::Burned;
                self.counts("burned");
            }
            (Shown::Right, Fate::Burned) if in_time => self.counts("burned before"),
            (Shown::Right, Fate::Fresh) if in_time && self.model.session_lives(session) => {
                let index_of_family = self.model.families.len();
                self.model.codes[index].fate = Fate::Gave(index_of_family);
                let (idle_ends_at, absolute_ends_at) = (now.plus(REFRESH_IDLE), now.plus(REFRESH_ABSOLUTE));
                let family = Family { session, offline, generations: Vec::new(), rotated_at: now, idle_ends_at, absolute_ends_at, revoked: false };
                self.model.families.push(family);
                self.counts("redeemed");
                return self.gets(&answer, index_of_family);
            }
            // A code that comes again, and is right in everything else: it may have been stolen.
            (Shown::Right, Fate::Gave(family)) if in_time && self.model.session_lives(session) => {
                self.model.families[family].revoked = true;
                self.counts("replayed");
            }
            _ => {}
        }
        is_refused(&answer, "invalid_grant");
    }

    async fn refreshes(&mut self, index: usize, older: usize, how: Refreshed) {
        let (now, family) = (self.now(), &self.model.families[index]);
        let newest = family.generations.len() - 1;
        let generation = newest.saturating_sub(older);
        let mut pairs = vec![("grant_type", "refresh_token"), ("refresh_token", family.generations[generation].as_str())];
        if matches!(how, Refreshed::MoreScope) {
            pairs.push(("scope", "openid phone"));
        }
        let client = if matches!(how, Refreshed::OtherClient) { self.wiki } else { self.shop };
        let answer = client.posts("token_endpoint", &pairs).await;

        let lives = self.model.family_lives(index, now);
        let family = &mut self.model.families[index];
        match how {
            Refreshed::MoreScope if lives => return is_refused(&answer, "invalid_scope"),
            Refreshed::Right if lives && generation == newest => {
                (family.rotated_at, family.idle_ends_at) = (now, now.plus(REFRESH_IDLE).min(family.absolute_ends_at));
                self.counts("refreshed");
                return self.gets(&answer, index);
            }
            Refreshed::Right if lives && generation + 1 == newest && now.since(family.rotated_at) < RACE_WINDOW => {
                // The answer may have got lost: the same successor, and nothing moves.
                assert_eq!(answer.clone().expect(200).json()["refresh_token"].as_str(), Some(family.generations[newest].as_str()));
                family.generations.pop();
                self.counts("given again");
                return self.gets(&answer, index);
            }
            Refreshed::Right if lives => {
                family.revoked = true;
                self.counts("reused");
            }
            _ => {}
        }
        is_refused(&answer, "invalid_grant");
    }

    fn gets(&mut self, answer: &Answer, family: usize) {
        let now = self.now();
        let tokens = answer.clone().expect(200).json();
        let text = |name: &str| tokens[name].as_str().unwrap_or_else(|| panic!("no {name}: {answer}")).to_owned();
        let refresh_token = text("refresh_token");
        assert!(!self.model.families.iter().any(|family| family.generations.contains(&refresh_token)), "a refresh token was given twice");
        let ends_at = now.plus(ACCESS_TOKEN).min(self.model.families[family].absolute_ends_at);
        self.model.families[family].generations.push(refresh_token);
        self.model.access_tokens.push(AccessToken { text: text("access_token"), family, ends_at, revoked: false });
    }

    async fn signs_out(&mut self) {
        let arrival = self.ada.opens(self.provider.url("/account")).await;
        if arrival.page(200).name() == "dashboard" {
            self.ada.presses("sign-out", &[]).await.shows("signed-out");
        }
        if let Some(session) = self.model.sessions.last_mut() {
            *session = false;
        }
    }

    /// Every access token that there is opens what it should, and nothing else.
    async fn agrees(&self) {
        let now = self.now();
        // Those that are long over are over for good.
        for token in self.model.access_tokens.iter().filter(|token| now < token.ends_at.plus(ACCESS_TOKEN)) {
            let answer = self.shop.asks_userinfo(&token.text).await;
            let opens = self.model.token_opens(token, now);
            assert_eq!(answer.status.as_u16(), if opens { 200 } else { 401 }, "an access token of family {}: {answer}", token.family);
        }
    }
}

/// The place of the one that is so many before the last.
fn from_the_last<T>(before: usize, all: &[T]) -> usize {
    all.len() - 1 - before % all.len()
}

#[track_caller]
fn is_refused(answer: &Answer, error: &str) {
    assert_eq!((answer.status.as_u16(), answer.error_code().as_str()), (400, error), "{answer}");
}

/// A-CODE-01, A-CODE-02, A-CODE-03, A-CODE-05, A-CODE-06, A-RT-01, A-RT-02, A-RT-03, A-RT-05, A-RT-08, A-REV-02, A-LO-05: whatever happens in whatever
/// order, each step is answered as the model says, one lineage of a family lives or none, and every access token opens exactly while it should.
#[test]
fn codes_and_families_do_what_the_model_says() {
    let wanted = std::env::var("WEFTID_CASES").ok().map(|cases| cases.parse().expect("WEFTID_CASES is a number"));
    let rng = wanted
        .map_or_else(|| TestRng::deterministic_rng(RngAlgorithm::ChaCha), |_: u32| TestRng::from_seed(RngAlgorithm::ChaCha, &random::bytes::<32>()));
    let config = Config { cases: wanted.unwrap_or(48), failure_persistence: None, max_shrink_iters: 200, ..Config::default() };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let (provider, ada, shop, wiki) = runtime.block_on(async {
        let provider = Provider::start(Kind::Sqlite).await;
        let (ada, shop, wiki) = (ada(&provider).await, provider.shop("shop").await, provider.shop("wiki").await);
        (provider, ada, shop, wiki)
    });
    let happened = Mutex::default();
    let outcome = TestRunner::new_with_rng(config, rng).run(&steps(), |steps| {
        runtime.block_on(async {
            // Each case has a browser of its own, and begins with nothing.
            let ada = ada.at_another_browser();
            let mut play = Play { provider: &provider, shop: &shop, wiki: &wiki, ada, model: Model::default(), happened: &happened };
            play.does(Step::LetIn).await;
            for step in steps {
                play.does(step).await;
            }
        });
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
    let happened = happened.into_inner().unwrap();
    for what in ["burned", "burned before", "redeemed", "replayed", "refreshed", "given again", "reused"] {
        assert!(happened.contains_key(what), "{what} never happened: {happened:?}");
    }
    println!("{happened:?}");
}
