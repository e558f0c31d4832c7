//! The provider in a real browser: Chromium with a virtual authenticator.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test that cannot go on stops, and says why")]

mod aboard;
mod accounts;
mod autofill;
mod axe;
mod closed;
mod detours;
mod fallback;
mod instrument;
mod main_job;
mod more_pictures;
mod offer;
mod pages;
mod pictures;
mod recovery;
mod sign_in_methods;
mod signals;
mod stage;
mod ways;
