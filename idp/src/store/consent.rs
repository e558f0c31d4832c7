//! Consents: what a person allows a client to know and do.

use sea_orm::ActiveValue;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;

use crate::base::clock::Time;
use crate::base::id::{ClientId, UserId};
use crate::base::single_use::SingleUseId;
use crate::protocol::claim_names::ClaimNames;
use crate::protocol::extent::Extent;
use crate::protocol::resource::Resources;
use crate::protocol::scope::Scope;
use crate::store::{Rows, StoreError, Write};

/// A consent.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "consents")]
pub struct Model {
    /// Who allows it.
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: UserId,
    /// To whom.
    #[sea_orm(primary_key, auto_increment = false)]
    pub client_id: ClientId,
    /// What.
    pub scope: Scope,
    /// Claims that the scope does not give.
    pub claims: ClaimNames,
    /// The resources that access tokens may be for.
    pub resources: Resources,
    /// When it was given last.
    pub given_at: Time,
    /// The authorization request it was given for last: where consent must be asked anew, only that one counts.
    pub given_for: SingleUseId,
}

impl Model {
    /// How far it goes.
    pub fn extent(&self) -> Extent {
        Extent { scope: self.scope.clone(), claims: self.claims.clone(), resources: self.resources.clone() }
    }
}

/// No relations.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// What this person allows this client.
pub async fn find(rows: &impl Rows, user: UserId, client: &ClientId) -> Result<Option<Model>, StoreError> {
    Ok(Entity::find_by_id((user, client.clone())).one(rows.rows()).await?)
}

/// What this person allows, to whom.
pub async fn of_user(rows: &impl Rows, user: UserId) -> Result<Vec<Model>, StoreError> {
    Ok(Entity::find().filter(Column::UserId.eq(user)).all(rows.rows()).await?)
}

/// Takes a consent back. `false` if there was none.
pub async fn take_back(write: &Write<'_>, user: UserId, client: &ClientId) -> Result<bool, StoreError> {
    Ok(Entity::delete_by_id((user, client.clone())).exec(write.rows()).await?.rows_affected == 1)
}

/// Records a consent in the place of the one before it.
pub async fn give(write: &Write<'_>, consent: Model) -> Result<(), StoreError> {
    let row = ActiveModel {
        user_id: ActiveValue::Set(consent.user_id),
        client_id: ActiveValue::Set(consent.client_id),
        scope: ActiveValue::Set(consent.scope),
        claims: ActiveValue::Set(consent.claims),
        resources: ActiveValue::Set(consent.resources),
        given_at: ActiveValue::Set(consent.given_at),
        given_for: ActiveValue::Set(consent.given_for),
    };
    let replaced = [Column::Scope, Column::Claims, Column::Resources, Column::GivenAt, Column::GivenFor];
    let or_replace = OnConflict::columns([Column::UserId, Column::ClientId]).update_columns(replaced).to_owned();
    Entity::insert(row).on_conflict(or_replace).exec_without_returning(write.rows()).await?;
    Ok(())
}
