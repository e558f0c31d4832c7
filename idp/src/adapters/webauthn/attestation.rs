//! Attestation (WebAuthn §6.5): whether authenticators are asked to prove their make, and by whose word they may. What a statement is worth
//! is judged here; which makes are taken is the house's business.

use webauthn_rs::prelude::{AttestationCaList, Credential};

use crate::adapters::webauthn::NoRelyingParty;

/// What is asked of authenticators, and who is believed.
#[derive(Clone, Debug, Default)]
pub struct Attestation {
    asked: bool,
    authorities: AttestationCaList,
}

impl Attestation {
    /// Nobody is asked (conveyance `none`): browsers then take away what an authenticator says of its own accord.
    pub fn not_asked() -> Self {
        Self::default()
    }

    /// All are asked (conveyance `direct`). A statement counts if its certificates lead to one of these, each text certificates in PEM.
    pub fn asked<'t>(authorities: impl IntoIterator<Item = &'t str>) -> Result<Self, NoRelyingParty> {
        let mut believed = AttestationCaList::default();
        for certificate in authorities.into_iter().flat_map(certificates) {
            let one = AttestationCaList::try_from(certificate.as_bytes()).map_err(|_| NoRelyingParty::AttestationAuthority)?;
            believed.union(&one);
        }
        Ok(Self { asked: true, authorities: believed })
    }

    /// Whether the options ask for a statement.
    pub(super) const fn is_asked(&self) -> bool {
        self.asked
    }

    /// Whether a new credential's authenticator has proved its make (WebAuthn §7.1). That the statement fits is checked by the library before;
    /// one that leads to nobody we believe, or is signed by the credential itself, is as good as none.
    pub(super) fn is_proved(&self, made: &Credential) -> bool {
        !self.authorities.is_empty() && matches!(made.verify_attestation(&self.authorities), Ok(Some(_)))
    }
}

/// The certificates of a text in PEM (RFC 7468 §2), one by one.
fn certificates(text: &str) -> impl Iterator<Item = String> {
    const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
    const END: &str = "-----END CERTIFICATE-----";
    text.split(BEGIN).skip(1).map(|after| format!("{BEGIN}{}{END}\n", after.split(END).next().unwrap_or_default()))
}
