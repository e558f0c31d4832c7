//! What goes back to the client through the browser (RFC 6749 §4.1.2, §4.1.2.1): a code or a refusal, in the mode that was asked for, always
//! with `iss` (RFC 9207 §2), so that a client with several providers knows whose answer it is.

use std::fmt;

use crate::base::issuer::Issuer;
use crate::protocol::error::OAuthError;
use crate::protocol::response_mode::ResponseMode;
use crate::protocol::return_address::ReturnAddress;

/// An answer of the authorization endpoint.
pub struct AuthorizationResponse<'a> {
    outcome: Result<&'a str, &'a OAuthError>,
    to: &'a ReturnAddress,
    issuer: &'a Issuer,
}

/// What the browser does with an answer.
#[derive(Clone, PartialEq, Eq)]
pub enum Delivery {
    /// It goes to this address.
    Redirect(String),
    /// It posts a form.
    Post {
        /// To this address.
        action: String,
        /// With these fields.
        fields: Vec<(&'static str, String)>,
    },
}

impl fmt::Debug for Delivery {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A code works as a key until it is spent.
        formatter.write_str(if matches!(self, Self::Redirect(_)) { "Redirect" } else { "Post" })
    }
}

impl<'a> AuthorizationResponse<'a> {
    /// A code.
    pub const fn code(code: &'a str, to: &'a ReturnAddress, issuer: &'a Issuer) -> Self {
        Self { outcome: Ok(code), to, issuer }
    }

    /// A refusal.
    pub const fn refusal(error: &'a OAuthError, to: &'a ReturnAddress, issuer: &'a Issuer) -> Self {
        Self { outcome: Err(error), to, issuer }
    }

    /// Its parameters by name, each once.
    pub fn params(&self) -> Vec<(&'static str, &'a str)> {
        let mut params = match self.outcome {
            Ok(code) => vec![("code", code)],
            Err(error) => vec![("error", error.code().name()), ("error_description", error.description())],
        };
        params.extend(self.to.state.as_deref().map(|state| ("state", state)));
        params.push(("iss", self.issuer.as_str()));
        params
    }

    /// How it gets there.
    pub fn delivery(&self) -> Delivery {
        let (redirect_uri, params) = (&self.to.redirect_uri, self.params());
        match self.to.mode {
            ResponseMode::Query => Delivery::Redirect(redirect_uri.with_params(&params)),
            ResponseMode::Fragment => Delivery::Redirect(redirect_uri.with_fragment(&params)),
            ResponseMode::FormPost => Delivery::Post {
                action: redirect_uri.as_str().to_owned(),
                fields: params.into_iter().map(|(name, value)| (name, value.to_owned())).collect(),
            },
        }
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
    use crate::protocol::redirect_uri::RedirectUri;

    /// A-ISS-01: success and refusal alike carry `iss`, and the state exactly, in every mode.
    #[test]
    fn every_answer_says_whose_it_is() {
        let issuer = Issuer::parse("https://id.example.com").unwrap();
        let to = |mode, state: Option<&str>| ReturnAddress {
            redirect_uri: RedirectUri::from_text("https://shop.test/cb?a=1"),
            mode,
            state: state.map(str::to_owned),
        };
        let error = OAuthError::login_required("nobody is signed in");
        let redirected = |response: &AuthorizationResponse<'_>| match response.delivery() {
            Delivery::Redirect(location) => location,
            Delivery::Post { .. } => String::new(),
        };
        let query = to(ResponseMode::Query, Some("a b"));
        let code = AuthorizationResponse::code("wc_x", &query, &issuer);
        assert_eq!(redirected(&code), "https://shop.test/cb?a=1&code=wc_x&state=a%20b&iss=https%3A%2F%2Fid.example.com");
        assert!(!format!("{code:?} {:?}", code.delivery()).contains("wc_x"));
        assert_eq!(
            redirected(&AuthorizationResponse::refusal(&error, &to(ResponseMode::Query, None), &issuer)),
            "https://shop.test/cb?a=1&error=login_required&error_description=nobody%20is%20signed%20in&iss=https%3A%2F%2Fid.example.com"
        );
        assert_eq!(
            redirected(&AuthorizationResponse::code("wc_x", &to(ResponseMode::Fragment, Some("a#&b")), &issuer)),
            "https://shop.test/cb?a=1#code=wc_x&state=a%23%26b&iss=https%3A%2F%2Fid.example.com"
        );
        let fields =
            [("error", "login_required"), ("error_description", "nobody is signed in"), ("state", "\"><"), ("iss", "https://id.example.com")];
        assert_eq!(
            AuthorizationResponse::refusal(&error, &to(ResponseMode::FormPost, Some("\"><")), &issuer).delivery(),
            Delivery::Post { action: "https://shop.test/cb?a=1".to_owned(), fields: fields.map(|(name, value)| (name, value.to_owned())).to_vec() }
        );
    }
}
