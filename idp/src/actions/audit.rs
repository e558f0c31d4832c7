//! The one writer of audit events. An event is part of the job that makes the change: both are kept, or neither.

use serde_json::{Map, Value};

use crate::base::clock::Time;
use crate::base::id::{AuditEventId, ClientId, SessionId, UserId};
use crate::store::{StoreError, Write, audit_event};

/// Who did it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Actor {
    /// Somebody who proved nothing (yet).
    #[default]
    Nobody,
    /// A signed-in person.
    User(UserId),
    /// An authenticated client.
    Client(ClientId),
    /// Somebody at the command line of the server.
    CommandLine,
    /// The server itself.
    System,
}

impl std::fmt::Display for Actor {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Nobody => formatter.write_str("nobody"),
            Self::User(id) => write!(formatter, "user:{id}"),
            Self::Client(id) => write!(formatter, "client:{id}"),
            Self::CommandLine => formatter.write_str("command_line"),
            Self::System => formatter.write_str("system"),
        }
    }
}

/// Where a change comes from: who asked for it, in which request.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    /// Who.
    pub actor: Actor,
    /// The id of the request, as the log and error pages show it.
    pub request_id: Option<String>,
    /// The network it came from.
    pub network: Option<String>,
    /// The browser and system it came from, as a person reads it.
    pub device: Option<String>,
    /// The language it asks for, one of ours: for mails to people who chose none.
    pub language: Option<String>,
}

impl Origin {
    /// From the command line.
    pub fn command_line() -> Self {
        Self { actor: Actor::CommandLine, ..Self::default() }
    }

    /// From the server itself.
    pub fn system() -> Self {
        Self { actor: Actor::System, ..Self::default() }
    }

    /// Device and network in one, as a person reads it: "Firefox on Linux, 192.0.2.1". Empty if neither is known.
    pub fn place(&self) -> String {
        [self.device.as_deref(), self.network.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(", ")
    }

    /// The same request, once it is known who asked.
    #[must_use]
    pub fn by(mut self, actor: Actor) -> Self {
        self.actor = actor;
        self
    }
}

/// An event that is going to be recorded.
#[derive(Clone, Debug)]
#[must_use = "an event is recorded by `record`"]
pub struct Event {
    kind: &'static str,
    origin: Origin,
    user: Option<UserId>,
    client: Option<ClientId>,
    session: Option<SessionId>,
    detail: Map<String, Value>,
}

impl Event {
    /// That `kind` happened, because of `origin`.
    pub fn new(kind: &'static str, origin: &Origin) -> Self {
        Self { kind, origin: origin.clone(), user: None, client: None, session: None, detail: Map::new() }
    }

    /// Whom it concerns.
    pub fn user(mut self, id: UserId) -> Self {
        self.user = Some(id);
        self
    }

    /// Which client it concerns.
    pub fn client(mut self, id: &ClientId) -> Self {
        self.client = Some(id.clone());
        self
    }

    /// Which session it concerns.
    pub fn session(mut self, id: SessionId) -> Self {
        self.session = Some(id);
        self
    }

    /// More about it. Never a secret, never a name or an address of a person: those are in the row that `user` names.
    pub fn detail(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.detail.insert(name.to_owned(), value.into());
        self
    }

    /// Records it in the transaction of the change.
    pub async fn record(&self, write: &Write<'_>, now: Time) -> Result<(), StoreError> {
        audit_event::insert(write, self.row(now)).await
    }

    /// Records many in one statement.
    pub async fn record_all(events: &[Self], write: &Write<'_>, now: Time) -> Result<(), StoreError> {
        audit_event::insert_many(write, events.iter().map(|event| event.row(now)).collect()).await
    }

    fn row(&self, now: Time) -> audit_event::Model {
        let mut detail = self.detail.clone();
        let place = [("network", &self.origin.network), ("device", &self.origin.device)];
        detail.extend(place.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value.clone()?.into()))));
        audit_event::Model {
            id: AuditEventId::new(now),
            at: now,
            kind: self.kind.to_owned(),
            actor: self.origin.actor.to_string(),
            user_id: self.user,
            client_id: self.client.clone(),
            session_id: self.session,
            request_id: self.origin.request_id.clone(),
            detail: Value::Object(detail).to_string(),
        }
    }
}
