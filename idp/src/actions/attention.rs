//! What needs a person's attention about their account, the most urgent first.

use crate::app::App;
use crate::store::{StoreError, backup_code, passkey, user};

/// With fewer backup codes than this it is time for new ones.
const FEW: u64 = 4;

/// One thing that needs attention.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attention {
    /// The counter of the passkey with this name went back: there may be a copy of it.
    SuspectedPasskey(String),
    /// The passkey with this name does not sign in: its owner said that it is not theirs.
    FrozenPasskey(String),
    /// Nobody knows yet whether mail reaches the person.
    UnverifiedEmail,
    /// So many backup codes are left.
    FewCodes(u64),
    /// There is one passkey, and no other one if it is lost.
    OnePasskey,
}

/// What needs the attention of `user`, who has these passkeys. One read.
pub async fn of(app: &App, user: &user::Model, passkeys: &[passkey::Model]) -> Result<Vec<Attention>, StoreError> {
    let codes = match user.backup_code_set {
        Some(set) => backup_code::unused(app.store(), user.id, set).await?.len(),
        None => 0,
    };
    Ok(ranked(passkeys, u64::try_from(codes).unwrap_or(u64::MAX), user.email_verified_at.is_some()))
}

fn ranked(passkeys: &[passkey::Model], codes: u64, is_verified: bool) -> Vec<Attention> {
    let suspected = passkeys.iter().filter(|row| row.suspected_at.is_some()).map(|row| Attention::SuspectedPasskey(row.name.clone()));
    let frozen = passkeys.iter().filter(|row| row.frozen_at.is_some()).map(|row| Attention::FrozenPasskey(row.name.clone()));
    let mut found: Vec<Attention> = suspected.chain(frozen).collect();
    found.extend((!is_verified).then_some(Attention::UnverifiedEmail));
    found.extend((codes < FEW).then_some(Attention::FewCodes(codes)));
    found.extend((passkeys.len() == 1).then_some(Attention::OnePasskey));
    found
}
