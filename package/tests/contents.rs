//! What a package says and holds: P11, P12, P14 and P16 of the attack list. Names of columns are those of the table of
//! verdicts, `tests/compat/README.md`.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use common::recipe::{bytes, table, verdict};
use serde_json::{Value, json};

const KEY: &str = "34750f98bd59fcfc";

/// What becomes of a package of format 2 with a Python module, after these steps.
fn after(then: Value) -> String {
    let entries = json!([
        { "name": "manifest.json", "of": "sums-2" },
        { "name": "python/nodes.py", "of": "double" },
    ]);
    outcome(&json!({ "entries": entries, "then": then }))
}

/// What becomes of a package of format 1 with this manifest.
fn with(manifest: &Value) -> String {
    let manifest = match manifest {
        Value::String(text) => json!({ "name": "manifest.json", "text": text }),
        json => json!({ "name": "manifest.json", "json": json }),
    };
    outcome(&json!({ "entries": [manifest, { "name": "runtime.wasm", "of": "module" }] }))
}

/// The message of the rejection, else the warnings and the state of the signature.
fn outcome(row: &Value) -> String {
    let verdict = verdict(&bytes(&table(), row), "a.rmpkg");
    match verdict["rejected"].as_str() {
        Some(message) => message.to_owned(),
        None => format!("{} {}", verdict["warnings"], verdict["info"]["signature"]["state"]),
    }
}

#[test]
fn p11_every_entry_is_what_the_lock_says() {
    let changed = json!({ "put": { "name": "python/nodes.py", "text": "import os\n" } });
    let same_size = json!({ "put": { "name": "python/nodes.py", "hex": "20", "times": 71 } });
    let more = json!({ "put": { "name": "python/more.py", "text": "" } });
    let lock = json!({ "lock": true });
    assert_eq!(after(json!([lock])), "[] \"unsigned\"");
    for (step, message) in [
        (changed, "`python/nodes.py` has been changed: it has 10 bytes, package.lock.json says 71"),
        (more, "`python/more.py` is not in package.lock.json"),
        (
            json!({ "drop": "python/nodes.py" }),
            "`python/nodes.py` of package.lock.json is not in the package",
        ),
        (json!({ "drop": "manifest.json" }), "Missing required files: manifest.json"),
        (json!({ "drop": "package.lock.json" }), "Missing required files: package.lock.json"),
    ] {
        assert_eq!(after(json!([lock, step])), message);
    }
    let message = after(json!([lock, same_size]));
    assert!(message.starts_with("`python/nodes.py` has been changed: its SHA-256 is "), "{message}");
}

#[test]
fn p11_a_lock_has_one_meaning() {
    let check = |text: &str, why: &str| {
        let message = after(json!([{ "put": { "name": "package.lock.json", "text": text } }]));
        assert!(message.starts_with(why), "{text}: {message}");
    };
    let entry = r#""a":{"sha256":"","size":1}"#;
    check(
        &format!(r#"{{"version":1,"entries":{{{entry},{entry}}}}}"#),
        "Invalid package.lock.json: `a` is there twice",
    );
    check(r#"{"version":1,"entries":{},"more":1}"#, "Invalid package.lock.json: unknown field `more`");
    check(
        r#"{"version":1,"version":1,"entries":{}}"#,
        "Invalid package.lock.json: duplicate field `version`",
    );
    check(
        r#"{"version":1,"entries":{"a":{"sha256":"","size":-1}}}"#,
        "Invalid package.lock.json: invalid value",
    );
    check(r#"{"version":2}"#, "Unsupported version of package.lock.json: 2 (expected 1)");
    check("[]", "Invalid package.lock.json: ");
    check("", "Invalid package.lock.json: EOF");
}

#[test]
fn p12_unsigned_signed_wrongly_signed_and_downgraded_are_told_apart() {
    let lock = json!({ "lock": true });
    let sign = json!({ "sign": 1 });
    let changed = json!({ "put": { "name": "python/nodes.py", "text": "import os\n" } });
    let none = json!({ "drop": "signature" });
    let format_1 = json!({ "put": { "name": "manifest.json", "of": "sums" } });
    let executor = json!({ "put": { "name": "runtime.wasm", "of": "module" } });
    let no_python = json!({ "drop": "python/nodes.py" });
    let wrong = format!("Wrong signature of key {KEY}: it was not made for this package.lock.json");
    let gone = format!(
        "Downgraded package: package.lock.json says that key {KEY} signed it, but that signature is missing"
    );
    let beside = "Downgraded package: `package.lock.json` needs package.format 2 in the manifest\n\
                  Downgraded package: `signature` needs package.format 2 in the manifest";
    for (steps, outcome) in [
        (json!([lock]), "[] \"unsigned\""),
        (json!([lock, sign]), "[] \"unknown\""),
        (json!([lock, sign, { "sign": 2 }]), "[] \"unknown\""),
        (json!([lock, sign, changed, lock]), &wrong),
        (json!([lock, sign, none]), &gone),
        (json!([lock, sign, changed, lock, none]), &gone),
        (json!([lock, sign, format_1, executor, no_python]), beside),
    ] {
        assert_eq!(after(steps.clone()), outcome, "{steps}");
    }
}

#[test]
fn p12_a_signature_has_one_spelling() {
    let check = |text: &str, why: &str| {
        let put = json!({ "put": { "name": "signature", "text": text } });
        let message = after(json!([{ "lock": true }, put]));
        assert!(message.starts_with(why), "{text}: {message}");
    };
    let one = |key: &str, public: &str, signature: &str| {
        let one = json!({ "key": key, "public_key": public, "signature": signature });
        json!({ "version": 1, "signatures": [one] }).to_string()
    };
    let public = "iojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w=";
    let zeros = "A".repeat(43) + "=";
    check("{}", "Invalid signature: missing field");
    check(r#"{"version":1,"signatures":[]}"#, "Invalid signature: it is empty");
    check(r#"{"version":2,"signatures":[]}"#, "Unsupported version of signature: 2 (expected 1)");
    check(&one("x", "??", ""), "Wrong signature of key x: its public key is none");
    check(&one("x", public, ""), "Wrong signature of key x: its public key has another id");
    check(&one(KEY, public, "AA=="), "Wrong signature of key 34750f98bd59fcfc: it is not 64 bytes in base64");
    let nothing = "A".repeat(86) + "==";
    check(&one(KEY, public, &nothing), "Wrong signature of key 34750f98bd59fcfc: it was not made for this");
    // A key of small order, for which some would take any signature for right.
    check(
        &one("66687aadf862bd77", &zeros, &nothing),
        "Wrong signature of key 66687aadf862bd77: it was not made",
    );
}

#[test]
fn p14_manifests_are_judged_as_a_run_would() {
    let node = |id: &str| json!({ "id": id, "node_type": "AddNode", "params": {} });
    let manifest = |nodes: Value, connections: Value| json!({ "version": "v1", "runtime": { "target": "wasm32-wasi" }, "nodes": nodes, "connections": connections });
    let edge = |from: &str, to: &str| json!({ "from": from, "to": to });
    let cycle = "Manifest error: Pipeline contains a cycle - cannot execute";
    for (manifest, outcome) in [
        (manifest(json!([node("a")]), json!([])), "[] \"none\""),
        (manifest(json!([node("a"), node("b")]), json!([edge("a", "b"), edge("b", "a")])), cycle),
        (manifest(json!([node("a")]), json!([edge("a", "a")])), cycle),
        (manifest(json!([node("a"), node("a")]), json!([])), "Manifest error: Duplicate node ID: a"),
        (
            manifest(json!([node("a")]), json!([edge("a", "zz")])),
            "Invalid manifest:\nConnection 0: unknown node id: zz",
        ),
        (manifest(json!([{ "id": "a", "node_type": "Nobody", "params": {} }]), json!([])), "[] \"none\""),
        (manifest(json!([node("__proto__"), node("constructor")]), json!([])), "[] \"none\""),
    ] {
        assert_eq!(with(&manifest), outcome, "{manifest}");
    }
    let starts = |manifest: &Value, beginning: &str| {
        let message = with(manifest);
        assert!(message.starts_with(beginning), "{beginning}: {}", &message[..message.len().min(200)]);
    };
    let ill = json!([{ "id": "a", "node_type": "AddNode", "params": { "addend": "ten" } }]);
    starts(&manifest(ill, json!([])), "AddNode: parameter `addend` must be number");
    let many = (0..10_000).map(|i| node(&i.to_string())).collect();
    starts(&manifest(Value::Array(many), json!([])), "10000 nodes, at most 1000 are allowed");
    let most = (0..100_000).map(|i| node(&i.to_string())).collect();
    starts(&manifest(Value::Array(most), json!([])), "`manifest.json` has ");
    starts(&manifest(json!([node(&"x".repeat(1 << 20))]), json!([])), "`manifest.json` has ");
    starts(&json!("[".repeat(100_000)), "Invalid manifest.json: recursion limit exceeded");
    starts(&json!(r#"{"version":NaN}"#), "Invalid manifest.json: expected value");
    starts(&json!(r#"{"version":1e999}"#), "Invalid manifest.json: number out of range");
    starts(&json!(r#"{"version":"\ud800"}"#), "Invalid manifest.json: ");
}

#[test]
fn p16_what_was_made_for_later_says_so() {
    let with = |package: Value| {
        let mut manifest = table()["contents"]["sums-2"]["json"].clone();
        manifest["package"] = package;
        let put = json!({ "put": { "name": "manifest.json", "json": manifest } });
        after(json!([put, { "lock": true }]))
    };
    let own = env!("CARGO_PKG_VERSION");
    for (package, outcome) in [
        (json!({ "format": 2, "min_version": "0.0.1" }), "[] \"unsigned\"".to_owned()),
        (json!({ "format": 2, "min_version": own }), "[] \"unsigned\"".to_owned()),
        (
            json!({ "format": 2, "min_version": "99.1" }),
            format!("Invalid manifest:\nThe package needs version 99.1 or a later one, this is {own}"),
        ),
        (
            json!({ "format": 2, "min_version": 1 }),
            "Invalid manifest:\nInvalid package.min_version: 1, not a version like 1.2.3".to_owned(),
        ),
        (
            json!({ "format": 3 }),
            "Invalid manifest:\nUnsupported package format: 3 (this version reads 1 and 2)".to_owned(),
        ),
        (
            json!({ "format": "2" }),
            "Invalid manifest:\nUnsupported package format: \"2\" (this version reads 1 and 2)".to_owned(),
        ),
    ] {
        assert_eq!(with(package.clone()), outcome, "{package}");
    }
}
