//! `App`: what a request may need, built once from the configuration. The one axum state; cheap to clone.
//!
//! Clients and keys are read from memory ([`View`]). Every one-read statement also tells the settings version and the epoch;
//! [`App::observe`] loads what changed before anything is answered with it.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::sync::{Mutex, Notify};

use crate::adapters::breached_passwords::BreachedPasswords;
use crate::adapters::mail::{Mailer, NoMailer};
use crate::adapters::outbound::{Cache, Manner, NoOutbound, Outbound};
use crate::adapters::passwords::Passwords;
use crate::adapters::templates::Templates;
use crate::adapters::webauthn::{Attestation, NoRelyingParty, Webauthn};
use crate::base::clock::{Clock, Time};
use crate::base::flood_guard::FloodGuard;
use crate::base::id::ClientId;
use crate::base::network::Network;
use crate::base::repetition::Repetitions;
use crate::base::sealed::{Fact, Unsealed};
use crate::base::single_use::SingleUseId;
use crate::config::{Breached, Config, DatabaseUrl, MasterKey, MasterKeySource};
use crate::keys::at_rest::{self, DataKey, DataKeys};
use crate::keys::ring::{self, Rings};
use crate::protocol::client_jwks::ClientJwks;
use crate::store::client::{self, Client};
use crate::store::connect::{Target, WrappedKey};
use crate::store::horizon::{self, Horizon};
use crate::store::{Job, Store, StoreError, Write, data_key, passkey};

/// How often at most an unknown key id makes this node read the rings again.
const RELOAD_EVERY: Duration = Duration::from_secs(1);

/// How old it must be to look again before somebody is refused.
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(100);
/// How old what this node knows of clients and keys may be where something is given without asking the database.
const CURRENT_FOR: Duration = Duration::from_secs(5);

/// Everything a request may need.
#[derive(Clone)]
pub struct App(Arc<Parts>);

struct Parts {
    config: Config,
    clock: Clock,
    store: Store,
    data_keys: Arc<DataKeys>,
    templates: Templates,
    webauthn: Webauthn,
    passwords: Passwords,
    breached_passwords: BreachedPasswords,
    mailer: Mailer,
    outbound: Outbound,
    fetched_keys: Arc<Cache<ClientJwks>>,
    fetched_request_objects: Arc<Cache<String>>,
    /// Rung when a mail was queued.
    mail_waits: Arc<Notify>,
    flood_guard: FloodGuard,
    push_guard: FloodGuard<(Network, ClientId)>,
    repetitions: Repetitions,
    epoch: i64,
    view: ArcSwap<View>,
    /// When the horizon was last asked for, in milliseconds.
    looked_at: AtomicI64,
    draining: AtomicBool,
    /// Held while the view is loaded, with the moment of the last load.
    loading: Mutex<Time>,
}

/// Clients and keys as this node last saw them.
#[derive(Clone)]
pub struct View {
    /// The settings version it shows.
    pub version: i64,
    /// The rings of keys.
    pub rings: Arc<Rings>,
    clients: HashMap<ClientId, Arc<Client>>,
    /// The origins of all of them, gathered when they are asked for.
    origins: OnceLock<HashSet<String>>,
    /// Those that people are offered, in the order of their names, gathered when they are asked for.
    offered: OnceLock<Vec<Arc<Client>>>,
}

impl View {
    fn new(version: i64, rings: Rings, clients: HashMap<ClientId, Arc<Client>>) -> Self {
        Self { version, rings: Arc::new(rings), clients, origins: OnceLock::new(), offered: OnceLock::new() }
    }

    /// Whether any client that may be used has registered an address of this origin. The answer takes as long for ten clients as for ten thousand.
    pub fn is_registered_origin(&self, origin: &str) -> bool {
        let enabled = || self.clients.values().filter(|client| client.is_enabled());
        self.origins.get_or_init(|| enabled().flat_map(|client| client.metadata.web_origins()).collect()).contains(origin)
    }

    /// The client that is registered under this id, enabled or not.
    pub fn client(&self, id: &ClientId) -> Option<&Arc<Client>> {
        self.clients.get(id)
    }

    /// The clients that people may open from here, by name. What registered itself is no application of this house, and is not offered (A-DCR-01).
    pub fn offered(&self) -> &[Arc<Client>] {
        let is_offered = |client: &&Arc<Client>| {
            let metadata = &client.metadata;
            client.is_enabled() && !client.is_dynamic() && (metadata.initiate_login_uri.is_some() || metadata.client_uri.is_some())
        };
        self.offered.get_or_init(|| {
            let mut offered: Vec<_> = self.clients.values().filter(is_offered).cloned().collect();
            offered.sort_by_cached_key(|client| (client.metadata.client_name.to_lowercase(), client.metadata.client_id.clone()));
            offered
        })
    }

    /// All registered clients, in no order.
    pub fn clients(&self) -> impl Iterator<Item = &Arc<Client>> {
        self.clients.values()
    }
}

/// Why the provider can't start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database can't be opened.
    #[error(transparent)]
    Open(#[from] crate::store::connect::OpenError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The master key is missing or unusable.
    #[error(transparent)]
    MasterKey(#[from] crate::keys::at_rest::NoMasterKey),
    /// What rests can't be read with this master key.
    #[error(transparent)]
    AtRest(#[from] crate::keys::at_rest::NotAtRest),
    /// A ring can't be used.
    #[error(transparent)]
    Ring(#[from] ring::RingError),
    /// A template is broken.
    #[error("the templates can't be used: {0}")]
    Templates(String),
    /// The WebAuthn settings don't fit together.
    #[error("passkeys can't be used: {0}")]
    Webauthn(String),
    /// The settings of passwords don't fit together.
    #[error(transparent)]
    Passwords(#[from] crate::adapters::passwords::NotHashed),
    /// The settings of mail can't be used.
    #[error(transparent)]
    Mail(#[from] NoMailer),
    /// The settings of what is asked outside can't be used.
    #[error(transparent)]
    Outbound(#[from] NoOutbound),
}

impl App {
    /// Opens the database, brings it up to this release, makes what a first start needs, and reads keys and clients.
    ///
    /// With a missing or wrong master key nothing is changed (security requirement D-SEC-06).
    pub async fn open(config: Config, clock: Clock) -> Result<Self, StartError> {
        let store = Store::open_if(&target(&config), |wrapped| may_open(&config, wrapped)).await?;
        let data_keys = Arc::new(open_data_keys(&store, &config, clock.now()).await?);
        let rings = ring::load(&store, &data_keys, &config.issuer, clock.now()).await?;
        let horizon = horizon::current(&store).await?;
        let clients = client::changed_since(&store, 0).await?.into_iter().filter_map(|(id, _, client)| Some((id, Arc::new(client?)))).collect();
        if passkey::any_for_another_rp_id(&store, &config.passkeys.rp_id).await? {
            tracing::warn!(
                rp_id = config.passkeys.rp_id,
                "there are passkeys for another RP ID: they can't be used until passkeys.rp_id is set back"
            );
        }
        let templates = Templates::load(config.issuer.path()).map_err(|error| StartError::Templates(error.to_string()))?;
        let webauthn = relying_party(&config).map_err(|error| StartError::Webauthn(error.to_string()))?;
        let passwords = Passwords::new(&config.passwords)?;
        let outbound = Outbound::new(&config.outbound)?;
        let breached_passwords = breached_passwords(&config.breached, &outbound);
        let mailer = Mailer::new(&config.mail, &config.data_dir, config.issuer.host())?;
        let view = View::new(horizon.settings_version, rings, clients);
        let flood_guard = FloodGuard::new(config.limits.network_per_minute);
        let push_guard = FloodGuard::new(config.limits.pushes_per_minute);
        let loaded_at = clock.now();
        let parts = Parts {
            config,
            clock,
            store,
            data_keys,
            templates,
            webauthn,
            passwords,
            breached_passwords,
            mailer,
            outbound,
            fetched_keys: Arc::new(Cache::new(Manner::KEYS)),
            fetched_request_objects: Arc::new(Cache::new(Manner::REQUEST_OBJECTS)),
            mail_waits: Arc::new(Notify::new()),
            flood_guard,
            push_guard,
            repetitions: Repetitions::default(),
            epoch: horizon.epoch,
            view: ArcSwap::from_pointee(view),
            looked_at: AtomicI64::new(loaded_at.millis()),
            draining: AtomicBool::new(false),
            loading: Mutex::new(loaded_at),
        };
        Ok(Self(Arc::new(parts)))
    }

    /// The settings.
    pub fn config(&self) -> &Config {
        &self.0.config
    }

    /// The clock.
    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// The present moment.
    pub fn now(&self) -> Time {
        self.0.clock.now()
    }

    /// The database.
    pub fn store(&self) -> &Store {
        &self.0.store
    }

    /// What seals and digests the things that rest.
    pub fn data_keys(&self) -> &DataKeys {
        &self.0.data_keys
    }

    /// Pages and translations.
    pub fn templates(&self) -> &Templates {
        &self.0.templates
    }

    /// What one network may ask us to judge.
    pub fn flood_guard(&self) -> &FloodGuard {
        &self.0.flood_guard
    }

    /// What one client may push from one network.
    pub fn push_guard(&self) -> &FloodGuard<(Network, ClientId)> {
        &self.0.push_guard
    }

    /// Which challenges and nonces clients sent lately.
    pub fn repetitions(&self) -> &Repetitions {
        &self.0.repetitions
    }

    /// Passkey ceremonies.
    pub fn webauthn(&self) -> &Webauthn {
        &self.0.webauthn
    }

    /// What hashes passwords.
    pub fn passwords(&self) -> &Passwords {
        &self.0.passwords
    }

    /// Where new passwords are looked up that may have been in a breach.
    pub fn breached_passwords(&self) -> &BreachedPasswords {
        &self.0.breached_passwords
    }

    /// What sends mail.
    pub fn mailer(&self) -> &Mailer {
        &self.0.mailer
    }

    /// What asks others, outside of the house.
    pub fn outbound(&self) -> &Outbound {
        &self.0.outbound
    }

    /// The keys of clients that were fetched from their `jwks_uri`.
    pub fn fetched_keys(&self) -> &Arc<Cache<ClientJwks>> {
        &self.0.fetched_keys
    }

    /// The request objects that were fetched from a `request_uri`.
    pub fn fetched_request_objects(&self) -> &Arc<Cache<String>> {
        &self.0.fetched_request_objects
    }

    /// Rung when a mail was queued on this node.
    pub fn mail_waits(&self) -> &Arc<Notify> {
        &self.0.mail_waits
    }

    /// The epoch this node started in: what it spends and opens belongs to it.
    pub fn epoch(&self) -> i64 {
        self.0.epoch
    }

    /// Clients and keys as last seen. Call [`App::observe`] first where a statement told the horizon.
    pub fn view(&self) -> Arc<View> {
        self.0.view.load_full()
    }

    /// Says that this node is going away: it is not ready any more, and finishes what it has.
    pub fn drain(&self) {
        self.0.draining.store(true, Ordering::Relaxed);
    }

    /// Whether this node is going away.
    pub fn is_draining(&self) -> bool {
        self.0.draining.load(Ordering::Relaxed)
    }

    /// Takes note of a horizon that a statement told: loads what changed, and refuses to go on in another epoch.
    pub async fn observe(&self, horizon: Horizon) -> Result<(), StoreError> {
        if horizon.epoch != self.0.epoch {
            return Err(StoreError::AnotherEpoch);
        }
        if horizon.settings_version > self.0.view.load().version {
            let mut loaded_at = self.0.loading.lock().await;
            if horizon.settings_version > self.0.view.load().version {
                self.load(*loaded_at).await?;
                *loaded_at = self.now();
            }
        }
        Ok(())
    }

    /// Asks for the horizon, and takes note of it: what timers and the health check do.
    pub async fn look(&self) -> Result<(), StoreError> {
        let asked_at = self.now();
        let horizon = horizon::current(&self.0.store).await?;
        self.observe(Horizon { epoch: horizon.epoch, settings_version: horizon.settings_version }).await?;
        self.0.looked_at.fetch_max(asked_at.millis(), Ordering::Relaxed);
        Ok(())
    }

    /// Makes sure that what this node knows of clients and keys is not older than 5 s: before something is given without asking the database.
    /// A timer looks every second, so that this asks nothing as long as the database answers; an error means that it doesn't.
    pub async fn be_current(&self) -> Result<(), StoreError> {
        let looked_at = Time::from_millis(self.0.looked_at.load(Ordering::Relaxed));
        if self.now().since(looked_at) <= CURRENT_FOR { Ok(()) } else { self.look().await }
    }

    /// Looks again before somebody is refused for what may be known a moment later (a secret that was just replaced on another node), at most ten
    /// times a second. Whether it did.
    pub async fn look_again(&self) -> bool {
        let looked_at = Time::from_millis(self.0.looked_at.load(Ordering::Relaxed));
        self.now().since(looked_at) >= LOOK_AGAIN_AFTER && self.look().await.is_ok()
    }

    /// Opens a sealed value. One that names an unknown key makes this node read the rings again first, at most once a second.
    pub async fn open_box<F: Fact>(&self, text: &str, binding: &[u8]) -> Result<(SingleUseId, F), Unsealed> {
        let outcome = self.view().rings.sealer.open(text, binding, self.now());
        if !matches!(outcome, Err(Unsealed::UnknownKey(_))) {
            return outcome;
        }
        {
            let mut loaded_at = self.0.loading.lock().await;
            if self.now().since(*loaded_at) < RELOAD_EVERY {
                return self.view().rings.sealer.open(text, binding, self.now());
            }
            let before = std::mem::replace(&mut *loaded_at, self.now());
            if let Err(error) = self.load(before).await {
                tracing::error!(%error, "the rings can't be read");
            }
        }
        self.view().rings.sealer.open(text, binding, self.now())
    }

    /// Loads the keys, and the clients that changed since `loaded_at`. Called while `loading` is held.
    async fn load(&self, loaded_at: Time) -> Result<(), StoreError> {
        let parts = &self.0;
        let horizon = horizon::current(&parts.store).await?;
        let before = self.view();
        let rings = ring::load(&parts.store, &parts.data_keys, &parts.config.issuer, self.now())
            .await
            .map_err(|error| StoreError::Unreadable(error.to_string()))?;
        // A client that was deleted so long ago may have left no trace: then all of them are read anew.
        let may_have_missed = self.now().since(loaded_at) > client::TOMBSTONE / 2;
        let (mut clients, since) = if may_have_missed { (HashMap::new(), 0) } else { (before.clients.clone(), before.version) };
        let mut version = horizon.settings_version;
        for (id, changed_at, client) in client::changed_since(&parts.store, since).await? {
            version = version.max(changed_at);
            match client {
                Some(client) => clients.insert(id, Arc::new(client)),
                None => clients.remove(&id),
            };
        }
        parts.view.store(Arc::new(View::new(version, rings, clients)));
        Ok(())
    }
}

impl std::fmt::Debug for App {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "App({})", self.0.config.issuer)
    }
}

fn breached_passwords(setting: &Breached, outbound: &Outbound) -> BreachedPasswords {
    match setting {
        Breached::Off => BreachedPasswords::Off,
        Breached::Service(range) => BreachedPasswords::Service { range: range.clone(), outbound: outbound.clone() },
        Breached::File(path) => {
            if let Err(error) = std::fs::File::open(path) {
                tracing::warn!(path = %path.display(), %error, "passwords.breached_file can't be read: new passwords are not looked up");
            }
            BreachedPasswords::File(path.clone())
        }
    }
}

/// The relying party that passkeys are made for.
fn relying_party(config: &Config) -> Result<Webauthn, NoRelyingParty> {
    let passkeys = &config.passkeys;
    let attestation = if passkeys.asks_attestation() {
        Attestation::asked(passkeys.attestation_authorities.iter().map(String::as_str))?
    } else {
        Attestation::not_asked()
    };
    Ok(Webauthn::new(&passkeys.rp_id, &passkeys.rp_name, &config.issuer.origin(), &passkeys.related_origins)?.asking_for(attestation))
}

fn target(config: &Config) -> Target {
    match &config.database.url {
        DatabaseUrl::Embedded => {
            let database = &config.database;
            Target::Sqlite { directory: config.data_dir.clone(), readers: database.reader_connections, writes_together: database.writes_together }
        }
        DatabaseUrl::Postgres(url) => Target::Postgres { url: url.clone(), connections: config.database.reader_connections },
    }
}

struct AddDataKey(data_key::Model);

impl Job for AddDataKey {
    type Outcome = bool;

    async fn run(&self, write: &Write<'_>) -> Result<bool, StoreError> {
        data_key::insert_unless_there(write, self.0.clone()).await
    }
}

/// Whether the master key opens what rests in this database already. Asked before a table is changed, for an upgrade can't be taken back.
fn may_open(config: &Config, wrapped: &[WrappedKey]) -> Result<(), StartError> {
    if wrapped.is_empty() {
        return Ok(());
    }
    let master = master_key(config, false)?;
    for (id, wrapped) in wrapped {
        DataKey::unwrap_key(&master, *id, wrapped)?;
    }
    Ok(())
}

fn master_key(config: &Config, may_create: bool) -> Result<MasterKey, StartError> {
    Ok(match &config.keys.master_key {
        MasterKeySource::Given(key) => key.clone(),
        MasterKeySource::BesideDatabase(path) => at_rest::create_or_read(path, may_create)?,
    })
}

/// Unwraps the data keys, after making the first one where there is none. A master key is made only for a database that has no data key yet.
async fn open_data_keys(store: &Store, config: &Config, now: Time) -> Result<DataKeys, StartError> {
    let mut rows = data_key::all(store).await?;
    let master = master_key(config, rows.is_empty())?;
    if rows.is_empty() {
        let first = DataKey::random();
        let row = data_key::Model { id: first.id(), number: 1, wrapped: first.wrap(&master)?, created_at: now };
        store.write(AddDataKey(row)).await?;
        rows = data_key::all(store).await?;
    }
    let mut keys = Vec::with_capacity(rows.len());
    for row in rows {
        keys.push(DataKey::unwrap_key(&master, row.id, &row.wrapped)?);
    }
    let current = keys.pop().ok_or_else(|| StoreError::Unreadable("there is no data key".to_owned()))?;
    Ok(DataKeys::new(current, keys))
}
