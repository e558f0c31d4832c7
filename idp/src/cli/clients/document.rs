//! A client as a JSON document: its metadata in the names of RFC 7591, and beside it `enabled`, `source` ("administrator" or "dynamic"),
//! `created_at`, `updated_at` (seconds since 1970) and `version`, which changes with every change. Secrets are told only by who makes them.

use std::io::Read as _;
use std::path::Path;

use serde_json::{Map, Value};

use crate::cli::Failure;
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
