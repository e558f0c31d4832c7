//! Notices who sends the same value again and again where each should be new. In memory, on each node, and bounded: a few values of each client
//! that exists, for whoever repeats one repeats no others between.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use crate::base::digest::Digest;
use crate::base::id::ClientId;

/// How often a value comes before it is told.
pub const TOO_OFTEN: u32 = 20;
/// How many values of one client are remembered.
const REMEMBERED: usize = 4;

/// Which values clients sent lately.
#[derive(Debug, Default)]
pub struct Repetitions(Mutex<HashMap<ClientId, VecDeque<(Digest, u32)>>>);

impl Repetitions {
    /// Notes a value; `true` once, when it has come [`TOO_OFTEN`] times.
    pub fn note(&self, client: &ClientId, value: &str) -> bool {
        let digest = Digest::of(value);
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let values = all.entry(client.clone()).or_default();
        let before = values.iter().position(|(known, _)| *known == digest).and_then(|at| values.remove(at));
        let count = before.map_or(1, |(_, count)| count.saturating_add(1));
        if values.len() >= REMEMBERED {
            values.pop_front();
        }
        values.push_back((digest, count));
        count == TOO_OFTEN
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A-PKCE-06: told once, for the client that does it, and not for values that are new.
    #[test]
    fn a_value_is_told_once() {
        let repetitions = Repetitions::default();
        let (shop, wiki) = (ClientId::from_text("shop"), ClientId::from_text("wiki"));
        for number in 0..100 {
            assert!(!repetitions.note(&wiki, &number.to_string()));
        }
        let told: Vec<u32> = (1..100).filter(|_| repetitions.note(&shop, "same")).collect();
        assert_eq!(told, [TOO_OFTEN]);
    }
}
