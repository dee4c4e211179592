//! The Rust in the documentation, as doctests.
#[doc = include_str!("../../docs/src/contributing/architecture.md")]
pub struct Architecture;

#[doc = include_str!("../../docs/src/contributing/native-and-wasm.md")]
pub struct NativeAndWasm;
