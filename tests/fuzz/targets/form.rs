//! Throws bytes at `untrusted::form`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| weftid_fuzz::untrusted::form(bytes));
