//! Who signed in in this browser last, and how, so that the sign-in page greets them and the same way leads; and so that strangers can't use up
//! the guesses at their password that this browser has.
//!
//! It lies in the browser alone, sealed and bound to the browser's cookie. It gives no authority and nobody is looked up for it: an account
//! that is gone or shut out is greeted like any other, and what is foreign, tampered with or over counts as missing.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use http::HeaderValue;
use http::request::Parts;
use serde::{Deserialize, Serialize};

use crate::app::App;
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
}

impl Fact for Remembered {
    const PREFIX: &'static str = "wh_";
}

fn belongs_to(browser: Digest) -> Vec<u8> {
    binding(&[browser.as_bytes()])
}

/// The cookie by which this browser remembers that `user` signed in by this way.
pub fn remember(app: &App, browser: Digest, user: &user::Model, way: Way) -> Result<HeaderValue, AppError> {
    let remembered = Remembered { email: user.email.clone(), initials: page::person(user).initials, way };
    let id = SingleUseId::new(app.now().plus(cookies::BROWSER_LIFETIME));
    let sealed = app.view().rings.sealer.seal(id, &remembered, &belongs_to(browser)).map_err(AppError::internal)?;
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
