//! Scopes (RFC 6749 §3.3, OAuth 2.1 §1.4.1): an ordered set of words, and what they mean here.
//!
//! The words of [`SUPPORTED`] are about people and mean something to this provider. A client may register others beside them, such as
//! `orders:read`: what they open is for the APIs to say that read them in access tokens. In its own name (`client_credentials`) a client asks
//! for those alone.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Asks for an ID token; every request here has it (OpenID Connect Core §3.1.2.1).
pub const OPENID: &str = "openid";
/// The person's name and what else describes them (OpenID Connect Core §5.4).
pub const PROFILE: &str = "profile";
/// The person's email address (OpenID Connect Core §5.4).
pub const EMAIL: &str = "email";
/// The person's postal address (OpenID Connect Core §5.4).
pub const ADDRESS: &str = "address";
/// The person's telephone number (OpenID Connect Core §5.4).
pub const PHONE: &str = "phone";
/// A refresh token that outlives the session (OpenID Connect Core §11).
pub const OFFLINE_ACCESS: &str = "offline_access";
/// The scopes that mean something here, in the order they are published.
pub const SUPPORTED: [&str; 6] = [OPENID, PROFILE, EMAIL, ADDRESS, PHONE, OFFLINE_ACCESS];

/// The most bytes that are looked at.
const LONGEST: usize = 4096;
/// The most words of one scope.
const MOST_TOKENS: usize = 100;

/// One word of a scope: `%x21 / %x23-5B / %x5D-7E`, at least one.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ScopeToken(String);

impl ScopeToken {
    /// Reads one word; `None` when it has a character that no scope has.
    pub fn parse(text: &str) -> Option<Self> {
        let allowed = |byte: u8| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
        (!text.is_empty() && text.bytes().all(allowed)).then(|| Self(text.to_owned()))
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ScopeToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// A set of scope words in the order they were first named. Two scopes are equal when they have the same words.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Scope(Vec<ScopeToken>);

impl Scope {
    /// Reads words parted by spaces. A word named twice counts once, and a space too many says nothing.
    pub fn parse(text: &str) -> Result<Self, InvalidScope> {
        if text.len() > LONGEST {
            return Err(InvalidScope);
        }
        let mut scope = Self::default();
        for word in text.split(' ').filter(|word| !word.is_empty()) {
            scope.insert(ScopeToken::parse(word).ok_or(InvalidScope)?);
            if scope.0.len() > MOST_TOKENS {
                return Err(InvalidScope);
            }
        }
        Ok(scope)
    }

    /// The scope of these words; those that are no words are left out.
    pub fn of(words: &[&str]) -> Self {
        let mut scope = Self::default();
        words.iter().filter_map(|word| ScopeToken::parse(word)).for_each(|token| scope.insert(token));
        scope
    }

    fn insert(&mut self, token: ScopeToken) {
        if !self.0.contains(&token) {
            self.0.push(token);
        }
    }

    /// Whether it has this word.
    pub fn contains(&self, word: &str) -> bool {
        self.0.iter().any(|token| token.as_str() == word)
    }

    /// Whether every word of it is in `other`.
    pub fn is_subset_of(&self, other: &Self) -> bool {
        self.0.iter().all(|token| other.0.contains(token))
    }

    /// The words of both, its own first.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        let mut union = self.clone();
        other.0.iter().cloned().for_each(|token| union.insert(token));
        union
    }

    /// The words of it for which `keep` says yes.
    #[must_use]
    pub fn only(&self, keep: impl Fn(&str) -> bool) -> Self {
        Self(self.0.iter().filter(|token| keep(token.as_str())).cloned().collect())
    }

    /// Whether it has no words.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Its words in order.
    pub fn tokens(&self) -> impl Iterator<Item = &ScopeToken> {
        self.0.iter()
    }
}

impl PartialEq for Scope {
    fn eq(&self, other: &Self) -> bool {
        self.is_subset_of(other) && other.is_subset_of(self)
    }
}

impl Eq for Scope {}

impl fmt::Display for Scope {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, token) in self.0.iter().enumerate() {
            let space = if index == 0 { "" } else { " " };
            write!(formatter, "{space}{token}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Scope {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Scope({self})")
    }
}

impl FromStr for Scope {
    type Err = InvalidScope;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl TryFrom<String> for Scope {
    type Error = InvalidScope;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<Scope> for String {
    fn from(scope: Scope) -> Self {
        scope.to_string()
    }
}

/// A text that is no scope: a forbidden character, too long, or too many words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("scope is malformed or too long")]
pub struct InvalidScope;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn scope(text: &str) -> Scope {
        Scope::parse(text).unwrap()
    }

    /// RFC 6749 §3.3: the order does not matter and each word counts once.
    #[test]
    fn a_scope_is_an_ordered_set() {
        assert_eq!(scope("openid  email openid ").to_string(), "openid email");
        assert_eq!(scope("email openid"), scope("openid email"));
        assert!(scope("openid").is_subset_of(&scope("email openid")) && !scope("openid email").is_subset_of(&scope("openid")));
        assert_eq!(scope("openid email").union(&scope("profile openid")).to_string(), "openid email profile");
        assert_eq!(scope("openid email x").only(|word| word != "x").to_string(), "openid email");
        assert!(!scope("openid").contains("OpenID"), "case matters");
        assert!(scope("").is_empty());
    }

    /// A-RTM-08: quotes, backslashes, control characters and ten thousand words are refused.
    #[test]
    fn what_is_no_scope_is_refused() {
        let many = "a ".repeat(10_000);
        let different = (0..=MOST_TOKENS).map(|number| format!("s{number}")).collect::<Vec<_>>().join(" ");
        for text in ["open\"id", "open\\id", "openid\temail", "openid\nemail", "openid\0", "\u{e4}", "\u{a0}", "\u{7f}", &many, &different] {
            assert_eq!(Scope::parse(text), Err(InvalidScope), "{text:.20}");
        }
    }

    #[test]
    fn as_json_it_is_its_text() {
        assert_eq!(serde_json::to_string(&scope("openid email")).unwrap(), r#""openid email""#);
        assert!(serde_json::from_str::<Scope>(r#""a\\b""#).is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_and_what_is_read_stays_the_same(text in any::<String>()) {
            if let Ok(scope) = Scope::parse(&text) {
                prop_assert_eq!(Scope::parse(&scope.to_string()).map(|same| same.to_string()), Ok(scope.to_string()));
            }
        }
    }
}
