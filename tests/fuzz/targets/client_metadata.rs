//! Throws bytes at `untrusted::client_metadata`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| weftid_fuzz::untrusted::client_metadata(bytes));
