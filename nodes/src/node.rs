//! What a Rust node is.
use protocol::{Code, LogLevel, Part, Unit, Value, WorkItem, WorkOutput};

/// Why a node cannot go on: what was found and what was expected, without the node's name (the engine adds it).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeError {
    /// [`Code::NodeFailed`] unless something more telling is known.
    pub code: Code,
    /// What happened, for people.
    pub message: String,
}

impl NodeError {
    /// An error with a code of its own, e.g. [`Code::NotSupported`] or [`Code::LimitExceeded`].
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        NodeError { code, message: message.into() }
    }
}

impl<E: std::fmt::Display> From<E> for NodeError {
    fn from(error: E) -> Self {
        NodeError::new(Code::NodeFailed, error.to_string())
    }
}

/// What a turn comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// Done with this input (or with the flush).
    Done,
    /// There is more: call [`Node::resume`].
    More,
}

/// A node of a run. It lives for one run and keeps its state from item to item.
pub trait Node {
    /// Takes one input: a whole item, or one part of it if the kind is `streaming`. One turn must be short (50 ms of
    /// work at most, one output or a few): between two turns the host reads its mail, and `Close` may be in it.
    ///
    /// # Errors
    /// Fail the whole run.
    fn process(&mut self, input: WorkItem, out: &mut Outbox) -> Result<Turn, NodeError>;
    /// Goes on after [`Turn::More`]. Never called otherwise.
    ///
    /// # Errors
    /// As [`Node::process`].
    fn resume(&mut self, _out: &mut Outbox) -> Result<Turn, NodeError> {
        Ok(Turn::Done)
    }
    /// All inputs are done: give what is held back. Followed by [`Node::resume`] while it says [`Turn::More`].
    ///
    /// # Errors
    /// As [`Node::process`].
    fn flush(&mut self, _out: &mut Outbox) -> Result<Turn, NodeError> {
        Ok(Turn::Done)
    }
}

/// Where a node puts what it has to say.
#[derive(Debug, Default)]
pub struct Outbox {
    /// In the order given; the host stamps them and takes them away.
    pub(crate) outputs: Vec<WorkOutput>,
    pub(crate) said: Vec<Said>,
    /// Stamped on each output: which input is being worked on.
    pub(crate) input: u32,
    next_part: u32,
}

/// What a node says beside its outputs.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Said {
    Progress { done: f64, total: Option<f64>, unit: Unit },
    Partial(Value),
    Log(LogLevel, String),
}

impl Outbox {
    /// Gives one whole item.
    pub fn emit(&mut self, value: Value) {
        self.outputs.push(WorkOutput { input: self.input, part: Part::WHOLE, value });
    }
    /// Gives one part of an item; the next part after `last` begins a new item. The numbering goes on from turn to turn.
    pub fn emit_part(&mut self, value: Value, last: bool) {
        let part = Part { index: self.next_part, last };
        self.outputs.push(WorkOutput { input: self.input, part, value });
        self.next_part = if last { 0 } else { self.next_part + 1 };
    }
    /// How far the node is; `done` must not fall.
    pub fn progress(&mut self, done: f64, total: Option<f64>, unit: Unit) {
        self.said.push(Said::Progress { done, total, unit });
    }
    /// A result that may still change.
    pub fn partial(&mut self, value: Value) {
        self.said.push(Said::Partial(value));
    }
    /// Words for the user.
    pub fn log(&mut self, level: LogLevel, message: impl Into<String>) {
        self.said.push(Said::Log(level, message.into()));
    }
}
