//! `cargo xtask check`: what is wrong without anything having to run.

use std::process::ExitCode;

use anyhow::Result;

use crate::project::{cargo, is_installed, npm_tool, run, run_quietly, say};
use crate::{bundle, install, test, wasi, wasm};

/// What prettier looks at.
const FORMATTED: [&str; 2] =
    ["{main-thread,runtime-worker,python-worker,tests,xtask,demo,docs}/**/*.{ts,mjs,css,html}", "*.json"];

/// Runs every check, even after one has failed, and says which did.
///
/// # Errors
/// A tool that the checks need cannot be installed.
pub(crate) fn check_all() -> Result<ExitCode> {
    install::npm_packages()?;
    install::target(wasm::TARGET)?;
    install::target(wasi::TARGET)?;
    let mut failed = Vec::new();
    let mut check = |name: &str, result: Result<()>| {
        if let Err(error) = result {
            eprintln!("error: {name}: {error:#}");
            failed.push(name.to_owned());
        }
    };
    say("formatting");
    check("rustfmt", run(cargo().args(["fmt", "--all", "--check"])));
    check(
        "prettier",
        run(npm_tool("prettier/bin/prettier.cjs").args(["--check", "--log-level=warn"]).args(FORMATTED)),
    );
    say("lints");
    check("clippy", clippy(&["--workspace", "--all-targets"]));
    for artefact in &wasm::ARTEFACTS {
        check(&format!("clippy for {}.wasm", artefact.name), clippy(&artefact.selection()));
    }
    check("clippy for the WASI command", clippy(&wasi::selection(&[])));
    check("the front end in Rust", wasm::lint_yew_example());
    say("documentation");
    let mut doc = cargo();
    doc.env("RUSTDOCFLAGS", "-D warnings").args(["doc", "--workspace", "--no-deps", "--quiet"]);
    check("rustdoc", run(&mut doc));
    say("types");
    check("the package", bundle::package(false));
    for project in [
        "tsconfig.workers.json",
        "main-thread/tsconfig.json",
        "main-thread/hooks/tsconfig.json",
        "tests/tsconfig.json",
        "demo/tsconfig.json",
        "docs/tsconfig.json",
    ] {
        check(project, test::run_tsc(project));
    }
    say("licenses and advisories");
    check("cargo deny", deny());
    if failed.is_empty() {
        println!("all checks passed");
        return Ok(ExitCode::SUCCESS);
    }
    println!("failed: {}", failed.join(", "));
    Ok(ExitCode::FAILURE)
}

fn clippy(selection: &[&str]) -> Result<()> {
    run(cargo().args(["clippy", "--quiet"]).args(selection).args(["--", "-D", "warnings"]))
}

/// Advisories need a database from the network; where it cannot be had, the rest is checked and that is said.
fn deny() -> Result<()> {
    if !is_installed("cargo-deny") {
        say("installing cargo-deny (minutes, once)");
        run(cargo().args(["install", "--locked", "cargo-deny"]))?;
    }
    run(cargo().args(["deny", "check", "licenses", "bans", "sources"]))?;
    if run_quietly(cargo().args(["deny", "fetch", "db"])).is_err() {
        say("advisories are NOT checked: their database cannot be fetched");
        return Ok(());
    }
    run(cargo().args(["deny", "check", "advisories"]))
}
