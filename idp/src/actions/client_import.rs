//! Registering many clients at once, with ids and secrets that were given elsewhere: all of them or none, and every problem of each at once.
//! A client that is registered already becomes what is imported, so that the same import can be made any number of times.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Map, Value};

use crate::actions::audit::{Event, Origin};
use crate::actions::{client_changes, client_secrets, clients};
use crate::app::App;
use crate::base::client_secret::ClientSecret;
use crate::base::clock::Time;
use crate::base::id::ClientId;
use crate::base::secret::{ExposeSecret as _, SecretString};
use crate::keys::at_rest::NotAtRest;
use crate::protocol::client_metadata::{ClientMetadata, MetadataProblem, is_in_a_language};
use crate::store::client::{self, Client, Source};
use crate::store::{Job, StoreError, Write, client_secret};

/// A secret shorter than this can be guessed by whoever has a copy of an answer that it signed.
const SHORTEST_SECRET: usize = 32;
/// The longest secret.
const LONGEST_SECRET: usize = 512;
/// What an answer or a listing says about a client beside its metadata, and is not for whoever imports to say.
const ONLY_SAID: [&str; 8] = [
    "client_id_issued_at",
    "client_secret_expires_at",
    "registration_access_token",
    "registration_client_uri",
    "source",
    "created_at",
    "updated_at",
    "version",
];
/// How many events are recorded in one statement.
const EVENTS_AT_ONCE: usize = 500;

/// One client of an import.
#[derive(Clone, Debug)]
pub struct Entry {
    /// What is to be registered.
    pub metadata: ClientMetadata,
    /// Its secret, if that is given.
    pub secret: Option<SecretString>,
    /// Whether it may be used, if that is said.
    pub enabled: Option<bool>,
}

/// One thing that is wrong with one client of an import.
#[derive(Clone, Debug, thiserror::Error)]
#[error("number {number}{}: {problem}", .client_id.as_ref().map(|id| format!(" ({id:.100})")).unwrap_or_default())]
pub struct EntryProblem {
    /// Which one of the list, counted from 1.
    pub number: usize,
    /// Its id, if it has one.
    pub client_id: Option<String>,
    /// What is wrong.
    pub problem: MetadataProblem,
}

/// Why nothing was imported.
#[derive(Debug, thiserror::Error)]
pub enum NotImported {
    /// Every problem of every client.
    #[error("nothing was imported:\n  {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n  "))]
    Invalid(Vec<EntryProblem>),
    /// These were registered, changed or deleted meanwhile.
    #[error("nothing was imported: {} changed meanwhile, or not free again after they were deleted; try again in a minute", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))]
    Changed(Vec<ClientId>),
    /// A secret can't be compared.
    #[error(transparent)]
    AtRest(#[from] NotAtRest),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What became of a client of an import.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Became {
    /// It was not there.
    Registered,
    /// It was there, and is now what was imported.
    Updated,
    /// It was just that.
    Unchanged,
}

/// A client after an import.
#[derive(Debug)]
pub struct Imported {
    /// Its id.
    pub id: ClientId,
    /// What became of it.
    pub became: Became,
    /// The secret that it got because it needs one and none was given. Told this once.
    pub secret: Option<ClientSecret>,
}

/// Reads a JSON array of clients as RFC 7591 writes them, with `client_id` and `client_secret`.
///
/// # Errors
/// Every problem of every client.
pub fn read(list: Vec<Value>, allow_weak_secrets: bool) -> Result<Vec<Entry>, Vec<EntryProblem>> {
    let (mut entries, mut problems, mut seen) = (Vec::with_capacity(list.len()), Vec::new(), BTreeSet::new());
    for (index, value) in list.into_iter().enumerate() {
        let client_id = value.get("client_id").and_then(Value::as_str).map(str::to_owned);
        let mut found = Vec::new();
        if client_id.as_ref().is_some_and(|id| !seen.insert(id.clone())) {
            found.push(problem("client_id", "stands in the list twice"));
        }
        match value {
            Value::Object(members) => match read_one(members, allow_weak_secrets) {
                Ok(entry) => entries.push(entry),
                Err(further) => found.extend(further),
            },
            _ => found.push(problem("client", "must be an object")),
        }
        problems.extend(found.into_iter().map(|problem| EntryProblem { number: index + 1, client_id: client_id.clone(), problem }));
    }
    if problems.is_empty() { Ok(entries) } else { Err(problems) }
}

fn problem(member: &'static str, problem: &str) -> MetadataProblem {
    MetadataProblem { member: Cow::Borrowed(member), problem: problem.to_owned() }
}

fn read_one(mut members: Map<String, Value>, allow_weak_secrets: bool) -> Result<Entry, Vec<MetadataProblem>> {
    let mut problems = Vec::new();
    members.retain(|member, value| !ONLY_SAID.contains(&member.as_str()) && !is_in_a_language(member) && !value.is_null());
    let enabled = match members.remove("enabled") {
        None => None,
        Some(Value::Bool(enabled)) => Some(enabled),
        Some(_) => {
            problems.push(problem("enabled", "must be true or false"));
            None
        }
    };
    let secret = match members.remove("client_secret") {
        None => None,
        Some(Value::String(secret)) => {
            problems.extend(judge_secret(&secret, allow_weak_secrets).err());
            Some(SecretString::from(secret))
        }
        Some(_) => {
            problems.push(problem("client_secret", "must be text"));
            None
        }
    };
    match ClientMetadata::read(members) {
        Ok(metadata) => {
            if secret.is_some() && !metadata.token_endpoint_auth_method.has_secret() {
                problems.push(problem("client_secret", "is nothing for a client that does not authenticate with one"));
            }
            if problems.is_empty() { Ok(Entry { metadata, secret, enabled }) } else { Err(problems) }
        }
        Err(further) => {
            problems.extend(further);
            Err(problems)
        }
    }
}

/// RFC 6749 §A.2: visible characters and spaces.
fn judge_secret(secret: &str, allow_weak: bool) -> Result<(), MetadataProblem> {
    if secret.is_empty() || secret.len() > LONGEST_SECRET || !secret.bytes().all(|byte| matches!(byte, 0x20..=0x7e)) {
        return Err(problem("client_secret", "must be 1 to 512 visible characters of ASCII"));
    }
    if secret.len() < SHORTEST_SECRET && !allow_weak {
        return Err(problem("client_secret", "is shorter than 32 characters (--allow-weak-secret takes it all the same)"));
    }
    Ok(())
}

struct Import {
    added: Vec<Client>,
    replaced: Vec<Client>,
    /// The clients whose secrets end now, and the secrets that begin.
    ends: Vec<ClientId>,
    secrets: Vec<client_secret::Model>,
    events: Vec<Event>,
    now: Time,
}

impl Job for Import {
    type Outcome = Vec<ClientId>;

    // All of them or none, in one transaction, however many they are.
    const PATIENCE: Duration = Duration::from_mins(2);

    async fn run(&self, write: &Write<'_>) -> Result<Vec<ClientId>, StoreError> {
        let refused = client::insert_and_replace(write, &self.added, &self.replaced).await?;
        if refused.is_empty() {
            for client in &self.ends {
                client_secret::end_all(write, client, self.now).await?;
            }
            client_secret::insert_many(write, &self.secrets).await?;
            for slice in self.events.chunks(EVENTS_AT_ONCE) {
                Event::record_all(slice, write, self.now).await?;
            }
        }
        Ok(refused)
    }
}

/// Registers what is not there, and makes what is there what is imported; a secret that is not given stays as it is.
pub async fn import(app: &App, entries: Vec<Entry>, origin: &Origin) -> Result<Vec<Imported>, NotImported> {
    app.look().await?;
    let mut wrong = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        let problems = clients::check(app, &entry.metadata).await.err().unwrap_or_default();
        let client_id = Some(entry.metadata.client_id.to_string());
        wrong.extend(problems.into_iter().map(|problem| EntryProblem { number: index + 1, client_id: client_id.clone(), problem }));
    }
    if !wrong.is_empty() {
        return Err(NotImported::Invalid(wrong));
    }
    let (view, now) = (app.view(), app.now());
    let mut job = Import { added: Vec::new(), replaced: Vec::new(), ends: Vec::new(), secrets: Vec::new(), events: Vec::new(), now };
    let mut imported = Vec::with_capacity(entries.len());
    for entry in entries {
        let id = entry.metadata.client_id.clone();
        let (became, secret) = match view.client(&id) {
            None => {
                let (client, secret) = new_client(app, entry, now)?;
                job.events.push(clients::registered(&client, origin));
                job.secrets.extend(client.secrets.iter().cloned());
                job.added.push(client);
                (Became::Registered, secret)
            }
            Some(before) => match replacement(app, before, entry, now)? {
                None => (Became::Unchanged, None),
                Some(Replacement { client, members, secret, told }) => {
                    if secret.is_some() || !client.metadata.token_endpoint_auth_method.has_secret() {
                        job.ends.push(id.clone());
                    }
                    job.events.push(Event::new("client_updated", origin).client(&id).detail("changed", members));
                    job.secrets.extend(secret);
                    job.replaced.push(client);
                    (Became::Updated, told)
                }
            },
        };
        imported.push(Imported { id, became, secret });
    }
    if job.events.is_empty() {
        return Ok(imported);
    }
    let refused = app.store().write(job).await?;
    if !refused.is_empty() {
        return Err(NotImported::Changed(refused));
    }
    app.look().await?;
    Ok(imported)
}

fn new_client(app: &App, entry: Entry, now: Time) -> Result<(Client, Option<ClientSecret>), NotAtRest> {
    let Entry { metadata, secret: given, enabled } = entry;
    let (mut client, mut made) = clients::new_client(app, metadata, Source::Administrator, now)?;
    if let Some(given) = given {
        let ClientMetadata { client_id, token_endpoint_auth_method, .. } = &client.metadata;
        client.secrets = vec![client_secrets::at_rest(app, client_id, *token_endpoint_auth_method, given.expose_secret(), now)?];
        made = None;
    }
    client.disabled_at = (enabled == Some(false)).then_some(now);
    Ok((client, made))
}

/// What is to stand in the place of a client that is there.
struct Replacement {
    client: Client,
    /// What is different about it.
    members: Vec<&'static str>,
    /// The secret that takes the place of all others.
    secret: Option<client_secret::Model>,
    /// The same, where it was made here.
    told: Option<ClientSecret>,
}

/// `None` if nothing is different.
fn replacement(app: &App, before: &Client, entry: Entry, now: Time) -> Result<Option<Replacement>, NotAtRest> {
    let Entry { metadata, secret: given, enabled } = entry;
    let (id, method) = (metadata.client_id.clone(), metadata.token_endpoint_auth_method);
    let mut members = before.metadata.difference(&metadata);
    let serves = client_changes::has_secret_for(before, method, now);
    let at_rest = |secret: &str| client_secrets::at_rest(app, &id, method, secret, now);
    let (mut secret, mut told) = (None, None);
    match given {
        Some(given) if !(serves && client_secrets::fits(app, Some(before), &id, given.expose_secret())?) => {
            secret = Some(at_rest(given.expose_secret())?);
        }
        // A client that needs a secret and has none that serves gets one.
        None if method.has_secret() && !serves => {
            let made = ClientSecret::random();
            secret = Some(at_rest(&made.expose())?);
            told = Some(made);
        }
        _ => {}
    }
    if secret.is_some() {
        members.push("client_secret");
    }
    if enabled.is_some_and(|enabled| enabled != before.is_enabled()) {
        members.push("enabled");
    }
    let disabled_at = match enabled {
        Some(true) => None,
        Some(false) => before.disabled_at.or(Some(now)),
        None => before.disabled_at,
    };
    let client = Client { metadata, disabled_at, updated_at: now, ..before.clone() };
    Ok((!members.is_empty()).then_some(Replacement { client, members, secret, told }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn judged(list: Value, allow_weak: bool) -> Vec<String> {
        let Value::Array(list) = list else { panic!("a list") };
        read(list, allow_weak).err().unwrap_or_default().iter().map(ToString::to_string).collect()
    }

    /// Every problem of every client is named by its place, its id and its member.
    #[test]
    fn every_problem_of_every_client_is_told() {
        let secret = "0123456789abcdef0123456789abcdef";
        let good = json!({"client_id": "a", "client_name": "A", "redirect_uris": ["https://a.test/cb"], "client_secret": secret});
        assert!(judged(json!([good]), false).is_empty());
        let listed = json!({
            "client_id": "b", "client_name": "B", "redirect_uris": ["https://b.test/cb"], "enabled": false, "source": "administrator",
            "created_at": 1, "updated_at": 1, "version": 7, "client_id_issued_at": 1, "client_name#de": "Be", "logo_uri": null,
        });
        assert!(judged(json!([good, listed]), false).is_empty());
        let weak = json!({"client_id": "w", "client_name": "W", "redirect_uris": ["https://w.test/cb"], "client_secret": "short"});
        assert_eq!(judged(json!([weak]), true), Vec::<String>::new());
        let problems = judged(
            json!([
                good, good, weak, 7, {"client_name": "C", "redirect_uris": ["http://c.test/cb"], "colour": "red"},
                {"client_id": "p", "client_name": "P", "redirect_uris": ["https://p.test/cb"], "token_endpoint_auth_method": "none", "client_secret": secret},
                {"client_id": "s", "client_name": "S", "redirect_uris": ["https://s.test/cb"], "client_secret": "a\u{e9}", "enabled": "no"},
            ]),
            false,
        );
        let beginnings = [
            "number 2 (a): client_id stands in the list twice",
            "number 3 (w): client_secret is shorter than 32",
            "number 4: client must be an object",
            "number 5: colour ",
            "number 5: client_id is missing",
            "number 5: redirect_uris number 1",
            "number 6 (p): client_secret is nothing",
            "number 7 (s): enabled",
            "number 7 (s): client_secret must be",
        ];
        assert_eq!(problems.len(), beginnings.len(), "{problems:#?}");
        for (problem, beginning) in problems.iter().zip(beginnings) {
            assert!(problem.starts_with(beginning), "{problem} does not begin with {beginning}");
        }
    }
}
