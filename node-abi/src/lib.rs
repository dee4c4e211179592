//! Node ABI v1: what guests (plugin nodes in wasm, Python over standard input and output) and their host say to each
//! other, and its bytes.
//!
//! **Invariant:** frozen. A guest that was built once goes on working for ever: no message, field or variant of v1
//! changes. What is new is a message of its own at the end of its enum, sent only to a side that named the capability
//! it belongs to in its `Hello`; words that a side does not know are ignored. `SPEC.md` beside this crate shows the
//! bytes, and the tests hold it to them.
//!
//! The host asks ([`ToGuest`]), and the guest answers each question with one [`FromGuest`]. Meanwhile it may say
//! [`FromGuest::Log`], [`FromGuest::Progress`] and [`FromGuest::Partial`]. Every message is one frame: the byte
//! [`VERSION`] and postcard.
#![deny(missing_docs)]

mod codec;
#[cfg(feature = "host")]
pub mod host;
mod message;
pub mod module;
mod value;
#[cfg(all(target_arch = "wasm32", feature = "web"))]
#[allow(unsafe_code)]
mod web;

pub use codec::{AbiError, Message, decode, encode};
pub use message::{FromGuest, Item, Kind, Level, Output, Part, State, ToGuest, Unit};
pub use value::{Audio, Bulk, Bytes, Dtype, Tensor, Value};

/// The first byte of every frame, and the number in the names of a plugin's exports.
pub const VERSION: u8 = 1;

/// A frame may have this many bytes; more is a mistake or an attack.
pub const MAX_FRAME: usize = 1 << 30;

/// A frame may have this many values, each entry of a list or map counted.
pub const MAX_VALUES: usize = 1 << 24;

/// Lists and maps may be nested this deep; a scalar has depth 0.
pub const MAX_DEPTH: u32 = 100;

/// Capability of a guest: it takes [`ToGuest::Register`].
pub const SOURCES: &str = "sources";
