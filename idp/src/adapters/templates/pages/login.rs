//! What the pages of signing in and coming aboard are given.

use serde::Serialize;

use super::{Page, Presented, User, Wait};

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

/// `/choose-account[/BOX]`.
#[derive(Clone, Debug, Serialize)]
pub struct ChooseAccount {
    /// The page's own path.
    pub action: String,
    /// The authorization request that waits for the choice.
    pub request: Option<String>,
    /// Who asks.
    pub presented: Option<Presented>,
    /// Who is signed in here, the current one first.
    pub accounts: Vec<ChoosableAccount>,
    /// Whom this browser remembers, and who signed out.
    pub remembered: Option<Remembered>,
}

impl Page for ChooseAccount {
    const NAME: &'static str = "choose-account";
}

/// An account that can be chosen.
#[derive(Clone, Debug, Serialize)]
pub struct ChoosableAccount {
    /// Whose it is.
    #[serde(flatten)]
    pub user: User,
    /// What is sent to choose it.
    pub account: String,
    /// Whether it is the current one.
    pub current: bool,
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
