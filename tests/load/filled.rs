//! A database that has been in use for years: people, clients, grants and spent values in numbers that no test would sign in for. Rows are
//! written behind the provider's back; they only have to be there.

use std::time::Instant;

use weftid::base::clock::Clock;
use weftid_tests::database::{Database, Kind};

/// How many of each (the numbers that the house promises to hold under).
const USERS: u64 = 100_000;
const CLIENTS: u64 = 10_000;
const GRANTS: u64 = 1_000_000;
const SPENT: u64 = 10_000_000;
/// Rows of one statement: neither database likes a transaction of gigabytes.
const SLICE: u64 = 500_000;

/// Fills the tables. Takes a minute or two.
pub(crate) async fn fill(database: &Database) {
    let began = Instant::now();
    for (name, count, statement) in [
        ("users", USERS, users(database.kind)),
        ("clients", CLIENTS, clients(database.kind)),
        ("grants", GRANTS, grants(database.kind)),
        ("spent values", SPENT, spent(database.kind)),
    ] {
        let mut first = 0;
        while first < count {
            let last = (first + SLICE).min(count) - 1;
            database.execute(&numbered(database.kind, &statement, first, last)).await;
            first = last + 1;
        }
        eprintln!("{count} {name} after {:.0?}", began.elapsed());
    }
    database.execute("UPDATE horizon SET settings_version = settings_version + 1").await;
    database.execute("ANALYZE").await;
}

/// `statement` for each `n` from `first` to `last`: it selects from `numbers`.
fn numbered(kind: Kind, statement: &str, first: u64, last: u64) -> String {
    let (into, select) = statement.split_once(" SELECT ").expect("it selects");
    match kind {
        Kind::Sqlite => {
            format!("{into} WITH RECURSIVE numbers(n) AS (VALUES ({first}) UNION ALL SELECT n + 1 FROM numbers WHERE n < {last}) SELECT {select}")
        }
        Kind::Postgres => {
            format!("{into} SELECT {}", select.replace("FROM numbers", &format!("FROM generate_series({first}, {last}) AS numbers(n)")))
        }
    }
}

/// A row id that tells its number and its kind.
fn id(kind: Kind, mark: &str) -> String {
    match kind {
        Kind::Sqlite => format!("unhex('{mark}' || printf('%024x', n))"),
        Kind::Postgres => format!("('{mark}' || lpad(to_hex(n), 24, '0'))::uuid"),
    }
}

/// That many random bytes (of the 16 that a random id has).
fn bytes(kind: Kind) -> &'static str {
    match kind {
        Kind::Sqlite => "randomblob(16)",
        Kind::Postgres => "uuid_send(gen_random_uuid())",
    }
}

fn users(kind: Kind) -> String {
    let (row, handle) = (id(kind, "0000aaaa"), id(kind, "0000bbbb"));
    format!(
        "INSERT INTO users (id, subject, user_handle, email, name, role, created_at, security_epoch, profile, updated_at) SELECT {row}, 'filled' || n, {handle}, \
         'filled' || n || '@load.example', 'Filled', 'user', 1700000000000, 1, '{{}}', 1700000000000 FROM numbers"
    )
}

fn clients(_: Kind) -> String {
    "INSERT INTO clients (id, metadata, source, created_at, updated_at, version) SELECT 'filled' || n, '{\"client_id\":\"filled' || n || '\",\"client_name\":\"Filled\",\
     \"redirect_uris\":[\"https://filled.example/' || n || '\"]}', 'administrator', 1700000000000, 1700000000000, 2 FROM numbers"
        .to_owned()
}

fn grants(kind: Kind) -> String {
    let (row, user, session) = (id(kind, "0000cccc"), id(kind, "0000aaaa").replace("n)", "n % 100000)"), id(kind, "0000dddd"));
    format!(
        "INSERT INTO grants (id, user_id, client_id, session_id, scope, claims, resources, offline, generation, rotated_at, mac_key_id, created_at, idle_ends_at, \
         absolute_ends_at, authenticated_at, acr, amr, epoch, security_epoch) SELECT {row}, {user}, 'filled' || (n % 10000), {session}, 'openid', '{{}}', '[]', \
         TRUE, 1, 1700000000000, '00000000', 1700000000000, 4000000000000, 4000000000000, 1700000000000, 'phr', '[]', 1, 1 FROM numbers"
    )
}

/// The first six bytes are the end of what was spent: in the hours to come, so that no sweep takes them while the clock runs.
fn spent(kind: Kind) -> String {
    let soon = Clock::system().now().millis() + 7_200_000;
    match kind {
        Kind::Sqlite => format!("INSERT INTO spent (id) SELECT unhex(printf('%012x', {soon} + n)) || {} FROM numbers", bytes(kind)),
        Kind::Postgres => {
            format!("INSERT INTO spent (id) SELECT decode(lpad(to_hex({soon} + n), 12, '0'), 'hex') || {} FROM numbers", bytes(kind))
        }
    }
}
