//! `weftid clients import`: many clients from one file, all or none.

use std::path::PathBuf;

use clap::Args;
use serde_json::{Map, Value};

use crate::actions::audit::Origin;
use crate::actions::client_import::{self, Became, Imported, NotImported};
use crate::app::App;
use crate::cli::Failure;
use crate::cli::clients::document;

#[derive(Debug, Args)]
pub(in crate::cli) struct Import {
    /// A JSON array of client metadata as RFC 7591 writes it, each with `client_id` and, where it is confidential, `client_secret` (`-`: standard
    /// input). A client that is there becomes what is imported.
    file: PathBuf,
    /// Take secrets of less than 32 characters.
    #[arg(long)]
    allow_weak_secret: bool,
    /// Answer with JSON, one client a line.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(app: &App, wishes: &Import) -> Result<(), Failure> {
    let list: Vec<Value> = document::read(&wishes.file, "a JSON array of clients")?;
    let refused = |error: NotImported| Failure::Refused(error.to_string());
    let entries = client_import::read(list, wishes.allow_weak_secret).map_err(|problems| refused(NotImported::Invalid(problems)))?;
    let imported = client_import::import(app, entries, &Origin::command_line()).await.map_err(refused)?;
    let counted = |wanted| imported.iter().filter(|one| one.became == wanted).count();
    let (registered, updated, unchanged) = (counted(Became::Registered), counted(Became::Updated), counted(Became::Unchanged));
    for Imported { id, became, secret } in &imported {
        if wishes.json {
            let mut line = Map::new();
            line.insert("client_id".to_owned(), id.as_str().into());
            line.insert("became".to_owned(), word(*became).into());
            line.extend(secret.as_ref().map(|secret| ("client_secret".to_owned(), secret.expose().into())));
            println!("{}", Value::Object(line));
        } else if let Some(secret) = secret {
            println!("{id}\t{}", secret.expose());
        }
    }
    if !wishes.json {
        println!("{registered} registered, {updated} changed, {unchanged} unchanged.");
    }
    Ok(())
}

const fn word(became: Became) -> &'static str {
    match became {
        Became::Registered => "registered",
        Became::Updated => "updated",
        Became::Unchanged => "unchanged",
    }
}
