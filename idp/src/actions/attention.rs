//! What needs a person's attention about their account, the most urgent first.

use crate::actions::backup_codes;
use crate::app::App;
use crate::store::reads::session_and_user::SessionAndUser;
use crate::store::{StoreError, passkey, password, totp};

/// With fewer backup codes than this it is time for new ones.
const FEW: usize = 4;

/// One thing that needs attention.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attention {
    /// The counter of the passkey with this name went back: there may be a copy of it.
    SuspectedPasskey(String),
    /// The passkey with this name does not sign in: its owner said that it is not theirs.
    FrozenPasskey(String),
    /// The password does not sign in, for the same reason.
    FrozenPassword,
    /// The authenticator app does not sign in, for the same reason.
    FrozenTotp,
    /// Nobody knows yet whether mail reaches the person.
    UnverifiedEmail,
    /// So many backup codes are left.
    FewCodes(usize),
    /// There is one passkey, and no other one if it is lost.
    OnePasskey,
}

/// What needs the attention of whoever is signed in `here`, whose passkeys are `passkeys`. Three reads.
pub async fn of(app: &App, here: &SessionAndUser, passkeys: &[passkey::Model]) -> Result<Vec<Attention>, StoreError> {
    let user = &here.user;
    let codes = backup_codes::remaining(app, user.id).await?.left;
    let frozen_password = password::of_user(app.store(), user.id).await?.is_some_and(|row| row.frozen_at.is_some());
    let frozen_totp = totp::of_user(app.store(), user.id).await?.is_some_and(|row| row.frozen_at.is_some());

    let suspected = passkeys.iter().filter(|row| row.suspected_at.is_some()).map(|row| Attention::SuspectedPasskey(row.name.clone()));
    let frozen = passkeys.iter().filter(|row| row.frozen_at.is_some()).map(|row| Attention::FrozenPasskey(row.name.clone()));
    let mut found: Vec<Attention> = suspected.chain(frozen).collect();
    found.extend(frozen_password.then_some(Attention::FrozenPassword));
    found.extend(frozen_totp.then_some(Attention::FrozenTotp));
    found.extend(user.email_verified_at.is_none().then_some(Attention::UnverifiedEmail));
    found.extend((codes < FEW).then_some(Attention::FewCodes(codes)));
    found.extend((passkeys.len() == 1).then_some(Attention::OnePasskey));
    Ok(found)
}
