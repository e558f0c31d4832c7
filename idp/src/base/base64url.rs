//! base64url without padding (RFC 4648 §5), strict: one spelling for every value, so that no value has a second name.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The one base64url spelling of `bytes`, without padding.
pub fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The bytes that `text` spells.
///
/// `None` for padding, for characters of the standard alphabet, for white space and for trailing bits that are not zero.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// The same, for a value of exactly `N` bytes.
pub fn decode_array<const N: usize>(text: &str) -> Option<[u8; N]> {
    decode(text)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_has_one_spelling() {
        assert_eq!(encode([0xfb, 0xff]), "-_8");
        assert_eq!(decode("-_8"), Some(vec![0xfb, 0xff]));
        for second_spelling in ["-_8=", "+/8", "-_9", " -_8", "-_8\n", "-_8A="] {
            assert_eq!(decode(second_spelling), None, "{second_spelling:?}");
        }
    }
}
