//! Backup codes, as keyed digests. A set replaces the one before it.

use sea_orm::ActiveValue;
use sea_orm::entity::prelude::*;

use crate::base::clock::Time;
use crate::base::digest::Digest;
use crate::base::id::{BackupCodeId, BackupCodeSetId, KeyId, UserId};
use crate::store::{Rows, StoreError, Write};

/// A code of a person's set.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "backup_codes")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: BackupCodeId,
    /// Whose it is.
    pub user_id: UserId,
    /// The set it belongs to.
    pub set_id: BackupCodeSetId,
    /// The data key that the digest is made with.
    pub key_id: KeyId,
    /// Keyed digest of the code.
    pub digest: Digest,
    /// When it was used, if it was.
    pub used_at: Option<Time>,
}

/// No relations.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Puts `codes` in the place of all codes that `user` had.
pub async fn replace(write: &Write<'_>, user: UserId, codes: &[Model]) -> Result<(), StoreError> {
    Entity::delete_many().filter(Column::UserId.eq(user)).exec(write.rows()).await?;
    let rows = codes.iter().cloned().map(|row| ActiveModel::from(row).reset_all());
    Entity::insert_many(rows).exec_without_returning(write.rows()).await?;
    Ok(())
}

/// The codes of a person's set that are still good.
pub async fn unused(rows: &impl Rows, user: UserId, set: BackupCodeSetId) -> Result<Vec<Model>, StoreError> {
    Ok(Entity::find().filter(Column::UserId.eq(user)).filter(Column::SetId.eq(set)).filter(Column::UsedAt.is_null()).all(rows.rows()).await?)
}

/// Uses a code up. `false` if it was used before, or is no code of this person any more.
pub async fn use_up(write: &Write<'_>, id: BackupCodeId, user: UserId, now: Time) -> Result<bool, StoreError> {
    let change = ActiveModel { used_at: ActiveValue::Set(Some(now)), ..Default::default() };
    let changed = Entity::update_many()
        .set(change)
        .filter(Column::Id.eq(id))
        .filter(Column::UserId.eq(user))
        .filter(Column::UsedAt.is_null())
        .exec(write.rows())
        .await?;
    Ok(changed.rows_affected == 1)
}

/// A person's codes, used or not.
pub async fn of_user(rows: &impl Rows, user: UserId) -> Result<Vec<Model>, StoreError> {
    Ok(Entity::find().filter(Column::UserId.eq(user)).all(rows.rows()).await?)
}

/// Takes away all codes of a person.
pub async fn discard(write: &Write<'_>, user: UserId) -> Result<(), StoreError> {
    Entity::delete_many().filter(Column::UserId.eq(user)).exec(write.rows()).await?;
    Ok(())
}
