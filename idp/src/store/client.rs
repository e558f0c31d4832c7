//! Registered clients. They are read into memory and told apart by version: a node loads what changed since it last looked.

use std::collections::HashMap;

use sea_orm::ActiveValue;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{OnConflict, Query};

use crate::base::clock::Time;
use crate::base::id::ClientId;
use crate::protocol::client_metadata::ClientMetadata;
use crate::store::{Rows, StoreError, Write, client_secret, horizon};

/// A client as it rests.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "clients")]
pub struct Model {
    /// `client_id`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ClientId,
    /// What was registered, as JSON.
    pub metadata: String,
    /// When it was registered.
    pub created_at: Time,
    /// When it was shut out, if it is.
    pub disabled_at: Option<Time>,
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
    /// When it was registered.
    pub created_at: Time,
    /// When it was shut out, if it is.
    pub disabled_at: Option<Time>,
}

impl Client {
    /// Whether it may be used.
    pub const fn is_enabled(&self) -> bool {
        self.disabled_at.is_none()
    }

    fn read(row: Model) -> Result<(ClientId, i64, Self), StoreError> {
        let metadata = serde_json::from_str(&row.metadata).map_err(|error| StoreError::Unreadable(format!("client {}: {error}", row.id)))?;
        let client = Self { metadata, secrets: Vec::new(), created_at: row.created_at, disabled_at: row.disabled_at };
        Ok((row.id, row.version, client))
    }
}

/// The clients that changed after `version` with their secrets, each with the version of its change.
///
/// A change between the two questions is seen again: its version is later than any that the first one told.
pub async fn changed_since(rows: &impl Rows, version: i64) -> Result<Vec<(ClientId, i64, Client)>, StoreError> {
    let changed = Entity::find().filter(Column::Version.gt(version)).all(rows.rows()).await?;
    let mut secrets: HashMap<ClientId, Vec<client_secret::Model>> = HashMap::new();
    if !changed.is_empty() {
        let ids = Query::select().column(Column::Id).from(Entity).and_where(Column::Version.gt(version)).take();
        // At the start there is no need to ask which.
        for secret in client_secret::of_clients(rows, (version > 0).then_some(ids)).await? {
            secrets.entry(secret.client_id.clone()).or_default().push(secret);
        }
    }
    let mut clients = changed.into_iter().map(Client::read).collect::<Result<Vec<_>, _>>()?;
    for (id, _, client) in &mut clients {
        client.secrets = secrets.remove(id).unwrap_or_default();
    }
    Ok(clients)
}

/// Registers a client, without its secrets. A taken `client_id` is a refusal: `false`.
pub async fn insert(write: &Write<'_>, client: &Client) -> Result<bool, StoreError> {
    let version = horizon::next_settings_version(write).await?;
    let metadata = serde_json::to_string(&client.metadata).map_err(|error| StoreError::Unreadable(error.to_string()))?;
    let row = ActiveModel {
        id: ActiveValue::Set(client.metadata.client_id.clone()),
        metadata: ActiveValue::Set(metadata),
        created_at: ActiveValue::Set(client.created_at),
        disabled_at: ActiveValue::Set(client.disabled_at),
        version: ActiveValue::Set(version),
    };
    let unless_taken = OnConflict::column(Column::Id).do_nothing().to_owned();
    Ok(Entity::insert(row).on_conflict(unless_taken).exec_without_returning(write.rows()).await? == 1)
}

/// Says that something about a client changed beside its row, so that every node reads it again. `false` if there is no such client.
pub async fn touch(write: &Write<'_>, id: &ClientId) -> Result<bool, StoreError> {
    let version = horizon::next_settings_version(write).await?;
    let change = ActiveModel { version: ActiveValue::Set(version), ..Default::default() };
    Ok(Entity::update_many().set(change).filter(Column::Id.eq(id.clone())).exec(write.rows()).await?.rows_affected == 1)
}

/// Shuts a client out, or lets it in again. `false` if nothing changed.
pub async fn set_enabled(write: &Write<'_>, id: &ClientId, enabled: bool, now: Time) -> Result<bool, StoreError> {
    let version = horizon::next_settings_version(write).await?;
    let change = ActiveModel { disabled_at: ActiveValue::Set((!enabled).then_some(now)), version: ActiveValue::Set(version), ..Default::default() };
    let was_other = if enabled { Column::DisabledAt.is_not_null() } else { Column::DisabledAt.is_null() };
    let changed = Entity::update_many().set(change).filter(Column::Id.eq(id.clone())).filter(was_other).exec(write.rows()).await?;
    Ok(changed.rows_affected == 1)
}
