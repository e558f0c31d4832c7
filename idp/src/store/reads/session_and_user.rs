//! Who is here? One SELECT for every page and every authorization request.

use sea_orm::sea_query::{Expr, ExprTrait as _, JoinType};

use crate::base::digest::Digest;
use crate::store::horizon::Horizon;
use crate::store::reads::{ask_for_all, from_horizon, joined, select_columns};
use crate::store::{Store, StoreError, session, user};

/// A session with its person.
#[derive(Clone, Debug)]
pub struct SessionAndUser {
    /// The session.
    pub session: session::Model,
    /// Whose it is.
    pub user: user::Model,
}

/// The sessions whose secrets have these digests, in no order and whatever their state; the caller judges whether they are alive.
pub async fn sessions_and_users(store: &Store, secrets: &[Digest]) -> Result<(Horizon, Vec<SessionAndUser>), StoreError> {
    find(store, Expr::col((session::Entity, session::Column::SecretDigest)).is_in(secrets.iter().copied())).await
}

/// The sessions that fit `condition`, each with its person.
pub(super) async fn find(store: &Store, condition: Expr) -> Result<(Horizon, Vec<SessionAndUser>), StoreError> {
    let mut query = from_horizon();
    select_columns::<session::Entity>(&mut query, "session_");
    select_columns::<user::Entity>(&mut query, "user_");
    query.join(JoinType::LeftJoin, session::Entity, condition).join(
        JoinType::LeftJoin,
        user::Entity,
        Expr::col((user::Entity, user::Column::Id)).equals((session::Entity, session::Column::UserId)),
    );
    let (horizon, rows) = ask_for_all(store, &query).await?;
    let mut found = Vec::with_capacity(rows.len());
    for row in rows {
        let session = joined::<session::Model>(&row, "session_")?;
        let user = joined::<user::Model>(&row, "user_")?;
        found.extend(session.zip(user).map(|(session, user)| SessionAndUser { session, user }));
    }
    Ok((horizon, found))
}
