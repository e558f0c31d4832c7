//! The document at a `sector_identifier_uri` (OpenID Connect Registration §5): a JSON array of all redirect URIs of the clients of a sector.

use crate::protocol::redirect_uri::RedirectUri;

/// Whether each of these addresses is `listed` there, byte for byte. The error is the rest of a sentence about the document.
pub fn check(listed: &[String], redirect_uris: &[RedirectUri]) -> Result<(), String> {
    match redirect_uris.iter().find(|uri| !listed.iter().any(|listed| listed == uri.as_str())) {
        None => Ok(()),
        Some(missing) => Err(format!("does not list {:.200}", missing.as_str())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// OpenID Connect Registration §5: all of them, exactly; more may be listed.
    #[test]
    fn every_redirect_uri_must_be_listed() {
        let uris = ["https://a.test/cb", "https://b.test/cb"].map(RedirectUri::from_text);
        let judge = |listed: &[&str]| check(&listed.iter().map(|&uri| uri.to_owned()).collect::<Vec<_>>(), &uris);
        assert_eq!(judge(&["https://b.test/cb", "https://c.test/cb", "https://a.test/cb"]), Ok(()));
        for other in ["https://b.test/cb/", "HTTPS://b.test/cb", "https://b.test/", "https://b.test/cb?"] {
            assert!(judge(&["https://a.test/cb", other]).is_err(), "{other}");
        }
        assert!(judge(&[]).is_err());
        assert!(judge(&["https://a.test/cb"]).unwrap_err().contains("https://b.test/cb"));
    }
}
