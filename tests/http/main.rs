//! The provider over HTTP, in this process and in its own; and what the sources and documents promise.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test that cannot go on stops, and says why")]

mod accounts;
mod activity;
mod attempts;
mod attestation;
mod authorize;
mod bad_input;
mod clones;
mod coming_aboard;
mod crash;
mod crawl;
mod discovery;
mod documents;
mod durability;
mod forged;
mod house;
mod listener;
mod logout;
mod main_job;
mod own_apps;
mod own_backup_codes;
mod own_password;
mod own_sessions;
mod passkeys;
mod passwords;
mod process;
mod profile;
mod proxies;
mod quiet;
mod refresh;
mod registering;
mod remembered;
mod revocation;
mod rings;
mod routes;
mod schema;
mod sessions;
mod sign_in_methods;
mod step_up;
mod store;
mod stored;
mod token;
mod totp;
mod userinfo;
mod well_known;
