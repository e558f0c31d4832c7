//! `weftid clients create`.

use std::path::Path;

use clap::Args;

use crate::actions::audit::Origin;
use crate::actions::clients;
use crate::app::App;
use crate::base::id::ClientId;
use crate::cli::Failure;
use crate::cli::clients::document;
use crate::cli::clients::members::{Members, Shorthand};
use crate::protocol::client_metadata::ClientMetadata;

#[derive(Debug, Args)]
pub(in crate::cli) struct Create {
    /// Its id; without one, a random one is made.
    #[arg(long, value_name = "ID")]
    client_id: Option<String>,
    #[command(flatten)]
    members: Members,
    #[command(flatten)]
    shorthand: Shorthand,
    /// Answer with JSON. With FILE (`-`: standard input), the metadata is read from there, with the member names of RFC 7591; flags win over it.
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "")]
    json: Option<String>,
}

pub(super) async fn run(app: &App, wishes: Create) -> Result<(), Failure> {
    let Create { client_id, members: Members(flags), shorthand, json } = wishes;
    let (mut members, said) = match json.as_deref().filter(|file| !file.is_empty()) {
        Some(file) => document::read_metadata(Path::new(file))?,
        None => Default::default(),
    };
    said.check_enabled(true)?;
    members.extend(flags);
    shorthand.write(&mut members);
    members.extend(client_id.map(|id| ("client_id".to_owned(), id.into())));
    members.entry("client_id").or_insert_with(|| ClientId::random().to_string().into());
    let metadata = ClientMetadata::read(members).map_err(|problems| Failure::Refused(clients::NotRegistered::Invalid(problems).to_string()))?;
    let (id, secret) = clients::create(app, metadata, &Origin::command_line()).await.map_err(|error| Failure::Refused(error.to_string()))?;
    if json.is_some() {
        let view = app.view();
        let mut told = view.client(&id).map(|client| document::of(client)).unwrap_or_default();
        if let Some(secret) = secret {
            told.insert("client_secret".to_owned(), secret.expose().into());
            told.insert("client_secret_expires_at".to_owned(), 0.into());
        }
        return document::print(&told);
    }
    println!("client_id      {id}");
    if let Some(secret) = secret {
        println!("client_secret  {}\nThe secret is shown this once.", secret.expose());
    }
    Ok(())
}
