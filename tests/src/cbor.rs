//! As much CBOR (RFC 8949) as an authenticator writes, by hand: tests need to write it wrong as easily as right.

/// A value that an authenticator sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cbor {
    /// A whole number.
    Integer(i64),
    /// Bytes.
    Bytes(Vec<u8>),
    /// Text.
    Text(String),
    /// A list.
    List(Vec<Cbor>),
    /// Pairs in the order given; a key may stand there twice.
    Map(Vec<(Cbor, Cbor)>),
}

impl Cbor {
    /// The value's bytes, lengths in their shortest form.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.write(&mut out);
        out
    }

    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Integer(number) if *number >= 0 => head(out, 0, number.unsigned_abs()),
            // RFC 8949 §3.1: -1 - n.
            Self::Integer(number) => head(out, 1, number.unsigned_abs() - 1),
            Self::Bytes(bytes) => {
                head(out, 2, bytes.len() as u64);
                out.extend(bytes);
            }
            Self::Text(text) => {
                head(out, 3, text.len() as u64);
                out.extend(text.as_bytes());
            }
            Self::List(items) => {
                head(out, 4, items.len() as u64);
                for item in items {
                    item.write(out);
                }
            }
            Self::Map(pairs) => {
                head(out, 5, pairs.len() as u64);
                for (key, value) in pairs {
                    key.write(out);
                    value.write(out);
                }
            }
        }
    }
}

fn head(out: &mut Vec<u8>, major: u8, length: u64) {
    let major = major << 5;
    let bytes = length.to_be_bytes();
    match length {
        0..24 => out.push(major | bytes[7]),
        24..0x100 => out.extend([major | 0x18, bytes[7]]),
        0x100..0x1_0000 => {
            out.push(major | 0x19);
            out.extend(&bytes[6..]);
        }
        0x1_0000..0x1_0000_0000 => {
            out.push(major | 0x1a);
            out.extend(&bytes[4..]);
        }
        _ => {
            out.push(major | 0x1b);
            out.extend(bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8949 appendix A: examples of encoded values.
    #[test]
    fn the_examples_of_the_rfc() {
        let hex = |value: &Cbor| value.encode().iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
        assert_eq!(hex(&Cbor::Integer(23)), "17");
        assert_eq!(hex(&Cbor::Integer(24)), "1818");
        assert_eq!(hex(&Cbor::Integer(1_000_000)), "1a000f4240");
        assert_eq!(hex(&Cbor::Integer(-1000)), "3903e7");
        assert_eq!(hex(&Cbor::Bytes(vec![1, 2, 3, 4])), "4401020304");
        assert_eq!(hex(&Cbor::Text("IETF".into())), "6449455446");
        assert_eq!(hex(&Cbor::Map(vec![(Cbor::Integer(1), Cbor::Integer(2)), (Cbor::Integer(3), Cbor::Integer(4))])), "a201020304");
    }
}
