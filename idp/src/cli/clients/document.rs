//! A client as a JSON document: its metadata in the names of RFC 7591, and beside it `enabled`, `source` ("administrator" or "dynamic"),
//! `created_at`, `updated_at` (seconds since 1970) and `version`, which changes with every change. Secrets are told only by who makes them.

use std::io::Read as _;
use std::path::Path;

use serde_json::{Map, Value};

use crate::cli::Failure;
use crate::protocol::client_metadata::is_in_a_language;
use crate::store::client::Client;

/// The document of a client.
pub(super) fn of(client: &Client) -> Map<String, Value> {
    let mut document = client.metadata.to_members();
    document.insert("enabled".to_owned(), client.is_enabled().into());
    document.insert("source".to_owned(), client.source.to_string().into());
    document.insert("created_at".to_owned(), client.created_at.seconds().into());
    document.insert("updated_at".to_owned(), client.updated_at.seconds().into());
    document.insert("version".to_owned(), client.version.into());
    document
}

/// What a document, or the answer to a registration, says beside the metadata; `client_id`, `enabled` and `version` are looked at.
const ONLY_SAID: [&str; 7] =
    ["source", "created_at", "updated_at", "client_id_issued_at", "client_secret_expires_at", "registration_client_uri", "registration_access_token"];

/// The members of a file that are metadata, and what else it says about the client.
pub(super) fn read_metadata(path: &Path) -> Result<(Map<String, Value>, Said), Failure> {
    let mut members: Map<String, Value> = read(path, "an object of client metadata")?;
    let whole_number = |version: Value| version.as_i64().ok_or_else(|| Failure::Refused("version must be a whole number".to_owned()));
    let version = members.remove("version").map(whole_number).transpose()?;
    let yes_or_no = |enabled: Value| enabled.as_bool().ok_or_else(|| Failure::Refused("enabled must be true or false".to_owned()));
    let enabled = members.remove("enabled").map(yes_or_no).transpose()?;
    members.retain(|member, _| !ONLY_SAID.contains(&member.as_str()) && !is_in_a_language(member));
    Ok((members, Said { version, enabled }))
}

/// What a file says about a client beside its metadata.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Said {
    /// Which state of it the file is made from.
    pub(super) version: Option<i64>,
    /// Whether it may be used.
    pub(super) enabled: Option<bool>,
}

impl Said {
    /// Refuses a file that says otherwise than it is: that is not changed by the way.
    pub(super) fn check_enabled(&self, is_enabled: bool) -> Result<(), Failure> {
        match self.enabled {
            Some(enabled) if enabled != is_enabled => {
                Err(Failure::Refused("enabled is changed by `weftid clients enable` and `weftid clients disable`".to_owned()))
            }
            _ => Ok(()),
        }
    }
}

/// Prints a document for people to read.
pub(super) fn print(document: &Map<String, Value>) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(document).map_err(|error| Failure::Refused(error.to_string()))?;
    println!("{text}");
    Ok(())
}

/// Reads JSON from a file, or from standard input where the path is `-`.
pub(super) fn read<T: serde::de::DeserializeOwned>(path: &Path, what: &str) -> Result<T, Failure> {
    let mut text = String::new();
    if path.as_os_str() == "-" {
        std::io::stdin().read_to_string(&mut text)?;
    } else {
        text = std::fs::read_to_string(path).map_err(|error| Failure::Refused(format!("{}: {error}", path.display())))?;
    }
    serde_json::from_str(&text).map_err(|error| Failure::Refused(format!("{}: not {what}: {error}", path.display())))
}
