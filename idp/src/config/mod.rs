//! Settings: plain data, read once at the start.
