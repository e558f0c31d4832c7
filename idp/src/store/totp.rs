//! Authenticator apps (TOTP, RFC 6238): at most one a person.

use sea_orm::ActiveValue;
use sea_orm::entity::prelude::*;

use crate::base::clock::Time;
use crate::base::id::UserId;
use crate::store::{Rows, StoreError, Write};

/// A person's authenticator app.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "totps")]
pub struct Model {
    /// Whose it is.
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: UserId,
    /// The shared secret, sealed by a data key.
    pub secret: Vec<u8>,
    /// When it was confirmed with a first code.
    pub created_at: Time,
    /// The last time step of which a code was accepted; none before it, and not itself, is accepted again (RFC 6238 §5.2).
    pub last_step: i64,
    /// When a code was last accepted.
    pub last_used_at: Option<Time>,
    /// When its owner said that it isn't theirs, if they did; it confirms nothing more.
    pub frozen_at: Option<Time>,
}

/// No relations: joins are written where they are asked.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// Whether its codes confirm anything.
    pub const fn is_usable(&self) -> bool {
        self.frozen_at.is_none()
    }
}

/// A person's authenticator app, frozen or not.
pub async fn of_user(rows: &impl Rows, user: UserId) -> Result<Option<Model>, StoreError> {
    Ok(Entity::find_by_id(user).one(rows.rows()).await?)
}

/// Makes this the person's authenticator app, in the place of any other. Hold their row to change first.
pub async fn put(write: &Write<'_>, row: Model) -> Result<(), StoreError> {
    delete(write, row.user_id).await?;
    Entity::insert(ActiveModel::from(row).reset_all()).exec_without_returning(write.rows()).await?;
    Ok(())
}

/// Accepts a code of `step`, if that is later than every step accepted before (RFC 6238 §5.2) and the app is still the one whose secret rests
/// as `secret`. `false` if not; then nothing changed.
pub async fn accept(write: &Write<'_>, user: UserId, secret: &[u8], step: i64, now: Time) -> Result<bool, StoreError> {
    let change = ActiveModel { last_step: ActiveValue::Set(step), last_used_at: ActiveValue::Set(Some(now)), ..Default::default() };
    let changed = Entity::update_many()
        .set(change)
        .filter(Column::UserId.eq(user))
        .filter(Column::Secret.eq(secret))
        .filter(Column::LastStep.lt(step))
        .filter(Column::FrozenAt.is_null())
        .exec(write.rows())
        .await?;
    Ok(changed.rows_affected == 1)
}

/// Forgets a person's authenticator app, secret and all. `false` if they had none.
pub async fn delete(write: &Write<'_>, user: UserId) -> Result<bool, StoreError> {
    let deleted = Entity::delete_many().filter(Column::UserId.eq(user)).exec(write.rows()).await?;
    Ok(deleted.rows_affected == 1)
}

/// Freezes the authenticator app that was added at `created_at`: it confirms nothing more. `false` if it is gone or frozen already.
pub async fn freeze(write: &Write<'_>, user: UserId, created_at: Time, now: Time) -> Result<bool, StoreError> {
    let change = ActiveModel { frozen_at: ActiveValue::Set(Some(now)), ..Default::default() };
    let changed = Entity::update_many()
        .set(change)
        .filter(Column::UserId.eq(user))
        .filter(Column::CreatedAt.eq(created_at))
        .filter(Column::FrozenAt.is_null())
        .exec(write.rows())
        .await?;
    Ok(changed.rows_affected == 1)
}
