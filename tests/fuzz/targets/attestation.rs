//! Throws bytes at `untrusted::attestation`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| weftid_fuzz::untrusted::attestation(bytes));
