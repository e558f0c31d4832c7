//! By what can a person prove who they are? One SELECT, asked before every change of just that.

use sea_orm::sea_query::{Expr, ExprTrait as _, JoinType, Query, SelectStatement};

use crate::base::id::UserId;
use crate::store::horizon::Horizon;
use crate::store::reads::{ask, backend, from_horizon, joined, select_columns};
use crate::store::{Rows, StoreError, passkey, password, totp};

/// What a person has that works, as far as the rows say it.
#[derive(Clone, Debug, Default)]
pub struct WaysIn {
    /// Whether there is a passkey of this RP ID that is not frozen.
    pub passkey: bool,
    /// Their password, unless it is frozen.
    pub password: Option<password::Model>,
    /// Their authenticator app, unless it is frozen.
    pub totp: Option<totp::Model>,
}

/// The passkeys that sign anybody in here: all but those of another RP ID, those that are frozen, and perhaps those that may have been copied.
pub(super) fn usable_passkeys(rp_id: &str, suspected: bool) -> SelectStatement {
    let mut query = Query::select();
    query
        .column((passkey::Entity, passkey::Column::Id))
        .from(passkey::Entity)
        .and_where(Expr::col((passkey::Entity, passkey::Column::RpId)).eq(rp_id))
        .and_where(Expr::col((passkey::Entity, passkey::Column::FrozenAt)).is_null());
    if !suspected {
        query.and_where(Expr::col((passkey::Entity, passkey::Column::SuspectedAt)).is_null());
    }
    query
}

/// The ways in of this person; passkeys count that were registered for `rp_id`, and those that may have been copied where `suspected` ones do.
pub async fn ways_in(rows: &impl Rows, user: UserId, rp_id: &str, suspected: bool) -> Result<(Horizon, WaysIn), StoreError> {
    let usable_passkey = usable_passkeys(rp_id, suspected).and_where(Expr::col(passkey::Column::UserId).eq(user)).take();
    let mut query = from_horizon();
    select_columns::<password::Entity>(&mut query, "password_");
    select_columns::<totp::Entity>(&mut query, "totp_");
    query
        .expr_as(Expr::exists(usable_passkey), "has_passkey")
        .join(JoinType::LeftJoin, password::Entity, Expr::col((password::Entity, password::Column::UserId)).eq(user))
        .join(JoinType::LeftJoin, totp::Entity, Expr::col((totp::Entity, totp::Column::UserId)).eq(user));
    let (horizon, row) = ask(rows, backend(rows).build(&query)).await?;
    let password = joined::<password::Model>(&row, "password_")?.filter(password::Model::is_usable);
    let totp = joined::<totp::Model>(&row, "totp_")?.filter(totp::Model::is_usable);
    Ok((horizon, WaysIn { passkey: row.try_get("", "has_passkey")?, password, totp }))
}
