//! The pages that "this wasn't me" leads to.

use serde::Serialize;

use super::Page;

/// What will happen, before anything does.
#[derive(Clone, Debug, Serialize)]
pub struct NotMe {
    /// Where it is said.
    pub action: String,
    /// The account it is about.
    pub account: String,
    /// The kind of the notice that the link came with; `notice-KIND` is what that said.
    pub about: String,
    /// What is undone; `not-me-undo-UNDO` says it.
    pub undo: &'static str,
    /// The address that the account gets back; empty where it keeps the one it has.
    pub address: String,
    /// Where somebody goes who was it after all.
    pub keep_url: String,
}

impl Page for NotMe {
    const NAME: &'static str = "not-me";
}

/// What became of it.
#[derive(Clone, Debug, Serialize)]
pub struct NotMeDone {
    /// Whether the change itself was undone; the sessions are over in any case.
    pub undone: bool,
    /// Where to sign in again.
    pub sign_in_url: String,
}

impl Page for NotMeDone {
    const NAME: &'static str = "not-me-done";
}
