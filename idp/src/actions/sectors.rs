//! Whether a client belongs to the sector that it names (OpenID Connect Core §8.1, OpenID Connect Registration §5): the document at its
//! `sector_identifier_uri` lists all of its redirect URIs. Asked when it is registered, and again when either of the two changes.

use std::borrow::Cow;

use crate::actions::client_documents;
use crate::app::App;
use crate::protocol::client_metadata::{ClientMetadata, MetadataProblem};
use crate::protocol::sector_identifier;

/// Fetches the document, if the client names one and it isn't known already, and looks for its redirect URIs.
pub(super) async fn check(app: &App, metadata: &ClientMetadata) -> Result<(), MetadataProblem> {
    let Some(uri) = &metadata.sector_identifier_uri else { return Ok(()) };
    let is_as_before = |before: &ClientMetadata| {
        let (uri, redirect_uris) = (&before.sector_identifier_uri, &before.redirect_uris);
        *uri == metadata.sector_identifier_uri && *redirect_uris == metadata.redirect_uris
    };
    if app.view().client(&metadata.client_id).is_some_and(|before| is_as_before(&before.metadata)) {
        return Ok(());
    }
    let listed = client_documents::sector(app, uri).await.map_err(|error| error.to_string());
    let judged = listed.and_then(|listed| sector_identifier::check(&listed, &metadata.redirect_uris));
    judged.map_err(|problem| MetadataProblem { member: Cow::Borrowed("sector_identifier_uri"), problem })
}
