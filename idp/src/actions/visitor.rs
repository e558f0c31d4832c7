//! Whoever asks, before anything is proved: the browser, the sessions it shows, the network it comes from.

use crate::actions::audit::Origin;
use crate::actions::everybody::Everybody;
use crate::actions::sessions;
use crate::app::App;
use crate::base::digest::Digest;
use crate::base::email::Email;
use crate::base::error::AppError;
use crate::base::network::Network;
use crate::base::session_secrets::SessionSecrets;
use crate::store::StoreError;

/// Who answers a ceremony.
#[derive(Clone, Debug)]
pub struct Visitor {
    /// Digest of the browser cookie.
    pub browser: Digest,
    /// What the browser shows for the sessions it has. Nobody has looked yet whether they are alive.
    pub shown: SessionSecrets,
    /// The sign-in name of whoever signed in in this browser last, if its own cookie says so. It proves nothing about who is here now.
    pub known_as: Option<Email>,
    /// The network it comes from.
    pub network: Network,
    /// For the audit log.
    pub origin: Origin,
}

impl Visitor {
    /// Counts an answer that is going to be judged; beyond what a network may, nothing is judged, written or burnt.
    pub fn admit(&self, app: &App) -> Result<(), AppError> {
        app.flood_guard().admit(&self.network)
    }

    /// Everybody who is signed in in this browser. One read if it shows anything.
    pub async fn everybody(&self, app: &App) -> Result<Everybody, StoreError> {
        sessions::all_here(app, &self.shown, self.browser).await
    }
}
