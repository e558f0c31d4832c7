//! Files with certificates, read with the settings, so that one that is missing is said with everything else.

use std::fs;
use std::path::PathBuf;

use crate::config::reader::Reader;

/// The text of the file that this setting names, if it is set: certificates in PEM.
pub(super) fn optional(reader: &mut Reader, path: &'static str) -> Option<String> {
    let file: PathBuf = reader.optional(path)?;
    let found = fs::read_to_string(file).ok().filter(|text| text.contains("BEGIN CERTIFICATE"));
    reader.must(&[path], found.is_some(), "must be a file with certificates in PEM that can be read");
    found
}
