//! The names of the claims about a person that can be told (OpenID Connect Core §5.1), and sets of them: what a scope gives, what a request
//! asks for one by one, what a person allows. Claims of the protocol itself (`sub`, `aud`, `acr`..) are none of them, so that nothing that is
//! asked for, and nothing that is known about a person, can stand in their place (A-TOK-13).

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::protocol::registered_word::registered_words;
use crate::protocol::scope::{self, Scope};

registered_words! {
    /// A claim about a person.
    ClaimName {
        /// Full name.
        Name = "name",
        /// Given names.
        GivenName = "given_name",
        /// Family names.
        FamilyName = "family_name",
        /// Middle names.
        MiddleName = "middle_name",
        /// What friends call them.
        Nickname = "nickname",
        /// What they would like to be called by.
        PreferredUsername = "preferred_username",
        /// A page about them.
        Profile = "profile",
        /// A picture of them.
        Picture = "picture",
        /// Their own page.
        Website = "website",
        /// In their own words.
        Gender = "gender",
        /// When they were born.
        Birthdate = "birthdate",
        /// Their time zone.
        Zoneinfo = "zoneinfo",
        /// The language for applications.
        Locale = "locale",
        /// When what they say about themselves last changed.
        UpdatedAt = "updated_at",
        /// Email address.
        Email = "email",
        /// Whether that is known to be theirs.
        EmailVerified = "email_verified",
        /// Where they get letters.
        Address = "address",
        /// Their telephone.
        PhoneNumber = "phone_number",
        /// Whether that is known to be theirs.
        PhoneNumberVerified = "phone_number_verified",
    }
}

impl ClaimName {
    /// The scope that gives it (OpenID Connect Core §5.4).
    const fn scope(self) -> &'static str {
        match self {
            Self::Email | Self::EmailVerified => scope::EMAIL,
            Self::Address => scope::ADDRESS,
            Self::PhoneNumber | Self::PhoneNumberVerified => scope::PHONE,
            _ => scope::PROFILE,
        }
    }
}

/// A set of claims. As JSON a list of their names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ClaimNames(BTreeSet<ClaimName>);

impl ClaimNames {
    /// What a scope gives (OpenID Connect Core §5.4).
    pub fn of_scope(scope: &Scope) -> Self {
        ClaimName::ALL.into_iter().filter(|claim| scope.contains(claim.scope())).collect()
    }

    /// Whether this one is among them.
    pub fn contains(&self, claim: ClaimName) -> bool {
        self.0.contains(&claim)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether each of them is in `other`.
    pub fn is_subset_of(&self, other: &Self) -> bool {
        self.0.is_subset(&other.0)
    }

    /// Those of both.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self(&self.0 | &other.0)
    }

    /// Those that are not in `other`.
    #[must_use]
    pub fn without(&self, other: &Self) -> Self {
        Self(&self.0 - &other.0)
    }

    /// They in the order of the specification.
    pub fn iter(&self) -> impl Iterator<Item = ClaimName> {
        self.0.iter().copied()
    }

    /// As they rest in a column.
    pub fn to_text(&self) -> String {
        // A list of strings: there is nothing in it that JSON could not write.
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl FromIterator<ClaimName> for ClaimNames {
    fn from_iter<I: IntoIterator<Item = ClaimName>>(claims: I) -> Self {
        Self(claims.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// OpenID Connect Core §5.4: which scope gives which claims.
    #[test]
    fn scopes_give_their_claims() {
        let of = |scope: &str| ClaimNames::of_scope(&Scope::parse(scope).unwrap()).iter().map(ClaimName::name).collect::<Vec<_>>();
        assert!(of("openid offline_access").is_empty());
        assert_eq!(of("openid email"), ["email", "email_verified"]);
        assert_eq!(of("phone address"), ["address", "phone_number", "phone_number_verified"]);
        assert_eq!(of("profile").len(), 14);
        assert_eq!(of("profile email phone address").len(), ClaimName::ALL.len());
    }

    /// A-TOK-13: what the protocol says of itself is no claim about a person, also where somebody wrote it into a column.
    #[test]
    fn sets_rest_as_lists() {
        let set: ClaimNames = [ClaimName::Email, ClaimName::Name].into_iter().collect();
        assert_eq!(set.to_text(), r#"["name","email"]"#);
        assert_eq!(serde_json::from_str::<ClaimNames>(&set.to_text()).unwrap(), set);
        assert!(serde_json::from_str::<ClaimNames>(r#"["sub"]"#).is_err(), "A-TOK-13");
    }
}
