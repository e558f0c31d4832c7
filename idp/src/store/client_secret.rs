//! The secrets of clients: several may be live, so that one is replaced without an outage. A secret rests as a keyed digest; where it is the
//! key of assertions (`client_secret_jwt`) it has to be read again, and rests sealed.

use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Cond, SelectStatement};
use sea_orm::{ActiveValue, QueryOrder as _, QuerySelect as _, QueryTrait as _};

use crate::base::clock::Time;
use crate::base::digest::Digest;
use crate::base::id::{ClientId, ClientSecretId, KeyId};
use crate::store::spent::SWEEP_BATCH;
use crate::store::{Rows, StoreError, Write};

/// How many rows are added or asked for in one statement.
pub(super) const ROWS_AT_ONCE: usize = 500;

/// A secret as it rests.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "client_secrets")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ClientSecretId,
    /// Whose it is.
    pub client_id: ClientId,
    /// The data key that `digest` is made with.
    pub key_id: Option<KeyId>,
    /// Keyed digest of client and secret.
    pub digest: Option<Digest>,
    /// The secret itself, sealed by a data key, where it is the key of assertions; then there is no digest.
    pub sealed: Option<Vec<u8>>,
    /// Since when it works.
    pub created_at: Time,
    /// From when it works no more, if that is decided.
    pub expires_at: Option<Time>,
}

/// No relations.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// Whether it works at `now`.
    pub fn is_live(&self, now: Time) -> bool {
        self.expires_at.is_none_or(|end| now < end)
    }
}

/// The secrets of these clients, which a query names; without one of all. Oldest first.
pub async fn of_clients(rows: &impl Rows, clients: Option<SelectStatement>) -> Result<Vec<Model>, StoreError> {
    let all = Entity::find().order_by_asc(Column::Id);
    let wanted = match clients {
        Some(clients) => all.filter(Column::ClientId.in_subquery(clients)),
        None => all,
    };
    Ok(wanted.all(rows.rows()).await?)
}

/// The secrets of a client, also those that are over, oldest first.
pub async fn of_client(rows: &impl Rows, client: &ClientId) -> Result<Vec<Model>, StoreError> {
    Ok(Entity::find().filter(Column::ClientId.eq(client.clone())).order_by_asc(Column::Id).all(rows.rows()).await?)
}

/// Removes all secrets of a client.
pub async fn delete_all(write: &Write<'_>, client: &ClientId) -> Result<(), StoreError> {
    Entity::delete_many().filter(Column::ClientId.eq(client.clone())).exec(write.rows()).await?;
    Ok(())
}

/// Adds many secrets. Whoever calls this has moved the versions of their clients.
pub async fn insert_many(write: &Write<'_>, rows: &[Model]) -> Result<(), StoreError> {
    for slice in rows.chunks(ROWS_AT_ONCE) {
        let rows = slice.iter().map(|row| ActiveModel::from(row.clone()).reset_all());
        Entity::insert_many(rows).exec_without_returning(write.rows()).await?;
    }
    Ok(())
}

/// Adds a secret. Whoever calls this has moved the client's version.
pub async fn insert(write: &Write<'_>, row: Model) -> Result<(), StoreError> {
    Entity::insert(ActiveModel::from(row).reset_all()).exec_without_returning(write.rows()).await?;
    Ok(())
}

fn live(client: &ClientId, at: Time) -> Cond {
    let still = Cond::any().add(Column::ExpiresAt.is_null()).add(Column::ExpiresAt.gt(at));
    Cond::all().add(Column::ClientId.eq(client.clone())).add(still)
}

/// How many secrets of a client work at `now`.
pub async fn count_live(rows: &impl Rows, client: &ClientId, now: Time) -> Result<u64, StoreError> {
    Ok(Entity::find().filter(live(client, now)).count(rows.rows()).await?)
}

/// Lets all secrets of a client end at `end`, but for those that end sooner. How many that changed.
pub async fn end_all(write: &Write<'_>, client: &ClientId, end: Time) -> Result<u64, StoreError> {
    let change = ActiveModel { expires_at: ActiveValue::Set(Some(end)), ..Default::default() };
    Ok(Entity::update_many().set(change).filter(live(client, end)).exec(write.rows()).await?.rows_affected)
}

/// Ends one secret of a client now. `false` if it does not work (any more), or is another's.
pub async fn end(write: &Write<'_>, client: &ClientId, id: ClientSecretId, now: Time) -> Result<bool, StoreError> {
    let change = ActiveModel { expires_at: ActiveValue::Set(Some(now)), ..Default::default() };
    let ended = Entity::update_many().set(change).filter(live(client, now)).filter(Column::Id.eq(id)).exec(write.rows()).await?;
    Ok(ended.rows_affected == 1)
}

/// Forgets up to [`SWEEP_BATCH`] secrets that ended before `time`; how many there were.
pub async fn sweep(write: &Write<'_>, time: Time) -> Result<u64, StoreError> {
    let over = Entity::find().select_only().column(Column::Id).filter(Column::ExpiresAt.lt(time)).limit(SWEEP_BATCH).into_query();
    Ok(Entity::delete_many().filter(Column::Id.in_subquery(over)).exec(write.rows()).await?.rows_affected)
}
