//! The Rust half of the node host for Python nodes; the other half is the package in `python/remotemedia`.
//!
//! **Invariant:** nothing here knows Pyodide. [`Handler`] says what to ask of Python ([`Call`]) and is told the
//! answer; `web.rs` and `js/worker.ts` carry it out.
mod handler;
mod lesson;
mod node;
mod values;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
mod web;

pub use handler::{Action, Event, Handler};
pub use node::Call;
pub use values::{Answer, State, Text};
