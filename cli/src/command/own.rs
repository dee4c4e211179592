//! Code that is not built in: Python modules and plugins, of the user or of a package.
use std::path::{Path, PathBuf};

use protocol::{HostKind, NodeKind};
use tempfile::TempDir;

use super::failure::Failure;
use super::pipeline::{Opened, file_name};
use super::unpack;
use crate::plugin::{Plugin, PluginLimits};
use crate::python::{Options, Python};
use crate::{Executor, Maker};

/// Everything that brings kinds of nodes.
#[derive(Default)]
pub(crate) struct Code {
    python: Options,
    /// Where the Python of a package lies, as long as anybody may read it.
    unpacked: Option<TempDir>,
    /// Names of files, and what is in them.
    plugins: Vec<(String, Vec<u8>)>,
}

impl Code {
    /// Files of the user's own.
    pub(crate) fn of_files(files: &[PathBuf]) -> Result<Self, Failure> {
        let mut code = Code::default();
        for path in files {
            let read = std::fs::read(path).map_err(|error| Failure::of_file(path, &error))?;
            if read.starts_with(b"\0asm") {
                code.plugins.push((file_name(path), read));
            } else {
                code.python.modules.push(path.clone());
            }
        }
        Ok(code)
    }

    /// What a package brings.
    pub(crate) fn add_package(&mut self, opened: &mut Opened) -> Result<(), Failure> {
        let names: Vec<String> = opened.package.entries().iter().map(|it| it.name.clone()).collect();
        let within = |folder: &str| {
            names
                .iter()
                .filter(|it| it.starts_with(folder) && !it.ends_with('/'))
                .cloned()
                .collect::<Vec<_>>()
        };
        for name in within("plugins/") {
            let wasm = opened.package.read(&name).map_err(|it| Failure::rejected(&opened.path, &it))?;
            self.plugins.push((name, wasm));
        }
        let python = [within("python/"), within("wheels/")].concat();
        if !python.is_empty() {
            let folder = tempfile::tempdir().map_err(|it| Failure::of_file(&std::env::temp_dir(), &it))?;
            unpack::all(&mut opened.package, &python, folder.path())?;
            self.python.paths.push(folder.path().join("python"));
            self.python.wheels.push(folder.path().join("wheels"));
            self.unpacked = Some(folder);
        }
        Ok(())
    }

    /// Makes hosts for it all, and gives the kinds it brings.
    pub(crate) fn teach(self, executor: &mut Executor, python: &Path) -> Result<Vec<NodeKind>, Failure> {
        let options = Options { program: python.into(), ..self.python };
        let mut kinds = Vec::new();
        let mut made = None;
        // Asking Python costs a start of it, and those that are built in are known.
        if !options.modules.is_empty() || !options.paths.is_empty() {
            let python = Python::new(options.clone())?;
            kinds = python.kinds()?;
            kinds.retain(|kind| !executor.kinds().contains(kind));
            made = Some(python.maker());
        }
        executor.host_with(HostKind::Python, once_needed(options, made, self.unpacked));
        for (at, (name, wasm)) in (0..).zip(&self.plugins) {
            let plugin = Plugin::load(name, wasm, PluginLimits::default())?;
            kinds.extend(plugin.kinds(at)?);
            executor.host_with(HostKind::Plugin(at), plugin.maker());
        }
        executor.learn(kinds.clone());
        Ok(kinds)
    }
}

/// Makes hosts of Python; what they need is made with the first of them, if it is not `made` yet. `unpacked` lasts as
/// long as they can be asked for.
fn once_needed(options: Options, mut made: Option<Maker>, unpacked: Option<TempDir>) -> Maker {
    Box::new(move |lease| {
        _ = &unpacked;
        let make = match &mut made {
            Some(make) => make,
            none => none.insert(Python::new(options.clone())?.maker()),
        };
        make(lease)
    })
}
