//! The audit log. Rows are added in the transaction of the change they tell of, and never changed.

use sea_orm::entity::prelude::*;
use sea_orm::{QueryOrder as _, QuerySelect as _};

use crate::base::clock::Time;
use crate::base::id::{AuditEventId, ClientId, SessionId, UserId};
use crate::store::fixed_statement::{self, FixedStatement, insertion};
use crate::store::{Rows, StoreError, Write};

/// An event.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_events")]
pub struct Model {
    /// Row id, in the order of time.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AuditEventId,
    /// When.
    pub at: Time,
    /// What happened, such as `session_started`.
    pub kind: String,
    /// Who did it: `user:ROW`, `client:ID`, `command_line`, `system`, or `nobody` who proved anything.
    pub actor: String,
    /// Whom it concerns.
    pub user_id: Option<UserId>,
    /// Which client it concerns.
    pub client_id: Option<ClientId>,
    /// Which session it concerns.
    pub session_id: Option<SessionId>,
    /// The request that caused it.
    pub request_id: Option<String>,
    /// More about it, as JSON; never a secret.
    pub detail: String,
}

/// No relations.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Adds an event.
pub async fn insert(write: &Write<'_>, row: Model) -> Result<(), StoreError> {
    static TEXT: FixedStatement = FixedStatement::new(insertion::<Entity>);
    fixed_statement::insert::<Entity>(write, &TEXT, &row).await
}

/// Adds many events.
pub async fn insert_many(write: &Write<'_>, rows: Vec<Model>) -> Result<(), StoreError> {
    if !rows.is_empty() {
        let rows = rows.into_iter().map(|row| ActiveModel::from(row).reset_all());
        Entity::insert_many(rows).exec_without_returning(write.rows()).await?;
    }
    Ok(())
}

/// Which kinds of events are wanted.
#[derive(Clone, Debug)]
pub enum Kinds {
    /// These alone.
    Only(Vec<&'static str>),
    /// All but these.
    AllBut(Vec<&'static str>),
}

/// The events that concern a person, the newest first: those before the row `before`, at most `limit` at a time.
pub async fn of_user(rows: &impl Rows, user: UserId, kinds: Kinds, before: Option<AuditEventId>, limit: u64) -> Result<Vec<Model>, StoreError> {
    let wanted = match kinds {
        Kinds::Only(kinds) => Column::Kind.is_in(kinds),
        Kinds::AllBut(kinds) => Column::Kind.is_not_in(kinds),
    };
    let mut query = Entity::find().filter(Column::UserId.eq(user)).filter(wanted).order_by_desc(Column::Id).limit(limit);
    if let Some(before) = before {
        query = query.filter(Column::Id.lt(before));
    }
    Ok(query.all(rows.rows()).await?)
}
