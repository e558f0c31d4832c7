//! Oidc.
