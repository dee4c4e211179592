//! Pictures of the site as it is, made by scripts from the real page.

use anyhow::Result;

use crate::bundle;
use crate::install::{self, Engine};
use crate::project::{command, path, run};

/// Where the README shows the film.
const FILM: &str = "docs/capture.gif";

/// Films the site: a pipeline that runs, a recording that is transcribed.
///
/// # Errors
/// The site cannot be built, or does not do in the browser what is to be filmed.
pub(crate) fn film() -> Result<()> {
    play("capture.ts", &[path(FILM).display().to_string()])
}

/// Takes a picture of every view, or of `only` one, in every width and scheme.
///
/// # Errors
/// As [`film`].
pub(crate) fn shots(only: Option<String>) -> Result<()> {
    let folder = path("target/shots").display().to_string();
    play("shots.ts", &[vec![folder], Vec::from_iter(only)].concat())
}

fn play(script: &str, arguments: &[String]) -> Result<()> {
    install::browsers(&[Engine::Chromium])?;
    bundle::build(false)?;
    let mut node = command("node");
    node.args(["--import", "tsx"]).arg(path("tests/capture").join(script));
    run(node.args(arguments))
}
