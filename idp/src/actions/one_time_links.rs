//! One-time links: making one, and judging the one that somebody opens. Opening changes nothing; what the link gives spends it.

use std::time::Duration;

use crate::app::App;
use crate::base::email::Email;
use crate::base::error::{AppError, Kind};
use crate::base::id::OneTimeLinkId;
use crate::base::secret::LinkSecret;
use crate::store::one_time_link::{self, LinkKind};
use crate::store::user::{self, Role};

/// What a new link is for.
pub(super) struct Purpose {
    pub(super) kind: LinkKind,
    pub(super) email: Option<Email>,
    pub(super) name: Option<String>,
    pub(super) role: Role,
    pub(super) lifetime: Duration,
}

/// A new link: the row to store, and the address to hand out. The secret is in the address alone.
pub(super) fn new(app: &App, purpose: Purpose) -> (one_time_link::Model, String) {
    let (now, secret) = (app.now(), LinkSecret::random());
    let Purpose { kind, email, name, role, lifetime } = purpose;
    let row = one_time_link::Model {
        id: OneTimeLinkId::new(now),
        kind,
        digest: secret.digest(),
        user_id: None,
        email,
        name,
        role,
        created_at: now,
        expires_at: now.plus(lifetime),
        used_at: None,
        revoked_at: None,
        epoch: app.epoch(),
    };
    (row, app.config().issuer.join(&format!("/{kind}/{}", secret.expose())))
}

/// The link of this kind that `token` opens, if it may still be used. One read, and for set-up links another.
///
/// # Errors
/// `link_invalid` if there is none (404), or it was used or withdrawn (410); `link_expired`; `already_set_up` if a set-up link has done
/// its work, whichever it was.
pub async fn find(app: &App, kind: LinkKind, token: &str) -> Result<one_time_link::Model, AppError> {
    let unknown = || AppError::new(Kind::NotFound, "link_invalid");
    let secret = LinkSecret::parse(token).ok_or_else(unknown)?;
    let link = one_time_link::by_digest(app.store(), secret.digest()).await?.filter(|link| link.kind == kind).ok_or_else(unknown)?;
    if kind == LinkKind::Setup && user::is_anybody_here(app.store()).await? {
        return Err(already_set_up());
    }
    if link.used_at.is_some() || link.revoked_at.is_some() {
        return Err(over());
    }
    // One of another epoch was made before the database was set back: what happened to it since is forgotten.
    if link.expires_at <= app.now() || link.epoch != app.epoch() {
        return Err(AppError::new(Kind::Gone, "link_expired"));
    }
    Ok(link)
}

/// A link that was used or withdrawn.
const fn over() -> AppError {
    AppError::new(Kind::Gone, "link_invalid")
}

/// There is somebody, so nobody becomes the first administrator any more (C-ADM-01).
const fn already_set_up() -> AppError {
    AppError::new(Kind::NotFound, "already_set_up")
}
