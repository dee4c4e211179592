//! What refusing each bomb of the tests costs: `cargo run --release -p package --example bombs`.

#[path = "../tests/common/mod.rs"]
mod common;

use std::alloc::System;
use std::io::Cursor;
use std::time::Instant;

use cap::Cap;
use package::{Limits, Package};

#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, usize::MAX);

fn main() {
    for (name, bytes, _) in common::bombs::all() {
        let before = ALLOCATOR.total_allocated();
        let start = Instant::now();
        let verdict = Package::open(Cursor::new(&bytes), None, &Limits::default()).err();
        let time = start.elapsed();
        let all = ALLOCATOR.total_allocated() - before;
        println!("{name}: {} KiB, {time:.1?}, {} KiB allocated in all", bytes.len() >> 10, all >> 10);
        assert!(verdict.is_some(), "{name} was accepted");
    }
}
