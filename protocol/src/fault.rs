//! Errors are data.
use std::fmt;

use serde::{Deserialize, Serialize};

/// The closed list of error codes that users meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Code {
    /// The manifest has defects; `problems` lists them all.
    InvalidManifest,
    /// The manifest is right except for node types nobody has.
    UnknownNode,
    /// An input value is not one we can carry.
    InvalidInput,
    /// A node said no or raised.
    NodeFailed,
    /// The run was cancelled.
    Cancelled,
    /// The run took longer than its `timeoutMs`.
    TimedOut,
    /// A limit of the run or the runtime was reached.
    LimitExceeded,
    /// A worker died or was killed in mid-run.
    WorkerCrashed,
    /// A worker did not come up.
    StartFailed,
    /// Parts of different builds met.
    ProtocolMismatch,
    /// Something could not be fetched.
    LoadFailed,
    /// A package is not acceptable.
    PackageRejected,
    /// A model file is not acceptable.
    ModelRejected,
    /// The browser gives no more storage.
    StorageFull,
    /// Memory ran out.
    OutOfMemory,
    /// This browser, or this build, cannot do it.
    NotSupported,
    /// The runtime was closed.
    Closed,
}

impl Code {
    /// Every code, in wire order.
    pub const ALL: [Code; 17] = [
        Code::InvalidManifest,
        Code::UnknownNode,
        Code::InvalidInput,
        Code::NodeFailed,
        Code::Cancelled,
        Code::TimedOut,
        Code::LimitExceeded,
        Code::WorkerCrashed,
        Code::StartFailed,
        Code::ProtocolMismatch,
        Code::LoadFailed,
        Code::PackageRejected,
        Code::ModelRejected,
        Code::StorageFull,
        Code::OutOfMemory,
        Code::NotSupported,
        Code::Closed,
    ];
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// How bad a [`Problem`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The pipeline cannot run.
    Error,
    /// It runs, but perhaps not as meant.
    Warning,
}

/// One defect of a manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// [`Code::InvalidManifest`], [`Code::UnknownNode`] or [`Code::LimitExceeded`].
    pub code: Code,
    /// Whether it stops the pipeline.
    pub severity: Severity,
    /// Id of the node it is about, if it is about one.
    pub node: Option<String>,
    /// Where in the manifest: a JSON Pointer (RFC 6901), `""` for the whole.
    pub path: String,
    /// What was found and what was expected.
    pub message: String,
}

/// Why something ended badly.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// Which kind of error.
    pub code: Code,
    /// Id of the node, as its author named it.
    pub node: Option<String>,
    /// What was being done: `start`, `plan`, `load`, `open`, `process`, `flush`, `input`, `output`, `cancel`.
    pub stage: Option<String>,
    /// What happened, for people.
    pub message: String,
    /// Every defect, for [`Code::InvalidManifest`] and [`Code::UnknownNode`].
    pub problems: Vec<Problem>,
    /// Python's traceback.
    pub traceback: Option<String>,
    /// More, as JSON text.
    pub details: Option<String>,
}

impl Fault {
    /// A fault with nothing but its code and message.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Fault {
            code,
            node: None,
            stage: None,
            message: message.into(),
            problems: Vec::new(),
            traceback: None,
            details: None,
        }
    }
    /// The same fault, at `node`.
    pub fn at(mut self, node: impl Into<String>) -> Self {
        self.node = Some(node.into());
        self
    }
    /// The same fault, met while doing `stage`.
    pub fn during(mut self, stage: &str) -> Self {
        self.stage = Some(stage.into());
        self
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.node {
            Some(node) => write!(f, "`{node}` {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

impl std::error::Error for Fault {}
