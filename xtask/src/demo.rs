//! `cargo xtask demo`.

use std::process::{Command, ExitCode, Stdio};

use anyhow::Result;

use crate::bundle;
use crate::project::path;
use crate::server::{self, Site};

const USUAL_PORT: u16 = 8080;

pub(crate) struct Options {
    /// None: the usual one, or one near it that is free.
    pub(crate) port: Option<u16>,
    pub(crate) open: bool,
    pub(crate) isolated: bool,
}

/// Builds what is not built, then serves the site until interrupted.
///
/// # Errors
/// The build fails, or no port is free.
pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    bundle::build(false)?;
    let listener = server::listen(options.port.unwrap_or(USUAL_PORT), options.port.is_some())?;
    let url = format!("http://{}/", listener.local_addr()?);
    println!("RemoteMedia runs at {url}  (Ctrl-C ends it)");
    if options.open {
        open(&url);
    }
    server::serve(&listener, Site { folder: path("dist/site"), isolated: options.isolated })?;
    Ok(ExitCode::SUCCESS)
}

/// Shows `url` in the browser where there is a screen; the address is printed either way.
fn open(url: &str) {
    let screen = ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|it| std::env::var_os(it).is_some());
    let mut command = if cfg!(target_os = "macos") {
        Command::new("open")
    } else if cfg!(windows) {
        let mut command = Command::new("cmd");
        command.args(["/C", "start", ""]);
        command
    } else if screen {
        Command::new("xdg-open")
    } else {
        return;
    };
    // A browser that does not open is no reason to stop serving.
    command.arg(url).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().ok();
}
