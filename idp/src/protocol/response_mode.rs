//! How an answer travels to the client: in the query, in the fragment, or as a form (OAuth 2.0 Multiple Response Type Encoding Practices §2.1,
//! OAuth 2.0 Form Post Response Mode §2).

use crate::protocol::error::OAuthError;
use crate::protocol::params::Params;
use crate::protocol::redirect_uri::RedirectUri;
use crate::protocol::registered_word::registered_words;

registered_words! {
    /// A response mode.
    #[derive(Default)]
    ResponseMode {
        /// In the query of the client's address: the default for a code.
        #[default]
        Query = "query",
        /// In its fragment.
        Fragment = "fragment",
        /// In a form that the browser posts there.
        FormPost = "form_post",
    }
}

impl ResponseMode {
    /// The mode that a request asks for. What is not supported is refused, by way of the default mode (A-RTM-03).
    pub fn read(params: &Params, redirect_uri: &RedirectUri) -> Result<Self, OAuthError> {
        let Some(word) = params.get("response_mode") else { return Ok(Self::default()) };
        let mode = word.parse().map_err(|_| OAuthError::invalid_request("response_mode must be query, fragment or form_post"))?;
        if mode == Self::FormPost && !redirect_uri.is_web() {
            return Err(OAuthError::invalid_request("response_mode=form_post needs a redirect_uri that forms can be posted to"));
        }
        Ok(mode)
    }

    /// Whether this is the default.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A-RTM-03: three modes in one spelling each; a form only where one can go.
    #[test]
    fn a_mode_has_one_spelling() {
        let web = RedirectUri::from_text("https://shop.test/cb");
        let app = RedirectUri::from_text("com.example.app:/cb");
        let read = |word: &str, uri: &RedirectUri| ResponseMode::read(&Params::from_pairs([("response_mode", word)]), uri);
        assert_eq!(read("", &web).unwrap(), ResponseMode::Query);
        for mode in ResponseMode::ALL {
            assert_eq!(read(mode.name(), &web).unwrap(), mode);
            assert_eq!(read(mode.name(), &app).is_ok(), mode != ResponseMode::FormPost);
        }
        for word in ["foo", "QUERY", "FORM_POST", "form-post", "query.jwt", "jwt", "web_message", " query"] {
            assert!(read(word, &web).is_err(), "{word}");
        }
    }
}
