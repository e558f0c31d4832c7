//! The rings of keys, and what rests under keys of its own: what signs, seals and digests now, and what is still accepted.

pub mod at_rest;
pub mod signing;
