//! What pages and endpoints share. The extractor is the permission: a handler that takes a [`session::Session`] can't be reached without
//! one, and a [`form::Form`] has passed the CSRF check before its fields can be read.

pub mod answer;
pub mod assets;
pub mod browser;
pub mod client_answer;
pub mod cookies;
pub mod csrf;
pub mod device;
pub mod edge;
pub mod form;
pub mod gate;
pub mod headers;
pub mod health;
pub mod host;
pub mod next;
pub mod origin;
pub mod page;
pub mod peer;
pub mod preferences;
pub mod proved;
pub mod recent;
pub mod remembered;
pub mod request_id;
pub mod session;
pub mod step_up;
pub mod visiting;
