//! What was spent: one small row when a single-use value is used, none when it is handed out.
//!
//! Spending is one INSERT that succeeds or finds that it was spent, in the transaction of what it gives. It must not fail open: what
//! ended so long ago that its row may have been swept is refused as forgotten.

use sea_orm::sea_query::{Expr, ExprTrait as _, OnConflict, Query};
use sea_orm::{ActiveValue, ConnectionTrait as _, entity::prelude::*};

use crate::base::clock::Time;
use crate::base::single_use::SingleUseId;
use crate::store::fixed_statement::{FixedStatement, hole};
use crate::store::{Rows, StoreError, Write, horizon};

/// A spent value.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "spent")]
pub struct Model {
    /// The value's id, which begins with its end.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SingleUseId,
    /// What was given for it, if that matters to a second use.
    pub gave: Option<Vec<u8>>,
}

/// No relations.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// What spending came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Spending {
    /// It is spent now, by this.
    Now,
    /// It was spent before, and gave this.
    Before(Option<Vec<u8>>),
    /// It ended so long ago that nobody can tell; or it was made in another epoch. Refused, without alarm.
    Forgotten,
}

/// How many rows a sweep takes at a time.
pub const SWEEP_BATCH: u64 = 500;

/// Spends `id` in this write, if `epoch` is still the database's.
pub async fn spend(write: &Write<'_>, id: SingleUseId, gave: Option<Vec<u8>>, epoch: i64) -> Result<Spending, StoreError> {
    static TEXT: FixedStatement = FixedStatement::new(|backend| {
        let mut values = Query::select();
        values
            .exprs([hole(), hole()])
            .from(horizon::Entity)
            .and_where(Expr::col((horizon::Entity, horizon::Column::SweptThrough)).lt(hole()))
            .and_where(Expr::col((horizon::Entity, horizon::Column::Epoch)).eq(hole()));
        let mut insert = Query::insert();
        // Two columns, two expressions: there is nothing to refuse.
        let _ = insert.into_table(Entity).columns([Column::Id, Column::Gave]).select_from(values);
        backend.build(insert.on_conflict(OnConflict::column(Column::Id).do_nothing().to_owned()))
    });
    let values = vec![id.into(), gave.into(), id.expires_at().into(), epoch.into()];
    let inserted = write.rows().execute_raw(TEXT.with(write, values)?).await?;
    if inserted.rows_affected() == 1 {
        return Ok(Spending::Now);
    }
    let before = Entity::find_by_id(id).one(write.rows()).await?;
    Ok(before.map_or(Spending::Forgotten, |row| Spending::Before(row.gave)))
}

/// Writes down what was given for a value that this write has spent.
pub async fn note(write: &Write<'_>, id: SingleUseId, gave: Vec<u8>) -> Result<(), StoreError> {
    let change = ActiveModel { gave: ActiveValue::Set(Some(gave)), ..Default::default() };
    Entity::update_many().set(change).filter(Column::Id.eq(id)).exec(write.rows()).await?;
    Ok(())
}

/// The row of a value that was spent; none if it was not, or was long ago.
pub async fn find(rows: &impl Rows, id: SingleUseId) -> Result<Option<Model>, StoreError> {
    Ok(Entity::find_by_id(id).one(rows.rows()).await?)
}

/// Whether `id` is spent, as far as its row still tells. Only [`spend`] decides.
pub async fn is_spent(rows: &impl Rows, id: SingleUseId) -> Result<bool, StoreError> {
    Ok(Entity::find_by_id(id).one(rows.rows()).await?.is_some())
}

/// Forgets up to [`SWEEP_BATCH`] values that ended before `through`; how many there were. `swept_through` must have been raised before.
pub async fn sweep(write: &Write<'_>, through: Time) -> Result<u64, StoreError> {
    let mut oldest = Query::select();
    oldest
        .column(Column::Id)
        .from(Entity)
        .and_where(Expr::col(Column::Id).lt(SingleUseId::first_at(through).to_vec()))
        .order_by(Column::Id, sea_orm::Order::Asc)
        .limit(SWEEP_BATCH);
    let swept = Entity::delete_many().filter(Column::Id.in_subquery(oldest)).exec(write.rows()).await?;
    Ok(swept.rows_affected)
}
