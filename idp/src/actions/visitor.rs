//! Whoever asks, before anything is proved: the browser, the session it shows, the network it comes from.

use crate::actions::audit::Origin;
use crate::actions::sessions;
use crate::app::App;
use crate::base::digest::Digest;
use crate::base::email::Email;
use crate::base::error::AppError;
use crate::base::network::Network;
use crate::base::secret::SessionSecret;
use crate::store::StoreError;
use crate::store::reads::session_and_user::SessionAndUser;

/// Who answers a ceremony.
#[derive(Clone, Debug)]
pub struct Visitor {
    /// Digest of the browser cookie.
    pub browser: Digest,
    /// The session that the browser shows. Nobody has looked yet whether it is alive.
    pub shown: Option<SessionSecret>,
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
        app.flood_guard().admit(self.network)
    }

    /// The session of this browser, if it is alive. One read if one is shown.
    pub async fn session(&self, app: &App) -> Result<Option<SessionAndUser>, StoreError> {
        match &self.shown {
            Some(secret) => sessions::current(app, secret, self.browser).await,
            None => Ok(None),
        }
    }
}
