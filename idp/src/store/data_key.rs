//! Data keys: what seals and digests the things that rest. They rest wrapped by the master key, which is never in the database.

use sea_orm::QueryOrder as _;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;

use crate::base::clock::Time;
use crate::base::id::KeyId;
use crate::store::{Rows, StoreError, Write};

/// A data key.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "data_keys")]
pub struct Model {
    /// Its name, carried by each value it protects.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: KeyId,
    /// 1 is the first.
    pub number: i64,
    /// The key, wrapped by the master key.
    pub wrapped: Vec<u8>,
    /// When it was made.
    pub created_at: Time,
}

/// No relations.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// All data keys, oldest first.
pub async fn all(rows: &impl Rows) -> Result<Vec<Model>, StoreError> {
    Ok(Entity::find().order_by_asc(Column::Number).all(rows.rows()).await?)
}

/// Adds a data key unless another node was first with its number: `false`.
pub async fn insert_unless_there(write: &Write<'_>, row: Model) -> Result<bool, StoreError> {
    let unless_there = OnConflict::column(Column::Number).do_nothing().to_owned();
    Ok(Entity::insert(ActiveModel::from(row).reset_all()).on_conflict(unless_there).exec_without_returning(write.rows()).await? == 1)
}
