//! Packages: packed, looked at, signed, checked, unpacked, run.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod support;

use protocol::Value;
use support::{DOUBLE, Desk, SUBTITLES, recording, root, text};

/// A folder laid out as a package, with a model and an example.
fn talk() -> Desk {
    let desk = Desk::with(&[("double.json", DOUBLE)]);
    let example = r#""package":{"format":2,"example":{"inputs":[{"media":"media/command.wav"}]}},"nodes""#;
    let manifest = SUBTITLES.replace("\"nodes\"", example).replace("\"demo\"", "\"models/own\"");
    desk.write("talk/manifest.json", manifest);
    desk.write("talk/media/command.wav", std::fs::read(recording("command.wav")).unwrap());
    for file in [
        "config.json",
        "generation_config.json",
        "model.safetensors",
        "preprocessor_config.json",
        "tokenizer.json",
    ] {
        let bytes = std::fs::read(root().join("whisper/demo-model/hf").join(file)).unwrap();
        desk.write(&format!("talk/models/own/{file}"), bytes);
    }
    desk.write("talk/.hidden", "not packed");
    desk
}

/// A small package, signed with a key of its own.
fn signed() -> Desk {
    let desk = Desk::with(&[("double.json", DOUBLE), ("a.txt", "some text of a file")]);
    desk.run(&["pack", "double.json", "-o", "plain.rmpkg", "--add", "media/a.txt=a.txt"]).out();
    desk.run(&["keygen", "key"]).out();
    desk.run(&["keygen", "other"]).out();
    desk.run(&["sign", "plain.rmpkg", "-k", "key", "-o", "signed.rmpkg"]).out();
    desk
}

#[test]
fn a_package_brings_its_model_and_its_example() {
    let desk = talk();
    desk.run(&["pack", "talk", "-o", "talk.rmpkg"]).out();
    let out = desk.run(&["run", "talk.rmpkg", "--example", "--text"]).out();
    assert!(out.ends_with("Set the timer for six hundred and forty three minutes.\n"), "{out}");
    let info = desk.run(&["inspect", "talk.rmpkg", "--json"]).object();
    assert_eq!(text(&info, &["name"]), "talk");
    assert_eq!(info.get("media").unwrap().to_json(), r#"["media/command.wav"]"#);
    let entries = info.get("entries").and_then(Value::items).unwrap();
    let names: Vec<_> = entries.iter().map(|it| text(it, &["name"])).collect();
    assert_eq!(names[..4], ["manifest.json", "metadata.json", "package.lock.json", "media/command.wav"]);
    assert!(!names.contains(&".hidden"));
}

#[test]
fn a_package_says_what_it_is() {
    let out = signed().run(&["inspect", "signed.rmpkg"]).out();
    for line in [
        "Package: ",
        "Nodes: 1\n",
        "Node Types: MultiplyNode\n",
        "Permissions: none needed\n",
        "  media/a.txt\n",
    ] {
        assert!(out.contains(line), "{line} is not in\n{out}");
    }
}

#[test]
fn the_same_input_gives_the_same_bytes_and_unpacking_gives_it_back() {
    let desk = talk();
    desk.run(&["pack", "talk", "-o", "one.rmpkg"]).out();
    assert_eq!(desk.run(&["unpack", "one.rmpkg"]).out(), "9 files in one\n");
    desk.run(&["pack", "one", "-o", "two.rmpkg"]).out();
    let bytes = |name| std::fs::read(desk.path(name)).unwrap();
    assert!(bytes("one.rmpkg") == bytes("two.rmpkg"));
    assert!(bytes("one/media/command.wav") == bytes("talk/media/command.wav"));
    desk.run(&["unpack", "one.rmpkg"]).failed(1, "one/manifest.json: is there already");
    let listed = desk.run(&["unpack", "two.rmpkg", "--list"]).out();
    assert!(listed.lines().count() == 9 && !desk.path("two").exists(), "{listed}");
    let lines = desk.run(&["unpack", "two.rmpkg", "--list", "--json"]).lines();
    assert_eq!(text(&lines[0], &["name"]), "manifest.json");
}

#[test]
fn signatures_are_told_apart() {
    let desk = signed();
    let check = |arguments: &[&str], code: i32, state: &str, said: &str| {
        let did = desk.run(&[&["verify"], arguments].concat());
        assert_eq!(did.code, code, "{did:?}");
        let all = format!("{}{}", did.stdout, did.stderr);
        assert!(all.contains(said), "{said} is not in {all}");
        let object = desk.run(&[&["verify", "--json"], arguments].concat()).object();
        assert_eq!(text(&object, &["signature"]), state);
        assert_eq!(object.get("ok"), Some(&Value::Bool(code == 0)));
    };
    check(&["plain.rmpkg"], 0, "unsigned", "Signature: unsigned\n");
    check(&["signed.rmpkg"], 0, "unknown", ", whom you did not name with --key\n");
    check(&["signed.rmpkg", "--key", "key.pub"], 0, "trusted", ", whom you trust\n");
    let key = desk.read("key.pub");
    check(&["signed.rmpkg", "--key", key.trim()], 0, "trusted", ", whom you trust\n");
    check(&["signed.rmpkg", "--key", "other.pub"], 1, "unknown", "not signed by any of the keys");
    check(&["plain.rmpkg", "--key", "key.pub"], 1, "unsigned", "not signed by any of the keys");
}

/// The package with an entry changed, the archive around it whole.
fn changed(desk: &Desk, entry: &str, change: &str) {
    let script = "
import sys, zipfile
source, out, name, change = sys.argv[1:]
with zipfile.ZipFile(source) as old, zipfile.ZipFile(out, 'w') as new:
    for info in old.infolist():
        data = old.read(info.filename)
        if info.filename == name:
            if change == 'leave out':
                continue
            data = bytes([data[0] ^ 1]) + data[1:] if change == 'damage' else change.encode()
        new.writestr(zipfile.ZipInfo(info.filename), data, info.compress_type)
";
    let [source, out] = ["signed.rmpkg", "changed.rmpkg"].map(|it| desk.path(it));
    let status = std::process::Command::new("python3")
        .args(["-c", script])
        .args([source.to_str().unwrap(), out.to_str().unwrap(), entry, change])
        .status();
    assert!(status.unwrap().success());
}

#[test]
fn a_package_that_was_changed_is_refused_with_what_was_changed() {
    let desk = signed();
    let check = |entry: &str, change: &str, said: &str| {
        changed(&desk, entry, change);
        for command in ["verify", "run", "inspect", "unpack"] {
            desk.run(&[command, "changed.rmpkg"]).failed(1, said);
        }
        let object = desk.run(&["verify", "changed.rmpkg", "--json"]).object();
        assert_eq!(text(&object, &["error", "code"]), "PackageRejected");
        assert!(text(&object, &["error", "message"]).contains(said), "{}", object.to_json());
    };
    check("media/a.txt", "damage", "media/a.txt");
    check("signature", "leave out", "signature");
    check("package.lock.json", "leave out", "package.lock.json");
    let other = desk.run(&["sign", "plain.rmpkg", "-k", "other", "-o", "signed-by-other.rmpkg"]);
    other.out();
    desk.run(&["unpack", "signed-by-other.rmpkg", "-o", "by-other"]).out();
    let signature = desk.read("by-other/signature");
    check("signature", &signature, "signature");
}

#[test]
fn a_secret_key_is_kept_and_never_overwritten() {
    let desk = Desk::with(&[]);
    let made = desk.run(&["keygen", "my.key", "--json"]).object();
    assert_eq!(text(&made, &["publicKey"]), desk.read("my.key.pub").trim());
    let before = desk.read("my.key");
    desk.run(&["keygen", "my.key"]).failed(1, "my.key: file exists");
    assert_eq!(desk.read("my.key"), before);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(desk.path("my.key")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    desk.write("none", "no key");
    desk.write("x.rmpkg", "");
    desk.run(&["sign", "x.rmpkg", "-k", "none"]).failed(1, "none: is no signing key");
}

#[test]
fn a_pipeline_that_cannot_run_is_not_packed() {
    let desk = Desk::with(&[
        ("wrong.json", &DOUBLE.replace("{\"factor\":2}", "{\"factor\":\"x\"}")),
        ("double.json", DOUBLE),
    ]);
    desk.run(&["pack", "wrong.json", "-o", "x.rmpkg"]).failed(1, "[wrong.json:1:");
    desk.run(&["pack", "home", "-o", "x.rmpkg"]).failed(1, "home: no such file or directory");
    std::fs::create_dir(desk.path("empty")).unwrap();
    desk.run(&["pack", "empty", "-o", "x.rmpkg"]).failed(1, "empty: has no manifest.json");
    assert!(!desk.path("x.rmpkg").exists());
}

#[test]
fn a_package_for_the_original_is_packed_by_its_own_words() {
    let desk = Desk::with(&[("double.json", DOUBLE)]);
    desk.write("runtime.wasm", b"\0asm\x01\0\0\0");
    desk.write("meta.json", r#"{"package_name":"mine"}"#);
    let arguments = ["pack", "--manifest", "double.json", "--output", "old.rmpkg", "--wasm", "runtime.wasm"];
    desk.run(&[&arguments[..], &["--metadata", "meta.json", "--format", "1"]].concat()).out();
    let info = desk.run(&["inspect", "old.rmpkg", "--json"]).object();
    assert_eq!((info.get("format"), info.get("executor")), (Some(&Value::Int(1)), Some(&Value::Int(8))));
    assert_eq!(text(&info, &["name"]), "mine");
    assert_eq!(desk.run(&["run", "old.rmpkg", "-i", "4"]).out(), "8\n");
    assert_eq!(text(&desk.run(&["verify", "old.rmpkg", "--json"]).object(), &["signature"]), "none");
    desk.run(&["sign", "old.rmpkg", "-k", "key"]).failed(1, "key: no such file or directory");
}

#[test]
fn a_package_reads_no_models_of_this_machine_by_path() {
    let desk = talk();
    let outside = desk.path("talk/models/own");
    let manifest = SUBTITLES.replace("\"demo\"", &format!("{outside:?}"));
    desk.write("spy.json", manifest);
    desk.run(&["pack", "spy.json", "-o", "spy.rmpkg"]).out();
    let file = recording("command.wav");
    desk.run(&["run", "spy.json", file.to_str().unwrap()]).out();
    desk.run(&["run", "spy.rmpkg", file.to_str().unwrap()]).failed(1, "there is no such file or folder");
}
