//! Code that is not built in: Python modules and plugins, of the user or of a package.
use std::collections::HashSet;
use std::path::{Path, PathBuf};

use package::Rejection;
use protocol::{Code as Reason, Fault, HostKind, NodeKind};
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
    plugins: Vec<Module>,
    /// The package that some of it is of.
    package: Option<PathBuf>,
}

/// The module of a plugin.
struct Module {
    name: String,
    wasm: Vec<u8>,
    /// Whether it is of the package.
    is_packed: bool,
}

/// The kinds that were found.
#[derive(Default)]
struct Found {
    /// The user's own.
    own: Vec<NodeKind>,
    /// Those of the package.
    packed: Vec<NodeKind>,
}

impl Code {
    /// Files of the user's own.
    pub(crate) fn of_files(files: &[PathBuf]) -> Result<Self, Failure> {
        let mut code = Code::default();
        for path in files {
            let read = std::fs::read(path).map_err(|error| Failure::of_file(path, &error))?;
            if read.starts_with(b"\0asm") {
                code.plugins.push(Module { name: file_name(path), wasm: read, is_packed: false });
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
        self.package = Some(opened.path.clone());
        for name in within("plugins/") {
            let wasm = opened.package.read(&name).map_err(|it| Failure::rejected(&opened.path, &it))?;
            self.plugins.push(Module { name, wasm, is_packed: true });
        }
        let python = [within("python/"), within("wheels/")].concat();
        if !python.is_empty() {
            let folder = tempfile::tempdir().map_err(|it| Failure::of_file(&std::env::temp_dir(), &it))?;
            unpack::all(&mut opened.package, &python, folder.path())?;
            self.python.package = Some(folder.path().into());
            self.unpacked = Some(folder);
        }
        Ok(())
    }

    /// Makes hosts for it all, and gives the kinds it brings.
    pub(crate) fn teach(self, executor: &mut Executor, python: &Path) -> Result<Vec<NodeKind>, Failure> {
        let Code { python: options, unpacked, plugins, package } = self;
        let options = Options { program: python.into(), ..options };
        let mut found = Found::default();
        let made = found.ask_python(&options, executor.kinds())?;
        executor.host_with(HostKind::Python, once_needed(options, made, unpacked));
        for (at, module) in (0..).zip(&plugins) {
            let plugin = found.load(at, module)?;
            executor.host_with(HostKind::Plugin(at), plugin.maker());
        }
        if let Some(path) = package {
            check_names(&found.packed, executor.kinds()).map_err(|it| Failure::rejected(&path, &it))?;
        }
        let kinds = [found.own, found.packed].concat();
        executor.learn(kinds.clone());
        Ok(kinds)
    }
}

impl Found {
    /// Has Python tell its kinds, but for those that are `builtin`; gives what makes its hosts. Asking costs a start of it,
    /// so it is done for code only that nobody knows yet.
    fn ask_python(&mut self, options: &Options, builtin: &[NodeKind]) -> Result<Option<Maker>, Fault> {
        let mut made = None;
        // What a package has is looked at without the user's modules, so that it is known who is to blame.
        if options.package.is_some() {
            let python = Python::new(Options { modules: Vec::new(), ..options.clone() })?;
            self.packed = python.kinds().map_err(of_package)?;
            self.packed.retain(|it| !builtin.contains(it));
            made = Some(python.maker());
        }
        if !options.modules.is_empty() {
            let python = Python::new(options.clone())?;
            self.own = python.kinds()?;
            self.own.retain(|it| !builtin.contains(it) && !self.packed.contains(it));
            made = Some(python.maker());
        }
        Ok(made)
    }

    /// The plugin number `at` of the run.
    fn load(&mut self, at: u32, module: &Module) -> Result<Plugin, Fault> {
        let load = || {
            let plugin = Plugin::load(&module.name, &module.wasm, PluginLimits::default())?;
            Ok((plugin.kinds(at)?, plugin))
        };
        let (kinds, plugin) =
            load().map_err(|fault| if module.is_packed { of_package(fault) } else { fault })?;
        if module.is_packed { &mut self.packed } else { &mut self.own }.extend(kinds);
        Ok(plugin)
    }
}

/// `fault` as it is of the code of a package: what cannot be loaded was packed wrongly.
fn of_package(fault: Fault) -> Fault {
    match fault.code {
        Reason::LoadFailed => Fault { code: Reason::PackageRejected, ..fault },
        _ => fault,
    }
}

/// Whether the kinds of a package have names of their own, as pages ask it of packages, too.
fn check_names(kinds: &[NodeKind], builtin: &[NodeKind]) -> Result<(), Rejection> {
    let mut known = HashSet::new();
    let mut lines = Vec::new();
    for name in kinds.iter().flat_map(names) {
        if builtin.iter().flat_map(names).any(|it| it == name) {
            lines.push(format!("{name} is the name of a built-in node, which no package may take"));
        } else if !known.insert(name) {
            lines.push(format!("two nodes of this package are called {name}"));
        }
    }
    if lines.is_empty() { Ok(()) } else { Err(Rejection::new(lines.join("\n"))) }
}

fn names(kind: &NodeKind) -> impl Iterator<Item = &str> {
    std::iter::once(kind.name.as_str()).chain(kind.aliases.iter().map(String::as_str))
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
