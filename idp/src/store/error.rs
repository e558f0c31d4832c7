//! `StoreError`: the database could not do it. Never a refusal: a refusal is an outcome, and is kept.

use std::time::Duration;

use sea_orm::DbErr;

use crate::base::error::{AppError, Kind};

/// Why nothing was read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database refused or is not there.
    #[error("the database failed: {0}")]
    Database(#[from] DbErr),
    /// More writes are waiting than the queue holds.
    #[error("too many writes are waiting")]
    Full,
    /// The job ran longer than a write may hold the others up.
    #[error("a write took too long and was taken back")]
    TooSlow,
    /// The job panicked; its changes were taken back.
    #[error("a write panicked and was taken back")]
    Panicked,
    /// The job asked for another write while it was writing.
    #[error("a write was asked for inside a write")]
    Nested,
    /// What others wrote together with it could not be committed; whether anything stayed is not known to the caller.
    #[error("the transaction was lost: {0}")]
    Lost(String),
    /// The database was rewound or failed over since this node started; it must be started again.
    #[error("the database's epoch is not the one this node started with")]
    AnotherEpoch,
    /// A row holds what this release can't read.
    #[error("a stored row can't be read: {0}")]
    Unreadable(String),
}

impl From<StoreError> for AppError {
    fn from(error: StoreError) -> Self {
        Self::new(Kind::Unavailable(Duration::from_secs(2)), "unavailable").because(error)
    }
}
