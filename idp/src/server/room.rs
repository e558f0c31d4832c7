//! How many connections may be open at the same time: all together, and from one network, so that one stranger can't hold them all
//! (E-LOAD-01).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::base::network::Network;

/// How many connections each network has; networks without any are not in it.
type Taken = Arc<Mutex<HashMap<Network, usize>>>;

/// The room for connections.
pub(super) struct Room {
    all: Arc<Semaphore>,
    each: usize,
    taken: Taken,
}

/// A place in the room; dropping it frees it.
pub(super) struct Place {
    _one_of_all: OwnedSemaphorePermit,
    of: Option<(Taken, Network)>,
}

impl Room {
    /// Room for so many connections, and so many from each network.
    pub(super) fn new(all: u32, each: u32) -> Self {
        let size = |number: u32| usize::try_from(number).unwrap_or(usize::MAX >> 3);
        Self { all: Arc::new(Semaphore::new(size(all))), each: size(each), taken: Arc::default() }
    }

    /// Waits until there is room for one more: until then nobody is let in, and the operating system lets them queue.
    pub(super) async fn for_one_more(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.all).acquire_owned().await.ok()
    }

    /// The place for a connection from this network; none when it has its share. `None` for a network is a trusted proxy, which has no share
    /// of its own: it speaks for everybody.
    pub(super) fn place(&self, one_of_all: OwnedSemaphorePermit, network: Option<Network>) -> Option<Place> {
        let Some(network) = network else { return Some(Place { _one_of_all: one_of_all, of: None }) };
        {
            let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
            let count = taken.entry(network).or_default();
            if *count >= self.each {
                return None;
            }
            *count += 1;
        }
        Some(Place { _one_of_all: one_of_all, of: Some((Arc::clone(&self.taken), network)) })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Some((taken, network)) = &self.of else { return };
        let mut taken = taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = taken.get_mut(network) {
            *count -= 1;
            if *count == 0 {
                taken.remove(network);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// E-LOAD-01: one network has its share, a trusted proxy needs none, and what is given back is there again.
    #[tokio::test]
    async fn a_network_has_its_share_of_the_room() {
        let room = Room::new(4, 2);
        let enters = async |address: Option<&str>| {
            let network = address.map(|address| Network::of(address.parse().unwrap()));
            room.place(room.for_one_more().await.unwrap(), network)
        };
        let (first, second) = (enters(Some("192.0.2.1")).await, enters(Some("192.0.2.1")).await);
        assert!(first.is_some() && second.is_some() && enters(Some("192.0.2.1")).await.is_none());
        let (other, proxy) = (enters(Some("192.0.2.2")).await, enters(None).await);
        assert!(other.is_some() && proxy.is_some());
        assert!(room.all.try_acquire().is_err(), "the room is full");
        drop((first, proxy));
        assert!(enters(Some("192.0.2.1")).await.is_some());
        drop((second, other));
        assert!(room.taken.lock().unwrap().is_empty(), "who is gone is forgotten");
        assert_eq!(room.all.available_permits(), 4);
    }
}
