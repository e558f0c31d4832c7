//! What pages are given about passkeys beyond what they show.

use serde::Serialize;

/// What the person's credential managers may know (WebAuthn §5.1.10).
#[derive(Clone, Debug, Serialize)]
pub struct KnownPasskeys {
    /// The RP ID.
    pub rp_id: String,
    /// The user handle, in base64url.
    pub user_id: String,
    /// The account's name: the address.
    pub name: String,
    /// The person's name.
    pub display_name: String,
    /// The ids of all passkeys that are good, in base64url.
    pub credentials: Vec<String>,
    /// Whether an empty list is to be told, for the last one was revoked just now. An empty list that is wrong would hide every passkey.
    pub may_be_none: bool,
}
