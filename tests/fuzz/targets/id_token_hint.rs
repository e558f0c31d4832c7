//! Throws bytes at `untrusted::id_token_hint`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| weftid_fuzz::untrusted::id_token_hint(bytes));
