//! What was spent of others' making: the `jti` of client assertions. Their ids don't say when they end as ours do, so they have a table of
//! their own, keyed by a hash of kind, client and `jti`, whose size does not depend on what a client sends (A-CA-08).
//!
//! The rules are those of [`crate::store::spent`]: one INSERT in the transaction of what it gives, and what may have been swept is refused.

use sea_orm::sea_query::{Expr, ExprTrait as _, OnConflict, Query};
use sea_orm::{ConnectionTrait as _, QuerySelect as _, QueryTrait as _, entity::prelude::*};

use crate::base::clock::Time;
use crate::base::digest::Digest;
use crate::store::spent::SWEEP_BATCH;
use crate::store::{Rows, StoreError, Write, horizon};

/// A spent value.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "foreign_spent")]
pub struct Model {
    /// SHA-256 of its kind, whose it is, and its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Digest,
    /// When it ends by itself, and need not be remembered any more.
    pub expires_at: Time,
}

/// No relations.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Spends `id` in this write, if `epoch` is still the database's. `false` if it was spent before, or nobody can tell any more.
pub async fn spend(write: &Write<'_>, id: Digest, expires_at: Time, epoch: i64) -> Result<bool, StoreError> {
    let mut values = Query::select();
    values
        .expr(Expr::val(id))
        .expr(Expr::val(expires_at))
        .from(horizon::Entity)
        .and_where(Expr::col((horizon::Entity, horizon::Column::SweptThrough)).lt(expires_at))
        .and_where(Expr::col((horizon::Entity, horizon::Column::Epoch)).eq(epoch));
    let mut insert = Query::insert();
    insert
        .into_table(Entity)
        .columns([Column::Id, Column::ExpiresAt])
        .select_from(values)
        .map_err(|error| StoreError::Unreadable(error.to_string()))?
        .on_conflict(OnConflict::column(Column::Id).do_nothing().to_owned());
    Ok(write.rows().execute(&insert).await?.rows_affected() == 1)
}

/// Forgets up to [`SWEEP_BATCH`] values that ended before `through`; how many there were. `swept_through` must have been raised before.
pub async fn sweep(write: &Write<'_>, through: Time) -> Result<u64, StoreError> {
    let over = Entity::find().select_only().column(Column::Id).filter(Column::ExpiresAt.lt(through)).limit(SWEEP_BATCH).into_query();
    Ok(Entity::delete_many().filter(Column::Id.in_subquery(over)).exec(write.rows()).await?.rows_affected)
}
