//! Archives made to deceive: by their names, their headers, their ends. P1 to P16 are numbers of the attack list.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use std::io::Cursor;

use common::{Item, Says, end, zip};
use package::{Limits, Package, Rejection};

const MANIFEST: &[u8] = br#"{"version":"v1","runtime":{"target":"wasm32-wasi"},"nodes":[{"id":"a","node_type":"Echo","params":{}}],"connections":[]}"#;

/// A package that is right, for others to be made worse.
fn good() -> Vec<Item> {
    vec![Item::deflated("manifest.json", MANIFEST), Item::stored("runtime.wasm", b"\0asm\x01\0\0\0")]
}

/// `good` and `item`.
fn with(item: Item) -> Vec<u8> {
    let mut items = good();
    items.push(item);
    zip(&items)
}

fn named(name: &str) -> Vec<u8> {
    with(Item::stored(name, b"x"))
}

fn open(bytes: &[u8], limits: &Limits) -> Result<(), Rejection> {
    Package::open(Cursor::new(bytes), Some("a.rmpkg"), limits).map(drop)
}

#[track_caller]
fn check(bytes: &[u8], why: &str) {
    let rejection = open(bytes, &Limits::default()).expect_err("it is an attack");
    assert_eq!(rejection.to_string(), format!("Failed to extract package: {why}"));
}

#[track_caller]
fn accepted(bytes: &[u8]) {
    if let Err(rejection) = open(bytes, &Limits::default()) {
        panic!("{rejection}");
    }
}

#[test]
fn what_the_others_are_made_from_is_right() {
    accepted(&zip(&good()));
    accepted(&named("deps/x"));
}

#[test]
fn p1_names_lead_nowhere_else() {
    for (name, why) in [
        ("../x", "`../x` leads out of its folder"),
        ("a/../../x", "`a/../../x` leads out of its folder"),
        ("/x", "`/x` has an empty part in its name"),
        ("C:/x", "`C:/x` has `:` in its name"),
        ("C:\\x", "`C:\\\\x` has `:` in its name"),
        ("..\\x", "`..\\\\x` has `\\\\` in its name"),
        ("\\\\host\\x", "`\\\\\\\\host\\\\x` has `\\\\` in its name"),
        ("", "`` has an empty part in its name"),
        ("a\0", "`a\\0` has `\\0` in its name"),
    ] {
        check(&named(name), why);
    }
}

#[test]
fn p2_links_and_devices_are_no_files() {
    for mode in [0o120_777, 0o060_600, 0o020_600, 0o010_600, 0o140_600, 0o040_700] {
        let item = Item::stored("link", b"/etc/passwd").with(|it| it.attributes = mode << 16);
        check(&with(item), "`link` is no file: links and devices are not allowed");
    }
    let folder = Item::stored("link/", b"").with(|it| it.attributes = 0o120_777 << 16);
    check(&with(folder), "`link/` is no file: links and devices are not allowed");
}

#[test]
fn p3_no_two_names_are_one_file_anywhere() {
    for (name, other) in [
        ("manifest.json", "manifest.json"),
        ("Manifest.JSON", "manifest.json"),
        ("runtime.wasm/", "runtime.wasm"),
    ] {
        let item = if name.ends_with('/') { Item::stored(name, b"") } else { Item::stored(name, MANIFEST) };
        check(&with(item), &format!("`{name}` is there twice: `{other}` is the same name to some systems"));
    }
    let two = |one: &str, other: &str| {
        let mut items = good();
        items.extend([Item::stored(one, b"1"), Item::stored(other, b"2")]);
        zip(&items)
    };
    check(
        &two("deps/\u{e9}", "deps/e\u{301}"),
        "`deps/e\\u{301}` is there twice: `deps/\u{e9}` is the same name to some systems",
    );
    check(
        &two("deps/stra\u{df}e", "deps/STRASSE"),
        "`deps/STRASSE` is there twice: `deps/stra\u{df}e` is the same name to some systems",
    );
    check(&two("deps", "deps/x"), "`deps/x` lies in a file: `deps`");
}

#[test]
fn p4_entries_do_not_overlap() {
    let mut items = good();
    // Each of them is the same bytes, which is how a small archive becomes a huge one.
    let shadow = |name: &str| {
        Item::deflated("manifest.json", MANIFEST).with(|it| {
            it.central.name = name.into();
            it.is_shadow = true;
            it.offset = Some(0);
        })
    };
    items.extend((0..100).map(|i| shadow(&format!("deps/{i}"))));
    check(&zip(&items), "`manifest.json` overlaps another entry");
    let long = good()[0].clone().both(|it| (it.compressed, it.size) = (it.compressed + 40, it.size));
    check(&zip(&[long, good()[1].clone()]), "`manifest.json` overlaps another entry");
}

#[test]
fn p7_entries_names_and_folders_are_bounded() {
    let limits = Limits { entries: 2, ..Limits::default() };
    let rejection = open(&named("x"), &limits).unwrap_err();
    assert_eq!(rejection.to_string(), "Failed to extract package: 3 entries, at most 2 are allowed");
    let long = "x".repeat(256);
    check(&named(&long), &format!("`{}…` has a name of 256 bytes, at most 255 are allowed", "x".repeat(120)));
    let deep = ["d"; 17].join("/");
    check(&named(&deep), &format!("`{deep}` is 17 folders deep, at most 16 are allowed"));
    let limits = Limits { entry: 10, ..Limits::default() };
    let rejection = open(&zip(&good()), &limits).unwrap_err().to_string();
    assert!(rejection.ends_with("bytes, at most 10 are allowed"), "{rejection}");
}

#[test]
fn p8_what_is_not_plain_is_not_read() {
    let changed = |change: fn(&mut Says)| with(Item::stored("x", b"x").both(change));
    check(&changed(|it| it.flags |= 1), "`x` is encrypted");
    check(&changed(|it| it.flags |= 1 << 6), "`x` has features that are not supported");
    check(&changed(|it| it.flags |= 1 << 13), "`x` has features that are not supported");
    check(
        &changed(|it| it.method = 12),
        "`x` is compressed by method 12, only stored and deflated are supported",
    );
    check(&changed(|it| it.size = u32::MAX), "`x` has sizes of ZIP64, which is not supported");
    for (id, text) in [(0x0001u16, "0x0001"), (0x7075, "0x7075"), (0x9901, "0x9901")] {
        let extra = [id.to_le_bytes(), [0, 0]].concat();
        let item = Item::stored("x", b"x");
        check(
            &with(item.clone().with(|it| it.central.extra.clone_from(&extra))),
            &format!("`x` has an extra field of kind {text}, which is not supported"),
        );
        check(
            &with(item.with(|it| it.local.extra = extra)),
            &format!("`x` has an extra field of kind {text}, which is not supported"),
        );
    }
    check(&changed(|it| it.extra = vec![1, 2, 3]), "`x` has a broken extra field");
    check(&changed(|it| it.extra = vec![9, 0, 9, 0]), "`x` has a broken extra field");
    check(&changed(|it| it.name = vec![0xff]), "a name that is not ASCII must be marked as UTF-8");
    check(&changed(|it| (it.name, it.flags) = (vec![0xff], 1 << 11)), "a name is not UTF-8");
    let mut bytes = zip(&good());
    let at = bytes.len() - 12;
    bytes[at..at + 2].copy_from_slice(&[0xff, 0xff]);
    check(&bytes, "ZIP64 archives are not supported");
    bytes[at..at + 2].copy_from_slice(&[1, 0]);
    check(&bytes, "archives of several parts are not supported");
}

#[test]
fn p8_descriptors_are_accepted_if_they_say_what_the_directory_says() {
    let item = || Item::deflated("x", b"xxxxxxxxxxxx").with_descriptor();
    accepted(&with(item()));
    accepted(&with(item().with(|it| drop(it.descriptor.drain(..4)))));
    accepted(&with(item().with(|it| it.local = Says { flags: it.local.flags, ..it.central.clone() })));
    let differs = "`x` has another header than the directory says";
    for at in 0..16 {
        check(&with(item().with(|it| it.descriptor[at] ^= 1)), differs);
    }
    check(&with(item().with(|it| it.local.size = 1)), differs);
    check(&with(item().with(|it| it.descriptor.push(0))), "`x` has strange bytes behind it");
    check(&with(item().with(|it| it.descriptor.clear())), "`x` overlaps another entry");
}

#[test]
fn p9_both_headers_say_the_same() {
    let lie = |change: fn(&mut Says)| with(Item::stored("xy", b"x").with(|it| change(&mut it.local)));
    check(&lie(|it| it.name = b"yx".to_vec()), "`xy` has another name in its own header");
    check(&lie(|it| it.name = b"xyz".to_vec()), "`xy` has another name in its own header");
    let differs = "`xy` has another header than the directory says";
    check(&lie(|it| it.crc ^= 1), differs);
    check(&lie(|it| it.size ^= 1), differs);
    check(&lie(|it| it.compressed ^= 1), differs);
    check(&lie(|it| it.method = 8), differs);
    check(&lie(|it| it.flags = 1 << 3), differs);
}

#[test]
fn p10_nothing_lies_before_between_or_behind() {
    let bytes = zip(&good());
    let none = "it is no ZIP archive, or not all of one";
    check(&[&bytes[..], b"x"].concat(), none);
    check(&[b"x", &bytes[..]].concat(), "the directory does not lie where the archive says");
    let gap = good()[0].clone().with(|it| it.data.push(0));
    check(&zip(&[gap.clone(), good()[1].clone()]), "`manifest.json` has strange bytes behind it");
    check(&zip(&[good()[1].clone(), gap]), "`manifest.json` has strange bytes behind it");
    // An archive that hides another, by offsets of its own.
    let hidden = good()[1].clone().with(|it| it.offset = Some(1));
    check(&zip(&[good()[0].clone(), hidden]), "`manifest.json` overlaps another entry");
}

#[test]
fn p10_an_archive_ends_once() {
    let bytes = zip(&good());
    let (body, tail) = bytes.split_at(bytes.len() - 22);
    let number = |at: usize| u32::from_le_bytes(tail[at..at + 4].try_into().unwrap());
    let ends = |comment: &[u8]| [body, &end(2, number(12), number(16), comment)].concat();
    accepted(&ends(b"made by hand"));
    check(&ends(&end(0, 0, 0, b"")), "the archive ends twice");
    check(&ends(&[&end(0, 0, 0, b"x")[..], b"y"].concat()), "the archive ends twice");
    check(&ends(b"PK\x05\x06"), "the archive ends twice");
    let mut short = bytes.clone();
    let at = bytes.len() - 10;
    short[at] -= 1;
    check(&short, "the directory does not lie where the archive says");
}

#[test]
fn p13_what_is_cut_off_anywhere_is_refused() {
    let plain: Vec<Item> = good().into_iter().map(Item::with_descriptor).collect();
    for bytes in [zip(&plain), common::recipe::packed("format-2-signed.rmpkg")] {
        assert!(open(&bytes, &Limits::default()).is_ok());
        for length in 0..bytes.len() {
            assert!(open(&bytes[..length], &Limits::default()).is_err(), "{length} of {}", bytes.len());
        }
    }
}

#[test]
fn p11_a_bit_that_is_changed_anywhere_changes_nothing_that_is_read() {
    let bytes = common::recipe::packed("format-2-signed.rmpkg");
    let package = |bytes: Vec<u8>| Package::open(Cursor::new(bytes), None, &Limits::default());
    let right = package(bytes.clone()).unwrap();
    let mut accepted = 0;
    for at in 0..bytes.len() {
        let mut bytes = bytes.clone();
        bytes[at] ^= 1 << (at % 8);
        // Times, and by whom an archive was made, are nobody's business.
        let Ok(changed) = package(bytes) else { continue };
        accepted += 1;
        assert_eq!(changed.manifest(), right.manifest());
        let contents = |it: &Package<_>| -> Vec<_> {
            it.entries().iter().map(|it| (it.name.clone(), it.sha256.clone())).collect()
        };
        assert_eq!(contents(&changed), contents(&right), "byte {at}");
        assert_eq!(changed.signature(&[]), right.signature(&[]));
    }
    assert!(accepted < bytes.len() / 8, "{accepted} of {} bytes count for nothing", bytes.len());
}

#[test]
fn p6_sizes_that_lie_are_found_out() {
    let lie = |item: Item, size: u32| with(item.both(|it| it.size = size));
    let item = || Item::deflated("x", b"0123456789");
    check(&lie(item(), 9), "`x` has more than the 9 bytes it claims");
    check(&lie(item(), 11), "`x` has 10 of the 11 bytes it claims");
    check(&lie(Item::stored("x", b"0123456789"), 9), "`x` is stored, but its two sizes differ");
    check(&with(item().both(|it| it.crc ^= 1)), "`x` is damaged: its checksum is wrong");
    let cut = item().with(|it| it.data.truncate(it.data.len() - 1)).both(|it| it.compressed -= 1);
    check(&with(cut), "`x` ends in the middle of its contents");
    let long = item().with(|it| it.data.push(0)).both(|it| it.compressed += 1);
    check(&with(long), "`x` has strange bytes behind its contents");
    let broken = item().with(|it| it.data[0] = 0xff);
    check(&with(broken), "`x` cannot be unpacked");
    let folder = Item::stored("x/", b"0").with(|it| it.attributes = 0);
    check(&with(folder), "`x/` is a folder with contents");
}
