//! P15: WebAssembly that would do more than it may is refused before anything of it is compiled.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::io::Cursor;

use package::{File, Limits, PackOptions, Package, pack};

const MANIFEST: &str =
    r#"{ "version": "v1", "nodes": [{ "id": "a", "node_type": "Echo", "params": {} }], "connections": [] }"#;

/// Parts of a module, to be left out or replaced.
struct Module {
    imports: Vec<u8>,
    memory: Vec<u8>,
    start: Vec<u8>,
}

/// `()`, `(i32) -> i32`, `(i32, i32) -> i64` and `(i32, i32)`.
const TYPES: &[u8] = b"\x04\x60\x00\x00\x60\x01\x7f\x01\x7f\x60\x02\x7f\x7f\x01\x7e\x60\x02\x7f\x7f\x00";

impl Module {
    /// The smallest plugin there is: it never answers.
    fn plugin() -> Module {
        Module { imports: Vec::new(), memory: vec![1, 1, 16, 16], start: Vec::new() }
    }
    fn bytes(&self) -> Vec<u8> {
        let first = u8::from(!self.imports.is_empty());
        let export =
            |name: &str, kind: u8, index: u8| [&[name.len() as u8], name.as_bytes(), &[kind, index]].concat();
        let exports = [
            vec![3],
            export("memory", 2, 0),
            export("rm_abi_v1_alloc", 0, first + 1),
            export("rm_abi_v1_call", 0, first + 2),
        ];
        let sections: [(u8, Vec<u8>); 7] = [
            (1, TYPES.to_vec()),
            (2, self.imports.clone()),
            (3, vec![3, 0, 1, 2]),
            (5, self.memory.clone()),
            (7, exports.concat()),
            (8, self.start.clone()),
            // An endless loop, and two that trap.
            (10, b"\x03\x07\x00\x03\x40\x0c\x00\x0b\x0b\x03\x00\x00\x0b\x03\x00\x00\x0b".to_vec()),
        ];
        let sections = sections.into_iter().filter(|(_, it)| !it.is_empty());
        let sections = sections.map(|(id, it)| [vec![id, it.len() as u8], it].concat());
        [b"\0asm\x01\0\0\0".to_vec(), sections.collect::<Vec<_>>().concat()].concat()
    }
}

fn packed(module: &[u8]) -> Result<Vec<u8>, String> {
    let files = vec![File::new("plugins/gain.wasm", module)];
    pack(MANIFEST, files, &PackOptions::default()).map_err(|it| it.to_string())
}

#[track_caller]
fn check(module: &Module, why: &str) {
    assert_eq!(packed(&module.bytes()), Err(format!("Invalid plugins/gain.wasm: it {why}")));
}

#[test]
fn p15_a_module_that_is_a_plugin_is_accepted() {
    let bytes = packed(&Module::plugin().bytes()).unwrap();
    let info = Package::open(Cursor::new(bytes), None, &Limits::default()).unwrap().info(&[]).unwrap();
    assert_eq!(info.permissions, [package::Permission::Plugins]);
}

#[test]
fn p15_a_start_function_is_refused() {
    let why = "has a start function, which would run before anybody asks for anything";
    check(&Module { start: vec![0], ..Module::plugin() }, why);
}

#[test]
fn p15_imports_of_others_are_refused() {
    let import = |from: &str, name: &str| {
        let text = |it: &str| [&[it.len() as u8], it.as_bytes()].concat();
        [vec![1], text(from), text(name), vec![0, 3]].concat()
    };
    let with = |from: &str, name: &str| Module { imports: import(from, name), ..Module::plugin() };
    assert!(packed(&with("remotemedia_v1", "say").bytes()).is_ok());
    for (from, name) in [("env", "eval"), ("wasi_snapshot_preview1", "fd_write"), ("remotemedia_v1", "fetch")]
    {
        let why = format!("imports {from}.{name}: a plugin may import remotemedia_v1.say and nothing else");
        check(&with(from, name), &why);
    }
}

#[test]
fn p15_memory_is_bounded_when_it_is_declared() {
    let with = |memory: &[u8]| Module { memory: memory.to_vec(), ..Module::plugin() };
    // 65536 pages: all the memory that 32 bits reach.
    let all = "may take 4294967296 bytes of memory, at most 268435456 are allowed";
    check(&with(&[1, 1, 0x80, 0x80, 4, 0x80, 0x80, 4]), all);
    check(&with(&[1, 1, 1, 0x80, 0x80, 4]), all);
    check(
        &with(&[1, 0, 16]),
        "declares no maximum of its memory (link with --max-memory, at most 268435456)",
    );
    check(&with(&[1, 3, 1, 1]), "shares its memory");
    let limits = Limits { plugin_memory: 1 << 20, ..Limits::default() };
    let bytes = packed(&with(&[1, 1, 1, 17]).bytes()).unwrap();
    let rejection = Package::open(Cursor::new(bytes), None, &limits).err().unwrap().to_string();
    assert_eq!(
        rejection,
        "Invalid plugins/gain.wasm: it may take 1114112 bytes of memory, at most 1048576 are allowed"
    );
}

#[test]
fn p15_what_is_cut_off_is_refused() {
    let bytes = Module::plugin().bytes();
    let code = bytes.len() - 19;
    for length in 0..code {
        assert!(packed(&bytes[..length]).is_err(), "{length}");
    }
}
