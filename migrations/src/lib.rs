//! The steps that build WeftID's tables. Knows nothing of the server; the same steps run on SQLite and on PostgreSQL.
//!
//! Moments are integers: milliseconds since 1970 in UTC. What works as a key to something rests as a digest.

pub use sea_orm_migration::MigratorTrait;
use sea_orm_migration::prelude::*;

mod m0001_first_tables;

/// All steps, in order.
#[derive(Debug)]
pub struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(m0001_first_tables::Migration)]
    }
}
