//! What the parts of RemoteMedia say to each other: messages, values, and their bytes.
//!
//! **Invariant:** no behaviour. Types, their codec and nothing else; who acts on a message is another
//! crate's business. `SPEC.md` beside this crate shows the bytes, and the tests hold it to that.
//!
//! A message is a *frame*: a postcard-encoded header and, beside it, the bulk [`Buffer`]s that the header
//! refers to by slot number. Bulk data never goes through postcard.
#![deny(missing_docs)]

mod buffer;
mod catalog;
mod fault;
mod float;
mod frame;
mod host;
mod json;
mod list;
mod model;
mod page;
mod value;
#[cfg(feature = "web")]
pub mod web;
mod worker;

pub use buffer::{Buffer, ByteSource, ReadError};
pub use catalog::{Home, Language, NodeKind};
pub use fault::{Code, Fault, Problem, Severity};
pub use float::parse_float;
pub use frame::{
    Channel, DecodeError, FINGERPRINT, Frame, MAX_HEADER, Message, Packed, decode, encode, fnv1a,
};
pub use host::{FromHost, Part, ToHost, Unit, WorkItem, WorkOutput};
pub use json::JsonError;
pub use model::{ModelFile, ModelFiles};
pub use page::{
    FromRuntime, GraphInfo, HostKind, InputMode, Limits, LoadKind, LogLevel, NodeMetrics, RunEvent,
    RunMetrics, RunOptions, RunReport, ToRuntime,
};
pub use value::{Audio, Bytes, Dtype, MAX_DEPTH, Tensor, Value};
pub use worker::{FromWorker, PackageFile, ToWorker};

use serde::{Deserialize, Serialize};

/// One run of one pipeline; chosen by the page, unique for the life of a runtime.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RunId(pub u32);

/// One node host as the engine addresses it. [`HostId::LOCAL`] is the one inside the runtime worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct HostId(pub u32);

impl HostId {
    /// The host in the runtime worker itself: light Rust nodes.
    pub const LOCAL: HostId = HostId(0);
}

/// A node of a run: its position in the manifest's `nodes`, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct NodeIdx(pub u32);
