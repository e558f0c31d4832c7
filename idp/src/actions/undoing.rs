//! What "this wasn't me" undoes, as the box in a notice says it. Only what the change made: what took its place since, perhaps by the person
//! themselves, stays.

use serde::{Deserialize, Serialize};

use crate::base::clock::Time;
use crate::base::email::Email;
use crate::base::id::{BackupCodeSetId, PasskeyId, UserId};
use crate::base::sealed::Fact;
use crate::store::{StoreError, Write, backup_code, passkey, password, totp, user};

/// What is undone, beside the sessions that end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Undo {
    /// Nothing: what was taken away can't be given back, and a sign-in leaves nothing behind.
    Nothing,
    /// This passkey is frozen.
    Passkey(PasskeyId),
    /// The password that was set then is frozen.
    Password(Time),
    /// The authenticator app that was added then is frozen.
    AuthenticatorApp(Time),
    /// The backup codes of this set are void.
    BackupCodes(BackupCodeSetId),
    /// The address becomes what it was.
    Address {
        /// What it was changed to.
        from: Email,
        /// What it was.
        to: Email,
    },
}

/// What the box in a notice says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NotMe {
    /// Whose account it is about.
    pub(super) user: UserId,
    /// The kind of the notice.
    pub(super) about: String,
    /// What is undone.
    pub(super) undo: Undo,
}

impl Fact for NotMe {
    const PREFIX: &'static str = "wn_";
}

impl Undo {
    /// Undoes it, if it is still there. `false` if it is not, or somebody else has the old address by now. Hold the person's row to change first.
    pub(super) async fn run(&self, write: &Write<'_>, user: &user::Model, now: Time) -> Result<bool, StoreError> {
        match self {
            Self::Nothing => Ok(true),
            Self::Passkey(id) => passkey::freeze(write, *id, user.id, now).await,
            Self::Password(set_at) => password::freeze(write, user.id, *set_at, now).await,
            Self::AuthenticatorApp(created_at) => totp::freeze(write, user.id, *created_at, now).await,
            Self::BackupCodes(set) if user.backup_code_set == Some(*set) => {
                user::forget_backup_codes(write, user.id).await?;
                backup_code::discard(write, user.id).await?;
                Ok(true)
            }
            Self::Address { from, to } if user.email == *from && user::by_email(write, to).await?.is_none() => {
                // Whoever says so was reached at the old address.
                user::change_email(write, user.id, to, now).await?;
                Ok(true)
            }
            Self::BackupCodes(_) | Self::Address { .. } => Ok(false),
        }
    }
}
