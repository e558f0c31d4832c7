//! Against forged requests: every change carries a token that only a page of ours could show to this browser, and browsers that say where
//! a request comes from must say "from here".
//!
//! The token is a MAC of the browser's cookie, so nothing is stored. On a page that was shown to a signed-in person a second MAC stands behind
//! it, which names them: where several accounts are signed in, a page of one of them changes nothing for another (C-SES-07). `Origin` alone can't decide: with `Referrer-Policy: no-referrer`
//! browsers send `Origin: null` with our own forms (Fetch §3.2).

use http::HeaderMap;
use http::header::ORIGIN;

use crate::base::base64url;
use crate::base::digest::Digest;
use crate::base::error::{AppError, Kind};
use crate::base::id::UserId;
use crate::base::sealed::Sealer;
use crate::web::browser::{Browser, SEC_FETCH_SITE};

const PURPOSE: &str = "csrf";
const OF_A_PERSON: &str = "csrf of a person";

/// The token for forms and scripts on pages that this browser is shown; `person` is the one who is signed in, if anybody is.
pub fn token(sealer: &Sealer, browser: &Browser, person: Option<UserId>) -> String {
    let browser = browser.digest();
    let of_browser = base64url::encode(sealer.mac(PURPOSE, &[browser.as_bytes()]).as_bytes());
    match person {
        None => of_browser,
        Some(person) => {
            let of_person = sealer.mac(OF_A_PERSON, &[browser.as_bytes(), person.as_uuid().as_bytes()]);
            format!("{of_browser}.{}", base64url::encode(of_person.as_bytes()))
        }
    }
}

/// What a token is held against.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// The browser that asks.
    pub browser: &'a Browser,
    /// The person for whom something is done, if it is done for anybody.
    pub person: Option<UserId>,
    /// The origin of our own pages.
    pub own_origin: &'a str,
}

/// Refuses what did not come from a page of ours in this browser, and what came from a page that was shown to another person.
pub fn check(sealer: &Sealer, expected: Expected<'_>, headers: &HeaderMap, token: Option<&str>) -> Result<(), AppError> {
    let Expected { browser, person, own_origin } = expected;
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
    let token = token.ok_or_else(|| refused("the form token is missing"))?;
    let (of_browser, of_person) = token.split_once('.').map_or((token, None), |(browser, person)| (browser, Some(person)));
    let read = |text: &str| base64url::decode_array(text).map(Digest::from_bytes);
    let browser = browser.digest();
    match read(of_browser) {
        Some(shown) if sealer.is_mac(&shown, PURPOSE, &[browser.as_bytes()]) => {}
        Some(_) => return Err(refused("the form token is another browser's")),
        None => return Err(refused("the form token is malformed")),
    }
    let is_theirs = |person: UserId| {
        let parts = [browser.as_bytes().as_slice(), person.as_uuid().as_bytes()];
        of_person.and_then(read).is_some_and(|shown| sealer.is_mac(&shown, OF_A_PERSON, &parts))
    };
    if person.is_none_or(is_theirs) { Ok(()) } else { Err(AppError::new(Kind::Conflict, "account_changed")) }
}
