//! Hot questions that span tables, one file each. Every one of them is a single SELECT that begins at the horizon, so that even a miss
//! tells the epoch and the settings version.

use sea_orm::sea_query::{Expr, ExprTrait as _, IntoIden as _, Query, SelectStatement};
use sea_orm::{ConnectionTrait as _, DbBackend, DbErr, EntityTrait, FromQueryResult as _, IdenStatic as _, Iterable as _, QueryResult, Statement};

use crate::store::horizon::{self, Horizon};
use crate::store::{Rows, StoreError};

pub mod code_facts;
pub mod grant_liveness;
pub mod passkey_and_user;
pub mod password_facts;
pub mod session_and_user;
pub mod token_is_spent;
pub mod ways_in;
pub mod what_a_grant_rests_on;

/// A SELECT of the horizon's row, to which the question joins its tables.
fn from_horizon() -> SelectStatement {
    let mut query = Query::select();
    query.from(horizon::Entity).and_where(Expr::col((horizon::Entity, horizon::Column::Id)).eq(Expr::Constant(1.into())));
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
async fn ask(store: &impl Rows, question: Statement) -> Result<(Horizon, QueryResult), StoreError> {
    let row = store.rows().query_one_raw(question).await?.ok_or_else(missing)?;
    Ok((read_horizon(&row)?, row))
}

/// The same where several rows may fit: each of them tells the horizon, and where nothing fits one row tells it alone.
async fn ask_for_all(store: &impl Rows, question: Statement) -> Result<(Horizon, Vec<QueryResult>), StoreError> {
    let rows = store.rows().query_all_raw(question).await?;
    Ok((read_horizon(rows.first().ok_or_else(missing)?)?, rows))
}

/// The database that answers.
fn backend(store: &impl Rows) -> DbBackend {
    store.rows().get_database_backend()
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
