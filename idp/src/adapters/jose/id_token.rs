//! The ID token (OpenID Connect Core §2). openidconnect's types say how its claims are called and written; `aud` is one string and not
//! a list of one, because there are relying parties that read only that.

use chrono::{DateTime, Utc};
use openidconnect::core::CoreGenderClaim;
use openidconnect::{
    AccessToken, AccessTokenHash, AdditionalClaims, Audience, AuthenticationContextClass, AuthenticationMethodReference, IdTokenClaims, IssuerUrl,
    Nonce, PrivateSigningKey as _, SigningError, SubjectIdentifier,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::adapters::jose::SigningKey;
use crate::base::base64url;
use crate::base::clock::Time;
use crate::base::id::{ClientId, Sid, Subject};
use crate::base::issuer::Issuer;
use crate::protocol::claims::StandardClaims;

/// What an ID token says. What is `None` is not in it.
#[derive(Clone, Debug)]
pub struct IdTokenFacts<'a> {
    /// `iss`.
    pub issuer: &'a Issuer,
    /// `sub`.
    pub subject: &'a Subject,
    /// `aud`: the client it is for.
    pub client_id: &'a ClientId,
    /// `iat`.
    pub issued_at: Time,
    /// `exp`.
    pub expires_at: Time,
    /// `auth_time`.
    pub authenticated_at: Option<Time>,
    /// `nonce`, exactly as the client sent it. A refreshed ID token has none (OpenID Connect Core §12.2).
    pub nonce: Option<&'a str>,
    /// `acr`.
    pub acr: Option<&'a str>,
    /// `amr`; left out when empty.
    pub amr: &'a [String],
    /// `sid` (OpenID Connect Front-Channel Logout §3).
    pub sid: Option<&'a Sid>,
    /// The access token beside it, for `at_hash` (OpenID Connect Core §3.1.3.6).
    pub access_token: Option<&'a str>,
    /// What else is told about the person here, in the same words as at userinfo.
    pub claims: &'a StandardClaims,
}

/// Why no ID token came about. None of it is the client's doing.
#[derive(Debug, thiserror::Error)]
pub enum NotMinted {
    /// The issuer is not a URL to openidconnect.
    #[error("the issuer is not a URL")]
    Issuer(#[from] openidconnect::url::ParseError),
    /// A time beyond the calendar.
    #[error("a time is out of range")]
    Time,
    /// The claims cannot be written.
    #[error("the claims cannot be written as JSON")]
    Claims(#[from] serde_json::Error),
    /// The key did not sign.
    #[error("the key did not sign")]
    Signature(#[from] SigningError),
}

/// The claims of ours that openidconnect has no member for.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct SessionClaims {
    #[serde(skip_serializing_if = "Option::is_none")]
    sid: Option<String>,
}

impl AdditionalClaims for SessionClaims {}

/// Signs the ID token that says `facts`, as a compact JWS whose header is `alg` and `kid` (RFC 7515 §7.1).
pub fn mint_id_token(key: &SigningKey, facts: &IdTokenFacts<'_>) -> Result<String, NotMinted> {
    let mut claims = serde_json::to_value(typed_claims(key, facts)?)?;
    if let Some(audience) = claims.get_mut("aud") {
        *audience = Value::from(facts.client_id.as_str());
    }
    if let (Value::Object(claims), Value::Object(told)) = (&mut claims, serde_json::to_value(facts.claims)?) {
        // Nothing that is told about a person stands in the place of what the protocol says (A-TOK-13).
        for (name, value) in told {
            claims.entry(name).or_insert(value);
        }
    }
    let header = json!({ "alg": key.algorithm().name(), "kid": key.kid().to_string() });
    let signing_input = format!("{}.{}", base64url::encode(header.to_string()), base64url::encode(claims.to_string()));
    let signature = key.sign(&key.core_algorithm(), signing_input.as_bytes())?;
    Ok(format!("{signing_input}.{}", base64url::encode(signature)))
}

fn typed_claims(key: &SigningKey, facts: &IdTokenFacts<'_>) -> Result<IdTokenClaims<SessionClaims, CoreGenderClaim>, NotMinted> {
    let access_token_hash = facts
        .access_token
        .map(|token| AccessTokenHash::from_token(&AccessToken::new(token.to_owned()), &key.core_algorithm(), &key.as_verification_key()))
        .transpose()?;
    let methods: Vec<_> = facts.amr.iter().cloned().map(AuthenticationMethodReference::new).collect();
    Ok(IdTokenClaims::new(
        IssuerUrl::new(facts.issuer.to_string())?,
        vec![Audience::new(facts.client_id.to_string())],
        calendar(facts.expires_at)?,
        calendar(facts.issued_at)?,
        openidconnect::StandardClaims::new(SubjectIdentifier::new(facts.subject.to_string())),
        SessionClaims { sid: facts.sid.map(ToString::to_string) },
    )
    .set_auth_time(facts.authenticated_at.map(calendar).transpose()?)
    .set_nonce(facts.nonce.map(|nonce| Nonce::new(nonce.to_owned())))
    .set_auth_context_ref(facts.acr.map(|acr| AuthenticationContextClass::new(acr.to_owned())))
    .set_auth_method_refs((!methods.is_empty()).then_some(methods))
    .set_access_token_hash(access_token_hash))
}

fn calendar(time: Time) -> Result<DateTime<Utc>, NotMinted> {
    DateTime::from_timestamp(time.seconds(), 0).ok_or(NotMinted::Time)
}
