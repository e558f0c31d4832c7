//! Sessions: one for each account that is signed in in a browser. The row keeps its id and `sid` for life; a re-authentication changes
//! the secret and the times.

use sea_orm::ActiveValue;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, ExprTrait as _};
use sea_orm::{QueryOrder as _, QuerySelect as _, QueryTrait as _};

use crate::base::clock::Time;
use crate::base::digest::Digest;
use crate::base::id::{PasskeyId, SessionId, Sid, UserId};
use crate::protocol::claims::{Acr, Amr};
use crate::store::fixed_statement::{self, FixedStatement, insertion};
use crate::store::spent::SWEEP_BATCH;
use crate::store::{Rows, StoreError, Write};

/// A session.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sessions")]
pub struct Model {
    /// Row id; stays in the house.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SessionId,
    /// Who is signed in.
    pub user_id: UserId,
    /// Its name towards clients.
    pub sid: Sid,
    /// Digest of the secret in the cookie.
    pub secret_digest: Digest,
    /// Digest of the browser cookie it belongs to.
    pub browser_digest: Digest,
    /// When it began.
    pub created_at: Time,
    /// When the person last proved who they are.
    pub authenticated_at: Time,
    /// When the person last chose this account.
    pub chosen_at: Time,
    /// How strongly they proved it.
    pub acr: Acr,
    /// By what means.
    pub amr: Amr,
    /// The passkey that opened it, if one did; the row of one that was revoked is gone.
    pub passkey_id: Option<PasskeyId>,
    /// When it was last used, to within five minutes.
    pub last_seen_at: Time,
    /// The browser and system it was opened with, as a person reads it.
    pub device: String,
    /// The network it was opened from.
    pub network: String,
    /// When it was ended, if it was.
    pub ended_at: Option<Time>,
    /// The epoch it began in.
    pub epoch: i64,
    /// The person's security epoch when it began.
    pub security_epoch: i64,
}

/// No relations: joins are written where they are asked.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// What a fresh authentication changes.
#[derive(Clone, Debug)]
pub struct Authentication {
    /// The new secret's digest.
    pub secret_digest: Digest,
    /// When.
    pub at: Time,
    /// How strongly.
    pub acr: Acr,
    /// By what means.
    pub amr: Amr,
    /// The passkey that proved it, if one did.
    pub passkey_id: Option<PasskeyId>,
}

/// Adds a session.
pub async fn insert(write: &Write<'_>, row: Model) -> Result<(), StoreError> {
    static TEXT: FixedStatement = FixedStatement::new(insertion::<Entity>);
    fixed_statement::insert::<Entity>(write, &TEXT, &row).await
}

/// Records a fresh authentication of the same person. `false` if the session has ended meanwhile.
pub async fn authenticate_again(write: &Write<'_>, id: SessionId, user: UserId, fresh: Authentication) -> Result<bool, StoreError> {
    let change = ActiveModel {
        secret_digest: ActiveValue::Set(fresh.secret_digest),
        authenticated_at: ActiveValue::Set(fresh.at),
        chosen_at: ActiveValue::Set(fresh.at),
        last_seen_at: ActiveValue::Set(fresh.at),
        acr: ActiveValue::Set(fresh.acr),
        amr: ActiveValue::Set(fresh.amr),
        passkey_id: ActiveValue::Set(fresh.passkey_id),
        ..Default::default()
    };
    let changed = Entity::update_many()
        .set(change)
        .filter(Column::Id.eq(id))
        .filter(Column::UserId.eq(user))
        .filter(Column::EndedAt.is_null())
        .exec(write.rows())
        .await?;
    Ok(changed.rows_affected == 1)
}

/// Notes that this account was chosen. `false` if the session has ended meanwhile, itself or with all others of its person.
pub async fn choose(write: &Write<'_>, id: SessionId, security_epoch: i64, now: Time) -> Result<bool, StoreError> {
    let change = ActiveModel { chosen_at: ActiveValue::Set(now), last_seen_at: ActiveValue::Set(now), ..Default::default() };
    let changed = Entity::update_many()
        .set(change)
        .filter(Column::Id.eq(id))
        .filter(Column::EndedAt.is_null())
        .filter(Column::SecurityEpoch.eq(security_epoch))
        .exec(write.rows())
        .await?;
    Ok(changed.rows_affected == 1)
}

/// What the living sessions of a person have in common.
#[derive(Clone, Copy, Debug)]
pub struct Living {
    /// The epoch of this node.
    pub epoch: i64,
    /// The person's security epoch.
    pub security_epoch: i64,
    /// They began after this moment.
    pub began_after: Time,
    /// They were seen after this moment.
    pub seen_after: Time,
}

/// The living sessions of a person, those that were used last first.
pub async fn living_of(rows: &impl Rows, user: UserId, living: Living) -> Result<Vec<Model>, StoreError> {
    Ok(last_used_first(user, living).all(rows.rows()).await?)
}

/// Of the living sessions of a person, those that come after the `most` that were used last.
pub async fn living_beyond(write: &Write<'_>, user: UserId, living: Living, most: u32) -> Result<Vec<Model>, StoreError> {
    // SQLite knows no OFFSET without a LIMIT.
    Ok(last_used_first(user, living).offset(u64::from(most)).limit(u64::from(u32::MAX)).all(write.rows()).await?)
}

fn last_used_first(user: UserId, living: Living) -> Select<Entity> {
    Entity::find()
        .filter(Column::UserId.eq(user))
        .filter(Column::EndedAt.is_null())
        .filter(Column::Epoch.eq(living.epoch))
        .filter(Column::SecurityEpoch.eq(living.security_epoch))
        .filter(Column::CreatedAt.gt(living.began_after))
        .filter(Column::LastSeenAt.gt(living.seen_after))
        .order_by_desc(Column::LastSeenAt)
        .order_by_desc(Column::Id)
}

/// Whether this person ever had a session in this browser, as far as rows still tell.
pub async fn was_in(rows: &impl Rows, user: UserId, browser: Digest) -> Result<bool, StoreError> {
    let found = Entity::find().select_only().column(Column::Id).filter(Column::UserId.eq(user)).filter(Column::BrowserDigest.eq(browser)).limit(1);
    Ok(found.into_tuple::<SessionId>().one(rows.rows()).await?.is_some())
}

/// Ends a session. `false` if it had ended.
pub async fn end(write: &Write<'_>, id: SessionId, now: Time) -> Result<bool, StoreError> {
    let change = ActiveModel { ended_at: ActiveValue::Set(Some(now)), ..Default::default() };
    let changed = Entity::update_many().set(change).filter(Column::Id.eq(id)).filter(Column::EndedAt.is_null()).exec(write.rows()).await?;
    Ok(changed.rows_affected == 1)
}

/// A person's session by its name, whatever its state.
pub async fn named(write: &Write<'_>, user: UserId, sid: &Sid) -> Result<Option<Model>, StoreError> {
    Ok(Entity::find().filter(Column::UserId.eq(user)).filter(Column::Sid.eq(sid.clone())).one(write.rows()).await?)
}

/// Ends all of a person's sessions. Which ones there were.
pub async fn end_all_of(write: &Write<'_>, user: UserId, now: Time) -> Result<Vec<SessionId>, StoreError> {
    end_every(write, Column::UserId.eq(user), now).await
}

/// Ends a person's sessions, but for `spared`. Which ones there were.
pub async fn end_others(write: &Write<'_>, user: UserId, spared: SessionId, now: Time) -> Result<Vec<SessionId>, StoreError> {
    end_every(write, Column::UserId.eq(user).and(Column::Id.ne(spared)), now).await
}

/// Ends the sessions of a person that this passkey opened, but for `spared`. Which ones there were.
pub async fn end_opened_by(write: &Write<'_>, user: UserId, passkey: PasskeyId, spared: SessionId, now: Time) -> Result<Vec<SessionId>, StoreError> {
    end_every(write, Column::UserId.eq(user).and(Column::PasskeyId.eq(passkey)).and(Column::Id.ne(spared)), now).await
}

async fn end_every(write: &Write<'_>, which: Expr, now: Time) -> Result<Vec<SessionId>, StoreError> {
    let change = ActiveModel { ended_at: ActiveValue::Set(Some(now)), ..Default::default() };
    let ended = Entity::update_many().set(change).filter(which).filter(Column::EndedAt.is_null()).exec_with_returning(write.rows()).await?;
    Ok(ended.into_iter().map(|session| session.id).collect())
}

/// Sessions that nobody has ended and that are over all the same: those that began at or before the one moment, and those that were seen last
/// at or before the other. At most [`SWEEP_BATCH`] of each.
pub async fn over(rows: &impl Rows, began: Time, seen: Time) -> Result<Vec<SessionId>, StoreError> {
    let mut over = Vec::new();
    for which in [Column::CreatedAt.lte(began), Column::LastSeenAt.lte(seen)] {
        let found = Entity::find().select_only().column(Column::Id).filter(Column::EndedAt.is_null()).filter(which).limit(SWEEP_BATCH);
        over.extend(found.into_tuple::<SessionId>().all(rows.rows()).await?);
    }
    over.sort_unstable();
    over.dedup();
    Ok(over)
}

/// Ends a session that is over, as for [`over`]; the session, if it was not used or ended meanwhile.
pub async fn end_if_over(write: &Write<'_>, id: SessionId, began: Time, seen: Time, now: Time) -> Result<Option<Model>, StoreError> {
    let change = ActiveModel { ended_at: ActiveValue::Set(Some(now)), ..Default::default() };
    let ended = Entity::update_many()
        .set(change)
        .filter(Column::Id.eq(id))
        .filter(Column::EndedAt.is_null())
        .filter(Column::CreatedAt.lte(began).or(Column::LastSeenAt.lte(seen)));
    Ok(ended.exec_with_returning(write.rows()).await?.pop())
}

/// Notes that a session was used.
pub async fn mark_seen(write: &Write<'_>, id: SessionId, now: Time) -> Result<(), StoreError> {
    let change = ActiveModel { last_seen_at: ActiveValue::Set(now), ..Default::default() };
    Entity::update_many().set(change).filter(Column::Id.eq(id)).filter(Column::LastSeenAt.lt(now)).exec(write.rows()).await?;
    Ok(())
}

/// The session, held until the write ends so that nobody ends it meanwhile (a no-op on SQLite, which has one writer).
pub async fn hold(write: &Write<'_>, id: SessionId) -> Result<Option<Model>, StoreError> {
    let mut found = Entity::find_by_id(id);
    if write.rows().get_database_backend() == sea_orm::DbBackend::Postgres {
        found = found.lock_shared();
    }
    Ok(found.one(write.rows()).await?)
}

/// Forgets up to [`SWEEP_BATCH`] sessions that began before `time`; how many there were.
pub async fn sweep(write: &Write<'_>, time: Time) -> Result<u64, StoreError> {
    let over = Entity::find().select_only().column(Column::Id).filter(Column::CreatedAt.lt(time)).limit(SWEEP_BATCH).into_query();
    Ok(Entity::delete_many().filter(Column::Id.in_subquery(over)).exec(write.rows()).await?.rows_affected)
}
