//! Passwords: at most one a person, as an Argon2id hash.

use sea_orm::entity::prelude::*;

use crate::base::clock::Time;
use crate::base::id::UserId;
use crate::base::secret::PasswordHash;

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
    /// When its owner said that it isn't theirs, if they did; it signs in no more.
    pub frozen_at: Option<Time>,
}

/// No relations: joins are written where they are asked.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
