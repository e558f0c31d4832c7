//! How much goes on at one host at the same time: whoever is slow keeps their own questions waiting and nobody else's.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use url::Url;

use crate::adapters::outbound::NotFetched;

/// How many questions are asked of one host at the same time.
pub(super) const AT_ONCE: usize = 4;

/// The hosts at which something goes on; the others are not in it.
#[derive(Debug, Default)]
pub(super) struct Hosts(Mutex<HashMap<String, Weak<Semaphore>>>);

/// A place at a host. It is held by the question, and by a lookup that outlives it.
#[derive(Clone, Debug)]
pub(super) struct Place {
    _permit: Arc<OwnedSemaphorePermit>,
}

impl Hosts {
    /// Waits for a place at the host and port of this address.
    pub(super) async fn place(&self, url: &Url) -> Result<Place, NotFetched> {
        let host = format!("{}:{}", url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or_default());
        let permit = self.of(host).acquire_owned().await;
        permit.map(|permit| Place { _permit: Arc::new(permit) }).map_err(|error| NotFetched::Unreachable(error.to_string()))
    }

    fn of(&self, host: String) -> Arc<Semaphore> {
        let mut hosts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(places) = hosts.get(&host).and_then(Weak::upgrade) {
            return places;
        }
        hosts.retain(|_, places| places.strong_count() > 0);
        let places = Arc::new(Semaphore::new(AT_ONCE));
        hosts.insert(host, Arc::downgrade(&places));
        places
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A-SSRF-02: so many at once at one host; another has its own places; who is done is forgotten.
    #[tokio::test]
    async fn one_host_has_so_many_places() {
        let hosts = Hosts::default();
        let (slow, other) = (Url::parse("https://slow.test/a").unwrap(), Url::parse("https://other.test/").unwrap());
        let mut places = Vec::new();
        for _ in 0..AT_ONCE {
            places.push(hosts.place(&slow).await.unwrap());
        }
        let wait = std::time::Duration::from_millis(50);
        let again = Url::parse("https://SLOW.test:443/b").unwrap();
        assert!(tokio::time::timeout(wait, hosts.place(&again)).await.is_err());
        assert!(tokio::time::timeout(wait, hosts.place(&other)).await.is_ok());
        let kept_by_a_lookup = places.pop().unwrap();
        let lookup = kept_by_a_lookup.clone();
        drop(kept_by_a_lookup);
        assert!(tokio::time::timeout(wait, hosts.place(&slow)).await.is_err());
        drop(lookup);
        assert!(tokio::time::timeout(wait, hosts.place(&slow)).await.is_ok());
        drop(places);
        drop(hosts.place(&other).await.unwrap());
        assert_eq!(hosts.0.lock().unwrap().len(), 1);
    }
}
