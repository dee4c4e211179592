//! One node as its host keeps it: what it was sent, and what it may give. Of guests and of the Python worker alike.
use std::collections::VecDeque;

use protocol::{Value, WorkItem, WorkOutput};

use crate::State;

/// Bytes handed over at once, at most, but always one item.
const BATCH_BYTES: u64 = 8 << 20;
/// Items handed over at once: between these, by how long the last ones took.
const BATCH: (usize, usize) = (64, 1024);
/// Microseconds that a batch should take.
const BATCH_US: u64 = 10_000;

/// What to ask of a node.
#[derive(Debug)]
pub enum Ask {
    /// To work.
    Turn {
        /// New items; none to go on.
        items: Vec<WorkItem>,
        /// Outputs it may give.
        outputs: u32,
        /// Bytes it may give.
        bytes: u64,
    },
    /// To give what is held back.
    Flush {
        /// Outputs it may give.
        outputs: u32,
        /// Bytes it may give.
        bytes: u64,
    },
}

/// The queue and the credit of a node, and where its last turn left it.
#[derive(Debug)]
pub struct Desk {
    queue: VecDeque<WorkItem>,
    /// Items handed over and not yet done.
    at_work: u32,
    more: bool,
    waiting: bool,
    flushing: bool,
    outputs: i64,
    bytes: i64,
    batch: usize,
    busy_us: u64,
}

impl Default for Desk {
    fn default() -> Self {
        Desk {
            queue: VecDeque::new(),
            at_work: 0,
            more: false,
            waiting: false,
            flushing: false,
            outputs: 0,
            bytes: 0,
            batch: BATCH.0,
            busy_us: 0,
        }
    }
}

impl Desk {
    /// More items.
    pub fn give(&mut self, items: Vec<WorkItem>) {
        self.queue.extend(items);
    }
    /// More credit.
    pub fn credit(&mut self, outputs: u32, bytes: u64) {
        self.outputs = self.outputs.saturating_add(i64::from(outputs));
        self.bytes = self.bytes.saturating_add(i64::try_from(bytes).unwrap_or(i64::MAX));
    }
    /// No more items: flush after those that are there.
    pub fn flush(&mut self) {
        self.flushing = true;
    }
    /// What it waited for has ended.
    pub fn woken(&mut self) {
        self.more = true;
        self.waiting = false;
    }
    /// Whether it waits for something outside.
    pub fn is_waiting(&self) -> bool {
        self.waiting
    }
    /// Items handed over and not yet done.
    pub fn at_work(&self) -> u32 {
        self.at_work
    }
    /// Whether it would have a turn, did it not wait.
    pub fn has_work(&self) -> bool {
        let idle = !self.more && !self.waiting && self.queue.is_empty();
        self.outputs > 0 && self.bytes > 0 && (!idle || self.flushing)
    }

    /// What to ask of the node now, if anything. `size` tells the bytes that handing a value over takes.
    pub fn next(&mut self, size: impl Fn(&Value) -> u64) -> Option<Ask> {
        if self.waiting || !self.has_work() {
            return None;
        }
        let (outputs, bytes) = (u32::try_from(self.outputs).unwrap_or(u32::MAX), self.bytes.unsigned_abs());
        if self.flushing && self.queue.is_empty() && self.at_work == 0 {
            return Some(Ask::Flush { outputs, bytes });
        }
        let items = if self.more { Vec::new() } else { self.batch(size) };
        self.at_work = self.at_work.saturating_add(items.len() as u32);
        Some(Ask::Turn { items, outputs, bytes })
    }

    fn batch(&mut self, size: impl Fn(&Value) -> u64) -> Vec<WorkItem> {
        let mut weight = 0_u64;
        let fits = |item: &&WorkItem| {
            weight = weight.saturating_add(size(&item.value));
            weight <= BATCH_BYTES
        };
        let count = self.queue.iter().take(self.batch).take_while(fits).count();
        self.queue.drain(..count.max(1).min(self.queue.len())).collect()
    }

    /// A turn is over; says how long this one and those that had nothing to show took.
    pub fn turned(&mut self, done: u32, state: State, outputs: &[WorkOutput], busy_us: u64) -> u64 {
        self.at_work = self.at_work.saturating_sub(done);
        self.more = state == State::More;
        self.waiting = state == State::Waiting;
        self.outputs -= outputs.len() as i64;
        for output in outputs {
            let weight = i64::try_from(output.value.weight()).unwrap_or(i64::MAX);
            self.bytes = self.bytes.saturating_sub(weight);
        }
        if busy_us > BATCH_US || state != State::Idle {
            self.batch = (self.batch / 2).max(BATCH.0);
        } else if busy_us < BATCH_US / 2 {
            self.batch = (self.batch * 2).min(BATCH.1);
        }
        self.busy_us += busy_us;
        if done > 0 || !outputs.is_empty() { std::mem::take(&mut self.busy_us) } else { 0 }
    }
    /// The flush is over.
    pub fn flushed(&mut self) {
        self.flushing = false;
    }
}
