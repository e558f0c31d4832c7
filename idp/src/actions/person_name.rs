//! What a person is called: one line of text that shows what it is. It stands on pages, in prompts of browsers and in claims, beside
//! other text; characters that are not seen or that turn their neighbours around would let it pass for something else (B-REG-11).

use serde::{Deserialize, Serialize};

use crate::base::unseen::is_unseen;

/// A name as a person typed it, without white space around it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PersonName(String);

impl PersonName {
    /// The most characters of a name.
    pub const LONGEST: usize = 100;

    /// Reads what a person typed; `None` if it is empty, too long, or has characters that no name needs.
    pub fn parse(typed: &str) -> Option<Self> {
        let name = typed.trim();
        let length = name.chars().take(Self::LONGEST + 1).count();
        let fits = (1..=Self::LONGEST).contains(&length) && !name.contains(is_unseen);
        // A name of blanks only is one that nobody could click on.
        (fits && name.contains(char::is_alphanumeric)).then(|| Self(name.to_owned()))
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// B-REG-11
    #[test]
    fn names_of_people_are_taken_as_they_are() {
        for name in ["Ada", "Ada  King, Countess of Lovelace", "李小龍", "Ólafur", "O’Brien <b>", "महात्मा", "محمد", "X Æ A-12", "Ada 👩🏽"]
        {
            assert_eq!(PersonName::parse(&format!(" {name}\t")).unwrap().as_str(), name);
        }
        assert!(PersonName::parse(&"é".repeat(100)).is_some());
    }

    /// B-REG-11
    #[test]
    fn a_name_cannot_hide_anything() {
        for typed in
            ["", "  ", "\u{3000}", "…", "a\nb", "a\0b", "a\u{202e}b", "a\u{200b}b", "\u{feff}a", "a\u{2066}b", "\u{3164}", "a\u{e0041}", "a\u{2028}b"]
        {
            assert_eq!(PersonName::parse(typed), None, "{typed:?}");
        }
        assert_eq!(PersonName::parse(&"é".repeat(101)), None);
    }
}
