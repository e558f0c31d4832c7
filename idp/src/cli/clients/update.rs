//! `weftid clients update`: what flags or a file say takes the place of what is registered; the whole is judged anew.

use std::path::Path;

use clap::Args;

use crate::actions::audit::Origin;
use crate::actions::client_changes::{self, Changed, Condition, NotChanged};
use crate::app::App;
use crate::base::id::ClientId;
use crate::cli::Failure;
use crate::cli::clients::members::{Members, Shorthand};
use crate::cli::clients::{document, unknown};
use crate::protocol::client_metadata::ClientMetadata;

#[derive(Debug, Args)]
pub(in crate::cli) struct Update {
    /// Its id.
    client_id: String,
    #[command(flatten)]
    members: Members,
    #[command(flatten)]
    shorthand: Shorthand,
    /// Give a member the value that it has when nothing is said; may be given several times.
    #[arg(long, value_name = "MEMBER")]
    clear: Vec<String>,
    /// Only if this is still its version, as `show --json` tells it.
    #[arg(long, value_name = "VERSION")]
    if_version: Option<i64>,
    /// Answer with JSON. With FILE (`-`: standard input), what stands there replaces all that is registered; flags win over it.
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "")]
    json: Option<String>,
}

pub(super) async fn run(app: &App, wishes: Update) -> Result<(), Failure> {
    let Update { client_id, members: Members(flags), shorthand, clear, if_version, json } = wishes;
    let id = ClientId::from_text(client_id);
    let view = app.view();
    let before = view.client(&id).ok_or_else(|| unknown(&id))?;
    let (mut members, said) = match json.as_deref().filter(|file| !file.is_empty()) {
        Some(file) => document::read_metadata(Path::new(file))?,
        None => (before.metadata.to_members(), document::Said::default()),
    };
    said.check_enabled(before.is_enabled())?;
    let named = members.insert("client_id".to_owned(), id.as_str().into());
    if named.is_some_and(|named| named != id.as_str()) {
        return Err(Failure::Refused("the document is about another client: its client_id can't be changed".to_owned()));
    }
    for member in clear {
        if !ClientMetadata::names().contains(&member.as_str()) {
            return Err(Failure::Refused(format!("{member:?} is no member of a client's metadata")));
        }
        members.remove(&member);
    }
    members.extend(flags);
    shorthand.write(&mut members);
    let metadata = ClientMetadata::read(members).map_err(|problems| Failure::Refused(NotChanged::Invalid(problems).to_string()))?;
    // What is not said was read here: it must not have changed since.
    let condition = Condition { version: Some(if_version.or(said.version).unwrap_or(before.version)), registration: None };
    let changed = client_changes::update(app, metadata, condition, None, &Origin::command_line()).await;
    tell(changed.map_err(|error| Failure::Refused(error.to_string()))?, json.is_some())
}

fn tell(changed: Changed, as_json: bool) -> Result<(), Failure> {
    let Changed { client, secret, members } = changed;
    if as_json {
        let mut told = document::of(&client);
        told.extend(secret.map(|secret| ("client_secret".to_owned(), secret.expose().into())));
        return document::print(&told);
    }
    let id = &client.metadata.client_id;
    match members.as_slice() {
        [] => println!("{id} was just that already."),
        members => println!("{id} is changed: {}.", members.join(", ")),
    }
    if let Some(secret) = secret {
        println!("client_secret  {}\nThe secret is shown this once.", secret.expose());
    }
    Ok(())
}
