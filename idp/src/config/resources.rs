//! The APIs that access tokens are for (RFC 8707): which of them can't read a JWT.

use crate::config::layers::Raw;
use crate::config::reader::Reader;
use crate::config::value::{Value, text};
use crate::protocol::resource::ResourceUri;

/// What is known of resources, whoever asks for tokens for them.
#[derive(Clone, Debug)]
pub struct Resources {
    /// Those whose access tokens are opaque: they introspect them.
    pub opaque: Vec<ResourceUri>,
}

impl Resources {
    pub(super) fn read(reader: &mut Reader) -> Self {
        Self { opaque: reader.get("resources.opaque", Vec::new()) }
    }
}

impl Value for ResourceUri {
    fn read(raw: &Raw) -> Result<Self, String> {
        let what = "an absolute URI without a fragment, such as \"https://api.example.com\"";
        let resource = Self::from_text(text(raw, what)?);
        if resource.check().is_err() {
            return Err(format!("must be {what}"));
        }
        Ok(resource)
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

#[cfg(test)]
mod tests {
    use crate::config::Config;

    #[test]
    fn opaque_resources_are_absolute_uris() {
        let config = Config::from_pairs(&[("resources.opaque", "https://api.example.com, urn:example:api")]).unwrap();
        assert_eq!(config.resources.opaque.len(), 2);
        assert!(Config::from_pairs(&[("resources.opaque", "/api")]).unwrap_err().to_string().contains("such as"));
    }
}
