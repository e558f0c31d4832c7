//! Clients that register themselves and look after their registration (RFC 7591, RFC 7592, OpenID Connect Registration): who may, how many,
//! and that a token is good for exactly what it says. What may be asked for is in `protocol/dynamic_registration`.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};

use crate::actions::audit::{Actor, Event, Origin};
use crate::actions::client_changes::{self, Changed, Condition, NotChanged};
use crate::actions::limits::{self, Budget};
use crate::actions::{client_secrets, clients};
use crate::app::App;
use crate::base::client_secret::ClientSecret;
use crate::base::clock::Time;
use crate::base::digest::Digest;
use crate::base::error::{AppError, Kind};
use crate::base::id::ClientId;
use crate::base::network::Network;
use crate::base::secret::{InitialAccessToken, RegistrationAccessToken};
use crate::config::RegistrationMode;
use crate::protocol::client_metadata::MetadataProblem;
use crate::protocol::dynamic_registration;
use crate::store::client::{self, Client, Inserted, Source};
use crate::store::{Job, StoreError, Write, initial_access_token};

/// When to come back where as many clients are registered as may be.
const FULL: Duration = Duration::from_hours(1);

/// Why a client could not register, or not look after its registration.
#[derive(Debug)]
pub enum NotDone {
    /// It has to show a token, and showed none.
    TokenNeeded,
    /// The token is unknown, over, used up, withdrawn, or another client's. Which of these, and whether there is such a client, nobody is told.
    TokenInvalid,
    /// What it asks for can't be registered; every problem at once.
    Invalid(Vec<MetadataProblem>),
    /// Too many, or not now.
    Later(AppError),
}

impl From<AppError> for NotDone {
    fn from(error: AppError) -> Self {
        Self::Later(error)
    }
}

impl From<StoreError> for NotDone {
    fn from(error: StoreError) -> Self {
        Self::Later(error.into())
    }
}

impl From<NotChanged> for NotDone {
    fn from(why: NotChanged) -> Self {
        match why {
            NotChanged::Invalid(problems) => Self::Invalid(problems),
            NotChanged::Unknown(_) | NotChanged::NotTheirs(_) | NotChanged::Stale(_) => Self::TokenInvalid,
            NotChanged::AtRest(error) => AppError::internal(error).into(),
            NotChanged::Store(error) => error.into(),
        }
    }
}

/// A registration, and what is told of it this once.
#[derive(Debug)]
pub struct Registered {
    /// The client.
    pub client: Client,
    /// Its secret, where it got one now.
    pub secret: Option<ClientSecret>,
    /// The token by which it looks after its registration from now on.
    pub token: RegistrationAccessToken,
}

struct Register {
    client: Client,
    /// The initial access token that is used for it.
    with: Option<Digest>,
    most: u64,
    origin: Origin,
    now: Time,
}

enum Outcome {
    Registered,
    TokenInvalid,
    Full,
}

impl Job for Register {
    type Outcome = Outcome;

    async fn run(&self, write: &Write<'_>) -> Result<Outcome, StoreError> {
        // The id is new and random: this only moves the settings version, after which nobody else registers until this is done.
        client::take_up(write, &self.client.metadata.client_id).await?;
        if client::count_dynamic(write).await? >= self.most {
            return Ok(Outcome::Full);
        }
        if let Some(digest) = self.with {
            let Some(token) = initial_access_token::spend(write, digest, self.now).await? else { return Ok(Outcome::TokenInvalid) };
            let event = Event::new("initial_access_token_used", &self.origin).client(&self.client.metadata.client_id);
            event.detail("token", token.to_string()).record(write, self.now).await?;
        }
        match clients::register_in(write, &self.client, &self.origin, self.now).await? {
            Inserted::Added => Ok(Outcome::Registered),
            Inserted::Taken | Inserted::NotFreeYet => Err(StoreError::Unreadable("a random client id came twice".to_owned())),
        }
    }
}

/// Registers the client that asks for `asked`, if whoever shows `token` may.
pub async fn register(app: &App, asked: Map<String, Value>, token: Option<&str>, network: Network, origin: Origin) -> Result<Registered, NotDone> {
    app.flood_guard().admit(&network)?;
    let with = may_register(app, token).await?;
    let id = ClientId::random();
    let metadata = dynamic_registration::read(asked, &id, app.config().registration.require_pkce).map_err(NotDone::Invalid)?;
    clients::check(app, &metadata).await.map_err(NotDone::Invalid)?;
    let now = app.now();
    if with.is_none() {
        // Never given back: what anybody may do, one network does so often and no more.
        let _counted = limits::take(app, &[Budget::of_registrations(app, network)], now).await?;
    }
    let (mut client, secret) = clients::new_client(app, metadata, Source::Dynamic, now).map_err(AppError::internal)?;
    let token = RegistrationAccessToken::random();
    client.registration = Some(token.digest());
    let most = app.config().limits.dynamic_clients.into();
    match app.store().write(Register { client: client.clone(), with, most, origin, now }).await? {
        Outcome::Registered => {}
        Outcome::TokenInvalid => return Err(NotDone::TokenInvalid),
        Outcome::Full => {
            let full = AppError::new(Kind::Unavailable(FULL), "unavailable");
            return Err(full.because("as many clients registered themselves as limits.dynamic_clients allows").into());
        }
    }
    app.look().await?;
    Ok(Registered { client, secret, token })
}

/// Whether whoever shows this token may register; the digest of the token that is to be used, if one is. Using it is part of the registration.
async fn may_register(app: &App, token: Option<&str>) -> Result<Option<Digest>, NotDone> {
    match app.config().registration.mode {
        // One that nobody asked for is not looked at.
        RegistrationMode::Open => Ok(None),
        RegistrationMode::Off | RegistrationMode::InitialAccessToken => {
            let digest = InitialAccessToken::parse(token.ok_or(NotDone::TokenNeeded)?).ok_or(NotDone::TokenInvalid)?.digest();
            let found = initial_access_token::by_digest(app.store(), digest).await?;
            let good = found.filter(|row| row.uses_left > 0 && row.revoked_at.is_none() && app.now() < row.expires_at);
            good.map(|_| Some(digest)).ok_or(NotDone::TokenInvalid)
        }
    }
}

/// The client that this token was given to, if that is the one of this id. Whoever is shut out looks after nothing.
pub async fn of_token(app: &App, id: &ClientId, token: Option<&str>) -> Result<Arc<Client>, NotDone> {
    let token = RegistrationAccessToken::parse(token.ok_or(NotDone::TokenNeeded)?).ok_or(NotDone::TokenInvalid)?;
    // Another node may have changed the token in this moment.
    app.look().await?;
    let client = app.view().client(id).cloned();
    // A client that an administrator registered has no such token, and `None` is the digest of nothing.
    let theirs = client.filter(|client| client.is_enabled() && client.registration == Some(token.digest()));
    theirs.ok_or(NotDone::TokenInvalid)
}

/// Replaces a registration by what is asked for now (RFC 7592 §2.2). The token that was shown is over, and another one comes with the answer.
pub async fn replace(app: &App, client: &Client, asked: Map<String, Value>, origin: Origin) -> Result<Registered, NotDone> {
    let id = &client.metadata.client_id;
    check_echo(app, client, &asked)?;
    let metadata = dynamic_registration::read(asked, id, app.config().registration.require_pkce).map_err(NotDone::Invalid)?;
    let token = RegistrationAccessToken::random();
    let condition = Condition { version: None, registration: client.registration };
    let origin = origin.by(Actor::Client(id.clone()));
    let Changed { client, secret, .. } = client_changes::update(app, metadata, condition, Some(token.digest()), &origin).await?;
    Ok(Registered { client, secret, token })
}

/// RFC 7592 §2.2: the id is sent along and is its own, a secret that is sent along is its own, and what only an answer says is not sent.
fn check_echo(app: &App, client: &Client, asked: &Map<String, Value>) -> Result<(), NotDone> {
    let mut problems = Vec::new();
    let mut report = |member: &'static str, problem: &str| problems.push(MetadataProblem { member: member.into(), problem: problem.to_owned() });
    if asked.get("client_id").and_then(Value::as_str) != Some(client.metadata.client_id.as_str()) {
        report("client_id", "must be sent, and can't be changed");
    }
    if let Some(secret) = asked.get("client_secret") {
        let secret = secret.as_str().unwrap_or_default();
        let is_own = client_secrets::fits(app, Some(client), &client.metadata.client_id, secret).map_err(AppError::internal)?;
        if !is_own {
            report("client_secret", "can't be chosen");
        }
    }
    for member in ["registration_access_token", "registration_client_uri", "client_secret_expires_at", "client_id_issued_at"] {
        if asked.contains_key(member) {
            report(member, "must not be sent");
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(NotDone::Invalid(problems)) }
}

/// Ends a registration (RFC 7592 §2.3): the client is nobody from now on.
pub async fn delete(app: &App, client: &Client, origin: Origin) -> Result<(), NotDone> {
    let id = &client.metadata.client_id;
    let condition = Condition { version: None, registration: client.registration };
    client_changes::delete(app, id, condition, &origin.by(Actor::Client(id.clone()))).await?;
    Ok(())
}
