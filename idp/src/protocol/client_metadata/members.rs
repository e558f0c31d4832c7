//! A client's metadata as the JSON that people, programs and files bring: read member by member, so that every problem is told at once and
//! with its member (RFC 7591 §3.2.2). What an unknown member comes to is for whoever reads to say.

use std::borrow::Cow;

use serde::de::{Deserialize as _, Deserializer, Error as _, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::{Map, Value};

use super::{ClientMetadata, MetadataProblem};

/// The longest quotation of what was sent.
const LONGEST_QUOTE: usize = 160;
/// Members that may be given once more for each language, as `client_name#de` (RFC 7591 §2.2). They are not kept.
const IN_LANGUAGES: [&str; 5] = ["client_name", "client_uri", "logo_uri", "policy_uri", "tos_uri"];

impl ClientMetadata {
    /// The names of all members, in the order of [`ClientMetadata`].
    pub fn names() -> &'static [&'static str] {
        let mut names: &'static [&'static str] = &[];
        // It asks for nothing but the names, and fails after that.
        let _ = Self::deserialize(Names(&mut names));
        names
    }

    /// Reads an object of members. Members of value `null` are left out (RFC 7591 §2); one that is unknown is a problem.
    ///
    /// # Errors
    /// Every problem at once, of reading and of [`Self::validate`].
    pub fn read(members: Map<String, Value>) -> Result<Self, Vec<MetadataProblem>> {
        let members = without_nulls(members);
        let problem = |member: String, problem: String| MetadataProblem { member: Cow::Owned(member), problem };
        if let Ok(metadata) = serde_json::from_value::<Self>(Value::Object(members.clone())) {
            let metadata = metadata.with_own_defaults();
            return metadata.validate().map(|()| metadata);
        }
        let (mut good, mut problems) = (Map::new(), Vec::new());
        for (member, value) in members {
            if !Self::names().contains(&member.as_str()) {
                problems.push(problem(member.chars().take(LONGEST_QUOTE).collect(), "is no member that means anything here".to_owned()));
            } else if let Err(error) = alone(&member, &value) {
                let words: String = error.to_string().chars().take(LONGEST_QUOTE).collect();
                problems.push(problem(member, format!("can't be read: {words}")));
            } else {
                good.insert(member, value);
            }
        }
        for needed in ["client_id", "client_name"] {
            if !good.contains_key(needed) && !problems.iter().any(|problem| problem.member == needed) {
                problems.push(problem(needed.to_owned(), "is missing".to_owned()));
            }
            good.entry(needed).or_insert_with(|| Value::from("missing"));
        }
        // What can't be read is judged no further, and the rest is.
        let rest =
            serde_json::from_value::<Self>(Value::Object(good)).map(|metadata| metadata.with_own_defaults().validate().err().unwrap_or_default());
        let said: Vec<_> = problems.iter().map(|problem| problem.member.clone()).collect();
        problems.extend(rest.unwrap_or_default().into_iter().filter(|problem| !said.contains(&problem.member)));
        Err(problems)
    }

    /// Its members as a JSON object: what [`Self::read`] reads.
    pub fn to_members(&self) -> Map<String, Value> {
        match serde_json::to_value(self) {
            Ok(Value::Object(members)) => members,
            // Strings, numbers and lists of them: there is nothing in it that JSON could not write.
            _ => Map::new(),
        }
    }

    /// The names of the members in which two registrations differ.
    pub fn difference(&self, other: &Self) -> Vec<&'static str> {
        let (one, other) = (self.to_members(), other.to_members());
        Self::names().iter().copied().filter(|name| one.get(*name) != other.get(*name)).collect()
    }
}

/// Whether this is a member in one language; it is passed over everywhere.
pub fn is_in_a_language(member: &str) -> bool {
    member.split_once('#').is_some_and(|(name, language)| IN_LANGUAGES.contains(&name) && !language.is_empty())
}

fn without_nulls(members: Map<String, Value>) -> Map<String, Value> {
    members.into_iter().filter(|(_, value)| !value.is_null()).collect()
}

/// Reads one member beside the two that can't be missing.
fn alone(member: &str, value: &Value) -> Result<(), serde_json::Error> {
    let mut members = Map::new();
    for needed in ["client_id", "client_name"] {
        members.insert(needed.to_owned(), Value::from("x"));
    }
    members.insert(member.to_owned(), value.clone());
    serde_json::from_value::<ClientMetadata>(Value::Object(members)).map(drop)
}

/// Asked for a struct, takes down the names of its fields.
struct Names<'n>(&'n mut &'static [&'static str]);

impl<'de> Deserializer<'de> for Names<'_> {
    type Error = serde::de::value::Error;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Self::Error> {
        Err(Self::Error::custom("there is nothing here but names"))
    }

    fn deserialize_struct<V: Visitor<'de>>(self, _: &'static str, fields: &'static [&'static str], visitor: V) -> Result<V::Value, Self::Error> {
        *self.0 = fields;
        self.deserialize_any(visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct newtype_struct seq tuple
        tuple_struct map enum identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(members: &Value) -> Result<ClientMetadata, Vec<(String, String)>> {
        let told = |problems: Vec<MetadataProblem>| problems.into_iter().map(|problem| (problem.member.into_owned(), problem.problem)).collect();
        ClientMetadata::read(members.as_object().unwrap().clone()).map_err(told)
    }

    #[test]
    fn every_member_has_its_name() {
        let names = ClientMetadata::names();
        assert_eq!(names.first(), Some(&"client_id"));
        assert!(names.len() > 35 && names.contains(&"resources") && names.contains(&"sector_identifier_uri"), "{names:?}");
    }

    /// RFC 7591 §2, §3.2.2: what can't be read and what may not be are told together, each with its member; `null` is left out.
    #[test]
    fn problems_of_reading_and_of_judging_come_together() {
        let good = json!({"client_id": "shop", "client_name": "Shop", "redirect_uris": ["https://shop.test/cb"], "logo_uri": null});
        assert_eq!(read(&good).unwrap().client_name, "Shop");
        let bad = json!({
            "client_id": "shop", "redirect_uris": "https://shop.test/cb", "scope": 7, "token_endpoint_auth_method": "magic", "colour": "red",
            "logo_uri": "javascript:x", "default_max_age": -1,
        });
        let problems = read(&bad).unwrap_err();
        let members: Vec<&str> = problems.iter().map(|(member, _)| member.as_str()).collect();
        assert_eq!(
            members,
            ["redirect_uris", "scope", "token_endpoint_auth_method", "colour", "default_max_age", "client_name", "logo_uri"],
            "{problems:?}"
        );
        assert!(problems[2].1.contains("client_secret_basic"), "what would be right is said: {problems:?}");
        assert!(problems.iter().all(|(_, words)| words.len() < 300));
    }

    #[test]
    fn a_registration_is_written_and_read_back_and_compared() {
        let shop =
            read(&json!({"client_id": "shop", "client_name": "Shop", "redirect_uris": ["https://shop.test/cb"], "default_max_age": 60})).unwrap();
        assert_eq!(ClientMetadata::read(shop.to_members()).unwrap(), shop);
        let other = ClientMetadata { require_pkce: false, default_max_age: None, ..shop.clone() };
        assert_eq!(shop.difference(&other), ["require_pkce", "default_max_age"]);
        assert!(shop.difference(&shop).is_empty());
    }

    #[test]
    fn members_in_languages_are_known_by_their_sign() {
        assert!(is_in_a_language("client_name#de") && is_in_a_language("tos_uri#fr-CA"));
        assert!(!is_in_a_language("client_name") && !is_in_a_language("client_name#") && !is_in_a_language("scope#de"));
    }
}
