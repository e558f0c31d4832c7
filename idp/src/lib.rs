//! WeftID: an OpenID Connect provider whose login method is the passkey.
//!
//! This page is the map. The modules stand in the order they lean on each other: each may use what stands above it, never what stands
//! below or beside it (`ARCHITECTURE.md` says why, and a test holds it).

/// What a person looks after alone.
pub mod account;
/// Everything that may be done, free of HTTP.
pub mod actions;
/// One file for each foreign library.
pub mod adapters;
/// What a request may need, built once.
pub mod app;
/// Clock, randomness, secrets, sealed values, ids, urls, telemetry.
pub mod base;
/// One file for each command.
pub mod cli;
/// Plain settings from defaults < file < environment, every problem reported at once.
pub mod config;
/// Timers: sweep what is over, notice what other nodes changed, send the mails that wait.
pub mod jobs;
/// The rings of keys: what signs, seals and MACs now, and what is still accepted.
pub mod keys;
/// Proving who you are. Knows nothing of OpenID Connect.
pub mod login;
/// What relying parties talk to.
pub mod oidc;
/// The words of OAuth 2 and OpenID Connect, without HTTP, database or clock.
pub mod protocol;
/// Every URL of the provider, on one page.
pub mod router;
/// Bind, serve, drain.
pub mod server;
/// The tables, what may be done to them, and the one door for writes.
pub mod store;
/// What pages and endpoints share: cookies, sessions, CSRF, forms, errors, security headers.
pub mod web;
