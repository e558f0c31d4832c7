//! Passkeys: the public keys people sign in with.

use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{ExprTrait as _, OnConflict};
use sea_orm::{ActiveValue, QueryOrder as _, QuerySelect as _};

use crate::base::clock::Time;
use crate::base::id::{CredentialId, PasskeyId, UserId};
use crate::store::{Rows, StoreError, Write};

/// A passkey.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "passkeys")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PasskeyId,
    /// Whose it is.
    pub user_id: UserId,
    /// What the authenticator calls it; unique among all people.
    pub credential_id: CredentialId,
    /// The relying party id it was registered for.
    pub rp_id: String,
    /// The public key, as the WebAuthn library writes it.
    pub public_key: String,
    /// The signature counter last seen; 0 for authenticators that keep none.
    pub counter: i64,
    /// Whether it may be copied between devices (BE).
    pub backup_eligible: bool,
    /// Whether it has been (BS), as last seen.
    pub backed_up: bool,
    /// The model of the authenticator, or zeros.
    pub aaguid: Uuid,
    /// How the authenticator can be reached, as a JSON array.
    pub transports: String,
    /// What its owner calls it.
    pub name: String,
    /// When it was registered.
    pub created_at: Time,
    /// When it was last used.
    pub last_used_at: Option<Time>,
    /// Where that was: the device and the network, as a person reads it.
    pub last_used_from: Option<String>,
    /// Whether its authenticator proved its make when it was registered.
    pub attested: bool,
    /// When its counter went back, if it ever did: a sign of a copied key.
    pub suspected_at: Option<Time>,
    /// When its owner said that it isn't theirs, if they did; it signs in no more.
    pub frozen_at: Option<Time>,
}

/// No relations: joins are written where they are asked.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Adds a passkey. A known credential id, whoever has it, is a refusal: `false`, and the old row is untouched.
pub async fn insert(write: &Write<'_>, row: Model) -> Result<bool, StoreError> {
    let unless_known = OnConflict::column(Column::CredentialId).do_nothing().to_owned();
    let added = Entity::insert(ActiveModel::from(row).reset_all()).on_conflict(unless_known).exec_without_returning(write.rows()).await?;
    Ok(added == 1)
}

/// A person's passkeys, oldest first.
pub async fn of_user(rows: &impl Rows, user: UserId) -> Result<Vec<Model>, StoreError> {
    Ok(Entity::find().filter(Column::UserId.eq(user)).order_by_asc(Column::CreatedAt).order_by_asc(Column::Id).all(rows.rows()).await?)
}

/// The passkey with this row id, if it is this person's.
pub async fn owned(rows: &impl Rows, id: PasskeyId, user: UserId) -> Result<Option<Model>, StoreError> {
    Ok(Entity::find_by_id(id).filter(Column::UserId.eq(user)).one(rows.rows()).await?)
}

/// Calls a passkey of this person something else. `false` if they have none with this row id.
pub async fn rename(write: &Write<'_>, id: PasskeyId, user: UserId, name: &str) -> Result<bool, StoreError> {
    let change = ActiveModel { name: ActiveValue::Set(name.to_owned()), ..Default::default() };
    let changed = Entity::update_many().set(change).filter(Column::Id.eq(id)).filter(Column::UserId.eq(user)).exec(write.rows()).await?;
    Ok(changed.rows_affected == 1)
}

/// Forgets a passkey of this person, public key and all. `false` if they have none with this row id.
pub async fn delete(write: &Write<'_>, id: PasskeyId, user: UserId) -> Result<bool, StoreError> {
    let deleted = Entity::delete_many().filter(Column::Id.eq(id)).filter(Column::UserId.eq(user)).exec(write.rows()).await?;
    Ok(deleted.rows_affected == 1)
}

/// Whether anybody has a passkey with this credential id (WebAuthn §7.1: it must be nobody's yet).
pub async fn is_known(rows: &impl Rows, credential: &CredentialId) -> Result<bool, StoreError> {
    Ok(Entity::find().filter(Column::CredentialId.eq(credential.clone())).one(rows.rows()).await?.is_some())
}

/// Whether any passkey was registered for another relying party id: those are dead here.
pub async fn any_for_another_rp_id(rows: &impl Rows, rp_id: &str) -> Result<bool, StoreError> {
    Ok(Entity::find().filter(Column::RpId.ne(rp_id)).one(rows.rows()).await?.is_some())
}

/// The passkey with this row id, held until the write ends by a write that is going to change its row: sign-ins with one key come one after
/// the other.
pub async fn hold(write: &Write<'_>, id: PasskeyId) -> Result<Option<Model>, StoreError> {
    let mut found = Entity::find_by_id(id);
    if write.rows().get_database_backend() == sea_orm::DbBackend::Postgres {
        found = found.lock_exclusive();
    }
    Ok(found.one(write.rows()).await?)
}

/// What a sign-in tells about a passkey.
#[derive(Clone, Debug)]
pub struct Use {
    /// The counter it showed.
    pub counter: i64,
    /// Whether it is backed up now.
    pub backed_up: bool,
    /// When.
    pub at: Time,
    /// Where: the device and the network, as a person reads it.
    pub from: String,
}

/// Records a use. The counter only moves forward, also when two sign-ins meet.
pub async fn record_use(write: &Write<'_>, id: PasskeyId, seen: Use) -> Result<(), StoreError> {
    let change = ActiveModel {
        backed_up: ActiveValue::Set(seen.backed_up),
        last_used_at: ActiveValue::Set(Some(seen.at)),
        last_used_from: ActiveValue::Set(Some(seen.from)),
        ..Default::default()
    };
    let higher = Expr::case(Expr::col(Column::Counter).lt(seen.counter), Expr::val(seen.counter)).finally(Expr::col(Column::Counter));
    Entity::update_many().set(change).col_expr(Column::Counter, higher.into()).filter(Column::Id.eq(id)).exec(write.rows()).await?;
    Ok(())
}

/// Marks a passkey as perhaps copied; the first time counts. Whether it was not marked before.
pub async fn suspect(write: &Write<'_>, id: PasskeyId, at: Time) -> Result<bool, StoreError> {
    let change = ActiveModel { suspected_at: ActiveValue::Set(Some(at)), ..Default::default() };
    let changed = Entity::update_many().set(change).filter(Column::Id.eq(id)).filter(Column::SuspectedAt.is_null()).exec(write.rows()).await?;
    Ok(changed.rows_affected == 1)
}

/// Freezes a passkey of this person: it signs in no more. `false` if it is gone or frozen already.
pub async fn freeze(write: &Write<'_>, id: PasskeyId, user: UserId, now: Time) -> Result<bool, StoreError> {
    let change = ActiveModel { frozen_at: ActiveValue::Set(Some(now)), ..Default::default() };
    let changed = Entity::update_many()
        .set(change)
        .filter(Column::Id.eq(id))
        .filter(Column::UserId.eq(user))
        .filter(Column::FrozenAt.is_null())
        .exec(write.rows())
        .await?;
    Ok(changed.rows_affected == 1)
}

/// Lets a frozen passkey of this person sign in again. `false` if it is gone or not frozen.
pub async fn unfreeze(write: &Write<'_>, id: PasskeyId, user: UserId) -> Result<bool, StoreError> {
    let change = ActiveModel { frozen_at: ActiveValue::Set(None), ..Default::default() };
    let changed = Entity::update_many()
        .set(change)
        .filter(Column::Id.eq(id))
        .filter(Column::UserId.eq(user))
        .filter(Column::FrozenAt.is_not_null())
        .exec(write.rows())
        .await?;
    Ok(changed.rows_affected == 1)
}
