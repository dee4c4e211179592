//! Engine ↔ node host. A host is any place that runs nodes; the engine speaks to all in these words.
use serde::{Deserialize, Serialize};

use crate::{Fault, LoadKind, LogLevel, NodeIdx, RunId, Value};

/// Which part of an item a value is. Small items are one part, both first and last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// From 0.
    pub index: u32,
    /// Whether the item ends with it.
    pub last: bool,
}

impl Part {
    /// The only part of a whole item.
    pub const WHOLE: Part = Part { index: 0, last: true };
}

/// What `progress` counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "each name says all there is")]
pub enum Unit {
    Items,
    Seconds,
    Bytes,
    Tokens,
}

/// One input of a node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WorkItem {
    /// The value, or one part of it.
    pub value: Value,
    /// Which part.
    pub part: Part,
}

/// One output of a node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WorkOutput {
    /// Which of the inputs of this node it came from: 0 is the first that [`FromHost::Worked`] of this node has
    /// not yet called done, when the message was sent. Flush outputs have 0.
    pub input: u32,
    /// Which part of that output.
    pub part: Part,
    /// The value, or one part of it.
    pub value: Value,
}

/// What the engine asks of a node host. Order is kept, per node and overall.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum ToHost {
    /// Make a node. Answered by [`FromHost::Opened`] or [`FromHost::Failed`].
    Open {
        /// The run it belongs to.
        run: RunId,
        /// How the engine will call it.
        node: NodeIdx,
        /// Its id in the manifest: for people, and for nodes that show it. Never part of any source text.
        id: String,
        /// A [`crate::NodeKind::name`] of this host.
        kind: String,
        /// Its parameters, validated, aliases resolved: a map. One that names a model is a map of its files instead,
        /// as [`crate::ModelFiles::to_value`] makes it.
        params: Value,
    },
    /// Take `items`, in order. Answered by [`FromHost::Worked`]s whose `done` add up to the number of items.
    Process {
        /// The run.
        run: RunId,
        /// An opened node.
        node: NodeIdx,
        /// At least one.
        items: Vec<WorkItem>,
    },
    /// The node may give so much more. A node starts with none and takes no turn while it has none of either;
    /// one turn may overdraw.
    Credit {
        /// The run.
        run: RunId,
        /// An opened node.
        node: NodeIdx,
        /// Outputs (parts count each).
        outputs: u32,
        /// Bytes, as [`Value::weight`] counts them.
        bytes: u64,
    },
    /// No more items for this node: give what is held back. Answered by [`FromHost::Flushed`].
    Flush {
        /// The run.
        run: RunId,
        /// An opened node, all of whose items are done.
        node: NodeIdx,
    },
    /// Drop all nodes of the run, calling their `cleanup`; stop what they do. Answered by [`FromHost::Closed`],
    /// after which nothing more of this run is said. Idempotent, for unknown runs too.
    Close {
        /// The run.
        run: RunId,
    },
}

/// What a node host answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum FromHost {
    /// The node is ready.
    Opened {
        /// The run.
        run: RunId,
        /// The node.
        node: NodeIdx,
    },
    /// Outputs, and how many inputs (work items, from the oldest) are done with.
    Worked {
        /// The run.
        run: RunId,
        /// The node.
        node: NodeIdx,
        /// In the order the node gave them.
        outputs: Vec<WorkOutput>,
        /// How many more inputs have been used up, after these outputs.
        done: u32,
        /// Time the node spent on this, in microseconds.
        busy_us: u64,
    },
    /// Everything held back has been given.
    Flushed {
        /// The run.
        run: RunId,
        /// The node.
        node: NodeIdx,
    },
    /// How far the node is with its own work. `done` never falls.
    Progress {
        /// The run.
        run: RunId,
        /// The node.
        node: NodeIdx,
        /// So much is done.
        done: f64,
        /// Of so much, if known.
        total: Option<f64>,
        /// Counted in this.
        unit: Unit,
    },
    /// A result that may still change.
    Partial {
        /// The run.
        run: RunId,
        /// The node.
        node: NodeIdx,
        /// What it is so far.
        value: Value,
    },
    /// Words for the user.
    Log {
        /// The run.
        run: RunId,
        /// The node, if one said it.
        node: Option<NodeIdx>,
        /// How loud.
        level: LogLevel,
        /// What was said.
        message: String,
    },
    /// Something is being fetched for the run.
    Load {
        /// The run.
        run: RunId,
        /// What kind of thing.
        what: LoadKind,
        /// Its name.
        name: String,
        /// Bytes so far.
        loaded: u64,
        /// Of so many, if known.
        total: Option<u64>,
    },
    /// A node failed; the run is over, but for [`ToHost::Close`].
    Failed {
        /// The run.
        run: RunId,
        /// The node.
        node: NodeIdx,
        /// Why; the engine adds the node's name.
        fault: Fault,
    },
    /// Nothing of the run is left in this host.
    Closed {
        /// The run.
        run: RunId,
    },
}
