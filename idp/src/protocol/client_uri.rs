//! Addresses of a client that people are shown or sent to by a link: its page, logo, policy, terms, and where signing in begins
//! (RFC 7591 §2). https, or http on this machine; no scheme that can run a script (A-RED-06).

use std::fmt;

use serde::{Deserialize, Serialize};
use url::Url;

use crate::protocol::redirect_uri::is_loopback;

/// The longest address that may be registered.
const LONGEST: usize = 2000;

/// An address to link to. [`Self::check`] says whether it may be registered; whoever stores it asks first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ClientUri(String);

impl ClientUri {
    /// The address that this text is.
    pub fn from_text(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it may be registered. The error says in words what is wrong.
    pub fn check(&self) -> Result<(), &'static str> {
        if self.0.len() > LONGEST {
            return Err("is longer than 2000 characters");
        }
        // Parsers drop tabs and line ends inside a scheme and spaces around it; with none of them there is nothing to drop.
        if self.0.chars().any(|c| c.is_control() || c.is_whitespace() || "\"<>\\^`{|}".contains(c)) {
            return Err("has a character that no URI has");
        }
        let url = Url::parse(&self.0).map_err(|_| "is not an absolute URI")?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err("must not name a user");
        }
        match (url.scheme(), url.host()) {
            ("https", Some(_)) => Ok(()),
            ("http", Some(host)) if is_loopback(&host) => Ok(()),
            _ => Err("must be https (or http on a loopback name)"),
        }
    }

    /// Its origin, as a Content Security Policy names it; `None` if this is no address.
    pub fn origin(&self) -> Option<String> {
        Url::parse(&self.0).ok().map(|url| url.origin().ascii_serialization())
    }
}

impl fmt::Display for ClientUri {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A-RED-06: script-capable schemes are refused in every spelling.
    #[test]
    fn only_pages_may_be_linked() {
        for text in ["https://rp.test", "https://rp.test/logo.svg?x=1#top", "http://localhost:9000/", "http://127.0.0.1/x"] {
            assert_eq!(ClientUri::from_text(text).check(), Ok(()), "{text}");
        }
        for text in [
            "",
            "/logo.png",
            "//rp.test/x",
            "http://rp.test/logo.png",
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            " javascript:alert(1)",
            "java\tscript:alert(1)",
            "java\nscript:alert(1)",
            "data:image/svg+xml,x",
            "vbscript:x",
            "blob:https://rp.test/x",
            "file:///x",
            "about:blank",
            "https://u:p@rp.test/",
            "https://rp.test/\"onload=x",
            "https://rp.test/a b",
            "com.example.app:/x",
        ] {
            assert!(ClientUri::from_text(text).check().is_err(), "{text:?}");
        }
    }
}
