//! `weftid`: the command line, and nothing else.

use std::process::ExitCode;

fn main() -> ExitCode {
    weftid::cli::main()
}
