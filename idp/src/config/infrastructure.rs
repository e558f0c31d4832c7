//! What the machine needs to know: where to listen, where data and keys live, what to log. Each setting is declared once, where it is
//! read: path, default, bounds and their reason. Nothing stands here that nothing reads.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::base::cidr::Cidr;
use crate::base::host::Host;
use crate::base::telemetry::{Filter, Format};
use crate::config::reader::Reader;
use crate::config::secrets::{DatabaseUrl, MasterKey, MasterKeySource};

/// The listener.
#[derive(Clone, Debug)]
pub struct Http {
    /// The address to listen at.
    pub bind: SocketAddr,
    /// The hosts that requests may name, beside the issuer's.
    pub extra_hosts: Vec<Host>,
    /// Where proxies are that may say whom they speak for.
    pub trusted_proxies: Vec<Cidr>,
    /// How many connections may be open at the same time.
    pub connections: u32,
    /// How many of them one network may have.
    pub connections_per_network: u32,
    /// How long a request's headers may take, and a connection may be idle.
    pub header_timeout: Duration,
    /// The largest body of a request, in bytes.
    pub body_limit: usize,
    /// How long a request may take before it is answered with 503.
    pub request_timeout: Duration,
    /// How long requests in flight may still take after SIGTERM.
    pub drain: Duration,
}

impl Http {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let body_limit: u32 = reader.within(
            "http.body_limit",
            65_536,
            [16_384, 1_048_576],
            "in bytes; a passkey with its attestation takes up to 16 KiB, and strangers can fill the memory with more than 1 MiB",
        );
        Self {
            bind: reader.get("http.bind", SocketAddr::from(([127, 0, 0, 1], 8080))),
            extra_hosts: reader.get("http.extra_hosts", Vec::new()),
            trusted_proxies: reader.get("http.trusted_proxies", Vec::new()),
            connections: reader.within(
                "http.connections",
                4_096,
                [64, 65_536],
                "each takes a file descriptor and up to 64 KiB, and a browser opens six",
            ),
            connections_per_network: reader.within(
                "http.connections_per_network",
                1_024,
                [16, 65_536],
                "a household behind one address opens dozens, and whoever holds all of them shuts the others out",
            ),
            header_timeout: reader.within(
                "http.header_timeout",
                Duration::from_secs(15),
                [Duration::from_secs(1), Duration::from_mins(2)],
                "a bad line takes seconds, and whoever sends a letter a minute holds a connection",
            ),
            body_limit: usize::try_from(body_limit).unwrap_or(usize::MAX),
            request_timeout: reader.within(
                "http.request_timeout",
                Duration::from_secs(30),
                [Duration::from_secs(5), Duration::from_mins(5)],
                "a slow disk needs seconds, and a request that hangs holds memory",
            ),
            drain: reader.within(
                "http.drain",
                Duration::from_secs(20),
                [Duration::ZERO, Duration::from_mins(5)],
                "whoever sent SIGTERM waits that long, and usually sends SIGKILL after 30s to 90s",
            ),
        }
    }
}

/// The database.
#[derive(Clone, Debug)]
pub struct Database {
    /// Where it is.
    pub url: DatabaseUrl,
    /// How many connections read at the same time. Writes go through one door and need no number.
    pub reader_connections: u32,
    /// How many waiting writes SQLite commits together, at most.
    pub writes_together: u32,
}

impl Database {
    pub(super) fn read(reader: &mut Reader) -> Self {
        Self {
            url: reader.secret("database.url", "database.url_file", Some(DatabaseUrl::Embedded)).unwrap_or(DatabaseUrl::Embedded),
            reader_connections: reader.within(
                "database.reader_connections",
                4,
                [1, 64],
                "PostgreSQL serves about 100 connections for all nodes together, and SQLite gains nothing beyond the number of cores",
            ),
            writes_together: reader.within(
                "database.writes_together",
                64,
                [1, 256],
                "1 gives each write a commit of its own, and in a larger batch the first caller waits for the last",
            ),
        }
    }
}

/// The key that wraps all keys.
#[derive(Clone, Debug)]
pub struct Keys {
    /// Where the master key is.
    pub master_key: MasterKeySource,
}

impl Keys {
    pub(super) fn read(reader: &mut Reader, data_dir: &Path, database: &DatabaseUrl) -> Self {
        let given: Option<MasterKey> = reader.secret("keys.master_key", "keys.master_key_file", None);
        reader.must(
            &["keys.master_key", "keys.master_key_file", "database.url", "database.url_file"],
            given.is_some() || database.is_embedded(),
            "PostgreSQL needs a master key that is kept elsewhere than the database: set keys.master_key_file (or keys.master_key)",
        );
        Self { master_key: given.map_or_else(|| MasterKeySource::BesideDatabase(data_dir.join("master.key")), MasterKeySource::Given) }
    }
}

/// The log.
#[derive(Clone, Debug)]
pub struct Log {
    /// How a line is written.
    pub format: Format,
    /// What is wanted of our own events.
    pub filter: Filter,
}

impl Log {
    pub(super) fn read(reader: &mut Reader) -> Self {
        Self { format: reader.get("log.format", Format::Json), filter: reader.get("log.filter", Filter::default()) }
    }
}

/// Where the embedded database and its master key live.
pub(super) fn data_dir(reader: &mut Reader) -> PathBuf {
    reader.get("data_dir", PathBuf::from("./data"))
}
