//! `new node`: what it writes is tested, built, run and packed as its README says.
#![cfg(feature = "native")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod support;

use std::process::Command;

use support::{Desk, did, root};

/// The new crate, but with the library of this repository, in the versions of this repository.
fn begun() -> Desk {
    let desk = Desk::with(&[]);
    let said = desk.run(&["new", "node", "very-loud"]).out();
    assert!(said.contains("cd very-loud/. && cargo build --release"), "{said}");
    let library = format!("remotemedia-node = {{ path = {:?} }}", root().join("remotemedia-node"));
    let manifest = desk.read("very-loud/Cargo.toml");
    assert!(manifest.contains("remotemedia-node = \"0.1.0\""), "{manifest}");
    desk.write("very-loud/Cargo.toml", manifest.replace("remotemedia-node = \"0.1.0\"", &library));
    desk.write("very-loud/Cargo.lock", std::fs::read(root().join("Cargo.lock")).unwrap());
    desk
}

fn cargo(desk: &Desk, words: &[&str]) {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(words).arg("--offline").current_dir(desk.path("very-loud"));
    // Kept from test to test: what it depends on is built once.
    cargo.env("CARGO_TARGET_DIR", root().join("target/plugin-template"));
    cargo.env_remove("RUSTFLAGS").env_remove("CARGO_ENCODED_RUSTFLAGS");
    did(cargo.output().unwrap()).out();
}

#[test]
fn a_new_node_is_tested_built_run_and_packed() {
    let desk = begun();
    cargo(&desk, &["test", "--quiet"]);
    cargo(&desk, &["build", "--release", "--quiet", "--target", "wasm32-unknown-unknown"]);
    let built = root().join("target/plugin-template/wasm32-unknown-unknown/release/very_loud.wasm");
    let wasm = std::fs::read(&built).unwrap();
    assert!(wasm.len() < 150_000, "a minimal plugin has {} bytes", wasm.len());
    node_abi::module::check(&wasm, 64 << 20).unwrap();
    let (pipeline, built) = ("very-loud/pipeline.json", built.to_str().unwrap());
    let out = desk.run(&["run", pipeline, "--nodes", built, "-i", "\"hello\""]).out();
    assert_eq!(out, "\"HELLO!\"\n");
    let nodes = desk.run(&["nodes", "VeryLoud", "--nodes", built]).out();
    assert!(nodes.contains("Says its texts louder."), "{nodes}");
    let plugin = format!("plugins/very-loud.wasm={built}");
    desk.run(&["pack", pipeline, "--add", &plugin, "-o", "very-loud.rmpkg"]).out();
    let out = desk.run(&["run", "very-loud.rmpkg", "--trust", "-i", "\"packed\""]).out();
    assert_eq!(out, "\"PACKED!\"\n");
}
