//! Python nodes in the system's Python: a process that speaks node ABI v1 over its standard input and output.
//!
//! The process runs the package `remotemedia` of this very build, which lies in here and is written to a temporary
//! folder: nothing has to be installed but Python itself.
mod process;
mod sources;
mod worker;

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use protocol::{Code, Fault, HostKind, NodeKind};
use tempfile::TempDir;

use crate::{Executor, Maker};
use worker::Worker;

/// Which Python, and what it is to know.
#[derive(Debug, Clone)]
pub struct Options {
    /// The interpreter: a name that is looked up as a shell would, or a path. Python 3.9 or newer.
    pub program: OsString,
    /// Folders whose modules are read for nodes; everything in them can be imported.
    pub paths: Vec<PathBuf>,
    /// Files that are read for nodes.
    pub modules: Vec<PathBuf>,
    /// Folders to import from.
    pub libraries: Vec<PathBuf>,
    /// The folder of a package: the modules in its `python/` are read for nodes, the wheels in its `wheels/` unpacked
    /// beside them. What this Python cannot use, or what would take the place of something else, is refused by name.
    pub package: Option<PathBuf>,
    /// So long reading the modules may take.
    pub patience: Duration,
}

impl Default for Options {
    /// `python3`, and the built-in nodes.
    fn default() -> Self {
        Options {
            program: "python3".into(),
            paths: Vec::new(),
            modules: Vec::new(),
            libraries: Vec::new(),
            package: None,
            patience: Duration::from_secs(60),
        }
    }
}

/// The system's Python as a host of nodes. Each run gets a process of its own.
#[derive(Debug, Clone)]
pub struct Python {
    options: Options,
    /// Where the package `remotemedia` lies; compiled by the first process, found compiled by all others.
    home: Arc<TempDir>,
}

impl Python {
    /// Starts nothing yet.
    ///
    /// # Errors
    /// [`Code::StartFailed`] if there is no room for temporary files.
    pub fn new(options: Options) -> Result<Self, Fault> {
        let home = sources::written().map_err(|error| {
            Fault::new(Code::StartFailed, format!("the Python package cannot be written: {error}"))
                .during("start")
        })?;
        Ok(Python { options, home: Arc::new(home) })
    }

    /// The kinds of all its nodes: built-in ones, and those of the user's own.
    ///
    /// # Errors
    /// [`Code::StartFailed`] with what to do, or what a module raised.
    pub fn kinds(&self) -> Result<Vec<NodeKind>, Fault> {
        Worker::start(self).map(|(_, kinds)| kinds)
    }

    /// What makes hosts for [`HostKind::Python`].
    pub fn maker(self) -> Maker {
        Box::new(move |_| Worker::start(&self).map(|(worker, _)| Box::new(worker) as Box<dyn crate::Host>))
    }

    /// Has `executor` run Python nodes here. What kinds there are beyond the built-in ones is for the caller to
    /// [`Executor::learn`].
    pub fn serve(self, executor: &mut Executor) {
        executor.host_with(HostKind::Python, self.maker());
    }
}
