//! zxcvbn: how hard a password is to guess for somebody who knows what people like to choose, and this person. Its lists of tens of thousands
//! of common passwords, names and words are part of the binary, so that it works offline (C-PW-03).
//!
//! No rules about letters and digits (C-PW-04): a password is judged by how many guesses it takes.

use zxcvbn::Score;

/// Parts of names and addresses that are shorter say nothing.
const SHORTEST_WORD: usize = 3;
/// How many characters a password has beside words that everybody knows of its owner.
const LEAST_BESIDE: usize = 8;

/// Whether a password takes more guesses than anybody makes against a stolen hash: 10^10 and more, so that three common parts in a row don't
/// do. `about` are words that belong to the person or the house, such as their address or its name. Computes for a moment: not for an async
/// thread.
pub fn is_strong(password: &str, about: &[String]) -> bool {
    let words = words(about);
    let known: Vec<&str> = words.iter().map(String::as_str).collect();
    zxcvbn::zxcvbn(password, &known).score() >= Score::Four && has_enough_beside(password, &words)
}

/// Whether enough is left without the words that belong to the person or the house: a year and a dot are no secret.
fn has_enough_beside(password: &str, known: &[String]) -> bool {
    let mut rest = password.to_lowercase();
    for word in known {
        rest = rest.replace(word, "");
    }
    rest.len() == password.to_lowercase().len() || rest.chars().count() >= LEAST_BESIDE
}

/// The words themselves and their parts: of `alice@northwind.example` also `alice`, `northwind`, `example`.
fn words(about: &[String]) -> Vec<String> {
    let mut words = Vec::new();
    for text in about {
        let text = text.to_lowercase();
        words.extend(text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| word.chars().count() >= SHORTEST_WORD).map(str::to_owned));
        words.push(text);
    }
    // The longest first: they are looked for whole before their parts are.
    words.sort_unstable_by(|one, other| other.len().cmp(&one.len()).then_with(|| one.cmp(other)));
    words.dedup();
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use zxcvbn::matching::patterns::MatchPattern;

    use super::*;

    fn about() -> Vec<String> {
        [
            "WeftID",
            "Umbrella Works",
            "ada@id.example",
            "Ada Admin",
            "id.example",
            "id.northwind.example",
            "alice.lovelace@northwind.example",
            "Alice Lovelace",
        ]
        .map(str::to_owned)
        .to_vec()
    }

    /// C-PW-03: common passwords, also long ones, doubled, turned round, decorated or walked on the keyboard.
    #[test]
    fn what_many_choose_is_weak() {
        for common in [
            "Password12345678!",
            "letmeinletmein123",
            "password",
            "passwordpassword",
            "Password12345678",
            "p@ssw0rdp@ssw0rd",
            "123456789012345678",
            "qwertyuiopasdfghjkl",
            "iloveyouiloveyou",
            "letmeinletmein123",
            "aaaaaaaaaaaaaaaaaaaa",
            "abcdefghijklmnopqrstuvwxyz",
            "drowssapdrowssap",
            "monkeymonkeymonkey",
            "sunshine1sunshine1",
            "1q2w3e4r1q2w3e4r",
            "football12345678",
            "11111111111111111111",
            "zaq12wsxzaq12wsx",
            "superman19841984",
        ] {
            assert!(!is_strong(common, &[]), "{common}");
        }
    }

    /// C-PW-03: words of the house and of the person count as known, whatever is put around them.
    #[test]
    fn what_is_known_of_the_person_is_weak() {
        for known in [
            "ada@id.example.com",
            "adaadminadaadmin",
            "id.example.id.example",
            "umbrellaworks2026",
            "Umbrella Works!!",
            "weftidweftidweftid",
            "id.northwind.example",
            "alice.lovelace2024",
            "Alice Lovelace 1",
            "lovelaceAlice1815",
            "northwindNorthwind",
            "W3ft1D-2026-2026",
        ] {
            assert!(!is_strong(known, &about()), "{known}");
        }
        assert!(is_strong("lovelace keeps four green umbrellas", &about()), "a known word does not spoil a good one");
    }

    /// C-PW-04: length is enough; nobody has to mix in anything.
    #[test]
    fn what_is_long_and_nobodys_is_strong() {
        for good in ["correct horse battery staple", "vier grüne regenschirme im flur", "kpqzvbwmtrxyj", "🦊🌲🎺🧊🛶🪁🧵🪴🦉🌋🧭🛎"]
        {
            assert!(is_strong(good, &about()), "{good}");
        }
    }

    /// C-PW-03 asks for 3,000 at least: the list knows one that comes after more than 20,000 others.
    #[test]
    fn the_list_is_long_enough() {
        let ranks = ["123456", "trustno1", "abcdefg1", "qwerty", "dragon12", "liverpool1", "bananas1", "wrinkle5", "zxcvbnm1"].map(|listed| {
            let judged = zxcvbn::zxcvbn(listed, &[]);
            let ranks = judged.sequence().iter().filter_map(|found| match &found.pattern {
                MatchPattern::Dictionary(word) if found.token == listed => Some(word.rank),
                _ => None,
            });
            ranks.max().unwrap_or(0)
        });
        assert_eq!(ranks[0], 1);
        assert!(ranks.iter().any(|rank| *rank > 3_000), "{ranks:?}");
    }
}
