//! What the pages are given on which a person says who they are.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{House, Page};
use crate::base::clock::Time;

/// `/account/profile`.
#[derive(Clone, Debug, Serialize)]
pub struct Profile {
    /// The house around it.
    #[serde(flatten)]
    pub house: House,
    /// The person's address, which is changed elsewhere.
    pub email: String,
    /// Where.
    pub email_url: String,
    /// What stands in each field.
    pub values: BTreeMap<&'static str, String>,
    /// The fields whose value can't be kept, in the order of the page.
    pub wrong: Vec<&'static str>,
    /// The groups that are shown unfolded.
    pub open: Vec<&'static str>,
    /// The languages that our pages are written in.
    pub languages: Vec<Choice>,
    /// Whether it was saved just now.
    pub saved: bool,
}

impl Page for Profile {
    const NAME: &'static str = "profile";
}

/// One of several.
#[derive(Clone, Debug, Serialize)]
pub struct Choice {
    /// What is sent.
    pub value: String,
    /// What is read.
    pub label: String,
}

/// `/account/email`.
#[derive(Clone, Debug, Serialize)]
pub struct ChangeEmail {
    /// The house around it.
    #[serde(flatten)]
    pub house: House,
    /// The person's address.
    pub email: String,
    /// The one that waits to be confirmed.
    pub waiting: Option<Waiting>,
    /// What was typed and can't be taken, to be mended; else empty.
    pub typed: String,
    /// The message `error-CODE` to show.
    pub error: Option<String>,
    /// What just happened: the message `change-email-NEWS`.
    pub news: Option<&'static str>,
    /// Where the profile is.
    pub back_url: String,
}

impl Page for ChangeEmail {
    const NAME: &'static str = "change-email";
}

/// An address that waits to be confirmed.
#[derive(Clone, Debug, Serialize)]
pub struct Waiting {
    /// Which.
    pub email: String,
    /// Until when.
    pub expires_at: Time,
}

/// `/account/email/TOKEN`.
#[derive(Clone, Debug, Serialize)]
pub struct ConfirmEmail {
    /// The page's own path.
    pub action: String,
    /// The address so far.
    pub account: String,
    /// The address from now on.
    pub email: String,
    /// Where "Cancel" leads.
    pub back_url: String,
}

impl Page for ConfirmEmail {
    const NAME: &'static str = "confirm-email";
}
