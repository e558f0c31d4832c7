//! What the person's credential managers may know, for the script that tells them (WebAuthn §5.1.10): which passkeys of theirs are good here, and
//! what the account is called. On pages of the signed-in person alone, about nobody else, and always all of it: what is left out is hidden.

use crate::adapters::templates::pages::KnownPasskeys;
use crate::app::App;
use crate::base::base64url;
use crate::store::{passkey, user};

/// What is known of `user`, whose passkeys for this RP ID are `own`, all of them. `was_revoked` says that one was taken away just now.
pub(super) fn of(app: &App, user: &user::Model, own: &[passkey::Model], was_revoked: bool) -> KnownPasskeys {
    let email = user.email.to_string();
    KnownPasskeys {
        rp_id: app.config().passkeys.rp_id.clone(),
        user_id: base64url::encode(user.user_handle.as_uuid().as_bytes()),
        // As when a passkey is made: whoever has no name is shown by address.
        display_name: if user.name.is_empty() { email.clone() } else { user.name.clone() },
        name: email,
        credentials: own.iter().map(|row| base64url::encode(row.credential_id.as_bytes())).collect(),
        may_be_none: was_revoked,
    }
}
