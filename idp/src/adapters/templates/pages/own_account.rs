//! What the pages about one's own sessions, applications and activity are given.

use serde::Serialize;

use super::{Client, House, Page};
use crate::base::clock::Time;

/// `/account/sessions`.
#[derive(Clone, Debug, Serialize)]
pub struct Sessions {
    /// The house around it.
    #[serde(flatten)]
    pub house: House,
    /// Where the person is signed in, this browser first.
    pub sessions: Vec<OwnSession>,
    /// How many there may be at the same time.
    pub most: u32,
    /// What just happened: the message `news-NEWS`.
    pub news: Option<&'static str>,
}

impl Page for Sessions {
    const NAME: &'static str = "sessions";
}

/// A session as its person knows it.
#[derive(Clone, Debug, Serialize)]
pub struct OwnSession {
    /// Browser and system, if they could be told.
    pub device: Option<String>,
    /// The network it was opened from.
    pub network: String,
    /// When it was opened.
    pub began_at: Time,
    /// When it was last used, to within five minutes.
    pub seen_at: Time,
    /// By what it was opened, or confirmed last.
    pub opened_with: OpenedWith,
    /// Whether it is the one that asks.
    pub current: bool,
    /// Where ending it is posted.
    pub end_url: String,
}

/// By what means a session was opened; `opened-with-WAY` says it.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "way", rename_all = "kebab-case")]
pub enum OpenedWith {
    /// A passkey of the person.
    Passkey {
        /// Its name.
        name: String,
    },
    /// A passkey that was revoked since.
    RevokedPasskey,
    /// A password alone.
    Password,
    /// A password and a code.
    PasswordAndCode,
}

/// `/account/apps`.
#[derive(Clone, Debug, Serialize)]
pub struct Apps {
    /// The house around it.
    #[serde(flatten)]
    pub house: House,
    /// What is connected.
    pub apps: Vec<OwnApp>,
    /// Whether one was disconnected just now.
    pub is_news: bool,
}

impl Page for Apps {
    const NAME: &'static str = "apps";
}

/// A connected application.
#[derive(Clone, Debug, Serialize)]
pub struct OwnApp {
    /// Which.
    #[serde(flatten)]
    pub client: Client,
    /// What it may see, as scope values.
    pub scopes: Vec<String>,
    /// Claims that the scopes do not give, by their names.
    pub claims: Vec<&'static str>,
    /// The APIs that it may use in the person's name.
    pub resources: Vec<String>,
    /// Since when.
    pub since: Time,
    /// When it was last given or renewed anything.
    pub last_used_at: Option<Time>,
    /// Whether it goes on when the person is away.
    pub offline: bool,
    /// Whether the person was asked; else an administrator trusts it.
    pub was_asked: bool,
    /// Where taking back is asked.
    pub revoke_url: String,
}

/// `/account/apps/CLIENT/revoke`.
#[derive(Clone, Debug, Serialize)]
pub struct RevokeApp {
    /// Which.
    pub app: OwnApp,
    /// The page's own path.
    pub action: String,
    /// Where "Keep it" leads.
    pub back_url: String,
}

impl Page for RevokeApp {
    const NAME: &'static str = "revoke-app";
}

/// `/account/activity`.
#[derive(Clone, Debug, Serialize)]
pub struct Activity {
    /// The house around it.
    #[serde(flatten)]
    pub house: House,
    /// What can be looked at.
    pub filters: Vec<Filter>,
    /// The newest first.
    pub events: Vec<Event>,
    /// Whether it is the first page.
    pub is_first: bool,
    /// Where older ones are, if there are any.
    pub older_url: Option<String>,
}

impl Page for Activity {
    const NAME: &'static str = "activity";
}

/// A part of the activity; `activity-about-NAME` says what.
#[derive(Clone, Debug, Serialize)]
pub struct Filter {
    /// Which.
    pub name: &'static str,
    /// Where it is shown.
    pub url: String,
    /// Whether it is shown.
    pub current: bool,
}

/// Something that happened; `activity-KIND` says what.
#[derive(Clone, Debug, Serialize)]
pub struct Event {
    /// When.
    pub at: Time,
    /// What.
    pub kind: &'static str,
    /// Why, where the sentence differs by it; else empty.
    pub why: String,
    /// The application it is about.
    pub client: Option<String>,
    /// The passkey it is about, if it is still there.
    pub passkey: Option<String>,
    /// Browser and system it came from.
    pub device: Option<String>,
    /// The network it came from.
    pub network: Option<String>,
    /// Whether somebody who runs the server did it.
    pub by_operator: bool,
}
