//! The dashboard: what needs attention, what one may open, and what was used lately.

use axum::extract::State;
use axum::response::Response;
use url::Url;

use crate::account::known_passkeys;
use crate::actions::attention::{self, Attention};
use crate::actions::{authorization_requests, connected_apps, passkeys};
use crate::adapters::templates::pages::{self, Dashboard, Needs, UsedApp};
use crate::app::App;
use crate::base::clock::Time;
use crate::base::error::AppError;
use crate::base::issuer::Issuer;
use crate::store::client::Client;
use crate::web::page::Pages;
use crate::web::session::Session;

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

/// How many of the applications that were used lately are shown.
const LATELY: usize = 3;
/// How many applications one page shows: more than anybody looks through.
const MOST_APPS: usize = 200;

fn needs(app: &App, attention: Attention) -> Needs {
    let place = |path: &str| app.config().issuer.join(path);
    let (about, is_bad, url) = match attention {
        Attention::SuspectedPasskey(_) => ("suspected-passkey", true, place("/account/sign-in-methods")),
        Attention::FrozenPasskey(_) => ("frozen-passkey", true, place("/account/sign-in-methods")),
        Attention::FrozenPassword => ("frozen-password", true, place("/account/sign-in-methods")),
        Attention::FrozenTotp => ("frozen-totp", true, place("/account/sign-in-methods")),
        Attention::UnverifiedEmail => ("unverified-email", false, place("/account/profile")),
        Attention::FewCodes(_) => ("few-codes", false, place("/account/sign-in-methods")),
        Attention::OnePasskey => ("one-passkey", false, place("/account/sign-in-methods")),
    };
    let (name, count) = match attention {
        Attention::SuspectedPasskey(name) | Attention::FrozenPasskey(name) => (name, 0),
        Attention::FewCodes(left) => (String::new(), left),
        _ => (String::new(), 0),
    };
    Needs { about, is_bad, name, count, url }
}

fn used(client: &Client, last_used_at: Time, issuer: &Issuer) -> UsedApp {
    let url = application(client, issuer).map(|app| app.url);
    UsedApp { client: authorization_requests::present(client, issuer).client, url, last_used_at }
}

/// `GET /account`
pub(super) async fn show(State(app): State<App>, Session(here): Session, pages: Pages) -> Result<Response, AppError> {
    let passkeys = passkeys::of(&app, &here).await?;
    let known = known_passkeys::of(&app, &here.user, &passkeys, false);
    let needs = attention::of(&app, &here, &passkeys).await?.into_iter().map(|attention| needs(&app, attention)).collect();
    let lately = connected_apps::used_lately(&app, &here).await?;
    let lately = lately.iter().take(LATELY).map(|(client, at)| used(client, *at, &app.config().issuer)).collect();
    let view = app.view();
    let offered = view.offered();
    let apps = offered.iter().take(MOST_APPS).filter_map(|client| application(client, &app.config().issuer)).collect();
    let more = offered.len().saturating_sub(MOST_APPS);
    pages.show(Dashboard { house: pages.house(&here.user, "dashboard"), needs, lately, apps, more, known })
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
