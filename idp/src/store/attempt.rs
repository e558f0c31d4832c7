//! Attempt budgets: how often somebody guessed at a secret of a person, or from a network, and from when they may again. Shared by all
//! nodes; the id is a keyed digest, so that the table names nobody.

use sea_orm::entity::prelude::*;

use crate::base::clock::Time;
use crate::base::digest::Digest;

/// A budget that was drawn on.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "attempts")]
pub struct Model {
    /// Keyed digest of what is counted.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Digest,
    /// Guesses that were not given back.
    pub failures: i64,
    /// From when the next guess is judged.
    pub next_at: Time,
    /// When the last one was.
    pub last_at: Time,
}

/// No relations: joins are written where they are asked.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
