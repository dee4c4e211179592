//! The host's side: a node host for the engine whose nodes live in a guest.
use protocol::{Fault, FromHost, Home, Language, NodeKind, ToHost};

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

/// What a guest says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Greeting {
    /// What it can do beyond v1.
    pub capabilities: Vec<String>,
    /// Its nodes.
    pub kinds: Vec<Kind>,
}

/// The kinds of a guest as planner and users see them.
///
/// # Errors
/// A kind has no name, or the name of another, or parameters that are no JSON Schema.
pub fn node_kinds(kinds: &[Kind], language: Language, home: Home) -> Result<Vec<NodeKind>, Fault> {
    Ok(kinds.iter().map(|kind| node_kind(kind, language, home)).collect())
}

fn node_kind(kind: &Kind, language: Language, home: Home) -> NodeKind {
    NodeKind {
        name: kind.name.clone(),
        aliases: kind.aliases.clone(),
        language,
        home,
        description: kind.description.clone(),
        params: if kind.params.is_empty() { "{}".into() } else { kind.params.clone() },
        inputs: kind.inputs.clone(),
        outputs: kind.outputs.clone(),
        streaming: kind.streaming,
    }
}

/// A node host whose nodes live in a guest; serves one run at a time. Answers as [`ToHost`] and [`FromHost`] document.
pub struct Guests<G> {
    guest: G,
    /// Microseconds since whenever; never falls.
    clock: fn() -> f64,
}

impl<G: Guest> Guests<G> {
    /// A host of the nodes of `guest`, which has been asked nothing yet. `clock` tells microseconds and never falls.
    pub fn new(guest: G, clock: fn() -> f64) -> Self {
        Guests { guest, clock }
    }
    /// Greets the guest, unless that was done before; the first node to be opened does it otherwise.
    ///
    /// # Errors
    /// The guest cannot answer, or speaks another version.
    pub fn greet(&mut self) -> Result<&Greeting, Fault> {
        _ = &self.guest;
        Err(Fault::new(protocol::Code::NotSupported, "no guest can be greeted yet"))
    }
    /// Teaches the guest the nodes of a source; only for those with the capability [`crate::SOURCES`].
    ///
    /// # Errors
    /// The guest cannot, or the source is wrong.
    pub fn register(&mut self, name: &str, source: &str) -> Result<Vec<Kind>, Fault> {
        _ = (name, source);
        Err(Fault::new(protocol::Code::NotSupported, "no guest learns sources yet"))
    }
    /// Takes `message` in, and says what must be said before anything else. No node works in here.
    pub fn handle(&mut self, message: ToHost) -> Vec<FromHost> {
        _ = (message, self.clock);
        Vec::new()
    }
    /// Works for about `budget_us` microseconds, call by call, and says what came of it.
    pub fn step(&mut self, budget_us: f64) -> Vec<FromHost> {
        _ = budget_us;
        Vec::new()
    }
    /// Whether [`Guests::step`] has something to do.
    pub fn has_work(&self) -> bool {
        false
    }
}
