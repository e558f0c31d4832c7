//! A provider's "no", cut to what may be shown.

/// The longest description that is shown.
const MOST_CHARACTERS: usize = 300;

/// What the provider says when it says no (RFC 6749 §4.1.2.1, §5.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    /// `error`
    pub(super) code: String,
    /// `error_description`
    pub(super) description: Option<String>,
}

impl Refusal {
    /// Keeps what the grammar of RFC 6749 §4.1.2.1 allows, and no more of it than a page can show.
    pub(super) fn new(code: &str, description: Option<&str>) -> Self {
        let shown = |text: &str| text.chars().filter(|letter| (' '..='~').contains(letter)).take(MOST_CHARACTERS).collect::<String>();
        Self { code: shown(code), description: description.map(shown) }
    }
}
