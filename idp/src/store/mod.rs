//! The tables: one file each, with the row and what may be done to it. Nothing above this floor writes SQL or names sea-orm.
//!
//! Reads go through [`Store`], changes through [`Store::write`], the one door (`write.rs`). Questions that span tables are in `reads/`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sea_orm::{ConnectionTrait, DatabaseConnection, DatabaseTransaction};

pub mod attempt;
pub mod audit_event;
pub mod authorization_request;
pub mod backup_code;
pub mod client;
pub mod client_secret;
pub mod connect;
pub mod consent;
pub mod data_key;
pub mod error;
mod fixed_statement;
pub mod foreign_spent;
pub mod grant;
pub mod horizon;
pub mod initial_access_token;
pub mod key;
pub mod mail;
pub mod one_time_link;
pub mod passkey;
pub mod password;
pub mod pushed_request;
pub mod reads;
pub mod session;
pub mod session_client;
pub mod spent;
pub mod totp;
pub mod user;
mod values;
pub mod write;

pub use error::StoreError;
pub use write::{Job, Write};

/// The database, as the rest of the house sees it. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    reader: DatabaseConnection,
    door: write::Door,
    counts: Arc<Counts>,
}

/// What has been asked of the database since the start: held by tests, shown to nobody.
#[derive(Debug, Default)]
struct Counts {
    reads: AtomicU64,
    writes: AtomicU64,
    statements_in_writes: AtomicU64,
}

/// A snapshot of how often the database was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counters {
    /// SELECT statements outside write transactions.
    pub reads: u64,
    /// Jobs that went through the door and were kept.
    pub writes: u64,
    /// Statements inside those jobs.
    pub statements_in_writes: u64,
}

impl Store {
    /// How often the database was asked so far.
    pub fn counters(&self) -> Counters {
        Counters {
            reads: self.counts.reads.load(Ordering::Relaxed),
            writes: self.counts.writes.load(Ordering::Relaxed),
            statements_in_writes: self.counts.statements_in_writes.load(Ordering::Relaxed),
        }
    }
}

/// Where rows can be read: the store itself, or a write in progress, which also sees its own changes.
pub trait Rows: Sync {
    /// sea-orm's connection; used below this floor only.
    type Connection: ConnectionTrait;

    /// The connection to ask.
    fn rows(&self) -> &Self::Connection;
}

impl Rows for Store {
    type Connection = DatabaseConnection;

    fn rows(&self) -> &DatabaseConnection {
        &self.reader
    }
}

impl Rows for Write<'_> {
    type Connection = DatabaseTransaction;

    fn rows(&self) -> &DatabaseTransaction {
        self.transaction()
    }
}
