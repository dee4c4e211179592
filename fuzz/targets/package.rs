//! Reads packages that nobody made. Whatever they are, reading ends, in bounds; and what was accepted is what it says.
#![no_main]

use std::io::Cursor;

use libfuzzer_sys::fuzz_target;
use package::{File, Limits, PackOptions, Package, SigningKey, pack, sign};

/// Small, so that every bound is met.
fn limits() -> Limits {
    Limits { archive: 1 << 20, entries: 64, entry: 1 << 20, total: 4 << 20, text: 1 << 16, ..Limits::default() }
}

fn read(bytes: &[u8]) {
    let Ok(mut package) = Package::open(Cursor::new(bytes), Some("a.rmpkg"), &limits()) else { return };
    package.verify().expect("what was read once can be read again");
    let info = package.info(&[]).expect("a package says what it is");
    assert_eq!(info.size, bytes.len() as u64);
    for entry in package.entries().to_vec() {
        let contents = package.read(&entry.name).expect("what is listed can be read");
        assert_eq!(contents.len() as u64, entry.size);
        if let Some(offset) = entry.offset {
            assert_eq!(contents, &bytes[offset as usize..][..contents.len()]);
        }
    }
    if package.format() == 2 {
        let signed = sign(bytes, &SigningKey::from_seed([7; 32]), &Limits::default()).expect("it can be signed");
        Package::open(Cursor::new(signed), None, &Limits::default()).expect("what was signed opens");
    }
}

/// `data` as names and contents, NUL between them, in an archive that is right as such: what is random gets no further
/// than the first checksum.
fn archive(data: &[u8]) -> Vec<u8> {
    let parts: Vec<&[u8]> = data.split(|it| *it == 0).collect();
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    for pair in parts.chunks_exact(2) {
        let (name, contents) = (pair[0], pair[1]);
        let offset = (bytes.len() as u32).to_le_bytes();
        let size = (contents.len() as u32).to_le_bytes();
        let crc = crc32fast::hash(contents).to_le_bytes();
        let length = (name.len() as u16).to_le_bytes();
        // Stored, the name in UTF-8, at no particular time.
        let common = [&[20, 0, 0, 8, 0, 0, 0, 0, 0x21, 0][..], &crc, &size, &size, &length, &[0, 0]].concat();
        bytes.extend([b"PK\x03\x04", &common[..], name, contents].concat());
        directory.extend([b"PK\x01\x02\x14\x03", &common[..], &[0; 10], &offset, name].concat());
    }
    let count = ((parts.len() / 2) as u16).to_le_bytes();
    let (length, start) = ((directory.len() as u32).to_le_bytes(), (bytes.len() as u32).to_le_bytes());
    let end = [b"PK\x05\x06\0\0\0\0", &count[..], &count, &length, &start, &[0, 0]].concat();
    [bytes, directory, end].concat()
}

/// What is packed opens.
fn write(data: &[u8]) {
    let mut parts = data.split(|it| *it == 0);
    let Some(Ok(manifest)) = parts.next().map(std::str::from_utf8) else { return };
    let parts: Vec<&[u8]> = parts.collect();
    let name = |it: &[u8]| String::from_utf8_lossy(it).into_owned();
    let files = parts.chunks_exact(2).map(|pair| File::new(name(pair[0]), pair[1]));
    let options = PackOptions { limits: limits(), ..PackOptions::default() };
    let Ok(bytes) = pack(manifest, files.collect(), &options) else { return };
    Package::open(Cursor::new(bytes), None, &limits()).expect("what was packed opens");
}

fuzz_target!(|data: &[u8]| {
    match data.split_first() {
        Some((b'0', rest)) => read(&archive(rest)),
        Some((b'1', rest)) => write(rest),
        _ => read(data),
    }
});
