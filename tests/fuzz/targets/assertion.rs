//! Throws bytes at `untrusted::assertion`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| weftid_fuzz::untrusted::assertion(bytes));
