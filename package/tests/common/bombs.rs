//! Small archives that become huge, or cost more than they should.

use std::sync::LazyLock;

use miniz_oxide::deflate::core::{
    CompressorOxide, TDEFLFlush, compress_to_output, create_comp_flags_from_zip_params,
};

use super::{Item, zip};

const MIB: usize = 1 << 20;

/// A MiB of zeros, deflated so that it can be repeated.
static BLOCK: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let flags = create_comp_flags_from_zip_params(9, -15, 0);
    let mut block = Vec::new();
    // A block that ends on a byte and looks at nothing before it can be repeated.
    compress_to_output(&mut CompressorOxide::new(flags), &vec![0; MIB], TDEFLFlush::Full, |out| {
        block.extend_from_slice(out);
        true
    });
    block
});

/// Deflated zeros: so many MiB of them.
fn zeros(mib: usize) -> Vec<u8> {
    let mut bytes = BLOCK.repeat(mib);
    // The last block, with nothing in it.
    bytes.extend([3, 0]);
    bytes
}

/// An entry of `mib` MiB of zeros that claims to have `size` bytes.
fn claiming(name: &str, mib: usize, size: u32) -> Item {
    let data = zeros(mib);
    let compressed = data.len() as u32;
    Item { data, ..Item::deflated(name, b"") }.both(|it| (it.size, it.compressed) = (size, compressed))
}

fn with(manifest: &[u8], items: impl IntoIterator<Item = Item>) -> Vec<u8> {
    let mut all =
        vec![Item::deflated("manifest.json", manifest), Item::stored("runtime.wasm", b"\0asm\x01\0\0\0")];
    all.extend(items);
    zip(&all)
}

const MANIFEST: &[u8] = br#"{"version":"v1","nodes":[],"connections":[]}"#;

/// `text` between `start` and `end`, as often as it fits into `length` bytes.
fn filled(start: &str, text: &str, end: &str, length: usize) -> Vec<u8> {
    [start, &text.repeat((length - start.len() - end.len()) / text.len()), end].concat().into_bytes()
}

/// Each with its name and a part of what is to be said of it.
pub fn all() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let many = |mib: usize| (0..4000).map(move |i| claiming(&format!("deps/{i}"), mib, (mib * MIB) as u32));
    let shadow = |i: u32| {
        claiming("deps/0", 1, MIB as u32).with(|it| {
            it.central.name = format!("deps/{i}").into();
            it.is_shadow = i > 0;
            it.offset = (i > 0).then_some(0);
        })
    };
    vec![
        ("3 GiB, honest", with(MANIFEST, [claiming("x", 3072, 3 << 30)]), "at most 2147483648 are allowed"),
        ("1 GiB, honest", with(MANIFEST, [claiming("x", 1024, 1 << 30)]), "more than 100 times its size"),
        (
            "8 GiB as 1000 bytes",
            with(MANIFEST, [claiming("x", 8192, 1000)]),
            "more than the 1000 bytes it claims",
        ),
        (
            "8 GiB as 800 MB",
            with(MANIFEST, [claiming("x", 8192, 800_000_000)]),
            "at most 268435456 are allowed",
        ),
        (
            "8 GiB as 200 MB",
            with(MANIFEST, [claiming("x", 8192, 200_000_000)]),
            "more than the 200000000 bytes",
        ),
        (
            "1000 bytes as 4 GB",
            with(MANIFEST, [claiming("x", 0, 4_000_000_000)]),
            "bytes, at most 2147483648",
        ),
        ("4000 times 1 MiB", with(MANIFEST, many(1)), "at most 268435456 are allowed"),
        ("4000 times the same MiB", with(MANIFEST, (0..4000).map(shadow)), "at most 268435456 are allowed"),
        (
            "60000 entries",
            with(MANIFEST, (0..60_000).map(|i| Item::stored(&i.to_string(), b""))),
            "at most 4096",
        ),
        ("manifest of 1 GiB", zip(&[claiming("manifest.json", 1024, 1 << 30)]), "more than 100 times"),
        ("deep manifest", with(&filled("", "[", "", MIB), []), "recursion limit exceeded"),
        ("deep objects", with(&filled("", "{\"a\":", "", MIB), []), "recursion limit exceeded"),
        ("wide manifest", with(&filled("[0", ",0", "]", MIB), []), "an object is expected"),
        (
            "manifest of defects",
            with(&filled("{\"connections\":[],\"nodes\":[0", ",0", "]}", MIB), []),
            "Node 0",
        ),
        (
            "manifest of names",
            with(&filled("{\"a\":0", ",\"\\u0061b\":0", "}", MIB), []),
            "Missing required field",
        ),
        ("long number", with(&filled("{\"a\":1", "1", "}", MIB), []), "number out of range"),
        ("number out of range", with(b"{\"a\":1e999}", []), "number out of range"),
        ("manifest of 1.1 MB", with(&filled("{\"a\":\"", "a", "\"}", MIB + 100_000), []), "at most 1048576"),
    ]
}
