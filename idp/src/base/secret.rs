//! Values that open something: random tokens with a recognisable prefix, and text that was given to us to keep quiet about.
//! They are never shown by `Debug`, and what rests in the database is their digest.

use std::fmt;

use zeroize::ZeroizeOnDrop;

use crate::base::{base64url, digest::Digest, random};

pub use secrecy::{ExposeSecret, SecretString};

/// 256 random bits with a purpose that is part of the type. Its text form is `PREFIX` followed by 43 characters of base64url.
macro_rules! token {
    ($(#[$meta:meta])* $name:ident, $prefix:literal) => {
        $(#[$meta])*
        #[derive(Clone, ZeroizeOnDrop)]
        pub struct $name([u8; 32]);

        impl $name {
            /// What its text begins with, so that a leaked one can be recognised.
            pub const PREFIX: &'static str = $prefix;

            /// A new one.
            pub fn random() -> Self {
                Self(random::bytes())
            }

            /// Reads the one spelling that [`Self::expose`] writes; anything else is `None`.
            pub fn parse(text: &str) -> Option<Self> {
                base64url::decode_array(text.strip_prefix(Self::PREFIX)?).map(Self)
            }

            /// The text to hand out. Call it only where it leaves the house.
            pub fn expose(&self) -> String {
                format!("{}{}", Self::PREFIX, base64url::encode(self.0))
            }

            /// What is stored in its place.
            pub fn digest(&self) -> Digest {
                Digest::of(self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(concat!(stringify!($name), "(redacted)"))
            }
        }
    };
}

token!(
    /// What the `browser` cookie holds. It gives no authority; it ties what we seal to the browser it was sealed for.
    BrowserSecret,
    "wb_"
);
token!(
    /// What the `session` cookie holds, one for each account that is signed in here.
    SessionSecret,
    "ws_"
);
token!(
    /// The secret part of a one-time link (set-up, invitation).
    LinkSecret,
    "wl_"
);
token!(
    /// Lets a client register itself (RFC 7591 §1.2).
    InitialAccessToken,
    "wia_"
);
token!(
    /// Lets a client that registered itself look after its registration (RFC 7591 §1.2).
    RegistrationAccessToken,
    "wra_"
);
token!(
    /// What names a stored (large) authorization request in the browser's address.
    StoredRequestSecret,
    "wq_"
);

token!(
    /// The name of a pushed authorization request, the prefix as RFC 9126 §2.2 writes it.
    PushedRequestSecret,
    "urn:ietf:params:oauth:request_uri:"
);

/// A password's hash in PHC string format. Whoever has it can try passwords at leisure, so it is as quiet as the password.
#[derive(Clone, PartialEq, Eq, ZeroizeOnDrop)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// The hash that this text is; nobody has looked yet whether it is one.
    pub const fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// Its text. Call it only to compare and to store.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PasswordHash(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_exact_and_quiet() {
        let token = SessionSecret::random();
        let text = token.expose();
        assert_eq!(SessionSecret::parse(&text).map(|same| same.digest()), Some(token.digest()));
        assert!(LinkSecret::parse(&text).is_none(), "another purpose");
        assert!(SessionSecret::parse(&text[..text.len() - 1]).is_none(), "truncated");
        assert!(SessionSecret::parse(&format!("{text}A")).is_none(), "extended");
        assert_eq!(format!("{token:?}"), "SessionSecret(redacted)");
    }
}
