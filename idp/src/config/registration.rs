//! Whether clients may register themselves (RFC 7591), and on which terms. Each setting is declared once, where it is read.

use std::time::Duration;

use crate::config::duration::days;
use crate::config::layers::Raw;
use crate::config::reader::Reader;
use crate::config::value::{Value, name_of, word};

/// Who may register a client at `/register`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegistrationMode {
    /// Nobody: there is no such place.
    Off,
    /// Whoever has an initial access token.
    InitialAccessToken,
    /// Anybody.
    Open,
}

impl RegistrationMode {
    const NAMES: [(&'static str, Self); 3] = [("off", Self::Off), ("initial_access_token", Self::InitialAccessToken), ("open", Self::Open)];
}

impl Value for RegistrationMode {
    fn read(raw: &Raw) -> Result<Self, String> {
        word(raw, &Self::NAMES)
    }

    fn show(&self) -> String {
        name_of(self, &Self::NAMES)
    }
}

/// The terms of dynamic registration.
#[derive(Clone, Debug)]
pub struct Registration {
    /// Who may.
    pub mode: RegistrationMode,
    /// Whether confidential clients that registered themselves must use PKCE. Public ones always must.
    pub require_pkce: bool,
    /// When one that nobody changes or uses is deleted.
    pub unused_after: Duration,
}

impl Registration {
    pub(super) fn read(reader: &mut Reader) -> Self {
        Self {
            mode: reader.get("registration.mode", RegistrationMode::Off),
            require_pkce: reader.get("registration.require_pkce", true),
            unused_after: reader.within(
                "registration.unused_after",
                days(90),
                [days(1), days(730)],
                "whoever registers by hand tries it the next day, and what nobody used for two years nobody misses",
            ),
        }
    }
}
