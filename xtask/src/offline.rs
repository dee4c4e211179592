//! The lists of files that can be kept for use without a network, and the service workers that keep them.
//!
//! Their steps are done each time, in a moment: what they read is everything that the build has made.

use anyhow::Result;

use crate::bundle;
use crate::project::{command, path, run_quietly};

/// Lists the package's files and writes its workers. Everything else of the package is there.
///
/// # Errors
/// A file cannot be read, or a worker does not compile.
pub(crate) fn package(release: bool) -> Result<()> {
    let mut node = command("node");
    node.args(["xtask/js/offline.mjs", "package"]).arg(bundle::folder());
    if release {
        node.arg("--minify");
    }
    run_quietly(&mut node)?;
    Ok(())
}

/// Lists the site's files and writes its worker. Everything else of the site is there.
///
/// # Errors
/// As [`package`].
pub(crate) fn site() -> Result<()> {
    run_quietly(command("node").args(["xtask/js/offline.mjs", "site"]).arg(path("dist/site")))?;
    Ok(())
}
