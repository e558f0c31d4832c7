//! What each mail is given, as types, and how it is written: a subject, plain text and HTML, each from `templates/mails` and the same sentences
//! as pages.
//!
//! A mail program makes links of whatever looks like one, in text and in HTML alike. What people or applications chose as names could then lead
//! readers of our mails elsewhere, so such text is [`Foreign`] and is taken apart where it looks like an address (C-REC-10).

use minijinja::context;
use minijinja::value::{Serde, Value, merge_maps};
use serde::Serialize;

use super::times::Moment;
use super::{Locale, Speech, TemplateError, Templates, failed};
use crate::base::clock::Time;
use crate::base::email::Email;

/// A mail that has templates of its own.
pub trait Mail: Serialize {
    /// Their name in `templates/mails`, without ending.
    const NAME: &'static str;

    /// The sentence that is its subject. No text of anybody else's is in it.
    fn subject(&self) -> String;

    /// The moment it tells of: when something happened, or until when a link is good.
    fn moment(&self) -> Time;
}

/// A mail in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InWords {
    /// The subject.
    pub subject: String,
    /// Plain text.
    pub text: String,
    /// HTML.
    pub html: String,
}

/// Text that somebody else chose, with nothing in it that is taken for a link.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Foreign(String);

impl Foreign {
    /// A name.
    pub fn name(text: &str) -> Self {
        Self(without_links(text))
    }

    /// An address, which may well be taken for one; but only as a whole.
    pub fn address(email: &Email) -> Self {
        let (local, domain) = email.as_str().rsplit_once('@').unwrap_or((email.as_str(), ""));
        Self(format!("{}@{domain}", without_links(local)))
    }
}

/// The text with nothing in it that a mail program would take for an address: `evil.example` becomes `evil[.]example`, `https://` becomes
/// `https[:]//`. People still read what it was; that it looks odd is as it should be.
fn without_links(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    let mut before = None;
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let is_between = before.is_some_and(char::is_alphanumeric) && letters.peek().is_some_and(|next| next.is_alphabetic());
        // The other full stops are those that domain names may have as well (UTS #46 §4.1).
        match letter {
            '.' | '\u{3002}' | '\u{ff0e}' | '\u{ff61}' if is_between => safe.push_str("[.]"),
            ':' if letters.peek() == Some(&'/') => safe.push_str("[:]"),
            // A line break would begin a line of its own, that is ours to say.
            letter if letter.is_control() => safe.push(' '),
            letter => safe.push(letter),
        }
        before = Some(letter);
    }
    safe
}

/// Something about the account has changed.
#[derive(Clone, Debug, Serialize)]
pub struct Notice {
    /// Which sentence: `notice-KIND`.
    pub kind: String,
    /// The sign-in name of the account.
    pub account: Foreign,
    /// What it is about.
    pub name: Foreign,
    /// What that was before.
    pub other: Foreign,
    /// How many are left.
    pub left: u64,
    /// When it happened.
    #[serde(skip)]
    pub at: Time,
    /// Where from; empty if nobody knows.
    pub place: String,
    /// The link for "this wasn't me".
    pub not_me_url: Option<String>,
}

impl Mail for Notice {
    const NAME: &'static str = "notice";

    fn subject(&self) -> String {
        format!("notice-{}.subject", self.kind)
    }

    fn moment(&self) -> Time {
        self.at
    }
}

/// The way back for somebody who lost their ways in.
#[derive(Clone, Debug, Serialize)]
pub struct RecoveryLink {
    /// The sign-in name of the account.
    pub account: Foreign,
    /// The link.
    pub url: String,
    /// Until when it is good.
    #[serde(skip)]
    pub until: Time,
}

impl Mail for RecoveryLink {
    const NAME: &'static str = "recovery-link";

    fn subject(&self) -> String {
        "subject-recovery".to_owned()
    }

    fn moment(&self) -> Time {
        self.until
    }
}

/// Whoever opens the link shows that mail reaches them.
#[derive(Clone, Debug, Serialize)]
pub struct ConfirmAddress {
    /// The sign-in name of the account.
    pub account: Foreign,
    /// The link.
    pub url: String,
    /// Until when it is good.
    #[serde(skip)]
    pub until: Time,
}

impl Mail for ConfirmAddress {
    const NAME: &'static str = "confirm-address";

    fn subject(&self) -> String {
        "subject-confirm".to_owned()
    }

    fn moment(&self) -> Time {
        self.until
    }
}

/// An operator tries out whether mail arrives.
#[derive(Clone, Debug, Serialize)]
pub struct Trial {
    /// When.
    #[serde(skip)]
    pub at: Time,
}

impl Mail for Trial {
    const NAME: &'static str = "trial";

    fn subject(&self) -> String {
        "subject-trial".to_owned()
    }

    fn moment(&self) -> Time {
        self.at
    }
}

/// From whom a mail comes.
#[derive(Clone, Copy, Debug)]
pub struct House<'a> {
    /// What we call ourselves.
    pub brand: &'a str,
    /// The issuer.
    pub issuer: &'a str,
}

impl Templates {
    /// A mail in the language of `locale`.
    pub fn write<M: Mail>(&self, locale: &Locale, house: House<'_>, mail: &M) -> Result<InWords, TemplateError> {
        let subject = self.translate(locale, &mail.subject(), &[("brand", house.brand)]);
        let translations = &self.0.translations;
        let moment = Moment::new(translations, locale.lang(), mail.moment(), mail.moment()).map_err(failed)?;
        let speech = Speech { translations: translations.clone(), lang: locale.lang().to_owned() };
        let ours = context! {
            t => Value::from_object(speech),
            lang => locale.lang(),
            dir => locale.dir(),
            brand => house.brand,
            issuer => house.issuer,
            subject => subject.as_str(),
            when => moment.full,
        };
        let given = merge_maps([ours, Value::from(Serde(mail))]);
        let render = |ending: &str| self.0.environment.get_template(&format!("mails/{}.{ending}", M::NAME))?.render(&given);
        Ok(InWords { text: render("txt")?, html: render("html")?, subject })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// C-REC-10: nothing that people chose is a link, and what is none stays as it is.
    #[test]
    fn what_looks_like_an_address_is_taken_apart() {
        for (text, shown) in [
            ("http://evil.example/x", "http[:]//evil[.]example/x"),
            ("visit evil.example now", "visit evil[.]example now"),
            ("www.evil.example", "www[.]evil[.]example"),
            ("https://192.0.2.1/", "https[:]//192.0.2.1/"),
            ("eve@evil.example", "eve@evil[.]example"),
            ("evil\u{3002}example", "evil[.]example"),
            ("javascript:/x", "javascript[:]/x"),
            ("two\r\nlines", "two  lines"),
            ("YubiKey 5.4", "YubiKey 5.4"),
            ("Dr. No", "Dr. No"),
            ("My key: the blue one.", "My key: the blue one."),
            ("iPhone 15, 192.0.2.1", "iPhone 15, 192.0.2.1"),
        ] {
            assert_eq!(without_links(text), shown);
        }
        let address = Foreign::address(&Email::parse("evil.example/x@northwind.example").unwrap());
        assert_eq!(address, Foreign("evil[.]example/x@northwind.example".to_owned()));
    }
}
