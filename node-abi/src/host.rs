//! The host's side: a node host for the engine whose nodes live in a guest.
//!
//! **Invariant:** nothing a guest answers is believed. Whatever it is, it ends in an outcome of the run or in a
//! [`Fault`] that names the node, never in a panic or without bounds.
mod answer;
mod convert;
mod desk;
mod guests;

pub use answer::said;
pub use convert::{from_guest, to_guest};
pub use desk::{Ask, Desk};
pub use guests::Guests;

use std::collections::HashSet;

use protocol::{Code, Fault, Home, Language, NodeKind};

use crate::Kind;

/// Where the nodes are: a wasm instance, a process.
pub trait Guest {
    /// Asks: `request` is a frame of [`crate::ToGuest`]; the answer is a frame of [`crate::FromGuest`].
    ///
    /// # Errors
    /// The guest cannot answer, and will not any more: it trapped, ran too long, went away.
    fn call(&mut self, request: &[u8]) -> Result<Vec<u8>, Fault>;
    /// What it has said since this was last asked: frames of [`crate::FromGuest`], in order.
    fn said(&mut self) -> Vec<Vec<u8>>;
}

/// What a guest is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Bytes of a frame, either way: of the items that are handed over at once, and of an answer.
    pub frame: usize,
    /// Values (each entry of a list or map counts) in an answer: a null takes one byte there and fifty here.
    pub values: usize,
    /// What it may say during one call; the rest is dropped.
    pub said: usize,
}

impl Bounds {
    /// For plugins, which nobody vouches for.
    pub const PLUGIN: Bounds = Bounds { frame: 64 << 20, values: 4 << 20, said: 1000 };
    /// For the user's own programs.
    pub const TRUSTED: Bounds = Bounds { frame: crate::MAX_FRAME, values: crate::MAX_VALUES, said: 10_000 };
}

/// What a guest says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Greeting {
    /// What it can do beyond v1.
    pub capabilities: Vec<String>,
    /// Its nodes.
    pub kinds: Vec<Kind>,
}

/// The kinds of a guest as planner and users see them. Words for inputs and outputs that this version does not know
/// mean `any`.
///
/// # Errors
/// [`Code::InvalidInput`]: a kind has no name or an overlong one, or that of another, or parameters that are no JSON
/// object.
pub fn node_kinds(kinds: &[Kind], language: Language, home: Home) -> Result<Vec<NodeKind>, Fault> {
    let mut names = HashSet::new();
    for kind in kinds {
        let wrong = |why: &str| {
            let name = kind.name.chars().take(MAX_NAME).collect::<String>();
            Err(Fault::new(Code::InvalidInput, format!("node kind {name:?} {why}")).during("start"))
        };
        for name in std::iter::once(&kind.name).chain(&kind.aliases) {
            if name.is_empty() || name.len() > MAX_NAME || name.chars().any(char::is_control) {
                return wrong("has a name that is empty, longer than 200 bytes or not printable");
            }
            if !names.insert(name) {
                return wrong("has a name that another kind or alias has, too");
            }
        }
        let schema = protocol::Value::from_json(or_empty(&kind.params));
        if !matches!(schema, Ok(protocol::Value::Map(_))) {
            return wrong("has parameters that are no JSON Schema object");
        }
    }
    Ok(kinds.iter().map(|kind| node_kind(kind, language, home)).collect())
}

/// Bytes of a kind's name.
const MAX_NAME: usize = 200;

fn node_kind(kind: &Kind, language: Language, home: Home) -> NodeKind {
    NodeKind {
        name: kind.name.clone(),
        aliases: kind.aliases.clone(),
        language,
        home,
        description: kind.description.clone(),
        params: or_empty(&kind.params).into(),
        inputs: words(&kind.inputs),
        outputs: words(&kind.outputs),
        streaming: kind.streaming,
    }
}

fn or_empty(params: &str) -> &str {
    if params.is_empty() { "{}" } else { params }
}

fn words(given: &[String]) -> Vec<String> {
    const KNOWN: [&str; 7] = ["any", "number", "text", "json", "audio", "tensor", "bytes"];
    let known = !given.is_empty() && given.iter().all(|word| KNOWN.contains(&word.as_str()));
    if known { given.to_vec() } else { vec!["any".into()] }
}
