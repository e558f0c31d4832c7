//! Everything that may be done, free of HTTP: pages, endpoints, timers and the command line all call these. A change and its audit event
//! are one job behind the one door for writes.

pub mod audit;
pub mod authorization_requests;
pub mod cancellation;
pub mod client_authentication;
pub mod codes;
pub mod consents;
pub mod grants;
pub mod limits;
pub mod logout;
pub mod refresh;
pub mod revocation;
pub mod sessions;
pub mod tokens;
