//! `weftid demo`: the provider on http://localhost:8080 with the embedded database, and beside it a relying party with two applications,
//! registered like any other clients.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;

use crate::actions::audit::Origin;
use crate::actions::{clients, setup};
use crate::app::App;
use crate::base::clock::Clock;
use crate::base::id::ClientId;
use crate::base::telemetry;
use crate::cli::{Failure, start_log};
use crate::config::Config;
use crate::protocol::client_metadata::{ClientMetadata, GrantType};
use crate::protocol::client_uri::ClientUri;
use crate::protocol::redirect_uri::RedirectUri;
use crate::protocol::scope::{OFFLINE_ACCESS, Scope};
use crate::protocol::signing_algorithm::SigningAlgorithm;
use crate::server;

pub mod relying_party;

/// What may be wished for the demo.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Where the demo keeps its database.
    #[arg(long, value_name = "FOLDER", default_value = "data/demo")]
    data_dir: PathBuf,
    /// The port of the provider.
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// The port of the demo applications.
    #[arg(long, default_value_t = 8081)]
    applications_port: u16,
}

/// The applications: path, name, what they say of themselves, and what their ID tokens are signed with.
const APPLICATIONS: [(&str, &str, &str, SigningAlgorithm); 2] = [
    ("/wiki", "Acme Wiki", "Write things down together.", SigningAlgorithm::Rs256),
    ("/board", "Acme Board", "See who does what.", SigningAlgorithm::Es256),
];

pub(super) async fn run(wishes: &Arguments) -> Result<(), Failure> {
    let quiet = telemetry::Filter::parse("warn").map_err(Failure::Refused)?;
    start_log(telemetry::Format::Text, &quiet);
    let issuer = format!("http://localhost:{}", wishes.port);
    let applications = format!("http://localhost:{}", wishes.applications_port);
    let bind = format!("127.0.0.1:{}", wishes.port);
    let data_dir = wishes.data_dir.to_string_lossy();
    let config = Config::from_pairs(&[("issuer", &issuer), ("http.bind", &bind), ("data_dir", &data_dir)])?;

    let app = App::open(config, Clock::system()).await?;
    let provider = listen(wishes.port).await?;
    let relying_party = listen(wishes.applications_port).await?;
    let settings =
        relying_party::Settings { issuer: issuer.clone(), base_url: applications.clone(), clients: register(&app, wishes, &applications).await? };
    tell(&app, &issuer, &applications).await?;

    let serving = server::serve(app, server::Listeners::plain(provider), server::asked_to_end());
    let (served, applied) = tokio::join!(serving, relying_party::serve(relying_party, settings, server::asked_to_end()));
    served?;
    applied.map_err(|error| Failure::Refused(format!("the demo applications failed: {error}")))?;
    Ok(())
}

async fn listen(port: u16) -> Result<TcpListener, Failure> {
    TcpListener::bind(("127.0.0.1", port))
        .await
        .map_err(|error| Failure::Refused(format!("can't listen at port {port} ({error}); choose another with --port or --applications-port")))
}

async fn tell(app: &App, issuer: &str, applications: &str) -> Result<(), Failure> {
    println!("\nWeftID is at        {issuer}\nThe demo apps are at {applications}\n");
    match setup::link(app).await? {
        Some(link) => println!(
            "1. Open this link and create your passkey. It makes you the first administrator, and works once:\n   {link}\n\
             2. Save the backup codes; you land on your dashboard.\n\
             3. Open Acme Wiki from the dashboard, sign in, and see what it learned about you.\n\
             4. Open Acme Board: no second sign-in is needed. That is single sign-on.\n"
        ),
        None => println!("Sign in at {issuer}, or begin at one of the applications.\n"),
    }
    println!("Ctrl-C ends the demo; what you did stays in its folder.");
    Ok(())
}

/// What the demo remembers of a client it registered, in a file that only its owner reads: the provider itself keeps only a digest.
#[derive(Serialize, Deserialize)]
struct Remembered {
    path: String,
    client_id: String,
    client_secret: String,
}

/// Registers the applications, unless an earlier run did.
async fn register(app: &App, wishes: &Arguments, base_url: &str) -> Result<Vec<relying_party::DemoClient>, Failure> {
    let file = wishes.data_dir.join("demo-clients.json");
    let mut remembered: Vec<Remembered> = fs::read(&file).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
    let mut registered = Vec::new();
    for (path, name, description, algorithm) in APPLICATIONS {
        let fits = |client: &ClientMetadata| client.redirect_uris.iter().any(|uri| uri.as_str() == format!("{base_url}{path}/callback"));
        let view = app.view();
        let is_there = |known: &&Remembered| {
            known.path == path
                && view.client(&ClientId::from_text(known.client_id.as_str())).is_some_and(|client| client.is_enabled() && fits(&client.metadata))
        };
        let known = remembered.iter().find(is_there).map(|known| (known.client_id.clone(), known.client_secret.clone()));
        let (client_id, client_secret) = if let Some(known) = known {
            known
        } else {
            let wanted = metadata(base_url, path, name, description, algorithm);
            let (id, secret) = clients::create(app, wanted, &Origin::command_line()).await.map_err(|error| Failure::Refused(error.to_string()))?;
            let secret = secret.map(|secret| secret.expose()).unwrap_or_default();
            remembered.retain(|known| known.path != path);
            remembered.push(Remembered { path: path.to_owned(), client_id: id.to_string(), client_secret: secret.clone() });
            (id.to_string(), secret)
        };
        registered.push(relying_party::DemoClient {
            path: path.to_owned(),
            name: name.to_owned(),
            client_id,
            client_secret,
            scopes: ["openid", "profile", "email", "offline_access"].map(str::to_owned).to_vec(),
        });
    }
    remember(&file, &remembered)?;
    Ok(registered)
}

fn remember(file: &Path, remembered: &[Remembered]) -> Result<(), Failure> {
    let json = serde_json::to_vec_pretty(remembered).map_err(|error| Failure::Refused(error.to_string()))?;
    let mut open = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(file)?;
    open.write_all(&json)?;
    Ok(())
}

fn metadata(base_url: &str, path: &str, name: &str, description: &str, algorithm: SigningAlgorithm) -> ClientMetadata {
    let url = |rest: &str| format!("{base_url}{path}{rest}");
    let mut metadata = ClientMetadata::new(ClientId::random(), name);
    metadata.description = Some(description.to_owned());
    metadata.redirect_uris = vec![RedirectUri::from_text(url("/callback"))];
    metadata.post_logout_redirect_uris = vec![RedirectUri::from_text(url("/signed-out"))];
    metadata.grant_types.push(GrantType::RefreshToken);
    metadata.scope = metadata.scope.union(&Scope::of(&[OFFLINE_ACCESS]));
    metadata.id_token_signed_response_alg = algorithm;
    metadata.client_uri = Some(ClientUri::from_text(url("")));
    metadata.initiate_login_uri = Some(ClientUri::from_text(url("/sign-in")));
    metadata.allow_loopback_http = true;
    metadata
}
