//! One Python node as the host keeps it: what it was sent, and what it may give.
use node_abi::host::{Ask, Desk};
use protocol::{NodeIdx, Value, WorkItem, WorkOutput};

use crate::values::{State, Text};

/// What to ask of Python: a method of `Host` in `_host.py`.
#[derive(Debug)]
pub enum Call {
    /// Learn the nodes of a source.
    Register {
        /// Python.
        source: String,
    },
    /// Learn the package that [`crate::Action::Unpack`] has written.
    Install,
    /// Make a node.
    Open {
        /// Its number.
        node: NodeIdx,
        /// Its name.
        id: String,
        /// Its kind.
        kind: String,
        /// Its parameters.
        params: Text,
    },
    /// Go on with an `Open` that waited.
    Opened {
        /// Its number.
        node: NodeIdx,
    },
    /// Work.
    Turn {
        /// Which node.
        node: NodeIdx,
        /// New items; empty text for none.
        items: Text,
        /// Outputs it may give.
        outputs: u32,
        /// Bytes it may give.
        bytes: u64,
    },
    /// Give what is held back.
    Flush {
        /// Which node.
        node: NodeIdx,
        /// Outputs it may give.
        outputs: u32,
        /// Bytes it may give.
        bytes: u64,
    },
    /// End the run.
    Close,
    /// Put the interpreter in order.
    Reset,
}

/// A node of the run.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) opening: bool,
    /// Whether its opening waits.
    pub(crate) waiting: bool,
    desk: Desk,
}

impl Node {
    pub(crate) fn new() -> Self {
        Node { opening: true, waiting: false, desk: Desk::default() }
    }

    pub(crate) fn give(&mut self, items: Vec<WorkItem>) {
        self.desk.give(items);
    }

    pub(crate) fn credit(&mut self, outputs: u32, bytes: u64) {
        self.desk.credit(outputs, bytes);
    }

    pub(crate) fn flush(&mut self) {
        self.desk.flush();
    }

    pub(crate) fn flushed(&mut self) {
        self.desk.flushed();
    }

    /// A coroutine it waited for has ended.
    pub(crate) fn woken(&mut self) {
        self.desk.woken();
    }

    /// What to ask of Python for this node now, if anything.
    pub(crate) fn call(&mut self, node: NodeIdx) -> Option<Call> {
        if self.opening {
            return None;
        }
        Some(match self.desk.next(Value::weight)? {
            Ask::Turn { items, outputs, bytes } => {
                let items = if items.is_empty() { Text::default() } else { Text::items(&items) };
                Call::Turn { node, items, outputs, bytes }
            }
            Ask::Flush { outputs, bytes } => Call::Flush { node, outputs, bytes },
        })
    }

    /// A turn is over; says how long this one and those that had nothing to show took.
    pub(crate) fn turned(&mut self, done: u32, state: State, outputs: &[WorkOutput], busy_us: u64) -> u64 {
        self.desk.turned(done, state, outputs, busy_us)
    }
}
