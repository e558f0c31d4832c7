//! What the standard claims about a person may hold (OpenID Connect Core §5.1), one type each: what was typed is judged once, when it is
//! read, and every client gets what the specification promises. Bounded, and without characters that nobody sees.

use std::fmt;

use serde::{Deserialize, Serialize};
use time::{Date, Month};
use unic_langid::LanguageIdentifier;
use url::Url;

use crate::base::clock::Time;
use crate::base::unseen::is_unseen;

/// Text that was judged when it was read, and is not judged again when it comes back from where it rests.
macro_rules! judged_text {
    ($($(#[$meta:meta])* $name:ident;)*) => {$(
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Its text.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The value that this stored text is; it was judged when it was written.
            pub fn from_stored(text: String) -> Self {
                Self(text)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }
    )*};
}

judged_text! {
    /// One line of text for people, such as a family name or a city.
    Line;
    /// What a person would like to be called by in an application. It is not unique, and never looks like somebody's address (C-ID-01).
    PreferredUsername;
    /// The lines of a postal address between the person's name and the city.
    StreetAddress;
    /// The address of a page or picture: `https` only, for it is followed by people and applications.
    WebAddress;
    /// A day (`YYYY-MM-DD`), a day of an untold year (`0000-MM-DD`) or a year (`YYYY`) in the past.
    Birthdate;
    /// A language tag (BCP 47), such as `de-AT`.
    LanguageTag;
    /// A telephone number with its country (E.164), such as `+4930123456`.
    PhoneNumber;
}

/// Whether these are some characters, no more than `longest`, and each one is seen.
fn is_readable(text: &str, longest: usize) -> bool {
    (1..=longest).contains(&text.chars().take(longest + 1).count()) && text.contains(|c: char| !c.is_whitespace()) && !text.contains(is_unseen)
}

impl Line {
    /// The most characters.
    pub const LONGEST: usize = 100;

    /// Reads what a person typed.
    pub fn parse(typed: &str) -> Option<Self> {
        let text = typed.trim();
        is_readable(text, Self::LONGEST).then(|| Self(text.to_owned()))
    }
}

impl PreferredUsername {
    /// Reads what a person typed.
    pub fn parse(typed: &str) -> Option<Self> {
        let Line(text) = Line::parse(typed)?;
        // The at sign, and those that Unicode folds into it.
        (!text.contains(['@', '\u{ff20}', '\u{fe6b}'])).then_some(Self(text))
    }
}

impl StreetAddress {
    /// The most characters, ends of lines included.
    pub const LONGEST: usize = 300;
    /// The most lines.
    const MOST_LINES: usize = 5;

    /// Reads what a person typed. Browsers end lines with CR LF; here they end with LF.
    pub fn parse(typed: &str) -> Option<Self> {
        let lines: Vec<&str> = typed.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        let text = lines.join("\n");
        let fits = text.chars().count() <= Self::LONGEST && (1..=Self::MOST_LINES).contains(&lines.len());
        (fits && lines.iter().all(|line| is_readable(line, Self::LONGEST))).then_some(Self(text))
    }
}

impl WebAddress {
    /// The most bytes, as it is stored.
    pub const LONGEST: usize = 500;

    /// Reads what a person typed.
    pub fn parse(typed: &str) -> Option<Self> {
        let typed = typed.trim();
        if typed.len() > Self::LONGEST || typed.contains(|c: char| is_unseen(c) || c.is_whitespace()) {
            return None;
        }
        let url = Url::parse(typed).ok()?;
        let is_plain = url.username().is_empty() && url.password().is_none();
        let address = String::from(url.clone());
        (url.scheme() == "https" && url.host().is_some() && is_plain && address.len() <= Self::LONGEST).then_some(Self(address))
    }
}

impl Birthdate {
    /// The most characters.
    pub const LONGEST: usize = 10;
    /// The first year that anybody who is asked may have been born in.
    const FIRST_YEAR: i32 = 1850;

    /// Reads what a person typed; what lies after `now` is no date of birth.
    pub fn parse(typed: &str, now: Time) -> Option<Self> {
        let typed = typed.trim();
        let today = time::OffsetDateTime::from_unix_timestamp(now.seconds()).ok()?.date();
        let number = |text: &str, digits: usize| {
            (text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse::<i32>().ok()).flatten()
        };
        let is_year = |year: i32| (Self::FIRST_YEAR..=today.year()).contains(&year);
        let good = match typed.split('-').collect::<Vec<_>>().as_slice() {
            [year] => is_year(number(year, 4)?),
            [year, month, day] => {
                let (year, month, day) = (number(year, 4)?, number(month, 2)?, number(day, 2)?);
                let month = Month::try_from(u8::try_from(month).ok()?).ok()?;
                // Of an untold year, which may have been a leap year.
                let date = Date::from_calendar_date(if year == 0 { 2000 } else { year }, month, u8::try_from(day).ok()?).ok()?;
                year == 0 || is_year(year) && date <= today
            }
            _ => false,
        };
        good.then(|| Self(typed.to_owned()))
    }
}

impl LanguageTag {
    /// The most bytes.
    pub const LONGEST: usize = 35;

    /// Reads what a person typed; some write `de_AT` (OpenID Connect Core §5.1 knows that).
    pub fn parse(typed: &str) -> Option<Self> {
        let typed = typed.trim();
        if typed.len() > Self::LONGEST {
            return None;
        }
        let tag: LanguageIdentifier = typed.parse().ok()?;
        (!tag.language.is_empty()).then(|| Self(tag.to_string()))
    }
}

impl PhoneNumber {
    /// The most characters that are looked at: digits, and what people put between them.
    pub const LONGEST: usize = 32;

    /// Reads what a person typed: `+`, the country, the number; blanks, hyphens, dots, slashes and brackets between them count for nothing.
    pub fn parse(typed: &str) -> Option<Self> {
        let typed = typed.trim();
        if typed.len() > Self::LONGEST {
            return None;
        }
        let digits: String = typed.strip_prefix('+')?.chars().filter(|c| !" -./()\u{a0}".contains(*c)).collect();
        // E.164 §6.2.1: at most 15 digits, and no country begins with 0.
        let good = (7..=15).contains(&digits.len()) && !digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit());
        good.then(|| Self(format!("+{digits}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-05-03T12:00:00Z
    const NOW: Time = Time::from_seconds(1_777_809_600);

    /// OpenID Connect Core §5.1: what people type, and what is told.
    #[test]
    fn what_is_good_is_told_in_one_spelling() {
        assert_eq!(Line::parse(" Ólafur\t").unwrap().as_str(), "Ólafur");
        assert!(Line::parse(&"é".repeat(100)).is_some());
        assert_eq!(PreferredUsername::parse("j.doe").unwrap().as_str(), "j.doe");
        assert_eq!(StreetAddress::parse("Hof 1\r\n\r\n 2. Stiege \n").unwrap().as_str(), "Hof 1\n2. Stiege");
        assert_eq!(WebAddress::parse("HTTPS://Ada.Example").unwrap().as_str(), "https://ada.example/");
        assert_eq!(WebAddress::parse("https://bücher.example/a?b#c").unwrap().as_str(), "https://xn--bcher-kva.example/a?b#c");
        for date in
            ["1815", "1849-12-31", "2026-05-04", "2027", "0000-02-30", "0000", "1990-2-3", "1990-02", "1990-13-01", "1990/02/03", "1990-02-29"]
        {
            assert_eq!(Birthdate::parse(date, NOW), None, "{date}");
        }
        for date in ["1990", "1990-02-03", "0000-02-29", "2026-05-03", "1992-02-29"] {
            assert_eq!(Birthdate::parse(date, NOW).unwrap().as_str(), date);
        }
        for (typed, tag) in [("de", "de"), ("DE-at", "de-AT"), ("de_AT", "de-AT"), ("zh-hant-tw", "zh-Hant-TW")] {
            assert_eq!(LanguageTag::parse(typed).unwrap().as_str(), tag);
        }
        for typed in ["+49 30 123456", "+49 (30) 12-34.56", "+4930123456"] {
            assert_eq!(PhoneNumber::parse(typed).unwrap().as_str(), "+4930123456");
        }
    }

    /// Bounded, and nothing that hides, runs or leads elsewhere.
    #[test]
    fn what_is_no_value_is_refused() {
        let long = "a".repeat(501);
        for typed in ["", " ", "\u{3000}", "a\nb", "a\u{202e}b", "a\u{200b}b", "a\0", &long] {
            assert_eq!(Line::parse(typed), None, "{typed:?}");
            assert_eq!(StreetAddress::parse(typed).filter(|_| typed != "a\nb"), None, "{typed:?}");
        }
        assert_eq!(StreetAddress::parse("1\n2\n3\n4\n5\n6"), None);
        for typed in ["ada@example.com", "ada＠example.com", "ada﹫example.com", "@ada"] {
            assert_eq!(PreferredUsername::parse(typed), None, "{typed}");
        }
        for typed in [
            "",
            "ada.example",
            "http://ada.example",
            "javascript:alert(1)",
            "data:image/png,x",
            "https://",
            "https://a@ada.example",
            "https://a:b@ada.example",
            "https://ada.example/\u{202e}",
            "https://ada.example/ x",
            "//ada.example",
            &format!("https://ada.example/{long}"),
        ] {
            assert_eq!(WebAddress::parse(typed), None, "{typed:?}");
        }
        for typed in ["", "d", "german language", "und-!", "deutschdeutsch", "-", "*"] {
            assert_eq!(LanguageTag::parse(typed), None, "{typed:?}");
        }
        for typed in ["", "030 123456", "+0301234567", "+49301", "+49 30 123 456 789 0123", "+49301234a", "+٤٩٣٠١٢٣٤٥٦", "++4930123456"] {
            assert_eq!(PhoneNumber::parse(typed), None, "{typed:?}");
        }
    }
}
