//! One file for each foreign library, so that its joints hurt in one place.

pub mod breached_passwords;
pub mod jose;
mod json;
pub mod mail;
pub mod outbound;
pub mod password_strength;
pub mod passwords;
pub mod templates;
pub mod totp;
pub mod webauthn;
