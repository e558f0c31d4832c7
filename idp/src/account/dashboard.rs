//! The dashboard: what one may open, and how one signs in.

use axum::extract::State;
use axum::response::Response;
use url::Url;

use crate::account::known_passkeys;
use crate::actions::{authorization_requests, passkeys};
use crate::adapters::templates::pages::{self, Dashboard, Passkey};
use crate::app::App;
use crate::base::error::AppError;
use crate::base::issuer::Issuer;
use crate::store::client::Client;
use crate::store::passkey;
use crate::web::page::Pages;
use crate::web::session::Session;

/// A passkey, as its owner knows it.
pub(super) fn shown(row: passkey::Model) -> Passkey {
    let passkey::Model { name, backed_up: synced, created_at, last_used_at, last_used_from, suspected_at, .. } = row;
    Passkey { name, synced, created_at, last_used_at, last_used_from, suspected_at }
}

/// A client that may be opened; `None` for one that says no address to open.
fn application(client: &Client, issuer: &Issuer) -> Option<pages::App> {
    let metadata = &client.metadata;
    let url = match (&metadata.initiate_login_uri, &metadata.client_uri) {
        (Some(initiate), _) => initiate_login(initiate.as_str(), issuer)?,
        (None, Some(page)) => page.to_string(),
        (None, None) => return None,
    };
    let pages::Client { name, initial, logo_uri, .. } = authorization_requests::present(client, issuer).client;
    Some(pages::App { name, description: metadata.description.clone(), url, initial, logo_uri })
}

/// OpenID Connect Core §4: whoever sends a person there says by which provider they are to sign in.
fn initiate_login(address: &str, issuer: &Issuer) -> Option<String> {
    let mut url = Url::parse(address).ok()?;
    url.query_pairs_mut().append_pair("iss", issuer.as_str());
    Some(url.into())
}

/// `GET /account`
pub(super) async fn show(State(app): State<App>, Session(here): Session, pages: Pages) -> Result<Response, AppError> {
    let own = passkeys::of(&app, &here).await?;
    let known = known_passkeys::of(&app, &here.user, &own, false);
    let own: Vec<Passkey> = own.into_iter().map(shown).collect();
    let view = app.view();
    let enabled = view.clients().filter(|client| client.is_enabled());
    let mut apps: Vec<_> = enabled.filter_map(|client| application(client, &app.config().issuer)).collect();
    apps.sort_by_cached_key(|app| (app.name.to_lowercase(), app.url.clone()));
    let nudge = own.len() == 1;
    pages.show(Dashboard { house: pages.house(&here.user, "dashboard"), passkeys: own, apps, nudge, known })
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
