//! The flood guard: how much one network (or whoever else is counted) may ask us to judge. It is in memory, on each node; what is beyond it is answered with 429 and
//! written nowhere, so that what isn't judged isn't burnt.

use std::fmt::Debug;
use std::hash::Hash;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use crate::base::error::{AppError, Kind};
use crate::base::network::Network;

/// Counts attempts, by network unless it is said otherwise.
#[derive(Clone, Debug)]
pub struct FloodGuard<K: Clone + Eq + Hash + Debug = Network>(Arc<DefaultKeyedRateLimiter<K>>);

impl<K: Clone + Eq + Hash + Debug> FloodGuard<K> {
    /// Lets `per_minute` attempts of each through, as many of them at once.
    pub fn new(per_minute: u32) -> Self {
        let per_minute = NonZeroU32::new(per_minute).unwrap_or(NonZeroU32::MIN);
        Self(Arc::new(RateLimiter::keyed(Quota::per_minute(per_minute))))
    }

    /// Counts an attempt; refuses it when `key` has used up what it may.
    pub fn admit(&self, key: &K) -> Result<(), AppError> {
        self.0.check_key(key).map_err(|until| {
            let wait: Duration = until.wait_time_from(DefaultClock::default().now());
            AppError::new(Kind::TooMany(wait), "too_many_attempts").because("a network has used up its attempts")
        })
    }

    /// Forgets those that could ask for everything again, so that strangers can't fill the memory.
    pub fn forget_quiet_networks(&self) {
        self.0.retain_recent();
        self.0.shrink_to_fit();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_has_its_own_allowance() {
        let guard = FloodGuard::new(2);
        let network = |text: &str| Network::of(text.parse().unwrap());
        assert!(guard.admit(&network("192.0.2.1")).is_ok());
        assert!(guard.admit(&network("192.0.2.1")).is_ok());
        let refused = guard.admit(&network("192.0.2.1")).unwrap_err();
        assert!(matches!(refused.kind, Kind::TooMany(wait) if wait > Duration::ZERO && wait <= Duration::from_mins(1)));
        assert!(guard.admit(&network("192.0.2.2")).is_ok());
    }
}
