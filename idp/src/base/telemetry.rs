//! Logs as JSON lines with request ids; secrets are kept out by type, by header list and by a test with canaries.
