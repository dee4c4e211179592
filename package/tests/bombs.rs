//! P5: what is huge, or claims to be, is refused with little work. Measured by `cargo run -p package --example bombs`.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use std::alloc::System;
use std::io::{Cursor, Read, Seek, SeekFrom};

use cap::Cap;
use package::{Limits, Package};

/// No more memory than this, the archives themselves counted: more ends the process.
const MEMORY: usize = 64 << 20;

#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, usize::MAX);

/// Counts the bytes that are read of an archive.
struct Counted<'a>(Cursor<&'a [u8]>, u64);

impl Read for Counted<'_> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let count = self.0.read(out)?;
        self.1 += count as u64;
        Ok(count)
    }
}

impl Seek for Counted<'_> {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.0.seek(to)
    }
}

#[test]
fn p5_bombs_are_refused_within_64_mib() {
    for (name, bytes, why) in common::bombs::all() {
        let mut reader = Counted(Cursor::new(&bytes), 0);
        ALLOCATOR.set_limit(ALLOCATOR.allocated() + MEMORY).unwrap();
        let rejection = Package::open(&mut reader, Some("a.rmpkg"), &Limits::default()).err().unwrap();
        ALLOCATOR.set_limit(usize::MAX).unwrap();
        let message = rejection.to_string();
        assert!(message.contains(why), "{name}: {}", &message[..message.len().min(300)]);
        // Twice is once for the manifest and once for all, and the headers are read on their own.
        assert!(reader.1 <= 2 * bytes.len() as u64 + (1 << 17), "{name}: {} bytes were read", reader.1);
    }
}
