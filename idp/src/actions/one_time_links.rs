//! One-time links: making one, and judging the one that somebody opens. Opening changes nothing; what the link gives spends it.

use std::time::Duration;

use crate::app::App;
use crate::base::clock::Time;
use crate::base::digest::Digest;
use crate::base::email::Email;
use crate::base::error::{AppError, Kind};
use crate::base::id::{OneTimeLinkId, UserId};
use crate::base::secret::LinkSecret;
use crate::store::one_time_link::LinkKind;
use crate::store::user::Role;
use crate::store::{StoreError, Write, one_time_link, user};

/// What a new link is for.
pub(super) struct Purpose {
    pub(super) kind: LinkKind,
    /// Whose account it is about, and what must still be so when it is used.
    pub(super) about: Option<(UserId, Digest)>,
    pub(super) email: Option<Email>,
    pub(super) name: Option<String>,
    pub(super) role: Role,
    pub(super) lifetime: Duration,
}

/// A new link: the row to store, and the address to hand out. The secret is in the address alone.
pub(super) fn new(app: &App, purpose: Purpose) -> (one_time_link::Model, String) {
    let (now, secret) = (app.now(), LinkSecret::random());
    let Purpose { kind, about, email, name, role, lifetime } = purpose;
    let (user_id, bound_to) = about.unzip();
    let row = one_time_link::Model {
        id: OneTimeLinkId::new(now),
        kind,
        digest: secret.digest(),
        user_id,
        email,
        name,
        role,
        bound_to,
        created_at: now,
        expires_at: now.plus(lifetime),
        used_at: None,
        revoked_at: None,
        epoch: app.epoch(),
    };
    (row, app.config().issuer.join(&format!("{}/{}", kind.place(), secret.expose())))
}

/// The link of one of these kinds that `token` opens, if it may still be used. One read, and for set-up links another.
///
/// # Errors
/// `link_invalid` if there is none (404), or it was used or withdrawn (410); `link_expired`; `already_set_up` if a set-up link has done
/// its work, whichever it was.
pub async fn find(app: &App, kinds: &[LinkKind], token: &str) -> Result<one_time_link::Model, AppError> {
    let unknown = || AppError::new(Kind::NotFound, "link_invalid");
    let secret = LinkSecret::parse(token).ok_or_else(unknown)?;
    let link = one_time_link::by_digest(app.store(), secret.digest()).await?.filter(|link| kinds.contains(&link.kind)).ok_or_else(unknown)?;
    if link.kind == LinkKind::Setup && user::is_anybody_here(app.store()).await? {
        return Err(already_set_up());
    }
    match is_over(&link, app.epoch(), app.now()) {
        Some(why) => Err(why),
        None => Ok(link),
    }
}

/// Why a link can't be used any more, if it can't.
pub(super) fn is_over(link: &one_time_link::Model, epoch: i64, now: Time) -> Option<AppError> {
    if link.used_at.is_some() || link.revoked_at.is_some() {
        return Some(over());
    }
    // One of another epoch was made before the database was set back: what happened to it since is forgotten.
    (link.expires_at <= now || link.epoch != epoch).then(|| AppError::new(Kind::Gone, "link_expired"))
}

/// Whether a link is still to be used, inside the write that uses it. Hold the row of whom it is about to change first: then nobody else uses or
/// withdraws it until that write ends.
pub(super) async fn is_waiting_in(write: &Write<'_>, link: &one_time_link::Model, epoch: i64, now: Time) -> Result<bool, StoreError> {
    let found = one_time_link::by_digest(write, link.digest).await?;
    Ok(found.is_some_and(|found| is_over(&found, epoch, now).is_none()))
}

/// A link that was used or withdrawn, or whose account is not as it was.
pub(super) const fn over() -> AppError {
    AppError::new(Kind::Gone, "link_invalid")
}

/// There is somebody, so nobody becomes the first administrator any more (C-ADM-01).
const fn already_set_up() -> AppError {
    AppError::new(Kind::NotFound, "already_set_up")
}
