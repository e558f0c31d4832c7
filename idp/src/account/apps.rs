//! Connected apps: what each application may see of a person, since when, and taking that back (A-AUTHN-06). Taking back is asked on a page of
//! its own, which says in words what it means; it needs no fresh sign-in, for it gives nobody anything.

use axum::extract::{Path, Query, State};
use axum::response::{Redirect, Response};
use serde::Deserialize;

use crate::actions::authorization_requests::present;
use crate::actions::connected_apps::{self, ConnectedApp};
use crate::actions::consents;
use crate::adapters::templates::pages::{Apps, OwnApp, RevokeApp};
use crate::app::App;
use crate::base::error::{AppError, Kind};
use crate::base::id::ClientId;
use crate::protocol::claim_names::ClaimName;
use crate::store::reads::session_and_user::SessionAndUser;
use crate::web::form::Form;
use crate::web::origin::RequestOrigin;
use crate::web::page::Pages;
use crate::web::session::Session;

/// Where it is.
pub(super) const PLACE: &str = "/account/apps";

/// The query of the page: what was just done, to be said once more in words. It changes nothing.
#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    news: Option<String>,
}

/// Where taking back from this client is asked.
fn revoke_url(app: &App, client: &ClientId) -> String {
    app.config().issuer.join(&format!("{PLACE}/{client}/revoke"))
}

fn own(app: &App, connected: &ConnectedApp) -> OwnApp {
    let client = &connected.client;
    OwnApp {
        client: present(client, &app.config().issuer).client,
        scopes: connected.extent.scope.tokens().map(|token| token.as_str().to_owned()).collect(),
        claims: connected.extent.further_claims().iter().map(ClaimName::name).collect(),
        resources: connected.extent.resources.as_slice().iter().map(ToString::to_string).collect(),
        since: connected.since,
        last_used_at: connected.last_used_at,
        offline: connected.offline,
        was_asked: connected.was_asked,
        revoke_url: revoke_url(app, &client.metadata.client_id),
    }
}

/// `GET /account/apps`
pub(super) async fn show(State(app): State<App>, Session(here): Session, Query(asked): Query<Asked>, pages: Pages) -> Result<Response, AppError> {
    let connected = connected_apps::of(&app, &here).await?;
    let apps = connected.iter().map(|connected| own(&app, connected)).collect();
    pages.show(Apps { house: pages.house(&here.user, "apps"), apps, is_news: asked.news.as_deref() == Some("app-revoked") })
}

/// The application of this address, if it is connected to the person.
async fn find(app: &App, here: &SessionAndUser, client: String) -> Result<ConnectedApp, AppError> {
    let client = ClientId::from_text(client);
    let connected = connected_apps::of(app, here).await?;
    connected.into_iter().find(|connected| connected.client.metadata.client_id == client).ok_or(AppError::new(Kind::NotFound, "not_found"))
}

/// `GET /account/apps/CLIENT/revoke`: says what taking back means.
pub(super) async fn ask_whether(
    State(app): State<App>,
    Session(here): Session,
    Path(client): Path<String>,
    pages: Pages,
) -> Result<Response, AppError> {
    let own = own(&app, &find(&app, &here, client).await?);
    pages.show(RevokeApp { action: own.revoke_url.clone(), back_url: app.config().issuer.join(PLACE), app: own })
}

/// `POST /account/apps/CLIENT/revoke`
pub(super) async fn revoke(
    State(app): State<App>,
    Session(here): Session,
    Path(client): Path<String>,
    RequestOrigin(origin): RequestOrigin,
    _: Form,
) -> Result<Redirect, AppError> {
    let client = ClientId::from_text(client);
    if app.view().client(&client).is_none() {
        return Err(AppError::new(Kind::NotFound, "not_found"));
    }
    consents::take_back(&app, &client, &here, origin).await?;
    Ok(Redirect::to(&app.config().issuer.join(&format!("{PLACE}?news=app-revoked"))))
}
