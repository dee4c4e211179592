//! The command `remotemedia`.
use std::process::ExitCode;

fn main() -> ExitCode {
    cli::command::main()
}
