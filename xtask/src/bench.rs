//! `cargo xtask bench`.

use std::process::ExitCode;

use anyhow::{Result, bail};

use crate::install::{self, Engine};
use crate::project::{command, path};
use crate::{bundle, stamp};

const SUFFIX: &str = ".bench.ts";

/// Runs the benchmark called `name`, or all, one after the other; with `json`, one object per line on stdout.
///
/// # Errors
/// There is no such benchmark, or what it needs cannot be built.
pub(crate) fn bench(name: Option<&str>, json: bool) -> Result<ExitCode> {
    let known = names()?;
    let chosen: Vec<&String> =
        known.iter().filter(|it| name.is_none_or(|name| name == it.as_str())).collect();
    if chosen.is_empty() {
        bail!("there is no such benchmark; there are: {}", known.join(", "));
    }
    install::browsers(&[Engine::Chromium])?;
    bundle::package(true)?;
    let mut code = ExitCode::SUCCESS;
    for it in chosen {
        let mut node = command("node");
        node.env("RM_BENCH_JSON", if json { "1" } else { "" });
        let file = path("tests/bench").join(format!("{it}{SUFFIX}"));
        if !node.args(["--import", "tsx"]).arg(file).status()?.success() {
            eprintln!("error: the benchmark `{it}` failed");
            code = ExitCode::FAILURE;
        }
    }
    Ok(code)
}

fn names() -> Result<Vec<String>> {
    let files = stamp::files(&path("tests/bench"))?;
    let names =
        files.iter().filter_map(|it| it.file_name()?.to_str()?.strip_suffix(SUFFIX).map(str::to_owned));
    Ok(names.collect())
}
