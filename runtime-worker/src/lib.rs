//! The Rust workers: the runtime worker (feature `runtime`) and compute workers (feature `media`).
//!
//! **Invariant:** `handler` decides, `web` posts. Only `web.rs` knows a browser.

#[cfg(feature = "runtime")]
mod handler;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
mod web;

#[cfg(feature = "runtime")]
pub use handler::{Action, Event, Runtime, broken, kinds};
