//! The demo's relying party: one small web site with several applications in it, each a client of its own, built on the
//! `openidconnect` crate as anybody else's would be (OpenID Connect Core 1.0 §3.1, RFC 7636, RFC 9207, RP-Initiated Logout 1.0).
//!
//! It knows the provider by its issuer alone and meets it over HTTP; of this house it uses nothing above the ground floor. Its pages are
//! in English only: they show what a client sees, and are no part of the product. Tokens stay in this process; pages show what they say.

use std::future::Future;
use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use tokio::net::TcpListener;

use crate::base::clock::Clock;

mod callback;
mod cookie;
mod handlers;
mod pages;
mod provider;
mod refusal;
mod shown;
mod sign_in;
#[cfg(test)]
mod tests;
mod trouble;
mod visitors;

use pages::Pages;
use provider::Provider;
use trouble::Trouble;
use visitors::Visitors;

/// Where the first application lives: its page, its launch address, and what the paths below hang on.
pub const WIKI: &str = "/wiki";
/// Where the second application lives.
pub const BOARD: &str = "/board";
/// Below an application: its `redirect_uri`.
pub const CALLBACK: &str = "/callback";
/// Below an application: its `post_logout_redirect_uri`.
pub const SIGNED_OUT: &str = "/signed-out";
/// Below an application: begins signing in; also its `initiate_login_uri` (OpenID Connect Core §4).
pub const SIGN_IN: &str = "/sign-in";
const REFRESH: &str = "/refresh";
const USERINFO: &str = "/userinfo";
const SIGN_OUT: &str = "/sign-out";

/// How many visitors are remembered; whoever was away longest is forgotten first.
const MOST_VISITORS: usize = 1_000;
/// The forms here carry one short field.
const MOST_BYTES_IN_A_FORM: usize = 4 * 1024;

/// All that the relying party is told.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The provider's issuer; everything else about it is discovered.
    pub issuer: String,
    /// Scheme, host and port under which browsers reach this site.
    pub base_url: String,
    /// The applications, each a client of the provider.
    pub clients: Vec<DemoClient>,
}

/// One application, registered at the provider as a confidential client.
#[derive(Clone)]
pub struct DemoClient {
    /// Where it lives on this site: one segment, such as [`WIKI`].
    pub path: String,
    /// What people call it.
    pub name: String,
    /// Its `client_id`.
    pub client_id: String,
    /// Its secret; it goes to the provider in the `Authorization` header (`client_secret_basic`).
    pub client_secret: String,
    /// The scopes it asks for; `openid` comes by itself.
    pub scopes: Vec<String>,
}

impl std::fmt::Debug for DemoClient {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("DemoClient").field("path", &self.path).field("client_id", &self.client_id).finish_non_exhaustive()
    }
}

/// Why the relying party can't be served.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The issuer is not a URL.
    #[error("the demo's issuer is not a URL: {0}")]
    Issuer(String),
    /// This site's own address is not `scheme://host[:port]`.
    #[error("the demo's own address must be scheme, host and port: {0}")]
    BaseUrl(String),
    /// An application's path is not one plain segment, or two have the same.
    #[error("a demo application needs one path segment of its own, not {0}")]
    Path(String),
    /// Our own page templates don't parse.
    #[error("demo page: {0:#}")]
    Template(#[from] minijinja::Error),
    /// There is no HTTP client to be had (the system's certificates can't be read, say).
    #[error("no HTTP client for the demo: {0}")]
    HttpClient(#[from] openidconnect::reqwest::Error),
    /// The listener broke.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// What every handler is given. Cheap to clone.
#[derive(Clone)]
struct Site(Arc<Inner>);

struct Inner {
    settings: Settings,
    provider: Provider,
    visitors: Visitors,
    pages: Pages,
    clock: Clock,
}

impl Site {
    fn new(mut settings: Settings, clock: Clock) -> Result<Self, DemoError> {
        settings.base_url = checked_base_url(&settings.base_url)?;
        for (index, client) in settings.clients.iter().enumerate() {
            let segment = client.path.strip_prefix('/').unwrap_or_default();
            let plain = !segment.is_empty() && segment.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
            if !plain || settings.clients.iter().take(index).any(|earlier| earlier.path == client.path) {
                return Err(DemoError::Path(client.path.clone()));
            }
        }
        let provider = Provider::new(&settings, clock.clone())?;
        Ok(Self(Arc::new(Inner { provider, visitors: Visitors::new(MOST_VISITORS), pages: Pages::load()?, clock, settings })))
    }

    /// The application that lives at `/segment`, by its place in the settings.
    fn application(&self, segment: &str) -> Result<(usize, &DemoClient), Trouble> {
        let mut clients = self.0.settings.clients.iter().enumerate();
        clients.find(|(_, client)| client.path.strip_prefix('/') == Some(segment)).ok_or(Trouble::NotFound)
    }
}

fn checked_base_url(text: &str) -> Result<String, DemoError> {
    let url = url::Url::parse(text).map_err(|_| DemoError::BaseUrl(text.to_owned()))?;
    let origin = url.origin().ascii_serialization();
    if text.trim_end_matches('/') == origin { Ok(origin) } else { Err(DemoError::BaseUrl(text.to_owned())) }
}

/// Every URL of the relying party.
pub fn router(settings: Settings) -> Result<Router, DemoError> {
    router_at(settings, Clock::system())
}

fn router_at(settings: Settings, clock: Clock) -> Result<Router, DemoError> {
    let site = Site::new(settings, clock)?;
    let at = |path: &str| format!("/{{application}}{path}");
    Ok(Router::new()
        .route("/", get(handlers::home))
        .route("/assets/{name}", get(pages::asset))
        .route(&at(""), get(handlers::application))
        .route(&at(SIGN_IN), get(sign_in::begin))
        .route(&at(CALLBACK), get(sign_in::callback))
        .route(&at(SIGNED_OUT), get(handlers::signed_out))
        .route(&at(REFRESH), post(handlers::refresh))
        .route(&at(USERINFO), post(handlers::userinfo))
        .route(&at(SIGN_OUT), post(handlers::sign_out))
        .fallback(handlers::not_found)
        .method_not_allowed_fallback(handlers::method_not_allowed)
        .layer(DefaultBodyLimit::max(MOST_BYTES_IN_A_FORM))
        .with_state(site))
}

/// Serves the relying party until `shutdown` is ready, and lets answers that have begun end.
pub async fn serve(listener: TcpListener, settings: Settings, shutdown: impl Future<Output = ()> + Send + 'static) -> Result<(), DemoError> {
    let router = router(settings)?;
    Ok(axum::serve(listener, router).with_graceful_shutdown(shutdown).await?)
}
