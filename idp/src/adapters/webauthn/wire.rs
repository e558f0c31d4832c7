//! A public key credential as a browser's `toJSON()` sends it (WebAuthn §5.1, RegistrationResponseJSON and AuthenticationResponseJSON).
//! Every byte string has one spelling; members we do not know are passed over, and those we know stand once.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::adapters::webauthn::refused::Refused;
use crate::base::base64url;
use crate::base::id::CredentialId;

/// The longest credential we read. A real one takes 1 to 6 KB, mostly an attestation's certificates.
pub const LONGEST_CREDENTIAL: usize = 64 * 1024;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Sent<R> {
    id: String,
    raw_id: String,
    #[serde(rename = "type")]
    kind: String,
    pub(super) response: R,
    #[serde(default)]
    pub(super) client_extension_results: ClientExtensionResults,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RegistrationResponse {
    #[serde(rename = "clientDataJSON")]
    pub(super) client_data: Bytes,
    pub(super) attestation_object: Bytes,
    #[serde(default)]
    pub(super) transports: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AssertionResponse {
    #[serde(rename = "clientDataJSON")]
    pub(super) client_data: Bytes,
    pub(super) authenticator_data: Bytes,
    pub(super) signature: Bytes,
    #[serde(default)]
    pub(super) user_handle: Option<Bytes>,
}

/// Client extension outputs (WebAuthn §9); none of them is signed.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ClientExtensionResults {
    #[serde(default)]
    pub(super) cred_props: Option<CredentialProperties>,
}

#[derive(Deserialize)]
pub(super) struct CredentialProperties {
    #[serde(default)]
    pub(super) rk: Option<bool>,
}

/// base64url, not yet decoded: a wrong spelling is a refusal of its own.
#[derive(Deserialize)]
#[serde(transparent)]
pub(super) struct Bytes(String);

impl Bytes {
    pub(super) fn decode(&self) -> Result<Vec<u8>, Refused> {
        base64url::decode(&self.0).ok_or(Refused::Spelling)
    }
}

/// Reads a credential and its id.
pub(super) fn read<R: DeserializeOwned>(credential: &[u8]) -> Result<(CredentialId, Sent<R>), Refused> {
    if credential.len() > LONGEST_CREDENTIAL {
        return Err(Refused::TooLarge);
    }
    let sent: Sent<R> = serde_json::from_slice(credential).map_err(|_| Refused::Malformed)?;
    if sent.kind != "public-key" {
        return Err(Refused::Malformed);
    }
    let raw_id = base64url::decode(&sent.raw_id).ok_or(Refused::Spelling)?;
    // `id` is the same bytes in the same spelling (WebAuthn §5.1); two names for one ceremony would be two answers to "whose is it?".
    if base64url::decode(&sent.id).ok_or(Refused::Spelling)? != raw_id {
        return Err(Refused::CredentialIdMismatch);
    }
    let id = CredentialId::new(raw_id).ok_or(Refused::CredentialIdLength)?;
    Ok((id, sent))
}
