//! Page ↔ compute, Python and plugin workers: everything but the data, which goes from worker to worker.
use serde::{Deserialize, Serialize};

use crate::{Buffer, Fault, HostId, NodeKind, RunId};

/// One file of a package.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PackageFile {
    /// Its path below its folder in the package: `text/clean.py`.
    pub path: String,
    /// Its bytes, best outside memory: they are sent again to every worker that serves the package.
    pub data: Buffer,
}

/// What the page asks of a worker that hosts nodes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum ToWorker {
    /// Serve a run over the port that comes with this message, in [`crate::ToHost`] and [`crate::FromHost`].
    Connect {
        /// How the page calls this worker.
        host: HostId,
        /// The run.
        run: RunId,
    },
    /// Learn the user's nodes. Answered by [`FromWorker::Registered`]. Python only.
    Register {
        /// Comes back in the answer.
        request: u32,
        /// Python source.
        source: String,
        /// Packages it needs.
        packages: Vec<String>,
    },
    /// Serve this package, and nothing else from now on. Answered by [`FromWorker::Registered`]. Python only, once.
    Install {
        /// Comes back in the answer.
        request: u32,
        /// What is in its folder `python/`.
        modules: Vec<PackageFile>,
        /// What is in its folder `wheels/`.
        wheels: Vec<PackageFile>,
    },
    /// Tell what nodes there are. Answered by [`FromWorker::Registered`]. Plugins only.
    Kinds {
        /// Comes back in the answer.
        request: u32,
    },
    /// Say that no turn holds you up. Answered by [`FromWorker::Pong`] as soon as mail is read.
    Ping,
}

/// What such a worker tells the page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum FromWorker {
    /// First of all, once.
    Ready {
        /// Milliseconds from the worker's first line to here.
        start_ms: u32,
        /// How it came up, e.g. `snapshot`, or why the slower way was taken.
        note: String,
    },
    /// Start-up got further.
    Loading {
        /// What is being fetched.
        name: String,
        /// Bytes so far.
        loaded: u64,
        /// Of so many, if known.
        total: Option<u64>,
    },
    /// Answers [`ToWorker::Register`], [`ToWorker::Install`] and [`ToWorker::Kinds`].
    Registered {
        /// Of the question.
        request: u32,
        /// The kinds that are new.
        result: Result<Vec<NodeKind>, Fault>,
    },
    /// The worker itself is broken and must be replaced.
    Fatal {
        /// What happened.
        fault: Fault,
    },
    /// Answers [`ToWorker::Ping`].
    Pong,
}
