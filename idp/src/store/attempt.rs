//! Attempt budgets: how often somebody guessed at a secret of a person, or from a network, and from when they may again. Shared by all
//! nodes; the id is a keyed digest, so that the table names nobody.

use sea_orm::ConnectionTrait as _;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, ExprTrait as _, OnConflict, Query};

use crate::base::clock::Time;
use crate::base::digest::Digest;
use crate::store::spent::SWEEP_BATCH;
use crate::store::{Rows, StoreError, Write};

/// A budget that was drawn on.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "attempts")]
pub struct Model {
    /// Keyed digest of what is counted.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Digest,
    /// Guesses that were not given back.
    pub failures: i64,
    /// From when the next guess is judged.
    pub next_at: Time,
    /// When the last one was.
    pub last_at: Time,
    /// From when nothing of it counts any more, unless there is another guess before.
    pub forgotten_at: Time,
}

/// No relations: joins are written where they are asked.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// From when a budget is open that is not closed. Not the moment of the guess: of two guesses the one that came later may be counted first.
const OPEN: Time = Time::from_millis(0);

/// One guess that draws on a budget.
#[derive(Clone, Debug)]
pub struct Draw {
    /// Keyed digest of what is counted.
    pub id: Digest,
    /// When.
    pub now: Time,
    /// When the guess after this one is judged, by how many there have been: the first pair whose number is reached counts, else it is at once.
    pub next_at: Vec<(i64, Time)>,
    /// From when nothing counts any more if this was the last one.
    pub forgotten_at: Time,
}

/// Counts a guess. `false`, and nothing is counted, if its time has not come. One statement, so that guesses in the same moment are counted
/// one after the other, on all nodes together.
pub async fn draw(write: &Write<'_>, draw: &Draw) -> Result<bool, StoreError> {
    let Draw { id, now, ref next_at, forgotten_at } = *draw;
    let column = |column: Column| Expr::col((Entity, column));
    let is_forgotten = || column(Column::ForgottenAt).lte(now);
    let counted = || column(Column::Failures).add(1);
    let first = next_at.iter().find(|(number, _)| *number <= 1).map_or(OPEN, |(_, time)| *time);
    let mut next = Expr::case(is_forgotten(), Expr::val(first));
    for (number, time) in next_at {
        next = next.case(counted().gte(*number), Expr::val(*time));
    }
    let values = [
        (Column::Failures, Expr::case(is_forgotten(), Expr::val(1_i64)).finally(counted()).into()),
        (Column::NextAt, next.finally(Expr::val(OPEN)).into()),
        (Column::LastAt, Expr::val(now)),
        (Column::ForgottenAt, Expr::val(forgotten_at)),
    ];
    let on_conflict = OnConflict::column(Column::Id).values(values).action_and_where(column(Column::NextAt).lte(now)).to_owned();
    let mut insert = Query::insert();
    insert
        .into_table(Entity)
        .columns([Column::Id, Column::Failures, Column::NextAt, Column::LastAt, Column::ForgottenAt])
        .values([Expr::val(id), Expr::val(1_i64), Expr::val(first), Expr::val(now), Expr::val(forgotten_at)])
        .map_err(|error| StoreError::Unreadable(error.to_string()))?
        .on_conflict(on_conflict);
    Ok(write.rows().execute(&insert).await?.rows_affected() == 1)
}

/// Gives back one guess that was counted at `drawn_at`. Whoever guessed after it keeps their wait.
pub async fn give_back(write: &Write<'_>, id: Digest, drawn_at: Time) -> Result<(), StoreError> {
    let was_last = Expr::col(Column::LastAt).eq(drawn_at);
    let next_at = Expr::case(was_last, Expr::val(OPEN)).finally(Expr::col(Column::NextAt));
    Entity::update_many()
        .col_expr(Column::Failures, Expr::col(Column::Failures).sub(1))
        .col_expr(Column::NextAt, next_at.into())
        .filter(Column::Id.eq(id))
        .filter(Column::Failures.gt(0))
        .exec(write.rows())
        .await?;
    Ok(())
}

/// Forgets what was counted.
pub async fn forget(write: &Write<'_>, id: Digest) -> Result<(), StoreError> {
    Entity::delete_many().filter(Column::Id.eq(id)).exec(write.rows()).await?;
    Ok(())
}

/// Which of these budgets let nobody guess at `now`, and until when.
pub async fn closed(rows: &impl Rows, ids: &[Digest], now: Time) -> Result<Vec<(Digest, Time)>, StoreError> {
    let found = Entity::find().filter(Column::Id.is_in(ids.iter().copied())).filter(Column::NextAt.gt(now)).all(rows.rows()).await?;
    Ok(found.into_iter().map(|row| (row.id, row.next_at)).collect())
}

/// Forgets up to [`SWEEP_BATCH`] budgets of which nothing counts any more; how many there were.
pub async fn sweep(write: &Write<'_>, now: Time) -> Result<u64, StoreError> {
    let mut over = Query::select();
    over.column(Column::Id).from(Entity).and_where(Expr::col(Column::ForgottenAt).lte(now)).limit(SWEEP_BATCH);
    Ok(Entity::delete_many().filter(Column::Id.in_subquery(over)).exec(write.rows()).await?.rows_affected)
}
