//! Code that is not built in: Python modules and plugins, of the user or of a package.
use std::path::{Path, PathBuf};

use protocol::NodeKind;

use super::failure::Failure;
use super::pipeline::Opened;
use crate::Executor;

/// Everything that brings kinds of nodes.
#[derive(Default)]
pub(crate) struct Code {
    python: Vec<PathBuf>,
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
                code.python.push(path.clone());
            }
        }
        Ok(code)
    }

    /// What a package brings.
    pub(crate) fn add_package(&mut self, _opened: &mut Opened) -> Result<(), Failure> {
        Ok(())
    }

    /// Makes hosts for it all, and gives the kinds it brings.
    pub(crate) fn teach(self, _executor: &mut Executor, _python: &Path) -> Result<Vec<NodeKind>, Failure> {
        Ok(Vec::new())
    }
}
