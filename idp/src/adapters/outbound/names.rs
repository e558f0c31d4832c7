//! Names and their addresses: looked up once by the operating system, and from then on only what was checked.

use std::net::{IpAddr, SocketAddr, ToSocketAddrs as _};
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::sync::Semaphore;

use crate::adapters::outbound::hosts::Place;

/// How many lookups are under way at the same time. Each holds a thread until the operating system gives up on a name.
const AT_ONCE: usize = 32;

/// Who knows which addresses a name has.
#[derive(Clone, Debug)]
pub(super) enum Names {
    /// The operating system.
    System(Arc<Semaphore>),
    /// A test.
    #[cfg(test)]
    Told(crate::adapters::outbound::tests::Told),
}

impl Names {
    pub(super) fn system() -> Self {
        Self::System(Arc::new(Semaphore::new(AT_ONCE)))
    }

    /// The addresses of this name. The place at its host stays taken until the lookup is over, though nobody may wait for it any more.
    pub(super) async fn look_up(&self, name: &str, place: &Place) -> Result<Vec<IpAddr>, String> {
        match self {
            Self::System(lookups) => {
                let permit = Arc::clone(lookups).acquire_owned().await.map_err(|error| error.to_string())?;
                let (name, place) = (name.to_owned(), place.clone());
                let found = tokio::task::spawn_blocking(move || {
                    let found = (name.as_str(), 0).to_socket_addrs().map(|found| found.map(|address| address.ip()).collect());
                    drop((permit, place));
                    found
                });
                found.await.map_err(|error| error.to_string())?.map_err(|error| error.to_string())
            }
            #[cfg(test)]
            Self::Told(told) => Ok(told.addresses(name)),
        }
    }
}

/// What a client is told when it asks for a name, whichever it is: the addresses that were checked.
pub(super) struct Checked(Vec<SocketAddr>);

impl Checked {
    pub(super) const fn new(addresses: Vec<SocketAddr>) -> Self {
        Self(addresses)
    }
}

impl Resolve for Checked {
    fn resolve(&self, _name: Name) -> Resolving {
        let addresses: Addrs = Box::new(self.0.clone().into_iter());
        Box::pin(std::future::ready(Ok(addresses)))
    }
}
