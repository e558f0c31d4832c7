//! What does a grant rest on at the moment something is given from it? Asked inside the write that gives it: whoever takes the person, the
//! session or the consent away comes either before this write, and is seen, or after it.

use sea_orm::sea_query::{Expr, ExprTrait as _, JoinType, Query};
use sea_orm::{ConnectionTrait as _, DbBackend, FromQueryResult as _};

use crate::store::fixed_statement::{FixedStatement, hole};
use crate::store::reads::{backend, joined, select_columns};
use crate::store::{Rows as _, StoreError, Write, consent, grant, session, user};

/// Person, session and consent, as they are now.
#[derive(Clone, Debug)]
pub struct Held {
    /// The person.
    pub user: user::Model,
    /// The session, if it was asked for and is there.
    pub session: Option<session::Model>,
    /// The consent, if it was asked for and is there.
    pub consent: Option<consent::Model>,
}

/// Holds the person and the session of `grant` until the write ends, and finds the consent. `None` without the person.
///
/// PostgreSQL is asked in the order in which rows are locked: a row that it waited for is read as it is then, but what was joined to it would
/// be as it was before the wait. SQLite has one writer, nothing to hold and nothing to wait for: one question does.
pub async fn hold(write: &Write<'_>, grant: &grant::Model, with_session: bool, with_consent: bool) -> Result<Option<Held>, StoreError> {
    if backend(write) == DbBackend::Sqlite {
        return at_once(write, grant).await;
    }
    let Some(user) = user::hold(write, grant.user_id).await? else { return Ok(None) };
    let session = if with_session { session::hold(write, grant.session_id).await? } else { None };
    let consent = if with_consent { consent::find(write, grant.user_id, &grant.client_id).await? } else { None };
    Ok(Some(Held { user, session, consent }))
}

async fn at_once(write: &Write<'_>, grant: &grant::Model) -> Result<Option<Held>, StoreError> {
    static QUESTION: FixedStatement = FixedStatement::new(|backend| {
        let mut query = Query::select();
        select_columns::<user::Entity>(&mut query, "user_");
        select_columns::<session::Entity>(&mut query, "session_");
        select_columns::<consent::Entity>(&mut query, "consent_");
        let consent_is = |column| Expr::col((consent::Entity, column)).eq(hole());
        query
            .from(user::Entity)
            .join(JoinType::LeftJoin, session::Entity, Expr::col((session::Entity, session::Column::Id)).eq(hole()))
            .join(JoinType::LeftJoin, consent::Entity, consent_is(consent::Column::UserId).and(consent_is(consent::Column::ClientId)))
            .and_where(Expr::col((user::Entity, user::Column::Id)).eq(hole()));
        backend.build(&query)
    });
    let values = vec![grant.session_id.into(), grant.user_id.into(), grant.client_id.clone().into(), grant.user_id.into()];
    let Some(row) = write.rows().query_one_raw(QUESTION.with(write, values)?).await? else { return Ok(None) };
    let user = user::Model::from_query_result(&row, "user_")?;
    Ok(Some(Held { user, session: joined(&row, "session_")?, consent: joined(&row, "consent_")? }))
}
