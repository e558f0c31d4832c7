//! Throws bytes at `untrusted::basic`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| weftid_fuzz::untrusted::basic(bytes));
