//! The one clock of the house, and moments as milliseconds. Nothing else asks the operating system what time it is (clippy's
//! `disallowed-methods` sees to it), so that tests can move time and nodes can agree on it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A moment in UTC: milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Time(i64);

impl Time {
    /// The moment `millis` milliseconds after 1970.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// The moment `seconds` seconds after 1970.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1000))
    }

    /// Milliseconds since 1970: what is stored and compared.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since 1970, rounded down: what leaves the house in a token, so that it is never in the future.
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// The moment `duration` later.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(millis_of(duration)))
    }

    /// The moment `duration` earlier.
    #[must_use]
    pub fn minus(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(millis_of(duration)))
    }

    /// How long after `earlier` this is; zero when it is not after it.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

fn millis_of(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// Where `now` comes from. Cheap to clone; all clones show the same time.
#[derive(Clone, Debug)]
pub struct Clock(Arc<Source>);

#[derive(Debug)]
enum Source {
    /// The operating system's clock; `latest` keeps it from going backwards within this process.
    System { latest: AtomicI64 },
    /// A clock that stands still until a test moves it.
    Manual { now: AtomicI64 },
}

impl Clock {
    /// The operating system's clock, which never goes backwards within this process.
    pub fn system() -> Self {
        Self(Arc::new(Source::System { latest: AtomicI64::new(i64::MIN) }))
    }

    /// A clock that shows `start` until it is moved by [`Clock::advance`].
    pub fn manual(start: Time) -> Self {
        Self(Arc::new(Source::Manual { now: AtomicI64::new(start.millis()) }))
    }

    /// The present moment.
    pub fn now(&self) -> Time {
        match &*self.0 {
            Source::System { latest } => {
                let read = system_now().millis();
                Time(latest.fetch_max(read, Ordering::Relaxed).max(read))
            }
            Source::Manual { now } => Time(now.load(Ordering::Relaxed)),
        }
    }

    /// Moves a manual clock forward; the system's clock is not ours to move, and stays as it is.
    pub fn advance(&self, duration: Duration) {
        if let Source::Manual { now } = &*self.0 {
            now.fetch_add(millis_of(duration), Ordering::Relaxed);
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place that asks the operating system")]
fn system_now() -> Time {
    let since_1970 = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Time(millis_of(since_1970))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_leaves_is_rounded_down() {
        assert_eq!(Time::from_millis(1_999).seconds(), 1);
        assert_eq!(Time::from_millis(-1).seconds(), -1);
    }

    #[test]
    fn a_manual_clock_moves_only_when_told() {
        let clock = Clock::manual(Time::from_seconds(10));
        let seen_by_a_clone = clock.clone();
        clock.advance(Duration::from_secs(5));
        assert_eq!(seen_by_a_clone.now(), Time::from_seconds(15));
    }

    #[test]
    fn the_distance_to_a_later_moment_is_zero() {
        assert_eq!(Time::from_seconds(1).since(Time::from_seconds(2)), Duration::ZERO);
        assert_eq!(Time::from_seconds(2).since(Time::from_seconds(1)), Duration::from_secs(1));
    }
}
