//! Sealed values: facts that travel through browsers and clients instead of resting in a table.
//!
//! A box is `PREFIX` + base64url(version, key id, nonce, ciphertext). XChaCha20-Poly1305 with a random 192-bit nonce; one subkey for
//! each purpose by HKDF from the ring's root; the issuer and what the box is bound to are authenticated with it. Inside are the box's
//! [`SingleUseId`], which says when it ends, and the fact as JSON without unknown members.
//!
//! Opening is pure: size, prefix, spelling, key, seal and end are judged before anything asks the database.

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::Sha256;
use zeroize::ZeroizeOnDrop;

use crate::base::clock::Time;
use crate::base::digest::Digest;
use crate::base::id::KeyId;
use crate::base::issuer::Issuer;
use crate::base::single_use::SingleUseId;
use crate::base::{base64url, random};

/// The only version of the box format that is written and read.
const VERSION: u8 = 1;
const NONCE: usize = 24;
/// No box is longer than this in its text form; what is longer is not decoded.
pub const LONGEST_BOX: usize = 8 * 1024;

/// A fact that can be sealed. The prefix is its purpose: it chooses the subkey and begins the text.
pub trait Fact: Serialize + DeserializeOwned {
    /// Purpose and first characters of the text form, such as `wc_`; distinct for every kind of fact.
    const PREFIX: &'static str;
}

/// What a box is bound to: the parts that whoever opens it must show again, length-prefixed so that no two lists look alike.
pub fn binding(parts: &[&[u8]]) -> Vec<u8> {
    let mut binding = Vec::new();
    for part in parts {
        binding.extend_from_slice(&u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
        binding.extend_from_slice(part);
    }
    binding
}

/// Why a text was not accepted as a box.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsealed {
    /// Not a box of this purpose, not spelled canonically, tampered with, or bound to something else.
    Invalid,
    /// Its key is not in the ring: perhaps a newer one that this node has not loaded yet.
    UnknownKey(KeyId),
    /// A true box whose time is over.
    Expired,
}

/// The root key of one generation of boxes.
#[derive(Clone, ZeroizeOnDrop)]
pub struct RootKey {
    #[zeroize(skip)]
    id: KeyId,
    root: [u8; 32],
}

impl RootKey {
    /// The root key `root`, known as `id`.
    pub const fn new(id: KeyId, root: [u8; 32]) -> Self {
        Self { id, root }
    }

    /// Derives the 256-bit subkey for `purpose` (RFC 5869).
    pub fn subkey(&self, purpose: &str) -> [u8; 32] {
        let mut subkey = [0; 32];
        let info = format!("weftid {purpose} {VERSION}");
        // 32 bytes are within what HKDF-SHA-256 can give, so this cannot fail.
        let _ = Hkdf::<Sha256>::new(None, &self.root).expand(info.as_bytes(), &mut subkey);
        subkey
    }
}

/// The sealing ring: the key that seals now, and those that may still open.
#[derive(Clone)]
pub struct Sealer {
    issuer: Issuer,
    current: RootKey,
    older: Vec<RootKey>,
}

impl Sealer {
    /// A ring that seals with `current` and also opens what `older` sealed.
    pub const fn new(issuer: Issuer, current: RootKey, older: Vec<RootKey>) -> Self {
        Self { issuer, current, older }
    }

    /// The key that seals now.
    pub const fn current(&self) -> &RootKey {
        &self.current
    }

    /// Seals `fact` until `id` ends, for whoever shows the same `binding` again (empty for nobody in particular).
    ///
    /// Fails only if the fact cannot be written as JSON.
    pub fn seal<F: Fact>(&self, id: SingleUseId, fact: &F, binding: &[u8]) -> Result<String, serde_json::Error> {
        let mut plain = id.as_bytes().to_vec();
        serde_json::to_writer(&mut plain, fact)?;
        let nonce: [u8; NONCE] = random::bytes();
        let header = self.header::<F>(self.current.id, binding);
        let cipher = XChaCha20Poly1305::new(&self.current.subkey(F::PREFIX).into());
        let sealed = cipher
            .encrypt(&XNonce::from(nonce), Payload { msg: &plain, aad: &header })
            .map_err(|_| serde::ser::Error::custom("the fact is too large to seal"))?;
        let mut bytes = Vec::with_capacity(1 + 4 + NONCE + sealed.len());
        bytes.push(VERSION);
        bytes.extend_from_slice(self.current.id.as_bytes());
        bytes.extend_from_slice(&nonce);
        bytes.extend_from_slice(&sealed);
        Ok(format!("{}{}", F::PREFIX, base64url::encode(bytes)))
    }

    /// Opens what [`Self::seal`] made, if it has not ended by `now`.
    pub fn open<F: Fact>(&self, text: &str, binding: &[u8], now: Time) -> Result<(SingleUseId, F), Unsealed> {
        let (id, fact) = self.open_even_if_over(text, binding)?;
        if id.expires_at() <= now {
            return Err(Unsealed::Expired);
        }
        Ok((id, fact))
    }

    /// Opens a box whatever the time is: for what may be said about something that is over.
    pub fn open_even_if_over<F: Fact>(&self, text: &str, binding: &[u8]) -> Result<(SingleUseId, F), Unsealed> {
        if text.len() > LONGEST_BOX {
            return Err(Unsealed::Invalid);
        }
        let encoded = text.strip_prefix(F::PREFIX).ok_or(Unsealed::Invalid)?;
        let bytes = base64url::decode(encoded).ok_or(Unsealed::Invalid)?;
        let (&[version, a, b, c, d], rest) = bytes.split_first_chunk::<5>().ok_or(Unsealed::Invalid)?;
        let (nonce, sealed) = rest.split_first_chunk::<NONCE>().ok_or(Unsealed::Invalid)?;
        if version != VERSION {
            return Err(Unsealed::Invalid);
        }
        let key_id = KeyId::from_bytes([a, b, c, d]);
        let key = self.key(key_id).ok_or(Unsealed::UnknownKey(key_id))?;
        let header = self.header::<F>(key_id, binding);
        let plain = XChaCha20Poly1305::new(&key.subkey(F::PREFIX).into())
            .decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad: &header })
            .map_err(|_| Unsealed::Invalid)?;
        let (id, json) = plain.split_first_chunk::<{ SingleUseId::LENGTH }>().ok_or(Unsealed::Invalid)?;
        let fact = serde_json::from_slice(json).map_err(|_| Unsealed::Invalid)?;
        Ok((SingleUseId::from_bytes(*id), fact))
    }

    /// A keyed digest of `parts` for `purpose`: for values that are compared and never opened, such as form tokens.
    pub fn mac(&self, purpose: &str, parts: &[&[u8]]) -> Digest {
        Digest::keyed(&self.current.subkey(purpose), parts)
    }

    /// Whether `mac` is what [`Self::mac`] gave for the same purpose and parts, with any key of the ring.
    pub fn is_mac(&self, mac: &Digest, purpose: &str, parts: &[&[u8]]) -> bool {
        std::iter::once(&self.current).chain(&self.older).any(|key| Digest::keyed(&key.subkey(purpose), parts) == *mac)
    }

    fn key(&self, id: KeyId) -> Option<&RootKey> {
        std::iter::once(&self.current).chain(&self.older).find(|key| key.id == id)
    }

    /// What is authenticated beside the ciphertext.
    fn header<F: Fact>(&self, key: KeyId, binding: &[u8]) -> Vec<u8> {
        let mut header = vec![VERSION];
        header.extend(self::binding(&[key.as_bytes(), F::PREFIX.as_bytes(), self.issuer.as_str().as_bytes(), binding]));
        header
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde::Deserialize;

    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Note {
        text: String,
    }

    impl Fact for Note {
        const PREFIX: &'static str = "wt_";
    }

    #[derive(Debug, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct OtherPurpose {
        text: String,
    }

    impl Fact for OtherPurpose {
        const PREFIX: &'static str = "wu_";
    }

    #[derive(Debug, Serialize, Deserialize)]
    struct NewerNote {
        text: String,
        more: bool,
    }

    impl Fact for NewerNote {
        const PREFIX: &'static str = "wt_";
    }

    const NOW: Time = Time::from_seconds(1_764_000_000);

    fn issuer(text: &str) -> Issuer {
        Issuer::parse(text).unwrap()
    }

    fn sealer() -> Sealer {
        Sealer::new(issuer("https://id.example.com"), RootKey::new(KeyId::from_bytes([1; 4]), [1; 32]), vec![])
    }

    fn sealed(sealer: &Sealer) -> String {
        sealer.seal(SingleUseId::new(NOW.plus(Duration::from_mins(1))), &Note { text: "hello".into() }, b"browser").unwrap()
    }

    #[test]
    fn what_was_sealed_opens_until_it_ends() {
        let text = sealed(&sealer());
        assert_eq!(sealer().open::<Note>(&text, b"browser", NOW).unwrap().1.text, "hello");
        assert_eq!(sealer().open::<Note>(&text, b"browser", NOW.plus(Duration::from_mins(1))).unwrap_err(), Unsealed::Expired);
    }

    #[test]
    fn a_box_opens_only_where_it_belongs() {
        let text = sealed(&sealer());
        assert_eq!(sealer().open::<Note>(&text, b"another browser", NOW).unwrap_err(), Unsealed::Invalid);
        assert_eq!(sealer().open::<Note>(&text, b"", NOW).unwrap_err(), Unsealed::Invalid);
        let renamed = text.replace("wt_", "wu_");
        assert_eq!(sealer().open::<OtherPurpose>(&renamed, b"browser", NOW).unwrap_err(), Unsealed::Invalid);
        let elsewhere = Sealer::new(issuer("https://id.example.org"), RootKey::new(KeyId::from_bytes([1; 4]), [1; 32]), vec![]);
        assert_eq!(elsewhere.open::<Note>(&text, b"browser", NOW).unwrap_err(), Unsealed::Invalid);
    }

    #[test]
    fn every_changed_byte_and_every_second_spelling_is_refused() {
        let text = sealed(&sealer());
        let bytes = base64url::decode(&text[3..]).unwrap();
        for index in 0..bytes.len() {
            let mut tampered = bytes.clone();
            tampered[index] ^= 1;
            let outcome = sealer().open::<Note>(&format!("wt_{}", base64url::encode(tampered)), b"browser", NOW);
            assert!(matches!(outcome, Err(Unsealed::Invalid | Unsealed::UnknownKey(_))), "byte {index}");
        }
        for spelling in [
            format!("{text}="),
            format!(" {text}"),
            text[..text.len() - 1].to_owned(),
            text.to_lowercase(),
            format!("{text}{}", "A".repeat(LONGEST_BOX)),
        ] {
            assert_eq!(sealer().open::<Note>(&spelling, b"browser", NOW).unwrap_err(), Unsealed::Invalid);
        }
    }

    #[test]
    fn unknown_members_are_refused() {
        let newer = sealer().seal(SingleUseId::new(NOW.plus(Duration::from_mins(1))), &NewerNote { text: "x".into(), more: true }, b"").unwrap();
        assert_eq!(sealer().open::<Note>(&newer, b"", NOW).unwrap_err(), Unsealed::Invalid);
    }

    #[test]
    fn older_keys_open_and_unknown_ones_say_who_they_are() {
        let text = sealed(&sealer());
        let newer = RootKey::new(KeyId::from_bytes([2; 4]), [2; 32]);
        let rotated = Sealer::new(issuer("https://id.example.com"), newer.clone(), vec![sealer().current().clone()]);
        assert!(rotated.open::<Note>(&text, b"browser", NOW).is_ok());
        let forgotten = Sealer::new(issuer("https://id.example.com"), newer, vec![]);
        assert_eq!(forgotten.open::<Note>(&text, b"browser", NOW).unwrap_err(), Unsealed::UnknownKey(KeyId::from_bytes([1; 4])));
    }
}
