//! What each page is given, as types: the templates' side of the contract, so that a page and its handler can't drift apart unnoticed.
//! Plain data in the words of the page; URLs are complete paths or URLs, moments are milliseconds.

use serde::Serialize;

use crate::base::clock::Time;

/// A page that has a template of its own.
pub trait Page: Serialize {
    /// Its file in `templates/pages`, and its `data-page`.
    const NAME: &'static str;
}

/// A page with what every page is given.
#[derive(Clone, Debug, Serialize)]
pub struct Shown<P> {
    /// The token that forms and ceremonies send back.
    pub csrf: String,
    /// The request's id, to be named when asking for help.
    pub request_id: String,
    /// Whose house it is.
    pub brand: Brand,
    /// The present moment, for "today at".
    pub now: Time,
    /// The page itself.
    #[serde(flatten)]
    pub page: P,
}

/// Whose house it is.
#[derive(Clone, Debug, Serialize)]
pub struct Brand {
    /// Its name.
    pub name: String,
}

/// The application that sent the person here.
#[derive(Clone, Debug, Serialize)]
pub struct Presented {
    /// Who it is.
    pub client: Client,
    /// Its privacy policy; https only, checked when the client was registered.
    pub policy_uri: Option<String>,
    /// Its terms; https only, checked when the client was registered.
    pub tos_uri: Option<String>,
}

/// An application as people know it.
#[derive(Clone, Debug, Serialize)]
pub struct Client {
    /// Its name.
    pub name: String,
    /// The host it lives on, so that a borrowed name is noticed.
    pub host: String,
    /// A picture below our own issuer (the content security policy allows no other).
    pub logo_uri: Option<String>,
    /// The letter that stands for a missing picture.
    pub initial: String,
}

/// The person signed in.
#[derive(Clone, Debug, Serialize)]
pub struct User {
    /// Their name.
    pub name: String,
    /// Their sign-in name.
    pub email: String,
    /// One or two letters that stand for a missing picture.
    pub initials: String,
}

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
    /// The message `error-CODE` to show.
    pub error: Option<String>,
    /// Whether the client can be told "no".
    pub can_cancel: bool,
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

/// What every page of the house is given.
#[derive(Clone, Debug, Serialize)]
pub struct House {
    /// Who is at home.
    pub user: User,
    /// The item of the rail where we are.
    pub nav: &'static str,
    /// The rail.
    pub nav_items: Vec<NavItem>,
}

/// A way in the rail; `nav-ID` is its name.
#[derive(Clone, Debug, Serialize)]
pub struct NavItem {
    /// Which page.
    pub id: &'static str,
    /// Where it lies.
    pub url: String,
}

/// `/account`.
#[derive(Clone, Debug, Serialize)]
pub struct Dashboard {
    /// The house around it.
    #[serde(flatten)]
    pub house: House,
    /// The person's passkeys.
    pub passkeys: Vec<Passkey>,
    /// What they may open.
    pub apps: Vec<App>,
    /// Whether to suggest a second passkey.
    pub nudge: bool,
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
}

/// `/account/sign-in-methods`.
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
    /// When they said that they saved their backup codes.
    pub codes_saved_at: Option<Time>,
    /// What just happened: the message `news-NEWS`, with what remains.
    pub news: Option<&'static str>,
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
    /// Where "Keep it" leads.
    pub back_url: String,
}

/// Asked in the place of a change, when signing in was too long ago; the change follows by itself.
#[derive(Clone, Debug, Serialize)]
pub struct Confirm {
    /// Whose passkey is needed.
    pub account: String,
    /// Where the change is posted.
    pub action: String,
    /// What is posted with it.
    pub fields: Vec<Field>,
    /// Where "Cancel" leads.
    pub back_url: String,
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

/// `/consent/BOX`.
#[derive(Clone, Debug, Serialize)]
pub struct Consent {
    /// Who asks.
    pub presented: Presented,
    /// Who would be giving.
    pub user: User,
    /// What is asked for.
    pub scopes: Vec<String>,
    /// The page's own path.
    pub action: String,
    /// The authorization request, carried along by "Not you?".
    pub request: Option<String>,
}

/// A hidden field that is sent back as it came.
#[derive(Clone, Debug, Serialize)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// `/sign-out` and `/logout`, asking.
#[derive(Clone, Debug, Serialize)]
pub struct SignOut {
    /// Where the answer goes.
    pub action: String,
    /// What is sent along.
    pub fields: Vec<Field>,
    /// Who asks, when it isn't the person alone.
    pub presented: Option<Presented>,
    /// Where "Stay signed in" leads; without it the answer `decision=deny` is posted.
    pub stay_url: Option<String>,
}

/// `/signed-out`.
#[derive(Clone, Debug, Serialize)]
pub struct SignedOut {
    /// Which application the person came from.
    pub presented: Option<Presented>,
    /// The way back to it.
    pub continue_url: Option<String>,
    /// The way in again.
    pub sign_in_url: String,
}

/// Every error that a person sees.
#[derive(Clone, Debug, Serialize)]
pub struct ErrorPage {
    /// The code of the `AppError`; `error-CODE` is what is said.
    pub code: String,
    /// The HTTP status.
    pub status: u16,
    /// Where to go from here; the first leads.
    pub ways_out: Vec<WayOut>,
    /// More, in safe text, such as the parameter that was wrong.
    pub detail: Option<String>,
}

/// A way out of an error.
#[derive(Clone, Debug, Serialize)]
pub struct WayOut {
    /// Where it leads.
    pub url: String,
    /// The message that names it: `way-account`, `way-sign-in`, `way-again`.
    pub label: &'static str,
}

impl Page for SignIn {
    const NAME: &'static str = "sign-in";
}
impl Page for Setup {
    const NAME: &'static str = "setup";
}
impl Page for Invitation {
    const NAME: &'static str = "invitation";
}
impl Page for BackupCodes {
    const NAME: &'static str = "backup-codes";
}
impl Page for Dashboard {
    const NAME: &'static str = "dashboard";
}
impl Page for SignInMethods {
    const NAME: &'static str = "sign-in-methods";
}
impl Page for RenamePasskey {
    const NAME: &'static str = "rename-passkey";
}
impl Page for RevokePasskey {
    const NAME: &'static str = "revoke-passkey";
}
impl Page for Confirm {
    const NAME: &'static str = "confirm";
}
impl Page for Consent {
    const NAME: &'static str = "consent";
}
impl Page for SignOut {
    const NAME: &'static str = "sign-out";
}
impl Page for SignedOut {
    const NAME: &'static str = "signed-out";
}
impl Page for ErrorPage {
    const NAME: &'static str = "error";
}
