//! What the pages of a signed-in person are given.

use serde::Serialize;

use super::{Client, Codes, House, KnownPasskeys, Page, Way};
use crate::base::clock::Time;

/// `/account/backup-codes`.
#[derive(Clone, Serialize)]
pub struct BackupCodes {
    /// The codes in readable groups. The one page that may show them: this type has no `Debug`.
    pub codes: Vec<String>,
    /// Which set is acknowledged.
    pub set: String,
    /// Whose codes they are.
    pub account: String,
    /// Where they work.
    pub issuer: String,
    /// From when they are.
    pub made_at: Time,
    /// The authorization request that waits.
    pub request: Option<String>,
    /// The message `error-CODE` to show.
    pub error: Option<String>,
}

impl Page for BackupCodes {
    const NAME: &'static str = "backup-codes";
}

/// `/account`.
#[derive(Clone, Debug, Serialize)]
pub struct Dashboard {
    /// The house around it.
    #[serde(flatten)]
    pub house: House,
    /// What needs them, the most urgent first.
    pub needs: Vec<Needs>,
    /// What they used lately, the last one first.
    pub lately: Vec<UsedApp>,
    /// What they may open.
    pub apps: Vec<App>,
    /// How many more there are, that one page does not show.
    pub more: usize,
    /// What credential managers may know.
    pub known: KnownPasskeys,
}

impl Page for Dashboard {
    const NAME: &'static str = "dashboard";
}

/// Something that needs the person; `needs-ABOUT` says what.
#[derive(Clone, Debug, Serialize)]
pub struct Needs {
    /// What.
    pub about: &'static str,
    /// Whether it may be an attack.
    pub is_bad: bool,
    /// The name of what it is about, or empty.
    pub name: String,
    /// How many, where that is said.
    pub count: usize,
    /// Where something is done about it.
    pub url: String,
}

/// An application that was used lately.
#[derive(Clone, Debug, Serialize)]
pub struct UsedApp {
    /// Which.
    #[serde(flatten)]
    pub client: Client,
    /// Where it starts, if it says so.
    pub url: Option<String>,
    /// When it was last given or renewed anything.
    pub last_used_at: Time,
}

/// A passkey as its owner knows it.
#[derive(Clone, Debug, Serialize)]
pub struct Passkey {
    /// Its name.
    pub name: String,
    /// Whether a credential manager carries it to other devices.
    pub synced: bool,
    /// Since when.
    pub created_at: Time,
    /// When it last signed in.
    pub last_used_at: Option<Time>,
    /// Where that was: device and network.
    pub last_used_from: Option<String>,
    /// When its counter went back, if it did: it may have been copied.
    pub suspected_at: Option<Time>,
    /// When its owner said that it isn't theirs, if they did: it signs in no more.
    pub frozen_at: Option<Time>,
}

/// `/account/sign-in-methods`.
#[expect(clippy::struct_excessive_bools, reason = "each is a question of its own that the page asks")]
#[derive(Clone, Debug, Serialize)]
pub struct SignInMethods {
    /// The house around it.
    #[serde(flatten)]
    pub house: House,
    /// The person's passkeys.
    pub passkeys: Vec<OwnPasskey>,
    /// Whether to suggest a second passkey.
    pub nudge: bool,
    /// Whether they may register another one.
    pub has_room: bool,
    /// How many they may have.
    pub most: u32,
    /// Whether a password would sign them in.
    pub passwords_work: bool,
    /// Their password.
    pub password: Option<Way>,
    /// Their authenticator app.
    pub totp: Option<Way>,
    /// Their backup codes.
    pub codes: Codes,
    /// What just happened: the message `news-NEWS`, with what remains.
    pub news: Option<&'static str>,
    /// What credential managers may know.
    pub known: KnownPasskeys,
    /// Whether a passkey that may have been copied opens nothing any more.
    pub suspected_refused: bool,
}

impl Page for SignInMethods {
    const NAME: &'static str = "sign-in-methods";
}

/// A passkey that its owner looks after.
#[derive(Clone, Debug, Serialize)]
pub struct OwnPasskey {
    /// As everywhere.
    #[serde(flatten)]
    pub passkey: Passkey,
    /// What keeps it, where that is known and is not its name.
    pub kind: Option<&'static str>,
    /// Where its name is changed.
    pub rename_url: String,
    /// Where it is taken away.
    pub revoke_url: String,
    /// Where its owner says that it is theirs after all.
    pub unfreeze_url: String,
}

/// `/account/passkeys/ID/rename`.
#[derive(Clone, Debug, Serialize)]
pub struct RenamePasskey {
    /// The page's own path.
    pub action: String,
    /// Its name, or what was typed and is none.
    pub name: String,
    /// Whether it was registered just now.
    pub is_new: bool,
    /// The most characters of a name.
    pub longest: usize,
    /// The message `error-CODE` to show.
    pub error: Option<&'static str>,
    /// Where the others are.
    pub back_url: String,
}

impl Page for RenamePasskey {
    const NAME: &'static str = "rename-passkey";
}

/// `/account/passkeys/ID/delete`.
#[derive(Clone, Debug, Serialize)]
pub struct RevokePasskey {
    /// The page's own path.
    pub action: String,
    /// Its name.
    pub name: String,
    /// Whose it is.
    pub account: String,
    /// The names of those that remain.
    pub remaining: Vec<String>,
    /// Whether a password remains.
    pub password: bool,
    /// Whether an authenticator app confirms it.
    pub totp: bool,
    /// Where "Keep it" leads.
    pub back_url: String,
}

impl Page for RevokePasskey {
    const NAME: &'static str = "revoke-passkey";
}

/// An application that may be opened.
#[derive(Clone, Debug, Serialize)]
pub struct App {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// Where it starts.
    pub url: String,
    /// The letter that stands for a missing picture.
    pub initial: String,
    /// A picture below our own issuer.
    pub logo_uri: Option<String>,
}
