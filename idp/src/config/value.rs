//! The kinds of value a setting may have: how each is read, and how it is shown again.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use uuid::Uuid;

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
        Written::Boolean => Err(format!("is a TOML boolean; must be {what}, in quotes")),
        Written::List => Err(format!("is a list; must be {what}, in quotes")),
        Written::Other(kind) => Err(format!("is a TOML {kind}; must be {what}, in quotes")),
    }
}

/// One of a few words, each of which stands for something.
pub(super) fn word<T: Copy>(raw: &Raw, names: &[(&str, T)]) -> Result<T, String> {
    let quoted: Vec<String> = names.iter().map(|(name, _)| format!("\"{name}\"")).collect();
    let what = match quoted.split_last() {
        Some((last, before)) => format!("{} or {last}", before.join(", ")),
        None => String::new(),
    };
    let written = text(raw, &what)?;
    names.iter().find(|(name, _)| *name == written).map(|(_, value)| *value).ok_or_else(|| format!("must be {what}"))
}

/// The word that stands for `value`.
pub(super) fn name_of<T: PartialEq>(value: &T, names: &[(&str, T)]) -> String {
    names.iter().find(|(_, named)| named == value).map(|(name, _)| (*name).to_owned()).unwrap_or_default()
}

/// A list, in the file as TOML writes it; elsewhere with commas between.
impl<T: Value> Value for Vec<T> {
    fn read(raw: &Raw) -> Result<Self, String> {
        let items: Vec<&str> = match raw.written {
            Written::List => raw.text.lines().collect(),
            Written::Untyped => raw.text.split(',').map(str::trim).filter(|item| !item.is_empty()).collect(),
            _ => return Err("must be a list, such as [\"one\", \"two\"]; in the environment one,two".to_owned()),
        };
        let alone = |item: &str| Raw { text: item.to_owned(), written: Written::Untyped, origin: raw.origin.clone() };
        items.into_iter().map(|item| T::read(&alone(item)).map_err(|error| format!("each {error}"))).collect()
    }

    fn show(&self) -> String {
        format!("[{}]", self.iter().map(|item| format!("\"{}\"", item.show())).collect::<Vec<_>>().join(", "))
    }
}

impl Value for bool {
    fn read(raw: &Raw) -> Result<Self, String> {
        let may_be_boolean = matches!(raw.written, Written::Boolean | Written::Untyped);
        let written = may_be_boolean.then(|| raw.text.parse().ok()).flatten();
        written.ok_or_else(|| "must be true or false, without quotes in the file".to_owned())
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl Value for Uuid {
    fn read(raw: &Raw) -> Result<Self, String> {
        let what = "an AAGUID, such as \"ee882879-721c-4913-9775-3dfcce97072a\"";
        Self::try_parse(text(raw, what)?).map_err(|_| format!("must be {what}"))
    }

    fn show(&self) -> String {
        self.to_string()
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
