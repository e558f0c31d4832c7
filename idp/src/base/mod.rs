//! Ground floor: time, chance, secrets, sealed values, ids, urls, telemetry. No opinion about OpenID Connect, HTTP or the database.

pub mod base64url;
pub mod cidr;
pub mod client_secret;
pub mod clock;
pub mod digest;
pub mod distances;
pub mod email;
pub mod error;
pub mod flood_guard;
pub mod host;
pub mod id;
pub mod issuer;
pub mod network;
pub mod password;
pub mod public_address;
pub mod random;
pub mod repetition;
pub mod sealed;
pub mod secret;
pub mod session_secrets;
pub mod single_use;
pub mod telemetry;
pub mod unseen;
