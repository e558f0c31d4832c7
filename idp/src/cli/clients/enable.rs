//! `weftid clients enable` and `disable`.

use crate::actions::audit::Origin;
use crate::actions::clients;
use crate::app::App;
use crate::base::id::ClientId;
use crate::cli::Failure;
use crate::cli::clients::unknown;

pub(super) async fn run(app: &App, client_id: &str, enabled: bool) -> Result<(), Failure> {
    let id = ClientId::from_text(client_id);
    let changed = clients::set_enabled(app, &id, enabled, &Origin::command_line()).await.map_err(|error| match error.code {
        "client_unknown" => unknown(&id),
        _ => Failure::Refused(error.to_string()),
    })?;
    println!("{client_id} {} {}.", if changed { "is now" } else { "was already" }, if enabled { "enabled" } else { "disabled" });
    Ok(())
}
