//! Who is here? One SELECT for every page and every authorization request.

use sea_orm::sea_query::{Expr, ExprTrait as _, JoinType};

use crate::base::digest::Digest;
use crate::store::horizon::Horizon;
use crate::store::reads::{ask, from_horizon, joined, select_columns};
use crate::store::{Store, StoreError, session, user};

/// A session with its person.
#[derive(Clone, Debug)]
pub struct SessionAndUser {
    /// The session.
    pub session: session::Model,
    /// Whose it is.
    pub user: user::Model,
}

/// The session whose secret has this digest, whatever its state; the caller judges whether it is alive.
pub async fn session_and_user(store: &Store, secret: Digest) -> Result<(Horizon, Option<SessionAndUser>), StoreError> {
    find(store, Expr::col((session::Entity, session::Column::SecretDigest)).eq(secret)).await
}

/// The one session that fits `condition`, with its person.
pub(super) async fn find(store: &Store, condition: Expr) -> Result<(Horizon, Option<SessionAndUser>), StoreError> {
    let mut query = from_horizon();
    select_columns::<session::Entity>(&mut query, "session_");
    select_columns::<user::Entity>(&mut query, "user_");
    query.join(JoinType::LeftJoin, session::Entity, condition).join(
        JoinType::LeftJoin,
        user::Entity,
        Expr::col((user::Entity, user::Column::Id)).equals((session::Entity, session::Column::UserId)),
    );
    let (horizon, row) = ask(store, &query).await?;
    let session = joined::<session::Model>(&row, "session_")?;
    let user = joined::<user::Model>(&row, "user_")?;
    Ok((horizon, session.zip(user).map(|(session, user)| SessionAndUser { session, user })))
}
