//! The command line: one file for each command. Commands that change something call the same actions as pages and endpoints, through the
//! same door; a running server sees it within a second.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::app::{App, StartError};
use crate::base::clock::Clock;
use crate::base::telemetry;
use crate::config::{self, Config, Problems};

mod client_secrets;
mod clients;
mod config_check;
pub mod demo;
mod keys;
mod mail;
mod migrate;
mod moment;
mod serve;
mod users;

/// An OpenID Connect provider whose login method is the passkey.
#[derive(Debug, Parser)]
#[command(name = "weftid", version, about)]
struct Arguments {
    /// The configuration file. Without it, `weftid.toml` in this folder or `/etc/weftid/weftid.toml`, if there is one.
    #[arg(long, global = true, env = "WEFTID_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the provider.
    Serve,
    /// Run the provider on http://localhost:8080 with two demo applications beside it.
    Demo(demo::Arguments),
    /// Check the configuration, and show every setting and where it comes from.
    Config,
    /// Bring the database up to this release.
    Migrate,
    /// Invite, list, deactivate and reactivate people; let back in who has lost every passkey.
    #[command(subcommand)]
    Users(users::Command),
    /// Try out whether mail arrives.
    #[command(subcommand)]
    Mail(mail::Command),
    /// Register, import, list, show, change, disable, enable and delete client applications; let them register themselves.
    #[command(subcommand)]
    Clients(clients::Command),
    /// List the keys that sign, and make another.
    #[command(subcommand)]
    Keys(keys::Command),
}

/// Why a command failed; its words are for whoever typed it.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("the configuration has problems:\n{0}")]
    Config(#[from] Problems),
    #[error("WeftID can't start: {0}")]
    Start(#[from] StartError),
    #[error("{0}")]
    Store(#[from] crate::store::StoreError),
    #[error("{0}")]
    Refused(String),
    #[error("{0}")]
    Io(#[from] std::io::Error),
}

/// Does what the command line says. 0: done; 1: failed, and says why; 2: not understood.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("the runtime can't start: {error}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(run(arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), Failure> {
    let file = arguments.config.or_else(usual_file);
    let config = || Config::load(file.as_deref(), config::environment());
    match arguments.command {
        Command::Demo(wishes) => demo::run(&wishes).await,
        Command::Serve => serve::run(config()?).await,
        Command::Config => {
            config_check::run(&config()?);
            Ok(())
        }
        Command::Migrate => migrate::run(config()?).await,
        Command::Mail(command) => mail::run(&open(config()?).await?, command).await,
        Command::Users(command) => users::run(&open(config()?).await?, command).await,
        Command::Clients(command) => clients::run(&open(config()?).await?, command).await,
        Command::Keys(command) => keys::run(&open(config()?).await?, command).await,
    }
}

fn usual_file() -> Option<PathBuf> {
    ["weftid.toml", "/etc/weftid/weftid.toml"].into_iter().map(PathBuf::from).find(|path| path.is_file())
}

/// Opens the provider for a command that ends by itself: only warnings are logged, what it has to say goes to standard output.
async fn open(config: Config) -> Result<App, Failure> {
    if let Ok(warnings) = telemetry::Filter::parse("warn") {
        start_log(telemetry::Format::Text, &warnings);
    }
    Ok(App::open(config, Clock::system()).await?)
}

fn start_log(format: telemetry::Format, filter: &telemetry::Filter) {
    if let Err(error) = telemetry::init(format, filter) {
        eprintln!("the log can't start: {error}");
    }
}
