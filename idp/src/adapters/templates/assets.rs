//! Style sheet, scripts and icons of the pages: built into the binary, served under a path that names their content, so that browsers may
//! keep them for ever. Knows nothing of HTTP but the content type.

use std::borrow::Cow;
use std::collections::BTreeMap;

use bytes::Bytes;

use crate::adapters::templates::{TemplateError, files};
use crate::base::digest::Digest;

/// Where the static files lie within the embedded folder.
const FOLDER: &str = "static/";

/// One file as it is served.
#[derive(Clone, Debug)]
pub struct Asset {
    /// Its content; cloning it copies nothing.
    pub bytes: Bytes,
    /// Its media type, for `Content-Type`.
    pub content_type: &'static str,
}

/// All static files under one hash. One for all rather than one each: a script imports its neighbour by a relative name, which only
/// holds together when both lie in the same folder.
pub(super) struct Assets {
    hash: String,
    by_name: BTreeMap<String, Asset>,
}

impl Assets {
    /// Reads the embedded files and names them by their content.
    pub(super) fn load() -> Result<Self, TemplateError> {
        let mut by_name = BTreeMap::new();
        for (name, bytes) in files(FOLDER) {
            let content_type = content_type(&name).ok_or_else(|| TemplateError::UnknownAsset(name.clone()))?;
            let bytes = match bytes {
                Cow::Borrowed(bytes) => Bytes::from_static(bytes),
                Cow::Owned(bytes) => Bytes::from(bytes),
            };
            by_name.insert(name, Asset { bytes, content_type });
        }
        let contents: Vec<Digest> = by_name.iter().map(|(name, asset)| Digest::of([name.as_bytes(), &[0], &asset.bytes].concat())).collect();
        let all = Digest::of(contents.iter().flat_map(|digest| *digest.as_bytes()).collect::<Vec<u8>>());
        // 72 bits tell versions apart; nobody gains by making two of them collide.
        let hash = crate::base::base64url::encode(all.as_bytes()).chars().take(12).collect();
        Ok(Self { hash, by_name })
    }

    /// The path of `name` below the issuer, or nothing when there is no such file.
    pub(super) fn path(&self, name: &str) -> Option<String> {
        self.by_name.contains_key(name).then(|| format!("/assets/{}/{name}", self.hash))
    }

    /// The file of that name, if the hash is that of this build: an answer under another hash would be kept for ever as the wrong thing.
    pub(super) fn get(&self, hash: &str, name: &str) -> Option<Asset> {
        if hash == self.hash { self.by_name.get(name).cloned() } else { None }
    }
}

fn content_type(name: &str) -> Option<&'static str> {
    match name.rsplit_once('.')?.1 {
        "css" => Some("text/css; charset=utf-8"),
        "js" => Some("text/javascript; charset=utf-8"),
        "svg" => Some("image/svg+xml"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_found_under_the_path_it_is_given_and_under_no_other_hash() {
        let assets = Assets::load().unwrap();
        let path = assets.path("weft.css").unwrap();
        let (hash, name) = path.strip_prefix("/assets/").unwrap().split_once('/').unwrap();
        let asset = assets.get(hash, name).unwrap();
        assert_eq!(asset.content_type, "text/css; charset=utf-8");
        assert!(!asset.bytes.is_empty());
        assert!(assets.get("000000000000", name).is_none());
        assert!(assets.get(hash, "../pages/error.html").is_none());
        assert!(assets.path("missing.css").is_none());
    }
}
