//! Code that is not built in: Python files and plugins of the user, and those of packages, which need consent.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod support;

use std::io::{BufRead, BufReader};
use std::process::Command;

use protocol::Value;
use support::{Desk, Did, chain, recording, root, terminal, text};

const SHOUT: &str = "
from loud import louder
from remotemedia import Node, Param

class Shout(Node):
    \"\"\"Says it louder.\"\"\"
    marks: int = Param(1, minimum=0)

    def process(self, data):
        return louder(data['text'] if isinstance(data, dict) else data) + '!' * self.marks
";

/// A pure wheel, as an index of packages would have it.
fn wheel(desk: &Desk, name: &str) {
    let script = "
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], 'w') as wheel:
    wheel.writestr('loud/__init__.py', 'from .inner import louder\\n')
    wheel.writestr('loud/inner.py', 'def louder(text):\\n    return text.strip().upper()\\n')
    info = 'loud-1.0.dist-info/'
    wheel.writestr(info + 'METADATA', 'Metadata-Version: 2.1\\nName: loud\\nVersion: 1.0\\n')
    wheel.writestr(info + 'WHEEL', 'Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n')
    wheel.writestr(info + 'RECORD', '')
";
    let path = desk.path(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    assert!(Command::new("python3").args(["-c", script]).arg(path).status().unwrap().success());
}

/// A package with a Python module, a wheel, a model, a recording and a plugin, all of which its pipeline uses.
fn everything() -> Desk {
    let desk = Desk::with(&[("own/python/shout.py", SHOUT)]);
    wheel(&desk, "own/wheels/loud-1.0-py3-none-any.whl");
    desk.write("own/plugins/words.wasm", std::fs::read(root().join("tests/plugins/v1.wasm")).unwrap());
    desk.write("own/media/command.wav", std::fs::read(recording("command.wav")).unwrap());
    let model = root().join("whisper/demo-model/ggml-demo.bin");
    desk.write("own/models/demo.bin", std::fs::read(model).unwrap());
    let manifest = chain(&[
        ("AudioDecode", "{}"),
        ("Whisper", r#"{"model":"models/demo.bin","language":"en"}"#),
        ("Shout", r#"{"marks":2}"#),
        ("WordCount", "{}"),
    ]);
    let package = r#"{"package":{"format":2,"example":{"inputs":[{"media":"media/command.wav"}]}},"#;
    desk.write("own/manifest.json", manifest.replacen('{', package, 1));
    desk.run(&["pack", "own", "-o", "own.rmpkg"]).out();
    desk
}

const WORDS: [&str; 9] = ["SET", "THE", "TIMER", "FOR", "SIX", "HUNDRED", "AND", "FORTY", "THREE"];

#[track_caller]
fn ran(did: Did) {
    let out = did.out();
    let words: Vec<String> = WORDS.iter().map(|it| format!("{it:?}")).collect();
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(lines[..9], words, "{out}");
    assert_eq!(lines[9], "\"MINUTES.!!\"", "{out}");
    assert!(lines[10].contains("\"hundred\":1"), "{out}");
}

#[test]
fn a_package_with_everything_runs_once_it_is_trusted() {
    let desk = everything();
    let run = ["run", "own.rmpkg", "--example", "-q"];
    ran(desk.run(&[&run[..], &["--trust"]].concat()));
    desk.run(&["keygen", "key"]).out();
    desk.run(&["sign", "own.rmpkg", "-k", "key"]).out();
    ran(desk.run(&[&run[..], &["--key", "key.pub"]].concat()));
    let shown = desk.run(&["inspect", "own.rmpkg"]).out();
    let asks = "Permissions: runs Python of its own, brings Python wheels, runs plugin nodes of its own\n";
    assert!(shown.contains(asks), "{shown}");
}

#[test]
fn without_consent_nothing_of_a_package_runs() {
    let desk = everything();
    desk.write("own/python/shout.py", "open('ran', 'w')\n");
    desk.run(&["pack", "own", "-o", "own.rmpkg"]).out();
    let refused = "brings code of its own (Python modules, Python wheels, plugins)";
    desk.run(&["run", "own.rmpkg", "--example"]).failed(1, refused);
    desk.run(&["bench", "own.rmpkg", "--example"]).failed(1, refused);
    let object = desk.run(&["run", "own.rmpkg", "--json"]).object();
    assert_eq!(text(&object, &["error", "code"]), "NotSupported");
    // The key of somebody else.
    desk.run(&["keygen", "key"]).out();
    desk.run(&["run", "own.rmpkg", "--key", "key.pub"]).failed(1, refused);
    let checked = desk.run(&["validate", "own.rmpkg"]);
    let note = "the nodes that it brings itself (Python modules, Python wheels, plugins) were not read";
    assert!(checked.stderr.contains(note), "{}", checked.stderr);
    assert!(!desk.path("ran").exists());
}

#[test]
fn what_of_a_package_cannot_be_used_here_is_refused_by_name() {
    let no_wheel = |name: &str| (format!("wheels/{name}"), String::new());
    let module = |name: &str, text: &str| (format!("python/{name}"), text.to_owned());
    let named =
        |name: &str| format!("from remotemedia import node\n@node({name:?})\ndef f(x):\n    return x\n");
    let calling = |name: &str| module("m.py", &named(name));
    for (file, expected) in [
        (no_wheel("a-1.0-cp36-cp36m-win_amd64.whl"), "a-1.0-cp36-cp36m-win_amd64.whl is not for Python 3."),
        (no_wheel("a-1.0-py3-none-win32.whl"), "a-1.0-py3-none-win32.whl is for another platform"),
        (no_wheel("a-1.0-py2-none-any.whl"), "a-1.0-py2-none-any.whl is not for Python 3."),
        (no_wheel("a-1.0-py3-none-any.whl"), "is not a zip file"),
        (module("m.py", "import nowhere_at_all"), "nowhere_at_all"),
        (module("m.py", "def"), "invalid syntax"),
        (module("json.py", ""), "python/json.py has the name of a module that is there already"),
        (calling("Echo"), "Echo is the name of a built-in node, which no package may take"),
        (calling("TextProcessorNode"), "TextProcessorNode is the name of a built-in node"),
        (calling("WordCount"), "two nodes of this package are called WordCount"),
    ] {
        let manifest = chain(&[("PassThrough", "{}")]).replacen('{', r#"{"package":{"format":2},"#, 1);
        let desk = Desk::with(&[("own/manifest.json", &manifest), (&format!("own/{}", file.0), &file.1)]);
        desk.write("own/plugins/words.wasm", std::fs::read(root().join("tests/plugins/v1.wasm")).unwrap());
        desk.run(&["pack", "own", "-o", "own.rmpkg"]).out();
        let object = desk.run(&["run", "own.rmpkg", "--trust", "-i", "1", "--json"]).object();
        let error = |word| text(&object, &["error", word]);
        assert_eq!(error("code"), "PackageRejected", "{}", error("message"));
        assert!(error("message").contains(expected), "{}", error("message"));
    }
}

#[test]
fn a_wheel_for_this_very_python_is_used() {
    let desk = everything();
    let script = "
import os, sys, sysconfig
minor = sys.version_info.minor
platform = sysconfig.get_platform().replace('-', '_').replace('.', '_')
os.rename(sys.argv[1] + 'py3-none-any.whl', f'{sys.argv[1]}cp3{minor}-cp3{minor}-{platform}.whl')
";
    let prefix = desk.path("own/wheels/loud-1.0-");
    assert!(Command::new("python3").args(["-c", script]).arg(prefix).status().unwrap().success());
    desk.run(&["pack", "own", "-o", "own.rmpkg"]).out();
    ran(desk.run(&["run", "own.rmpkg", "--example", "-q", "--trust"]));
}

#[test]
fn a_module_of_the_user_beside_a_package_is_to_blame_for_itself() {
    let desk = everything();
    desk.write("bad.py", "import nothing_like_it\n");
    let run = ["run", "own.rmpkg", "--example", "-q", "--trust", "--nodes"];
    let object = desk.run(&[&run[..], &["bad.py", "--json"]].concat()).object();
    assert_eq!(text(&object, &["error", "code"]), "LoadFailed");
    desk.write("bad.py", "from remotemedia import node\n@node()\ndef mine(x):\n    return x\n");
    ran(desk.run(&[&run[..], &["bad.py"]].concat()));
}

#[test]
fn somebody_at_a_terminal_is_asked() {
    let desk = everything();
    let run = ["run", "own.rmpkg", "--example", "-q"];
    let agreed = terminal(&desk, 100, "y", &[], &run);
    assert!(agreed.code == 0 && agreed.stdout.contains("MINUTES.!!"), "{}", agreed.stdout);
    for shown in
        ["Node Types: AudioDecode, Whisper, Shout, WordCount", "Signature: unsigned", "Run it? [y/N]"]
    {
        assert!(agreed.stdout.contains(shown), "{shown} is not in {}", agreed.stdout);
    }
    let declined = terminal(&desk, 100, "n", &[], &run);
    assert!(declined.code == 1 && !declined.stdout.contains("MINUTES"), "{}", declined.stdout);
}

#[test]
fn built_in_python_nodes_of_a_package_run_unasked() {
    let manifest = chain(&[("TextProcessorNode", r#"{"operations":["uppercase"]}"#)]);
    let desk = Desk::with(&[("text.json", &manifest)]);
    desk.run(&["pack", "text.json", "-o", "text.rmpkg"]).out();
    let object = desk.run(&["run", "text.rmpkg", "-i", "\"straße\""]).object();
    assert_eq!(text(&object, &["results", "uppercase"]), "STRASSE");
}

#[test]
fn nodes_of_the_user_need_no_consent() {
    let source = "from remotemedia import node\n\n@node()\ndef twice(x):\n    return x * 2\n";
    let desk =
        Desk::with(&[("twice.py", source), ("twice.json", &chain(&[("twice", "{}"), ("WordCount", "{}")]))]);
    desk.write("words.wasm", std::fs::read(root().join("tests/plugins/v1.wasm")).unwrap());
    let nodes = ["--nodes", "twice.py", "--nodes", "words.wasm"];
    let out = desk.run(&[&["run", "twice.json", "-q", "-i", "\"a b \""], &nodes[..]].concat()).out();
    assert_eq!(out, "\"a\"\n\"b\"\n\"a\"\n\"b\"\n{\"a\":2,\"b\":2}\n");
    desk.run(&[&["validate", "twice.json"], &nodes[..]].concat()).out();
    let listed = desk.run(&[&["nodes"], &nodes[..]].concat()).out();
    assert!(listed.contains("\ntwice ") && listed.contains("\nWordCount "), "{listed}");
    desk.run(&["validate", "twice.json"]).failed(1, "Unknown node type: twice");
    desk.write("broken.py", "import nothing_like_it\n");
    desk.run(&["nodes", "--nodes", "broken.py"]).failed(1, "nothing_like_it");
    desk.write("broken.wasm", b"\0asm\x01\0\0\0");
    desk.run(&["nodes", "--nodes", "broken.wasm"]).failed(1, "the plugin broken.wasm");
}

#[test]
fn a_new_python_node_runs() {
    let desk = Desk::with(&[("count.json", &chain(&[("WordCount", r#"{"minimum":2}"#)]))]);
    desk.run(&["new", "node", "word-count", "--python"]).out();
    let run = ["run", "count.json", "--nodes", "word_count.py", "-i", "\"a small test\"", "-i", "\"more\""];
    assert_eq!(desk.run(&run).out(), "{\"words\":2,\"total\":2}\n{\"words\":1,\"total\":3}\n");
}

#[test]
fn a_python_node_that_raises_is_shown_with_its_traceback() {
    let source =
        "from remotemedia import node\n\n@node()\ndef look(x):\n    raise ValueError('no cats here')\n";
    let desk = Desk::with(&[("look.py", source), ("look.json", &chain(&[("look", "{}")]))]);
    let did = desk.run(&["run", "look.json", "--nodes", "look.py", "-i", "1"]);
    assert!(did.stderr.contains("Traceback (most recent call last)"), "{}", did.stderr);
    assert!(did.stderr.contains("[look.json:1:"), "{}", did.stderr);
    did.failed(1, "ValueError: no cats here");
}

#[test]
fn a_python_that_is_not_there_is_named() {
    let desk = Desk::with(&[("text.json", &chain(&[("TextProcessorNode", "{}")]))]);
    desk.run(&["run", "text.json", "-i", "1", "--python", "no-such-python"]).failed(1, "no-such-python");
}

#[test]
fn an_interrupt_lets_python_nodes_clean_up() {
    let source = "
import time
from remotemedia import Node

class Long(Node):
    def process(self, data):
        open('began', 'w').close()
        while True:
            time.sleep(0.01)

    def cleanup(self):
        open('cleaned', 'w').close()
";
    let desk = Desk::with(&[("long.py", source), ("long.json", &chain(&[("Long", "{}")]))]);
    assert!(Command::new("mkfifo").arg(desk.path("began")).status().unwrap().success());
    let mut child = desk.start(&["run", "long.json", "--nodes", "long.py", "-i", "1", "--json"]);
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    // Whoever reads from this pipe waits until the node writes to it.
    std::fs::read(desk.path("began")).unwrap();
    let status = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(status.unwrap().success());
    let last = Value::from_json(&lines.last().unwrap().unwrap()).unwrap();
    assert_eq!(text(&last, &["error", "code"]), "Cancelled");
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(desk.path("cleaned").exists());
}
