//! One file for each foreign library, so that its joints hurt in one place.

pub mod jose;
mod json;
pub mod passwords;
pub mod templates;
pub mod totp;
pub mod webauthn;
