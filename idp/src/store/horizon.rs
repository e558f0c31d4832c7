//! The horizon: one row that every node watches. `epoch` changes when the database was rewound, `swept_through` says what may have been
//! forgotten, `settings_version` moves whenever clients, keys or settings change.

use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, ExprTrait as _};
use sea_orm::{ActiveValue, DerivePartialModel, QuerySelect as _};

use crate::base::clock::Time;
use crate::store::{Rows, StoreError, Write};

/// The one row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "horizon")]
pub struct Model {
    /// Always 1.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    /// Raised after a restore or a failover: whatever carries another epoch is dead.
    pub epoch: i64,
    /// Spent values that ended up to here may have been swept.
    pub swept_through: Time,
    /// Moves whenever clients, keys or settings change.
    pub settings_version: i64,
}

/// No relations: it is joined to everything.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// What every one-read statement also tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, DerivePartialModel)]
#[sea_orm(entity = "Entity")]
pub struct Horizon {
    /// See [`Model::epoch`].
    pub epoch: i64,
    /// See [`Model::settings_version`].
    pub settings_version: i64,
}

/// The present horizon.
pub async fn current(rows: &impl Rows) -> Result<Model, StoreError> {
    let found = Entity::find_by_id(1).one(rows.rows()).await?;
    found.ok_or_else(|| StoreError::Unreadable("the horizon row is missing".to_owned()))
}

/// Holds the one row until the write ends: whoever else holds it waits (a no-op on SQLite, which has one writer). For the rare changes that
/// must come one after the other on all nodes together.
pub async fn hold(write: &Write<'_>) -> Result<(), StoreError> {
    if write.rows().get_database_backend() == sea_orm::DbBackend::Postgres {
        Entity::find_by_id(1).lock_exclusive().one(write.rows()).await?;
    }
    Ok(())
}

/// Moves the settings version by one, and says what it is now: what changed carries that version.
pub async fn next_settings_version(write: &Write<'_>) -> Result<i64, StoreError> {
    let bumped = Entity::update_many()
        .col_expr(Column::SettingsVersion, Expr::col(Column::SettingsVersion).add(1))
        .filter(Column::Id.eq(1))
        .exec_with_returning(write.rows())
        .await?;
    bumped.first().map(|row| row.settings_version).ok_or_else(|| StoreError::Unreadable("the horizon row is missing".to_owned()))
}

/// Records that what ended up to `time` may be forgotten. Never moves back.
pub async fn raise_swept_through(write: &Write<'_>, time: Time) -> Result<(), StoreError> {
    Entity::update_many()
        .set(ActiveModel { swept_through: ActiveValue::Set(time), ..Default::default() })
        .filter(Column::Id.eq(1))
        .filter(Column::SweptThrough.lt(time))
        .exec(write.rows())
        .await?;
    Ok(())
}
