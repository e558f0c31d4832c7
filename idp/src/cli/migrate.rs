//! `weftid migrate`: bring the database up to this release, and make the first keys. Every other command does it too; this one does only that.

use crate::cli::{Failure, open};
use crate::config::Config;

pub(super) async fn run(config: Config) -> Result<(), Failure> {
    open(config).await?;
    println!("The database is up to date.");
    Ok(())
}
