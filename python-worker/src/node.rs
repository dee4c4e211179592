//! One Python node as the host keeps it: what it was sent, and what it may give.
use std::collections::VecDeque;

use protocol::{NodeIdx, Value, WorkItem, WorkOutput};

use crate::values::{State, Text};

/// Bytes handed to Python at once, at most, but always one item.
const BATCH_BYTES: u64 = 8 << 20;
/// Items handed to Python at once: between these, by how long the last ones took.
const BATCH: (usize, usize) = (64, 1024);
/// Microseconds that a batch should take.
const BATCH_US: u64 = 10_000;

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
    pub(crate) waiting: bool,
    pub(crate) flushing: bool,
    queue: VecDeque<WorkItem>,
    more: bool,
    outputs: i64,
    bytes: i64,
    batch: usize,
    busy_us: u64,
}

impl Node {
    pub(crate) fn new() -> Self {
        Node {
            opening: true,
            waiting: false,
            flushing: false,
            queue: VecDeque::new(),
            more: false,
            outputs: 0,
            bytes: 0,
            batch: BATCH.0,
            busy_us: 0,
        }
    }

    pub(crate) fn give(&mut self, items: Vec<WorkItem>) {
        self.queue.extend(items);
    }

    pub(crate) fn credit(&mut self, outputs: u32, bytes: u64) {
        self.outputs = self.outputs.saturating_add(i64::from(outputs));
        self.bytes = self.bytes.saturating_add(i64::try_from(bytes).unwrap_or(i64::MAX));
    }

    /// A coroutine it waited for has ended.
    pub(crate) fn woken(&mut self) {
        self.more = true;
        self.waiting = false;
    }

    /// What to ask of Python for this node now, if anything.
    pub(crate) fn call(&mut self, node: NodeIdx) -> Option<Call> {
        let idle = !self.more && self.queue.is_empty();
        if self.opening || self.waiting || self.outputs <= 0 || self.bytes <= 0 || (idle && !self.flushing) {
            return None;
        }
        let (outputs, bytes) = (u32::try_from(self.outputs).unwrap_or(u32::MAX), self.bytes.unsigned_abs());
        if self.flushing && self.queue.is_empty() {
            return Some(Call::Flush { node, outputs, bytes });
        }
        let items = if self.more { Text::default() } else { Text::items(&self.batch()) };
        Some(Call::Turn { node, items, outputs, bytes })
    }

    fn batch(&mut self) -> Vec<WorkItem> {
        let mut weight = 0;
        let fits = |item: &&WorkItem| {
            weight += item.value.weight();
            weight <= BATCH_BYTES
        };
        let count = self.queue.iter().take(self.batch).take_while(fits).count();
        self.queue.drain(..count.max(1).min(self.queue.len())).collect()
    }

    /// A turn is over; says how long this one and those that had nothing to show took.
    pub(crate) fn turned(&mut self, done: u32, state: State, outputs: &[WorkOutput], busy_us: u64) -> u64 {
        self.more = state == State::More;
        self.waiting = state == State::Waiting;
        self.outputs -= outputs.len() as i64;
        self.bytes -= outputs.iter().map(|output| Value::weight(&output.value) as i64).sum::<i64>();
        if busy_us > BATCH_US || state != State::Idle {
            self.batch = (self.batch / 2).max(BATCH.0);
        } else if busy_us < BATCH_US / 2 {
            self.batch = (self.batch * 2).min(BATCH.1);
        }
        self.busy_us += busy_us;
        if done > 0 || !outputs.is_empty() { std::mem::take(&mut self.busy_us) } else { 0 }
    }
}
