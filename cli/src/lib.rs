//! Pipelines without a browser: the engine, and hosts for its nodes, in one process and on one thread.
//!
//! [`Executor`] runs pipelines; who can host more than Rust nodes says so with [`Executor::host_with`]. [`json`] has
//! the JSON form of values that JSON has no word for, [`files`] the values and models that lie on disk.
#![deny(missing_docs)]

#[cfg(feature = "native")]
pub mod command;
mod executor;
pub mod files;
mod host;
mod inputs;
#[cfg(feature = "python")]
mod interpreter;
pub mod json;
#[cfg(feature = "native")]
pub mod plugin;
#[cfg(feature = "process")]
pub mod python;
pub mod wasi;

pub use executor::{Cancel, Executor, Wires, options};
pub use host::{Host, Lease, Maker, Stop};
pub use inputs::{Inputs, Next};
