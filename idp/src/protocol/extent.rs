//! How far something goes that is asked for, allowed or given: scope, single claims, resources. A request, a consent and a grant are held
//! against each other by it.

use crate::protocol::claim_names::ClaimNames;
use crate::protocol::resource::Resources;
use crate::protocol::scope::Scope;

/// Scope, claims beyond it, resources.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Extent {
    /// The scope.
    pub scope: Scope,
    /// Claims about the person; those that the scope gives anyway make no difference.
    pub claims: ClaimNames,
    /// The resources that access tokens may be for.
    pub resources: Resources,
}

impl Extent {
    /// A scope and nothing beyond it.
    pub fn of_scope(scope: Scope) -> Self {
        Self { scope, ..Self::default() }
    }

    /// The claims that the scope does not give.
    pub fn further_claims(&self) -> ClaimNames {
        self.claims.without(&ClaimNames::of_scope(&self.scope))
    }

    /// Whether nothing of it goes beyond `other`.
    pub fn is_within(&self, other: &Self) -> bool {
        let told = ClaimNames::of_scope(&other.scope).union(&other.claims);
        self.scope.is_subset_of(&other.scope) && self.claims.is_subset_of(&told) && self.resources.is_subset_of(&other.resources)
    }

    /// Both together.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self { scope: self.scope.union(&other.scope), claims: self.claims.union(&other.claims), resources: self.resources.union(&other.resources) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::claim_names::ClaimName;
    use crate::protocol::resource::ResourceUri;

    /// A-AUTHN-06: what is allowed covers what it names, by scope or one by one, and nothing else.
    #[test]
    fn nothing_goes_beyond_what_was_allowed() {
        let extent = |scope: &str, claims: &[ClaimName], resources: &[&str]| Extent {
            scope: Scope::parse(scope).unwrap(),
            claims: claims.iter().copied().collect(),
            resources: Resources::of(resources.iter().map(|resource| ResourceUri::from_text(*resource)).collect()),
        };
        let allowed = extent("openid email", &[ClaimName::Birthdate], &["urn:a"]);
        for within in [
            extent("openid", &[], &[]),
            extent("openid", &[ClaimName::Email, ClaimName::Birthdate], &["urn:a"]),
            extent("email openid", &[ClaimName::EmailVerified], &[]),
        ] {
            assert!(within.is_within(&allowed), "{within:?}");
        }
        for beyond in [
            extent("openid profile", &[], &[]),
            extent("openid", &[ClaimName::Name], &[]),
            extent("openid", &[], &["urn:b"]),
            extent("openid", &[ClaimName::Birthdate], &["urn:a", "urn:b"]),
        ] {
            assert!(!beyond.is_within(&allowed), "{beyond:?}");
            assert!(beyond.is_within(&allowed.union(&beyond)) && allowed.is_within(&allowed.union(&beyond)));
        }
        assert_eq!(extent("openid email", &[ClaimName::Email, ClaimName::Name], &[]).further_claims().to_text(), r#"["name"]"#);
    }
}
