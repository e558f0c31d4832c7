//! `prompt` (OpenID Connect Core §3.1.2.1): what the client wants the person to see, or that nothing may be shown.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::protocol::error::OAuthError;
use crate::protocol::registered_word::registered_words;

registered_words! {
    /// One value of `prompt`.
    PromptValue {
        /// Show nothing; refuse if something would have to be shown.
        None = "none",
        /// Sign in again, even if signed in.
        Login = "login",
        /// Ask again what the client may have, even if remembered.
        Consent = "consent",
        /// Let the person choose the account.
        SelectAccount = "select_account",
    }
}

/// The set of prompts of one request; empty when none was named.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Prompt(BTreeSet<PromptValue>);

impl Prompt {
    /// Reads the words of `prompt`.
    pub fn parse(text: &str) -> Result<Self, OAuthError> {
        let mut values = BTreeSet::new();
        for word in text.split(' ').filter(|word| !word.is_empty()) {
            // An unknown value might forbid something; guessing what it meant is no way to obey it.
            values.insert(word.parse().map_err(|_| OAuthError::invalid_request("prompt has an unknown value"))?);
        }
        // OpenID Connect Core §3.1.2.1: none with any other value is an error (A-AUTHN-01).
        if values.contains(&PromptValue::None) && values.len() > 1 {
            return Err(OAuthError::invalid_request("prompt=none goes with no other value"));
        }
        Ok(Self(values))
    }

    /// Whether nothing may be shown.
    pub fn is_none(&self) -> bool {
        self.0.contains(&PromptValue::None)
    }

    /// Whether this value was named.
    pub fn contains(&self, value: PromptValue) -> bool {
        self.0.contains(&value)
    }

    /// Whether no value was named.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Prompt {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0.iter().map(|value| value.name()).collect::<Vec<_>>().join(" "))
    }
}

impl TryFrom<String> for Prompt {
    type Error = OAuthError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<Prompt> for String {
    fn from(prompt: Prompt) -> Self {
        prompt.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A-AUTHN-01: `none` stands alone; unknown values are refused.
    #[test]
    fn prompts_are_read_or_refused() {
        for (text, read) in
            [("", ""), ("none", "none"), ("consent login", "login consent"), ("login  login", "login"), ("select_account", "select_account")]
        {
            assert_eq!(Prompt::parse(text).unwrap().to_string(), read, "{text}");
        }
        for text in ["none login", "select_account none", "NONE", "create", "login,consent", "login\tconsent"] {
            assert!(Prompt::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn as_json_it_is_its_text() {
        let prompt = Prompt::parse("login consent").unwrap();
        assert_eq!(serde_json::from_str::<Prompt>(&serde_json::to_string(&prompt).unwrap()).unwrap(), prompt);
    }
}
