//! The provider seen from outside: the actors and stages of its tests.
//!
//! A library, so that the two test binaries (over HTTP; in a browser) share it and neither links the other. Arrange only through the doors
//! that people use; look behind the provider's back only to show that nothing was stored, or to cause an accident.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test that cannot go on stops, and says why")]
#![allow(clippy::missing_panics_doc, reason = "every verb here ends the test when it fails")]
#![allow(clippy::struct_excessive_bools, reason = "cookies and devices are made of flags")]

pub mod authenticator;
pub mod browser;
pub mod cbor;
pub mod client_keys;
pub mod cookies;
pub mod database;
pub mod html;
pub mod log;
pub mod mailbox;
pub mod nginx;
pub mod outside;
pub mod own_secrets;
pub mod pair;
pub mod person;
pub mod process;
pub mod provider;
pub mod raw;
pub mod relying_party;
pub mod tls;
pub mod untrusted;
pub mod watched;
pub mod wire;

/// A text in which the character at `place` (counted in bytes, of a text that is ASCII) is another one, whatever it was.
pub fn one_character_off(text: &str, place: usize) -> String {
    let other = if text.as_bytes()[place] == b'A' { "B" } else { "A" };
    let mut text = text.to_owned();
    text.replace_range(place..=place, other);
    text
}

/// Writes every test once and runs it on SQLite and on PostgreSQL: `async fn it_holds(kind: Kind) {...}`, with its comment above it.
#[macro_export]
macro_rules! on_both_databases {
    ($($(#[$comment:meta])* async fn $name:ident($kind:ident: Kind) $body:block)+) => {$(
        $(#[$comment])*
        mod $name {
            use super::*;

            async fn on($kind: $crate::database::Kind) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                on($crate::database::Kind::Sqlite).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                on($crate::database::Kind::Postgres).await;
            }
        }
    )+};
}
