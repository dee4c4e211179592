//! Page ↔ compute, Python and plugin workers: everything but the data, which goes from worker to worker.
use serde::{Deserialize, Serialize};

use crate::{Fault, HostId, NodeKind, RunId};

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
    /// Answers [`ToWorker::Register`].
    Registered {
        /// Of the question.
        request: u32,
        /// The kinds the source defines.
        result: Result<Vec<NodeKind>, Fault>,
    },
    /// The worker itself is broken and must be replaced.
    Fatal {
        /// What happened.
        fault: Fault,
    },
}
