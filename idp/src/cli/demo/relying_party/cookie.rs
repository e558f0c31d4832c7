//! The one cookie of the relying party, and the check that a form was sent by a page of ours.
//!
//! Browsers share cookies between the ports of a host, so its name must be none that the provider uses.

use axum::http::HeaderMap;
use axum::http::header::{COOKIE, HeaderValue, InvalidHeaderValue};

const NAME: &str = "demo_session";

/// What the cookie holds, if it came exactly once: one that comes twice was planted by somebody.
pub(super) fn read(headers: &HeaderMap) -> Option<&str> {
    let pairs = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok()).flat_map(|line| line.split(';'));
    let mut found = pairs.filter_map(|pair| pair.trim().split_once('=')).filter(|(name, _)| *name == NAME).map(|(_, value)| value);
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

/// Sets it, until the browser is closed. `Lax`, so that it comes along when the provider sends the browser back.
pub(super) fn write(key: &str, base_url: &str) -> Result<HeaderValue, InvalidHeaderValue> {
    let secure = if base_url.starts_with("https://") { "; Secure" } else { "" };
    let mut header = HeaderValue::from_str(&format!("{NAME}={key}; Path=/; HttpOnly; SameSite=Lax{secure}"))?;
    header.set_sensitive(true);
    Ok(header)
}

/// Whether the browser says that another site (another port is one too) sent this form. Browsers too old to say so have the token.
pub(super) fn is_from_elsewhere(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-site").is_some_and(|site| site != "same-origin")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_is_read_back_unless_it_comes_twice() {
        let written = write("key", "http://localhost:8081").unwrap();
        assert_eq!(written.to_str().unwrap(), "demo_session=key; Path=/; HttpOnly; SameSite=Lax");
        assert!(write("key", "https://demo.example").unwrap().to_str().unwrap().ends_with("; Secure"));
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, HeaderValue::from_static("session=ws_other; demo_session=key"));
        assert_eq!(read(&headers), Some("key"));
        headers.append(COOKIE, HeaderValue::from_static("demo_session=planted"));
        assert_eq!(read(&headers), None);
    }
}
