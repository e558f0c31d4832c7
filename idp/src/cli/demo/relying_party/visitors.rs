//! Who is here: for each browser what it is about to do and where it is signed in. In memory, bounded, and gone with the process.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use openidconnect::{Nonce, PkceCodeVerifier};
use serde_json::{Map, Value};

use crate::base::clock::Time;
use crate::base::digest::Digest;
use crate::base::{base64url, random};
use crate::cli::demo::relying_party::provider::Tokens;
use crate::cli::demo::relying_party::shown::Change;

/// How long somebody may take at the provider.
pub(super) const SIGN_IN_LIFETIME: Duration = Duration::from_mins(10);
/// How many journeys to the provider one browser may have under way.
const MOST_JOURNEYS: usize = 8;

/// A sign-in under way: what must come back, and what redeems the code. Taken out once, and never put back.
pub(super) struct SignIn {
    /// `state`, which names it.
    pub(super) state: String,
    /// The application that began it, by its place in the settings.
    pub(super) application: usize,
    /// `nonce`, which the ID token must carry.
    pub(super) nonce: Nonce,
    /// The PKCE verifier.
    pub(super) verifier: PkceCodeVerifier,
    /// Until when it may come back.
    pub(super) ends_at: Time,
}

/// Somebody signed in to one application.
#[derive(Clone)]
pub(super) struct SignedIn {
    /// What the provider gave.
    pub(super) tokens: Tokens,
    /// What userinfo said last.
    pub(super) userinfo: Map<String, Value>,
    /// When it said so.
    pub(super) userinfo_at: Time,
    /// What the last button did.
    pub(super) news: Option<News>,
}

/// What the last button did, for the page that follows.
#[derive(Clone)]
pub(super) enum News {
    /// The tokens are new.
    Refreshed(Vec<Change>),
    /// Userinfo was asked again.
    Userinfo,
}

/// One browser.
pub(super) struct Visitor {
    /// What its forms carry.
    pub(super) csrf: String,
    /// Where it is signed in, by the application's place in the settings.
    pub(super) signed_in: BTreeMap<usize, SignedIn>,
    sign_ins: VecDeque<SignIn>,
    sign_outs: VecDeque<(usize, String)>,
    last_seen: u64,
}

impl Visitor {
    /// Remembers a sign-in; the oldest makes room.
    pub(super) fn begins(&mut self, sign_in: SignIn) {
        self.sign_ins.truncate(MOST_JOURNEYS - 1);
        self.sign_ins.push_front(sign_in);
    }

    /// Takes out the sign-in that this `state` names. One that belongs to another application or is over is gone all the same.
    pub(super) fn comes_back(&mut self, application: usize, state: &str, now: Time) -> Option<SignIn> {
        let at = self.sign_ins.iter().position(|sign_in| sign_in.state == state)?;
        self.sign_ins.remove(at).filter(|sign_in| sign_in.application == application && now < sign_in.ends_at)
    }

    /// Signs out of one application, and remembers the `state` under which the provider will send the browser back.
    pub(super) fn leaves(&mut self, application: usize, state: String) {
        self.signed_in.remove(&application);
        self.sign_outs.truncate(MOST_JOURNEYS - 1);
        self.sign_outs.push_front((application, state));
    }

    /// Whether this `state` ends a sign-out that began here. True once.
    pub(super) fn has_left(&mut self, application: usize, state: &str) -> bool {
        let at = self.sign_outs.iter().position(|(of, known)| *of == application && known == state);
        at.and_then(|at| self.sign_outs.remove(at)).is_some()
    }
}

/// All browsers, found by what their cookie holds.
pub(super) struct Visitors {
    most: usize,
    seats: Mutex<Seats>,
}

#[derive(Default)]
struct Seats {
    taken: HashMap<Digest, Visitor>,
    steps: u64,
}

impl Visitors {
    /// Nobody yet, and never more than `most`.
    pub(super) fn new(most: usize) -> Self {
        Self { most, seats: Mutex::default() }
    }

    /// Does something with the visitor whose cookie holds `key`; nothing, if there is none.
    pub(super) fn with<T>(&self, key: Option<&str>, act: impl FnOnce(&mut Visitor) -> T) -> Option<T> {
        let name = Digest::of(key?);
        self.locked(|seats| {
            seats.steps += 1;
            let visitor = seats.taken.get_mut(&name)?;
            visitor.last_seen = seats.steps;
            Some(act(visitor))
        })
    }

    /// A new visitor; the answer is what its cookie holds.
    pub(super) fn welcome(&self) -> String {
        let visitor = Visitor { csrf: random_key(), signed_in: BTreeMap::new(), sign_ins: VecDeque::new(), sign_outs: VecDeque::new(), last_seen: 0 };
        self.seat(visitor)
    }

    /// The same visitor under a new key, once somebody has signed in: a key that was planted before that opens nothing.
    pub(super) fn rekey(&self, key: &str) -> Option<String> {
        let visitor = self.locked(|seats| seats.taken.remove(&Digest::of(key)))?;
        Some(self.seat(visitor))
    }

    fn seat(&self, mut visitor: Visitor) -> String {
        let key = random_key();
        self.locked(|seats| {
            while seats.taken.len() >= self.most {
                let oldest = seats.taken.iter().min_by_key(|(_, visitor)| visitor.last_seen).map(|(name, _)| *name);
                let Some(oldest) = oldest else { break };
                seats.taken.remove(&oldest);
            }
            seats.steps += 1;
            visitor.last_seen = seats.steps;
            seats.taken.insert(Digest::of(&key), visitor);
        });
        key
    }

    fn locked<T>(&self, act: impl FnOnce(&mut Seats) -> T) -> T {
        act(&mut self.seats.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// 256 random bits.
pub(super) fn random_key() -> String {
    base64url::encode(random::bytes::<32>())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Time = Time::from_seconds(1_000);

    fn sign_in(state: &str) -> SignIn {
        let verifier = PkceCodeVerifier::new("v".repeat(43));
        SignIn { state: state.to_owned(), application: 0, nonce: Nonce::new_random(), verifier, ends_at: NOW.plus(SIGN_IN_LIFETIME) }
    }

    #[test]
    fn a_sign_in_comes_back_once_in_time_and_to_who_began_it() {
        let visitors = Visitors::new(10);
        let key = visitors.welcome();
        let tries =
            |application, state: &str, now| visitors.with(Some(&key), |visitor| visitor.comes_back(application, state, now).is_some()).unwrap();
        for state in ["used", "late", "elsewhere"] {
            visitors.with(Some(&key), |visitor| visitor.begins(sign_in(state)));
        }
        assert!(!tries(0, "unknown", NOW));
        assert!(tries(0, "used", NOW) && !tries(0, "used", NOW));
        assert!(!tries(0, "late", NOW.plus(SIGN_IN_LIFETIME)) && !tries(0, "late", NOW));
        assert!(!tries(1, "elsewhere", NOW) && !tries(0, "elsewhere", NOW));
    }

    #[test]
    fn journeys_under_way_are_bounded_and_the_newest_stay() {
        let visitors = Visitors::new(10);
        let key = visitors.welcome();
        let found = visitors.with(Some(&key), |visitor| {
            (0..=MOST_JOURNEYS).for_each(|number| visitor.begins(sign_in(&number.to_string())));
            (0..=MOST_JOURNEYS).filter(|number| visitor.comes_back(0, &number.to_string(), NOW).is_some()).collect::<Vec<_>>()
        });
        assert_eq!(found, Some((1..=MOST_JOURNEYS).collect()));
    }

    #[test]
    fn who_was_away_longest_makes_room() {
        let visitors = Visitors::new(2);
        let (first, second) = (visitors.welcome(), visitors.welcome());
        assert!(visitors.with(Some(&first), |_| ()).is_some());
        let third = visitors.welcome();
        let here = [&first, &second, &third].map(|key| visitors.with(Some(key), |_| ()).is_some());
        assert_eq!(here, [true, false, true]);
    }

    #[test]
    fn a_new_key_replaces_the_old_one() {
        let visitors = Visitors::new(2);
        let old = visitors.welcome();
        let csrf = visitors.with(Some(&old), |visitor| visitor.csrf.clone());
        let new = visitors.rekey(&old).unwrap();
        assert!(visitors.with(Some(&old), |_| ()).is_none());
        assert_eq!(visitors.with(Some(&new), |visitor| visitor.csrf.clone()), csrf);
        assert!(visitors.rekey(&old).is_none());
    }

    #[test]
    fn a_sign_out_is_confirmed_once() {
        let visitors = Visitors::new(2);
        let key = visitors.welcome();
        let seen = visitors.with(Some(&key), |visitor| {
            visitor.leaves(1, "s".to_owned());
            [visitor.has_left(0, "s"), visitor.has_left(1, "other"), visitor.has_left(1, "s"), visitor.has_left(1, "s")]
        });
        assert_eq!(seen, Some([false, false, true, false]));
    }
}
