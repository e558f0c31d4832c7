//! Does what a code says still hold? The session and the person it names, in one SELECT before it is redeemed.

use sea_orm::sea_query::{Expr, ExprTrait as _, JoinType};

use crate::base::id::SessionId;
use crate::store::horizon::Horizon;
use crate::store::reads::session_and_user::SessionAndUser;
use crate::store::reads::{ask, from_horizon, joined, select_columns};
use crate::store::{Store, StoreError, session, user};

/// The session with this row id and its person, whatever their state; the caller judges.
pub async fn code_facts(store: &Store, id: SessionId) -> Result<(Horizon, Option<SessionAndUser>), StoreError> {
    let mut query = from_horizon();
    select_columns::<session::Entity>(&mut query, "session_");
    select_columns::<user::Entity>(&mut query, "user_");
    query.join(JoinType::LeftJoin, session::Entity, Expr::col((session::Entity, session::Column::Id)).eq(id)).join(
        JoinType::LeftJoin,
        user::Entity,
        Expr::col((user::Entity, user::Column::Id)).equals((session::Entity, session::Column::UserId)),
    );
    let (horizon, row) = ask(store, &query).await?;
    let session = joined::<session::Model>(&row, "session_")?;
    let user = joined::<user::Model>(&row, "user_")?;
    Ok((horizon, session.zip(user).map(|(session, user)| SessionAndUser { session, user })))
}
