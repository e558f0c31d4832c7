//! The two settings that are secret: the database's address (it may hold a password) and the master key.

use std::fmt;
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use zeroize::{Zeroize as _, ZeroizeOnDrop, Zeroizing};

use crate::base::base64url;
use crate::base::secret::SecretString;
use crate::config::layers::Raw;
use crate::config::value::Value;

/// Where the database is.
#[derive(Clone, Debug)]
pub enum DatabaseUrl {
    /// SQLite, in the data directory.
    Embedded,
    /// PostgreSQL at this URL, which may hold a password.
    Postgres(SecretString),
}

impl DatabaseUrl {
    /// Whether it is the SQLite database in the data directory.
    pub fn is_embedded(&self) -> bool {
        matches!(self, Self::Embedded)
    }
}

impl Value for DatabaseUrl {
    fn read(raw: &Raw) -> Result<Self, String> {
        if raw.text == "sqlite" {
            return Ok(Self::Embedded);
        }
        let is_postgres = url::Url::parse(&raw.text).is_ok_and(|url| matches!(url.scheme(), "postgres" | "postgresql"));
        if is_postgres {
            Ok(Self::Postgres(SecretString::from(raw.text.clone())))
        } else {
            Err("must be \"sqlite\" or a URL such as postgres://user:password@host/database".to_owned())
        }
    }

    fn show(&self) -> String {
        match self {
            Self::Embedded => "sqlite".to_owned(),
            Self::Postgres(_) => "postgres:// (secret)".to_owned(),
        }
    }
}

/// The key that wraps every key in the database: 256 bits that are kept elsewhere than the database.
#[derive(Clone, ZeroizeOnDrop)]
pub struct MasterKey([u8; 32]);

impl MasterKey {
    /// The key of these bytes.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Reads 64 hexadecimal digits, or 32 bytes in base64 of either alphabet, padded or not.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = Zeroizing::new(if text.len() == 64 { from_hex(text)? } else { from_base64(text)? });
        let mut key = Self(bytes.as_slice().try_into().ok()?);
        // A row of equal bytes is a placeholder that somebody forgot to replace.
        if key.0.iter().all(|byte| Some(byte) == key.0.first()) {
            key.0.zeroize();
            return None;
        }
        Some(key)
    }

    /// Its bytes. Call it only where keys are wrapped and unwrapped.
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// Its text for a file of its own, which [`MasterKey::parse`] reads back.
    pub fn expose_text(&self) -> Zeroizing<String> {
        Zeroizing::new(base64url::encode(self.0))
    }
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text.chars().map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok())).collect::<Option<_>>()?;
    let (pairs, _) = digits.as_chunks::<2>();
    Some(pairs.iter().map(|[high, low]| high << 4 | low).collect())
}

fn from_base64(text: &str) -> Option<Vec<u8>> {
    let lenient = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let standard = GeneralPurpose::new(&base64::alphabet::STANDARD, lenient);
    let for_urls = GeneralPurpose::new(&base64::alphabet::URL_SAFE, lenient);
    standard.decode(text).or_else(|_| for_urls.decode(text)).ok()
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("MasterKey(redacted)")
    }
}

impl Value for MasterKey {
    fn read(raw: &Raw) -> Result<Self, String> {
        let wrong = "must be 32 random bytes, as 64 hexadecimal digits or in base64 (openssl rand -base64 32)";
        Self::parse(&raw.text).ok_or_else(|| wrong.to_owned())
    }

    fn show(&self) -> String {
        "(secret)".to_owned()
    }
}

/// Where the master key is.
#[derive(Clone, Debug)]
pub enum MasterKeySource {
    /// Written in the configuration, or read from the file it named.
    Given(MasterKey),
    /// In this file beside the embedded database; whoever finds it missing makes it, with mode 0600.
    BesideDatabase(PathBuf),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_master_key_has_several_spellings_and_is_quiet() {
        let hex = "00ff".repeat(16);
        let key = MasterKey::parse(&hex).unwrap();
        for same in
            ["AP8A/wD/AP8A/wD/AP8A/wD/AP8A/wD/AP8A/wD/AP8=", "AP8A_wD_AP8A_wD_AP8A_wD_AP8A_wD_AP8A_wD_AP8", &hex.to_uppercase(), &key.expose_text()]
        {
            assert_eq!(MasterKey::parse(same).unwrap().expose(), key.expose(), "{same}");
        }
        assert_eq!(format!("{key:?}"), "MasterKey(redacted)");
    }

    #[test]
    fn what_is_no_master_key_is_refused() {
        for bad in [
            "",
            "secret",
            &"00".repeat(32),
            &"g0".repeat(32),
            &"00ff".repeat(15),
            "AP8A/wD/AP8A/wD/AP8A/wD/AP8A/wD/AP8A/wD/AP8AAA==",
            &" ".repeat(64),
        ] {
            assert!(MasterKey::parse(bad).is_none(), "{bad:?}");
        }
    }
}
