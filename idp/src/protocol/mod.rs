//! The words of OAuth 2 and OpenID Connect. Pure: no HTTP, no database, no clock.

pub mod signing_algorithm;
