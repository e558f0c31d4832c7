//! Using a backup code: the last resort for the second step after a password, and for recovery. Never in place of a password (C-BC-03).
//!
//! A code is compared outside the write, and used up inside it by one conditional UPDATE, so that it is good once (C-BC-02). Guesses are
//! counted by `limits`, before any of this.

use serde::{Deserialize, Serialize};

use crate::actions::backup_codes::{BackupCode, PURPOSE};
use crate::actions::notices::Notice;
use crate::app::App;
use crate::base::clock::Time;
use crate::base::error::AppError;
use crate::base::id::{BackupCodeId, BackupCodeSetId, UserId};
use crate::store::{StoreError, Write, backup_code, user};

/// A code that fits one of the person's. It counts once [`use_up_in`] has used it up.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[must_use = "a code counts once `use_up_in` has used it up"]
pub struct Matched {
    user: UserId,
    set: BackupCodeSetId,
    code: BackupCodeId,
    /// How many will be left.
    left: usize,
}

impl Matched {
    /// What the person is told by mail when it is used up.
    pub const fn notice(&self) -> Notice {
        Notice::BackupCodeUsed { set: self.set, left: self.left }
    }
}

impl Matched {
    /// The set it belongs to.
    pub const fn set(&self) -> BackupCodeSetId {
        self.set
    }
}

/// Compares what was typed with the codes of this person that are still good. `None` if it is none of them. One read.
///
/// # Errors
/// `internal` if a digest can't be compared: that is never "another code".
pub async fn compare(app: &App, user: &user::Model, typed: &str) -> Result<Option<Matched>, AppError> {
    let Some((set, code)) = user.backup_code_set.zip(BackupCode::parse(typed)) else { return Ok(None) };
    let parts = [user.id.as_uuid().as_bytes().as_slice(), code.bits()];
    let mut found = None;
    // All of them are compared, so that nothing tells how many are left.
    let unused = backup_code::unused(app.store(), user.id, set).await?;
    let left = unused.len().saturating_sub(1);
    for row in unused {
        if app.data_keys().matches(PURPOSE, row.key_id, &parts, &row.digest).map_err(AppError::internal)? {
            found = Some(Matched { user: user.id, set, code: row.id, left });
        }
    }
    Ok(found)
}

/// Uses a code up, inside the write that it is proof for. How many are left; `None` if it was used before, or its set replaced.
pub async fn use_up_in(write: &Write<'_>, matched: &Matched, now: Time) -> Result<Option<usize>, StoreError> {
    if !backup_code::use_up(write, matched.code, matched.user, now).await? {
        return Ok(None);
    }
    Ok(Some(backup_code::unused(write, matched.user, matched.set).await?.len()))
}

/// How many codes of this person are still good. One read.
pub async fn left(app: &App, user: &user::Model) -> Result<usize, StoreError> {
    match user.backup_code_set {
        Some(set) => Ok(backup_code::unused(app.store(), user.id, set).await?.len()),
        None => Ok(0),
    }
}
