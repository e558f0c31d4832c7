//! The `claims` parameter (OpenID Connect Core §5.5): claims that are asked for one by one, at userinfo or in the ID token.
//!
//! What is carried on are the names. Nothing fails because a claim is not known, essential or not (§5.5.1), and a claim about a person is told
//! as it is, whatever value the client would like; the two that decide something are `sub` (whose answer it may be, A-AUTHN-03) and `acr`
//! (`requested_acr`). Names that mean nothing here are passed over; a text that can't be read is refused, for a condition might stand in it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::base::id::Subject;
use crate::protocol::claim_names::{ClaimName, ClaimNames};
use crate::protocol::error::OAuthError;
use crate::protocol::params::Params;

/// The longest parameter that is read, in bytes.
pub const LONGEST_CLAIMS: usize = 8192;

/// The parameter as it was sent, once its form is known to be right.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ClaimsParameter {
    userinfo: Map<String, Value>,
    id_token: Map<String, Value>,
}

impl ClaimsParameter {
    /// Reads it; without one, nothing is asked for.
    pub fn read(params: &Params) -> Result<Self, OAuthError> {
        let Some(text) = params.get("claims") else { return Ok(Self::default()) };
        let read = if text.len() <= LONGEST_CLAIMS { serde_json::from_str::<Value>(text).ok() } else { None };
        let Some(Value::Object(mut members)) = read else { return Err(OAuthError::invalid_request("claims is not a JSON object")) };
        // Other members are for other readers (§5.5).
        Ok(Self { userinfo: part(members.remove("userinfo"))?, id_token: part(members.remove("id_token"))? })
    }

    /// What is said about a claim of the ID token.
    pub fn in_id_token(&self, name: &str) -> Option<&Value> {
        self.id_token.get(name)
    }

    /// The one person whom the answer may be about, if `sub` has a value (§5.5.1).
    pub fn subject(&self) -> Result<Option<Subject>, OAuthError> {
        let mut wanted = None;
        for said in [&self.userinfo, &self.id_token].into_iter().filter_map(|part| part.get("sub")) {
            let values = said.get("values").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
            for value in said.get("value").into_iter().chain(values) {
                let text = value.as_str().ok_or_else(|| OAuthError::invalid_request("claims: sub is not a text"))?;
                if wanted.replace(text).is_some_and(|before| before != text) {
                    return Err(OAuthError::invalid_request("claims: sub names more than one person"));
                }
            }
        }
        Ok(wanted.map(Subject::from_text))
    }

    /// Which claims about the person are asked for, and where.
    pub fn names(&self) -> RequestedClaims {
        let names = |part: &Map<String, Value>| ClaimName::ALL.into_iter().filter(|claim| part.contains_key(claim.name())).collect();
        RequestedClaims { userinfo: names(&self.userinfo), id_token: names(&self.id_token) }
    }
}

/// One of the two members: each claim of it is null, or an object of `essential`, `value`, `values` (§5.5.1) and what others may define.
fn part(member: Option<Value>) -> Result<Map<String, Value>, OAuthError> {
    let refused = || OAuthError::invalid_request("claims: userinfo and id_token are objects of claims, each null or an object");
    let claims = match member {
        None | Some(Value::Null) => return Ok(Map::new()),
        Some(Value::Object(claims)) => claims,
        Some(_) => return Err(refused()),
    };
    let is_well_formed = |said: &Value| match said {
        Value::Null => true,
        Value::Object(said) => {
            said.get("essential").is_none_or(Value::is_boolean)
                && said.get("values").is_none_or(|values| values.as_array().is_some_and(|values| !values.is_empty()))
        }
        _ => false,
    };
    if claims.values().all(is_well_formed) { Ok(claims) } else { Err(refused()) }
}

/// The claims about a person that a request asks for one by one. As JSON with short names and without empty members, for it is sealed into
/// addresses and codes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestedClaims {
    /// At userinfo.
    #[serde(rename = "u", default, skip_serializing_if = "ClaimNames::is_empty")]
    pub userinfo: ClaimNames,
    /// In the ID token.
    #[serde(rename = "i", default, skip_serializing_if = "ClaimNames::is_empty")]
    pub id_token: ClaimNames,
}

impl RequestedClaims {
    /// Whether none is asked for.
    pub fn is_empty(&self) -> bool {
        self.userinfo.is_empty() && self.id_token.is_empty()
    }

    /// All of them, wherever they are told.
    pub fn everywhere(&self) -> ClaimNames {
        self.userinfo.union(&self.id_token)
    }

    /// As they rest in a column.
    pub fn to_text(&self) -> String {
        // Lists of strings: there is nothing in them that JSON could not write.
        serde_json::to_string(self).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(claims: &str) -> Result<ClaimsParameter, OAuthError> {
        ClaimsParameter::read(&Params::from_pairs([("claims", claims)]))
    }

    /// OpenID Connect Core §5.5, §5.5.1: what is asked for where; what means nothing here is passed over.
    #[test]
    fn the_names_are_read() {
        let asked = read(
            r#"{"userinfo":{"given_name":{"essential":true},"nickname":null,"email":{"value":"a@b.c"},"http://example.info/claims/groups":null},
               "id_token":{"auth_time":{"essential":true},"acr":{"values":["phr"]},"birthdate":null,"name#de":null,"sub":null},"other":[1]}"#,
        )
        .unwrap();
        assert_eq!(asked.names().to_text(), r#"{"u":["given_name","nickname","email"],"i":["birthdate"]}"#);
        assert_eq!(asked.subject().unwrap(), None);
        assert_eq!(asked.in_id_token("acr").unwrap()["values"][0], "phr");
        let names = asked.names();
        assert_eq!(serde_json::from_str::<RequestedClaims>(&names.to_text()).unwrap(), names);
        assert!(
            read("").unwrap().names().is_empty()
                && read("{}").unwrap().names().is_empty()
                && read(r#"{"userinfo":null}"#).unwrap().names().is_empty()
        );
    }

    /// A-AUTHN-03: one person, wherever they are named.
    #[test]
    fn a_subject_is_one_person() {
        let subject = |claims: &str| read(claims).unwrap().subject();
        for one in
            [r#"{"id_token":{"sub":{"value":"s"}}}"#, r#"{"userinfo":{"sub":{"values":["s"]}},"id_token":{"sub":{"value":"s","essential":true}}}"#]
        {
            assert_eq!(subject(one).unwrap(), Some(Subject::from_text("s")));
        }
        for bad in [
            r#"{"id_token":{"sub":{"values":["s","t"]}}}"#,
            r#"{"id_token":{"sub":{"value":"s"}},"userinfo":{"sub":{"value":"t"}}}"#,
            r#"{"id_token":{"sub":{"value":7}}}"#,
        ] {
            assert!(subject(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_is_misshapen_is_refused() {
        for bad in [
            "{",
            "[]",
            "null",
            "\"x\"",
            r#"{"userinfo":[]}"#,
            r#"{"id_token":"x"}"#,
            r#"{"id_token":{"name":true}}"#,
            r#"{"id_token":{"name":{"essential":"yes"}}}"#,
            r#"{"id_token":{"name":{"values":[]}}}"#,
            r#"{"id_token":{"name":{"values":"x"}}}"#,
            &" ".repeat(LONGEST_CLAIMS + 1),
            &"[".repeat(8000),
        ] {
            assert!(read(bad).is_err(), "{bad:.40}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[{}\\[\\]\":,a-z_]{0,80}") {
            if let Ok(asked) = read(&text) {
                let _ = asked.subject();
                prop_assert!(asked.names().everywhere().is_subset_of(&ClaimName::ALL.into_iter().collect()));
            }
        }
    }
}
