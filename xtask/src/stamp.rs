//! Steps that are done once: a step is fresh while its inputs hash to what they did when it last ended well.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::Hasher;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::project::{path, say};

/// Folders that are never inputs: made by tools, not by people.
const NOT_INPUTS: &[&str] = &["target", "dist", "node_modules", "__pycache__", ".git"];

/// Everything a step's result depends on.
pub(crate) struct Inputs(DefaultHasher);

impl Inputs {
    /// `recipe`: what tells one way to do the step from another (options, versions).
    pub(crate) fn new(recipe: &str) -> Inputs {
        let mut hasher = DefaultHasher::new();
        hasher.write(recipe.as_bytes());
        Inputs(hasher)
    }

    /// Adds a file, or every file of a folder; what does not exist counts as such.
    ///
    /// # Errors
    /// Something there cannot be read.
    pub(crate) fn add(mut self, relative: &str) -> Result<Inputs> {
        let whole = path(relative);
        for file in files(&whole)? {
            // Relative: another checkout of the same files is no other input.
            let name = file.strip_prefix(path("")).unwrap_or(&file);
            self.0.write(name.to_string_lossy().as_bytes());
            self.0.write(&fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?);
        }
        Ok(self)
    }

    /// Adds several, as [`Inputs::add`] does.
    ///
    /// # Errors
    /// Something there cannot be read.
    pub(crate) fn add_all(self, relative: &[&str]) -> Result<Inputs> {
        relative.iter().try_fold(self, |inputs, it| inputs.add(it))
    }
}

/// Does `work` unless the step `name` was done with the same inputs and `outputs` are all there. Returns whether it was done.
///
/// # Errors
/// Those of `work`.
pub(crate) fn step(
    name: &str,
    label: &str,
    inputs: Inputs,
    outputs: &[PathBuf],
    work: impl FnOnce() -> Result<()>,
) -> Result<bool> {
    let stamp = path("target/xtask").join(format!("{name}.stamp"));
    let hash = format!("{:016x}", inputs.0.finish());
    if fs::read_to_string(&stamp).is_ok_and(|it| it == hash) && outputs.iter().all(|it| it.exists()) {
        return Ok(false);
    }
    say(label);
    work()?;
    if let Some(folder) = stamp.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(stamp, hash)?;
    Ok(true)
}

/// The files below `whole`, sorted; `whole` itself if it is a file; none if it does not exist.
///
/// # Errors
/// A folder cannot be read.
pub(crate) fn files(whole: &Path) -> Result<Vec<PathBuf>> {
    if whole.is_file() {
        return Ok(vec![whole.to_owned()]);
    }
    let mut found = Vec::new();
    let mut folders = if whole.is_dir() { vec![whole.to_owned()] } else { Vec::new() };
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))? {
            let entry = entry?;
            let kind = entry.file_type()?;
            if kind.is_file() {
                found.push(entry.path());
            } else if kind.is_dir() && !NOT_INPUTS.iter().any(|it| entry.file_name() == *it) {
                folders.push(entry.path());
            }
        }
    }
    found.sort();
    Ok(found)
}
