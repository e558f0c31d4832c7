//! The document at a `sector_identifier_uri` (OpenID Connect Registration §5): a JSON array of all redirect URIs of the clients of a sector.

use crate::protocol::redirect_uri::RedirectUri;

/// The largest document that is looked at, in bytes.
pub const LARGEST: usize = 256 * 1024;

/// Whether the document lists each of these addresses, byte for byte. The error is the rest of a sentence about it.
pub fn check(document: &[u8], redirect_uris: &[RedirectUri]) -> Result<(), String> {
    let listed: Vec<String> = serde_json::from_slice(document).map_err(|_| "does not answer with a JSON array of addresses".to_owned())?;
    match redirect_uris.iter().find(|uri| !listed.iter().any(|listed| listed == uri.as_str())) {
        None => Ok(()),
        Some(missing) => Err(format!("does not list {missing:.200}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// OpenID Connect Registration §5: all of them, exactly; more may be listed.
    #[test]
    fn every_redirect_uri_must_be_listed() {
        let uris = ["https://a.test/cb", "https://b.test/cb"].map(RedirectUri::from_text);
        let judge = |document: &str| check(document.as_bytes(), &uris);
        assert_eq!(judge(r#"["https://b.test/cb","https://c.test/cb","https://a.test/cb"]"#), Ok(()));
        for document in [
            "[]",
            r#"["https://a.test/cb"]"#,
            r#"["https://a.test/cb","https://b.test/cb/"]"#,
            r#"["https://a.test/cb","HTTPS://b.test/cb"]"#,
            r#"{"redirect_uris":["https://a.test/cb","https://b.test/cb"]}"#,
            r#"["https://a.test/cb","https://b.test/cb",7]"#,
            "<html>",
            "",
        ] {
            assert!(judge(document).is_err(), "{document}");
        }
        assert!(judge(r#"["https://a.test/cb"]"#).unwrap_err().contains("https://b.test/cb"));
    }
}
