//! josekit signs and verifies; openidconnect supplies the types of what is signed.
//!
//! openidconnect can sign as well, but with the `rsa` crate, whose private-key operations leak time (RUSTSEC-2023-0071); its private
//! keys are therefore never used here (a test reads the source for them). A verifier is always bound to one key and one algorithm, so
//! that what a token says about itself chooses nothing.

mod access_token;
mod client_jws;
mod id_token;
mod logout_token;
mod own_token;
mod signed_user_info;
mod signing_key;

pub use access_token::{AccessTokenFacts, VerifiedAccessToken, mint_access_token, verify_access_token};
pub use client_jws::{ClientJws, NotVerified};
pub use id_token::{IdTokenFacts, NotMinted, mint_id_token};
pub use logout_token::{LogoutTokenFacts, mint_logout_token};
pub use own_token::{LONGEST_TOKEN, NotOurs, VerifiedHint, verify_own_token};
pub use signed_user_info::mint_user_info;
pub use signing_key::{BadKey, SigningKey, generate_private, jwks};

#[cfg(test)]
mod tests;
