//! The sections of the configuration. Each setting is declared once, where it is read: path, default, bounds and their reason.
//! Nothing stands here that nothing reads.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::base::issuer::Issuer;
use crate::base::telemetry::{Filter, Format};
use crate::config::reader::Reader;
use crate::config::secrets::{DatabaseUrl, MasterKey, MasterKeySource};

const fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

const fn minutes(count: u64) -> Duration {
    seconds(60 * count)
}

const fn hours(count: u64) -> Duration {
    minutes(60 * count)
}

const fn days(count: u64) -> Duration {
    hours(24 * count)
}

/// The listener.
#[derive(Clone, Debug)]
pub struct Http {
    /// The address to listen at.
    pub bind: SocketAddr,
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
            body_limit: usize::try_from(body_limit).unwrap_or(usize::MAX),
            request_timeout: reader.within(
                "http.request_timeout",
                seconds(30),
                [seconds(5), minutes(5)],
                "a slow disk needs seconds, and a request that hangs holds memory",
            ),
            drain: reader.within(
                "http.drain",
                seconds(20),
                [seconds(0), minutes(5)],
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

/// How passkeys know us.
#[derive(Clone, Debug)]
pub struct Passkeys {
    /// The relying party id: the domain that passkeys are bound to, for good (WebAuthn §5.4.2).
    pub rp_id: String,
    /// The name that browsers show when a passkey is made.
    pub rp_name: String,
    /// How long a ceremony may take.
    pub ceremony: Duration,
}

impl Passkeys {
    pub(super) fn read(reader: &mut Reader, issuer: Option<&Issuer>, brand: &Brand) -> Self {
        let host = issuer.map(Issuer::host).unwrap_or_default();
        let rp_id: String = reader.get("passkeys.rp_id", host.to_owned());
        if issuer.is_some() {
            // WebAuthn §5.1.3: the RP ID must be the host or a registrable suffix of it; a single label is a whole top-level domain.
            let is_parent = rp_id.contains('.') && host.strip_suffix(rp_id.as_str()).is_some_and(|below| below.ends_with('.'));
            let is_address = host.starts_with('[') || host.parse::<std::net::IpAddr>().is_ok();
            let message = if is_address {
                "passkeys are bound to a domain name, so the issuer must not be an IP address; use http://localhost:8080 to try it out"
            } else {
                "must be the host of the issuer or a parent domain of it, such as \"example.com\" for https://id.example.com"
            };
            let paths: &[&'static str] = if is_address { &["issuer", "passkeys.rp_id"] } else { &["passkeys.rp_id", "issuer"] };
            reader.must(paths, !is_address && (rp_id == host || is_parent), message);
        }
        Self {
            rp_id,
            rp_name: reader.get("passkeys.rp_name", brand.name.clone()),
            ceremony: reader.within(
                "passkeys.ceremony",
                minutes(5),
                [minutes(1), minutes(10)],
                "people fetch their phone or security key, and WebAuthn §15.1 recommends 5 to 10 minutes",
            ),
        }
    }
}

/// How we call ourselves.
#[derive(Clone, Debug)]
pub struct Brand {
    /// The name on every page.
    pub name: String,
}

impl Brand {
    pub(super) fn read(reader: &mut Reader) -> Self {
        Self { name: reader.get("brand.name", "WeftID".to_owned()) }
    }
}

/// How long people stay signed in.
#[derive(Clone, Debug)]
pub struct Sessions {
    /// A session that nobody used this long is over.
    pub idle: Duration,
    /// A session is over this long after signing in, used or not.
    pub absolute: Duration,
}

impl Sessions {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let sessions = Self {
            // `last_seen` is written at most every 5 minutes; a shorter idle time would end sessions in use.
            idle: reader.within(
                "sessions.idle",
                hours(12),
                [minutes(15), days(30)],
                "use is noted every 5 minutes, and a month is not idle but gone",
            ),
            absolute: reader.within("sessions.absolute", days(14), [minutes(15), days(90)], "a stolen session must end some day"),
        };
        reader.must(
            &["sessions.idle", "sessions.absolute"],
            sessions.idle <= sessions.absolute,
            "sessions.idle must not be longer than sessions.absolute",
        );
        sessions
    }
}

/// How long what we hand out is good for.
#[derive(Clone, Debug)]
pub struct Lifetimes {
    /// From the authorization request to its answer.
    pub authorization_request: Duration,
    /// A code.
    pub code: Duration,
    /// An access token.
    pub access_token: Duration,
    /// A refresh token that nobody uses.
    pub refresh_idle: Duration,
    /// A grant, however often it was refreshed.
    pub refresh_absolute: Duration,
    /// How long a refresh token that was just used may still be answered with the same successor; zero is never.
    pub refresh_race_window: Duration,
    /// The link of the first start.
    pub setup_link: Duration,
    /// An invitation.
    pub invitation: Duration,
}

impl Lifetimes {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let lifetimes = Self {
            authorization_request: reader.within(
                "lifetimes.authorization_request",
                minutes(30),
                [minutes(5), hours(2)],
                "people sign in meanwhile, and a page left open overnight is not a request any more",
            ),
            code: reader.within("lifetimes.code", seconds(60), [seconds(10), minutes(10)], "RFC 6749 §4.1.2 recommends at most 10 minutes"),
            access_token: reader.within(
                "lifetimes.access_token",
                minutes(10),
                [minutes(1), hours(24)],
                "shorter is all refreshing, and a longer one works long after it leaked",
            ),
            refresh_idle: reader.within("lifetimes.refresh_idle", days(30), [hours(1), days(365)], "an application that rests for a year asks again"),
            refresh_absolute: reader.within("lifetimes.refresh_absolute", days(180), [hours(1), days(730)], "consent is asked again some day"),
            refresh_race_window: reader.within(
                "lifetimes.refresh_race_window",
                seconds(5),
                [seconds(0), seconds(60)],
                "it forgives an answer that got lost; a longer one hides theft",
            ),
            setup_link: reader.within("lifetimes.setup_link", hours(24), [minutes(5), days(7)], "whoever finds it becomes the administrator"),
            invitation: reader.within("lifetimes.invitation", hours(72), [minutes(5), days(30)], "whoever finds it becomes that person"),
        };
        reader.must(
            &["lifetimes.refresh_idle", "lifetimes.refresh_absolute"],
            lifetimes.refresh_idle <= lifetimes.refresh_absolute,
            "lifetimes.refresh_idle must not be longer than lifetimes.refresh_absolute",
        );
        lifetimes
    }
}

/// How much we take.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Attempts per network and minute, at what strangers can reach and we must judge.
    pub network_per_minute: u32,
    /// Authorization requests kept as rows at the same time, all clients together.
    pub stored_requests: u32,
    /// Passkeys of one person.
    pub passkeys_per_user: u32,
}

impl Limits {
    pub(super) fn read(reader: &mut Reader) -> Self {
        Self {
            network_per_minute: reader.within(
                "limits.network_per_minute",
                60,
                [5, 100_000],
                "one sign-in takes a few attempts, and an office shares one network",
            ),
            stored_requests: reader.within(
                "limits.stored_requests",
                10_000,
                [100, 1_000_000],
                "each takes some KiB of the database until it is over",
            ),
            passkeys_per_user: reader.within("limits.passkeys_per_user", 20, [2, 100], "one passkey needs another as spare"),
        }
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
