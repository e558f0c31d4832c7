//! `weftid`: the command line, and nothing else.

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// A request is made of hundreds of small allocations; the system's allocator takes a quarter of the time that a read of ours costs.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    weftid::cli::main()
}
