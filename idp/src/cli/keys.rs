//! `weftid keys`: list the keys that sign, and make another.

use clap::{Args, Subcommand};

use crate::actions::audit::Origin;
use crate::actions::keys;
use crate::app::App;
use crate::cli::Failure;
use crate::cli::moment::moment;
use crate::protocol::signing_algorithm::SigningAlgorithm;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Make another signing key. It is published at once, and signs when everybody may have seen it.
    Create(Create),
    /// List the keys that sign and are published.
    List,
}

#[derive(Debug, Args)]
pub(super) struct Create {
    /// What it signs with: RS256, PS256, ES256 or EdDSA. Of the first three there are keys from the first start on.
    #[arg(long, value_name = "ALG")]
    algorithm: SigningAlgorithm,
}

pub(super) async fn run(app: &App, command: Command) -> Result<(), Failure> {
    match command {
        Command::Create(Create { algorithm }) => {
            let made = keys::create(app, algorithm, &Origin::command_line()).await.map_err(|error| Failure::Refused(error.to_string()))?;
            println!("{}\t{algorithm}\tis published, and signs from {}", made.kid, moment(made.signs_from));
            Ok(())
        }
        Command::List => {
            let now = app.now();
            for (key, from) in app.view().rings.signing.schedule() {
                let state = if from <= now { "may sign".to_owned() } else { format!("signs from {}", moment(from)) };
                println!("{}\t{}\t{state}", key.kid(), key.algorithm());
            }
            Ok(())
        }
    }
}
