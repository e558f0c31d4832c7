//! The collected client data (WebAuthn §5.8.1): what the browser says about the ceremony, and the library judges too leniently. It
//! compares origins as URLs (so that a slash or capitals pass), looks at `crossOrigin` in registrations alone and at `topOrigin` never,
//! and takes the last of repeated members.

use serde_json::Value;

use crate::adapters::json;
use crate::adapters::webauthn::refused::Refused;
use crate::base::base64url;

/// Checks everything about the client data but the challenge's value, which the ceremony's state knows.
pub(super) fn check(bytes: &[u8], ceremony: &str, origins: &[String]) -> Result<(), Refused> {
    let client_data = json::object(bytes).ok_or(Refused::ClientData)?;
    let text = |name| client_data.get(name).and_then(Value::as_str).ok_or(Refused::ClientData);
    if text("type")? != ceremony {
        return Err(Refused::Type);
    }
    base64url::decode(text("challenge")?).ok_or(Refused::Spelling)?;
    // WebAuthn §13.4.9: an exact list, byte by byte, as browsers spell origins.
    let origin = text("origin")?;
    if !origins.iter().any(|ours| ours == origin) {
        return Err(Refused::Origin);
    }
    // We are never embedded, so any sign of another origin around us is refused (WebAuthn §13.4.9).
    match client_data.get("crossOrigin") {
        None | Some(Value::Bool(false)) => {}
        Some(Value::Bool(true)) => return Err(Refused::CrossOrigin),
        Some(_) => return Err(Refused::ClientData),
    }
    if client_data.contains_key("topOrigin") { Err(Refused::CrossOrigin) } else { Ok(()) }
}
