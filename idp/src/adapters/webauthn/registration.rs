//! Making a passkey (WebAuthn §7.1).

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;
use webauthn_rs::prelude::{COSEAlgorithm, COSEKeyType, Credential, ECDSACurve, ParsedAttestation, Passkey, PasskeyRegistration};
use webauthn_rs_proto::{
    AttestationConveyancePreference, AuthenticatorAttestationResponseRaw, CredProps, PublicKeyCredentialDescriptor, RegisterPublicKeyCredential,
    RegistrationExtensionsClientOutputs, ResidentKeyRequirement,
};

use crate::adapters::webauthn::refused::Refused;
use crate::adapters::webauthn::wire::{self, RegistrationResponse};
use crate::adapters::webauthn::{Webauthn, authenticator_data, client_data};
use crate::base::email::Email;
use crate::base::error::AppError;
use crate::base::id::{CredentialId, UserHandle};

/// What the server must remember between the two halves of a registration: the challenge and what was asked for.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RegistrationState(PasskeyRegistration);

/// A passkey that was just made. It belongs to whoever the ceremony was bound to.
#[derive(Clone, Debug)]
pub struct NewPasskey {
    /// Its id; unique among all people's.
    pub credential_id: CredentialId,
    /// Its public key and what the library knows of it, as JSON text. Kept as it is: it never changes afterwards.
    pub public: String,
    /// Its signature counter (WebAuthn §6.1.1); 0 for most.
    pub counter: u32,
    /// Whether it may be backed up (BE); never changes.
    pub backup_eligible: bool,
    /// Whether it is backed up now (BS).
    pub backed_up: bool,
    /// The model of authenticator, as it says itself; all zero when it does not say.
    pub aaguid: Uuid,
    /// Whether the authenticator proved to be of that model, by the word of somebody who is believed ([`Attestation`]).
    ///
    /// [`Attestation`]: crate::adapters::webauthn::Attestation
    pub attested: bool,
    /// How browsers may reach it again (`usb`, `internal`, `hybrid` ...).
    pub transports: Vec<String>,
}

impl Webauthn {
    /// Begins a registration for the account `user_handle`: the `publicKey` options for the browser, and the state to seal.
    ///
    /// `exclude` are the passkeys the account has (WebAuthn §13.4.6). They are a hint to the browser and not part of the state; the
    /// store refuses an id that is there already.
    pub fn begin_registration(
        &self,
        user_handle: UserHandle,
        email: &Email,
        display_name: &str,
        exclude: &[CredentialId],
    ) -> Result<(Value, RegistrationState), AppError> {
        // The library wants a name to show; whoever has none is shown by address.
        let display_name = if display_name.is_empty() { email.as_str() } else { display_name };
        let (challenge, state) =
            self.library.start_passkey_registration(*user_handle.as_uuid(), email.as_str(), display_name, None).map_err(AppError::internal)?;
        let mut options = challenge.public_key;
        // The library asks authenticators not to keep the key; signing in without saying who one is needs one that is kept (§5.4.4).
        if let Some(selection) = &mut options.authenticator_selection {
            selection.resident_key = Some(ResidentKeyRequirement::Required);
            selection.require_resident_key = true;
        }
        // Asked for by the library, read by nobody.
        if let Some(extensions) = &mut options.extensions {
            extensions.uvm = None;
        }
        if self.attestation.is_asked() {
            options.attestation = Some(AttestationConveyancePreference::Direct);
        }
        options.exclude_credentials = Some(exclude.iter().map(descriptor).collect());
        Ok((serde_json::to_value(options).map_err(AppError::internal)?, RegistrationState(state)))
    }

    /// Finishes a registration with what the browser sent (`credential`: the JSON of a RegistrationResponseJSON).
    pub fn finish_registration(&self, state: &RegistrationState, credential: &[u8]) -> Result<NewPasskey, Refused> {
        let (credential_id, sent) = wire::read::<RegistrationResponse>(credential)?;
        let client_data = sent.response.client_data.decode()?;
        client_data::check(&client_data, "webauthn.create", &self.origins)?;
        let attestation_object = sent.response.attestation_object.decode()?;
        let described = authenticator_data::attested(&attestation_object)?;
        if described.credential_id != credential_id {
            return Err(Refused::CredentialIdMismatch);
        }
        // Clients need not say whether it is discoverable (§10.1.3); one that says it is not would be of no use here.
        let rk = sent.client_extension_results.cred_props.and_then(|properties| properties.rk);
        if rk == Some(false) {
            return Err(Refused::NotDiscoverable);
        }
        let registration = RegisterPublicKeyCredential {
            id: String::new(),
            raw_id: credential_id.as_bytes().to_vec(),
            response: AuthenticatorAttestationResponseRaw { attestation_object, client_data_json: client_data, transports: None },
            type_: "public-key".to_owned(),
            extensions: RegistrationExtensionsClientOutputs {
                cred_props: rk.map(|rk| CredProps { rk: Some(rk) }),
                ..RegistrationExtensionsClientOutputs::default()
            },
        };
        let passkey = self.library.finish_passkey_registration(&registration, &state.0).map_err(Refused::from)?;
        let mut made = Credential::from(passkey);
        refuse_weak_keys(&made)?;
        let attested = self.attestation.is_proved(&made);
        // Judged, and told by nobody again: certificates would only name the batch of a device for good.
        made.attestation = ParsedAttestation::default();
        let public = serde_json::to_string(&Passkey::from(made.clone())).map_err(|_| Refused::Library)?;
        Ok(NewPasskey {
            credential_id,
            public,
            counter: made.counter,
            backup_eligible: made.backup_eligible,
            backed_up: made.backup_state,
            aaguid: described.aaguid,
            attested,
            transports: known_transports(sent.response.transports),
        })
    }
}

pub(super) fn descriptor(id: &CredentialId) -> PublicKeyCredentialDescriptor {
    PublicKeyCredentialDescriptor { type_: "public-key".to_owned(), id: id.as_bytes().to_vec(), transports: None }
}

/// Security requirement B-REG-02: the curve that the algorithm names (WebAuthn §5.8.5), an RSA modulus of full length and an odd exponent
/// of at least 3. The library checks that points fit their curve, and how many bytes there are, but not these.
fn refuse_weak_keys(credential: &Credential) -> Result<(), Refused> {
    let key = match (&credential.cred.key, credential.cred.type_) {
        (COSEKeyType::RSA(key), COSEAlgorithm::RS256) => key,
        (COSEKeyType::EC_EC2(key), COSEAlgorithm::ES256) if key.curve == ECDSACurve::SECP256R1 => return Ok(()),
        (COSEKeyType::EC_EC2(key), COSEAlgorithm::ES384) if key.curve == ECDSACurve::SECP384R1 => return Ok(()),
        _ => return Err(Refused::PublicKey),
    };
    let exponent = key.e.iter().fold(0_u32, |value, byte| (value << 8) | u32::from(*byte));
    let full_length = key.n.first().is_some_and(|first| first & 0x80 != 0);
    if full_length && exponent >= 3 && exponent % 2 == 1 { Ok(()) } else { Err(Refused::PublicKey) }
}

/// Transports are hints to show to the browser again (WebAuthn §5.8.4): a few short words, whatever else was sent.
fn known_transports(sent: Vec<String>) -> Vec<String> {
    let is_word = |word: &String| (1..=32).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
    sent.into_iter().filter(is_word).take(8).collect()
}
