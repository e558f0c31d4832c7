//! Does what a code says still hold? The session and the person it names, in one SELECT before it is redeemed.

use sea_orm::sea_query::{Expr, ExprTrait as _};

use crate::base::id::SessionId;
use crate::store::fixed_statement::{FixedStatement, hole};
use crate::store::horizon::Horizon;
use crate::store::reads::session_and_user::{SessionAndUser, find, sessions_that};
use crate::store::{Store, StoreError, session};

/// The session with this row id and its person, whatever their state; the caller judges.
pub async fn code_facts(store: &Store, id: SessionId) -> Result<(Horizon, Option<SessionAndUser>), StoreError> {
    static QUESTION: FixedStatement =
        FixedStatement::new(|backend| backend.build(&sessions_that(Expr::col((session::Entity, session::Column::Id)).eq(hole()))));
    let (horizon, found) = find(store, QUESTION.with(store, vec![id.into()])?).await?;
    Ok((horizon, found.into_iter().next()))
}
