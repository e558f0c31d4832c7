//! What each page is given, as types: the templates' side of the contract, so that a page and its handler can't drift apart unnoticed.
//! Plain data in the words of the page; URLs are complete paths or URLs, moments are milliseconds.

use serde::Serialize;

use crate::base::clock::Time;

mod account;
mod login;
mod not_me;
mod oidc;
mod own_account;
mod own_ways;
mod passkeys;
mod profile;
mod recovery;
mod second_step;
mod step_up;
mod wait;

pub use account::*;
pub use login::*;
pub use not_me::*;
pub use oidc::*;
pub use own_account::*;
pub use own_ways::*;
pub use passkeys::*;
pub use profile::*;
pub use recovery::*;
pub use second_step::*;
pub use step_up::*;
pub use wait::Wait;

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
    /// What the reader chose.
    pub look: Look,
    /// The page itself.
    #[serde(flatten)]
    pub page: P,
}

/// How a reader wants pages to be, where they said so.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Look {
    /// `light` or `dark`; none to follow the device.
    pub theme: Option<&'static str>,
    /// The IANA name of the time zone that moments are shown in; none for the browser's.
    pub time_zone: Option<String>,
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
    /// Whether it registered itself, and nobody here has looked at it.
    pub unverified: bool,
}

impl Presented {
    /// The same with the host that the answer goes to, where that is known: of several that it registered, this one counts.
    #[must_use]
    pub fn answered_at(mut self, host: Option<String>) -> Self {
        if let Some(host) = host {
            self.client.host = host;
        }
        self
    }
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

/// A hidden field that is sent back as it came.
#[derive(Clone, Debug, Serialize)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
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
    /// How long to wait, where that is known.
    pub wait: Option<Wait>,
}

impl Page for ErrorPage {
    const NAME: &'static str = "error";
}

/// A way out of an error.
#[derive(Clone, Debug, Serialize)]
pub struct WayOut {
    /// Where it leads.
    pub url: String,
    /// The message that names it: `way-account`, `way-sign-in`, `way-again`.
    pub label: &'static str,
}
