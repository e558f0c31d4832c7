//! What the pages are given on which a person says who they are.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{House, Page};

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
