//! What a node has to say.
use node_abi::{FromGuest, Level, Output, Part, Unit};

use crate::{Value, glue};

/// Where a node puts what it gives and says.
#[derive(Debug)]
pub struct Context {
    pub(crate) node: u32,
    pub(crate) outputs: Vec<Output>,
    /// About how many bytes of them.
    pub(crate) bytes: u64,
    /// Which input is being worked on, since the last answer.
    pub(crate) input: u32,
    pub(crate) part: Part,
    pub(crate) next_part: u32,
    pub(crate) again: bool,
}

impl Context {
    pub(crate) fn new(node: u32) -> Self {
        Context {
            node,
            outputs: Vec::new(),
            bytes: 0,
            input: 0,
            part: Part::WHOLE,
            next_part: 0,
            again: false,
        }
    }
    /// Gives one whole item.
    pub fn emit(&mut self, value: impl Into<Value>) {
        self.give(value.into(), Part::WHOLE);
    }
    /// Gives one part of an item; the next part after `last` begins a new item.
    pub fn emit_part(&mut self, value: impl Into<Value>, last: bool) {
        let part = Part { index: self.next_part, last };
        self.next_part = if last { 0 } else { self.next_part + 1 };
        self.give(value.into(), part);
    }
    /// Which part of its item the input is; always whole unless the kind is `streaming`.
    pub fn part(&self) -> Part {
        self.part
    }
    /// There is more to do for this input (or this flush): [`crate::Node::resume`] is called next.
    pub fn again(&mut self) {
        self.again = true;
    }
    /// How far the node is with its own work; `done` must not fall.
    pub fn progress(&mut self, done: f64, total: Option<f64>, unit: Unit) {
        glue::say(&FromGuest::Progress { node: self.node, done, total, unit });
    }
    /// A result that may still change.
    pub fn partial(&mut self, value: impl Into<Value>) {
        glue::say(&FromGuest::Partial { node: self.node, value: value.into().into() });
    }
    /// Words for the user.
    pub fn log(&mut self, level: Level, message: impl Into<String>) {
        glue::say(&FromGuest::Log { node: Some(self.node), level, message: message.into() });
    }

    fn give(&mut self, value: Value, part: Part) {
        self.bytes += value.weight();
        self.outputs.push(Output { input: self.input, part, value: value.into() });
    }
}
