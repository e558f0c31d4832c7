//! The dashboard: what one may open, and how one signs in.

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use url::Url;

use crate::actions::authorization_requests;
use crate::app::App;
use crate::base::clock::Time;
use crate::base::error::AppError;
use crate::base::issuer::Issuer;
use crate::store::client::Client;
use crate::store::passkey;
use crate::web::page::Pages;
use crate::web::session::Session;

#[derive(Serialize)]
struct Dashboard {
    passkeys: Vec<Passkey>,
    apps: Vec<Application>,
    /// Whether one lost device would lock the person out.
    nudge: bool,
}

#[derive(Serialize)]
struct Passkey {
    name: String,
    synced: bool,
    created_at: Time,
    last_used_at: Option<Time>,
}

impl From<passkey::Model> for Passkey {
    fn from(row: passkey::Model) -> Self {
        Self { name: row.name, synced: row.backed_up, created_at: row.created_at, last_used_at: row.last_used_at }
    }
}

#[derive(Serialize)]
struct Application {
    name: String,
    description: Option<String>,
    url: String,
    initial: String,
    logo_uri: Option<String>,
}

impl Application {
    /// `None` for a client that says no address to open.
    fn of(client: &Client, issuer: &Issuer) -> Option<Self> {
        let metadata = &client.metadata;
        let url = match (&metadata.initiate_login_uri, &metadata.client_uri) {
            (Some(initiate), _) => initiate_login(initiate.as_str(), issuer)?,
            (None, Some(page)) => page.to_string(),
            (None, None) => return None,
        };
        let shown = authorization_requests::present(client).client;
        Some(Self { name: shown.name, description: metadata.description.clone(), url, initial: shown.initial, logo_uri: shown.logo_uri })
    }
}

/// OpenID Connect Core §4: whoever sends a person there says by which provider they are to sign in.
fn initiate_login(address: &str, issuer: &Issuer) -> Option<String> {
    let mut url = Url::parse(address).ok()?;
    url.query_pairs_mut().append_pair("iss", issuer.as_str());
    Some(url.into())
}

/// `GET /account`
pub(super) async fn show(State(app): State<App>, Session(here): Session, pages: Pages) -> Result<Response, AppError> {
    let passkeys: Vec<Passkey> = passkey::of_user(app.store(), here.user.id).await?.into_iter().map(Passkey::from).collect();
    let view = app.view();
    let enabled = view.clients().filter(|client| client.is_enabled());
    let mut apps: Vec<_> = enabled.filter_map(|client| Application::of(client, &app.config().issuer)).collect();
    apps.sort_by_cached_key(|app| (app.name.to_lowercase(), app.url.clone()));
    let nudge = passkeys.len() == 1;
    pages.page("dashboard").of(&here.user).at("dashboard").show(&Dashboard { passkeys, apps, nudge })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_application_learns_who_sends_the_person() {
        let issuer = Issuer::parse("https://id.example.com").unwrap();
        let opened = |address| initiate_login(address, &issuer).unwrap();
        assert_eq!(opened("https://wiki.example/start"), "https://wiki.example/start?iss=https%3A%2F%2Fid.example.com");
        assert_eq!(opened("https://wiki.example/?a=b"), "https://wiki.example/?a=b&iss=https%3A%2F%2Fid.example.com");
    }
}
