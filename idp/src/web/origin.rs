//! Where a change comes from, as the audit log says it: the request and its network. Who asked is added once that is proved.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use http::header::ACCEPT_LANGUAGE;
use http::request::Parts;

use crate::actions::audit::{Actor, Origin};
use crate::app::App;
use crate::web::device;
use crate::web::peer::Peer;
use crate::web::request_id::RequestId;

/// The origin of whatever this request changes, by nobody yet ([`Origin::by`] says who).
#[derive(Clone, Debug)]
pub struct RequestOrigin(pub Origin);

impl FromRequestParts<App> for RequestOrigin {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let request_id = RequestId::from_request_parts(parts, app).await?;
        let Peer(network) = Peer::from_request_parts(parts, app).await?;
        let asked = parts.headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        Ok(Self(Origin {
            actor: Actor::Nobody,
            request_id: Some(request_id.as_str().to_owned()),
            network: Some(network.to_string()),
            device: device::of(&parts.headers),
            language: Some(app.templates().negotiate(asked).lang().to_owned()),
        }))
    }
}
