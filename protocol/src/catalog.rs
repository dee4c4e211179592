//! What kinds of nodes there are, as planner and users see them.
use serde::{Deserialize, Serialize};

/// What a node is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Rust, compiled into the runtime or into a plugin of a package.
    Rust,
    /// Python, run by Pyodide.
    Python,
}

/// Where a node runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Home {
    /// In the runtime worker: cheap nodes only, since the scheduler shares its thread.
    Runtime,
    /// In a compute worker.
    Compute,
    /// In a Python worker.
    Python,
    /// In a worker of its own, with this plugin of the run's package, counted from 0.
    Plugin(u32),
}

/// One kind of node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeKind {
    /// The manifest's `node_type`.
    pub name: String,
    /// Other accepted `node_type`s.
    pub aliases: Vec<String>,
    /// What it is written in.
    pub language: Language,
    /// Where it runs.
    pub home: Home,
    /// What it does, in a sentence or two.
    pub description: String,
    /// JSON Schema (text) of its parameters. Beside the standard words a property may carry `x-aliases`
    /// (other accepted names) and `x-ignored` (why it has no meaning here). With `"format": "model"` a text names a
    /// model, and the node gets the model's files in its place.
    pub params: String,
    /// What it takes: any of `any`, `number`, `text`, `json`, `audio`, `tensor`, `bytes`.
    pub inputs: Vec<String>,
    /// What it gives, in the same words.
    pub outputs: Vec<String>,
    /// Whether it sees the parts of a large item as they come; every other node gets them joined.
    pub streaming: bool,
}
