//! The provider in this process: opened on a database of its own, with a clock that tests move, served through its real router on a port.
//!
//! Its issuer is `https://id.example` and its listener is plain, as behind a proxy that ends TLS; the wire takes care of it. Arranged through
//! the doors that people use: the setup link, invitations and the command line's actions. The only file that names the provider's insides.

use std::net::SocketAddr;
use std::pin::Pin;

use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use url::Url;
use weftid::actions::audit::Origin;
use weftid::actions::{clients, delivery, invitations, setup};
use weftid::app::App;
use weftid::base::clock::{Clock, Time};
use weftid::config::Config;
use weftid::store::Counters;
use weftid::store::user::Role;

use crate::client_keys::ClientKey;
use crate::database::{Database, Kind};
use crate::mailbox::{Mail, kept_in};
use crate::own_secrets::{self, AuthenticatorApp};
use crate::person::Person;
use crate::relying_party::RelyingParty;
use crate::wire::Wire;

/// The issuer of providers that are tested over HTTP.
pub const ISSUER: &str = "https://id.example";

/// When their clocks begin: 2027-01-15T08:00:00Z.
const BEGINNING: Time = Time::from_seconds(1_800_000_000);

/// A provider that runs.
pub struct Provider {
    /// What its requests share: for counters and for the command line's actions.
    pub app: App,
    /// Its clock; stands still until it is advanced (not the one for browsers).
    pub clock: Clock,
    /// A wire that reaches it.
    pub wire: Wire,
    /// Its issuer.
    pub issuer: Url,
    /// Its database.
    pub database: Database,
    serving: JoinHandle<()>,
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Provider {
    /// A provider on a fresh copy of a prepared database.
    pub async fn start(kind: Kind) -> Self {
        Self::start_with(kind, &[]).await
    }

    /// The same with these settings on top.
    pub async fn start_with(kind: Kind, settings: &[(&str, &str)]) -> Self {
        let database = Database::ready(kind, prepare).await;
        Self::on(database, Clock::manual(BEGINNING), settings).await
    }

    /// A provider on this database: to come back after a stop, or to be a second node beside the first.
    pub async fn on(database: Database, clock: Clock, settings: &[(&str, &str)]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        Self::serve(database, clock, settings, listener, ISSUER).await
    }

    /// A second node beside this one, over the same PostgreSQL database, with the same clock. It has a wire of its own.
    pub async fn beside(&self) -> Self {
        Self::on(self.database.for_another_node(), self.clock.clone(), &[]).await
    }

    /// A node that only arranges (invites, registers clients, looks into the database) beside processes that serve under the same name: requests
    /// go where `serving` listens, and not to it.
    pub async fn behind(database: Database, settings: &[(&str, &str)], serving: SocketAddr) -> Self {
        let provider = Self::on(database, Clock::system(), settings).await;
        provider.wire.route(&provider.issuer, serving);
        provider
    }

    /// A provider for browsers: issuer `http://localhost:PORT`, the system's clock, a database that was empty.
    pub async fn for_browsers(kind: Kind) -> Self {
        Self::for_browsers_at(kind, Clock::system(), &[]).await
    }

    /// The same with a clock that the test moves.
    pub async fn for_browsers_in_no_hurry(kind: Kind) -> Self {
        Self::for_browsers_at(kind, Clock::manual(BEGINNING), &[]).await
    }

    /// The same with settings of its own.
    pub async fn for_browsers_with(kind: Kind, settings: &[(&str, &str)]) -> Self {
        Self::for_browsers_at(kind, Clock::system(), settings).await
    }

    async fn for_browsers_at(kind: Kind, clock: Clock, settings: &[(&str, &str)]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let issuer = format!("http://localhost:{}", listener.local_addr().expect("it is bound").port());
        Self::serve(Database::empty(kind).await, clock, settings, listener, &issuer).await
    }

    async fn serve(database: Database, clock: Clock, settings: &[(&str, &str)], listener: TcpListener, issuer: &str) -> Self {
        let app = open(&database, clock.clone(), settings, issuer).await;
        let (wire, issuer) = (Wire::new(), Url::parse(issuer).expect("an issuer is a URL"));
        wire.route(&issuer, listener.local_addr().expect("it is bound"));
        let serving = served(&app, listener);
        Self { app, clock, wire, issuer, database, serving }
    }

    /// Ends this process, as far as it can be seen from outside, and begins another on the same database.
    pub async fn restarts(&mut self) {
        self.serving.abort();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        self.wire.route(&self.issuer, listener.local_addr().expect("it is bound"));
        self.app = open(&self.database, self.clock.clone(), &[], ISSUER).await;
        self.serving = served(&self.app, listener);
    }

    /// Another node on the same database, behind the same name, with the same clock.
    pub async fn another_node(&self) -> Node {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let wire = Wire::new();
        wire.route(&self.issuer, listener.local_addr().expect("it is bound"));
        let app = open(&self.database, self.clock.clone(), &[], self.issuer.as_str().trim_end_matches('/')).await;
        let serving = served(&app, listener);
        Node { app, wire, serving }
    }

    /// A URL of this provider.
    pub fn url(&self, path: &str) -> Url {
        self.issuer.join(path).expect("a path")
    }

    /// Somebody whom the provider does not know, at a fresh browser.
    pub fn stranger(&self) -> Person {
        Person::new(&self.wire)
    }

    /// The link by which the first administrator comes aboard.
    pub async fn setup_link(&self) -> String {
        setup::link(&self.app).await.expect("the database works").expect("nobody is set up yet")
    }

    /// The first administrator, made through the setup link; signed in.
    pub async fn admin(&self) -> Person {
        let link = self.setup_link().await;
        self.admin_by(&link).await
    }

    /// The same through this setup link.
    pub async fn admin_by(&self, link: &str) -> Person {
        self.registers(self.stranger(), link, &json!({"name": "Ada Admin", "email": "ada@id.example"})).await
    }

    /// A person who followed an invitation: a passkey, backup codes acknowledged; signed in.
    pub async fn person(&self, email: &str, name: &str) -> Person {
        self.person_with(self.stranger(), email, name).await
    }

    /// The same person, with their own browser and authenticator.
    pub async fn person_with(&self, person: Person, email: &str, name: &str) -> Person {
        let link = invitations::invite(&self.app, email, Some(name), Role::User, &Origin::command_line()).await.expect("the invitation is made");
        self.registers(person, &link, &json!({"name": name})).await
    }

    async fn registers(&self, mut person: Person, link: &str, extra: &Value) -> Person {
        person.opens(link).await.page(200);
        let path = Url::parse(link).expect("a link is a URL").path().to_owned();
        let finished = person.registers_passkey(&format!("{path}/passkey/begin"), &format!("{path}/passkey/finish"), extra).await;
        person.follows(finished).await.shows("backup-codes");
        person.presses("acknowledge", &[("acknowledged", "yes")]).await.shows("dashboard");
        person
    }

    /// Gives a person this password.
    pub async fn gives_password(&self, email: &str, text: &str) {
        own_secrets::gives_password(&self.app, email, text).await;
    }

    /// Gives a person an authenticator app.
    pub async fn gives_authenticator_app(&self, email: &str) -> AuthenticatorApp {
        own_secrets::gives_authenticator_app(&self.app, email).await
    }

    /// A client of this metadata (as `weftid clients create` takes it), which has discovered the provider. Its answers go to the first of its
    /// `redirect_uris`, if people are sent to it.
    pub async fn client(&self, metadata: Value) -> RelyingParty {
        let redirect_uri = metadata["redirect_uris"][0].as_str().unwrap_or("https://nobody.test/").to_owned();
        let metadata = serde_json::from_value(metadata).expect("client metadata");
        let (id, secret) = clients::create(&self.app, metadata, &Origin::command_line()).await.expect("the client is made");
        let secret = secret.map(|secret| secret.expose());
        let redirect_uri = Url::parse(&redirect_uri).expect("a redirect_uri is a URL");
        let mut party = RelyingParty::new(&self.wire, &self.clock, &self.issuer, id.as_str(), secret.as_deref(), &redirect_uri);
        party.discovers().await;
        party
    }

    /// The same client, which proves itself with this key.
    pub async fn client_with_key(&self, mut metadata: Value, key: &ClientKey) -> RelyingParty {
        metadata["token_endpoint_auth_method"] = json!("private_key_jwt");
        metadata["jwks"] = key.jwks();
        let mut party = self.client(metadata).await;
        party.assertion_key = Some(key.clone());
        party
    }

    /// A client that acts in its own name alone.
    pub async fn robot(&self, id: &str, extra: &Value) -> RelyingParty {
        let mut metadata = json!({"client_id": id, "client_name": id, "grant_types": ["client_credentials"], "scope": "orders:read orders:write"});
        for (name, value) in extra.as_object().into_iter().flatten() {
            metadata[name] = value.clone();
        }
        self.client(metadata).await
    }

    /// An ordinary confidential client with this id.
    pub async fn shop(&self, id: &str) -> RelyingParty {
        let callback = format!("https://{id}.test/callback");
        let bye = format!("https://{id}.test/bye");
        self.client(json!({
            "client_id": id, "client_name": id, "redirect_uris": [callback], "post_logout_redirect_uris": [bye],
            "grant_types": ["authorization_code", "refresh_token"], "scope": "openid profile email offline_access",
        }))
        .await
    }

    /// Delivers what waits, and gives every mail that was kept so far.
    pub async fn mails(&self) -> Vec<Mail> {
        delivery::deliver(&self.app).await.expect("the database works");
        kept_in(self.database.data_dir())
    }

    /// The one mail with these words in its subject.
    #[track_caller]
    pub fn mail<'a>(&'a self, words: &'a str) -> impl Future<Output = Mail> + 'a {
        let here = std::panic::Location::caller();
        async move {
            let mut found = self.mails().await;
            let subjects: Vec<String> = found.iter().map(|mail| mail.subject.clone()).collect();
            found.retain(|mail| mail.subject.contains(words));
            assert_eq!(found.len(), 1, "{here}: {words:?} among {subjects:?}");
            found.remove(0)
        }
    }

    /// Does something, and counts what the database was asked for meanwhile.
    pub async fn counts<T>(&self, something: impl Future<Output = T>) -> (T, Counters) {
        let before = self.app.store().counters();
        let done = something.await;
        let after = self.app.store().counters();
        let counted = Counters {
            reads: after.reads - before.reads,
            writes: after.writes - before.writes,
            statements_in_writes: after.statements_in_writes - before.statements_in_writes,
        };
        (done, counted)
    }
}

/// A node beside the first.
pub struct Node {
    /// What its requests share.
    pub app: App,
    /// A wire that reaches it and no other.
    pub wire: Wire,
    serving: JoinHandle<()>,
}

impl Drop for Node {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

fn served(app: &App, listener: TcpListener) -> JoinHandle<()> {
    let service = weftid::router::router(app.clone()).into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, service).await.expect("the listener works") })
}

fn prepare(database: &Database) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
    Box::pin(async move {
        open(database, Clock::manual(BEGINNING), &[], ISSUER).await;
    })
}

async fn open(database: &Database, clock: Clock, settings: &[(&str, &str)], issuer: &str) -> App {
    let own = database.settings();
    let mut pairs: Vec<(&str, &str)> = own.iter().map(|(path, value)| (*path, value.as_str())).collect();
    // All people of a test share one network; a test of the flood guard sets its own limit. Nobody is asked outside this machine.
    pairs.extend([("issuer", issuer), ("http.bind", "127.0.0.1:0"), ("limits.network_per_minute", "100000"), ("passwords.breached", "off")]);
    // And hashing is as cheap as it may be.
    pairs.extend([("passwords.memory_kib", "7168"), ("passwords.iterations", "1")]);
    pairs.retain(|(path, _)| !settings.iter().any(|(other, _)| other == path));
    pairs.extend(settings);
    let config = Config::from_pairs(&pairs).unwrap_or_else(|problems| panic!("the test's settings are wrong: {problems}"));
    App::open(config, clock).await.unwrap_or_else(|error| panic!("the provider does not open: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    crate::on_both_databases! {
        /// The stage stands before anybody plays on it.
        async fn a_provider_stands_on_a_copy_of_its_own(kind: Kind) {
            let (one, other) = (Provider::start(kind).await, Provider::start_with(kind, &[("brand.name", "Other")]).await);
            for provider in [&one, &other] {
                assert_eq!(provider.wire.get(&provider.url("/readyz")).await.status, 200);
                let ((), counted) = provider.counts(async {}).await;
                assert_eq!((counted.reads, counted.writes), (0, 0));
            }
            let tables = match kind {
                Kind::Sqlite => "SELECT count(*) FROM sqlite_master WHERE type = 'table'",
                Kind::Postgres => "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'",
            };
            assert!(one.database.count(tables).await > 10, "the copy is migrated");
            one.database.execute("CREATE TABLE mine (n INTEGER)").await;
            assert_eq!(one.database.count(tables).await, other.database.count(tables).await + 1, "and each has its own");
        }
    }
}
