//! The parameters of one request (RFC 6749 §3.1, §3.2, appendix B): each name at most once, strict UTF-8, nothing without a value.
//!
//! A repeated name has *no* value here, so that no reader can pick the one an attacker meant; which names were repeated is kept, for
//! the authorization endpoint has to say so without trusting them. Codes and secrets pass through: `Debug` shows names alone.

use std::collections::BTreeSet;
use std::fmt;

use crate::protocol::error::OAuthError;

/// The most parameters that one request may have.
pub const MOST_PARAMETERS: usize = 100;
/// The most bytes that the parameters of one request may have, as they were sent.
pub const MOST_BYTES: usize = 64 * 1024;
/// The one parameter that may be repeated (RFC 8707 §2).
const REPEATABLE: &str = "resource";

/// Parameters by name.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Params {
    single: Vec<(String, String)>,
    resources: Vec<String>,
    repeated: BTreeSet<String>,
}

impl Params {
    /// Reads one `application/x-www-form-urlencoded` text, and refuses repeated names (A-RTM-05).
    pub fn parse_form(form: &[u8]) -> Result<Self, OAuthError> {
        let params = Self::gather(&[form])?;
        params.refuse_repeated()?;
        Ok(params)
    }

    /// Reads the forms of one request together, such as query and body, and *notes* repeated names. Whoever calls this asks
    /// [`Self::refuse_repeated`] as soon as it is known where a refusal may go.
    pub fn gather(forms: &[&[u8]]) -> Result<Self, OAuthError> {
        if forms.iter().map(|form| form.len()).sum::<usize>() > MOST_BYTES {
            return Err(OAuthError::invalid_request("the request is too large"));
        }
        let mut pairs = Vec::new();
        for piece in forms.iter().flat_map(|form| form.split(|byte| *byte == b'&')).filter(|piece| !piece.is_empty()) {
            if pairs.len() == MOST_PARAMETERS {
                return Err(OAuthError::invalid_request("the request has too many parameters"));
            }
            let end_of_name = piece.iter().position(|byte| *byte == b'=').unwrap_or(piece.len());
            let (name, value) = piece.split_at_checked(end_of_name).unwrap_or((piece, &[]));
            pairs.push((decoded(name)?, decoded(value.strip_prefix(b"=").unwrap_or(value))?));
        }
        Ok(Self::from_pairs(pairs))
    }

    /// The parameters that these decoded pairs are; repeated names are noted, and limits are for whoever decoded them.
    pub fn from_pairs<N: Into<String>, V: Into<String>>(pairs: impl IntoIterator<Item = (N, V)>) -> Self {
        let mut params = Self::default();
        let mut seen = BTreeSet::new();
        for (name, value) in pairs {
            let (name, value) = (name.into(), value.into());
            if name == REPEATABLE {
                // A parameter without a value is one that was not sent (RFC 6749 §3.1, A-RTM-06).
                params.resources.extend(Some(value).filter(|value| !value.is_empty()));
                continue;
            }
            // A name counts as sent even without a value: `state=&state=x` is two answers to one question.
            if !seen.insert(name.clone()) {
                params.repeated.insert(name);
            } else if !value.is_empty() {
                params.single.push((name, value));
            }
        }
        let Self { single, repeated, .. } = &mut params;
        single.retain(|(name, _)| !repeated.contains(name));
        params
    }

    /// The value of `name`: `None` when it was not sent, sent without a value, or sent more than once.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.single.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Every name that was sent once and with a value, with it, in the order they were sent.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.single.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Every `resource` (RFC 8707 §2), in the order they were sent.
    pub fn resources(&self) -> &[String] {
        &self.resources
    }

    /// Whether `name` was sent more than once.
    pub fn is_repeated(&self, name: &str) -> bool {
        self.repeated.contains(name)
    }

    /// RFC 6749 §3.1, §3.2: parameters are not sent more than once (A-RTM-05).
    pub fn refuse_repeated(&self) -> Result<(), OAuthError> {
        match self.repeated.first() {
            None => Ok(()),
            Some(name) if is_spelled_like_a_parameter(name) => {
                Err(OAuthError::invalid_request(format!("the parameter {name} was sent more than once")))
            }
            Some(_) => Err(OAuthError::invalid_request("a parameter was sent more than once")),
        }
    }
}

/// Whether a name may be said in an answer and in the log: somebody's secret, sent where a name belongs, looks otherwise (C-LOG-02).
fn is_spelled_like_a_parameter(name: &str) -> bool {
    (1..=40).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

/// Undoes form encoding. Text that is not UTF-8 is refused instead of repaired: two different texts must not become one.
fn decoded(text: &[u8]) -> Result<String, OAuthError> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        match (first, after) {
            (b'+', _) => bytes.push(b' '),
            (b'%', [high, low, after_digits @ ..]) => {
                if let (Some(high), Some(low)) = (hexadecimal(*high), hexadecimal(*low)) {
                    bytes.push(high << 4 | low);
                    rest = after_digits;
                } else {
                    // A per cent sign that begins nothing stands for itself, as in every form parser (WHATWG URL §5.1).
                    bytes.push(b'%');
                }
            }
            _ => bytes.push(first),
        }
    }
    String::from_utf8(bytes).map_err(|_| OAuthError::invalid_request("the request is not UTF-8"))
}

fn hexadecimal(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

impl fmt::Debug for Params {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.single.iter().map(|(name, _)| name)).finish()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn get<'a>(params: &'a Params, name: &str) -> &'a str {
        params.get(name).unwrap_or("(none)")
    }

    /// A-RTM-06: an empty value is one that was not sent.
    #[test]
    fn parameters_are_decoded_and_empty_ones_are_not_there() {
        let params = Params::parse_form(b"a=1+2&b=%C3%A4%2B&c=&d&=x&e=x=y&f=100%&%67=h&&").unwrap();
        for (name, value) in [("a", "1 2"), ("b", "\u{e4}+"), ("c", "(none)"), ("d", "(none)"), ("", "x"), ("e", "x=y"), ("f", "100%"), ("g", "h")] {
            assert_eq!(get(&params, name), value, "{name}");
        }
    }

    /// A-RTM-05: a repeated parameter is refused, in one form or across query and body, with the same value or an empty one.
    #[test]
    fn a_repeated_parameter_is_refused_and_has_no_value() {
        for form in ["state=a&state=b", "state=a&state=a", "state=a&state=", "state=&state=a", "state=&state", "st%61te=a&state=a"] {
            let error = Params::parse_form(form.as_bytes()).unwrap_err();
            assert_eq!(error.description(), "the parameter state was sent more than once", "{form}");
        }
        let params = Params::gather(&[b"client_id=a&nonce=n", b"client_id=b"]).unwrap();
        assert!(params.is_repeated("client_id") && !params.is_repeated("nonce"));
        assert_eq!((params.get("client_id"), params.get("nonce")), (None, Some("n")));
        assert!(params.refuse_repeated().is_err());
    }

    /// C-LOG-02: what isn't spelled like a parameter is refused without being said.
    #[test]
    fn a_secret_in_the_place_of_a_name_is_not_said() {
        for form in ["wk_S3cret=a&wk_S3cret=b", "=a&=b", "%0aforged=a&%0aforged=b"] {
            assert_eq!(Params::parse_form(form.as_bytes()).unwrap_err().description(), "a parameter was sent more than once", "{form}");
        }
    }

    /// A-RTM-05: `resource` is defined to be repeatable.
    #[test]
    fn resource_may_be_repeated() {
        let params = Params::parse_form(b"resource=https://a.example&resource=&resource=https://b.example").unwrap();
        assert_eq!(params.resources(), ["https://a.example", "https://b.example"]);
    }

    #[test]
    fn what_is_too_much_or_no_text_is_refused() {
        let many = |count: usize| (0..count).map(|number| format!("p{number}=x")).collect::<Vec<_>>().join("&");
        assert!(Params::parse_form(many(MOST_PARAMETERS).as_bytes()).is_ok());
        assert!(Params::parse_form(many(MOST_PARAMETERS + 1).as_bytes()).is_err());
        assert!(Params::parse_form(&vec![b'a'; MOST_BYTES + 1]).is_err());
        assert!(Params::gather(&[&vec![b'a'; MOST_BYTES], b"b"]).is_err(), "the limit is for the request, not for a part of it");
        for form in [&b"state=%ff"[..], b"%c0%af=x", b"state=\xff", b"state=%ed%a0%80"] {
            assert_eq!(Params::parse_form(form).unwrap_err().description(), "the request is not UTF-8");
        }
    }

    #[test]
    fn secrets_are_not_shown() {
        let shown = format!("{:?}", Params::parse_form(b"client_secret=canary&resource=canary").unwrap());
        assert_eq!(shown, r#"{"client_secret"}"#);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = Params::parse_form(&bytes);
        }

        #[test]
        fn what_was_encoded_is_read_back(value in "\\PC{1,40}", name in "[a-z_]{1,12}") {
            prop_assume!(name != REPEATABLE);
            let form: String = url::form_urlencoded::Serializer::new(String::new()).append_pair(&name, &value).finish();
            let params = Params::parse_form(form.as_bytes()).unwrap();
            prop_assert_eq!(params.get(&name), Some(value.as_str()));
        }
    }
}
