//! One-time links: setting up the first administrator, and invitations. The row holds a digest of the link's secret and what it is for;
//! nothing else is made until it is used.

use std::fmt;
use std::str::FromStr;

use sea_orm::ActiveValue;
use sea_orm::entity::prelude::*;
use sea_orm::{QuerySelect as _, QueryTrait as _};

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
}

impl fmt::Display for LinkKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Setup => "setup",
            Self::Invitation => "invitation",
        })
    }
}

/// A text that names no kind of link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not one of setup, invitation")]
pub struct UnknownLinkKind;

impl FromStr for LinkKind {
    type Err = UnknownLinkKind;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::Setup, Self::Invitation].into_iter().find(|kind| kind.to_string() == text).ok_or(UnknownLinkKind)
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
    /// Whom it invites.
    pub email: Option<Email>,
    /// What they are called, as far as it was said.
    pub name: Option<String>,
    /// The role of the account it makes.
    pub role: Role,
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

/// Forgets up to [`SWEEP_BATCH`] links that ended before `time`; how many there were.
pub async fn sweep(write: &Write<'_>, time: Time) -> Result<u64, StoreError> {
    let over = Entity::find().select_only().column(Column::Id).filter(Column::ExpiresAt.lt(time)).limit(SWEEP_BATCH).into_query();
    Ok(Entity::delete_many().filter(Column::Id.in_subquery(over)).exec(write.rows()).await?.rows_affected)
}
