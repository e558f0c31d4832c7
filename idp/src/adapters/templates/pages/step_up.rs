//! What the pages are given that ask somebody, in the place of a change, to show that it is still them.

use serde::Serialize;

use super::{Field, Page};

/// By a passkey; the change follows by itself.
#[derive(Clone, Debug, Serialize)]
pub struct Confirm {
    /// Whose passkey is needed.
    pub account: String,
    /// Whether they signed in just now, but by less than a passkey.
    pub is_weak: bool,
    /// Where the change is posted, if it is a form.
    pub action: Option<String>,
    /// What is posted with it.
    pub fields: Vec<Field>,
    /// Where it goes on, if no form waits.
    pub go_url: Option<String>,
    /// Where "Cancel" leads.
    pub back_url: String,
}

impl Page for Confirm {
    const NAME: &'static str = "confirm";
}

/// By the password, where there is no passkey.
#[derive(Clone, Debug, Serialize)]
pub struct ConfirmPassword {
    /// Whose password is needed.
    pub account: String,
    /// What was wanted, sealed.
    pub change: String,
    /// The message `error-CODE` to show.
    pub error: Option<&'static str>,
    /// Where "Cancel" leads.
    pub back_url: String,
}

impl Page for ConfirmPassword {
    const NAME: &'static str = "confirm-password";
}

/// By a code of the authenticator app, after the password.
#[derive(Clone, Debug, Serialize)]
pub struct ConfirmCode {
    /// Whose app is needed.
    pub account: String,
    /// What was wanted, sealed.
    pub change: String,
    /// That the password was right, sealed.
    pub passed: String,
    /// The message `error-CODE` to show.
    pub error: Option<&'static str>,
    /// Where "Cancel" leads.
    pub back_url: String,
}

impl Page for ConfirmCode {
    const NAME: &'static str = "confirm-code";
}

/// Confirmed, and the form that waited goes on; by itself where there is a script.
#[derive(Clone, Debug, Serialize)]
pub struct Confirmed {
    /// Where the change is posted.
    pub action: String,
    /// What is posted with it.
    pub fields: Vec<Field>,
    /// Where "Cancel" leads.
    pub back_url: String,
}

impl Page for Confirmed {
    const NAME: &'static str = "confirmed";
}
