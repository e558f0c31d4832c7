//! `weftid clients`: register, list, show, disable and enable client applications.

use std::io::Read as _;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::actions::audit::Origin;
use crate::actions::clients;
use crate::app::App;
use crate::base::id::ClientId;
use crate::cli::{Failure, client_secrets};
use crate::protocol::client_metadata::{ApplicationType, ClientMetadata, GrantType, TokenEndpointAuthMethod};
use crate::protocol::client_uri::ClientUri;
use crate::protocol::redirect_uri::RedirectUri;
use crate::protocol::scope::{OFFLINE_ACCESS, Scope};
use crate::protocol::signing_algorithm::SigningAlgorithm;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Register a client and print its id and, this once, its secret.
    Create(Box<Create>),
    /// List all clients.
    List,
    /// Show what is registered, as JSON.
    Show {
        /// Its id.
        client_id: String,
    },
    /// Shut a client out at once.
    Disable {
        /// Its id.
        client_id: String,
    },
    /// Let a disabled client in again.
    Enable {
        /// Its id.
        client_id: String,
    },
    /// Replace its secret without an outage, or cut one off.
    #[command(subcommand)]
    Secret(client_secrets::Command),
}

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own, set by name")]
pub(super) struct Create {
    /// What people know it by.
    #[arg(long, required_unless_present = "json")]
    name: Option<String>,
    /// Where answers may be sent, exactly; may be given several times.
    #[arg(long = "redirect-uri", value_name = "URI", required_unless_present = "json")]
    redirect_uris: Vec<String>,
    /// Where people may be sent after signing out, exactly; may be given several times.
    #[arg(long = "post-logout-redirect-uri", value_name = "URI")]
    post_logout_redirect_uris: Vec<String>,
    /// Its id; without one, a random one is made.
    #[arg(long, value_name = "ID")]
    client_id: Option<String>,
    /// It can't keep a secret: a single-page or native application.
    #[arg(long)]
    public: bool,
    /// It runs on people's own devices.
    #[arg(long)]
    native: bool,
    /// It sends its secret in the body and not in the Authorization header.
    #[arg(long, conflicts_with = "public")]
    secret_in_body: bool,
    /// What its ID tokens are signed with: RS256, PS256, ES256, or EdDSA once there is a key for it.
    #[arg(long, value_name = "ALG", default_value_t = SigningAlgorithm::Rs256)]
    algorithm: SigningAlgorithm,
    /// It may refresh its tokens, and ask for access while the person is away.
    #[arg(long)]
    refresh: bool,
    /// The most it may ask for.
    #[arg(long, value_name = "SCOPE")]
    scope: Option<String>,
    /// A sentence about it, for people.
    #[arg(long)]
    description: Option<String>,
    /// Its page.
    #[arg(long, value_name = "URL")]
    client_uri: Option<String>,
    /// Its picture.
    #[arg(long, value_name = "URL")]
    logo_uri: Option<String>,
    /// Its privacy policy.
    #[arg(long, value_name = "URL")]
    policy_uri: Option<String>,
    /// Its terms of service.
    #[arg(long, value_name = "URL")]
    tos_uri: Option<String>,
    /// Where signing in to it begins: what people's dashboards open.
    #[arg(long, value_name = "URL")]
    initiate_login_uri: Option<String>,
    /// Do not ask people before it learns anything about them: for applications of your own house.
    #[arg(long)]
    no_consent: bool,
    /// It can't do PKCE: only for confidential clients that send a nonce. A weakness.
    #[arg(long)]
    no_pkce: bool,
    /// Its redirect URIs may be plain http on loopback names: for development.
    #[arg(long)]
    loopback_http: bool,
    /// Put names and addresses into its ID tokens too, for clients that never ask userinfo.
    #[arg(long)]
    claims_in_id_token: bool,
    /// Read the metadata from this file instead (`-`: standard input), as JSON with the member names of RFC 7591.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["name", "redirect_uris"])]
    json: Option<PathBuf>,
}

pub(super) async fn run(app: &App, command: Command) -> Result<(), Failure> {
    match command {
        Command::Create(wishes) => create(app, *wishes).await,
        Command::List => {
            let view = app.view();
            let mut clients: Vec<_> = view.clients().collect();
            clients.sort_by(|a, b| a.metadata.client_name.cmp(&b.metadata.client_name));
            for client in clients {
                let state = if client.is_enabled() { "enabled" } else { "disabled" };
                println!("{}\t{}\t{state}", client.metadata.client_id, client.metadata.client_name);
            }
            Ok(())
        }
        Command::Show { client_id } => {
            let view = app.view();
            let client = view.client(&ClientId::from_text(&*client_id)).ok_or_else(|| unknown(&client_id))?;
            println!("{}", to_json(&client.metadata)?);
            Ok(())
        }
        Command::Disable { client_id } => set_enabled(app, &client_id, false).await,
        Command::Enable { client_id } => set_enabled(app, &client_id, true).await,
        Command::Secret(command) => client_secrets::run(app, command).await,
    }
}

async fn create(app: &App, wishes: Create) -> Result<(), Failure> {
    let metadata = match &wishes.json {
        Some(path) => read_json(path)?,
        None => metadata(wishes)?,
    };
    let (id, secret) = clients::create(app, metadata, &Origin::command_line()).await.map_err(|error| Failure::Refused(error.to_string()))?;
    println!("client_id      {id}");
    if let Some(secret) = secret {
        println!("client_secret  {}\nThe secret is shown this once.", secret.expose());
    }
    Ok(())
}

fn read_json(path: &PathBuf) -> Result<ClientMetadata, Failure> {
    let mut text = String::new();
    if path.as_os_str() == "-" {
        std::io::stdin().read_to_string(&mut text)?;
    } else {
        text = std::fs::read_to_string(path).map_err(|error| Failure::Refused(format!("{}: {error}", path.display())))?;
    }
    let mut members: serde_json::Value = serde_json::from_str(&text).map_err(|error| Failure::Refused(format!("no JSON: {error}")))?;
    if let Some(members) = members.as_object_mut() {
        members.entry("client_id").or_insert_with(|| ClientId::random().to_string().into());
    }
    serde_json::from_value(members).map_err(|error| Failure::Refused(format!("no client metadata: {error}")))
}

fn metadata(wishes: Create) -> Result<ClientMetadata, Failure> {
    let id = wishes.client_id.map_or_else(ClientId::random, ClientId::from_text);
    let mut metadata = ClientMetadata::new(id, wishes.name.unwrap_or_default());
    metadata.redirect_uris = wishes.redirect_uris.into_iter().map(RedirectUri::from_text).collect();
    metadata.post_logout_redirect_uris = wishes.post_logout_redirect_uris.into_iter().map(RedirectUri::from_text).collect();
    metadata.description = wishes.description;
    metadata.application_type = if wishes.native { ApplicationType::Native } else { ApplicationType::Web };
    metadata.token_endpoint_auth_method = match (wishes.public, wishes.secret_in_body) {
        (true, _) => TokenEndpointAuthMethod::None,
        (false, true) => TokenEndpointAuthMethod::ClientSecretPost,
        (false, false) => TokenEndpointAuthMethod::ClientSecretBasic,
    };
    metadata.id_token_signed_response_alg = wishes.algorithm;
    if wishes.refresh {
        metadata.grant_types.push(GrantType::RefreshToken);
        metadata.scope = metadata.scope.union(&Scope::of(&[OFFLINE_ACCESS]));
    }
    if let Some(scope) = wishes.scope {
        metadata.scope = Scope::parse(&scope).map_err(|_| Failure::Refused(format!("{scope:?} is no scope")))?;
    }
    metadata.client_uri = wishes.client_uri.map(ClientUri::from_text);
    metadata.logo_uri = wishes.logo_uri.map(ClientUri::from_text);
    metadata.policy_uri = wishes.policy_uri.map(ClientUri::from_text);
    metadata.tos_uri = wishes.tos_uri.map(ClientUri::from_text);
    metadata.initiate_login_uri = wishes.initiate_login_uri.map(ClientUri::from_text);
    metadata.require_consent = !wishes.no_consent;
    metadata.require_pkce = !wishes.no_pkce;
    metadata.allow_loopback_http = wishes.loopback_http;
    metadata.scope_claims_in_id_token = wishes.claims_in_id_token;
    Ok(metadata)
}

async fn set_enabled(app: &App, client_id: &str, enabled: bool) -> Result<(), Failure> {
    let id = ClientId::from_text(client_id);
    let changed = clients::set_enabled(app, &id, enabled, &Origin::command_line()).await.map_err(|error| match error.code {
        "client_unknown" => unknown(client_id),
        _ => Failure::Refused(error.to_string()),
    })?;
    println!("{client_id} {} {}.", if changed { "is now" } else { "was already" }, if enabled { "enabled" } else { "disabled" });
    Ok(())
}

fn unknown(client_id: &str) -> Failure {
    Failure::Refused(format!("no client {client_id:?} is registered"))
}

fn to_json(metadata: &ClientMetadata) -> Result<String, Failure> {
    serde_json::to_string_pretty(metadata).map_err(|error| Failure::Refused(error.to_string()))
}
