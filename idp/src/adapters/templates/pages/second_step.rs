//! What the pages after a password are given.

use serde::Serialize;

use super::{Page, Presented, Wait};

/// By what the second step is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SecondStepBy {
    /// A code of the authenticator app.
    Totp,
    /// A backup code.
    BackupCode,
}

/// `/login/totp` and `/login/backup-code`.
#[derive(Clone, Debug, Serialize)]
pub struct SecondStep {
    /// By what.
    pub by: SecondStepBy,
    /// The authorization request that waits for this sign-in.
    pub request: Option<String>,
    /// Who asks.
    pub presented: Option<Presented>,
    /// What stands for the password.
    pub passed: String,
    /// Whose password it was.
    pub account: String,
    /// The message `error-CODE` to show.
    pub error: Option<String>,
    /// How long to wait, where that is the error.
    pub wait: Option<Wait>,
    /// The other of the two pages.
    pub other_url: String,
    /// The sign-in page, to begin anew.
    pub back_url: String,
}

impl Page for SecondStep {
    const NAME: &'static str = "second-step";
}

/// `/login/backup-code/used`.
#[derive(Clone, Debug, Serialize)]
pub struct BackupCodeUsed {
    /// Who is waiting for the person, if an application is.
    pub presented: Option<Presented>,
    /// How many codes are left.
    pub left: usize,
    /// Where the person was going.
    pub continue_url: String,
    /// Where ways in are mended.
    pub methods_url: String,
}

impl Page for BackupCodeUsed {
    const NAME: &'static str = "backup-code-used";
}
