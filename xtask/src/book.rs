//! The documentation, beside the demo.

use std::path::Path;

use anyhow::Result;

use crate::project::{command, run};
use crate::stamp::{Inputs, step};

/// What the pages are made of, besides the declarations of the built package.
const SOURCES: &[&str] = &[
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "demo/src/style/tokens.css",
    "docs",
    "engine",
    "main-thread",
    "nodes",
    "package-lock.json",
    "protocol",
    "python-worker",
    "whisper/src",
];

/// Builds the book into `folder`.
///
/// # Errors
/// A chapter refers to what is not there.
pub(crate) fn build(folder: &Path) -> Result<()> {
    let commit = std::env::var("GITHUB_SHA").unwrap_or_default();
    let inputs = Inputs::new(&commit).add_all(SOURCES)?.add("dist/remotemedia/types")?;
    let inputs = inputs.add("dist/remotemedia/package.json")?;
    step("book", "building the documentation", inputs, &[folder.join("index.html")], || {
        let mut node = command("node");
        run(node.args(["--import", "tsx", "docs/build/main.ts"]).arg(folder))
    })?;
    Ok(())
}
