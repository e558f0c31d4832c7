//! Authenticator apps (TOTP, RFC 6238): at most one a person.

use sea_orm::entity::prelude::*;

use crate::base::clock::Time;
use crate::base::id::UserId;

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
