//! Was this access token revoked? For tokens behind which nobody stands; the others are asked about with their grant.

use sea_orm::sea_query::{Expr, ExprTrait as _, JoinType};

use crate::base::single_use::SingleUseId;
use crate::store::fixed_statement::{FixedStatement, hole};
use crate::store::horizon::Horizon;
use crate::store::reads::{ask, from_horizon, joined, select_columns};
use crate::store::{Store, StoreError, spent};

/// Whether the token with this id is spent.
pub async fn token_is_spent(store: &Store, id: SingleUseId) -> Result<(Horizon, bool), StoreError> {
    static QUESTION: FixedStatement = FixedStatement::new(|backend| {
        let mut query = from_horizon();
        select_columns::<spent::Entity>(&mut query, "spent_");
        query.join(JoinType::LeftJoin, spent::Entity, Expr::col((spent::Entity, spent::Column::Id)).eq(hole()));
        backend.build(&query)
    });
    let (horizon, row) = ask(store, QUESTION.with(store, vec![id.into()])?).await?;
    Ok((horizon, joined::<spent::Model>(&row, "spent_")?.is_some()))
}
