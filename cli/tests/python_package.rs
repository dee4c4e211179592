//! The Python package over this very command: `python_package.py` beside this file, and the Python of the book.
#![cfg(feature = "native")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Runs a file of tests. With wasmtime, and the executor for it, if those were made before: `cargo xtask test` does.
#[track_caller]
fn check(file: &str) {
    let root = root();
    let wasmtime = root.join("target/wasmtime/bin/python");
    let executor = root.join("dist/pipeline_executor_wasm.wasm");
    let mut python =
        Command::new(if wasmtime.exists() { wasmtime.into_os_string() } else { "python3".into() });
    python.arg(root.join(file));
    python.env("PYTHONPATH", root.join("python-worker/python")).env("PYTHONDONTWRITEBYTECODE", "1");
    python.env("REMOTEMEDIA", env!("CARGO_BIN_EXE_remotemedia"));
    if executor.exists() {
        python.env("REMOTEMEDIA_WASM", executor);
    }
    let output = python.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn pipelines_of_python_run_by_the_command_and_in_wasm() {
    check("cli/tests/python_package.py");
}

#[test]
fn an_installed_wheel_runs_pipelines_by_the_command() {
    check("python-worker/tests/test_distribution.py");
}

#[test]
fn the_python_of_the_book_runs_by_the_command() {
    check("python-worker/tests/test_book.py");
}
