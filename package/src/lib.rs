//! The `.rmpkg` format: reading, writing, checking, signing.
//!
//! A package is a ZIP archive with a pipeline and everything it needs. It comes from a stranger, so it is read by a
//! strict reader of our own, streaming and bounded by [`Limits`], and nothing in it is used before all of it was
//! checked: [`Package::open`] reads every entry once. The format is described in `docs/src/package-format.md`.
//!
//! ```
//! let manifest = r#"{ "version": "v1", "nodes": [{ "id": "a", "node_type": "Echo", "params": {} }], "connections": [] }"#;
//! let bytes = package::pack(manifest, Vec::new(), &package::PackOptions::default())?;
//! let package = package::Package::open(std::io::Cursor::new(bytes), Some("echo.rmpkg"), &package::Limits::default())?;
//! assert_eq!(package.entries()[0].name, "manifest.json");
//! # Ok::<(), package::Rejection>(())
//! ```
//!
//! **Invariant:** no file system, no clock, no randomness, no browser. Nothing is ever extracted to a path.
#![deny(missing_docs)]

mod archive;
mod contents;
mod info;
mod layout;
mod limits;
mod lock;
mod manifest;
mod metadata;
mod name;
mod package;
mod rejection;
mod sign;
mod signature;
mod text;
#[cfg(all(target_arch = "wasm32", target_os = "unknown", feature = "web"))]
mod web;
mod write;
mod zip;

pub use info::{Info, Permission};
pub use limits::Limits;
pub use package::{Entry, Package, ReadSeek};
pub use rejection::Rejection;
pub use sign::{sign, sign_to};
pub use signature::{PublicKey, Signature, SignatureState, SigningKey};
pub use write::{File, PackOptions, pack, pack_to};
