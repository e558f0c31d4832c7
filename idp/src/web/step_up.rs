//! Asking whoever is signed in to show that it is still them, in the place of the change they wanted: with a passkey if they have one, else
//! with the password, and the code of the authenticator app after it (C-SUDO-01, C-SUDO-02). What they wanted is carried along, sealed for
//! this browser and session, and happens once they did.

use axum::response::Response;
use serde::{Deserialize, Serialize};
use std::time::Duration;

use crate::actions::{sessions, ways_in};
use crate::adapters::templates::pages::{Confirm, ConfirmCode, ConfirmPassword, Field};
use crate::app::App;
use crate::base::digest::Digest;
use crate::base::error::{AppError, Kind};
use crate::base::sealed::{Fact, binding};
use crate::base::single_use::SingleUseId;
use crate::store::reads::session_and_user::SessionAndUser;
use crate::web::page::Pages;

/// Where "Cancel" leads, and where somebody goes on who wanted nothing in particular.
pub const HOME: &str = "/account/sign-in-methods";
/// How long a password and a code may be looked for.
const CARRIED: Duration = Duration::from_mins(10);

/// What somebody wanted when they were asked who they are.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Change {
    /// To see a page: its path and query.
    Page(String),
    /// To send a form.
    Form {
        /// Its path.
        action: String,
        /// What was filled in, without the page's own token, and never a password.
        fields: Vec<(String, String)>,
    },
}

impl Fact for Change {
    const PREFIX: &'static str = "wx_";
}

impl Change {
    /// The form's fields as a page shows them.
    pub fn fields(&self) -> Vec<Field> {
        match self {
            Self::Page(_) => Vec::new(),
            Self::Form { fields, .. } => fields.iter().map(|(name, value)| Field { name: name.clone(), value: value.clone() }).collect(),
        }
    }

    fn form_action(&self) -> Option<String> {
        match self {
            Self::Page(_) => None,
            Self::Form { action, .. } => Some(action.clone()),
        }
    }

    fn page_url(&self) -> Option<String> {
        match self {
            Self::Page(address) => Some(address.clone()),
            Self::Form { .. } => None,
        }
    }
}

/// Where "Cancel" leads: to the page that shows what the change is about.
fn back_url(app: &App, change: &Change) -> String {
    let issuer = &app.config().issuer;
    let (Change::Page(address) | Change::Form { action: address, .. }) = change;
    let path = address.strip_prefix(issuer.path().trim_end_matches('/')).unwrap_or(address);
    issuer.join(if path.starts_with("/account/sessions/") { "/account/sessions" } else { HOME })
}

/// C-SUDO-03: what is carried belongs to a browser and to one session in it.
fn belongs_to(browser: Digest, here: &SessionAndUser) -> Vec<u8> {
    binding(&[b"step-up", browser.as_bytes(), here.session.id.as_uuid().as_bytes()])
}

fn carried(app: &App, browser: Digest, here: &SessionAndUser, change: &Change) -> Result<String, AppError> {
    let id = SingleUseId::new(app.now().plus(CARRIED));
    app.view().rings.sealer.seal(id, change, &belongs_to(browser, here)).map_err(AppError::internal)
}

/// What a form of a confirmation page carries.
///
/// # Errors
/// `confirm_expired` for what is not ours, or over.
pub async fn open(app: &App, browser: Digest, here: &SessionAndUser, text: &str) -> Result<Change, AppError> {
    let opened = app.open_box(text, &belongs_to(browser, here)).await;
    opened.map(|(_, change)| change).map_err(|why| AppError::new(Kind::Gone, "confirm_expired").because(format!("{why:?}")))
}

/// Shows the page that asks by the strongest way the person has.
///
/// # Errors
/// `confirm_impossible` for whoever has none left.
pub async fn ask(app: &App, pages: &Pages, browser: Digest, here: &SessionAndUser, change: &Change) -> Result<Response, AppError> {
    let ways = ways_in::of(app, here.user.id).await?;
    if !ways.passkey {
        return if ways.password {
            ask_password(app, pages, browser, here, change, None)
        } else {
            Err(AppError::new(Kind::Forbidden, "confirm_impossible"))
        };
    }
    pages.show(Confirm {
        account: here.user.email.to_string(),
        is_weak: sessions::is_fresh(app, &here.session),
        action: change.form_action(),
        fields: change.fields(),
        go_url: change.page_url(),
        back_url: back_url(app, change),
    })
}

/// Asks for the password; again, if there is an `error` to show.
pub fn ask_password(
    app: &App,
    pages: &Pages,
    browser: Digest,
    here: &SessionAndUser,
    change: &Change,
    error: Option<&'static str>,
) -> Result<Response, AppError> {
    let back_url = back_url(app, change);
    let change = carried(app, browser, here, change)?;
    pages.show(ConfirmPassword { account: here.user.email.to_string(), change, error, back_url })
}

/// Asks for the code that confirms the password, which `passed` stands for.
pub fn ask_code(
    app: &App,
    pages: &Pages,
    browser: Digest,
    here: &SessionAndUser,
    change: &Change,
    passed: String,
    error: Option<&'static str>,
) -> Result<Response, AppError> {
    let back_url = back_url(app, change);
    let change = carried(app, browser, here, change)?;
    pages.show(ConfirmCode { account: here.user.email.to_string(), change, passed, error, back_url })
}
