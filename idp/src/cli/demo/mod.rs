//! `weftid demo`: the provider with two applications beside it that sign in with it.

pub mod relying_party;
