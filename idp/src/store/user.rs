//! People.

use std::fmt;
use std::str::FromStr;

use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, ExprTrait as _};
use sea_orm::{ActiveValue, QueryOrder as _, QuerySelect as _};

use crate::base::clock::Time;
use crate::base::email::Email;
use crate::base::id::{BackupCodeSetId, Subject, UserHandle, UserId};
use crate::protocol::claim_values::LanguageTag;
use crate::protocol::profile::Profile;
use crate::protocol::registered_word::registered_words;
use crate::protocol::time_zone::TimeZone;
use crate::store::{Rows, StoreError, Write};

/// What a person may do here. Ordered by power.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Looks after their own account.
    User,
    /// Looks after users and clients.
    Admin,
    /// Looks after everything, other admins included.
    SuperAdmin,
}

impl fmt::Display for Role {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::User => "user",
            Self::Admin => "admin",
            Self::SuperAdmin => "super_admin",
        })
    }
}

/// A text that names no role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not one of user, admin, super_admin")]
pub struct UnknownRole;

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::User, Self::Admin, Self::SuperAdmin].into_iter().find(|role| role.to_string() == text).ok_or(UnknownRole)
    }
}

registered_words! {
    /// How our pages look, whatever the device says.
    Theme {
        /// Dark ink on light paper.
        Light = "light",
        /// Light ink on dark paper.
        Dark = "dark",
    }
}

/// A person.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "users")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: UserId,
    /// Their name towards clients.
    pub subject: Subject,
    /// Their name towards authenticators.
    pub user_handle: UserHandle,
    /// What they sign in with.
    pub email: Email,
    /// What they are called.
    pub name: String,
    /// What they may do here.
    pub role: Role,
    /// When the account was made.
    pub created_at: Time,
    /// When it was known that mail reaches them there.
    pub email_verified_at: Option<Time>,
    /// The set of backup codes that counts.
    pub backup_code_set: Option<BackupCodeSetId>,
    /// When they said that they saved that set.
    pub backup_codes_acknowledged_at: Option<Time>,
    /// When they were shut out, if they are.
    pub deactivated_at: Option<Time>,
    /// Moves when everything that was opened before must end.
    pub security_epoch: i64,
    /// What they say about themselves beyond name and email address: further standard claims, as a JSON object.
    pub profile: Profile,
    /// When name, address or profile last changed.
    pub updated_at: Time,
    /// The language they chose; none to follow the browser.
    pub language: Option<LanguageTag>,
    /// The time zone they chose; none to follow the browser. Clients know it as `zoneinfo`.
    pub time_zone: Option<TimeZone>,
    /// The theme they chose; none to follow the device.
    pub theme: Option<Theme>,
}

/// No relations: joins are written where they are asked.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// Whether they may sign in and use what they were given.
    pub const fn is_active(&self) -> bool {
        self.deactivated_at.is_none()
    }

    /// Whether the house still waits for them to save their backup codes.
    pub const fn backup_codes_waiting(&self) -> bool {
        self.backup_codes_acknowledged_at.is_none()
    }
}

/// Adds a person. A taken email is a refusal, not an error: `false`, and nothing is written.
pub async fn insert(write: &Write<'_>, row: Model) -> Result<bool, StoreError> {
    let unless_taken = sea_orm::sea_query::OnConflict::column(Column::Email).do_nothing().to_owned();
    let added = Entity::insert(ActiveModel::from(row).reset_all()).on_conflict(unless_taken).exec_without_returning(write.rows()).await?;
    Ok(added == 1)
}

/// The person who signs in with this address.
pub async fn by_email(rows: &impl Rows, email: &Email) -> Result<Option<Model>, StoreError> {
    Ok(Entity::find().filter(Column::Email.eq(email.clone())).one(rows.rows()).await?)
}

/// The person with this row id.
pub async fn by_id(rows: &impl Rows, id: UserId) -> Result<Option<Model>, StoreError> {
    Ok(Entity::find_by_id(id).one(rows.rows()).await?)
}

/// The person, held until the write ends so that nobody takes their account away meanwhile (a no-op on SQLite, which has one writer).
pub async fn hold(write: &Write<'_>, id: UserId) -> Result<Option<Model>, StoreError> {
    let mut found = Entity::find_by_id(id);
    if write.rows().get_database_backend() == sea_orm::DbBackend::Postgres {
        found = found.lock_shared();
    }
    Ok(found.one(write.rows()).await?)
}

/// The person, held until the write ends by a write that is going to change their row: two that only shared it would wait for each other.
pub async fn hold_to_change(write: &Write<'_>, id: UserId) -> Result<Option<Model>, StoreError> {
    let mut found = Entity::find_by_id(id);
    if write.rows().get_database_backend() == sea_orm::DbBackend::Postgres {
        found = found.lock_exclusive();
    }
    Ok(found.one(write.rows()).await?)
}

/// Whether there is anybody at all.
pub async fn is_anybody_here(rows: &impl Rows) -> Result<bool, StoreError> {
    Ok(Entity::find().select_only().column(Column::Id).limit(1).into_tuple::<UserId>().one(rows.rows()).await?.is_some())
}

/// Everybody after `after` in the order of their addresses, at most `limit` at a time.
pub async fn page(rows: &impl Rows, after: Option<&Email>, limit: u64) -> Result<Vec<Model>, StoreError> {
    let mut query = Entity::find().order_by_asc(Column::Email).limit(limit);
    if let Some(after) = after {
        query = query.filter(Column::Email.gt(after.clone()));
    }
    Ok(query.all(rows.rows()).await?)
}

/// What a person says about themselves, and how they want our pages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// What they are called.
    pub name: String,
    /// Further standard claims.
    pub profile: Profile,
    /// The language of our pages.
    pub language: Option<LanguageTag>,
    /// Their time zone.
    pub time_zone: Option<TimeZone>,
    /// The look of our pages.
    pub theme: Option<Theme>,
}

impl Said {
    /// What is said so far.
    pub fn of(user: &Model) -> Self {
        let Model { name, profile, language, time_zone, theme, .. } = user.clone();
        Self { name, profile, language, time_zone, theme }
    }
}

/// Puts `said` in the place of what they said before; `updated_at` moves if clients are told something else from now on.
pub async fn change_said(write: &Write<'_>, id: UserId, said: &Said, updated_at: Option<Time>) -> Result<(), StoreError> {
    let Said { name, profile, language, time_zone, theme } = said.clone();
    let change = ActiveModel {
        name: ActiveValue::Set(name),
        profile: ActiveValue::Set(profile),
        language: ActiveValue::Set(language),
        time_zone: ActiveValue::Set(time_zone),
        theme: ActiveValue::Set(theme),
        updated_at: updated_at.map_or(ActiveValue::NotSet, ActiveValue::Set),
        ..Default::default()
    };
    Entity::update_many().set(change).filter(Column::Id.eq(id)).exec(write.rows()).await?;
    Ok(())
}

/// Ends whatever rests on this person's security epoch: sessions, grants, links. The new one. Hold their row to change first.
pub async fn end_everything(write: &Write<'_>, user: &Model) -> Result<i64, StoreError> {
    let next = user.security_epoch + 1;
    let change = ActiveModel { security_epoch: ActiveValue::Set(next), ..Default::default() };
    Entity::update_many().set(change).filter(Column::Id.eq(user.id)).exec(write.rows()).await?;
    Ok(next)
}

/// Gives a person another address, which is known to be theirs. See first that nobody has it, while people come aboard one after the other.
pub async fn change_email(write: &Write<'_>, id: UserId, email: &Email, now: Time) -> Result<(), StoreError> {
    let change = ActiveModel {
        email: ActiveValue::Set(email.clone()),
        email_verified_at: ActiveValue::Set(Some(now)),
        updated_at: ActiveValue::Set(now),
        ..Default::default()
    };
    Entity::update_many().set(change).filter(Column::Id.eq(id)).exec(write.rows()).await?;
    Ok(())
}

/// Makes `set` the set of backup codes that counts, not yet acknowledged.
pub async fn replace_backup_code_set(write: &Write<'_>, id: UserId, set: BackupCodeSetId) -> Result<(), StoreError> {
    let change =
        ActiveModel { backup_code_set: ActiveValue::Set(Some(set)), backup_codes_acknowledged_at: ActiveValue::Set(None), ..Default::default() };
    Entity::update_many().set(change).filter(Column::Id.eq(id)).exec(write.rows()).await?;
    Ok(())
}

/// Makes no set of backup codes count: they are asked to save another one.
pub async fn forget_backup_codes(write: &Write<'_>, id: UserId) -> Result<(), StoreError> {
    let change = ActiveModel { backup_code_set: ActiveValue::Set(None), backup_codes_acknowledged_at: ActiveValue::Set(None), ..Default::default() };
    Entity::update_many().set(change).filter(Column::Id.eq(id)).exec(write.rows()).await?;
    Ok(())
}

/// Records that they saved `set`; `false` if another set counts by now.
pub async fn acknowledge_backup_codes(write: &Write<'_>, id: UserId, set: BackupCodeSetId, now: Time) -> Result<bool, StoreError> {
    let change = ActiveModel { backup_codes_acknowledged_at: ActiveValue::Set(Some(now)), ..Default::default() };
    let changed = Entity::update_many().set(change).filter(Column::Id.eq(id)).filter(Column::BackupCodeSet.eq(set)).exec(write.rows()).await?;
    Ok(changed.rows_affected == 1)
}

/// Shuts a person out, or lets them in again. What was opened before stays ended. `false` if nothing changed.
pub async fn set_active(write: &Write<'_>, id: UserId, active: bool, now: Time) -> Result<bool, StoreError> {
    let change = ActiveModel { deactivated_at: ActiveValue::Set((!active).then_some(now)), ..Default::default() };
    let was_other = if active { Column::DeactivatedAt.is_not_null() } else { Column::DeactivatedAt.is_null() };
    let changed = Entity::update_many()
        .set(change)
        .col_expr(Column::SecurityEpoch, Expr::col(Column::SecurityEpoch).add(1))
        .filter(Column::Id.eq(id))
        .filter(was_other)
        .exec(write.rows())
        .await?;
    Ok(changed.rows_affected == 1)
}
