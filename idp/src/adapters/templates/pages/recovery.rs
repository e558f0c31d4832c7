//! What the page is given on which somebody who has lost their passkeys comes back.

use serde::Serialize;

use super::Page;

/// How far they are.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RecoverStep {
    /// They say who they are.
    Ask,
    /// A link was sent, if there is anybody to send it to.
    Sent,
    /// They have a link and show a backup code.
    Code,
    /// They have a link and could have no code.
    NoCodes,
    /// They register a passkey.
    Passkey,
}

/// `/recover`, `/recover/TOKEN`.
#[derive(Clone, Debug, Serialize)]
pub struct Recover {
    /// How far they are.
    pub step: RecoverStep,
    /// The link's own path, under which its ceremony lies; empty without a link.
    pub action: String,
    /// Whose account the link leads into; empty without one.
    pub account: String,
    /// What was typed and is no email, to be mended; else empty.
    pub typed: String,
    /// How long a link is good.
    pub minutes: u64,
    /// What stands for a code that was right; else empty.
    pub proved: String,
    /// The message `error-CODE` to show.
    pub error: Option<&'static str>,
}

impl Page for Recover {
    const NAME: &'static str = "recover";
}
