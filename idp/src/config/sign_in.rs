//! How people may sign in.

use std::time::Duration;

use crate::config::layers::Raw;
use crate::config::reader::Reader;
use crate::config::value::{Value, name_of, text, word};

/// When a password signs in (B-LC-03).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordPolicy {
    /// For everybody who has one.
    Always,
    /// For those who have no passkey to use instead.
    WithoutPasskey,
    /// For nobody.
    Never,
}

impl PasswordPolicy {
    const NAMES: [(&'static str, Self); 3] = [("always", Self::Always), ("without_passkey", Self::WithoutPasskey), ("never", Self::Never)];

    /// Whether a password signs in somebody who has a usable passkey, or has none.
    pub const fn allows(self, has_passkey: bool) -> bool {
        match self {
            Self::Always => true,
            Self::WithoutPasskey => !has_passkey,
            Self::Never => false,
        }
    }
}

impl Value for PasswordPolicy {
    fn read(raw: &Raw) -> Result<Self, String> {
        let what = "\"always\", \"without_passkey\" or \"never\"";
        let written = text(raw, what)?;
        Self::NAMES.into_iter().find(|(name, _)| *name == written).map(|(_, policy)| policy).ok_or_else(|| format!("must be {what}"))
    }

    fn show(&self) -> String {
        Self::NAMES.into_iter().find(|(_, policy)| policy == self).map(|(name, _)| name.to_owned()).unwrap_or_default()
    }
}

/// Whether a password, with or without a second step, opens a session by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequireStrong {
    /// It does.
    Off,
    /// It leads to a passkey: to the one that the account has, or to making the first one.
    Passkey,
}

impl RequireStrong {
    const NAMES: [(&'static str, Self); 2] = [("off", Self::Off), ("passkey", Self::Passkey)];
}

impl Value for RequireStrong {
    fn read(raw: &Raw) -> Result<Self, String> {
        word(raw, &Self::NAMES)
    }

    fn show(&self) -> String {
        name_of(self, &Self::NAMES)
    }
}

/// Signing in.
#[derive(Clone, Debug)]
pub struct SignIn {
    /// When a password signs in.
    pub passwords: PasswordPolicy,
    /// Whether more than a password is required of everybody.
    pub require_strong: RequireStrong,
    /// How long after the password the second step may take.
    pub second_step: Duration,
}

impl SignIn {
    pub(super) fn read(reader: &mut Reader) -> Self {
        Self {
            passwords: reader.get("sign_in.passwords", PasswordPolicy::Always),
            require_strong: reader.get("sign_in.require_strong", RequireStrong::Off),
            second_step: reader.within(
                "sign_in.second_step",
                Duration::from_mins(5),
                [Duration::from_mins(1), Duration::from_mins(10)],
                "people fetch their phone or a sheet of paper, and half a sign-in must not lie about",
            ),
        }
    }
}
