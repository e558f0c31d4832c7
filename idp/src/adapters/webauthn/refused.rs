//! Why a ceremony was refused. The variants are for the audit log; the outside learns one code for all of them, so that nobody finds
//! out by trying which check stands in the way (WebAuthn §14.6.2).

use webauthn_rs::prelude::WebauthnError;

/// The check that a registration or an assertion did not pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[error("{}", self.reason())]
pub enum Refused {
    /// More bytes than any authenticator sends.
    TooLarge,
    /// Not the JSON of a public key credential, or a member of it stands twice.
    Malformed,
    /// base64url with padding, in the other alphabet or with bits left over: a second spelling of something.
    Spelling,
    /// `id` and `rawId` differ, or the authenticator data speaks of another credential.
    CredentialIdMismatch,
    /// The credential id is empty or longer than 1,023 bytes (WebAuthn §7.1).
    CredentialIdLength,
    /// The client data is not JSON, repeats a member, or has one of the wrong type.
    ClientData,
    /// The client data is of another ceremony.
    Type,
    /// The challenge is not the one of this ceremony.
    Challenge,
    /// The origin is not one of ours.
    Origin,
    /// The ceremony ran in a frame of another origin.
    CrossOrigin,
    /// The authenticator answered for another relying party.
    RelyingParty,
    /// Nobody touched the authenticator.
    UserNotPresent,
    /// The authenticator did not verify who touched it.
    UserNotVerified,
    /// The attestation object or authenticator data is not canonical CBOR, or flags and lengths do not fit.
    AuthenticatorData,
    /// A credential that says it is backed up and that it can't be.
    BackupFlags,
    /// Backup eligibility is not what it was at registration.
    BackupEligibilityChanged,
    /// The attestation statement does not fit its format, or the format is unknown.
    Attestation,
    /// The algorithm is not one that was offered.
    Algorithm,
    /// The public key is not one: off the curve, another curve, too weak.
    PublicKey,
    /// The client says that the credential is not discoverable.
    NotDiscoverable,
    /// The user handle is missing, is no handle of ours, or is that of somebody else.
    UserHandle,
    /// The signature is not by the stored key over what was sent.
    Signature,
    /// What we stored of the passkey cannot be read. Our fault, and still a refusal.
    StoredPasskey,
    /// Another check of the library.
    Library,
}

impl Refused {
    /// A stable word for the audit log.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::TooLarge => "too_large",
            Self::Malformed => "malformed",
            Self::Spelling => "spelling",
            Self::CredentialIdMismatch => "credential_id_mismatch",
            Self::CredentialIdLength => "credential_id_length",
            Self::ClientData => "client_data",
            Self::Type => "type",
            Self::Challenge => "challenge",
            Self::Origin => "origin",
            Self::CrossOrigin => "cross_origin",
            Self::RelyingParty => "relying_party",
            Self::UserNotPresent => "user_not_present",
            Self::UserNotVerified => "user_not_verified",
            Self::AuthenticatorData => "authenticator_data",
            Self::BackupFlags => "backup_flags",
            Self::BackupEligibilityChanged => "backup_eligibility_changed",
            Self::Attestation => "attestation",
            Self::Algorithm => "algorithm",
            Self::PublicKey => "public_key",
            Self::NotDiscoverable => "not_discoverable",
            Self::UserHandle => "user_handle",
            Self::Signature => "signature",
            Self::StoredPasskey => "stored_passkey",
            Self::Library => "library",
        }
    }
}

impl From<WebauthnError> for Refused {
    fn from(error: WebauthnError) -> Self {
        use WebauthnError as E;
        match error {
            E::InvalidClientDataType => Self::Type,
            E::MismatchedChallenge => Self::Challenge,
            E::InvalidRPOrigin => Self::Origin,
            E::CredentialCrossOrigin => Self::CrossOrigin,
            E::InvalidRPIDHash => Self::RelyingParty,
            E::UserNotPresent => Self::UserNotPresent,
            E::UserNotVerified => Self::UserNotVerified,
            E::ParseJSONFailure(_) => Self::ClientData,
            E::ParseCBORFailure(_)
            | E::ParseNOMFailure
            | E::ParseInsufficientBytesAvailable
            | E::MissingAttestationCredentialData
            | E::InvalidExtensions => Self::AuthenticatorData,
            E::CredentialMayNotBeHardwareBound => Self::BackupFlags,
            E::CredentialBackupEligibilityInconsistent => Self::BackupEligibilityChanged,
            // The library's word for an Ed25519 key, which it reads and cannot verify with, is the one with Ssh in it.
            E::CredentialAlteredAlgFromRequest
            | E::COSEKeyInvalidAlgorithm
            | E::CredentialInsecureCryptography
            | E::COSEKeyEDUnsupported
            | E::SshPublicKeyEDUnsupported => Self::Algorithm,
            E::COSEKeyInvalidCBORValue
            | E::COSEKeyInvalidType
            | E::COSEKeyECDSAXYInvalid
            | E::COSEKeyRSANEInvalid
            | E::COSEKeyECDSAInvalidCurve
            | E::COSEKeyEDDSAXInvalid
            | E::COSEKeyEDDSAInvalidCurve
            | E::EcdsaPointInvalid
            | E::RsaParametersInvalid => Self::PublicKey,
            E::AuthenticationFailure | E::SignatureInvalid => Self::Signature,
            E::CredentialNotFound => Self::CredentialIdMismatch,
            E::AttestationNotSupported
            | E::AttestationStatementMapInvalid
            | E::AttestationStatementResponseMissing
            | E::AttestationStatementResponseInvalid
            | E::AttestationStatementSigMissing
            | E::AttestationStatementSigInvalid
            | E::AttestationStatementX5CMissing
            | E::AttestationStatementX5CInvalid
            | E::AttestationStatementAlgMissing
            | E::AttestationStatementAlgMismatch
            | E::AttestationStatementAlgInvalid
            | E::AttestationCertificateRequirementsNotMet
            | E::AttestationStatementVerMissing
            | E::AttestationStatementVerInvalid
            | E::AttestationStatementVerUnsupported
            | E::AttestationStatementCertInfoMissing
            | E::AttestationStatementPubAreaMissing
            | E::AttestationStatementMissingExtension
            | E::AttestationCertificateAAGUIDMismatch
            | E::AttestationCertificateNonceMismatch
            | E::AttestationCredentialSubjectKeyMismatch
            | E::AttestationLeafCertMissing
            | E::AttestationTpmStInvalid
            | E::AttestationTpmPubAreaMismatch
            | E::AttestationTpmExtraDataInvalid
            | E::AttestationTpmExtraDataMismatch
            | E::AttestationTpmPubAreaHashUnknown
            | E::AttestationTpmPubAreaHashInvalid
            | E::AttestationTpmAttestCertifyInvalid
            | E::CertificatePublicKeyInvalid
            | E::CertificatePublicKeyAlgorthimMismatch
            | E::X509DerInvalid
            | E::AttestationTrustFailure => Self::Attestation,
            _ => Self::Library,
        }
    }
}
