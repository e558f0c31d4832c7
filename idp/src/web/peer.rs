//! Who is at the other end of the connection.

use std::convert::Infallible;
use std::net::SocketAddr;

use axum::extract::{ConnectInfo, FromRequestParts};
use http::request::Parts;

use crate::base::network::Network;

/// The network the connection comes from. Headers that claim another one are not read.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub Network);

impl<S: Send + Sync> FromRequestParts<S> for Peer {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let address = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(address)| address.ip());
        Ok(Self(address.map(Network::of).unwrap_or_default()))
    }
}
