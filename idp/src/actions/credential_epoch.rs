//! What a person signs in with, as one digest: a link that leads into their account is bound to it, and dies with any change of it, whichever
//! action made that change (C-REC-01). Derived when it is asked, so that no action can forget to say so.

use crate::base::digest::Digest;
use crate::base::sealed::binding;
use crate::store::{Rows, StoreError, passkey, password, totp, user};

/// The address, the passkeys, the password, the authenticator app and the set of backup codes of this person, and whatever else ended
/// everything that was opened before. Three reads. Renaming or using one of them changes nothing.
pub async fn fingerprint(rows: &impl Rows, user: &user::Model) -> Result<Digest, StoreError> {
    let passkeys = passkey::of_user(rows, user.id).await?.into_iter().map(|row| format!("passkey {} {:?}", row.id, row.frozen_at));
    let password = password::of_user(rows, user.id).await?.map(|row| format!("password {:?} {:?}", row.set_at, row.frozen_at));
    let totp = totp::of_user(rows, user.id).await?.map(|row| format!("totp {:?} {:?}", row.created_at, row.frozen_at));
    let of_the_person = format!("person {} {} {:?}", user.id, user.security_epoch, user.backup_code_set);
    let facts: Vec<String> = [of_the_person, user.email.to_string()].into_iter().chain(passkeys).chain(password).chain(totp).collect();
    let parts: Vec<&[u8]> = facts.iter().map(String::as_bytes).collect();
    Ok(Digest::of(binding(&parts)))
}
