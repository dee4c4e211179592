//! What a node is.
use crate::{Context, Value};

/// A node of a run. It lives for one run and keeps its state from item to item.
pub trait Node: Sized + 'static {
    /// What the node is called, takes and gives.
    const KIND: Kind;
    /// Makes one, from parameters that were checked against the kind's schema and have its defaults.
    ///
    /// # Errors
    /// Fail the run, with the node's id before the message.
    fn open(params: &Params) -> Result<Self, Error>;
    /// Takes one input: a whole item, or one part of it if the kind is `streaming` ([`Context::part`] tells which).
    ///
    /// # Errors
    /// As [`Node::open`].
    fn process(&mut self, input: Value, cx: &mut Context) -> Result<(), Error>;
    /// Goes on with an input for which [`Context::again`] was called: work that takes longer than some 50 ms is done in
    /// pieces, between which the pipeline can be cancelled.
    ///
    /// # Errors
    /// As [`Node::open`].
    fn resume(&mut self, _cx: &mut Context) -> Result<(), Error> {
        Ok(())
    }
    /// All inputs are done: give what is held back.
    ///
    /// # Errors
    /// As [`Node::open`].
    fn flush(&mut self, _cx: &mut Context) -> Result<(), Error> {
        Ok(())
    }
}

/// What a node is called, takes and gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    /// The manifest's `node_type`.
    pub name: &'static str,
    /// Other accepted `node_type`s.
    pub aliases: &'static [&'static str],
    /// What it does, in a sentence or two.
    pub description: &'static str,
    /// JSON Schema (text) of its parameters; empty if it takes what it gets.
    pub params: &'static str,
    /// What it takes: any of `any`, `number`, `text`, `json`, `audio`, `tensor`, `bytes`.
    pub inputs: &'static [&'static str],
    /// What it gives, in the same words.
    pub outputs: &'static [&'static str],
    /// Whether it sees the parts of a large item as they come; every other node gets them joined.
    pub streaming: bool,
}

impl Kind {
    /// Takes and gives anything, whole; to be given a name.
    pub const ANY: Kind = Kind {
        name: "",
        aliases: &[],
        description: "",
        params: "",
        inputs: &["any"],
        outputs: &["any"],
        streaming: false,
    };

    pub(crate) fn listed(&self) -> node_abi::Kind {
        let owned = |words: &[&str]| words.iter().map(|word| (*word).into()).collect();
        node_abi::Kind {
            name: self.name.into(),
            aliases: owned(self.aliases),
            description: self.description.into(),
            params: self.params.into(),
            inputs: owned(self.inputs),
            outputs: owned(self.outputs),
            streaming: self.streaming,
        }
    }
}

/// The parameters of a node.
#[derive(Debug, Clone, PartialEq)]
pub struct Params(pub Value);

impl Params {
    /// The parameter `name`, if it is there and not null.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| **value != Value::Null)
    }
    /// A text.
    ///
    /// # Errors
    /// It is missing, or something else.
    pub fn text(&self, name: &str) -> Result<&str, Error> {
        self.find(name)?.text().map_err(|error| error.of(name))
    }
    /// A number.
    ///
    /// # Errors
    /// As [`Params::text`].
    pub fn number(&self, name: &str) -> Result<f64, Error> {
        self.find(name)?.number().map_err(|error| error.of(name))
    }
    /// A truth value.
    ///
    /// # Errors
    /// As [`Params::text`].
    pub fn bool(&self, name: &str) -> Result<bool, Error> {
        self.find(name)?.bool().map_err(|error| error.of(name))
    }
    fn find(&self, name: &str) -> Result<&Value, Error> {
        self.get(name).ok_or_else(|| format!("parameter `{name}` is missing").into())
    }
}

/// Why a node cannot go on: what was found and what was expected, without the node's name (the host adds it).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    pub(crate) code: &'static str,
    pub(crate) message: String,
}

impl Error {
    /// The input is not one this node takes.
    pub fn invalid_input(message: impl Into<String>) -> Self {
        Error { code: "InvalidInput", message: message.into() }
    }
    /// More than this node is made for.
    pub fn limit_exceeded(message: impl Into<String>) -> Self {
        Error { code: "LimitExceeded", message: message.into() }
    }
    /// What this node cannot do.
    pub fn not_supported(message: impl Into<String>) -> Self {
        Error { code: "NotSupported", message: message.into() }
    }
    /// What happened, for people.
    pub fn message(&self) -> &str {
        &self.message
    }
    fn of(self, parameter: &str) -> Self {
        Error { message: format!("parameter `{parameter}` {}", self.message), ..self }
    }
}

impl<E: std::fmt::Display> From<E> for Error {
    fn from(error: E) -> Self {
        Error { code: "NodeFailed", message: error.to_string() }
    }
}
