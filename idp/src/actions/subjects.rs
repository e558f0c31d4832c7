//! The one place that says under which `sub` a client knows a person (OpenID Connect Core §8): the same for all clients, or one for each
//! sector, from which nobody can tell the other ones.

use crate::app::App;
use crate::base::base64url;
use crate::base::id::Subject;
use crate::protocol::authorization_request::AuthorizationRequest;
use crate::protocol::client_metadata::{ClientMetadata, SubjectType};
use crate::store::user;

/// What pairwise subjects are made for. With another word, or another key, everybody would be somebody else to every pairwise client.
const PURPOSE: &str = "pairwise_subject";

/// The `sub` of this person towards this client: in ID tokens, at userinfo and introspection, in logout tokens.
///
/// A pairwise one is a digest of sector and person under the data key that this database began with. That key is never changed, by no
/// rotation and no restore: `sub` is what clients know people by for ever (OpenID Connect Core §2).
pub fn of(app: &App, client: &ClientMetadata, person: &Subject) -> Subject {
    match client.subject_type {
        SubjectType::Public => person.clone(),
        SubjectType::Pairwise => {
            // A client of no sector at all, which registration refuses, is a sector of its own.
            let sector = client.sector().unwrap_or_else(|| format!("client {}", client.client_id));
            let digest = app.data_keys().lasting_digest(PURPOSE, &[sector.as_bytes(), person.as_str().as_bytes()]);
            Subject::from_text(base64url::encode(digest.as_bytes()))
        }
    }
}

/// The `sub` under which a request would name this person: that of the client which the ID token in its hint was given to, or else its own
/// (A-AUTHN-03).
pub fn as_hinted(app: &App, request: &AuthorizationRequest, person: &user::Model) -> Subject {
    let view = app.view();
    let named_for = request.hint_client.as_ref().unwrap_or(&request.client_id);
    view.client(named_for).map_or_else(|| person.subject.clone(), |client| of(app, &client.metadata, &person.subject))
}
