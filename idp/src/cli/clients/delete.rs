//! `weftid clients delete`.

use clap::Args;

use crate::actions::audit::Origin;
use crate::actions::client_changes::{self, Condition};
use crate::app::App;
use crate::base::id::ClientId;
use crate::cli::Failure;

#[derive(Debug, Args)]
pub(in crate::cli) struct Delete {
    /// Its id.
    client_id: String,
    /// Only if this is still its version, as `show --json` tells it.
    #[arg(long, value_name = "VERSION")]
    if_version: Option<i64>,
    /// Answer with JSON.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(app: &App, wishes: &Delete) -> Result<(), Failure> {
    let id = ClientId::from_text(wishes.client_id.as_str());
    let condition = Condition { version: wishes.if_version, registration: None };
    client_changes::delete(app, &id, condition, &Origin::command_line()).await.map_err(|error| Failure::Refused(error.to_string()))?;
    // A running server would do it within a minute; there may be none.
    client_changes::forget(app, &id).await?;
    if wishes.json {
        println!("{}", serde_json::json!({"client_id": id, "deleted": true}));
    } else {
        println!("{id} is deleted.");
    }
    Ok(())
}
