//! What the pages of signing in and coming aboard are given.

use serde::Serialize;

use super::{Page, Presented, Wait};

/// Whoever signed in here last.
#[derive(Clone, Debug, Serialize)]
pub struct Remembered {
    /// Their sign-in name.
    pub email: String,
    /// One or two letters that stand for a missing picture.
    pub initials: String,
}

/// What leads on the sign-in page.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Leads {
    /// The passkey: one was used in this browser before.
    Passkey,
    /// The password: it was used in this browser before.
    Password,
    /// The email.
    Email,
}

/// `/login`.
#[derive(Clone, Debug, Serialize)]
pub struct SignIn {
    /// The authorization request that waits for this sign-in.
    pub request: Option<String>,
    /// Who asks.
    pub presented: Option<Presented>,
    /// The email that was typed.
    pub email: Option<String>,
    /// What was typed and is no email, to be mended; else empty.
    pub typed: String,
    /// Whether the prompt pops by itself.
    pub auto: bool,
    /// Whom this browser remembers, while no email was typed.
    pub remembered: Option<Remembered>,
    /// What leads while no email was typed.
    pub leads: Leads,
    /// Whether a password signs anybody in here.
    pub offers_password: bool,
    /// The message `error-CODE` to show.
    pub error: Option<String>,
    /// How long to wait, where that is the error.
    pub wait: Option<Wait>,
    /// Whether the client can be told "no".
    pub can_cancel: bool,
}

impl Page for SignIn {
    const NAME: &'static str = "sign-in";
}

/// `/setup/TOKEN`.
#[derive(Clone, Debug, Serialize)]
pub struct Setup {
    /// The page's own path, under which its ceremony lies.
    pub action: String,
    /// Prefilled, or empty.
    pub email: String,
    /// Prefilled, or empty.
    pub name: String,
}

impl Page for Setup {
    const NAME: &'static str = "setup";
}

/// `/invitation/TOKEN`.
#[derive(Clone, Debug, Serialize)]
pub struct Invitation {
    /// The page's own path, under which its ceremony lies.
    pub action: String,
    /// Whom the invitation is for.
    pub email: String,
    /// Prefilled, or empty.
    pub name: String,
    /// Who invites; none when it came from the command line.
    pub inviter: Option<String>,
}

impl Page for Invitation {
    const NAME: &'static str = "invitation";
}
