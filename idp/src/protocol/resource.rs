//! Resource indicators (RFC 8707): the address of an API that an access token is for.

use std::fmt;

use serde::{Deserialize, Serialize};
use url::Url;

/// The longest indicator that is taken.
const LONGEST: usize = 2000;

/// A resource, in its exact text: registered ones and requested ones are compared byte for byte. [`Self::check`] says whether it may be used.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ResourceUri(String);

impl ResourceUri {
    /// The resource that this text names.
    pub fn from_text(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Its text, which is the `aud` of its tokens.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// RFC 8707 §2: an absolute URI without a fragment. The error says in words what is wrong.
    pub fn check(&self) -> Result<(), &'static str> {
        if self.0.len() > LONGEST {
            return Err("is longer than 2000 characters");
        }
        if !self.0.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte)) {
            return Err("has a character that no URI has");
        }
        if self.0.contains('#') {
            return Err("must not have a fragment");
        }
        let url = Url::parse(&self.0).map_err(|_| "is not an absolute URI")?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err("must not name a user");
        }
        Ok(())
    }
}

impl fmt::Display for ResourceUri {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A-RES-01: absolute, and without a fragment.
    #[test]
    fn a_resource_is_an_absolute_uri() {
        for text in ["https://api.test", "https://api.test/v1?x=1", "urn:example:api", "http://localhost:9000/api"] {
            assert_eq!(ResourceUri::from_text(text).check(), Ok(()), "{text}");
        }
        for text in [
            "",
            "api",
            "/api",
            "//api.test",
            "https://api.test/#",
            "https://api.test/#x",
            "https://u@api.test/",
            "https://api.test/a b",
            "https://api.test/\n",
        ] {
            assert!(ResourceUri::from_text(text).check().is_err(), "{text:?}");
        }
    }
}
