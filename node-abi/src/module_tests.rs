use proptest::prelude::*;

use super::*;

/// A section with a list of `entries`.
fn section(id: u8, entries: &[Vec<u8>]) -> Vec<u8> {
    let content = [vec![entries.len() as u8], entries.concat()].concat();
    [vec![id, content.len() as u8], content].concat()
}

fn text(name: &str) -> Vec<u8> {
    [vec![name.len() as u8], name.as_bytes().to_vec()].concat()
}

fn import(from: &str, name: &str, kind: u8) -> Vec<u8> {
    [text(from), text(name), vec![kind, 0]].concat()
}

fn export(name: &str, kind: u8, index: u8) -> Vec<u8> {
    [text(name), vec![kind, index]].concat()
}

/// The sections of a plugin, one by one, to be changed.
fn plugin() -> Vec<Vec<u8>> {
    vec![
        section(
            1,
            &[vec![0x60, 2, I32, I32, 0], vec![0x60, 1, I32, 1, I32], vec![0x60, 2, I32, I32, 1, I64]],
        ),
        section(2, &[import(IMPORTS, SAY, 0)]),
        section(3, &[vec![1], vec![2]]),
        section(4, &[vec![0x70, 1, 4, 4]]),
        section(5, &[vec![1, 17, 32]]),
        section(7, &[export(MEMORY, 2, 0), export(ALLOC, 0, 1), export(CALL, 0, 2)]),
    ]
}

fn module(sections: &[Vec<u8>]) -> Vec<u8> {
    [b"\0asm\x01\0\0\0".to_vec(), sections.concat()].concat()
}

const LIMIT: u64 = 32 * PAGE;

/// The plugin with section `at` replaced.
#[track_caller]
fn refused(at: usize, with: Vec<u8>, expected: &str) {
    let mut sections = plugin();
    sections[at] = with;
    let found = check(&module(&sections), LIMIT).unwrap_err();
    assert!(found.contains(expected), "found {found:?}, expected {expected:?}");
}

#[test]
fn a_plugin_is_accepted_with_and_without_what_is_optional() {
    assert_eq!(check(&module(&plugin()), LIMIT), Ok(()));
    let mut sections = plugin();
    sections.push(section(0, &[text("name")]));
    sections.push(vec![11, 1, 0]);
    assert_eq!(check(&module(&sections), LIMIT), Ok(()));
    let mut silent = plugin();
    silent[1] = vec![];
    silent[5] = section(7, &[export(MEMORY, 2, 0), export(ALLOC, 0, 0), export(CALL, 0, 1)]);
    assert_eq!(check(&module(&silent), LIMIT), Ok(()));
}

#[test]
fn memory_has_a_maximum_within_the_limit_and_is_the_plugins_own() {
    let memory = |entry: &[u8]| section(5, &[entry.to_vec()]);
    refused(4, memory(&[0, 17]), "declares no maximum of its memory");
    refused(4, memory(&[1, 17, 33]), "may take 2162688 bytes of memory, at most 2097152");
    refused(4, memory(&[1, 17, 0x80, 0x80, 4]), "may take 4294967296 bytes");
    refused(4, memory(&[1, 17, 16]), "at least 1114112 bytes and at most 1048576");
    refused(4, memory(&[3, 17, 32]), "shares its memory");
    refused(4, memory(&[5, 17, 32]), "64-bit addresses");
    refused(4, vec![], "has 0 memories");
    refused(4, section(5, &[vec![1, 1, 1], vec![1, 1, 1]]), "has 2 memories");
}

#[test]
fn nothing_is_imported_but_say() {
    let imports = |entries: &[Vec<u8>]| section(2, entries);
    refused(1, imports(&[import("env", "fetch", 0)]), "imports env.fetch: a plugin may import");
    refused(1, imports(&[import(IMPORTS, "listen", 0)]), "imports remotemedia_v1.listen");
    refused(1, imports(&[import("wasi_snapshot_preview1", "fd_write", 0)]), "imports wasi");
    refused(
        1,
        imports(&[[text(IMPORTS), text("memory"), vec![2, 1, 1, 1]].concat()]),
        "imports remotemedia_v1.memory",
    );
    refused(1, imports(&[import(IMPORTS, SAY, 3)]), "imports remotemedia_v1.say");
    let other_type = [text(IMPORTS), text(SAY), vec![0, 1]].concat();
    refused(1, imports(&[other_type]), "another type for the import say");
    refused(1, imports(&[[text(IMPORTS), text(SAY), vec![0, 9]].concat()]), "no type for the import say");
}

#[test]
fn there_is_no_start_function_and_no_giant_table() {
    let mut sections = plugin();
    sections.push(vec![8, 1, 1]);
    assert!(check(&module(&sections), LIMIT).unwrap_err().contains("start function"));
    refused(3, section(4, &[vec![0x70, 0, 1]]), "table without a maximum");
    refused(3, section(4, &[vec![0x70, 1, 1, 0x81, 0x80, 0x40]]), "table of 1 to 1048577 elements");
    refused(3, section(4, &[vec![0x40, 0, 0x70, 0]]), "table without a maximum, or of a kind");
}

#[test]
fn the_exports_are_those_of_v1() {
    let exports = |entries: &[Vec<u8>]| section(7, entries);
    let [memory, alloc, call] = [export(MEMORY, 2, 0), export(ALLOC, 0, 1), export(CALL, 0, 2)];
    refused(5, vec![], "does not export memory");
    refused(5, exports(&[memory.clone(), alloc.clone()]), "does not export rm_abi_v1_call");
    refused(5, exports(&[memory.clone(), call.clone()]), "does not export rm_abi_v1_alloc");
    refused(
        5,
        exports(&[export(MEMORY, 0, 0), alloc.clone(), call.clone()]),
        "exports memory as something else",
    );
    refused(5, exports(&[memory.clone(), alloc.clone(), export(CALL, 0, 1)]), "another type for the export");
    refused(5, exports(&[memory, alloc, export(CALL, 0, 9)]), "that it has not");
}

#[test]
fn what_is_no_module_is_refused() {
    for (bytes, expected) in [
        (&b""[..], "no wasm module"),
        (b"PK\x03\x04", "no wasm module"),
        (b"\0asm", "ends early"),
        (b"\0asm\x0d\0\x01\0", "another version"),
        (b"\0asm\x01\0\0\0\x01\xff\xff\xff\xff\x0f", "ends early"),
        (b"\0asm\x01\0\0\0\x01\xff\xff\xff\xff\x7f", "beyond 32 bits"),
        (b"\0asm\x01\0\0\0\x01\x80\x80\x80\x80\x80\x00", "beyond 32 bits"),
    ] {
        let found = check(bytes, LIMIT).unwrap_err();
        assert!(found.contains(expected), "{bytes:?}: {found}");
    }
    refused(0, vec![1, 3, 1, 0x5f, 0], "made for a later wasm");
    refused(2, [section(3, &[vec![1]]), section(3, &[vec![2]])].concat(), "two sections of kind 3");
    refused(2, vec![3, 4, 2, 1, 2, 0], "1 bytes too many in section 3");
}

#[test]
fn every_proper_prefix_is_refused() {
    let whole = module(&plugin());
    for end in 0..whole.len() {
        assert!(check(&whole[..end], LIMIT).is_err(), "{end} of {} bytes", whole.len());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn no_bytes_are_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..120)) {
        _ = check(&bytes, LIMIT);
        _ = check(&module(&[bytes]), LIMIT);
    }

    #[test]
    fn no_changed_byte_is_a_panic(at in 0..150_usize, byte in any::<u8>()) {
        let mut bytes = module(&plugin());
        let at = at % bytes.len();
        bytes[at] = byte;
        _ = check(&bytes, LIMIT);
    }
}
