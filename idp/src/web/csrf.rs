//! Against forged requests: every change carries a token that only a page of ours could show to this browser, and browsers that say where
//! a request comes from must say "from here".
//!
//! The token is a MAC of the browser's cookie, so nothing is stored. `Origin` alone can't decide: with `Referrer-Policy: no-referrer`
//! browsers send `Origin: null` with our own forms (Fetch §3.2).

use http::HeaderMap;
use http::header::ORIGIN;

use crate::base::base64url;
use crate::base::digest::Digest;
use crate::base::error::{AppError, Kind};
use crate::base::sealed::Sealer;
use crate::web::browser::{Browser, SEC_FETCH_SITE};

const PURPOSE: &str = "csrf";

/// The token for forms and scripts on pages that this browser is shown.
pub fn token(sealer: &Sealer, browser: &Browser) -> String {
    base64url::encode(sealer.mac(PURPOSE, &[browser.digest().as_bytes()]).as_bytes())
}

/// Refuses what did not come from a page of ours in this browser.
pub fn check(sealer: &Sealer, browser: &Browser, headers: &HeaderMap, own_origin: &str, token: Option<&str>) -> Result<(), AppError> {
    let refused = |why: &'static str| AppError::new(Kind::Forbidden, "csrf_failed").because(why);
    if let Some(site) = headers.get(SEC_FETCH_SITE)
        && site != "same-origin"
    {
        return Err(refused("Sec-Fetch-Site names another site"));
    }
    if let Some(origin) = headers.get(ORIGIN)
        && origin != "null"
        && origin != own_origin
    {
        return Err(refused("Origin names another site"));
    }
    let shown = token.and_then(base64url::decode_array).map(Digest::from_bytes);
    match shown {
        Some(shown) if sealer.is_mac(&shown, PURPOSE, &[browser.digest().as_bytes()]) => Ok(()),
        Some(_) => Err(refused("the form token is another browser's")),
        None => Err(refused("the form token is missing")),
    }
}
