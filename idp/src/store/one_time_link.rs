//! One-time links: setting up the first administrator, invitations, recovery, and changes of address. The row holds a digest of the link's
//! secret and what it is for; nothing else is made until it is used.

use std::fmt;
use std::str::FromStr;

use sea_orm::ActiveValue;
use sea_orm::entity::prelude::*;
use sea_orm::{QueryOrder as _, QuerySelect as _, QueryTrait as _};

use crate::base::clock::Time;
use crate::base::digest::Digest;
use crate::base::email::Email;
use crate::base::id::{OneTimeLinkId, UserId};
use crate::store::spent::SWEEP_BATCH;
use crate::store::user::Role;
use crate::store::{Rows, StoreError, Write};

/// What a link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkKind {
    /// Makes the first administrator.
    Setup,
    /// Makes an account for the address it was made for.
    Invitation,
    /// Lets the person who also has a backup code register a passkey.
    Recovery,
    /// Lets a person register a passkey for whom whoever looks after the house has vouched.
    ApprovedRecovery,
    /// Makes the address it was sent to that of an account.
    EmailChange,
}

impl LinkKind {
    const ALL: [Self; 5] = [Self::Setup, Self::Invitation, Self::Recovery, Self::ApprovedRecovery, Self::EmailChange];

    /// Where links of this kind lie, below the issuer.
    pub const fn place(self) -> &'static str {
        match self {
            Self::Setup => "/setup",
            Self::Invitation => "/invitation",
            // Opening one doesn't tell which it is.
            Self::Recovery | Self::ApprovedRecovery => "/recover",
            Self::EmailChange => "/account/email",
        }
    }
}

impl fmt::Display for LinkKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Setup => "setup",
            Self::Invitation => "invitation",
            Self::Recovery => "recovery",
            Self::ApprovedRecovery => "approved_recovery",
            Self::EmailChange => "email_change",
        })
    }
}

/// A text that names no kind of link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not one of setup, invitation, recovery, approved_recovery, email_change")]
pub struct UnknownLinkKind;

impl FromStr for LinkKind {
    type Err = UnknownLinkKind;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|kind| kind.to_string() == text).ok_or(UnknownLinkKind)
    }
}

/// A one-time link.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "one_time_links")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: OneTimeLinkId,
    /// What it is for.
    pub kind: LinkKind,
    /// Digest of the secret in its address.
    pub digest: Digest,
    /// Whose account it is about, where there is one already.
    pub user_id: Option<UserId>,
    /// Whom it invites, or the address that is to become the account's.
    pub email: Option<Email>,
    /// What they are called, as far as it was said.
    pub name: Option<String>,
    /// The role of the account it makes.
    pub role: Role,
    /// Digest of what must still be so when it is used, where it is about an account.
    pub bound_to: Option<Digest>,
    /// When it was made.
    pub created_at: Time,
    /// When it ends.
    pub expires_at: Time,
    /// When it was used.
    pub used_at: Option<Time>,
    /// When it was withdrawn.
    pub revoked_at: Option<Time>,
    /// The epoch it was made in.
    pub epoch: i64,
}

/// No relations.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Adds a link.
pub async fn insert(write: &Write<'_>, row: Model) -> Result<(), StoreError> {
    Entity::insert(ActiveModel::from(row).reset_all()).exec_without_returning(write.rows()).await?;
    Ok(())
}

/// The link whose secret has this digest.
pub async fn by_digest(rows: &impl Rows, digest: Digest) -> Result<Option<Model>, StoreError> {
    Ok(Entity::find().filter(Column::Digest.eq(digest)).one(rows.rows()).await?)
}

/// Uses a link: `true` once, `false` if it was used, withdrawn, over or of another epoch.
pub async fn spend(write: &Write<'_>, id: OneTimeLinkId, epoch: i64, now: Time) -> Result<bool, StoreError> {
    let change = ActiveModel { used_at: ActiveValue::Set(Some(now)), ..Default::default() };
    let changed = Entity::update_many()
        .set(change)
        .filter(Column::Id.eq(id))
        .filter(Column::UsedAt.is_null())
        .filter(Column::RevokedAt.is_null())
        .filter(Column::ExpiresAt.gt(now))
        .filter(Column::Epoch.eq(epoch))
        .exec(write.rows())
        .await?;
    Ok(changed.rows_affected == 1)
}

/// Withdraws the links of this kind that wait for this address (for nobody in particular: set-up links). How many there were.
pub async fn withdraw(write: &Write<'_>, kind: LinkKind, email: Option<&Email>, now: Time) -> Result<u64, StoreError> {
    let change = ActiveModel { revoked_at: ActiveValue::Set(Some(now)), ..Default::default() };
    let for_whom = email.map_or_else(|| Column::Email.is_null(), |email| Column::Email.eq(email.clone()));
    let changed = Entity::update_many()
        .set(change)
        .filter(Column::Kind.eq(kind))
        .filter(for_whom)
        .filter(Column::UsedAt.is_null())
        .filter(Column::RevokedAt.is_null())
        .exec(write.rows())
        .await?;
    Ok(changed.rows_affected)
}

/// Withdraws the links of these kinds that are about this person's account. How many there were. Hold the person's row to change first.
pub async fn withdraw_of(write: &Write<'_>, kinds: &[LinkKind], user: UserId, now: Time) -> Result<u64, StoreError> {
    let change = ActiveModel { revoked_at: ActiveValue::Set(Some(now)), ..Default::default() };
    let changed = Entity::update_many()
        .set(change)
        .filter(Column::Kind.is_in(kinds.iter().copied()))
        .filter(Column::UserId.eq(user))
        .filter(Column::UsedAt.is_null())
        .filter(Column::RevokedAt.is_null())
        .exec(write.rows())
        .await?;
    Ok(changed.rows_affected)
}

/// The newest link of this kind about this person's account that was neither used nor withdrawn, if it ends after `now`.
pub async fn waiting_of(rows: &impl Rows, kind: LinkKind, user: UserId, now: Time) -> Result<Option<Model>, StoreError> {
    let waiting = Entity::find()
        .filter(Column::Kind.eq(kind))
        .filter(Column::UserId.eq(user))
        .filter(Column::UsedAt.is_null())
        .filter(Column::RevokedAt.is_null())
        .filter(Column::ExpiresAt.gt(now));
    Ok(waiting.order_by_desc(Column::CreatedAt).one(rows.rows()).await?)
}

/// Forgets up to [`SWEEP_BATCH`] links that ended before `time`; how many there were.
pub async fn sweep(write: &Write<'_>, time: Time) -> Result<u64, StoreError> {
    let over = Entity::find().select_only().column(Column::Id).filter(Column::ExpiresAt.lt(time)).limit(SWEEP_BATCH).into_query();
    Ok(Entity::delete_many().filter(Column::Id.in_subquery(over)).exec(write.rows()).await?.rows_affected)
}
