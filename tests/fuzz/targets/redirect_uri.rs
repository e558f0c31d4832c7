//! Throws bytes at `untrusted::redirect_uri`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| weftid_fuzz::untrusted::redirect_uri(bytes));
