//! webauthn-rs: the two ceremonies of a passkey (WebAuthn Level 3 §7.1, §7.2), stricter than the library where the specification or
//! our use of it asks for more.
//!
//! Nothing is stored here: a ceremony's state is a small value that the caller seals, binds to a browser and an account, lets end, and
//! spends once. The library knows nothing of that. Attestation is asked for only where the house says so; a passkey must be discoverable and
//! must verify its user, always.

mod attestation;
mod authentication;
mod authenticator_data;
mod cbor;
mod client_data;
pub mod credential_managers;
mod refused;
mod registration;
mod wire;

use std::fmt;
use std::time::Duration;

use url::Url;
use webauthn_rs::WebauthnBuilder;

pub use attestation::Attestation;
pub use authentication::{AuthenticationState, StoredPasskey, Verified};
pub use refused::Refused;
pub use registration::{NewPasskey, RegistrationState};
pub use wire::LONGEST_CREDENTIAL;

/// How long an authenticator may take, and how long a ceremony lasts (WebAuthn §15.1).
pub const CEREMONY_TIMEOUT: Duration = Duration::from_mins(5);

/// The relying party that passkeys are made for: a name, an RP ID, and the origins that may use it.
pub struct Webauthn {
    library: webauthn_rs::Webauthn,
    origins: Vec<String>,
    attestation: Attestation,
}

/// Settings that no relying party can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoRelyingParty {
    /// An origin is not scheme, host and port as browsers spell them.
    #[error("an origin must be spelled as browsers spell it, such as https://id.example.com")]
    Origin,
    /// The RP ID is not the origin's host or a parent domain of it; an IP address never is.
    #[error("the RP ID must be the host of the origin or a parent domain of it, and not an IP address")]
    RelyingPartyId,
    /// A certificate of somebody whose word for an authenticator's make is to be taken is none.
    #[error("a certificate of an attestation authority can't be read")]
    AttestationAuthority,
}

impl Webauthn {
    /// The relying party `rp_id`, shown to people as `rp_name`, used from `origin` and from each of `further_origins`.
    pub fn new(rp_id: &str, rp_name: &str, origin: &str, further_origins: &[String]) -> Result<Self, NoRelyingParty> {
        let first = browser_origin(origin)?;
        let mut builder = WebauthnBuilder::new(rp_id, &first)
            .map_err(|_| NoRelyingParty::RelyingPartyId)?
            .rp_name(rp_name)
            .timeout(CEREMONY_TIMEOUT)
            .allow_subdomains(false)
            .allow_any_port(false);
        for further in further_origins {
            builder = builder.append_allowed_origin(&browser_origin(further)?);
        }
        let library = builder.build().map_err(|_| NoRelyingParty::RelyingPartyId)?;
        let origins = std::iter::once(origin.to_owned()).chain(further_origins.iter().cloned()).collect();
        Ok(Self { library, origins, attestation: Attestation::not_asked() })
    }

    /// The same, asking for this attestation when passkeys are made.
    #[must_use]
    pub fn asking_for(self, attestation: Attestation) -> Self {
        Self { attestation, ..self }
    }

    /// The origins that may use the relying party's passkeys, our own first (WebAuthn §5.11).
    pub fn origins(&self) -> &[String] {
        &self.origins
    }
}

impl fmt::Debug for Webauthn {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Webauthn({})", self.origins.join(" "))
    }
}

fn browser_origin(text: &str) -> Result<Url, NoRelyingParty> {
    let url = Url::parse(text).map_err(|_| NoRelyingParty::Origin)?;
    if url.origin().ascii_serialization() == text { Ok(url) } else { Err(NoRelyingParty::Origin) }
}

#[cfg(test)]
mod software_authenticator;
#[cfg(test)]
mod spec_vectors;
#[cfg(test)]
mod tests;
