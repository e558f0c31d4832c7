//! Closed lists of registered words, such as the values of `acr` or `grant_types`: an enum with one spelling for each word, the same in
//! tokens, tables, JSON and on the command line.

/// A word that is not in the list it was looked for in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be one of {}", .0.join(", "))]
pub struct UnknownWord(pub &'static [&'static str]);

/// Writes an enum of words, ordered as listed: `ALL`, `name`, `Display`, `FromStr` and serde from one table.
macro_rules! registered_words {
    ($(#[$meta:meta])* $name:ident { $($(#[$variant_meta:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $($(#[$variant_meta])* #[serde(rename = $text)] $variant,)*
        }

        impl $name {
            /// All of them, in order.
            pub const ALL: [Self; [$($text),*].len()] = [$(Self::$variant),*];

            /// Its registered name.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)*
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(self.name())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::protocol::registered_word::UnknownWord;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let unknown = $crate::protocol::registered_word::UnknownWord(&[$($text),*]);
                Self::ALL.into_iter().find(|word| word.name() == text).ok_or(unknown)
            }
        }
    };
}

pub(crate) use registered_words;

#[cfg(test)]
#[expect(unreachable_pub, reason = "the macro writes what is public elsewhere")]
mod tests {
    registered_words! {
        /// For the test.
        Colour {
            /// Red.
            Red = "red",
            /// Dark green.
            DarkGreen = "dark+green",
        }
    }

    #[test]
    fn a_word_has_one_spelling_everywhere() {
        for (colour, text) in [(Colour::Red, "red"), (Colour::DarkGreen, "dark+green")] {
            assert_eq!((colour.to_string().as_str(), text.parse()), (text, Ok(colour)));
            assert_eq!(serde_json::to_string(&colour).unwrap(), format!("\"{text}\""));
            assert_eq!(serde_json::from_str::<Colour>(&format!("\"{text}\"")).unwrap(), colour);
        }
        for text in ["Red", " red", "", "DarkGreen"] {
            assert_eq!(text.parse::<Colour>().unwrap_err().to_string(), "must be one of red, dark+green");
        }
        assert!(Colour::Red < Colour::DarkGreen && Colour::ALL.is_sorted());
    }
}
