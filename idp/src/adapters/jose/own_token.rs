//! Tokens of ours that come back to us. ID tokens: `id_token_hint` (OpenID Connect Core §3.1.2.1, RP-Initiated Logout §2).
//!
//! A hint is believed only if we signed it: named key, that key's own algorithm, one spelling, no member twice. Whether it is over is
//! not judged here; a sign-out accepts one that has expired, and the caller knows the session (security requirement A-LO-03).

use serde_json::{Map, Value};

use crate::adapters::jose::SigningKey;
use crate::adapters::json;
use crate::base::base64url;
use crate::base::clock::Time;
use crate::base::id::{ClientId, Sid, Subject};
use crate::base::issuer::Issuer;

/// No token of ours is longer, in characters; what is longer is refused before anything is decoded (E-LOAD-08).
pub const LONGEST_TOKEN: usize = 16 * 1024;

/// What an ID token of ours said when it was signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedHint {
    /// `sub`.
    pub subject: Subject,
    /// `aud`: the client it was given to.
    pub client_id: ClientId,
    /// `sid`, if it had one.
    pub sid: Option<Sid>,
    /// `iat`.
    pub issued_at: Time,
    /// `exp`; perhaps long ago.
    pub expires_at: Time,
}

/// Why a text is no ID token of ours. For the log; the outside learns that the hint is not valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotOurs {
    /// Longer than [`LONGEST_TOKEN`].
    #[error("too long to be a token of ours")]
    TooLong,
    /// Not three parts of canonical base64url, or a header or payload that is not JSON or repeats a member.
    #[error("not a compact JWS in its one spelling")]
    Malformed,
    /// A header that we never write: another type of token, a parameter we do not use, `crit`, `b64`.
    #[error("a header that is not that of an ID token of ours")]
    Header,
    /// No key of that name and algorithm is known (any more).
    #[error("no key of that name and algorithm")]
    UnknownKey,
    /// The signature is not that key's.
    #[error("the signature does not match")]
    Signature,
    /// Signed by us, but for another issuer.
    #[error("another issuer")]
    Issuer,
    /// Signed by us, but a claim of an ID token is missing or of the wrong type.
    #[error("not the claims of an ID token")]
    Claims,
}

/// Reads an ID token that one of `keys` signed for `issuer`, whether or not it is over.
pub fn verify_own_token(jwt: &str, keys: &[SigningKey], issuer: &Issuer) -> Result<VerifiedHint, NotOurs> {
    // Other tokens of ours say what they are (`at+jwt`, RFC 9068 §2.1; `logout+jwt`), and none of them is an ID token.
    claims_of(&opened(jwt, keys, &|typ| typ.is_none_or(|typ| typ == "JWT"))?, issuer)
}

/// The claims of a token that one of `keys` signed, if its `typ` is taken.
pub(super) fn opened(jwt: &str, keys: &[SigningKey], takes: &dyn Fn(Option<&str>) -> bool) -> Result<Map<String, Value>, NotOurs> {
    if jwt.len() > LONGEST_TOKEN {
        return Err(NotOurs::TooLong);
    }
    let (signing_input, signature) = jwt.rsplit_once('.').ok_or(NotOurs::Malformed)?;
    let (header, payload) = signing_input.split_once('.').ok_or(NotOurs::Malformed)?;
    let decode = |part| base64url::decode(part).ok_or(NotOurs::Malformed);
    let (header, payload, signature) = (decode(header)?, decode(payload)?, decode(signature)?);
    let key = key_of(&json::object(&header).ok_or(NotOurs::Malformed)?, keys, takes)?;
    if !key.verifies(signing_input.as_bytes(), &signature) {
        return Err(NotOurs::Signature);
    }
    json::object(&payload).ok_or(NotOurs::Malformed)
}

fn key_of<'a>(header: &Map<String, Value>, keys: &'a [SigningKey], takes: &dyn Fn(Option<&str>) -> bool) -> Result<&'a SigningKey, NotOurs> {
    // RFC 7515 §4.1.11: `crit` means "refuse me if you don't know"; and a key that a token brings along (jwk, jku, x5c) proves nothing.
    if header.keys().any(|name| !matches!(name.as_str(), "alg" | "kid" | "typ")) {
        return Err(NotOurs::Header);
    }
    let text = |name| header.get(name).and_then(Value::as_str).ok_or(NotOurs::Header);
    let typ = header.contains_key("typ").then(|| text("typ")).transpose()?;
    if !takes(typ) {
        return Err(NotOurs::Header);
    }
    let (algorithm, kid) = (text("alg")?, text("kid")?);
    keys.iter().find(|key| key.kid().to_string() == kid && key.algorithm().name() == algorithm).ok_or(NotOurs::UnknownKey)
}

fn claims_of(payload: &Map<String, Value>, issuer: &Issuer) -> Result<VerifiedHint, NotOurs> {
    let text = |name| payload.get(name).and_then(Value::as_str).ok_or(NotOurs::Claims);
    if text("iss")? != issuer.as_str() {
        return Err(NotOurs::Issuer);
    }
    Ok(VerifiedHint {
        subject: Subject::from_text(text("sub")?),
        client_id: ClientId::from_text(text("aud")?),
        sid: payload.contains_key("sid").then(|| text("sid")).transpose()?.map(Sid::from_text),
        issued_at: moment(payload, "iat")?,
        expires_at: moment(payload, "exp")?,
    })
}

/// A time among claims of ours. RFC 7519 §2 allows fractions; we write none, so that a number of another shape is not ours.
pub(super) fn moment(claims: &Map<String, Value>, name: &str) -> Result<Time, NotOurs> {
    let seconds = claims.get(name).and_then(Value::as_u64).and_then(|seconds| i64::try_from(seconds).ok());
    seconds.map(Time::from_seconds).ok_or(NotOurs::Claims)
}
