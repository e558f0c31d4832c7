//! The outbox of mail: what is still to be sent, written in the transaction of what it tells about.

use sea_orm::entity::prelude::*;
use sea_orm::{ActiveValue, QueryOrder as _, QuerySelect as _};

use crate::base::clock::Time;
use crate::base::id::{MailId, UserId};
use crate::store::{Rows, StoreError, Write};

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

/// Adds a mail.
pub async fn insert(write: &Write<'_>, row: Model) -> Result<(), StoreError> {
    Entity::insert(ActiveModel::from(row).reset_all()).exec_without_returning(write.rows()).await?;
    Ok(())
}

/// The mails whose time has come, those that wait longest first, at most `limit`.
pub async fn due(rows: &impl Rows, now: Time, limit: u64) -> Result<Vec<Model>, StoreError> {
    let found = Entity::find().filter(Column::NextAt.lte(now)).order_by_asc(Column::NextAt).order_by_asc(Column::Id).limit(limit);
    Ok(found.all(rows.rows()).await?)
}

/// Takes a mail for one try until `until`, when it is due again if nobody said what became of it. `false` if another node has taken it, or it
/// was sent: nobody sends one mail twice at the same time.
pub async fn claim(write: &Write<'_>, id: MailId, tries: i64, until: Time) -> Result<bool, StoreError> {
    let change = ActiveModel { tries: ActiveValue::Set(tries.saturating_add(1)), next_at: ActiveValue::Set(until), ..Default::default() };
    let changed = Entity::update_many().set(change).filter(Column::Id.eq(id)).filter(Column::Tries.eq(tries)).exec(write.rows()).await?;
    Ok(changed.rows_affected == 1)
}

/// Puts a mail off that was tried `tries` times by now.
pub async fn put_off(write: &Write<'_>, id: MailId, tries: i64, next_at: Time) -> Result<(), StoreError> {
    let change = ActiveModel { next_at: ActiveValue::Set(next_at), ..Default::default() };
    Entity::update_many().set(change).filter(Column::Id.eq(id)).filter(Column::Tries.eq(tries)).exec(write.rows()).await?;
    Ok(())
}

/// Forgets a mail that was sent or given up. `false` if it was gone.
pub async fn delete(write: &Write<'_>, id: MailId) -> Result<bool, StoreError> {
    Ok(Entity::delete_by_id(id).exec(write.rows()).await?.rows_affected == 1)
}
