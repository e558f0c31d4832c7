//! The provider over HTTP, in this process and in its own; and what the sources and documents promise.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test that cannot go on stops, and says why")]

mod crash;
mod documents;
mod durability;
mod house;
mod process;
mod schema;
mod store;
