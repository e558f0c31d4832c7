//! Initial access tokens (RFC 7591 §1.2): who has one may register a client, as often as it says and until it ends. The row holds a digest.

use sea_orm::ActiveValue;
use sea_orm::QueryOrder as _;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, ExprTrait as _, Query};

use crate::base::clock::Time;
use crate::base::digest::Digest;
use crate::base::id::InitialAccessTokenId;
use crate::store::spent::SWEEP_BATCH;
use crate::store::{Rows, StoreError, Write};

/// A token.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "initial_access_tokens")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: InitialAccessTokenId,
    /// Digest of the token.
    pub digest: Digest,
    /// What whoever made it noted.
    pub note: String,
    /// How many clients may still register with it.
    pub uses_left: i64,
    /// When it was made.
    pub created_at: Time,
    /// When it ends.
    pub expires_at: Time,
    /// When it was withdrawn, if it was.
    pub revoked_at: Option<Time>,
}

/// No relations.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Adds a token.
pub async fn insert(write: &Write<'_>, row: Model) -> Result<(), StoreError> {
    Entity::insert(ActiveModel::from(row).reset_all()).exec_without_returning(write.rows()).await?;
    Ok(())
}

/// The token with this digest, whatever has become of it.
pub async fn by_digest(rows: &impl Rows, digest: Digest) -> Result<Option<Model>, StoreError> {
    Ok(Entity::find().filter(Column::Digest.eq(digest)).one(rows.rows()).await?)
}

/// Uses a token once: `None` if it is used up, withdrawn, over or unknown. One statement, so that the last use is one client's alone.
pub async fn spend(write: &Write<'_>, digest: Digest, now: Time) -> Result<Option<InitialAccessTokenId>, StoreError> {
    let used = Entity::update_many()
        .col_expr(Column::UsesLeft, Expr::col(Column::UsesLeft).sub(1))
        .filter(Column::Digest.eq(digest))
        .filter(Column::UsesLeft.gt(0))
        .filter(Column::ExpiresAt.gt(now))
        .filter(Column::RevokedAt.is_null())
        .exec_with_returning(write.rows())
        .await?;
    Ok(used.first().map(|row| row.id))
}

/// Withdraws a token. `false` if there is none, or it was withdrawn before.
pub async fn revoke(write: &Write<'_>, id: InitialAccessTokenId, now: Time) -> Result<bool, StoreError> {
    let change = ActiveModel { revoked_at: ActiveValue::Set(Some(now)), ..Default::default() };
    let changed = Entity::update_many().set(change).filter(Column::Id.eq(id)).filter(Column::RevokedAt.is_null()).exec(write.rows()).await?;
    Ok(changed.rows_affected == 1)
}

/// All tokens whose rows are still there, the oldest first.
pub async fn all(rows: &impl Rows) -> Result<Vec<Model>, StoreError> {
    Ok(Entity::find().order_by_asc(Column::Id).all(rows.rows()).await?)
}

/// Forgets up to [`SWEEP_BATCH`] tokens that ended before `time`; how many there were.
pub async fn sweep(write: &Write<'_>, time: Time) -> Result<u64, StoreError> {
    let mut over = Query::select();
    over.column(Column::Id).from(Entity).and_where(Expr::col(Column::ExpiresAt).lt(time)).limit(SWEEP_BATCH);
    Ok(Entity::delete_many().filter(Column::Id.in_subquery(over)).exec(write.rows()).await?.rows_affected)
}
