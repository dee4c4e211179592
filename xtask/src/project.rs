//! Where things are, and how other programs are run.

use std::ffi::OsStr;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

/// The workspace's folder.
pub(crate) fn root() -> &'static Path {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask)
}

/// `relative` inside the workspace.
pub(crate) fn path(relative: impl AsRef<Path>) -> PathBuf {
    root().join(relative)
}

/// Says what begins now, on stderr: stdout is for results.
pub(crate) fn say(what: &str) {
    eprintln!("  · {what}");
}

/// The compiler's `cargo`, as the one that started this program.
pub(crate) fn cargo() -> Command {
    command(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// A tool installed by npm: a script run by node, so that no shell or symbolic link is needed.
pub(crate) fn npm_tool(script: &str) -> Command {
    let mut node = command("node");
    node.arg(path("node_modules").join(script));
    node
}

/// `program`, run at the workspace's root.
pub(crate) fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(root());
    command
}

/// Runs `command` to its end; its output goes to stderr.
///
/// # Errors
/// It cannot be started, or fails.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let name = describe(command);
    let status =
        command.stdout(std::io::stderr()).status().with_context(|| format!("cannot start `{name}`"))?;
    if !status.success() {
        bail!("`{name}` failed ({status})");
    }
    Ok(())
}

/// Runs `command` quietly; its output is shown only if it fails.
///
/// # Errors
/// It cannot be started, or fails.
pub(crate) fn run_quietly(command: &mut Command) -> Result<String> {
    let name = describe(command);
    let output = command.output().with_context(|| format!("cannot start `{name}`"))?;
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        bail!("`{name}` failed ({})\n{stdout}{}", output.status, String::from_utf8_lossy(&output.stderr));
    }
    Ok(stdout)
}

/// Whether a program of this name can be started.
pub(crate) fn is_installed(program: &str) -> bool {
    let Some(folders) = std::env::var_os("PATH") else { return false };
    std::env::split_paths(&folders)
        .any(|it| it.join(program).is_file() || it.join(format!("{program}.exe")).is_file())
}

/// Copies one file, making the folder it goes to.
///
/// # Errors
/// Either cannot be done.
pub(crate) fn copy(from: &Path, to: &Path) -> Result<()> {
    if let Some(folder) = to.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::copy(from, to).with_context(|| format!("cannot copy {} to {}", from.display(), to.display()))?;
    Ok(())
}

/// Copies what is in a folder, folders in it included.
///
/// # Errors
/// A file cannot be read or written.
pub(crate) fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    for file in crate::stamp::files(from)? {
        let relative = file.strip_prefix(from).unwrap_or(&file);
        copy(&file, &to.join(relative))?;
    }
    Ok(())
}

/// Waits until no other of these commands builds in this tree; the next one does, until the result is dropped.
///
/// # Errors
/// The file that stands for this cannot be made.
pub(crate) fn build_alone() -> Result<File> {
    let folder = path("target/xtask");
    std::fs::create_dir_all(&folder)?;
    let file = File::create(folder.join("lock"))?;
    if file.try_lock().is_err() {
        say("waiting for another `cargo xtask` to build");
        file.lock()?;
    }
    Ok(file)
}

fn describe(command: &Command) -> String {
    let mut words = vec![command.get_program().to_string_lossy().into_owned()];
    words.extend(command.get_args().take(6).map(|it| it.to_string_lossy().into_owned()));
    words.join(" ")
}
