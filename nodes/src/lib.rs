//! The Rust nodes of RemoteMedia, one file each in `src/nodes/`, and the host that runs them.
//!
//! **Invariant:** pure. No browser, no clock, no thread: the same code runs in a worker, in a command, in a test.
//!
//! To add a node, write its file with a `KIND` and put its name into the list in `nodes.rs`.

mod host;
mod kind;
mod math;
#[cfg(feature = "media")]
mod media;
mod node;
mod nodes;
mod params;
mod slot;
mod subtitles;
#[cfg(test)]
mod testing;
mod transcript;

pub use host::{NodeHost, Opener, at_work};
pub use node::{Node, NodeError, Outbox, Turn};
pub use nodes::{catalog, open};
