//! Everything that may be done, free of HTTP: pages, endpoints, timers and the command line all call these. A change and its audit event
//! are one job behind the one door for writes.

pub mod audit;
pub mod authorization_requests;
pub mod backup_codes;
pub mod ceremonies;
pub mod clients;
pub mod invitations;
pub mod one_time_links;
pub mod person_name;
pub mod registration;
pub mod sessions;
pub mod setup;
pub mod sign_in;
pub mod sweeping;
pub mod users;
pub mod visitor;
