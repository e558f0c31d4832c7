//! Userinfo as a signed JWT (OpenID Connect Core §5.3.2), for clients that registered an algorithm for it: the same claims, with `iss` and
//! `aud`. It says neither when it was made nor when it ends, so that nobody takes it for an ID token (A-TOK-08).

use serde_json::{Value, json};

use crate::adapters::jose::{NotMinted, SigningKey};
use crate::base::base64url;
use crate::base::id::ClientId;
use crate::base::issuer::Issuer;
use crate::protocol::claims::UserInfo;

/// Signs what userinfo tells this client.
pub fn mint_user_info(key: &SigningKey, issuer: &Issuer, client: &ClientId, claims: &UserInfo) -> Result<String, NotMinted> {
    let header = json!({ "alg": key.algorithm().name(), "kid": key.kid().to_string() });
    let mut told = serde_json::to_value(claims)?;
    if let Value::Object(told) = &mut told {
        told.insert("iss".to_owned(), issuer.as_str().into());
        told.insert("aud".to_owned(), client.as_str().into());
    }
    let signing_input = format!("{}.{}", base64url::encode(header.to_string()), base64url::encode(told.to_string()));
    Ok(format!("{signing_input}.{}", base64url::encode(key.signed(signing_input.as_bytes())?)))
}
