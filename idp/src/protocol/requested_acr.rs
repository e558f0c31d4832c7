//! How strong a sign-in a client asks for: `acr_values` (OpenID Connect Core §3.1.2.1), which are wishes, or else what it was registered with
//! (`default_acr_values`); and the `acr` of the ID token in the `claims` parameter (§5.5.1.1), which may be a condition.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::protocol::claims::Acr;
use crate::protocol::params::Params;
use crate::protocol::requested_claims::ClaimsParameter;

/// What is asked for. As JSON it has short names and no empty members, for it is sealed into an address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestedAcr {
    /// One of these, or the sign-in has failed; values that mean nothing here are left out, so that an empty list can't be met.
    #[serde(rename = "e", default, skip_serializing_if = "Option::is_none")]
    essential: Option<Vec<Acr>>,
    /// One of these, best first, if it can be.
    #[serde(rename = "w", default, skip_serializing_if = "Vec::is_empty")]
    wished: Vec<Acr>,
}

impl RequestedAcr {
    /// Reads both parameters. `default` is for a request without `acr_values`.
    pub fn read(params: &Params, claims: &ClaimsParameter, default: &[Acr]) -> Self {
        let words = params.get("acr_values").map_or_else(|| default.to_vec(), |words| known(words.split(' ')));
        let Some(acr) = claims.in_id_token("acr") else { return Self { essential: None, wished: words } };
        let value = acr.get("value").and_then(Value::as_str);
        let values = acr.get("values").and_then(Value::as_array).map(|values| values.iter().filter_map(Value::as_str));
        // Without values, any is right, and one is always told.
        let asked = match (value, values) {
            (None, None) => return Self { essential: None, wished: words },
            (value, values) => known(value.into_iter().chain(values.into_iter().flatten())),
        };
        let is_essential = acr.get("essential") == Some(&Value::Bool(true));
        if is_essential { Self { essential: Some(asked), wished: words } } else { Self { essential: None, wished: [asked, words].concat() } }
    }

    /// Whether nothing is asked for.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether the condition, if there is one, is met by a sign-in of this strength or a stronger one.
    pub fn accepts(&self, acr: Acr) -> bool {
        self.essential.as_ref().is_none_or(|values| reaches(acr, values))
    }

    /// Whether the wish, if there is one, is met as well.
    pub fn is_pleased_by(&self, acr: Acr) -> bool {
        self.accepts(acr) && (self.wished.is_empty() || reaches(acr, &self.wished))
    }

    /// The strength to tell of a sign-in: the best of what is asked for that is true of it, or else its own.
    pub fn told(&self, acr: Acr) -> Acr {
        let asked = self.essential.iter().flatten().chain(&self.wished);
        asked.copied().find(|asked| is_true_of(*asked, acr)).unwrap_or(acr)
    }
}

fn reaches(acr: Acr, values: &[Acr]) -> bool {
    values.iter().any(|value| *value <= acr)
}

/// A key that can't leave its device resists phishing like any passkey, and a password stays one beside a code. But a passkey is no password,
/// however much stronger it is.
fn is_true_of(told: Acr, acr: Acr) -> bool {
    told == acr || matches!((told, acr), (Acr::Phr, Acr::Phrh) | (Acr::Password, Acr::PasswordOtp))
}

/// The values that mean something here, each once, in their order.
fn known<'t>(words: impl Iterator<Item = &'t str>) -> Vec<Acr> {
    let mut values = Vec::new();
    for acr in words.filter_map(|word| word.parse::<Acr>().ok()) {
        if !values.contains(&acr) {
            values.push(acr);
        }
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(pairs: &[(&str, &str)], default: &[Acr]) -> RequestedAcr {
        let params = Params::from_pairs(pairs.iter().copied());
        RequestedAcr::read(&params, &ClaimsParameter::read(&params).unwrap(), default)
    }

    /// A-AUTHN-04, OpenID Connect Core §5.5.1.1: a condition is met or not, a wish is no condition, and what is told is true and was asked for.
    #[test]
    fn conditions_and_wishes_are_told_apart() {
        let essential = |rest: &str| format!(r#"{{"id_token":{{"acr":{{"essential":true{rest}}}}}}}"#);
        let (one, several) = (essential(r#","value":"phr""#), essential(r#","values":["urn:x","password+otp"]"#));
        let (foreign, any) = (essential(r#","values":["urn:x"]"#), essential(""));
        let voluntary = r#"{"id_token":{"acr":{"value":"phrh"}},"userinfo":{"acr":{"essential":true,"value":"urn:x"}}}"#;
        for (row, pairs, acr, accepts, pleased, told) in [
            ("nothing", vec![], Acr::Password, true, true, Acr::Password),
            ("wish, met", vec![("acr_values", "phrh phr")], Acr::Phrh, true, true, Acr::Phrh),
            ("wish, second best", vec![("acr_values", "phrh phr")], Acr::Phr, true, true, Acr::Phr),
            ("wish, exceeded", vec![("acr_values", "phr")], Acr::Phrh, true, true, Acr::Phr),
            ("wish, not met", vec![("acr_values", "phr urn:x")], Acr::PasswordOtp, true, false, Acr::PasswordOtp),
            ("wish that means nothing", vec![("acr_values", "urn:x")], Acr::Password, true, true, Acr::Password),
            ("wish for less", vec![("acr_values", "password")], Acr::Phr, true, true, Acr::Phr),
            ("condition, met", vec![("claims", &one)], Acr::Phr, true, true, Acr::Phr),
            ("condition, exceeded", vec![("claims", &one)], Acr::Phrh, true, true, Acr::Phr),
            ("condition, not met", vec![("claims", &one)], Acr::PasswordOtp, false, false, Acr::PasswordOtp),
            ("one of several", vec![("claims", &several)], Acr::PasswordOtp, true, true, Acr::PasswordOtp),
            ("none of several", vec![("claims", &several)], Acr::Password, false, false, Acr::Password),
            ("condition that can't be met", vec![("claims", &foreign)], Acr::Phrh, false, false, Acr::Phrh),
            ("any will do", vec![("claims", &any)], Acr::Password, true, true, Acr::Password),
            ("wish in claims", vec![("claims", voluntary)], Acr::Phr, true, false, Acr::Phr),
            ("condition and wish", vec![("claims", &several), ("acr_values", "phr")], Acr::PasswordOtp, true, false, Acr::PasswordOtp),
        ] {
            let asked = asked(&pairs, &[]);
            assert_eq!((asked.accepts(acr), asked.is_pleased_by(acr), asked.told(acr)), (accepts, pleased, told), "{row}");
            assert!(told <= acr, "{row}");
            assert_eq!(serde_json::from_str::<RequestedAcr>(&serde_json::to_string(&asked).unwrap()).unwrap(), asked);
        }
        assert!(asked(&[("claims", "{}")], &[]).is_empty());
    }

    /// OpenID Connect Registration §2 (default_acr_values): for a request that says nothing itself.
    #[test]
    fn a_default_is_for_who_says_nothing() {
        let default = [Acr::Phr];
        assert!(!asked(&[], &default).is_pleased_by(Acr::Password));
        assert!(asked(&[("acr_values", "password")], &default).is_pleased_by(Acr::Password));
        let claims = r#"{"id_token":{"acr":{"essential":true,"value":"password"}}}"#;
        let both = asked(&[("claims", claims)], &default);
        assert!(both.accepts(Acr::Password) && !both.is_pleased_by(Acr::Password), "a condition leaves the wish");
    }
}
