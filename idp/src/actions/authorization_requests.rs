//! Authorization requests between their arrival and their answer: sealed boxes bound to the browser, or rows where a box would be too
//! large for an address, or where they were pushed. What waits is read back here, and presented to pages that know nothing of OpenID Connect.

use crate::actions::pushed_requests::{self, PushedReference};
use crate::actions::subjects;
use crate::adapters::templates::pages;
use crate::app::App;
use crate::base::digest::Digest;
use crate::base::error::{AppError, Kind};
use crate::base::issuer::Issuer;
use crate::base::sealed::{Fact, Unsealed, binding};
use crate::base::secret::StoredRequestSecret;
use crate::protocol::authorization_request::AuthorizationRequest;
use crate::protocol::client_uri::ClientUri;
use crate::store::client::Client;
use crate::store::{Job, StoreError, Write, authorization_request, user};

/// Boxes up to this length travel in the address; longer ones are stored.
const LONGEST_ADDRESS: usize = 2048;

impl Fact for AuthorizationRequest {
    const PREFIX: &'static str = "wa_";
}

/// A request that came by a POST without the browser cookie: it is bound to the browser by the GET that follows.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unbound(AuthorizationRequest);

impl Fact for Unbound {
    const PREFIX: &'static str = "wu_";
}

/// A request that waits, as pages present it.
#[derive(Clone, Debug)]
pub struct Presented {
    /// Who asks.
    pub by: pages::Presented,
    /// The address that the client suggested for signing in.
    pub login_hint: Option<String>,
    /// The one person it is about, where an ID token of ours names them.
    pub meant: Option<Meant>,
    /// The one origin (or private scheme) that a form of this request may end at.
    pub form_target: Option<String>,
}

/// The person whom a request names.
#[derive(Clone, Debug)]
pub struct Meant(AuthorizationRequest);

impl Meant {
    /// Whether it is this one.
    pub fn is(&self, app: &App, person: &user::Model) -> bool {
        self.0.hint_subject.as_ref() == Some(&subjects::as_hinted(app, &self.0, person))
    }
}

struct StoreRequest {
    row: authorization_request::Model,
    cap: u64,
}

impl Job for StoreRequest {
    type Outcome = bool;

    async fn run(&self, write: &Write<'_>) -> Result<bool, StoreError> {
        authorization_request::insert(write, self.row.clone(), self.cap).await
    }
}

/// Keeps a request for this browser: the text that stands for it in an address.
pub async fn keep(app: &App, request: &AuthorizationRequest, browser: Digest) -> Result<String, AppError> {
    if let Some(digest) = request.pushed {
        return pushed_requests::keep(app, request, digest, browser);
    }
    let sealed = app.view().rings.sealer.seal(request.id, request, &binding(&[browser.as_bytes()])).map_err(AppError::internal)?;
    if sealed.len() <= LONGEST_ADDRESS {
        return Ok(sealed);
    }
    let secret = StoredRequestSecret::random();
    let row = authorization_request::Model {
        digest: secret.digest(),
        client_id: request.client_id.clone(),
        browser_digest: browser,
        facts: serde_json::to_string(request).map_err(AppError::internal)?,
        expires_at: request.id.expires_at(),
    };
    store(app, row).await?;
    Ok(secret.expose())
}

/// Stores a request that is too large to travel, unless as many are stored as may be.
pub(super) async fn store(app: &App, row: authorization_request::Model) -> Result<(), AppError> {
    if app.store().write(StoreRequest { row, cap: app.config().limits.stored_requests.into() }).await? {
        return Ok(());
    }
    let wait = app.config().lifetimes.authorization_request / 10;
    Err(AppError::new(Kind::Unavailable(wait), "unavailable").because("as many authorization requests are stored as limits.stored_requests allows"))
}

/// Seals a request for whichever browser fetches it next.
pub fn keep_unbound(app: &App, request: AuthorizationRequest) -> Result<String, AppError> {
    app.view().rings.sealer.seal(request.id, &Unbound(request), b"").map_err(AppError::internal)
}

/// Whether this text is a request that no browser owns yet.
pub fn is_unbound(text: &str) -> bool {
    text.starts_with(Unbound::PREFIX)
}

/// Opens a request that no browser owns yet.
pub async fn read_unbound(app: &App, text: &str) -> Result<AuthorizationRequest, AppError> {
    let (_, Unbound(request)) = app.open_box(text, b"").await.map_err(refusal)?;
    Ok(request)
}

/// Reads back what [`keep`] kept for this browser.
pub async fn read(app: &App, text: &str, browser: Digest) -> Result<AuthorizationRequest, AppError> {
    if text.starts_with(PushedReference::PREFIX) {
        let (_, reference) = app.open_box::<PushedReference>(text, &binding(&[browser.as_bytes()])).await.map_err(refusal)?;
        return pushed_requests::follow(app, &reference).await;
    }
    let Some(secret) = StoredRequestSecret::parse(text) else {
        let (_, request) = app.open_box(text, &binding(&[browser.as_bytes()])).await.map_err(refusal)?;
        return Ok(request);
    };
    let row = authorization_request::by_digest(app.store(), secret.digest()).await?.ok_or_else(|| refusal(Unsealed::Expired))?;
    if row.browser_digest != browser {
        return Err(refusal(Unsealed::Invalid));
    }
    if row.expires_at <= app.now() {
        return Err(refusal(Unsealed::Expired));
    }
    serde_json::from_str(&row.facts).map_err(AppError::internal)
}

fn refusal(why: Unsealed) -> AppError {
    match why {
        Unsealed::Expired => AppError::new(Kind::Gone, "request_expired"),
        Unsealed::Invalid | Unsealed::UnknownKey(_) => AppError::new(Kind::Invalid, "request_foreign").because(format!("{why:?}")),
    }
}

/// Who waits behind this text, for a page to say.
pub async fn presented(app: &App, text: &str, browser: Digest) -> Result<Presented, AppError> {
    let request = read(app, text, browser).await?;
    let view = app.view();
    let client = view.client(&request.client_id).filter(|client| client.is_enabled());
    let client = client.ok_or(AppError::new(Kind::Invalid, "unknown_client"))?;
    let by = present(client, &app.config().issuer).answered_at(request.redirect_uri.host());
    let (form_target, login_hint) = (request.redirect_uri.origin_for_csp(), request.login_hint.clone());
    let meant = Some(Meant(request)).filter(|Meant(request)| request.hint_subject.is_some());
    Ok(Presented { by, login_hint, meant, form_target })
}

/// A client, for a page to show. A picture is shown only from our own house: no page sends people's browsers elsewhere.
pub fn present(client: &Client, issuer: &Issuer) -> pages::Presented {
    let unverified = client.is_dynamic();
    let metadata = &client.metadata;
    let text = |uri: &Option<ClientUri>| uri.as_ref().map(ToString::to_string);
    let client = pages::Client {
        name: metadata.client_name.clone(),
        host: metadata.host().unwrap_or_default(),
        logo_uri: text(&metadata.logo_uri).filter(|uri| uri.strip_prefix(issuer.as_str()).is_some_and(|rest| rest.starts_with('/'))),
        initial: metadata.client_name.chars().next().map(|first| first.to_uppercase().collect()).unwrap_or_default(),
    };
    pages::Presented { client, policy_uri: text(&metadata.policy_uri), tos_uri: text(&metadata.tos_uri), unverified }
}
