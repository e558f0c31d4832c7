//! Who signed in in this browser last, and how, so that the sign-in page greets them and the same way leads; and so that strangers can't use up
//! the guesses at their password that this browser has.
//!
//! It lies in the browser alone, sealed and bound to the browser's cookie. It gives no authority and nobody is looked up for it: an account
//! that is gone or shut out is greeted like any other, and what is foreign, tampered with or over counts as missing.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::FromRequestParts;
use http::HeaderValue;
use http::request::Parts;
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::base::clock::Time;
use crate::base::digest::Digest;
use crate::base::email::Email;
use crate::base::error::AppError;
use crate::base::sealed::{Fact, binding};
use crate::base::single_use::SingleUseId;
use crate::store::user;
use crate::web::browser::Browser;
use crate::web::{cookies, page};

/// How somebody signed in last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Way {
    /// With a passkey.
    Passkey,
    /// With a password.
    Password,
}

/// Whoever used this browser last, as they were then.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Remembered {
    /// Their sign-in name.
    pub email: Email,
    /// One or two letters that stand for a picture.
    pub initials: String,
    /// How they signed in.
    pub way: Way,
    /// Until when they are not offered a passkey, if they said "not now".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_offer_until: Option<Time>,
}

impl Fact for Remembered {
    const PREFIX: &'static str = "wh_";
}

fn belongs_to(browser: Digest) -> Vec<u8> {
    binding(&[browser.as_bytes()])
}

impl Remembered {
    fn new(user: &user::Model, way: Way) -> Self {
        Self { email: user.email.clone(), initials: page::person(user).initials, way, no_offer_until: None }
    }

    /// Whether this person said "not now" to a passkey in this browser, not long ago.
    pub fn refused_offer(&self, user: &user::Model, now: Time) -> bool {
        self.email == user.email && self.no_offer_until.is_some_and(|until| now < until)
    }
}

/// How long "not now" counts.
const NOT_NOW: Duration = Duration::from_hours(90 * 24);

/// The cookie by which this browser remembers that `user` signed in by this way. What `before` says of the same person still holds.
pub fn remember(app: &App, browser: Digest, user: &user::Model, way: Way, before: Option<&Remembered>) -> Result<HeaderValue, AppError> {
    let no_offer_until = before.filter(|before| before.email == user.email).and_then(|before| before.no_offer_until);
    sealed(app, browser, &Remembered { no_offer_until, ..Remembered::new(user, way) })
}

/// The cookie by which this browser remembers that `user` wants no passkey offered for now.
pub fn refuse_offer(app: &App, browser: Digest, user: &user::Model) -> Result<HeaderValue, AppError> {
    sealed(app, browser, &Remembered { no_offer_until: Some(app.now().plus(NOT_NOW)), ..Remembered::new(user, Way::Password) })
}

fn sealed(app: &App, browser: Digest, remembered: &Remembered) -> Result<HeaderValue, AppError> {
    let id = SingleUseId::new(app.now().plus(cookies::BROWSER_LIFETIME));
    let sealed = app.view().rings.sealer.seal(id, remembered, &belongs_to(browser)).map_err(AppError::internal)?;
    cookies::set_hint(&sealed, &app.config().issuer).map_err(AppError::internal)
}

/// The cookie by which this browser forgets.
pub fn forget(app: &App) -> Result<HeaderValue, AppError> {
    cookies::clear_hint(&app.config().issuer).map_err(AppError::internal)
}

/// Extractor: whom this browser remembers, if anybody. Never asks the database.
#[derive(Clone, Debug)]
pub struct Hint(pub Option<Remembered>);

impl FromRequestParts<App> for Hint {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let sealed = cookies::read_hint(&parts.headers, &app.config().issuer);
        let Some((sealed, browser)) = sealed.zip(parts.extensions.get::<Browser>()) else { return Ok(Self(None)) };
        // Not by `App::open_box`: a hint is not worth reading the rings again.
        let opened = app.view().rings.sealer.open::<Remembered>(sealed, &belongs_to(browser.digest()), app.now());
        Ok(Self(opened.ok().map(|(_, remembered)| remembered)))
    }
}
