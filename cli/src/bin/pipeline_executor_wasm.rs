//! Runs one pipeline: see [`cli::wasi`].
use std::process::ExitCode;

fn main() -> ExitCode {
    cli::wasi::main()
}
