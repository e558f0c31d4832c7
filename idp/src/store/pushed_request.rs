//! Pushed authorization requests (RFC 9126): what a client asked for ahead of its person's browser, under a name that is handed out once and
//! rests as a digest. Each is answered once.

use sea_orm::ActiveValue;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, ExprTrait as _, Query};
use sea_orm::{QuerySelect as _, QueryTrait as _};

use crate::base::clock::Time;
use crate::base::digest::Digest;
use crate::base::id::ClientId;
use crate::store::spent::SWEEP_BATCH;
use crate::store::{Rows, StoreError, Write};

/// A pushed request.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "pushed_requests")]
pub struct Model {
    /// Digest of its `request_uri`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub digest: Digest,
    /// Who pushed it.
    pub client_id: ClientId,
    /// The request, as JSON.
    pub facts: String,
    /// Until when a browser may begin with it.
    pub begins_until: Time,
    /// When it ends for a browser that has begun.
    pub expires_at: Time,
    /// When it was answered, if it was.
    pub answered_at: Option<Time>,
}

/// No relations.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// How many may wait for an answer at the same time.
#[derive(Clone, Copy, Debug)]
pub struct Caps {
    /// Of one client.
    pub client: u64,
    /// Of all clients together.
    pub all: u64,
}

/// What became of a pushed request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Insertion {
    /// It is there.
    Done,
    /// As many wait as may.
    Full,
}

/// Adds a request, unless as many wait as may; those that are over or answered don't count. Requests that are pushed in the same moment on
/// several nodes may go beyond the caps by their own number.
pub async fn insert(write: &Write<'_>, row: Model, caps: Caps, now: Time) -> Result<Insertion, StoreError> {
    let waiting = || {
        let mut waiting = Query::select();
        waiting.expr(Expr::col(Column::Digest).count()).from(Entity).and_where(Expr::col(Column::ExpiresAt).gt(now));
        waiting.and_where(Expr::col(Column::AnsweredAt).is_null()).take()
    };
    let of_client = waiting().and_where(Expr::col(Column::ClientId).eq(row.client_id.clone())).take();
    for (waiting, cap) in [(of_client, caps.client), (waiting(), caps.all)] {
        let count: i64 = write.rows().query_one(&waiting).await?.map_or(Ok(0), |row| row.try_get_by_index(0))?;
        if u64::try_from(count).unwrap_or(u64::MAX) >= cap {
            return Ok(Insertion::Full);
        }
    }
    Entity::insert(ActiveModel::from(row).reset_all()).exec_without_returning(write.rows()).await?;
    Ok(Insertion::Done)
}

/// The request with this digest.
pub async fn by_digest(rows: &impl Rows, digest: Digest) -> Result<Option<Model>, StoreError> {
    Ok(Entity::find_by_id(digest).one(rows.rows()).await?)
}

/// Notes that it is answered. `false` if it had been.
pub async fn answer(write: &Write<'_>, digest: Digest, now: Time) -> Result<bool, StoreError> {
    let change = ActiveModel { answered_at: ActiveValue::Set(Some(now)), ..Default::default() };
    let changed = Entity::update_many().set(change).filter(Column::Digest.eq(digest)).filter(Column::AnsweredAt.is_null());
    Ok(changed.exec(write.rows()).await?.rows_affected == 1)
}

/// Forgets up to [`SWEEP_BATCH`] requests that ended before `time`; how many there were.
pub async fn sweep(write: &Write<'_>, time: Time) -> Result<u64, StoreError> {
    let over = Entity::find().select_only().column(Column::Digest).filter(Column::ExpiresAt.lt(time)).limit(SWEEP_BATCH).into_query();
    Ok(Entity::delete_many().filter(Column::Digest.in_subquery(over)).exec(write.rows()).await?.rows_affected)
}
