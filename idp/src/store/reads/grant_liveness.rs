//! Is this grant alive? Everything its life hangs on, joined in the one SELECT of userinfo and refresh, so that ending a session or
//! shutting a person out is one UPDATE and nothing is copied.

use sea_orm::sea_query::{Expr, ExprTrait as _, JoinType, SelectStatement};

use crate::base::id::GrantId;
use crate::base::single_use::SingleUseId;
use crate::store::fixed_statement::{FixedStatement, hole};
use crate::store::horizon::Horizon;
use crate::store::reads::{ask, from_horizon, joined, select_columns};
use crate::store::{Store, StoreError, consent, grant, session, spent, user};

/// A grant and what its life hangs on.
#[derive(Clone, Debug)]
pub struct GrantFacts {
    /// The grant.
    pub grant: grant::Model,
    /// For whom.
    pub user: user::Model,
    /// The session it came from, if its row is still there.
    pub session: Option<session::Model>,
    /// What the person allows the client now.
    pub consent: Option<consent::Model>,
    /// Whether the access token that was asked about was revoked.
    pub token_is_spent: bool,
}

/// The grant with this row id, and whether `token` (an access token's id) is spent.
pub async fn grant_liveness(store: &Store, id: GrantId, token: Option<SingleUseId>) -> Result<(Horizon, Option<GrantFacts>), StoreError> {
    static OF_GRANT: FixedStatement = FixedStatement::new(|backend| backend.build(&of_grant()));
    static OF_GRANT_AND_TOKEN: FixedStatement = FixedStatement::new(|backend| {
        let mut query = of_grant();
        select_columns::<spent::Entity>(&mut query, "spent_");
        query.join(JoinType::LeftJoin, spent::Entity, Expr::col((spent::Entity, spent::Column::Id)).eq(hole()));
        backend.build(&query)
    });
    let question = match token {
        None => OF_GRANT.with(store, vec![id.into()])?,
        Some(token) => OF_GRANT_AND_TOKEN.with(store, vec![id.into(), token.into()])?,
    };
    let (horizon, row) = ask(store, question).await?;
    let Some((grant, user)) = joined::<grant::Model>(&row, "grant_")?.zip(joined::<user::Model>(&row, "user_")?) else {
        return Ok((horizon, None));
    };
    let token_is_spent = token.is_some() && joined::<spent::Model>(&row, "spent_")?.is_some();
    let facts = GrantFacts { grant, user, session: joined(&row, "session_")?, consent: joined(&row, "consent_")?, token_is_spent };
    Ok((horizon, Some(facts)))
}

fn of_grant() -> SelectStatement {
    let mut query = from_horizon();
    select_columns::<grant::Entity>(&mut query, "grant_");
    select_columns::<user::Entity>(&mut query, "user_");
    select_columns::<session::Entity>(&mut query, "session_");
    select_columns::<consent::Entity>(&mut query, "consent_");
    query
        .join(JoinType::LeftJoin, grant::Entity, Expr::col((grant::Entity, grant::Column::Id)).eq(hole()))
        .join(JoinType::LeftJoin, user::Entity, Expr::col((user::Entity, user::Column::Id)).equals((grant::Entity, grant::Column::UserId)))
        .join(
            JoinType::LeftJoin,
            session::Entity,
            Expr::col((session::Entity, session::Column::Id)).equals((grant::Entity, grant::Column::SessionId)),
        )
        .join(
            JoinType::LeftJoin,
            consent::Entity,
            Expr::col((consent::Entity, consent::Column::UserId))
                .equals((grant::Entity, grant::Column::UserId))
                .and(Expr::col((consent::Entity, consent::Column::ClientId)).equals((grant::Entity, grant::Column::ClientId))),
        );
    query
}
