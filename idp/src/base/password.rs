//! A password as a person typed it: every character counts, and it is quiet.
//!
//! NFC-normalised once, because keyboards and systems write the same letters in two ways; never trimmed, folded or cut (security requirement
//! C-PW-02). How long one must be is for whoever sets it to say.

use std::fmt;

use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroizing;

/// What was typed where a password belongs.
#[derive(Clone)]
pub struct Password(Zeroizing<String>);

impl Password {
    /// The password that this text is, whatever it is.
    pub fn typed(text: &str) -> Self {
        Self(Zeroizing::new(text.nfc().collect()))
    }

    /// How many characters (code points) it has.
    pub fn characters(&self) -> usize {
        self.0.chars().count()
    }

    /// Its text. Call it only to hash and to judge it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Password(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// C-PW-02: the same letters are the same password, and nothing else is.
    #[test]
    fn every_character_counts_and_is_written_one_way() {
        assert_eq!(Password::typed("a\u{308}").expose(), Password::typed("ä").expose(), "NFD and NFC");
        for other in ["ä ", " ä", "Ä", "ä\0", "ａ", "ä\u{200b}"] {
            assert_ne!(Password::typed(other).expose(), Password::typed("ä").expose(), "{other:?}");
        }
        assert_eq!(Password::typed("🔑🔑").characters(), 2);
        assert_eq!(format!("{:?}", Password::typed("secret")), "Password(redacted)");
    }
}
