//! Passwords: at most one a person, as an Argon2id hash.

use sea_orm::ActiveValue;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;

use crate::base::clock::Time;
use crate::base::id::UserId;
use crate::base::secret::PasswordHash;
use crate::store::{Rows, StoreError, Write};

/// A person's password.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "passwords")]
pub struct Model {
    /// Whose it is.
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: UserId,
    /// The hash, in PHC string format.
    pub hash: PasswordHash,
    /// When it was set.
    pub set_at: Time,
    /// Whether it is known to be long enough to open the account with nothing beside it (C-PW-01). Of one that came as a hash alone nobody knows,
    /// until it is typed.
    pub stands_alone: bool,
    /// When it last proved who its owner is.
    pub last_used_at: Option<Time>,
    /// When its owner said that it isn't theirs, if they did; it signs in no more.
    pub frozen_at: Option<Time>,
}

/// No relations: joins are written where they are asked.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// Whether it proves anything.
    pub const fn is_usable(&self) -> bool {
        self.frozen_at.is_none()
    }
}

/// A person's password, frozen or not. In a write, hold the person's row first: whoever changes a password holds it to change.
pub async fn of_user(rows: &impl Rows, user: UserId) -> Result<Option<Model>, StoreError> {
    Ok(Entity::find_by_id(user).one(rows.rows()).await?)
}

/// Puts this in the place of whatever password the person had.
pub async fn set(write: &Write<'_>, row: Model) -> Result<(), StoreError> {
    let replaced = OnConflict::column(Column::UserId)
        .update_columns([Column::Hash, Column::SetAt, Column::StandsAlone, Column::LastUsedAt, Column::FrozenAt])
        .to_owned();
    Entity::insert(ActiveModel::from(row).reset_all()).on_conflict(replaced).exec_without_returning(write.rows()).await?;
    Ok(())
}

/// Takes a person's password away. `false` if they had none.
pub async fn remove(write: &Write<'_>, user: UserId) -> Result<bool, StoreError> {
    Ok(Entity::delete_by_id(user).exec(write.rows()).await?.rows_affected == 1)
}

/// Puts another hash of the same password in the place of `old`: it stays set when it was. `false` if another one is there by now.
pub async fn rehash(write: &Write<'_>, user: UserId, old: &PasswordHash, new: &PasswordHash) -> Result<bool, StoreError> {
    let change = ActiveModel { hash: ActiveValue::Set(new.clone()), ..Default::default() };
    let changed = Entity::update_many().set(change).filter(Column::UserId.eq(user)).filter(Column::Hash.eq(old.clone())).exec(write.rows()).await?;
    Ok(changed.rows_affected == 1)
}

/// Records what was learnt when the password was typed that was set at `set_at`: whether it may stand alone.
pub async fn learn(write: &Write<'_>, user: UserId, set_at: Time, stands_alone: bool) -> Result<(), StoreError> {
    let change = ActiveModel { stands_alone: ActiveValue::Set(stands_alone), ..Default::default() };
    Entity::update_many().set(change).filter(Column::UserId.eq(user)).filter(Column::SetAt.eq(set_at)).exec(write.rows()).await?;
    Ok(())
}

/// Records that the password that was set at `set_at` proved who its owner is. `false` if it was changed, removed or frozen since it was
/// compared.
pub async fn record_use(write: &Write<'_>, user: UserId, set_at: Time, now: Time) -> Result<bool, StoreError> {
    let change = ActiveModel { last_used_at: ActiveValue::Set(Some(now)), ..Default::default() };
    let changed = Entity::update_many()
        .set(change)
        .filter(Column::UserId.eq(user))
        .filter(Column::SetAt.eq(set_at))
        .filter(Column::FrozenAt.is_null())
        .exec(write.rows())
        .await?;
    Ok(changed.rows_affected == 1)
}

/// Freezes the password that was set at `set_at`: it signs in no more. `false` if it is gone or frozen already.
pub async fn freeze(write: &Write<'_>, user: UserId, set_at: Time, now: Time) -> Result<bool, StoreError> {
    let change = ActiveModel { frozen_at: ActiveValue::Set(Some(now)), ..Default::default() };
    let changed = Entity::update_many()
        .set(change)
        .filter(Column::UserId.eq(user))
        .filter(Column::SetAt.eq(set_at))
        .filter(Column::FrozenAt.is_null())
        .exec(write.rows())
        .await?;
    Ok(changed.rows_affected == 1)
}
