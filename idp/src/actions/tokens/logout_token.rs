//! Logout tokens: the mint's word that a session has ended (Back-Channel Logout §2.4). Made at each try anew, so that none is old when it comes.

use std::time::Duration;

use crate::actions::subjects;
use crate::adapters::jose::{LogoutTokenFacts, mint_logout_token};
use crate::app::App;
use crate::base::id::Sid;
use crate::store::client::Client;
use crate::store::user;

/// A-BCL-01: how long a client may take it for good. It is made at the moment it is sent.
const GOOD_FOR: Duration = Duration::from_mins(2);

/// The token that tells `client` of the end of the session it knows as `sid`; `user` is whose that was, if they are still here.
///
/// # Errors
/// Why it can't be made, for the log.
pub fn mint_logout(app: &App, client: &Client, user: Option<&user::Model>, sid: &Sid) -> Result<String, String> {
    let (now, algorithm, rings) = (app.now(), client.metadata.id_token_signed_response_alg, &app.view().rings);
    let key = rings.signing.signer(algorithm, now).ok_or_else(|| format!("there is no {algorithm} key"))?;
    // The person is known here by the same name as in its ID tokens.
    let subject = user.map(|user| subjects::of(app, &client.metadata, &user.subject));
    let facts = LogoutTokenFacts {
        issuer: &app.config().issuer,
        client_id: &client.metadata.client_id,
        subject: subject.as_ref(),
        sid,
        issued_at: now,
        expires_at: now.plus(GOOD_FOR),
    };
    mint_logout_token(key, &facts).map_err(|error| error.to_string())
}
