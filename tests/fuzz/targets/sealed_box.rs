//! Throws bytes at `untrusted::sealed_box`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| weftid_fuzz::untrusted::sealed_box(bytes));
