//! What was fetched, kept in memory for a while, together with what could not be had (A-SSRF-03): whoever needs it waits for one fetch at most,
//! a thousand who need it at the same time wait for the same one, and nobody can make us ask somewhere more often than now and then.
//! Bounded in entries and bytes (E-LOAD-07); who was not needed for the longest time goes first.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::base::clock::{Clock, Time};

/// How things are kept.
#[derive(Clone, Copy, Debug)]
pub struct Manner {
    /// How long something is good whose server says nothing about it.
    pub usual: Duration,
    /// How long at least, and at most, whatever its server says.
    pub bounds: [Duration; 2],
    /// How long what is no longer fresh is still good while nothing newer can be had, from the time it was fetched.
    pub oldest: Duration,
    /// How soon after one fetch the next one may follow, whether it failed or brought too little.
    pub pause: Duration,
    /// The most entries.
    pub entries: usize,
    /// The most bytes, all entries together.
    pub bytes: usize,
}

impl Manner {
    /// Keys of clients: an unknown `kid` is asked for once a minute, and a key that was taken back is gone within an hour.
    pub const KEYS: Self = Self {
        usual: Duration::from_mins(10),
        bounds: [Duration::from_mins(1), Duration::from_hours(1)],
        oldest: Duration::from_hours(1),
        pause: Duration::from_mins(1),
        entries: 4096,
        bytes: 8 * 1024 * 1024,
    };
    /// Request objects: what is at their address never changes (OpenID Connect Core §6.2), but some do it all the same.
    pub const REQUEST_OBJECTS: Self = Self {
        usual: Duration::from_secs(10),
        bounds: [Duration::from_secs(10), Duration::from_mins(5)],
        oldest: Duration::from_secs(10),
        pause: Duration::from_secs(10),
        entries: 4096,
        bytes: 8 * 1024 * 1024,
    };
}

/// What a fetch brought.
#[derive(Clone, Debug)]
pub struct Fresh<V> {
    /// The value.
    pub value: V,
    /// How many bytes it came in.
    pub bytes: usize,
    /// How long its server says it stays as it is.
    pub max_age: Option<Duration>,
}

/// A cache of values by the address they come from.
#[derive(Debug)]
pub struct Cache<V> {
    manner: Manner,
    slots: Mutex<HashMap<String, Slot<V>>>,
}

#[derive(Debug)]
struct Slot<V> {
    kept: Option<Kept<V>>,
    /// When a fetch ended last.
    tried_at: Option<Time>,
    /// When it was needed last.
    needed_at: Time,
    /// Held by whoever fetches.
    flight: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Debug)]
struct Kept<V> {
    value: Arc<V>,
    bytes: usize,
    fetched_at: Time,
    fresh_until: Time,
}

enum Seen<V> {
    /// This is the answer for now.
    Answer(Option<Arc<V>>),
    /// Somebody must ask.
    Ask(Arc<tokio::sync::Mutex<()>>),
}

impl<V: Send + Sync + 'static> Cache<V> {
    /// An empty cache.
    pub fn new(manner: Manner) -> Self {
        Self { manner, slots: Mutex::default() }
    }

    /// The value from this address: the one that is here if it is fresh and `suffices`, or else what `fetch` brings, if it is time to ask again.
    /// What does not suffice is answered too; `None` is that nothing is to be had now.
    pub async fn get(
        self: &Arc<Self>,
        address: &str,
        clock: &Clock,
        suffices: impl Fn(&V) -> bool,
        fetch: impl Future<Output = Option<Fresh<V>>> + Send + 'static,
    ) -> Option<Arc<V>> {
        let flight = match self.look(address, clock.now(), &suffices) {
            Seen::Answer(answer) => return answer,
            Seen::Ask(flight) => flight.lock_owned().await,
        };
        // Perhaps it was brought while we waited.
        if let Seen::Answer(answer) = self.look(address, clock.now(), &suffices) {
            return answer;
        }
        let (cache, address, clock) = (Arc::clone(self), address.to_owned(), clock.clone());
        // In a task of its own: whoever asks and hangs up must not make us ask again and again.
        let fetched = tokio::spawn(async move {
            let fresh = fetch.await;
            let kept = cache.keep(&address, fresh, clock.now());
            drop(flight);
            kept
        });
        fetched.await.ok().flatten()
    }

    fn look(&self, address: &str, now: Time, suffices: &impl Fn(&V) -> bool) -> Seen<V> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(slot) = slots.get_mut(address) else {
            let slot = Slot { kept: None, tried_at: None, needed_at: now, flight: Arc::default() };
            let flight = Arc::clone(&slot.flight);
            slots.insert(address.to_owned(), slot);
            self.make_room(&mut slots, address);
            return Seen::Ask(flight);
        };
        slot.needed_at = now;
        if let Some(kept) = slot.kept.as_ref().filter(|kept| now < kept.fresh_until && suffices(&kept.value)) {
            return Seen::Answer(Some(Arc::clone(&kept.value)));
        }
        if slot.tried_at.is_some_and(|tried_at| now < tried_at.plus(self.manner.pause)) {
            return Seen::Answer(slot.usable(now, self.manner.oldest));
        }
        Seen::Ask(Arc::clone(&slot.flight))
    }

    fn keep(&self, address: &str, fresh: Option<Fresh<V>>, now: Time) -> Option<Arc<V>> {
        let Manner { usual, bounds: [least, most], oldest, .. } = self.manner;
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let slot = slots.entry(address.to_owned()).or_insert_with(|| Slot { kept: None, tried_at: None, needed_at: now, flight: Arc::default() });
        slot.tried_at = Some(now);
        if let Some(Fresh { value, bytes, max_age }) = fresh {
            let fresh_until = now.plus(max_age.unwrap_or(usual).clamp(least, most));
            slot.kept = Some(Kept { value: Arc::new(value), bytes, fetched_at: now, fresh_until });
        }
        let usable = slot.usable(now, oldest);
        self.make_room(&mut slots, address);
        usable
    }

    /// Makes room by forgetting who was not needed for the longest time, but for `newest`.
    fn make_room(&self, slots: &mut HashMap<String, Slot<V>>, newest: &str) {
        let too_many = |slots: &HashMap<String, Slot<V>>| {
            let bytes: usize = slots.iter().map(|(address, slot)| address.len() + slot.kept.as_ref().map_or(0, |kept| kept.bytes)).sum();
            slots.len() > self.manner.entries || bytes > self.manner.bytes
        };
        while too_many(slots) {
            let others = slots.iter().filter(|(address, _)| *address != newest);
            let Some(oldest) = others.min_by_key(|(_, slot)| slot.needed_at).map(|(address, _)| address.clone()) else { return };
            slots.remove(&oldest);
        }
    }
}

impl<V> Slot<V> {
    /// What is here, unless it is too old to believe.
    fn usable(&self, now: Time, oldest: Duration) -> Option<Arc<V>> {
        self.kept.as_ref().filter(|kept| now < kept.fetched_at.plus(oldest)).map(|kept| Arc::clone(&kept.value))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    struct Bench {
        cache: Arc<Cache<u32>>,
        clock: Clock,
        fetches: Arc<AtomicUsize>,
    }

    impl Bench {
        fn new(manner: Manner) -> Self {
            Self { cache: Arc::new(Cache::new(manner)), clock: Clock::manual(Time::from_seconds(1_000_000)), fetches: Arc::default() }
        }

        async fn get(&self, address: &str, at_least: u32, brings: Option<(u32, Option<u64>)>) -> Option<u32> {
            let fetches = Arc::clone(&self.fetches);
            let fetch = async move {
                fetches.fetch_add(1, Ordering::SeqCst);
                tokio::time::sleep(Duration::from_millis(20)).await;
                brings.map(|(value, seconds)| Fresh { value, bytes: 1000, max_age: seconds.map(Duration::from_secs) })
            };
            self.cache.get(address, &self.clock, |value| *value >= at_least, fetch).await.map(|value| *value)
        }

        fn fetches(&self) -> usize {
            self.fetches.load(Ordering::SeqCst)
        }
    }

    /// A-SSRF-03: fresh ones are not asked for; what is stale is, and is answered for a while if nothing newer can be had.
    #[tokio::test]
    async fn what_is_fresh_is_not_fetched_again() {
        let bench = Bench::new(Manner::KEYS);
        assert_eq!((bench.get("a", 0, Some((1, None))).await, bench.get("a", 0, None).await, bench.fetches()), (Some(1), Some(1), 1));
        bench.clock.advance(Manner::KEYS.usual);
        assert_eq!((bench.get("a", 0, Some((2, Some(86_400)))).await, bench.fetches()), (Some(2), 2));
        bench.clock.advance(Duration::from_mins(59));
        assert_eq!((bench.get("a", 0, None).await, bench.fetches()), (Some(2), 2), "an hour is the most, a day was promised");
        bench.clock.advance(Duration::from_mins(1));
        assert_eq!((bench.get("a", 0, None).await, bench.fetches()), (None, 3), "and then nothing old is believed");
        bench.clock.advance(Duration::from_mins(1));
        assert_eq!((bench.get("a", 0, Some((3, Some(0)))).await, bench.fetches()), (Some(3), 4));
        assert_eq!((bench.get("a", 0, None).await, bench.fetches()), (Some(3), 4), "a minute is the least, nothing was promised");
        bench.clock.advance(Duration::from_mins(1));
        assert_eq!((bench.get("a", 0, None).await, bench.fetches()), (Some(3), 5), "what is stale is good while nothing newer can be had");
    }

    /// A-SSRF-03: what can't be had, and what never suffices, is asked for once a minute, however many want it; others are not concerned.
    #[tokio::test]
    async fn a_storm_makes_one_fetch_a_minute() {
        let bench = Bench::new(Manner::KEYS);
        for minute in 1..=3 {
            let all = futures_util::future::join_all((0..200).map(|_| bench.get("dead", 0, None))).await;
            assert!(all.iter().all(Option::is_none));
            assert_eq!(bench.fetches(), minute);
            bench.clock.advance(Duration::from_mins(1));
        }
        let bench = Bench::new(Manner::KEYS);
        for minute in 1..=3 {
            let all = futures_util::future::join_all((0..200).map(|_| bench.get("a", 9, Some((1, None))))).await;
            assert!(all.iter().all(|value| *value == Some(1)), "they are told what there is");
            assert_eq!((bench.get("a", 1, None).await, bench.fetches()), (Some(1), minute), "and known ones need no fetch");
            bench.clock.advance(Duration::from_mins(1));
        }
        assert_eq!((bench.get("a", 9, Some((9, None))).await, bench.fetches()), (Some(9), 4));
    }

    /// A-SSRF-03: whoever hangs up leaves the fetch to the others, and does not make the next one ask again.
    #[tokio::test]
    async fn a_fetch_outlives_who_asked() {
        let bench = Bench::new(Manner::KEYS);
        for _ in 0..5 {
            let gave_up = tokio::time::timeout(Duration::from_millis(1), bench.get("a", 0, Some((1, None)))).await;
            assert!(gave_up.is_err());
        }
        assert_eq!((bench.get("a", 0, None).await, bench.fetches()), (Some(1), 1));
    }

    /// E-LOAD-07: neither many addresses nor large values fill the memory; what was needed last stays.
    #[tokio::test]
    async fn the_cache_is_bounded() {
        for manner in [Manner { entries: 10, ..Manner::KEYS }, Manner { bytes: 10_100, ..Manner::KEYS }] {
            let bench = Bench::new(manner);
            for number in 0..30 {
                bench.clock.advance(Duration::from_secs(1));
                bench.get(&format!("a{number}"), 0, Some((number, None))).await;
                bench.clock.advance(Duration::from_secs(1));
                assert_eq!(bench.get("a0", 0, None).await, Some(0));
            }
            assert_eq!((bench.fetches(), bench.cache.slots.lock().unwrap().len()), (30, 10));
        }
    }
}
