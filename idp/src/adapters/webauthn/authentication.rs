//! Signing in with a passkey (WebAuthn §7.2).

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;
use webauthn_rs::prelude::{Credential, DiscoverableAuthentication, Passkey, PublicKeyCredential};
use webauthn_rs_proto::{AuthenticationExtensionsClientOutputs, AuthenticatorAssertionResponseRaw};

use crate::adapters::webauthn::refused::Refused;
use crate::adapters::webauthn::registration::descriptor;
use crate::adapters::webauthn::wire::{self, AssertionResponse, Sent};
use crate::adapters::webauthn::{Webauthn, authenticator_data, client_data};
use crate::base::error::AppError;
use crate::base::id::{CredentialId, UserHandle};

/// What the server must remember between the two halves of an authentication: the challenge and what was asked for.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AuthenticationState(DiscoverableAuthentication);

/// A passkey as its row has it.
#[derive(Clone, Copy, Debug)]
pub struct StoredPasskey<'a> {
    /// Whose it is.
    pub user_handle: UserHandle,
    /// [`NewPasskey::public`](crate::adapters::webauthn::NewPasskey::public).
    pub public: &'a str,
    /// The highest signature counter seen.
    pub counter: u32,
    /// Whether it may be backed up, as it said when it was made.
    pub backup_eligible: bool,
}

/// What a passkey that signed says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The signature counter it sent. Store it if it is higher than the stored one.
    pub counter: u32,
    /// Whether it is backed up now; to be stored.
    pub backed_up: bool,
    /// Whether the authenticator verified its user. Always so, or it would have been refused; here for who writes `amr`.
    pub user_verified: bool,
    /// The counter did not grow though one of the two is not zero: perhaps a copy of the key is about (WebAuthn §6.1.1). Whether that is
    /// a reason to refuse is for the caller to say.
    pub counter_went_back: bool,
}

impl Webauthn {
    /// Begins an authentication by whoever has a passkey for us: the `publicKey` options for the browser, and the state to seal.
    ///
    /// No credential is named (WebAuthn §14.6.2), so that nothing is told about accounts; whether the browser shows a dialog or fills in
    /// by itself (`mediation`) is the page's choice.
    pub fn begin_authentication(&self) -> Result<(Value, AuthenticationState), AppError> {
        let (challenge, state) = self.library.start_discoverable_authentication().map_err(AppError::internal)?;
        let mut options = challenge.public_key;
        // Asked for by the library, read by nobody.
        options.extensions = None;
        let mut options = serde_json::to_value(options).map_err(AppError::internal)?;
        // An empty list means the same as none to browsers, but there are clients that take it for "nothing is allowed".
        if let Some(members) = options.as_object_mut() {
            members.remove("allowCredentials");
        }
        Ok((options, AuthenticationState(state)))
    }

    /// Begins an authentication by a person who is known: their passkeys are named, so that browsers offer those and no others. A hint to
    /// browsers, like `exclude` of a registration: whose passkey it was is judged by its row.
    pub fn begin_authentication_with(&self, passkeys: &[CredentialId]) -> Result<(Value, AuthenticationState), AppError> {
        let (mut options, state) = self.begin_authentication()?;
        let named: Vec<_> = passkeys.iter().map(descriptor).collect();
        if let Some(members) = options.as_object_mut() {
            members.insert("allowCredentials".to_owned(), serde_json::to_value(named).map_err(AppError::internal)?);
        }
        Ok((options, state))
    }

    /// Says whose passkey, and which, a credential claims to be: what to load before [`Self::finish_authentication`]. Proves nothing.
    pub fn identify(&self, credential: &[u8]) -> Result<(UserHandle, CredentialId), Refused> {
        let (credential_id, sent) = wire::read::<AssertionResponse>(credential)?;
        Ok((user_handle(&sent)?, credential_id))
    }

    /// Finishes an authentication with what the browser sent (`credential`: the JSON of an AuthenticationResponseJSON) and the row of the
    /// passkey it names.
    pub fn finish_authentication(&self, state: &AuthenticationState, credential: &[u8], stored: &StoredPasskey<'_>) -> Result<Verified, Refused> {
        let (credential_id, sent) = wire::read::<AssertionResponse>(credential)?;
        // WebAuthn §7.2: who is asking must own the credential. The handle is not signed; the row is what counts.
        if user_handle(&sent)? != stored.user_handle {
            return Err(Refused::UserHandle);
        }
        let client_data = sent.response.client_data.decode()?;
        client_data::check(&client_data, "webauthn.get", &self.origins)?;
        let data = sent.response.authenticator_data.decode()?;
        authenticator_data::check_assertion(&data)?;
        let assertion = PublicKeyCredential {
            id: String::new(),
            raw_id: credential_id.as_bytes().to_vec(),
            response: AuthenticatorAssertionResponseRaw {
                authenticator_data: data,
                client_data_json: client_data,
                signature: sent.response.signature.decode()?,
                user_handle: None,
            },
            extensions: AuthenticationExtensionsClientOutputs { appid: None, hmac_get_secret: None },
            type_: "public-key".to_owned(),
        };
        let mut key: Credential = serde_json::from_str::<Passkey>(stored.public).map_err(|_| Refused::StoredPasskey)?.into();
        // The library would refuse a counter that went back; shown zero, it says what the counter is and leaves the judging to us.
        key.counter = 0;
        key.backup_eligible = stored.backup_eligible;
        let result = self.library.finish_discoverable_authentication_v2(&assertion, state.0.clone(), &key).map_err(Refused::from)?;
        // The state asked for it and the library checked; but nothing in this house may rest on a sign-in without it.
        if !result.user_verified() {
            return Err(Refused::UserNotVerified);
        }
        let counter = result.counter();
        Ok(Verified {
            counter,
            backed_up: result.backup_state(),
            user_verified: result.user_verified(),
            counter_went_back: (counter != 0 || stored.counter != 0) && counter <= stored.counter,
        })
    }
}

/// WebAuthn §7.2: where nobody was named before, the user handle must be there.
fn user_handle(sent: &Sent<AssertionResponse>) -> Result<UserHandle, Refused> {
    let handle = sent.response.user_handle.as_ref().ok_or(Refused::UserHandle)?.decode()?;
    Uuid::from_slice(&handle).map(UserHandle::from_uuid).map_err(|_| Refused::UserHandle)
}
