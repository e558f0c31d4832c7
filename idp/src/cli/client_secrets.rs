//! `weftid clients secret`: replace the secret of a client without an outage, or cut one off.

use std::time::Duration;

use clap::{Args, Subcommand};

use crate::actions::audit::Origin;
use crate::actions::client_secrets;
use crate::app::App;
use crate::base::id::{ClientId, ClientSecretId};
use crate::cli::Failure;
use crate::cli::moment::moment;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Make another secret and print it, this once. The others end after an overlap.
    Add(Add),
    /// List the secrets that work: their ids, since when, and until when.
    List {
        /// Whose.
        client_id: String,
    },
    /// Cut one secret off at once.
    Revoke {
        /// Whose.
        client_id: String,
        /// Which, as `list` shows it.
        secret: ClientSecretId,
    },
}

#[derive(Debug, Args)]
pub(super) struct Add {
    /// For whom.
    client_id: String,
    /// For how many more days the others work: time to tell the application its new one.
    #[arg(long, value_name = "DAYS", default_value_t = 7, value_parser = clap::value_parser!(u64).range(1..=90))]
    overlap: u64,
    /// One of the others has leaked: cut them all off at once.
    #[arg(long, conflicts_with = "overlap")]
    cut: bool,
}

pub(super) async fn run(app: &App, command: Command) -> Result<(), Failure> {
    match command {
        Command::Add(Add { client_id, overlap, cut }) => {
            let (id, overlap) = (ClientId::from_text(client_id), if cut { Duration::ZERO } else { Duration::from_hours(24 * overlap) });
            let added = client_secrets::add(app, &id, overlap, &Origin::command_line()).await;
            let (row, secret) = added.map_err(|error| Failure::Refused(error.to_string()))?;
            println!("secret         {row}\nclient_secret  {}\nThe secret is shown this once.", secret.expose());
            Ok(())
        }
        Command::List { client_id } => {
            let view = app.view();
            let unknown = || Failure::Refused(format!("no client {client_id:?} is registered"));
            let client = view.client(&ClientId::from_text(&*client_id)).ok_or_else(unknown)?;
            for secret in client.secrets.iter().filter(|secret| secret.is_live(app.now())) {
                let end = secret.expires_at.map_or_else(|| "no end".to_owned(), |end| format!("until {}", moment(end)));
                println!("{}\tsince {}\t{end}", secret.id, moment(secret.created_at));
            }
            Ok(())
        }
        Command::Revoke { client_id, secret } => {
            let id = ClientId::from_text(&*client_id);
            if !client_secrets::revoke(app, &id, secret, &Origin::command_line()).await? {
                return Err(Failure::Refused(format!("{client_id} has no secret {secret} that works")));
            }
            println!("{secret} works no more.");
            Ok(())
        }
    }
}
