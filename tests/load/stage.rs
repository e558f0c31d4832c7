//! What is arranged before the clock runs: a database, perhaps a full one, a server held to its cores, and callers who are signed in.

use openidconnect::core::CoreJwsSigningAlgorithm;
use serde_json::{Value, json};
use weftid_tests::cookies::Initiator;
use weftid_tests::database::{Database, Kind};
use weftid_tests::person::Person;
use weftid_tests::process::Process;
use weftid_tests::provider::{ISSUER, Provider};
use weftid_tests::watched::free_port;

use crate::connection::Connection;
use crate::filled;
use crate::flows::{Caller, Flow, Someone};

/// Everybody shares one network, and nobody is asked outside of this machine.
const SETTINGS: [(&str, &str); 10] = [
    ("limits.network_per_minute", "100000"),
    ("http.connections_per_network", "4096"),
    ("sessions.most_per_user", "1000"),
    ("limits.network_guesses", "1000000"),
    // Those of a house that set nothing; what arranges would hash at another cost than the server.
    ("passwords.memory_kib", "19456"),
    ("passwords.iterations", "2"),
    ("passwords.breached", "off"),
    ("lifetimes.access_token", "1h"),
    ("lifetimes.refresh_race_window", "0s"),
    ("log.filter", "warn"),
];

/// What is wanted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted<'a> {
    /// Which database.
    pub(crate) kind: Kind,
    /// On which cores the server runs, as `taskset` takes them; everywhere without.
    pub(crate) cores: Option<&'a str>,
    /// How many call.
    pub(crate) callers: usize,
    /// What for.
    pub(crate) flows: &'a [Flow],
    /// Whether the tables are filled first.
    pub(crate) filled: bool,
    /// Further settings.
    pub(crate) settings: &'a [(String, String)],
}

/// A server, and who calls it.
pub(crate) struct Stage {
    /// The server.
    pub(crate) process: Process,
    /// Its callers.
    pub(crate) callers: Vec<Caller>,
    /// What arranges beside it.
    pub(crate) arranges: Provider,
    _others_files: Option<Database>,
}

/// How many people sign in by turns for each caller.
const PEOPLE_OF_A_CALLER: usize = 8;

/// Builds it.
pub(crate) async fn build(wanted: &Wanted<'_>) -> Stage {
    let port = free_port();
    let mut settings: Vec<(&str, &str)> = SETTINGS.to_vec();
    settings.retain(|(path, _)| !wanted.settings.iter().any(|(other, _)| other == path));
    settings.extend(wanted.settings.iter().map(|(path, value)| (path.as_str(), value.as_str())));
    let provider = Provider::behind(Database::empty(wanted.kind).await, &settings, ([127, 0, 0, 1], port).into()).await;
    let others_files = (wanted.kind == Kind::Postgres).then(|| provider.database.for_another_node());
    settings.push(("issuer", ISSUER));
    let process = Process::serve_on(others_files.as_ref().unwrap_or(&provider.database), port, &settings, wanted.cores).await;
    let party = provider.client(client(wanted.flows)).await.but(|party| party.algorithm = CoreJwsSigningAlgorithm::EcdsaP256Sha256);
    provider.admin().await;
    if wanted.filled {
        filled::fill(&provider.database).await;
    }
    let mut callers = Vec::with_capacity(wanted.callers);
    for number in 0..wanted.callers {
        let mut people = Vec::with_capacity(PEOPLE_OF_A_CALLER);
        let mut tokens = None;
        for turn in 0..PEOPLE_OF_A_CALLER {
            let mut person = provider.person(&format!("person{number}.{turn}@load.example"), "Caller").await;
            tokens = Some(party.welcomes(&mut person, &["profile", "email", "offline_access"]).await);
            people.push(someone(&provider, person).await);
        }
        let tokens = tokens.expect("a caller has people");
        callers.push(Caller {
            connection: Connection::open(process.address, provider.issuer.host_str().unwrap_or_default()).await.expect("the server listens"),
            issuer: provider.issuer.clone(),
            people,
            turn: 0,
            client_id: party.id.clone(),
            basic: party.basic(),
            redirect_uri: party.redirect_uri.to_string(),
            access_token: tokens.access_token,
            refresh_token: tokens.refresh_token.expect("offline access was asked for"),
        });
    }
    Stage { process, callers, arranges: provider, _others_files: others_files }
}

/// The client that everybody comes from.
fn client(flows: &[Flow]) -> Value {
    let mut grant_types = vec!["authorization_code", "refresh_token"];
    if flows.contains(&Flow::ClientCredentials) {
        grant_types.push("client_credentials");
    }
    json!({
        "client_id": "load", "client_name": "Load", "redirect_uris": ["https://load.example/callback"], "id_token_signed_response_alg": "ES256",
        "grant_types": grant_types, "scope": "openid profile email offline_access",
    })
}

/// What is left of a person's browser: its cookies with and without the session, and a token of the sign-in page.
async fn someone(provider: &Provider, mut person: Person) -> Someone {
    let url = provider.url("/login");
    let signed_in = person.jar.header(&url, Initiator::SameSite);
    person.jar.forget("__Host-session");
    person.opens(&url).await.page(200);
    let csrf = person.page().csrf_token().expect("the sign-in page has a token").to_owned();
    Someone { signed_in, signed_out: person.jar.header(&url, Initiator::SameSite), csrf, authenticator: person.authenticator }
}
