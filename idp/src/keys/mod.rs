//! Keys: what rests is protected by data keys under the master key (`at_rest`); what travels is signed, sealed and MACed by three rings
//! (`ring`), whose keys are rows like any other.

pub mod at_rest;
pub mod ring;
pub mod signing;
