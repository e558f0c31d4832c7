//! `weftid clients`: client applications, and the tokens with which they may register themselves. One file for each verb.
//!
//! What comes in and goes out as JSON has the member names of RFC 7591; [`document`] says what stands beside them.

mod create;
mod delete;
mod document;
mod enable;
mod import;
mod initial_access_token;
mod members;
mod show;
mod update;

use clap::Subcommand;

use crate::app::App;
use crate::base::id::ClientId;
use crate::cli::{Failure, client_secrets};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Register a client and print its id and, this once, its secret.
    Create(Box<create::Create>),
    /// Register or replace many clients, with ids and secrets that were given elsewhere.
    Import(import::Import),
    /// List all clients.
    List {
        /// As JSON, one client a line.
        #[arg(long)]
        json: bool,
    },
    /// Show what is registered.
    Show {
        /// Its id.
        client_id: String,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Change what is registered. What isn't named stays as it is.
    Update(Box<update::Update>),
    /// Shut a client out at once.
    Disable {
        /// Its id.
        client_id: String,
    },
    /// Let a disabled client in again.
    Enable {
        /// Its id.
        client_id: String,
    },
    /// Replace its secret without an outage, or cut one off.
    #[command(subcommand)]
    Secret(client_secrets::Command),
    /// Delete a client, and what people allowed it.
    Delete(delete::Delete),
    /// Make, list and withdraw the tokens with which clients may register themselves.
    #[command(subcommand)]
    InitialAccessToken(initial_access_token::Command),
}

pub(super) async fn run(app: &App, command: Command) -> Result<(), Failure> {
    match command {
        Command::Create(wishes) => create::run(app, *wishes).await,
        Command::Import(wishes) => import::run(app, &wishes).await,
        Command::List { json } => show::list(app, json),
        Command::Show { client_id, json } => show::show(app, &client_id, json),
        Command::Update(wishes) => update::run(app, *wishes).await,
        Command::Disable { client_id } => enable::run(app, &client_id, false).await,
        Command::Enable { client_id } => enable::run(app, &client_id, true).await,
        Command::Secret(command) => client_secrets::run(app, command).await,
        Command::Delete(wishes) => delete::run(app, &wishes).await,
        Command::InitialAccessToken(command) => initial_access_token::run(app, command).await,
    }
}

fn unknown(client_id: &ClientId) -> Failure {
    Failure::Refused(format!("no client {:?} is registered", client_id.as_str()))
}
