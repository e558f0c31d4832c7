//! The outbox of mail: what is still to be sent, written in the transaction of what it tells about.

use sea_orm::entity::prelude::*;

use crate::base::clock::Time;
use crate::base::id::{MailId, UserId};

/// A mail that waits.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "mails")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: MailId,
    /// Whom it is about, if it is anybody here.
    pub user_id: Option<UserId>,
    /// What it tells.
    pub kind: String,
    /// Recipient, language and facts, sealed by a data key: links in it are secrets.
    pub sealed: Vec<u8>,
    /// When it was written.
    pub created_at: Time,
    /// When it is tried next.
    pub next_at: Time,
    /// How often it was tried.
    pub tries: i64,
}

/// No relations: joins are written where they are asked.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
