//! Pushed authorization requests (RFC 9126): taken in before a browser is sent, kept under a name that only the client knows, answered once.
//!
//! The browser carries the name, and later a sealed reference that is bound to it: never what was pushed, not even sealed (A-PAR-05).

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::actions::shown_once::ShownOnce;
use crate::app::App;
use crate::base::clock::Time;
use crate::base::digest::Digest;
use crate::base::error::{AppError, Kind};
use crate::base::id::ClientId;
use crate::base::network::Network;
use crate::base::sealed::{Fact, binding};
use crate::base::secret::PushedRequestSecret;
use crate::protocol::authorization_request::AuthorizationRequest;
use crate::protocol::error::OAuthError;
use crate::store::pushed_request::{Caps, Insertion};
use crate::store::{Job, StoreError, Write, pushed_request};

/// What a pushed request is known by in the browser that began with it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PushedReference {
    #[serde(rename = "d")]
    digest: Digest,
    /// When the browser came with it: facts later than this are facts for it.
    #[serde(rename = "b")]
    began_at: Time,
}

impl Fact for PushedReference {
    const PREFIX: &'static str = "wg_";
}

/// Why a request was not kept.
#[derive(Debug)]
pub enum NotPushed {
    /// There are too many, or something broke here.
    Here(AppError),
    /// What the client proved itself with does not count any more, or can't be spent now.
    Refused(OAuthError),
}

impl From<AppError> for NotPushed {
    fn from(error: AppError) -> Self {
        Self::Here(error)
    }
}

impl From<OAuthError> for NotPushed {
    fn from(error: OAuthError) -> Self {
        Self::Refused(error)
    }
}

struct Push {
    row: pushed_request::Model,
    caps: Caps,
    now: Time,
}

impl Job for Push {
    type Outcome = Insertion;

    async fn run(&self, write: &Write<'_>) -> Result<Insertion, StoreError> {
        pushed_request::insert(write, self.row.clone(), self.caps, self.now).await
    }
}

/// Keeps a request that passed every check, and gives the `request_uri` for it. One write, no read; what the client proved
/// itself with is spent in it.
///
/// # Errors
/// `too_many_attempts` beyond what a client may push from one network in a minute, or may have waiting, or all clients together may (A-PAR-06).
pub async fn push(app: &App, request: &AuthorizationRequest, network: Network, proof: &ShownOnce) -> Result<PushedRequestSecret, NotPushed> {
    app.push_guard().admit(&(network, request.client_id.clone()))?;
    let (config, now) = (app.config(), app.now());
    let secret = PushedRequestSecret::random();
    let row = pushed_request::Model {
        digest: secret.digest(),
        client_id: request.client_id.clone(),
        facts: serde_json::to_string(request).map_err(AppError::internal)?,
        begins_until: now.plus(config.lifetimes.pushed_request),
        expires_at: request.id.expires_at(),
        answered_at: None,
    };
    let caps = Caps { client: config.limits.pushed_requests_per_client.into(), all: config.limits.pushed_requests.into() };
    match proof.write(app, Push { row, caps, now }).await? {
        Insertion::Done => Ok(secret),
        Insertion::Full => {
            let refused = AppError::new(Kind::TooMany(config.lifetimes.pushed_request), "too_many_attempts");
            Err(refused.because("as many pushed requests wait as limits.pushed_requests and its like allow").into())
        }
    }
}

/// How long a pushed request may be answered: time to begin, and then as long as any other.
pub fn lifetime(app: &App) -> Duration {
    let lifetimes = &app.config().lifetimes;
    lifetimes.pushed_request.saturating_add(lifetimes.authorization_request)
}

/// Whether this `request_uri` is spelled like the name of a pushed request.
pub fn is_name(request_uri: &str) -> bool {
    request_uri.starts_with(PushedRequestSecret::PREFIX)
}

/// Begins with a pushed request in a browser. It may be begun again until it is answered: people reload (RFC 9126 §4).
///
/// # Errors
/// `pushed_request_unknown` also for the request of another client (A-PAR-02); `request_expired`; `request_answered`.
pub async fn begin(app: &App, client: &ClientId, request_uri: &str) -> Result<AuthorizationRequest, AppError> {
    let unknown = || AppError::new(Kind::Invalid, "pushed_request_unknown");
    let secret = PushedRequestSecret::parse(request_uri).ok_or_else(unknown)?;
    let row = pushed_request::by_digest(app.store(), secret.digest()).await?.filter(|row| row.client_id == *client).ok_or_else(unknown)?;
    let now = app.now();
    // What was answered says so, however late it is.
    if row.answered_at.is_none() && row.begins_until <= now {
        return Err(AppError::new(Kind::Gone, "request_expired"));
    }
    read(&row, now, now)
}

fn read(row: &pushed_request::Model, began_at: Time, now: Time) -> Result<AuthorizationRequest, AppError> {
    if row.answered_at.is_some() {
        return Err(answered());
    }
    if row.expires_at <= now {
        return Err(AppError::new(Kind::Gone, "request_expired"));
    }
    let request: AuthorizationRequest = serde_json::from_str(&row.facts).map_err(AppError::internal)?;
    Ok(AuthorizationRequest { began_at, pushed: Some(row.digest), ..request })
}

fn answered() -> AppError {
    AppError::new(Kind::Gone, "request_answered")
}

/// The text that stands for a pushed request in the addresses of this browser.
pub fn keep(app: &App, request: &AuthorizationRequest, digest: Digest, browser: Digest) -> Result<String, AppError> {
    let reference = PushedReference { digest, began_at: request.began_at };
    app.view().rings.sealer.seal(request.id, &reference, &binding(&[browser.as_bytes()])).map_err(AppError::internal)
}

/// Reads back what [`keep`] refers to. One read.
pub(super) async fn follow(app: &App, reference: &PushedReference) -> Result<AuthorizationRequest, AppError> {
    let row = pushed_request::by_digest(app.store(), reference.digest).await?;
    // A reference is younger than its row, which is swept only after both are over.
    let row = row.ok_or_else(|| AppError::new(Kind::Gone, "request_expired"))?;
    read(&row, reference.began_at, app.now())
}

struct Answer(Digest, Time);

impl Job for Answer {
    type Outcome = bool;

    async fn run(&self, write: &Write<'_>) -> Result<bool, StoreError> {
        pushed_request::answer(write, self.0, self.1).await
    }
}

/// Notes, before a client gets an answer, that this request has one. Requests that were not pushed may be answered as often as their browser
/// comes back, for only one code of theirs is ever redeemed.
///
/// # Errors
/// `request_answered` if it had been: whoever comes second gets nothing (RFC 9126 §7.3, A-PAR-02, E-RACE-06).
pub async fn answer(app: &App, request: &AuthorizationRequest) -> Result<(), AppError> {
    let Some(digest) = request.pushed else { return Ok(()) };
    if app.store().write(Answer(digest, app.now())).await? { Ok(()) } else { Err(answered()) }
}
