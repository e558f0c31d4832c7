//! Cli.

pub mod demo;
