//! Who is here? One SELECT for every page and every authorization request.

use sea_orm::Statement;
use sea_orm::sea_query::{Expr, ExprTrait as _, JoinType, SelectStatement};

use crate::base::digest::Digest;
use crate::store::fixed_statement::{FixedStatement, hole};
use crate::store::horizon::Horizon;
use crate::store::reads::{ask_for_all, backend, from_horizon, joined, select_columns};
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
    static OF_ONE_SECRET: FixedStatement = FixedStatement::new(|backend| backend.build(&sessions_that(secret_is().eq(hole()))));
    let question = match secrets {
        [secret] => OF_ONE_SECRET.with(store, vec![(*secret).into()])?,
        several => backend(store).build(&sessions_that(secret_is().is_in(several.iter().copied()))),
    };
    find(store, question).await
}

fn secret_is() -> Expr {
    Expr::col((session::Entity, session::Column::SecretDigest))
}

/// The question for the sessions that fit `condition`, each with its person.
pub(super) fn sessions_that(condition: Expr) -> SelectStatement {
    let mut query = from_horizon();
    select_columns::<session::Entity>(&mut query, "session_");
    select_columns::<user::Entity>(&mut query, "user_");
    query.join(JoinType::LeftJoin, session::Entity, condition).join(
        JoinType::LeftJoin,
        user::Entity,
        Expr::col((user::Entity, user::Column::Id)).equals((session::Entity, session::Column::UserId)),
    );
    query
}

/// Asks it.
pub(super) async fn find(store: &Store, question: Statement) -> Result<(Horizon, Vec<SessionAndUser>), StoreError> {
    let (horizon, rows) = ask_for_all(store, question).await?;
    let mut found = Vec::with_capacity(rows.len());
    for row in rows {
        let session = joined::<session::Model>(&row, "session_")?;
        let user = joined::<user::Model>(&row, "user_")?;
        found.extend(session.zip(user).map(|(session, user)| SessionAndUser { session, user }));
    }
    Ok((horizon, found))
}
