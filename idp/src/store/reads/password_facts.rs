//! Who signs in with this address, and by what besides passkeys? One SELECT for every guess at a password, whoever it is about.

use sea_orm::sea_query::{Expr, ExprTrait as _, JoinType};

use crate::base::email::Email;
use crate::store::horizon::Horizon;
use crate::store::reads::ways_in::usable_passkeys;
use crate::store::reads::{ask, backend, from_horizon, joined, select_columns};
use crate::store::{Store, StoreError, passkey, password, totp, user};

/// A person and what is known of their password.
#[derive(Clone, Debug)]
pub struct PasswordFacts {
    /// The person.
    pub user: user::Model,
    /// Their password, frozen or not.
    pub password: Option<password::Model>,
    /// Their authenticator app, frozen or not.
    pub totp: Option<totp::Model>,
    /// Whether they have a passkey that signs in here.
    pub has_passkey: bool,
}

/// The person who signs in with this address; passkeys count that were registered for `rp_id`, and those that may have been copied where
/// `suspected` ones do.
pub async fn password_facts(store: &Store, email: &Email, rp_id: &str, suspected: bool) -> Result<(Horizon, Option<PasswordFacts>), StoreError> {
    let mut query = from_horizon();
    select_columns::<user::Entity>(&mut query, "user_");
    select_columns::<password::Entity>(&mut query, "password_");
    select_columns::<totp::Entity>(&mut query, "totp_");
    let of_user = |column: Expr| column.equals((user::Entity, user::Column::Id));
    let own = of_user(Expr::col((passkey::Entity, passkey::Column::UserId)));
    let usable = usable_passkeys(rp_id, suspected).and_where(own).take();
    query
        .expr_as(Expr::exists(usable), "has_passkey")
        .join(JoinType::LeftJoin, user::Entity, Expr::col((user::Entity, user::Column::Email)).eq(email.clone()))
        .join(JoinType::LeftJoin, password::Entity, of_user(Expr::col((password::Entity, password::Column::UserId))))
        .join(JoinType::LeftJoin, totp::Entity, of_user(Expr::col((totp::Entity, totp::Column::UserId))));
    let (horizon, row) = ask(store, backend(store).build(&query)).await?;
    let Some(user) = joined(&row, "user_")? else { return Ok((horizon, None)) };
    let facts =
        PasswordFacts { user, password: joined(&row, "password_")?, totp: joined(&row, "totp_")?, has_passkey: row.try_get("", "has_passkey")? };
    Ok((horizon, Some(facts)))
}
