//! The logout token (Back-Channel Logout §2.4): tells a client that a session has ended. It can't be taken for an ID token: its type is another,
//! it never has a `nonce`, and it is over within two minutes.

use openidconnect::PrivateSigningKey as _;
use serde_json::json;

use crate::adapters::jose::{NotMinted, SigningKey};
use crate::base::base64url;
use crate::base::clock::Time;
use crate::base::id::{ClientId, Sid, Subject};
use crate::base::issuer::Issuer;
use crate::base::random;

/// Back-Channel Logout §2.4: the one event that a logout token tells of.
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// What a logout token says.
#[derive(Clone, Copy, Debug)]
pub struct LogoutTokenFacts<'a> {
    /// `iss`.
    pub issuer: &'a Issuer,
    /// `aud`: the client it is for.
    pub client_id: &'a ClientId,
    /// `sub`, as this client knows it; without it, the session alone is named.
    pub subject: Option<&'a Subject>,
    /// `sid`.
    pub sid: &'a Sid,
    /// `iat`.
    pub issued_at: Time,
    /// `exp`.
    pub expires_at: Time,
}

/// Signs the logout token that says `facts`, with a `jti` of its own.
pub fn mint_logout_token(key: &SigningKey, facts: &LogoutTokenFacts<'_>) -> Result<String, NotMinted> {
    let header = json!({ "typ": "logout+jwt", "alg": key.algorithm().name(), "kid": key.kid().to_string() });
    let mut claims = json!({
        "iss": facts.issuer.as_str(),
        "aud": facts.client_id.as_str(),
        "iat": facts.issued_at.seconds(),
        "exp": facts.expires_at.seconds(),
        "jti": base64url::encode(random::bytes::<16>()),
        "sid": facts.sid.to_string(),
        "events": { EVENT: {} },
    });
    if let (Some(claims), Some(subject)) = (claims.as_object_mut(), facts.subject) {
        claims.insert("sub".to_owned(), subject.to_string().into());
    }
    let signing_input = format!("{}.{}", base64url::encode(header.to_string()), base64url::encode(claims.to_string()));
    let signature = key.sign(&key.core_algorithm(), signing_input.as_bytes())?;
    Ok(format!("{signing_input}.{}", base64url::encode(signature)))
}
