//! What the `session` cookie holds: the secrets of the sessions in one browser, the current one first, joined by dots.

use crate::base::secret::SessionSecret;

/// The secrets of the sessions in one browser: at most [`Self::MOST`], each once.
#[derive(Clone, Debug, Default)]
pub struct SessionSecrets(Vec<SessionSecret>);

impl SessionSecrets {
    /// How many accounts can be signed in in one browser at the same time.
    pub const MOST: usize = 5;

    /// Reads the one spelling that [`Self::expose`] writes. Anything else is `None`, as a whole: who mends a cookie believes what was planted.
    pub fn parse(text: &str) -> Option<Self> {
        let mut secrets: Vec<SessionSecret> = Vec::with_capacity(Self::MOST);
        for part in text.split('.') {
            let secret = SessionSecret::parse(part)?;
            if secrets.len() == Self::MOST || secrets.iter().any(|other| other.digest() == secret.digest()) {
                return None;
            }
            secrets.push(secret);
        }
        Some(Self(secrets))
    }

    /// The text of the cookie. Call it only where it leaves the house.
    pub fn expose(&self) -> String {
        self.0.iter().map(SessionSecret::expose).collect::<Vec<_>>().join(".")
    }

    /// These secrets behind `first`, as many as fit.
    #[must_use]
    pub fn behind(&self, first: &SessionSecret) -> Self {
        std::iter::once(first).chain(&self.0).cloned().collect()
    }

    /// The secrets, the current one first.
    pub fn iter(&self) -> std::slice::Iter<'_, SessionSecret> {
        self.0.iter()
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<'s> IntoIterator for &'s SessionSecrets {
    type Item = &'s SessionSecret;
    type IntoIter = std::slice::Iter<'s, SessionSecret>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl FromIterator<SessionSecret> for SessionSecrets {
    /// As many as fit.
    fn from_iter<I: IntoIterator<Item = SessionSecret>>(secrets: I) -> Self {
        Self(secrets.into_iter().take(Self::MOST).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some(count: usize) -> SessionSecrets {
        std::iter::repeat_with(SessionSecret::random).take(count).collect()
    }

    /// C-SES-01, C-SES-03: up to five secrets in one spelling, and all of them fit into a cookie.
    #[test]
    fn a_cookie_is_read_as_it_was_written_or_not_at_all() {
        for count in 1..=SessionSecrets::MOST {
            let text = some(count).expose();
            assert_eq!(SessionSecrets::parse(&text).unwrap().expose(), text);
            assert!(text.len() < 4_096);
        }
        let (one, two) = (some(1).expose(), some(2).expose());
        let six = format!("{}.{one}", some(5).expose());
        for bad in ["", ".", &format!("{one}."), &format!(".{one}"), &format!("{one}..{two}"), &format!("{one}.x"), &format!("{one}.{one}"), &six] {
            assert!(SessionSecrets::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn the_last_one_leaves_when_it_is_full() {
        let (full, first) = (some(5), SessionSecret::random());
        let more = full.behind(&first);
        assert_eq!(more.iter().count(), 5);
        assert!(more.expose().starts_with(&first.expose()));
        assert!(!more.expose().contains(&full.iter().last().unwrap().expose()));
    }

    #[test]
    fn secrets_are_quiet() {
        let secrets = some(2);
        let first = secrets.iter().next().unwrap().expose();
        assert!(!format!("{secrets:?}").contains(&first[3..]));
    }
}
