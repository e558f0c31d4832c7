//! What goes back to the client through the browser (RFC 6749 §4.1.2, §4.1.2.1): a code or a refusal, always with `iss`
//! (RFC 9207 §2), so that a client with several providers knows whose answer it is.

use std::fmt;

use crate::base::issuer::Issuer;
use crate::protocol::error::OAuthError;
use crate::protocol::redirect_uri::RedirectUri;

/// An answer of the authorization endpoint, to be redirected.
pub struct AuthorizationResponse<'a> {
    outcome: Result<&'a str, &'a OAuthError>,
    state: Option<&'a str>,
    issuer: &'a Issuer,
}

impl<'a> AuthorizationResponse<'a> {
    /// A code.
    pub const fn code(code: &'a str, state: Option<&'a str>, issuer: &'a Issuer) -> Self {
        Self { outcome: Ok(code), state, issuer }
    }

    /// A refusal.
    pub const fn refusal(error: &'a OAuthError, state: Option<&'a str>, issuer: &'a Issuer) -> Self {
        Self { outcome: Err(error), state, issuer }
    }

    /// Its parameters by name, each once.
    pub fn params(&self) -> Vec<(&'static str, &'a str)> {
        let mut params = match self.outcome {
            Ok(code) => vec![("code", code)],
            Err(error) => vec![("error", error.code().name()), ("error_description", error.description())],
        };
        params.extend(self.state.map(|state| ("state", state)));
        params.push(("iss", self.issuer.as_str()));
        params
    }

    /// The address to redirect to.
    pub fn location(&self, redirect_uri: &RedirectUri) -> String {
        redirect_uri.with_params(&self.params())
    }
}

impl fmt::Debug for AuthorizationResponse<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A code works as a key until it is spent.
        match self.outcome {
            Ok(_) => formatter.write_str("AuthorizationResponse(code)"),
            Err(error) => write!(formatter, "AuthorizationResponse({error})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A-ISS-01: success and refusal alike carry `iss`, and the state exactly.
    #[test]
    fn every_answer_says_whose_it_is() {
        let issuer = Issuer::parse("https://id.example.com").unwrap();
        let target = RedirectUri::from_text("https://shop.test/cb?a=1");
        let code = AuthorizationResponse::code("wc_x", Some("a b"), &issuer);
        assert_eq!(code.location(&target), "https://shop.test/cb?a=1&code=wc_x&state=a%20b&iss=https%3A%2F%2Fid.example.com");
        let error = OAuthError::login_required("nobody is signed in");
        let refusal = AuthorizationResponse::refusal(&error, None, &issuer);
        assert_eq!(
            refusal.location(&target),
            "https://shop.test/cb?a=1&error=login_required&error_description=nobody%20is%20signed%20in&iss=https%3A%2F%2Fid.example.com"
        );
        assert!(!format!("{code:?}").contains("wc_x"));
    }
}
