//! What a person says about themselves beyond name and address: the other standard claims (OpenID Connect Core §5.1), each of which is
//! there or is not. This is also how it rests: an object of what is there.

use serde::{Deserialize, Serialize};

use crate::protocol::claim_values::{Birthdate, LanguageTag, Line, PhoneNumber, PreferredUsername, StreetAddress, WebAddress};

/// What a person says about themselves. Nothing of it is checked by us, but for its form.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Profile {
    /// Given names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub given_name: Option<Line>,
    /// Family names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub family_name: Option<Line>,
    /// Middle names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub middle_name: Option<Line>,
    /// What friends call them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nickname: Option<Line>,
    /// What they would like to be called by in an application.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preferred_username: Option<PreferredUsername>,
    /// A page about them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<WebAddress>,
    /// A picture of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub picture: Option<WebAddress>,
    /// Their own page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub website: Option<WebAddress>,
    /// In their own words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gender: Option<Line>,
    /// When they were born, as far as they say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub birthdate: Option<Birthdate>,
    /// The language and country that applications may speak to them in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locale: Option<LanguageTag>,
    /// Their telephone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone_number: Option<PhoneNumber>,
    /// Where they get letters.
    #[serde(skip_serializing_if = "Address::is_empty")]
    pub address: Address,
}

impl Profile {
    /// How it rests: a JSON object of what is there.
    pub fn to_text(&self) -> String {
        // Structs of texts can always be written.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// Where somebody gets letters (OpenID Connect Core §5.1.1).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Address {
    /// Street, house, floor: the lines above the city.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub street_address: Option<StreetAddress>,
    /// The postal code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub postal_code: Option<Line>,
    /// The city.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locality: Option<Line>,
    /// State, province, prefecture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<Line>,
    /// The country.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<Line>,
}

impl Address {
    /// Whether nothing is told.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// All of it, as it would stand on an envelope below the name; `None` for an empty one.
    pub fn formatted(&self) -> Option<String> {
        let place: Vec<&str> = [&self.postal_code, &self.locality].into_iter().flatten().map(Line::as_str).collect();
        let lines = [
            self.street_address.as_ref().map(|street| street.as_str().to_owned()),
            (!place.is_empty()).then(|| place.join(" ")),
            self.region.as_ref().map(ToString::to_string),
            self.country.as_ref().map(ToString::to_string),
        ];
        let text = lines.into_iter().flatten().collect::<Vec<_>>().join("\n");
        (!text.is_empty()).then_some(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_rests_as_what_is_there_and_comes_back() {
        let profile = Profile {
            nickname: Line::parse("Ada"),
            address: Address { locality: Line::parse("London"), ..Address::default() },
            ..Profile::default()
        };
        let text = serde_json::to_string(&profile).unwrap();
        assert_eq!(text, r#"{"nickname":"Ada","address":{"locality":"London"}}"#);
        assert_eq!(serde_json::from_str::<Profile>(&text).unwrap(), profile);
        assert_eq!(serde_json::to_string(&Profile::default()).unwrap(), "{}");
        assert_eq!(serde_json::from_str::<Profile>("{}").unwrap(), Profile::default());
    }

    #[test]
    fn an_address_is_written_as_on_an_envelope() {
        let address = Address {
            street_address: StreetAddress::parse("Hof 1\nStiege 2"),
            postal_code: Line::parse("1010"),
            locality: Line::parse("Wien"),
            region: None,
            country: Line::parse("Austria"),
        };
        assert_eq!(address.formatted().unwrap(), "Hof 1\nStiege 2\n1010 Wien\nAustria");
        assert_eq!(Address::default().formatted(), None);
    }
}
