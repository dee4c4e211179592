//! The node host for Rust nodes, as a value: what comes in is handled, work is done in steps, and what is to be
//! said comes back. No thread, no browser; the clock is an argument.
//!
//! **Invariant:** [`NodeHost::handle`] does no node's work, so mail is always read at once; all work is done in
//! [`NodeHost::step`], which ends when its time is over.
use std::cell::Cell;
use std::collections::{BTreeMap, VecDeque};

use protocol::{Fault, FromHost, NodeIdx, RunId, ToHost, Value};

use crate::node::{Node, NodeError};
use crate::slot::{Slot, Visit};

/// Makes the node that a kind's name and its parameters (validated, aliases resolved, defaults filled in) ask for.
pub type Opener = fn(kind: &str, params: &Value) -> Result<Box<dyn Node>, NodeError>;

/// Runs Rust nodes, of any number of runs. Answers as [`ToHost`] and [`FromHost`] document.
pub struct NodeHost {
    /// Microseconds since whenever; never falls.
    clock: fn() -> f64,
    open: Opener,
    slots: BTreeMap<Key, Slot>,
    /// Nodes that can take a turn, each once, in the order of their next one.
    ready: VecDeque<Key>,
}

type Key = (RunId, NodeIdx);

thread_local!(static AT_WORK: Cell<Option<Key>> = const { Cell::new(None) });

/// The node of this thread that is at work: who to name when a turn ends in a panic.
pub fn at_work() -> Option<(RunId, NodeIdx)> {
    AT_WORK.get()
}

impl NodeHost {
    /// A host of the nodes of this crate. `clock` tells microseconds and never falls.
    pub fn new(clock: fn() -> f64) -> Self {
        Self::with_opener(clock, crate::nodes::open)
    }

    /// A host of the nodes that `open` makes.
    pub fn with_opener(clock: fn() -> f64, open: Opener) -> Self {
        NodeHost { clock, open, slots: BTreeMap::new(), ready: VecDeque::new() }
    }

    /// Takes `message` in, and says what must be said before anything else. Messages for runs and nodes that are
    /// not (any more) here are ignored, but for [`ToHost::Close`], which is always answered.
    pub fn handle(&mut self, message: ToHost) -> Vec<FromHost> {
        match message {
            ToHost::Open { run, node, id: _, kind, params } => vec![self.open((run, node), &kind, &params)],
            ToHost::Process { run, node, items } => self.tell((run, node), |slot| slot.take_items(items)),
            ToHost::Credit { run, node, outputs, bytes } => {
                self.tell((run, node), |slot| slot.take_credit(outputs, bytes))
            }
            ToHost::Flush { run, node } => self.tell((run, node), Slot::ask_flush),
            ToHost::Close { run } => {
                self.slots.retain(|key, _| key.0 != run);
                self.ready.retain(|key| key.0 != run);
                vec![FromHost::Closed { run }]
            }
        }
    }

    /// Whether [`NodeHost::step`] has something to do.
    pub fn has_work(&self) -> bool {
        !self.ready.is_empty()
    }

    /// Works for about `budget_us` microseconds (a turn that has begun is ended), node by node, each at most once.
    /// Whenever there was work, there is an answer.
    pub fn step(&mut self, budget_us: f64) -> Vec<FromHost> {
        let mut said = Vec::new();
        let mut now = if self.ready.is_empty() { 0.0 } else { (self.clock)() };
        let end = now + budget_us;
        for waiting in (1..=self.ready.len()).rev() {
            let Some(key) = self.ready.pop_front() else { break };
            let share = now + (end - now) / waiting as f64;
            now = self.visit(key, now, share, &mut said);
            if now >= end {
                break;
            }
        }
        said
    }

    fn open(&mut self, key: Key, kind: &str, params: &Value) -> FromHost {
        let (run, node) = key;
        AT_WORK.set(Some(key));
        let opened = (self.open)(kind, params);
        AT_WORK.set(None);
        match opened {
            Ok(made) => {
                self.slots.insert(key, Slot::new(made));
                FromHost::Opened { run, node }
            }
            Err(error) => failed(key, error, "open"),
        }
    }

    fn tell(&mut self, key: Key, news: impl FnOnce(&mut Slot)) -> Vec<FromHost> {
        if let Some(slot) = self.slots.get_mut(&key) {
            news(slot);
            if slot.wants_queueing() {
                self.ready.push_back(key);
            }
        }
        Vec::new()
    }

    /// Lets one node work from `now` until `until`; returns the time after.
    fn visit(&mut self, key: Key, now: f64, until: f64, said: &mut Vec<FromHost>) -> f64 {
        let Some(slot) = self.slots.get_mut(&key) else { return now };
        AT_WORK.set(Some(key));
        let Visit { end, stage, error } = slot.visit(self.clock, now, until);
        AT_WORK.set(None);
        slot.report(key, end - now, said);
        match error {
            Some(error) => {
                said.push(failed(key, error, stage));
                self.slots.remove(&key);
            }
            None if slot.wants_queueing() => self.ready.push_back(key),
            None => {}
        }
        end
    }
}

fn failed((run, node): Key, error: NodeError, stage: &str) -> FromHost {
    FromHost::Failed { run, node, fault: Fault::new(error.code, error.message).during(stage) }
}
