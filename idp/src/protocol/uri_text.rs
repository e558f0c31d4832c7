//! What every address that is compared byte for byte has to be, before anything else is asked of it: absolute, and read in one way by
//! browsers, proxies and logs (RFC 3986 §2).

use url::Url;

/// The longest address that is taken.
pub(super) const LONGEST: usize = 2000;

/// The address that this text is. The error says in words what is wrong.
pub(super) fn absolute(text: &str) -> Result<Url, &'static str> {
    if text.len() > LONGEST {
        return Err("is longer than 2000 characters");
    }
    // What RFC 3986 allows at all: nothing that a browser, a proxy or a log could read in two ways.
    if !text.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte)) {
        return Err("has a character that no URI has (write other scripts in punycode or percent-encoded)");
    }
    let url = Url::parse(text).map_err(|_| "is not an absolute URI")?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("must not name a user");
    }
    Ok(url)
}
