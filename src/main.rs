//! The thin binary: flags, run, exit code. Everything else is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    firebell::cli::main()
}
