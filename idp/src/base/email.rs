//! The email address a person signs in with, in its one canonical spelling.
//!
//! Two spellings of one mailbox must never be two accounts, and no spelling may reach somebody else's account: the text is NFKC-normalised
//! and lower-cased, and the domain is written as IDNA writes it, once, at every door (security requirement C-ID-01).

use std::fmt;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization as _;

use crate::base::unseen::is_unseen;

/// A canonical email address. Says nothing about whether mail reaches anyone there.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Email(String);

impl Email {
    /// Reads what a person typed; `None` when it can't be one address.
    pub fn parse(typed: &str) -> Option<Self> {
        // 254 is the longest address a mail path can carry (RFC 5321 §4.5.3.1.3); refuse before normalising anything longer.
        if typed.len() > 1024 {
            return None;
        }
        let folded: String = typed.trim().nfkc().collect::<String>().to_lowercase().nfkc().collect();
        let (local, domain) = folded.rsplit_once('@')?;
        let forbidden = |c: char| c.is_whitespace() || "()<>[]:;@\\,\"".contains(c) || is_unseen(c);
        if local.is_empty() || local.starts_with('.') || local.ends_with('.') || local.contains("..") || local.contains(forbidden) {
            return None;
        }
        let domain = idna::domain_to_ascii_strict(domain).ok()?;
        let labels_are_fine = domain.split('.').all(|label| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-'));
        if domain.is_empty() || !labels_are_fine || local.len() + 1 + domain.len() > 254 {
            return None;
        }
        Some(Self(format!("{local}@{domain}")))
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The address that this stored text is; it was parsed when it was written.
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Display for Email {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Debug for Email {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Personal, but not secret; logs name people by their row.
        formatter.write_str("Email(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        /// C-ID-01: reading what was read changes nothing, so that no door can write what another one doesn't find.
        #[test]
        fn reading_twice_is_reading_once(local in "\\PC{1,12}", domain in "[a-zA-ZäöüßÄ0-9.-]{1,20}") {
            if let Some(email) = Email::parse(&format!("{local}@{domain}")) {
                proptest::prop_assert_eq!(Email::parse(email.as_str()), Some(email));
            }
        }
    }

    fn canonical(typed: &str) -> Option<String> {
        Email::parse(typed).map(|email| email.to_string())
    }

    #[test]
    fn spellings_of_one_mailbox_are_one() {
        for typed in ["alice@example.com", " Alice@Example.COM ", "ａlice@example.com", "ALICE@EXAMPLE.com"] {
            assert_eq!(canonical(typed).as_deref(), Some("alice@example.com"), "{typed}");
        }
        assert_eq!(canonical("a\u{308}@example.com"), canonical("ä@example.com"), "NFD and NFC");
        assert_eq!(canonical("bob@bücher.example"), canonical("bob@xn--bcher-kva.example"), "IDN and its ASCII form");
    }

    /// C-ID-01: case, width, composition, compatibility forms, the spellings of a domain, and blanks around it make no second account; and what was
    /// read once is read the same again.
    #[test]
    fn every_spelling_of_a_mailbox_is_one_address() {
        for (spellings, one) in [
            (
                vec![
                    "A@x.example",
                    "a@X.EXAMPLE",
                    "ａ@x.example",
                    "a＠x.example",
                    "a@x。example",
                    "a@ｘ.example",
                    "\u{3000}a@x.example ",
                    "𝒶@x.example",
                ],
                "a@x.example",
            ),
            (vec!["ä@x.example", "a\u{308}@x.example", "Ä@x.example", "A\u{308}@x.example"], "ä@x.example"),
            (
                vec!["b@bücher.example", "b@bu\u{308}cher.example", "b@BÜCHER.example", "b@xn--bcher-kva.example", "b@XN--BCHER-KVA.example"],
                "b@xn--bcher-kva.example",
            ),
            (vec!["ﬁ@x.example", "fi@x.example"], "fi@x.example"),
            (vec!["\u{212a}@x.example", "k@x.example"], "k@x.example"),
        ] {
            for typed in spellings {
                assert_eq!(canonical(typed).as_deref(), Some(one), "{typed:?}");
                assert_eq!(canonical(one).as_deref(), Some(one));
            }
        }
        for typed in [
            "a@x.example.",
            "a.@x.example",
            "a@.x.example",
            "a@x..example",
            "a@xn--a.example",
            "a\u{200d}@x.example",
            "a@x.exam\u{200b}ple",
            "a@x\u{202e}.example",
        ] {
            let read = canonical(typed);
            assert!(read.is_none() || read.as_deref() == Some("a@x.example"), "{typed:?} became {read:?}");
        }
    }

    #[test]
    fn what_is_not_one_address_is_refused() {
        for typed in [
            "",
            "alice",
            "@example.com",
            "alice@",
            "a b@example.com",
            "a,b@example.com",
            "a@b@example.com",
            "alice@example..com",
            ".a@example.com",
            "a..b@example.com",
            "a@-x.example",
            "alice@example.com\r\nBcc: eve@example.com",
            "al\u{200b}ice@example.com",
            "a\u{202e}b@example.com",
            "<a@example.com>",
        ] {
            assert_eq!(canonical(typed), None, "{typed:?}");
        }
        assert_eq!(canonical(&format!("{}@example.com", "a".repeat(300))), None);
    }
}
