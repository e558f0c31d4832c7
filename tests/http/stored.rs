//! What stands in the database, seen from behind the provider's back: to show that something was stored once, or not at all.

use std::collections::BTreeMap;

use weftid_tests::database::{Database, Kind};

/// Every table that people's doings may add rows to. That none is forgotten is seen to by `schema`.
pub(crate) const TABLES: [&str; 20] = [
    "users",
    "passkeys",
    "backup_codes",
    "passwords",
    "totps",
    "mails",
    "one_time_links",
    "sessions",
    "session_clients",
    "clients",
    "initial_access_tokens",
    "client_secrets",
    "consents",
    "grants",
    "authorization_requests",
    "pushed_requests",
    "spent",
    "foreign_spent",
    "keys",
    "audit_events",
];

/// The others: what counts guesses, whatever becomes of them, and what the house itself needs.
pub(crate) const OTHERS: [&str; 3] = ["attempts", "data_keys", "horizon"];

/// How many rows each table has.
pub(crate) async fn rows(database: &Database) -> BTreeMap<&'static str, i64> {
    let mut rows = BTreeMap::new();
    for table in TABLES {
        rows.insert(table, database.count(&format!("SELECT count(*) FROM {table}")).await);
    }
    rows
}

/// How many audit events of this kind there are.
pub(crate) async fn events(database: &Database, kind: &str) -> i64 {
    database.count(&format!("SELECT count(*) FROM audit_events WHERE kind = '{kind}'")).await
}

/// How many audit events of this kind give this reason.
pub(crate) async fn events_because(database: &Database, kind: &str, reason: &str) -> i64 {
    database.count(&format!("SELECT count(*) FROM audit_events WHERE kind = '{kind}' AND detail LIKE '%\"reason\":\"{reason}\"%'")).await
}

/// Whether these bytes stand anywhere in the database: in any column of any table.
pub(crate) async fn holds(database: &Database, bytes: &[u8]) -> bool {
    match database.kind {
        Kind::Sqlite => {
            let files = std::fs::read_dir(database.data_dir()).expect("the directory is there").flatten();
            let mut database = files.filter(|file| file.file_name().to_string_lossy().contains("sqlite"));
            let found = |file: std::fs::DirEntry| std::fs::read(file.path()).expect("a file of ours").windows(bytes.len()).any(|part| part == bytes);
            database.any(found)
        }
        Kind::Postgres => {
            let hex = bytes.iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
            let text = std::str::from_utf8(bytes).ok().filter(|text| text.chars().all(|c| c.is_ascii_alphanumeric() || "-_@.".contains(c)));
            for table in TABLES.into_iter().chain(OTHERS) {
                let as_text = text.map(|text| format!(" OR strpos(t::text, '{text}') > 0")).unwrap_or_default();
                if database.count(&format!("SELECT count(*) FROM {table} t WHERE strpos(t::text, '{hex}') > 0{as_text}")).await > 0 {
                    return true;
                }
            }
            false
        }
    }
}

/// Makes every audit event fail: an accident that takes the log away.
pub(crate) async fn block_audit(database: &Database) {
    let sql = match database.kind {
        Kind::Sqlite => "CREATE TRIGGER no_audit BEFORE INSERT ON audit_events BEGIN SELECT RAISE(ABORT, 'blocked'); END",
        Kind::Postgres => {
            "CREATE OR REPLACE FUNCTION no_audit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'blocked'; END $$;
             CREATE TRIGGER no_audit BEFORE INSERT ON audit_events FOR EACH ROW EXECUTE FUNCTION no_audit()"
        }
    };
    database.execute(sql).await;
}

/// Lets audit events through again.
pub(crate) async fn let_audit_through(database: &Database) {
    let on = if database.kind == Kind::Postgres { " ON audit_events" } else { "" };
    database.execute(&format!("DROP TRIGGER no_audit{on}")).await;
}
