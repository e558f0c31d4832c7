//! Activity: one's own security events, in words, fifty at a time.

use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;

use crate::actions::activity::{self, About, Happened};
use crate::actions::passkeys;
use crate::adapters::templates::pages::{Activity, Event, Filter};
use crate::app::App;
use crate::base::error::AppError;
use crate::base::id::AuditEventId;
use crate::store::passkey;
use crate::web::page::Pages;
use crate::web::session::Session;

/// Where it is.
pub(super) const PLACE: &str = "/account/activity";

/// The query of the page. What it can't mean counts as missing: the page is about nobody but the person who asks.
#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    about: Option<String>,
    before: Option<String>,
}

fn event(app: &App, happened: Happened, passkeys: &[passkey::Model]) -> Event {
    let view = app.view();
    let named = |id: String| passkeys.iter().find(|row| row.id.to_string() == id).map(|row| row.name.clone());
    Event {
        at: happened.at,
        kind: happened.kind.unwrap_or("other"),
        why: happened.why.unwrap_or_default(),
        client: happened.client.and_then(|id| Some(view.client(&id)?.metadata.client_name.clone())),
        passkey: happened.passkey.and_then(named),
        device: happened.device,
        network: happened.network,
        by_operator: happened.by_operator,
    }
}

/// `GET /account/activity`
pub(super) async fn show(State(app): State<App>, Session(here): Session, Query(asked): Query<Asked>, pages: Pages) -> Result<Response, AppError> {
    let about = asked.about.and_then(|name| About::ALL.into_iter().find(|about| about.name() == name));
    let before: Option<AuditEventId> = asked.before.and_then(|id| id.parse().ok());
    let found = activity::of(&app, &here, about, before).await?;
    let passkeys = passkeys::of(&app, &here).await?;
    let place = app.config().issuer.join(PLACE);
    let query = about.map_or_else(String::new, |about| format!("&about={}", about.name()));
    let filter = |name: &'static str, url: String, current| Filter { name, url, current };
    let mut filters = vec![filter("all", place.clone(), about.is_none())];
    filters.extend(About::ALL.into_iter().map(|other| filter(other.name(), format!("{place}?about={}", other.name()), about == Some(other))));
    pages.show(Activity {
        house: pages.house(&here.user, "activity"),
        filters,
        events: found.events.into_iter().map(|happened| event(&app, happened, &passkeys)).collect(),
        is_first: before.is_none(),
        older_url: found.older.map(|id| format!("{place}?before={id}{query}")),
    })
}
