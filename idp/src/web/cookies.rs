//! The cookies: `browser` ties what we seal to this browser and gives no authority; `session` holds the secrets of the
//! sessions here, one for each account that is signed in; `hint` says
//! who used a passkey here last, sealed, and gives no authority either.
//!
//! All are HttpOnly, SameSite=Lax and for the whole host; with an https issuer they are Secure and carry the `__Host-` prefix, so that
//! no other host can plant them (RFC 6265bis §4.1.3).

use std::time::Duration;

use http::header::{COOKIE, InvalidHeaderValue};
use http::{HeaderMap, HeaderValue};

use crate::base::issuer::Issuer;
use crate::base::secret::BrowserSecret;
use crate::base::session_secrets::SessionSecrets;

/// How long a browser is remembered; browsers keep no cookie longer than 400 days (RFC 6265bis §5.5).
pub const BROWSER_LIFETIME: Duration = Duration::from_hours(400 * 24);

/// A cookie of ours.
#[derive(Clone, Copy, Debug)]
enum Cookie {
    Browser,
    Session,
    Hint,
}

impl Cookie {
    const fn name(self, issuer_is_https: bool) -> &'static str {
        match (self, issuer_is_https) {
            (Self::Browser, true) => "__Host-browser",
            (Self::Browser, false) => "browser",
            (Self::Session, true) => "__Host-session",
            (Self::Session, false) => "session",
            (Self::Hint, true) => "__Host-hint",
            (Self::Hint, false) => "hint",
        }
    }
}

/// The browser's secret, if exactly one well-formed cookie holds it.
pub fn read_browser(headers: &HeaderMap, issuer: &Issuer) -> Option<BrowserSecret> {
    BrowserSecret::parse(read(headers, Cookie::Browser.name(issuer.is_https()))?)
}

/// The secrets of the sessions here, if exactly one well-formed cookie holds them; else none.
pub fn read_session(headers: &HeaderMap, issuer: &Issuer) -> SessionSecrets {
    read(headers, Cookie::Session.name(issuer.is_https())).and_then(SessionSecrets::parse).unwrap_or_default()
}

/// What is remembered of who used this browser, still sealed, if exactly one cookie holds it.
pub fn read_hint<'h>(headers: &'h HeaderMap, issuer: &Issuer) -> Option<&'h str> {
    read(headers, Cookie::Hint.name(issuer.is_https()))
}

/// A cookie that comes twice was planted by somebody: it counts as missing.
fn read<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let pairs = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok()).flat_map(|line| line.split(';'));
    let mut found = pairs.filter_map(|pair| pair.trim().split_once('=')).filter(|(key, _)| *key == name).map(|(_, value)| value);
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

/// Sets the browser cookie.
pub fn set_browser(secret: &BrowserSecret, issuer: &Issuer) -> Result<HeaderValue, InvalidHeaderValue> {
    write(Cookie::Browser, &secret.expose(), BROWSER_LIFETIME, issuer)
}

/// Sets the session cookie until the absolute end of a session that begins now; without a secret it is taken away.
pub fn set_session(secrets: &SessionSecrets, lifetime: Duration, issuer: &Issuer) -> Result<HeaderValue, InvalidHeaderValue> {
    let lifetime = if secrets.is_empty() { Duration::ZERO } else { lifetime };
    write(Cookie::Session, &secrets.expose(), lifetime, issuer)
}

/// Remembers what is sealed here of who used this browser.
pub fn set_hint(sealed: &str, issuer: &Issuer) -> Result<HeaderValue, InvalidHeaderValue> {
    write(Cookie::Hint, sealed, BROWSER_LIFETIME, issuer)
}

/// Forgets who used this browser.
pub fn clear_hint(issuer: &Issuer) -> Result<HeaderValue, InvalidHeaderValue> {
    write(Cookie::Hint, "", Duration::ZERO, issuer)
}

fn write(cookie: Cookie, value: &str, lifetime: Duration, issuer: &Issuer) -> Result<HeaderValue, InvalidHeaderValue> {
    let name = cookie.name(issuer.is_https());
    let secure = if issuer.is_https() { "; Secure" } else { "" };
    let mut header = HeaderValue::from_str(&format!("{name}={value}; Path=/; Max-Age={}; HttpOnly; SameSite=Lax{secure}", lifetime.as_secs()))?;
    header.set_sensitive(true);
    Ok(header)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::secret::SessionSecret;

    fn https() -> Issuer {
        Issuer::parse("https://id.example.com").unwrap()
    }

    /// C-SES-03
    #[test]
    fn cookies_are_bound_to_the_host() {
        let (first, second) = (SessionSecret::random(), SessionSecret::random());
        let both: SessionSecrets = [first.clone(), second.clone()].into_iter().collect();
        let header = set_session(&both, Duration::from_mins(1), &https()).unwrap();
        let expected = format!("__Host-session={}.{}; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure", first.expose(), second.expose());
        assert_eq!(header.to_str().unwrap(), expected);
        assert!(header.is_sensitive());
        let cleared = set_session(&SessionSecrets::default(), Duration::from_mins(1), &https()).unwrap();
        assert_eq!(cleared.to_str().unwrap(), "__Host-session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure");
    }

    #[test]
    fn a_cookie_that_comes_twice_is_not_believed() {
        let secret = BrowserSecret::random().expose();
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, format!("a=1; __Host-browser={secret}").parse().unwrap());
        assert!(read_browser(&headers, &https()).is_some());
        assert!(read_session(&headers, &https()).is_empty());
        headers.append(COOKIE, format!("__Host-browser={secret}").parse().unwrap());
        assert!(read_browser(&headers, &https()).is_none());
    }

    #[test]
    fn a_cookie_without_the_prefix_is_not_ours_over_https() {
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, format!("browser={}", BrowserSecret::random().expose()).parse().unwrap());
        assert!(read_browser(&headers, &https()).is_none());
        assert!(read_browser(&headers, &Issuer::parse("http://localhost:8080").unwrap()).is_some());
    }
}
