//! What pages are given about passkeys beyond what they show.

use serde::Serialize;

use super::{Page, Presented};

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

/// `/login/offer`: a passkey after a password.
#[derive(Clone, Debug, Serialize)]
pub struct Offer {
    /// The authorization request that waits.
    pub request: Option<String>,
    /// Who asks.
    pub presented: Option<Presented>,
}

impl Page for Offer {
    const NAME: &'static str = "offer";
}

/// `/login/enrol`: the first passkey, where a password opens no session.
#[derive(Clone, Debug, Serialize)]
pub struct Enrol {
    /// The authorization request that waits.
    pub request: Option<String>,
    /// Who asks.
    pub presented: Option<Presented>,
    /// What stands for the password.
    pub passed: String,
    /// Whose account it is.
    pub account: String,
    /// Where one begins anew.
    pub back_url: String,
}

impl Page for Enrol {
    const NAME: &'static str = "enrol";
}
