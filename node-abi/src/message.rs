//! Host ↔ guest.
use serde::{Deserialize, Serialize};

use crate::Value;

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

/// One input of a node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// The value, or one part of it.
    pub value: Value,
    /// Which part; always whole unless the kind is `streaming`.
    pub part: Part,
}

/// One output of a node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Output {
    /// Which of the inputs it came from: 0 is the first that no answer has called done yet. What a flush gives has 0.
    pub input: u32,
    /// Which part of that output: parts of one output have the indices 0, 1, … and nothing between them.
    pub part: Part,
    /// The value, or one part of it.
    pub value: Value,
}

/// Where a turn left a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum State {
    /// All that was given is done; a flush is over.
    Idle,
    /// There is more to do at once: the host asks again, with no new items.
    More,
    /// As `More`, but something outside is waited for: the host lets other nodes go first. A guest that is asked again
    /// while it waits should itself wait some milliseconds, so that asking is not spinning.
    Waiting,
}

/// How loud a log line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "each name says all there is")]
pub enum Level {
    Debug,
    Info,
    Warn,
    Error,
}

/// What progress counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "each name says all there is")]
pub enum Unit {
    Items,
    Seconds,
    Bytes,
    Tokens,
}

/// One kind of node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kind {
    /// The manifest's `node_type`.
    pub name: String,
    /// Other accepted `node_type`s.
    pub aliases: Vec<String>,
    /// What it does, in a sentence or two.
    pub description: String,
    /// JSON Schema (text) of its parameters; empty if it has none to tell of.
    pub params: String,
    /// What it takes: any of `any`, `number`, `text`, `json`, `audio`, `tensor`, `bytes`.
    pub inputs: Vec<String>,
    /// What it gives, in the same words.
    pub outputs: Vec<String>,
    /// Whether it sees the parts of a large item as they come; every other node gets them joined.
    pub streaming: bool,
}

/// What the host asks. Each is answered before the next is asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum ToGuest {
    /// First of all, once. Answered by [`FromGuest::Hello`].
    Hello {
        /// Words for what this host can do beyond v1; a guest ignores those it does not know.
        capabilities: Vec<String>,
    },
    /// Make a node. Answered by [`FromGuest::Opened`].
    Open {
        /// How the host will call it.
        node: u32,
        /// Its id in the manifest: for people. Never part of any source text.
        id: String,
        /// A [`Kind::name`] of this guest.
        kind: String,
        /// Its parameters, checked against the schema, with its defaults: a map.
        params: Value,
    },
    /// Take `items`, in order, after those it still has; or go on, if there are none. Answered by
    /// [`FromGuest::Worked`]. A turn should end within some 50 ms: what is left is done in the next.
    Turn {
        /// An opened node.
        node: u32,
        /// New items.
        items: Vec<Item>,
        /// Outputs (parts count each) after which the turn should end; at least 1.
        outputs: u32,
        /// Bytes of outputs after which the turn should end; at least 1.
        bytes: u64,
    },
    /// No more items for this node: give what is held back. Answered by [`FromGuest::Worked`], and asked again until
    /// that says [`State::Idle`].
    Flush {
        /// An opened node, all of whose items are done.
        node: u32,
        /// As in `Turn`.
        outputs: u32,
        /// As in `Turn`.
        bytes: u64,
    },
    /// Drop all nodes, calling what cleans up after them. Answered by [`FromGuest::Closed`]. The guest may be asked to
    /// `Open` again afterwards.
    Close,
    /// Learn the nodes of a source; only for guests with the capability [`crate::SOURCES`]. Answered by
    /// [`FromGuest::Kinds`].
    Register {
        /// How the source is called in tracebacks.
        name: String,
        /// Source text, in the guest's language.
        source: String,
    },
}

/// What a guest answers, and what it says meanwhile.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum FromGuest {
    /// Answers [`ToGuest::Hello`].
    Hello {
        /// Words for what this guest can do beyond v1; a host ignores those it does not know.
        capabilities: Vec<String>,
        /// Its nodes.
        kinds: Vec<Kind>,
    },
    /// Answers [`ToGuest::Open`]: the node is ready.
    Opened,
    /// Answers [`ToGuest::Turn`] and [`ToGuest::Flush`].
    Worked {
        /// In the order the node gave them.
        outputs: Vec<Output>,
        /// How many more inputs have been used up, after these outputs.
        done: u32,
        /// Where this leaves the node.
        state: State,
    },
    /// Answers [`ToGuest::Close`]: no node is left.
    Closed,
    /// Answers [`ToGuest::Register`].
    Kinds {
        /// What the source defines.
        kinds: Vec<Kind>,
    },
    /// Answers anything that went wrong: a node that raised, a message that is not understood. Said meanwhile, it is the
    /// last word before a trap: the host takes it for the outcome, and asks this guest nothing more.
    Fault {
        /// `NodeFailed`, or a more telling one of `InvalidInput`, `LimitExceeded`, `LoadFailed`, `NotSupported`,
        /// `OutOfMemory`; the host takes any other word for `NodeFailed`.
        code: String,
        /// What was being done: `open`, `process`, `flush`, `close`; empty if that is plain from the question.
        stage: String,
        /// What happened, for people, without the node's id (the host adds it).
        message: String,
        /// Where it came from, in the guest's language.
        traceback: Option<String>,
    },
    /// Said meanwhile: words for the user.
    Log {
        /// The node that says it, if one does.
        node: Option<u32>,
        /// How loud.
        level: Level,
        /// What.
        message: String,
    },
    /// Said meanwhile: how far the node is with its own work. `done` never falls.
    Progress {
        /// The node.
        node: u32,
        /// So much is done.
        done: f64,
        /// Of so much, if known.
        total: Option<f64>,
        /// Counted in this.
        unit: Unit,
    },
    /// Said meanwhile: a result that may still change.
    Partial {
        /// The node.
        node: u32,
        /// What it is so far.
        value: Value,
    },
}
