//! Everything that may be done, free of HTTP: pages, endpoints, timers and the command line all call these. A change and its audit event
//! are one job behind the one door for writes.

pub mod activity;
pub mod attention;
pub mod audit;
pub mod authorization_requests;
pub mod backup_codes;
pub mod cancellation;
pub mod ceremonies;
pub mod choosing;
pub mod client_authentication;
pub mod clients;
pub mod codes;
pub mod connected_apps;
pub mod consents;
pub mod everybody;
pub mod further_passkey;
pub mod grants;
pub mod invitations;
pub mod logout;
pub mod next_steps;
pub mod one_time_links;
pub mod own_sessions;
pub mod passkey_name;
pub mod passkeys;
pub mod person_name;
pub mod refresh;
pub mod registration;
pub mod revocation;
pub mod sessions;
pub mod setup;
pub mod sign_in;
pub mod sweeping;
pub mod tokens;
pub mod users;
pub mod visitor;
