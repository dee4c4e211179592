//! Rust to `dist/pipeline_executor_wasm.wasm`: the command that runs pipelines under WASI hosts.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use crate::project::{cargo, copy, npm_tool, path, run};
use crate::stamp::{Inputs, step};
use crate::{install, wasm};

pub(crate) const TARGET: &str = "wasm32-wasip1";
const NAME: &str = "pipeline_executor_wasm";

/// The command with an interpreter of Python inside, and without one: `NAME.wasm` and `NAME.rust-only.wasm`.
const VARIANTS: [(&str, &[&str]); 2] = [("", &["--features", "python"]), (".rust-only", &[])];

/// What selects a variant in a cargo command. The interpreter's parser names a newer compiler than it needs.
pub(crate) fn selection(features: &[&'static str]) -> Vec<&'static str> {
    let words = ["--profile", "wasi", "--target", TARGET, "-p", "cli", "--bin", NAME];
    let words = words.into_iter().chain(["--no-default-features", "--ignore-rust-version"]);
    words.chain(features.iter().copied()).collect()
}

/// The command as it is shipped; made smaller in a release build.
fn shipped(suffix: &str) -> PathBuf {
    path("dist").join(format!("{NAME}{suffix}.wasm"))
}

/// Builds the command, in both variants.
///
/// # Errors
/// A tool is missing, or the code does not compile.
pub(crate) fn build(release: bool) -> Result<()> {
    for (suffix, features) in VARIANTS {
        let inputs = wasm::sources()?.add_all(&[
            "cli/Cargo.toml",
            "cli/build.rs",
            "cli/integers",
            "cli/src",
            "xtask/src/wasi.rs",
        ])?;
        let built = path("target/xtask").join(format!("{NAME}{suffix}.wasm"));
        let label = format!("building {NAME}{suffix}.wasm (a first build takes minutes)");
        step(&format!("wasi{suffix}"), &label, inputs, std::slice::from_ref(&built), || {
            install::target(TARGET)?;
            run(compiler().args(selection(features)).args(["--", "-C", "opt-level=3"]))?;
            copy(&target().join(TARGET).join("wasi").join(format!("{NAME}.wasm")), &built)
        })?;
        ship(suffix, &built, release)?;
    }
    Ok(())
}

/// Builds the command for this machine, as its benchmark has it: `target/wasi/NAME`.
///
/// # Errors
/// The code does not compile.
pub(crate) fn native() -> Result<()> {
    let words = ["build", "--profile", "wasi", "-p", "cli", "--bin", NAME, "--no-default-features"];
    run(cargo().args(words))
}

fn compiler() -> Command {
    let mut cargo = cargo();
    cargo.arg("rustc");
    cargo
}

/// The target folder may lie elsewhere, as everywhere in cargo.
fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| path("target"), PathBuf::from)
}

fn ship(suffix: &str, built: &std::path::Path, release: bool) -> Result<()> {
    let output = shipped(suffix);
    let recipe = if release { "smaller" } else { "as it is" };
    let inputs = Inputs::new(recipe).add(&built.to_string_lossy())?;
    let label = format!("making {NAME}{suffix}.wasm {recipe}");
    step(&format!("ship-wasi{suffix}"), &label, inputs, std::slice::from_ref(&output), || {
        if !release {
            return copy(built, &output);
        }
        fs::create_dir_all(path("dist"))?;
        let mut tool = npm_tool("binaryen/bin/wasm-opt");
        tool.args(["-O2", "--strip-debug", "--strip-producers"]);
        run(tool.arg(built).arg("-o").arg(&output))
    })?;
    Ok(())
}
