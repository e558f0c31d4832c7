//! webauthn-rs.
