//! Names of rows and people, one type each, so that no id can be passed where another is meant.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::base::{base64url, clock::Time, random};

/// A row's id: a UUID of version 7, so that rows are inserted in order. It tells when it was made, and stays in the house.
macro_rules! row_id {
    ($($(#[$meta:meta])* $name:ident;)*) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// A new id for a row made at `now`.
            pub fn new(now: Time) -> Self {
                Self(ordered_uuid(now))
            }

            /// The id that this UUID is.
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The UUID, as it is stored.
            pub const fn as_uuid(&self) -> &Uuid {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.as_hyphenated().fmt(formatter)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }
    )*};
}

row_id! {
    /// A user's row. Outside the house a person is known by [`Subject`].
    UserId;
    /// A passkey's row.
    PasskeyId;
    /// A backup code's row.
    BackupCodeId;
    /// One set of backup codes: what a person acknowledges.
    BackupCodeSetId;
    /// A one-time link's row.
    OneTimeLinkId;
    /// A session's row. Outside the house a session is known by [`Sid`].
    SessionId;
    /// The row of one of a client's secrets.
    ClientSecretId;
    /// A grant's row: what a client was given, once, for a person.
    GrantId;
    /// An audit event's row.
    AuditEventId;
    /// A mail that waits to be sent.
    MailId;
    /// A token that lets clients register themselves.
    InitialAccessTokenId;
}

fn ordered_uuid(now: Time) -> Uuid {
    uuid::Builder::from_unix_timestamp_millis(u64::try_from(now.millis()).unwrap_or(0), &random::bytes()).into_uuid()
}

/// A text id of one kind, made by us from 128 random bits or kept as it was given.
macro_rules! text_id {
    ($($(#[$meta:meta])* $name:ident;)*) => {$(
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// A new id of 128 random bits.
            pub fn random() -> Self {
                Self(base64url::encode(random::bytes::<16>()))
            }

            /// The id that this text is. Whether something has that name is for the store to say.
            pub fn from_text(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// Its text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }
    )*};
}

text_id! {
    /// `sub`: a person's name towards clients (OpenID Connect Core §2). Random, never given twice.
    Subject;
    /// `sid`: a session's name towards clients (OpenID Connect Front-Channel Logout §3).
    Sid;
    /// `client_id` (RFC 6749 §2.2).
    ClientId;
}

impl Sid {
    /// The id that this text is, if it is one that we could have made: for what comes in an address, before anybody looks for it.
    pub fn parse(text: &str) -> Option<Self> {
        base64url::decode_array::<16>(text).map(|_| Self(text.to_owned()))
    }
}

/// The WebAuthn user handle: 16 random bytes that say nothing about the person (WebAuthn §14.6.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UserHandle(Uuid);

impl UserHandle {
    /// A new handle.
    pub fn random() -> Self {
        Self(random::uuid())
    }

    /// The handle that this UUID is.
    pub const fn from_uuid(uuid: Uuid) -> Self {
        Self(uuid)
    }

    /// The UUID, as authenticators keep it.
    pub const fn as_uuid(&self) -> &Uuid {
        &self.0
    }
}

/// What an authenticator calls a credential (WebAuthn §4, "credential ID"): at most 1,023 bytes.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CredentialId(Vec<u8>);

impl CredentialId {
    /// The id, unless it is empty or longer than WebAuthn §7.1 allows.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Option<Self> {
        let bytes = bytes.into();
        (1..=1023).contains(&bytes.len()).then_some(Self(bytes))
    }

    /// Its bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for CredentialId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "CredentialId({})", base64url::encode(&self.0))
    }
}

/// The id of a key in one of the rings: 4 random bytes as 8 hexadecimal digits; also the `kid` of a signing key.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyId([u8; 4]);

impl KeyId {
    /// A new id.
    pub fn random() -> Self {
        Self(random::bytes())
    }

    /// The id that these bytes are.
    pub const fn from_bytes(bytes: [u8; 4]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    pub const fn as_bytes(&self) -> &[u8; 4] {
        &self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:08x}", u32::from_be_bytes(self.0))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "KeyId({self})")
    }
}

impl FromStr for KeyId {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        u32::from_str_radix(text, 16).map(|number| Self(number.to_be_bytes()))
    }
}
