//! What comes back at the redirect URI (RFC 6749 §4.1.2, RFC 9207), read before anything is believed. Pure.

use url::form_urlencoded;

use crate::cli::demo::relying_party::refusal::Refusal;
use crate::cli::demo::relying_party::trouble::Trouble;

/// An authorization response.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Callback {
    /// `state`: names the sign-in that it answers.
    pub(super) state: String,
    /// `iss`: who says that they answer.
    pub(super) iss: Option<String>,
    /// `code`, or what the provider says instead.
    pub(super) outcome: Result<String, Refusal>,
}

impl Callback {
    /// Reads the query. RFC 6749 §3.1: a parameter that comes twice makes it worthless, one that we don't know does not.
    pub(super) fn read(query: &str) -> Result<Self, Trouble> {
        let (mut state, mut iss, mut code, mut error, mut description) = (None, None, None, None, None);
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let slot = match &*name {
                "state" => &mut state,
                "iss" => &mut iss,
                "code" => &mut code,
                "error" => &mut error,
                "error_description" => &mut description,
                _ => continue,
            };
            if slot.replace(value.into_owned()).is_some() {
                return Err(Trouble::Malformed("a parameter came twice"));
            }
        }
        let state = state.ok_or(Trouble::Malformed("there is no state"))?;
        let outcome = match (code, error) {
            (Some(code), None) => Ok(code),
            (None, Some(error)) => Err(Refusal::new(&error, description.as_deref())),
            (Some(_), Some(_)) => return Err(Trouble::Malformed("there is both a code and an error")),
            (None, None) => return Err(Trouble::Malformed("there is neither a code nor an error")),
        };
        Ok(Self { state, iss, outcome })
    }

    /// RFC 9207 §2.4: compared as it stands; a provider that announces `iss` must send it.
    pub(super) fn is_from(&self, issuer: &str, announces_iss: bool) -> bool {
        self.iss.as_deref().map_or(!announces_iss, |iss| iss == issuer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6749 §4.1.2, §4.1.2.1
    #[test]
    fn a_callback_holds_a_code_or_an_error_and_everything_once() {
        let read = |query: &str| Callback::read(query).ok();
        let expected = Callback { state: "s t".into(), iss: Some("https://id.example".into()), outcome: Ok("c".into()) };
        assert_eq!(read("code=c&state=s+t&iss=https%3A%2F%2Fid.example&unknown=1&unknown=2"), Some(expected));
        let refusal = Refusal { code: "access_denied".into(), description: Some("They said no".into()) };
        let expected = Callback { state: "s".into(), iss: None, outcome: Err(refusal) };
        assert_eq!(read("error=access_denied&error_description=They+said%0A+no%E2%80%AE&state=s"), Some(expected));
        for broken in
            ["", "code=c", "state=s", "code=c&code=d&state=s", "code=c&state=s&state=s", "code=c&error=e&state=s", "code=c&state=s&iss=a&iss=a"]
        {
            assert_eq!(read(broken), None, "{broken}");
        }
    }

    #[test]
    fn a_description_has_an_end() {
        let refusal = Refusal::new("e", Some(&"x".repeat(10_000)));
        assert_eq!(refusal.description.map(|text| text.len()), Some(300));
    }

    /// RFC 9207 §2.4
    #[test]
    fn another_issuer_is_not_believed() {
        let from = |iss: &str, announced| Callback::read(&format!("code=c&state=s{iss}")).unwrap().is_from("https://id.example", announced);
        assert!(from("&iss=https://id.example", true) && from("&iss=https://id.example", false));
        assert!(!from("&iss=https://evil.example", true) && !from("&iss=https://evil.example", false));
        assert!(!from("&iss=https://id.example/", true), "no normalisation");
        assert!(!from("", true) && from("", false));
    }
}
