//! CBOR as authenticators may write it (CTAP2 canonical form, WebAuthn §6.5): definite lengths in their shortest spelling, no tags, no
//! key twice, little nesting. Walked before the library parses the same bytes, so that what is hostile is refused cheaply and what is
//! ambiguous is refused at all. Values are found here, not decoded; nothing is allocated by what a length claims.

use std::collections::BTreeSet;

/// CTAP2 allows four levels; a certificate chain inside an attestation statement needs three.
const DEEPEST: u8 = 6;

/// What is left to read.
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// What has not been read.
    pub(super) const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// The next `count` bytes.
    pub(super) fn take(&mut self, count: u64) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(usize::try_from(count).ok()?)?;
        self.rest = rest;
        Some(taken)
    }

    /// How many pairs the map has that comes next.
    pub(super) fn map(&mut self) -> Option<u64> {
        self.expect(5)
    }

    /// The text that comes next.
    pub(super) fn text(&mut self) -> Option<&'a str> {
        let length = self.expect(3)?;
        std::str::from_utf8(self.take(length)?).ok()
    }

    /// The byte string that comes next.
    pub(super) fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = self.expect(2)?;
        self.take(length)
    }

    /// Passes over one item, whatever it is, and gives its bytes.
    pub(super) fn item(&mut self) -> Option<&'a [u8]> {
        let before = self.rest;
        self.pass(DEEPEST)?;
        before.get(..before.len() - self.rest.len())
    }

    fn pass(&mut self, depth: u8) -> Option<()> {
        let depth = depth.checked_sub(1)?;
        match self.head()? {
            // Numbers are their head alone; so are false, true, null and undefined, all of major type 7 that WebAuthn has a use for.
            (0 | 1, _) | (7, 20..=23) => {}
            (2, length) => {
                self.take(length)?;
            }
            (3, length) => {
                std::str::from_utf8(self.take(length)?).ok()?;
            }
            (4, count) => {
                for _ in 0..count {
                    self.pass(depth)?;
                }
            }
            (5, count) => {
                let mut keys = BTreeSet::new();
                for _ in 0..count {
                    let before = self.rest;
                    self.pass(depth)?;
                    // One spelling for each value, so equal bytes are equal keys.
                    keys.insert(before.get(..before.len() - self.rest.len())?).then_some(())?;
                    self.pass(depth)?;
                }
            }
            // Tags mean nothing in WebAuthn.
            _ => return None,
        }
        Some(())
    }

    fn expect(&mut self, major: u8) -> Option<u64> {
        self.head().filter(|(found, _)| *found == major).map(|(_, value)| value)
    }

    /// Major type and argument (RFC 8949 §3), the argument in its shortest spelling.
    fn head(&mut self) -> Option<(u8, u64)> {
        let first = *self.take(1)?.first()?;
        let argument = first & 0x1f;
        let (width, least) = match argument {
            0..=23 => return Some((first >> 5, u64::from(argument))),
            24 => (1, 24),
            25 => (2, 1 << 8),
            26 => (4, 1 << 16),
            27 => (8, 1 << 32),
            // 31 would be an indefinite length; 28 to 30 are nothing yet.
            _ => return None,
        };
        let value = self.take(width)?.iter().fold(0_u64, |value, byte| (value << 8) | u64::from(*byte));
        // Major type 7 with a wider head is a float or a simple value that WebAuthn has no use for.
        (value >= least && first >> 5 != 7).then_some((first >> 5, value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(bytes: &[u8]) -> bool {
        let mut reader = Reader::new(bytes);
        reader.item().is_some() && reader.rest().is_empty()
    }

    /// B-AD-06: what is hostile or ambiguous is refused, and costs nothing.
    #[test]
    fn only_canonical_items_pass() {
        for good in ["00", "1818", "a0", "a10102", "a2010261610c", "8301820203820405", "f5", "4161", "3a00010000"] {
            assert!(whole(&unhex(good)), "{good}");
        }
        for bad in [
            "",
            "1817",                 // 23 in two bytes
            "190017",               // and in three
            "1b00000000ffffffff",   // 32 bits in nine bytes
            "5f4161ff",             // indefinite byte string
            "9f00ff",               // indefinite list
            "bf0000ff",             // indefinite map
            "a201020103",           // a key twice
            "a2010218010f",         // a key twice, in two spellings
            "c001",                 // a tag
            "5bffffffffffffffff",   // a byte string of 2^64 - 1 bytes
            "7affffffff",           // a text of 4 GB
            "9bffffffffffffffff",   // a list of 2^64 - 1 items
            "bbffffffffffffffff00", // a map of as many
            "61ff",                 // text that is not UTF-8
            "fb7ff0000000000000",   // a float
            "1c",                   // reserved
            "0000",                 // something behind it
            "a101",                 // cut short
        ] {
            assert!(!whole(&unhex(bad)), "{bad}");
        }
        let deep = [vec![0x81; 100_000], vec![0]].concat();
        assert!(!whole(&deep));
    }

    fn unhex(text: &str) -> Vec<u8> {
        (0..text.len() / 2).map(|place| u8::from_str_radix(&text[place * 2..place * 2 + 2], 16).unwrap()).collect()
    }
}
