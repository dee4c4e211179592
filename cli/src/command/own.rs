//! Code that is not built in: Python modules and plugins, of the user or of a package.
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use protocol::{HostKind, NodeKind};
use tempfile::TempDir;

use super::failure::Failure;
use super::pipeline::Opened;
use crate::Executor;
use crate::python::{Options, Python};

/// Everything that brings kinds of nodes.
#[derive(Default)]
pub(crate) struct Code {
    python: Options,
    /// Where the Python of a package lies, as long as anybody may read it.
    unpacked: Option<TempDir>,
    plugins: Vec<Vec<u8>>,
}

impl Code {
    /// Files of the user's own.
    pub(crate) fn of_files(files: &[PathBuf]) -> Result<Self, Failure> {
        let mut code = Code::default();
        for path in files {
            let read = std::fs::read(path).map_err(|error| Failure::of_file(path, &error))?;
            if read.starts_with(b"\0asm") {
                code.plugins.push(read);
            } else {
                code.python.modules.push(path.clone());
            }
        }
        Ok(code)
    }

    /// What a package brings.
    pub(crate) fn add_package(&mut self, opened: &mut Opened) -> Result<(), Failure> {
        self.unpacked = unpacked(opened)?;
        if let Some(folder) = &self.unpacked {
            self.python.paths.push(folder.path().join("python"));
            self.python.wheels.push(folder.path().join("wheels"));
        }
        Ok(())
    }

    /// Makes hosts for it all, and gives the kinds it brings.
    pub(crate) fn teach(self, executor: &mut Executor, python: &Path) -> Result<Vec<NodeKind>, Failure> {
        let brings = !self.python.modules.is_empty() || self.unpacked.is_some();
        let python = Python::new(Options { program: python.into(), ..self.python })?;
        // Asking Python costs a start of it, and those that are built in are known.
        let kinds = if brings { python.kinds()? } else { Vec::new() };
        executor.learn(kinds.clone());
        let (mut make, folder) = (python.maker(), self.unpacked);
        let host = move |lease| {
            _ = &folder;
            make(lease)
        };
        executor.host_with(HostKind::Python, Box::new(host));
        Ok(kinds)
    }
}

/// The Python modules and wheels of a package, in a folder; none if it brings none.
fn unpacked(opened: &mut Opened) -> Result<Option<TempDir>, Failure> {
    let names = opened.package.entries().iter().map(|it| it.name.clone());
    let is_python = |name: &String| ["python/", "wheels/"].iter().any(|it| name.starts_with(it));
    let names: Vec<String> = names.filter(|it| is_python(it) && !it.ends_with('/')).collect();
    if names.is_empty() {
        return Ok(None);
    }
    let folder = tempfile::tempdir().map_err(|error| Failure::of_file(&std::env::temp_dir(), &error))?;
    for name in names {
        let path = folder.path().join(&name);
        let made = path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| File::create(&path));
        let mut file = made.map_err(|error| Failure::of_file(&path, &error))?;
        let copied = opened.package.copy(&name, &mut file);
        copied.map_err(|rejection| Failure::rejected(&opened.path, &rejection))?;
    }
    Ok(Some(folder))
}
