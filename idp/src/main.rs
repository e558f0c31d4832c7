//! Parse the command line, and do what it says.

fn main() {}
