//! Authorization requests that are too large to travel in an address. All others are sealed boxes and rest nowhere.

use sea_orm::ActiveValue;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, ExprTrait as _, Query};
use sea_orm::{QuerySelect as _, QueryTrait as _};

use crate::base::clock::Time;
use crate::base::digest::Digest;
use crate::base::id::ClientId;
use crate::store::spent::SWEEP_BATCH;
use crate::store::{Rows, StoreError, Write};

/// A stored request.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "authorization_requests")]
pub struct Model {
    /// Digest of the secret that names it in the browser's address.
    #[sea_orm(primary_key, auto_increment = false)]
    pub digest: Digest,
    /// Who asks.
    pub client_id: ClientId,
    /// Digest of the browser cookie it belongs to.
    pub browser_digest: Digest,
    /// The request, as JSON.
    pub facts: String,
    /// When it ends.
    pub expires_at: Time,
}

/// No relations.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Stores a request unless `cap` of them are stored already: `false`.
pub async fn insert(write: &Write<'_>, row: Model, cap: u64) -> Result<bool, StoreError> {
    let mut stored = Query::select();
    stored.expr(Expr::col(Column::Digest).count()).from(Entity);
    let stored: i64 = write.rows().query_one(&stored).await?.map_or(Ok(0), |row| row.try_get_by_index(0))?;
    if u64::try_from(stored).unwrap_or(u64::MAX) >= cap {
        return Ok(false);
    }
    let row = ActiveModel {
        digest: ActiveValue::Set(row.digest),
        client_id: ActiveValue::Set(row.client_id),
        browser_digest: ActiveValue::Set(row.browser_digest),
        facts: ActiveValue::Set(row.facts),
        expires_at: ActiveValue::Set(row.expires_at),
    };
    Entity::insert(row).exec_without_returning(write.rows()).await?;
    Ok(true)
}

/// The request that this secret names.
pub async fn by_digest(rows: &impl Rows, digest: Digest) -> Result<Option<Model>, StoreError> {
    Ok(Entity::find_by_id(digest).one(rows.rows()).await?)
}

/// Forgets up to [`SWEEP_BATCH`] requests that ended before `time`; how many there were.
pub async fn sweep(write: &Write<'_>, time: Time) -> Result<u64, StoreError> {
    let over = Entity::find().select_only().column(Column::Digest).filter(Column::ExpiresAt.lt(time)).limit(SWEEP_BATCH).into_query();
    Ok(Entity::delete_many().filter(Column::Digest.in_subquery(over)).exec(write.rows()).await?.rows_affected)
}
