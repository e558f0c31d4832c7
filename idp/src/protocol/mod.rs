//! The words of OAuth 2 and OpenID Connect. Pure: no HTTP, no database, no clock.

pub mod authorization_request;
pub mod authorization_response;
pub mod claim_values;
pub mod claims;
pub mod client_jwks;
pub mod client_metadata;
pub mod client_uri;
pub mod discovery;
pub mod error;
pub mod logout;
pub mod next_step;
pub mod params;
pub mod pkce;
pub mod profile;
pub mod prompt;
pub mod redirect_uri;
pub mod registered_word;
pub mod requested_acr;
pub mod resource;
pub mod response_mode;
pub mod return_address;
pub mod scope;
pub mod signing_algorithm;
pub mod time_zone;
