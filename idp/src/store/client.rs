//! Registered clients. They are read into memory and told apart by version: a node loads what changed since it last looked.
//!
//! A deleted client stays as a row without content until every node has noticed, and its id is free again once nothing is left of what it was
//! given. Every change moves the settings version first, which makes changes of clients come one after the other on all nodes together.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use sea_orm::ActiveValue;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, ExprTrait as _, OnConflict, Query};
use sea_orm::{QuerySelect as _, QueryTrait as _};

use crate::base::clock::Time;
use crate::base::digest::Digest;
use crate::base::id::ClientId;
use crate::protocol::client_metadata::ClientMetadata;
use crate::store::client_secret::ROWS_AT_ONCE;
use crate::store::spent::SWEEP_BATCH;
use crate::store::{Rows, StoreError, Write, client_secret, consent, grant, horizon, session_client};

/// How long the row of a deleted client stays for nodes to notice. A node that looked longer ago reads all clients anew.
pub const TOMBSTONE: Duration = Duration::from_hours(24);

/// Who registered a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Somebody who looks after the house.
    Administrator,
    /// The client itself, by dynamic registration: nobody has looked at it.
    Dynamic,
}

impl fmt::Display for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Administrator => "administrator",
            Self::Dynamic => "dynamic",
        })
    }
}

/// A text that names no source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not one of administrator, dynamic")]
pub struct UnknownSource;

impl FromStr for Source {
    type Err = UnknownSource;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::Administrator, Self::Dynamic].into_iter().find(|source| source.to_string() == text).ok_or(UnknownSource)
    }
}

/// A client as it rests.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "clients")]
pub struct Model {
    /// `client_id`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ClientId,
    /// What was registered, as JSON; empty when it was deleted.
    pub metadata: String,
    /// Who registered it.
    pub source: Source,
    /// Digest of the token by which a dynamic client looks after its registration.
    pub registration_digest: Option<Digest>,
    /// When it was registered.
    pub created_at: Time,
    /// When it was changed last.
    pub updated_at: Time,
    /// When it was shut out, if it is.
    pub disabled_at: Option<Time>,
    /// When it was deleted, if it was.
    pub deleted_at: Option<Time>,
    /// The settings version of its last change.
    pub version: i64,
}

/// No relations.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// A client as the house uses it.
#[derive(Clone, Debug)]
pub struct Client {
    /// What was registered.
    pub metadata: ClientMetadata,
    /// Its secrets, also those that are over, oldest first.
    pub secrets: Vec<client_secret::Model>,
    /// Who registered it.
    pub source: Source,
    /// Digest of the token by which a dynamic client looks after its registration.
    pub registration: Option<Digest>,
    /// When it was registered.
    pub created_at: Time,
    /// When it was changed last.
    pub updated_at: Time,
    /// When it was shut out, if it is.
    pub disabled_at: Option<Time>,
    /// Which state of it this is: another one after each change. 0 before it is stored.
    pub version: i64,
}

impl Client {
    /// Whether it may be used.
    pub const fn is_enabled(&self) -> bool {
        self.disabled_at.is_none()
    }

    /// Whether it registered itself, and nobody has looked at it.
    pub fn is_dynamic(&self) -> bool {
        self.source == Source::Dynamic
    }

    /// `None` for one that was deleted.
    fn read(row: &Model) -> Result<Option<Self>, StoreError> {
        if row.deleted_at.is_some() {
            return Ok(None);
        }
        let metadata = serde_json::from_str(&row.metadata).map_err(|error| StoreError::Unreadable(format!("client {}: {error}", row.id)))?;
        Ok(Some(Self {
            metadata,
            secrets: Vec::new(),
            source: row.source,
            registration: row.registration_digest,
            created_at: row.created_at,
            updated_at: row.updated_at,
            disabled_at: row.disabled_at,
            version: row.version,
        }))
    }

    fn row(&self, version: i64) -> Result<ActiveModel, StoreError> {
        let metadata = serde_json::to_string(&self.metadata).map_err(|error| StoreError::Unreadable(error.to_string()))?;
        Ok(ActiveModel {
            id: ActiveValue::Set(self.metadata.client_id.clone()),
            metadata: ActiveValue::Set(metadata),
            source: ActiveValue::Set(self.source),
            registration_digest: ActiveValue::Set(self.registration),
            created_at: ActiveValue::Set(self.created_at),
            updated_at: ActiveValue::Set(self.updated_at),
            disabled_at: ActiveValue::Set(self.disabled_at),
            deleted_at: ActiveValue::Set(None),
            version: ActiveValue::Set(version),
        })
    }
}

/// The clients that changed after `version` with their secrets: id, the version of its change, and what it is now, which is nothing if it was
/// deleted.
///
/// A change between the two questions is seen again: its version is later than any that the first one told.
pub async fn changed_since(rows: &impl Rows, version: i64) -> Result<Vec<(ClientId, i64, Option<Client>)>, StoreError> {
    let changed = Entity::find().filter(Column::Version.gt(version)).all(rows.rows()).await?;
    let mut secrets: HashMap<ClientId, Vec<client_secret::Model>> = HashMap::new();
    if !changed.is_empty() {
        let ids = Query::select().column(Column::Id).from(Entity).and_where(Column::Version.gt(version)).take();
        // At the start there is no need to ask which.
        for secret in client_secret::of_clients(rows, (version > 0).then_some(ids)).await? {
            secrets.entry(secret.client_id.clone()).or_default().push(secret);
        }
    }
    let mut read = |row: Model| {
        let secrets = secrets.remove(&row.id).unwrap_or_default();
        let client = Client::read(&row)?.map(|client| Client { secrets, ..client });
        Ok((row.id, row.version, client))
    };
    changed.into_iter().map(&mut read).collect()
}

/// What became of a client that was to be registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inserted {
    /// It is registered.
    Added,
    /// Another one has that id.
    Taken,
    /// A deleted one had that id, and something is left of what it was given.
    NotFreeYet,
}

/// Registers a client, without its secrets.
pub async fn insert(write: &Write<'_>, client: &Client) -> Result<Inserted, StoreError> {
    let version = horizon::next_settings_version(write).await?;
    let unless_taken = OnConflict::column(Column::Id).do_nothing().to_owned();
    if Entity::insert(client.row(version)?).on_conflict(unless_taken).exec_without_returning(write.rows()).await? == 1 {
        return Ok(Inserted::Added);
    }
    let id = &client.metadata.client_id;
    let deleted = Entity::find_by_id(id.clone()).filter(Column::DeletedAt.is_not_null()).one(write.rows()).await?;
    if deleted.is_none() {
        return Ok(Inserted::Taken);
    }
    // Whoever comes after it must not inherit what people allowed it.
    if has_anything(write, id).await? {
        return Ok(Inserted::NotFreeYet);
    }
    Entity::update_many().set(client.row(version)?).filter(Column::Id.eq(id.clone())).exec(write.rows()).await?;
    Ok(Inserted::Added)
}

/// Registers and replaces many clients, without their secrets, all with one settings version. If some can't be, because they were registered,
/// changed or deleted meanwhile or are not free yet, nothing is done, and their ids come back.
pub async fn insert_and_replace(write: &Write<'_>, added: &[Client], replaced: &[Client]) -> Result<Vec<ClientId>, StoreError> {
    let version = horizon::next_settings_version(write).await?;
    let mut there: HashMap<ClientId, (i64, Option<Time>)> = HashMap::new();
    let ids: Vec<&ClientId> = added.iter().chain(replaced).map(|client| &client.metadata.client_id).collect();
    for slice in ids.chunks(ROWS_AT_ONCE) {
        let query = Entity::find().select_only().columns([Column::Id, Column::Version, Column::DeletedAt]);
        let found: Vec<(ClientId, i64, Option<Time>)> =
            query.filter(Column::Id.is_in(slice.iter().map(|id| (*id).clone()))).into_tuple().all(write.rows()).await?;
        there.extend(found.into_iter().map(|(id, version, deleted_at)| (id, (version, deleted_at))));
    }
    let (mut refused, mut anew, mut again) = (Vec::new(), Vec::new(), Vec::new());
    for client in added {
        let id = &client.metadata.client_id;
        match there.get(id) {
            None => anew.push(client.row(version)?),
            Some((_, Some(_))) if !has_anything(write, id).await? => again.push(client),
            Some(_) => refused.push(id.clone()),
        }
    }
    let as_seen = |client: &&Client| there.get(&client.metadata.client_id) == Some(&(client.version, None));
    refused.extend(replaced.iter().filter(|client| !as_seen(client)).map(|client| client.metadata.client_id.clone()));
    if !refused.is_empty() {
        return Ok(refused);
    }
    while !anew.is_empty() {
        let slice: Vec<_> = anew.drain(..anew.len().min(ROWS_AT_ONCE)).collect();
        Entity::insert_many(slice).exec_without_returning(write.rows()).await?;
    }
    for client in again.into_iter().chain(replaced) {
        replace(write, client, version).await?;
    }
    Ok(refused)
}

/// Moves the settings version, and reads the client with its secrets as this write finds it: from here on nobody else changes it. `None` if there
/// is none.
pub async fn take_up(write: &Write<'_>, id: &ClientId) -> Result<(i64, Option<Client>), StoreError> {
    let version = horizon::next_settings_version(write).await?;
    let row = Entity::find_by_id(id.clone()).one(write.rows()).await?;
    let Some(client) = row.as_ref().map(Client::read).transpose()?.flatten() else { return Ok((version, None)) };
    let secrets = client_secret::of_client(write, id).await?;
    Ok((version, Some(Client { secrets, ..client })))
}

/// Puts this in the place of what [`take_up`] found, but for its secrets.
pub async fn replace(write: &Write<'_>, client: &Client, version: i64) -> Result<(), StoreError> {
    Entity::update_many().set(client.row(version)?).filter(Column::Id.eq(client.metadata.client_id.clone())).exec(write.rows()).await?;
    Ok(())
}

/// Says that something about a client changed beside its row, so that every node reads it again. `false` if there is no such client.
pub async fn touch(write: &Write<'_>, id: &ClientId) -> Result<bool, StoreError> {
    let version = horizon::next_settings_version(write).await?;
    let change = ActiveModel { version: ActiveValue::Set(version), ..Default::default() };
    let there = Entity::update_many().set(change).filter(Column::Id.eq(id.clone())).filter(Column::DeletedAt.is_null());
    Ok(there.exec(write.rows()).await?.rows_affected == 1)
}

/// Shuts a client out, or lets it in again. `false` if nothing changed.
pub async fn set_enabled(write: &Write<'_>, id: &ClientId, enabled: bool, now: Time) -> Result<bool, StoreError> {
    let version = horizon::next_settings_version(write).await?;
    let change = ActiveModel {
        disabled_at: ActiveValue::Set((!enabled).then_some(now)),
        updated_at: ActiveValue::Set(now),
        version: ActiveValue::Set(version),
        ..Default::default()
    };
    let was_other = if enabled { Column::DisabledAt.is_not_null() } else { Column::DisabledAt.is_null() };
    let changed = Entity::update_many().set(change).filter(Column::Id.eq(id.clone())).filter(Column::DeletedAt.is_null()).filter(was_other);
    Ok(changed.exec(write.rows()).await?.rows_affected == 1)
}

/// Deletes what [`take_up`] found: nothing of it stays but its id, until [`sweep`].
pub async fn delete(write: &Write<'_>, id: &ClientId, version: i64, now: Time) -> Result<(), StoreError> {
    let change = ActiveModel {
        metadata: ActiveValue::Set(String::new()),
        registration_digest: ActiveValue::Set(None),
        deleted_at: ActiveValue::Set(Some(now)),
        version: ActiveValue::Set(version),
        ..Default::default()
    };
    Entity::update_many().set(change).filter(Column::Id.eq(id.clone())).exec(write.rows()).await?;
    client_secret::delete_all(write, id).await
}

/// How many clients registered themselves. Call it after the settings version was moved, so that nobody else adds one meanwhile.
pub async fn count_dynamic(write: &Write<'_>) -> Result<u64, StoreError> {
    Ok(Entity::find().filter(Column::Source.eq(Source::Dynamic)).filter(Column::DeletedAt.is_null()).count(write.rows()).await?)
}

/// Some clients that registered themselves, were not changed since `time`, and have been given nothing that is still there.
pub async fn unused_dynamic(rows: &impl Rows, time: Time) -> Result<Vec<ClientId>, StoreError> {
    let mut of_it = Query::select();
    of_it.expr(Expr::val(1)).from(grant::Entity).and_where(Expr::col((grant::Entity, grant::Column::ClientId)).equals((Entity, Column::Id)));
    let unused = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::Source.eq(Source::Dynamic))
        .filter(Column::DeletedAt.is_null())
        .filter(Column::UpdatedAt.lt(time))
        .filter(Expr::exists(of_it).not());
    Ok(unused.limit(SWEEP_BATCH).into_tuple().all(rows.rows()).await?)
}

/// The clients that were deleted and of which the row is still there.
pub async fn deleted(rows: &impl Rows) -> Result<Vec<ClientId>, StoreError> {
    let found = Entity::find().select_only().column(Column::Id).filter(Column::DeletedAt.is_not_null()).limit(SWEEP_BATCH);
    Ok(found.into_tuple().all(rows.rows()).await?)
}

/// Forgets up to [`SWEEP_BATCH`] grants of a deleted client, as many consents, and as many of the sessions it took part in; how many there were of
/// whichever were most.
pub async fn forget_what_it_was_given(write: &Write<'_>, id: &ClientId) -> Result<u64, StoreError> {
    let mut grants = Query::select();
    grants.column(grant::Column::Id).from(grant::Entity).and_where(Expr::col(grant::Column::ClientId).eq(id.clone())).limit(SWEEP_BATCH);
    let grants = grant::Entity::delete_many().filter(grant::Column::Id.in_subquery(grants)).exec(write.rows()).await?.rows_affected;
    let mut people = Query::select();
    people.column(consent::Column::UserId).from(consent::Entity).and_where(Expr::col(consent::Column::ClientId).eq(id.clone())).limit(SWEEP_BATCH);
    let consents =
        consent::Entity::delete_many().filter(consent::Column::ClientId.eq(id.clone())).filter(consent::Column::UserId.in_subquery(people));
    let consents = consents.exec(write.rows()).await?.rows_affected;
    Ok([grants, consents, session_client::forget_client(write, id).await?].into_iter().fold(0, std::cmp::max))
}

/// Whether anything is left of what a client was given.
pub async fn has_anything(write: &Write<'_>, id: &ClientId) -> Result<bool, StoreError> {
    let grant = grant::Entity::find().select_only().column(grant::Column::Id).filter(grant::Column::ClientId.eq(id.clone())).limit(1);
    if write.rows().query_one(&grant.into_query()).await?.is_some() {
        return Ok(true);
    }
    let consent = consent::Entity::find().select_only().column(consent::Column::UserId).filter(consent::Column::ClientId.eq(id.clone())).limit(1);
    if write.rows().query_one(&consent.into_query()).await?.is_some() {
        return Ok(true);
    }
    session_client::any_of_client(write, id).await
}

/// Forgets up to [`SWEEP_BATCH`] clients that were deleted before `time`; how many there were. Call it when nothing is left of what they were given.
pub async fn sweep(write: &Write<'_>, time: Time) -> Result<u64, StoreError> {
    let mut over = Query::select();
    over.column(Column::Id).from(Entity).and_where(Expr::col(Column::DeletedAt).lt(time)).limit(SWEEP_BATCH);
    Ok(Entity::delete_many().filter(Column::Id.in_subquery(over)).exec(write.rows()).await?.rows_affected)
}
