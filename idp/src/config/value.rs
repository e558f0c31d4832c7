//! The kinds of value a setting may have: how each is read, and how it is shown again.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use crate::base::issuer::Issuer;
use crate::base::telemetry::{Filter, Format};
use crate::config::duration;
use crate::config::layers::{Raw, Written};

/// A kind of value.
pub(super) trait Value: Sized {
    /// Reads it. The error says what would be right, and never quotes what was written.
    fn read(raw: &Raw) -> Result<Self, String>;

    /// Writes it as the file would; a secret only says that it is one.
    fn show(&self) -> String;
}

/// The text of a value that the file writes in quotes.
pub(super) fn text<'a>(raw: &'a Raw, what: &str) -> Result<&'a str, String> {
    match raw.written {
        Written::Text | Written::Untyped => Ok(&raw.text),
        Written::Number => Err(format!("is a number; must be {what}, in quotes")),
        Written::Other(kind) => Err(format!("is a TOML {kind}; must be {what}, in quotes")),
    }
}

impl Value for String {
    fn read(raw: &Raw) -> Result<Self, String> {
        let text = text(raw, "text")?;
        if text.trim() != text || text.is_empty() || text.contains(char::is_control) {
            return Err("must be text of one line, not empty, without spaces around it".to_owned());
        }
        Ok(text.to_owned())
    }

    fn show(&self) -> String {
        self.clone()
    }
}

impl Value for PathBuf {
    fn read(raw: &Raw) -> Result<Self, String> {
        match text(raw, "a path")? {
            "" => Err("must be a path".to_owned()),
            path => Ok(Self::from(path)),
        }
    }

    fn show(&self) -> String {
        self.display().to_string()
    }
}

impl Value for SocketAddr {
    fn read(raw: &Raw) -> Result<Self, String> {
        let what = "an IP address and a port, such as \"127.0.0.1:8080\" or \"[::]:8080\"";
        text(raw, what)?.parse().map_err(|_| format!("must be {what}"))
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl Value for Duration {
    fn read(raw: &Raw) -> Result<Self, String> {
        let what = "a whole number with one unit (s, min, h, d), such as \"30s\" or \"12h\"";
        duration::parse(text(raw, what)?).ok_or_else(|| format!("must be {what}"))
    }

    fn show(&self) -> String {
        duration::show(*self)
    }
}

impl Value for u32 {
    fn read(raw: &Raw) -> Result<Self, String> {
        let may_be_number = matches!(raw.written, Written::Number | Written::Untyped);
        if !may_be_number || !raw.text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err("must be a whole number, without quotes in the file".to_owned());
        }
        raw.text.parse().map_err(|_| format!("must be a whole number up to {}", Self::MAX))
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl Value for Issuer {
    fn read(raw: &Raw) -> Result<Self, String> {
        Self::parse(text(raw, "a URL")?).map_err(|wrong| format!("{wrong}; write it as \"https://id.example.com\""))
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl Value for Format {
    fn read(raw: &Raw) -> Result<Self, String> {
        match raw.text.as_str() {
            "json" => Ok(Self::Json),
            "text" => Ok(Self::Text),
            _ => Err("must be \"json\" or \"text\"".to_owned()),
        }
    }

    fn show(&self) -> String {
        match self {
            Self::Json => "json".to_owned(),
            Self::Text => "text".to_owned(),
        }
    }
}

impl Value for Filter {
    fn read(raw: &Raw) -> Result<Self, String> {
        let what = "a filter, such as \"info\" or \"warn,weftid::store=debug\"";
        Self::parse(text(raw, what)?).map_err(|_| format!("must be {what}"))
    }

    fn show(&self) -> String {
        self.as_str().to_owned()
    }
}
