//! Registered clients. They are read into memory and told apart by version: a node loads what changed since it last looked.

use sea_orm::ActiveValue;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;

use crate::base::clock::Time;
use crate::base::digest::Digest;
use crate::base::id::{ClientId, KeyId};
use crate::protocol::client_metadata::ClientMetadata;
use crate::store::{Rows, StoreError, Write, horizon};

/// A client as it rests.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "clients")]
pub struct Model {
    /// `client_id`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ClientId,
    /// What was registered, as JSON.
    pub metadata: String,
    /// The data key that the secret's digest is made with.
    pub secret_key_id: Option<KeyId>,
    /// Keyed digest of the secret of a confidential client.
    pub secret_digest: Option<Digest>,
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
    /// Data key and keyed digest of its secret.
    pub secret: Option<(KeyId, Digest)>,
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
        let client = Self { metadata, secret: row.secret_key_id.zip(row.secret_digest), created_at: row.created_at, disabled_at: row.disabled_at };
        Ok((row.id, row.version, client))
    }
}

/// The clients that changed after `version`, each with the version of its change.
pub async fn changed_since(rows: &impl Rows, version: i64) -> Result<Vec<(ClientId, i64, Client)>, StoreError> {
    let changed = Entity::find().filter(Column::Version.gt(version)).all(rows.rows()).await?;
    changed.into_iter().map(Client::read).collect()
}

/// Registers a client. A taken `client_id` is a refusal: `false`.
pub async fn insert(write: &Write<'_>, client: &Client) -> Result<bool, StoreError> {
    let version = horizon::next_settings_version(write).await?;
    let metadata = serde_json::to_string(&client.metadata).map_err(|error| StoreError::Unreadable(error.to_string()))?;
    let row = ActiveModel {
        id: ActiveValue::Set(client.metadata.client_id.clone()),
        metadata: ActiveValue::Set(metadata),
        secret_key_id: ActiveValue::Set(client.secret.map(|(key, _)| key)),
        secret_digest: ActiveValue::Set(client.secret.map(|(_, digest)| digest)),
        created_at: ActiveValue::Set(client.created_at),
        disabled_at: ActiveValue::Set(client.disabled_at),
        version: ActiveValue::Set(version),
    };
    let unless_taken = OnConflict::column(Column::Id).do_nothing().to_owned();
    Ok(Entity::insert(row).on_conflict(unless_taken).exec_without_returning(write.rows()).await? == 1)
}

/// Shuts a client out, or lets it in again. `false` if nothing changed.
pub async fn set_enabled(write: &Write<'_>, id: &ClientId, enabled: bool, now: Time) -> Result<bool, StoreError> {
    let version = horizon::next_settings_version(write).await?;
    let change = ActiveModel { disabled_at: ActiveValue::Set((!enabled).then_some(now)), version: ActiveValue::Set(version), ..Default::default() };
    let was_other = if enabled { Column::DisabledAt.is_not_null() } else { Column::DisabledAt.is_null() };
    let changed = Entity::update_many().set(change).filter(Column::Id.eq(id.clone())).filter(was_other).exec(write.rows()).await?;
    Ok(changed.rows_affected == 1)
}
