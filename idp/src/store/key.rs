//! The keys of the three rings: what signs tokens, seals boxes and MACs refresh tokens. The key itself rests sealed by a data key.

use std::fmt;
use std::str::FromStr;

use sea_orm::QueryOrder as _;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;

use crate::base::clock::Time;
use crate::base::id::KeyId;
use crate::store::{Rows, StoreError, Write, horizon};

/// Which ring a key belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ring {
    /// Signs tokens; its public half is published.
    Signing,
    /// Seals what travels.
    Sealing,
    /// MACs refresh tokens.
    Refresh,
}

impl fmt::Display for Ring {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Signing => "signing",
            Self::Sealing => "sealing",
            Self::Refresh => "refresh",
        })
    }
}

/// A text that names no ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not one of signing, sealing, refresh")]
pub struct UnknownRing;

impl FromStr for Ring {
    type Err = UnknownRing;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::Signing, Self::Sealing, Self::Refresh].into_iter().find(|ring| ring.to_string() == text).ok_or(UnknownRing)
    }
}

/// A key.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "keys")]
pub struct Model {
    /// Its name: `kid` where it signs.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: KeyId,
    /// Its ring.
    pub ring: Ring,
    /// What it computes: a JWS algorithm, or the name of the cipher or MAC.
    pub algorithm: String,
    /// Its place among the keys of its ring and algorithm: 1 is the first.
    pub number: i64,
    /// The key, sealed by a data key.
    pub sealed: Vec<u8>,
    /// When it was made.
    pub created_at: Time,
}

/// No relations.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// All keys, oldest first within each ring and algorithm.
pub async fn all(rows: &impl Rows) -> Result<Vec<Model>, StoreError> {
    Ok(Entity::find().order_by_asc(Column::Ring).order_by_asc(Column::Algorithm).order_by_asc(Column::Number).all(rows.rows()).await?)
}

/// Adds a key unless another node was first with its number: `false`. Whoever asked reads back what is there.
pub async fn insert_unless_there(write: &Write<'_>, row: Model) -> Result<bool, StoreError> {
    let unless_there = OnConflict::columns([Column::Ring, Column::Algorithm, Column::Number]).do_nothing().to_owned();
    let added = Entity::insert(ActiveModel::from(row).reset_all()).on_conflict(unless_there).exec_without_returning(write.rows()).await? == 1;
    if added {
        horizon::next_settings_version(write).await?;
    }
    Ok(added)
}
