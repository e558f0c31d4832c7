//! Where passwords are looked up that were in breaches of others.

use std::path::PathBuf;

use url::Url;

use crate::config::layers::Raw;
use crate::config::reader::Reader;
use crate::config::value::{Value, text};

/// Where a new password is looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Breached {
    /// Nowhere.
    Off,
    /// At this range service (k-anonymity).
    Service(Url),
    /// In this file.
    File(PathBuf),
}

/// The range service, or that there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Range(Option<Url>);

impl Value for Range {
    fn read(raw: &Raw) -> Result<Self, String> {
        let what = "\"off\", or the address of a range service that begins with https:// (http:// on localhost) and ends with a slash";
        let written = text(raw, what)?;
        if written == "off" {
            return Ok(Self(None));
        }
        let url = Url::parse(written).ok().filter(|url| url.path().ends_with('/') && url.query().is_none() && url.fragment().is_none());
        let is_near = |url: &Url| matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
        // In the clear, whoever listens learns part of a hash, and may say that every password is fine.
        let url = url.filter(|url| url.scheme() == "https" || (url.scheme() == "http" && is_near(url)));
        url.map(|url| Self(Some(url))).ok_or_else(|| format!("must be {what}"))
    }

    fn show(&self) -> String {
        self.0.as_ref().map_or_else(|| "off".to_owned(), Url::to_string)
    }
}

impl Breached {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let range: Option<Range> = reader.parsed_default("passwords.breached", "https://api.pwnedpasswords.com/range/");
        let file: Option<PathBuf> = reader.optional("passwords.breached_file");
        match (file, range.and_then(|Range(url)| url)) {
            (Some(file), _) => Self::File(file),
            (None, Some(url)) => Self::Service(url),
            (None, None) => Self::Off,
        }
    }
}
