//! Hot questions that span tables, one file each. Every one of them is a single SELECT that begins at the horizon, so that even a miss
//! tells the epoch and the settings version.

use sea_orm::sea_query::{Expr, ExprTrait as _, IntoIden as _, Query, SelectStatement};
use sea_orm::{ConnectionTrait as _, DbErr, EntityTrait, FromQueryResult as _, IdenStatic as _, Iterable as _, QueryResult};

use crate::store::horizon::{self, Horizon};
use crate::store::{Rows, StoreError};

pub mod code_facts;
pub mod grant_liveness;
pub mod passkey_and_user;
pub mod password_facts;
pub mod session_and_user;
pub mod token_is_spent;
pub mod ways_in;

/// A SELECT of the horizon's row, to which the question joins its tables.
fn from_horizon() -> SelectStatement {
    let mut query = Query::select();
    query.from(horizon::Entity).and_where(Expr::col((horizon::Entity, horizon::Column::Id)).eq(1));
    select_columns::<horizon::Entity>(&mut query, "horizon_");
    query
}

/// Adds all columns of an entity, each under `prefix` + its name.
fn select_columns<E: EntityTrait>(query: &mut SelectStatement, prefix: &str) {
    for column in E::Column::iter() {
        let alias = format!("{prefix}{}", column.as_str());
        query.expr_as(Expr::col((E::default(), column)), alias.into_iden());
    }
}

/// Asks, and reads the horizon; the one row is always there.
async fn ask(store: &impl Rows, query: &SelectStatement) -> Result<(Horizon, QueryResult), StoreError> {
    let row = store.rows().query_one(query).await?.ok_or_else(missing)?;
    Ok((read_horizon(&row)?, row))
}

/// The same where several rows may fit: each of them tells the horizon, and where nothing fits one row tells it alone.
async fn ask_for_all(store: &impl Rows, query: &SelectStatement) -> Result<(Horizon, Vec<QueryResult>), StoreError> {
    let rows = store.rows().query_all(query).await?;
    Ok((read_horizon(rows.first().ok_or_else(missing)?)?, rows))
}

fn missing() -> StoreError {
    StoreError::Unreadable("the horizon row is missing".to_owned())
}

fn read_horizon(row: &QueryResult) -> Result<Horizon, DbErr> {
    let horizon = horizon::Model::from_query_result(row, "horizon_")?;
    Ok(Horizon { epoch: horizon.epoch, settings_version: horizon.settings_version })
}

/// The joined row of an entity, if the join found one.
fn joined<M: sea_orm::FromQueryResult>(row: &QueryResult, prefix: &str) -> Result<Option<M>, DbErr> {
    M::from_query_result_optional(row, prefix)
}
