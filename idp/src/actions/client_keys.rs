//! The public keys of a client: what its assertions and request objects are verified with.

use crate::app::App;
use crate::protocol::client_jwks::ClientJwks;
use crate::store::client::Client;

/// Why there are no keys to verify with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoClientKeys {
    /// The client registered none that can be read from here.
    #[error("the client has no keys that can be read")]
    None,
}

/// The keys that the client registered as `jwks`. `wanted_kid` is the name of the key that is looked for, so that keys which are fetched from
/// elsewhere can be fetched again when it is not among them.
#[expect(clippy::unused_async, reason = "keys that stand at an address of the client's are fetched")]
pub async fn client_keys(_app: &App, client: &Client, _wanted_kid: Option<&str>) -> Result<ClientJwks, NoClientKeys> {
    client.metadata.jwks.clone().ok_or(NoClientKeys::None)
}
