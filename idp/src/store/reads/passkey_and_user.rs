//! Whose passkey is this? One SELECT for every sign-in.

use sea_orm::sea_query::{Expr, ExprTrait as _, JoinType};

use crate::base::id::CredentialId;
use crate::store::fixed_statement::{FixedStatement, hole};
use crate::store::horizon::Horizon;
use crate::store::reads::{ask, from_horizon, joined, select_columns};
use crate::store::{Store, StoreError, passkey, user};

/// A passkey with its owner.
#[derive(Clone, Debug)]
pub struct PasskeyAndUser {
    /// The passkey.
    pub passkey: passkey::Model,
    /// Whose it is.
    pub user: user::Model,
}

/// The passkey that authenticators call `credential`.
pub async fn passkey_and_user(store: &Store, credential: &CredentialId) -> Result<(Horizon, Option<PasskeyAndUser>), StoreError> {
    static QUESTION: FixedStatement = FixedStatement::new(|backend| {
        let mut query = from_horizon();
        select_columns::<passkey::Entity>(&mut query, "passkey_");
        select_columns::<user::Entity>(&mut query, "user_");
        query.join(JoinType::LeftJoin, passkey::Entity, Expr::col((passkey::Entity, passkey::Column::CredentialId)).eq(hole())).join(
            JoinType::LeftJoin,
            user::Entity,
            Expr::col((user::Entity, user::Column::Id)).equals((passkey::Entity, passkey::Column::UserId)),
        );
        backend.build(&query)
    });
    let (horizon, row) = ask(store, QUESTION.with(store, vec![credential.clone().into()])?).await?;
    let passkey = joined::<passkey::Model>(&row, "passkey_")?;
    let user = joined::<user::Model>(&row, "user_")?;
    Ok((horizon, passkey.zip(user).map(|(passkey, user)| PasskeyAndUser { passkey, user })))
}
