//! Grants: what a client was given once for a person. Its refresh token is a counter: the row holds the generation that may be used
//! next, and a family never grows.

use sea_orm::ActiveValue;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, ExprTrait as _, Query};
use sea_orm::{FromQueryResult, QuerySelect as _, QueryTrait as _};

use crate::base::clock::Time;
use crate::base::id::{ClientId, GrantId, KeyId, SessionId, UserId};
use crate::protocol::claims::{Acr, Amr};
use crate::protocol::extent::Extent;
use crate::protocol::requested_claims::RequestedClaims;
use crate::protocol::resource::Resources;
use crate::protocol::scope::Scope;
use crate::store::fixed_statement::{self, FixedStatement, hole, insertion};
use crate::store::spent::SWEEP_BATCH;
use crate::store::{Rows, StoreError, Write};

/// A grant.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "grants")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: GrantId,
    /// For whom.
    pub user_id: UserId,
    /// To whom.
    pub client_id: ClientId,
    /// The session it came from. An offline grant outlives it.
    pub session_id: SessionId,
    /// What was granted; narrowing at a refresh does not change it.
    pub scope: Scope,
    /// The claims that were asked for one by one, and where they are told.
    pub claims: RequestedClaims,
    /// The resources that access tokens may be for (RFC 8707).
    pub resources: Resources,
    /// Whether it outlives its session (`offline_access`).
    pub offline: bool,
    /// The generation of the refresh token that may be used next.
    pub generation: i64,
    /// When that generation began.
    pub rotated_at: Time,
    /// The key of its refresh tokens' MAC, for life.
    pub mac_key_id: KeyId,
    /// When it was granted.
    pub created_at: Time,
    /// When it ends unless it is refreshed before.
    pub idle_ends_at: Time,
    /// When it ends in any case.
    pub absolute_ends_at: Time,
    /// When it was taken back, if it was.
    pub revoked_at: Option<Time>,
    /// `auth_time` of the authentication it rests on.
    pub authenticated_at: Time,
    /// `acr` of that authentication.
    pub acr: Acr,
    /// `amr` of that authentication.
    pub amr: Amr,
    /// The epoch it was granted in.
    pub epoch: i64,
    /// The person's security epoch when it was granted.
    pub security_epoch: i64,
}

impl Model {
    /// How far it goes.
    pub fn extent(&self) -> Extent {
        Extent { scope: self.scope.clone(), claims: self.claims.everywhere(), resources: self.resources.clone() }
    }
}

/// No relations: joins are written where they are asked.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Adds a grant.
pub async fn insert(write: &Write<'_>, row: Model) -> Result<(), StoreError> {
    static TEXT: FixedStatement = FixedStatement::new(insertion::<Entity>);
    fixed_statement::insert::<Entity>(write, &TEXT, &row).await
}

/// The grant as this write sees it.
pub async fn by_id(write: &Write<'_>, id: GrantId) -> Result<Option<Model>, StoreError> {
    Ok(Entity::find_by_id(id).one(write.rows()).await?)
}

/// The grants of a person that are neither taken back nor over. Whether they are alive also hangs on their sessions and consents.
pub async fn standing_of(rows: &impl Rows, user: UserId, epoch: i64, security_epoch: i64, now: Time) -> Result<Vec<Model>, StoreError> {
    let standing = Entity::find()
        .filter(Column::UserId.eq(user))
        .filter(Column::RevokedAt.is_null())
        .filter(Column::Epoch.eq(epoch))
        .filter(Column::SecurityEpoch.eq(security_epoch))
        .filter(Column::IdleEndsAt.gt(now))
        .filter(Column::AbsoluteEndsAt.gt(now));
    Ok(standing.all(rows.rows()).await?)
}

/// When a person used a client, as far as its grants are remembered.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub struct Used {
    /// The client.
    pub client_id: ClientId,
    /// Since when.
    pub first_at: Time,
    /// When last.
    pub last_at: Time,
}

/// Which clients a person used, each once, in no order.
pub async fn used_by(rows: &impl Rows, user: UserId) -> Result<Vec<Used>, StoreError> {
    let found = Entity::find()
        .select_only()
        .column(Column::ClientId)
        .column_as(Column::CreatedAt.min(), "first_at")
        .column_as(Column::RotatedAt.max(), "last_at")
        .filter(Column::UserId.eq(user))
        .group_by(Column::ClientId);
    Ok(found.into_model::<Used>().all(rows.rows()).await?)
}

/// Takes all grants of a client for a person back. How many there were.
pub async fn revoke_all(write: &Write<'_>, user: UserId, client: &ClientId, now: Time) -> Result<u64, StoreError> {
    let change = ActiveModel { revoked_at: ActiveValue::Set(Some(now)), ..Default::default() };
    let all = Entity::update_many().set(change).filter(Column::UserId.eq(user)).filter(Column::ClientId.eq(client.clone()));
    Ok(all.filter(Column::RevokedAt.is_null()).exec(write.rows()).await?.rows_affected)
}

/// Moves the counter from `generation` to the next. `false` if it stands elsewhere by now, or the grant was taken back.
pub async fn rotate(write: &Write<'_>, id: GrantId, generation: i64, now: Time, idle_ends_at: Time) -> Result<bool, StoreError> {
    static TEXT: FixedStatement = FixedStatement::new(|backend| {
        let mut query = Query::update();
        query
            .table(Entity)
            .value(Column::RotatedAt, hole())
            .value(Column::IdleEndsAt, hole())
            .value(Column::Generation, Expr::col(Column::Generation).add(Expr::Constant(1.into())))
            .and_where(Expr::col(Column::Id).eq(hole()))
            .and_where(Expr::col(Column::Generation).eq(hole()))
            .and_where(Expr::col(Column::RevokedAt).is_null());
        backend.build(&query)
    });
    let values = vec![now.into(), idle_ends_at.into(), id.into(), generation.into()];
    let changed = write.rows().execute_raw(TEXT.with(write, values)?).await?;
    Ok(changed.rows_affected() == 1)
}

/// Takes a grant back. `false` if it had been.
pub async fn revoke(write: &Write<'_>, id: GrantId, now: Time) -> Result<bool, StoreError> {
    let change = ActiveModel { revoked_at: ActiveValue::Set(Some(now)), ..Default::default() };
    let changed = Entity::update_many().set(change).filter(Column::Id.eq(id)).filter(Column::RevokedAt.is_null()).exec(write.rows()).await?;
    Ok(changed.rows_affected == 1)
}

/// Forgets up to [`SWEEP_BATCH`] grants that ended before `time`; how many there were.
pub async fn sweep(write: &Write<'_>, time: Time) -> Result<u64, StoreError> {
    let over = Entity::find().select_only().column(Column::Id).filter(Column::AbsoluteEndsAt.lt(time)).limit(SWEEP_BATCH).into_query();
    Ok(Entity::delete_many().filter(Column::Id.in_subquery(over)).exec(write.rows()).await?.rows_affected)
}
