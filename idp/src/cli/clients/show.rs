//! `weftid clients show` and `list`.

use serde_json::Value;

use crate::app::App;
use crate::base::id::ClientId;
use crate::cli::Failure;
use crate::cli::clients::{document, unknown};

pub(super) fn show(app: &App, client_id: &str, as_json: bool) -> Result<(), Failure> {
    let (view, id) = (app.view(), ClientId::from_text(client_id));
    let document = document::of(view.client(&id).ok_or_else(|| unknown(&id))?);
    if as_json {
        return document::print(&document);
    }
    for (member, value) in document {
        match value {
            Value::Array(values) => values.iter().for_each(|value| line(&member, value)),
            value => line(&member, &value),
        }
    }
    Ok(())
}

fn line(member: &str, value: &Value) {
    match value {
        Value::String(text) => println!("{member:<38} {text}"),
        other => println!("{member:<38} {other}"),
    }
}

pub(super) fn list(app: &App, as_json: bool) -> Result<(), Failure> {
    let view = app.view();
    let mut clients: Vec<_> = view.clients().collect();
    clients.sort_by(|a, b| (&a.metadata.client_name, &a.metadata.client_id).cmp(&(&b.metadata.client_name, &b.metadata.client_id)));
    for client in clients {
        if as_json {
            let line = serde_json::to_string(&document::of(client)).map_err(|error| Failure::Refused(error.to_string()))?;
            println!("{line}");
        } else {
            let state = if client.is_enabled() { "enabled" } else { "disabled" };
            println!("{}\t{}\t{state}\t{}", client.metadata.client_id, client.metadata.client_name, client.source);
        }
    }
    Ok(())
}
