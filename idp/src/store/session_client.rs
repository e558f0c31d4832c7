//! Which clients took part in which session, of those that want to hear of its end (Back-Channel Logout §2.3): a row from a code's redemption
//! until the client has heard. Once its session has ended, a row is the outbox's: it waits for its next try.

use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Cond, OnConflict};
use sea_orm::{ActiveValue, QueryOrder as _, QuerySelect as _, QueryTrait as _};

use crate::base::clock::Time;
use crate::base::id::{ClientId, SessionId, Sid, UserId};
use crate::store::spent::SWEEP_BATCH;
use crate::store::{Rows, StoreError, Write};

/// A client's part in a session.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "session_clients")]
pub struct Model {
    /// The session; its row may be gone when the client hears of it.
    #[sea_orm(primary_key, auto_increment = false)]
    pub session_id: SessionId,
    /// The client.
    #[sea_orm(primary_key, auto_increment = false)]
    pub client_id: ClientId,
    /// Whose session it is.
    pub user_id: UserId,
    /// The session's name towards clients.
    pub sid: Sid,
    /// When the session ended, if it has.
    pub ended_at: Option<Time>,
    /// When the client is told next, once the session has ended.
    pub next_at: Option<Time>,
    /// How often it was tried.
    pub tries: i64,
}

/// No relations: joins are written where they are asked.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Notes that a client takes part in a session, unless that is known. Hold the session first: whoever ends it then finds this row.
pub async fn take_part(write: &Write<'_>, row: Model) -> Result<(), StoreError> {
    let unless_there = OnConflict::columns([Column::SessionId, Column::ClientId]).do_nothing().to_owned();
    Entity::insert(ActiveModel::from(row).reset_all()).on_conflict(unless_there).exec_without_returning(write.rows()).await?;
    Ok(())
}

/// Queues what is to be told of the end of these sessions, in the write that ends them.
pub async fn end(write: &Write<'_>, sessions: &[SessionId], now: Time) -> Result<(), StoreError> {
    if sessions.is_empty() {
        return Ok(());
    }
    let change = ActiveModel { ended_at: ActiveValue::Set(Some(now)), next_at: ActiveValue::Set(Some(now)), ..Default::default() };
    let ended = Entity::update_many().set(change).filter(Column::SessionId.is_in(sessions.iter().copied())).filter(Column::EndedAt.is_null());
    ended.exec(write.rows()).await?;
    Ok(())
}

/// What is to be told now, what waits longest first, at most `limit`; nothing to those who are `busy`.
pub async fn due(rows: &impl Rows, now: Time, busy: &[ClientId], limit: u64) -> Result<Vec<Model>, StoreError> {
    let mut found = Entity::find().filter(Column::NextAt.lte(now));
    if !busy.is_empty() {
        found = found.filter(Column::ClientId.is_not_in(busy.iter().cloned()));
    }
    Ok(found.order_by_asc(Column::NextAt).limit(limit).all(rows.rows()).await?)
}

/// The row as long as nobody has tried it again since.
fn after_this_try(row: &Model) -> Cond {
    let of_row = Cond::all().add(Column::SessionId.eq(row.session_id)).add(Column::ClientId.eq(row.client_id.clone()));
    of_row.add(Column::Tries.eq(row.tries))
}

/// Takes a row for one try until `until`, when it is due again if nobody said what became of it. `false` if another node has taken it, or the
/// client has heard.
pub async fn claim(write: &Write<'_>, row: &Model, until: Time) -> Result<bool, StoreError> {
    let change = ActiveModel { tries: ActiveValue::Set(row.tries.saturating_add(1)), next_at: ActiveValue::Set(Some(until)), ..Default::default() };
    Ok(Entity::update_many().set(change).filter(after_this_try(row)).exec(write.rows()).await?.rows_affected == 1)
}

/// Puts a row off that was tried so often by now.
pub async fn put_off(write: &Write<'_>, row: &Model, next_at: Time) -> Result<(), StoreError> {
    let change = ActiveModel { next_at: ActiveValue::Set(Some(next_at)), ..Default::default() };
    Entity::update_many().set(change).filter(after_this_try(row)).exec(write.rows()).await?;
    Ok(())
}

/// Puts off up to [`SWEEP_BATCH`] more that this client should be told by `now`: it was just seen not to listen.
pub async fn put_off_others(write: &Write<'_>, client: &ClientId, now: Time, next_at: Time) -> Result<(), StoreError> {
    let due = Entity::find().select_only().column(Column::SessionId).filter(Column::ClientId.eq(client.clone())).filter(Column::NextAt.lte(now));
    let due = due.order_by_asc(Column::NextAt).limit(SWEEP_BATCH).into_query();
    let change = ActiveModel { next_at: ActiveValue::Set(Some(next_at)), ..Default::default() };
    let put_off = Entity::update_many().set(change).filter(Column::ClientId.eq(client.clone())).filter(Column::SessionId.in_subquery(due));
    put_off.exec(write.rows()).await?;
    Ok(())
}

/// Forgets a row: the client has heard, or never will. `false` if it was gone.
pub async fn delete(write: &Write<'_>, row: &Model) -> Result<bool, StoreError> {
    Ok(Entity::delete_by_id((row.session_id, row.client_id.clone())).exec(write.rows()).await?.rows_affected == 1)
}

/// Forgets up to [`SWEEP_BATCH`] sessions that a deleted client took part in, ended or not; how many there were. Whoever comes after it under its id
/// must not hear of them.
pub async fn forget_client(write: &Write<'_>, client: &ClientId) -> Result<u64, StoreError> {
    let its = Entity::find().select_only().column(Column::SessionId).filter(Column::ClientId.eq(client.clone())).limit(SWEEP_BATCH).into_query();
    let forgotten = Entity::delete_many().filter(Column::ClientId.eq(client.clone())).filter(Column::SessionId.in_subquery(its));
    Ok(forgotten.exec(write.rows()).await?.rows_affected)
}

/// Whether any session is remembered that this client took part in.
pub async fn any_of_client(write: &Write<'_>, client: &ClientId) -> Result<bool, StoreError> {
    let its = Entity::find().select_only().column(Column::SessionId).filter(Column::ClientId.eq(client.clone())).limit(1);
    Ok(its.into_tuple::<SessionId>().one(write.rows()).await?.is_some())
}
