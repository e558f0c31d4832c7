//! josekit.
