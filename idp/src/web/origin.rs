//! Where a change comes from, for the audit log: the request's id and the network it came from.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use http::request::Parts;

use crate::actions::audit::{Actor, Origin};
use crate::web::peer::Peer;
use crate::web::request_id::RequestId;

/// Extractor: the origin of whatever this request changes. Who asked is for the handler to add.
#[derive(Clone, Debug)]
pub struct RequestOrigin(pub Origin);

impl<S: Send + Sync> FromRequestParts<S> for RequestOrigin {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let id = RequestId::from_request_parts(parts, state).await?;
        let Peer(network) = Peer::from_request_parts(parts, state).await?;
        Ok(Self(Origin { actor: Actor::Nobody, request_id: Some(id.as_str().to_owned()), network: Some(network.to_string()) }))
    }
}
