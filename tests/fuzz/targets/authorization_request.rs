//! Throws bytes at `untrusted::authorization_request`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| weftid_fuzz::untrusted::authorization_request(bytes));
