//! What a passkey is called: by its owner, or after what keeps it.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::actions::person_name::PersonName;
use crate::adapters::webauthn::credential_managers;

/// What a passkey is called when nobody knows better.
const UNKNOWN: &str = "Passkey";

/// A name as a person typed it, without white space around it. As much of a name as a person's: it stands on the same pages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PasskeyName(String);

impl PasskeyName {
    /// The most characters of a name.
    pub const LONGEST: usize = 60;

    /// Reads what a person typed; `None` if it is empty, too long, or has characters that no name needs.
    pub fn parse(typed: &str) -> Option<Self> {
        let name = PersonName::parse(typed)?;
        (name.as_str().chars().count() <= Self::LONGEST).then(|| Self(name.as_str().to_owned()))
    }

    /// The name of what keeps a passkey with this AAGUID.
    pub fn suggested(aaguid: Uuid) -> Self {
        Self(credential_managers::name_of(aaguid).unwrap_or(UNKNOWN).to_owned())
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// B-REG-11: what passes for another name is none.
    #[test]
    fn a_name_is_short_and_hides_nothing() {
        assert_eq!(PasskeyName::parse(" YubiKey 5 ").unwrap().as_str(), "YubiKey 5");
        assert!(PasskeyName::parse(&"é".repeat(60)).is_some());
        for typed in ["", "  ", "a\u{202e}b", "a\nb", &"é".repeat(61)] {
            assert_eq!(PasskeyName::parse(typed), None, "{typed:?}");
        }
        assert_eq!(PasskeyName::suggested(Uuid::nil()).as_str(), "Passkey");
    }
}
