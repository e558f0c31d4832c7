//! Settings: plain data, read once at the start from defaults < file < environment < the secret files that these name.
//!
//! Every unknown key and every wrong value is reported together, each with its path, where it was written, and what would be right.
//! Issuer and RP ID come from here alone, never from what a request says. Secrets are shown neither by `Debug` nor in a problem.

mod addresses;
mod breached;
mod certificates;
mod duration;
mod infrastructure;
mod layers;
mod mail;
mod outbound;
mod passkeys;
mod passwords;
mod policy;
mod problems;
mod reader;
mod registration;
mod resources;
mod secrets;
mod sign_in;
mod tls;
mod value;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use crate::base::issuer::Issuer;
use crate::config::layers::Layers;
use crate::config::reader::Reader;

pub use crate::config::breached::Breached;
pub use crate::config::duration::parse as parse_duration;
pub use crate::config::infrastructure::{Database, Http, Keys, Log};
pub use crate::config::mail::{Mail, MailSecurity, MailServer};
pub use crate::config::outbound::Outbound;
pub use crate::config::passkeys::{AaguidRule, Passkeys, SuspectedClone};
pub use crate::config::passwords::Passwords;
pub use crate::config::policy::{Authorization, Brand, Lifetimes, Limits, Sessions};
pub use crate::config::problems::{Origin, Problem, Problems};
pub use crate::config::reader::Effective;
pub use crate::config::registration::{Registration, RegistrationMode};
pub use crate::config::resources::Resources;
pub use crate::config::secrets::{DatabaseUrl, MasterKey, MasterKeySource};
pub use crate::config::sign_in::{PasswordPolicy, RequireStrong, SignIn};
pub use crate::config::tls::Tls;

/// Every setting. `config/weftid.toml` explains each.
#[derive(Clone, Debug)]
pub struct Config {
    /// The one address this provider is known by.
    pub issuer: Issuer,
    /// Where the embedded database and its master key live.
    pub data_dir: PathBuf,
    /// The listener.
    pub http: Http,
    /// The listener that speaks TLS, if there is one.
    pub tls: Option<Tls>,
    /// The database.
    pub database: Database,
    /// The key that wraps all keys.
    pub keys: Keys,
    /// How passkeys know us, and which we take.
    pub passkeys: Passkeys,
    /// How we call ourselves.
    pub brand: Brand,
    /// How people may sign in.
    pub sign_in: SignIn,
    /// What a password costs.
    pub passwords: Passwords,
    /// Where a new password is looked up.
    pub breached: Breached,
    /// What is demanded of authorization requests.
    pub authorization: Authorization,
    /// How long people stay signed in.
    pub sessions: Sessions,
    /// How long what we hand out is good for.
    pub lifetimes: Lifetimes,
    /// What is known of the APIs that access tokens are for.
    pub resources: Resources,
    /// How much we take.
    pub limits: Limits,
    /// Whether clients may register themselves.
    pub registration: Registration,
    /// How mail leaves the house.
    pub mail: Mail,
    /// How far we go for relying parties.
    pub outbound: Outbound,
    /// The log.
    pub log: Log,
    effective: Vec<Effective>,
}

impl Config {
    /// Reads the configuration: defaults, then `file`, then the variables of `environment` that begin with `WEFTID__`.
    ///
    /// # Errors
    /// Everything that is wrong, together.
    pub fn load(file: Option<&Path>, environment: impl Iterator<Item = (String, String)>) -> Result<Self, Problems> {
        let (mut layers, mut problems) = (Layers::default(), Problems::default());
        if let Some(path) = file {
            layers.add_file(path, &mut problems);
            // What the rest of a broken file means nobody knows, and defaults in its place would be blamed for nothing.
            if !problems.is_empty() {
                return Err(problems);
            }
        }
        layers.add_environment(environment);
        Self::read(Reader::new(layers, problems))
    }

    /// The defaults, but for these pairs of path and value: for the demo and for tests.
    ///
    /// # Errors
    /// Everything that is wrong, together.
    pub fn from_pairs(pairs: &[(&str, &str)]) -> Result<Self, Problems> {
        let mut layers = Layers::default();
        layers.add_pairs(pairs);
        Self::read(Reader::new(layers, Problems::default()))
    }

    /// Every setting as it ended up and where it came from, secrets hidden; in the order of the file.
    pub fn effective(&self) -> &[Effective] {
        &self.effective
    }

    fn read(mut reader: Reader) -> Result<Self, Problems> {
        let issuer: Option<Issuer> = reader.parsed_default("issuer", "http://localhost:8080");
        let data_dir = infrastructure::data_dir(&mut reader);
        let http = Http::read(&mut reader);
        let tls = Tls::read(&mut reader, issuer.as_ref());
        let database = Database::read(&mut reader);
        let keys = Keys::read(&mut reader, &data_dir, &database.url);
        let brand = Brand::read(&mut reader);
        let passkeys = Passkeys::read(&mut reader, issuer.as_ref(), &brand);
        let sign_in = SignIn::read(&mut reader);
        let passwords = Passwords::read(&mut reader);
        let breached = Breached::read(&mut reader);
        let authorization = Authorization::read(&mut reader);
        let sessions = Sessions::read(&mut reader);
        let lifetimes = Lifetimes::read(&mut reader);
        let resources = Resources::read(&mut reader);
        let limits = Limits::read(&mut reader);
        let registration = Registration::read(&mut reader);
        let mail = Mail::read(&mut reader, issuer.as_ref(), &brand);
        let outbound = Outbound::read(&mut reader);
        let log = Log::read(&mut reader);
        let (effective, issuer) = reader.finish(issuer)?;
        Ok(Self {
            issuer,
            data_dir,
            http,
            tls,
            database,
            keys,
            passkeys,
            brand,
            sign_in,
            passwords,
            breached,
            authorization,
            sessions,
            lifetimes,
            resources,
            limits,
            registration,
            mail,
            outbound,
            log,
            effective,
        })
    }
}

/// This process's environment, for [`Config::load`]. Text that is not Unicode comes with replacement characters, to be reported as wrong.
pub fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os().map(|(name, text)| (name.to_string_lossy().into_owned(), text.to_string_lossy().into_owned()))
}
