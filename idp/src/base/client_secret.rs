//! The secret of a confidential client, made by us: 256 random bits in characters that mean the same raw and form-encoded, behind a prefix by
//! which a leaked one is recognised, and before a checksum by which a scanner tells it from what only looks like one (D-SEC-08).

use std::fmt;

use zeroize::ZeroizeOnDrop;

use crate::base::{base64url, digest::Digest, random};

const SECRET: usize = 32;
const CHECKSUM: usize = 4;

/// A client secret. Its text is [`Self::PREFIX`] and 48 characters of base64url: the secret, and four bytes of a digest of prefix and secret.
#[derive(Clone, ZeroizeOnDrop)]
pub struct ClientSecret([u8; SECRET]);

impl ClientSecret {
    /// What its text begins with.
    pub const PREFIX: &'static str = "wcs_";

    /// A new one.
    pub fn random() -> Self {
        Self(random::bytes())
    }

    /// Reads the one spelling that [`Self::expose`] writes; anything else is `None`.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes: [u8; SECRET + CHECKSUM] = base64url::decode_array(text.strip_prefix(Self::PREFIX)?)?;
        let (secret, checksum) = bytes.split_first_chunk::<SECRET>()?;
        let secret = Self(*secret);
        (secret.checksum() == *checksum).then_some(secret)
    }

    /// The text to hand out, once. Call it only where it leaves the house, and where it is made into what rests.
    pub fn expose(&self) -> String {
        format!("{}{}", Self::PREFIX, base64url::encode([self.0.as_slice(), &self.checksum()].concat()))
    }

    fn checksum(&self) -> [u8; CHECKSUM] {
        let digest = Digest::of([Self::PREFIX.as_bytes(), &self.0].concat());
        digest.as_bytes().first_chunk().copied().unwrap_or_default()
    }
}

impl fmt::Debug for ClientSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ClientSecret(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// D-SEC-08, A-TOK-12: recognisable and exact; what was cut, lengthened or mistyped fails its checksum before anybody is asked.
    #[test]
    fn a_client_secret_is_recognised_and_exact() {
        let text = ClientSecret::random().expose();
        assert!(text.starts_with("wcs_") && text.len() == 52, "{text}");
        assert_eq!(ClientSecret::parse(&text).map(|same| same.expose()).as_deref(), Some(text.as_str()));
        let other = if text.ends_with('A') { 'B' } else { 'A' };
        for wrong in [&text[..51], &format!("{text}A"), &text.to_uppercase(), &text[4..], &format!("{}{other}", &text[..51]), "wcs_", ""] {
            assert!(ClientSecret::parse(wrong).is_none(), "{wrong}");
        }
        assert_eq!(format!("{:?}", ClientSecret::random()), "ClientSecret(redacted)");
    }
}
