//! The ceremonies, with an authenticator that can be told to do everything wrong.
