//! An authenticator made of software.
