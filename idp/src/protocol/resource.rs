//! Resource indicators (RFC 8707): the address of an API that an access token is for.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::protocol::error::OAuthError;
use crate::protocol::params::Params;
use crate::protocol::uri_text;

/// The most resources of one request.
const MOST: usize = 10;

/// A resource, in its exact text: registered ones and requested ones are compared byte for byte. [`Self::check`] says whether it may be used.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ResourceUri(String);

impl ResourceUri {
    /// The resource that this text names.
    pub fn from_text(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Its text, which is the `aud` of its tokens.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// RFC 8707 §2: an absolute URI without a fragment. The error says in words what is wrong.
    pub fn check(&self) -> Result<(), &'static str> {
        uri_text::absolute(&self.0)?;
        if self.0.contains('#') { Err("must not have a fragment") } else { Ok(()) }
    }
}

impl fmt::Display for ResourceUri {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// The resources of a request or a grant, each once, in the order they were named. As JSON a list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Resources(Vec<ResourceUri>);

impl Resources {
    /// Every `resource` of a request, if all of them are among `allowed`; else `invalid_target` (RFC 8707 §2, A-RES-01).
    pub fn read(params: &Params, allowed: &[ResourceUri]) -> Result<Self, OAuthError> {
        let mut resources = Self::default();
        for resource in params.resources().iter().map(ResourceUri::from_text) {
            resource.check().map_err(|problem| OAuthError::invalid_target(format!("resource {problem}")))?;
            if !allowed.contains(&resource) {
                return Err(OAuthError::invalid_target("resource is none that may be asked for here"));
            }
            if !resources.0.contains(&resource) {
                resources.0.push(resource);
            }
        }
        if resources.0.len() > MOST {
            return Err(OAuthError::invalid_target("resource was sent more than 10 times"));
        }
        Ok(resources)
    }

    /// The part of these that a token request chooses (RFC 8707 §2.2): those it names, or all of them. What is beyond them is
    /// `invalid_target` (A-RES-01).
    pub fn chosen_by(&self, params: &Params) -> Result<Self, OAuthError> {
        let named = Self::read(params, &self.0)?;
        Ok(if named.is_empty() { self.clone() } else { named })
    }

    /// These resources; each is to be there once.
    pub const fn of(resources: Vec<ResourceUri>) -> Self {
        Self(resources)
    }

    /// They in order.
    pub fn as_slice(&self) -> &[ResourceUri] {
        &self.0
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether each of them is in `other`.
    pub fn is_subset_of(&self, other: &Self) -> bool {
        self.0.iter().all(|resource| other.0.contains(resource))
    }

    /// Those of both, its own first.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        let added = other.0.iter().filter(|resource| !self.0.contains(resource));
        Self(self.0.iter().chain(added).cloned().collect())
    }

    /// As they rest in a column.
    pub fn to_text(&self) -> String {
        // A list of strings: there is nothing in it that JSON could not write.
        serde_json::to_string(self).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::error::ErrorCode;

    /// A-RES-01: repeatable, each once; what is misspelled, or not this client's, is `invalid_target`.
    #[test]
    fn only_registered_resources_are_read() {
        let allowed = ["https://api.test/v1", "urn:example:api"].map(ResourceUri::from_text);
        let read = |query: &str| Resources::read(&Params::gather(&[query.as_bytes()]).unwrap(), &allowed);
        let both = read("resource=https://api.test/v1&resource=urn:example:api&resource=https://api.test/v1&resource=").unwrap();
        assert_eq!(both.as_slice(), allowed);
        assert_eq!(both.to_text(), r#"["https://api.test/v1","urn:example:api"]"#);
        assert!(read("resource=").unwrap().is_empty());
        for bad in ["https://api.test", "https://api.test/v1/", "https://api.test/v1#", "HTTPS://api.test/v1", "/v1", "https://other.test", "x"] {
            assert_eq!(read(&format!("resource={}", bad.replace('#', "%23"))).unwrap_err().code(), ErrorCode::InvalidTarget, "{bad}");
        }
        let one = read("resource=urn:example:api").unwrap();
        assert!(one.is_subset_of(&both) && !both.is_subset_of(&one) && Resources::default().is_subset_of(&one));
        assert_eq!(one.union(&both).as_slice().len(), 2);
    }

    /// A-RES-01: absolute, and without a fragment.
    #[test]
    fn a_resource_is_an_absolute_uri() {
        for text in ["https://api.test", "https://api.test/v1?x=1", "urn:example:api", "http://localhost:9000/api"] {
            assert_eq!(ResourceUri::from_text(text).check(), Ok(()), "{text}");
        }
        for text in [
            "",
            "api",
            "/api",
            "//api.test",
            "https://api.test/#",
            "https://api.test/#x",
            "https://u@api.test/",
            "https://api.test/a b",
            "https://api.test/\n",
        ] {
            assert!(ResourceUri::from_text(text).check().is_err(), "{text:?}");
        }
    }
}
