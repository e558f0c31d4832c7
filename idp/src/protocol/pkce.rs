//! Proof Key for Code Exchange (RFC 7636): the challenge that comes with the request and the verifier that comes with the code.
//! S256 only: `plain`, which a missing method means, protects nothing once the request is seen (OAuth 2.1 §7.5.1).

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::base::base64url;
use crate::base::digest::Digest;
use crate::base::secret::{ExposeSecret as _, SecretString};
use crate::protocol::error::OAuthError;

/// The only `code_challenge_method` (RFC 7636 §4.2).
pub const S256: &str = "S256";

/// An S256 code challenge: the SHA-256 of a verifier that only the client knows.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct CodeChallenge(Digest);

impl CodeChallenge {
    /// Reads `code_challenge` and `code_challenge_method`; `None` when neither was sent.
    pub fn read(challenge: Option<&str>, method: Option<&str>) -> Result<Option<Self>, OAuthError> {
        match (challenge, method) {
            (None, None) => Ok(None),
            (None, Some(_)) => Err(OAuthError::invalid_request("code_challenge_method was sent without code_challenge")),
            // A missing method means plain (RFC 7636 §4.3), and a client that meant S256 would not notice: A-PKCE-02.
            (Some(_), None) => Err(OAuthError::invalid_request("code_challenge_method is missing: it must be S256")),
            (Some(challenge), Some(S256)) => {
                let challenge = Self::parse(challenge);
                Ok(Some(challenge.ok_or_else(|| OAuthError::invalid_request("code_challenge must be 43 characters of base64url"))?))
            }
            (Some(_), Some(_)) => Err(OAuthError::invalid_request("code_challenge_method must be S256")),
        }
    }

    /// Reads a challenge: exactly 43 characters, the one base64url spelling of 32 bytes (RFC 7636 §4.2, A-PKCE-04).
    pub fn parse(text: &str) -> Option<Self> {
        base64url::decode_array(text).map(|bytes| Self(Digest::from_bytes(bytes)))
    }

    /// Whether `verifier` is the one this challenge was made from (RFC 7636 §4.6). Takes the same time whatever the answer.
    pub fn verify(&self, verifier: &CodeVerifier) -> bool {
        Digest::of(verifier.0.expose_secret()) == self.0
    }
}

impl fmt::Display for CodeChallenge {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&base64url::encode(self.0.as_bytes()))
    }
}

impl fmt::Debug for CodeChallenge {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "CodeChallenge({self})")
    }
}

impl Serialize for CodeChallenge {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for CodeChallenge {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).ok_or_else(|| serde::de::Error::custom("not a code challenge"))
    }
}

/// A code verifier as a client sent it: 43 to 128 unreserved characters (RFC 7636 §4.1). Never shown.
#[derive(Clone, Debug)]
pub struct CodeVerifier(SecretString);

impl CodeVerifier {
    /// Reads a verifier; `None` when it is not spelled like one.
    pub fn parse(text: &str) -> Option<Self> {
        let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        ((43..=128).contains(&text.len()) && text.bytes().all(unreserved)).then(|| Self(text.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    /// RFC 7636 appendix B.
    #[test]
    fn only_the_verifier_of_a_challenge_fits() {
        let challenge = CodeChallenge::parse(CHALLENGE).unwrap();
        assert!(challenge.verify(&CodeVerifier::parse(VERIFIER).unwrap()));
        assert!(!challenge.verify(&CodeVerifier::parse(&VERIFIER.replace('d', "e")).unwrap()));
        assert!(!challenge.verify(&CodeVerifier::parse(CHALLENGE).unwrap()), "the challenge is not its own verifier (plain)");
        assert_eq!(challenge.to_string(), CHALLENGE);
    }

    /// A-PKCE-02: plain, a missing method and every other spelling are refused.
    #[test]
    fn only_s256_is_accepted() {
        assert_eq!(CodeChallenge::read(None, None).unwrap(), None);
        assert!(CodeChallenge::read(Some(CHALLENGE), Some("S256")).unwrap().is_some());
        for (challenge, method) in [
            (Some(CHALLENGE), None),
            (Some(CHALLENGE), Some("plain")),
            (Some(CHALLENGE), Some("s256")),
            (Some(CHALLENGE), Some("S256 ")),
            (None, Some("S256")),
            (Some("short"), Some("S256")),
        ] {
            assert!(CodeChallenge::read(challenge, method).is_err(), "{challenge:?} {method:?}");
        }
    }

    /// A-PKCE-04: the ABNF of both is enforced.
    #[test]
    fn what_is_spelled_wrong_is_refused() {
        for length in [43, 128] {
            assert!(CodeVerifier::parse(&"a".repeat(length)).is_some(), "{length}");
        }
        for length in [0, 1, 42, 129] {
            assert!(CodeVerifier::parse(&"a".repeat(length)).is_none(), "{length}");
        }
        for odd in ["=", " ", "\u{e4}", "+", "/", "\0", "%"] {
            assert!(CodeVerifier::parse(&format!("{VERIFIER}{odd}")).is_none(), "{odd:?}");
        }
        let standard_alphabet = CHALLENGE.replace('-', "+");
        let (short, long, padded) = (&CHALLENGE[..42], format!("{CHALLENGE}A"), format!("{CHALLENGE}="));
        let trailing_bits = format!("{}N", &CHALLENGE[..42]);
        for text in [short, &long, &padded, &standard_alphabet, &trailing_bits, ""] {
            assert!(CodeChallenge::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_verifier_is_not_shown() {
        assert!(!format!("{:?}", CodeVerifier::parse(VERIFIER).unwrap()).contains(VERIFIER));
    }
}
