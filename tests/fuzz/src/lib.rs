//! The targets of the fuzz programs: the same functions that the tests replay the seeds with.

#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a target that finds something stops, and says what")]

#[path = "../../src/untrusted.rs"]
pub mod untrusted;
