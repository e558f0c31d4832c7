//! Throws bytes at `untrusted::client_jws`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| weftid_fuzz::untrusted::client_jws(bytes));
