//! minijinja, Fluent.
