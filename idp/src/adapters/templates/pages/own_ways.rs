//! What the pages are given on which a person looks after password, authenticator app and backup codes.

use serde::Serialize;

use super::Page;
use crate::adapters::totp::QrPicture;
use crate::base::clock::Time;

/// `/account/totp/begin`: an authenticator app learns its secret. The one page that may show it: no `Debug`.
#[derive(Clone, Serialize)]
pub struct AuthenticatorApp {
    /// What a camera reads.
    pub qr: QrPicture,
    /// What a person types instead, in groups.
    pub key: String,
    /// Whose it is.
    pub account: String,
    /// The secret, sealed until it is confirmed.
    pub enrolment: String,
    /// Whether there is one already, which this one replaces.
    pub replaces: bool,
    /// The message `error-CODE` to show.
    pub error: Option<&'static str>,
    /// Where "Cancel" leads.
    pub back_url: String,
}

impl Page for AuthenticatorApp {
    const NAME: &'static str = "authenticator-app";
}

/// `/account/totp/disable`: asked before an authenticator app is switched off.
#[derive(Clone, Debug, Serialize)]
pub struct DisableTotp {
    /// Whose it is.
    pub account: String,
    /// If the password is too short to be left alone: the fewest characters that it needs first.
    pub too_short: Option<usize>,
    /// Where "Keep it" leads.
    pub back_url: String,
}

impl Page for DisableTotp {
    const NAME: &'static str = "disable-totp";
}

/// `/account/password`: set or changed.
#[derive(Clone, Debug, Serialize)]
pub struct OwnPassword {
    /// Whose it is.
    pub account: String,
    /// Whether there is one already.
    pub has_password: bool,
    /// Whether that one is asked for.
    pub needs_current: bool,
    /// The fewest characters.
    pub least: usize,
    /// The most characters.
    pub longest: usize,
    /// The message `error-CODE` to show.
    pub error: Option<&'static str>,
    /// Where "Cancel" leads.
    pub back_url: String,
}

impl Page for OwnPassword {
    const NAME: &'static str = "own-password";
}

/// `/account/password/remove`: asked before a password is taken away.
#[derive(Clone, Debug, Serialize)]
pub struct RemovePassword {
    /// Whose it is.
    pub account: String,
    /// Whether an authenticator app goes with it.
    pub has_totp: bool,
    /// The names of the passkeys that remain.
    pub remaining: Vec<String>,
    /// Where "Keep it" leads.
    pub back_url: String,
}

impl Page for RemovePassword {
    const NAME: &'static str = "remove-password";
}

/// `/account/backup-codes/regenerate`: asked before the codes are replaced.
#[derive(Clone, Debug, Serialize)]
pub struct RegenerateBackupCodes {
    /// Whose they are.
    pub account: String,
    /// How many still work.
    pub left: usize,
    /// Where "Keep them" leads.
    pub back_url: String,
}

impl Page for RegenerateBackupCodes {
    const NAME: &'static str = "regenerate-backup-codes";
}

/// A password or an authenticator app, as its owner knows it.
#[derive(Clone, Debug, Serialize)]
pub struct Way {
    /// Since when.
    pub set_at: Time,
    /// When it was last used.
    pub last_used_at: Option<Time>,
}

/// Backup codes, as their owner knows them.
#[derive(Clone, Debug, Serialize)]
pub struct Codes {
    /// When they said that they saved them; a set that nobody saved is none.
    pub saved_at: Option<Time>,
    /// How many still work.
    pub left: usize,
    /// When the others were used, latest first.
    pub used_at: Vec<Time>,
}
