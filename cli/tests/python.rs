//! Python nodes in a real Python: what it does, and what becomes of it.
#![cfg(feature = "native")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use cli::python::{Options, Python};
use cli::{Executor, Inputs, options};
use protocol::{Code, Fault, RunEvent, RunOptions, Value};
use tempfile::TempDir;

/// A module, and a Python that knows it.
struct Bench {
    _folder: TempDir,
    executor: Executor,
    events: Vec<RunEvent>,
}

impl Bench {
    fn new(source: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("mine.py"), source).unwrap();
        let python = Python::new(knowing(folder.path())).unwrap();
        let mut executor = Executor::new();
        executor.learn(python.kinds().unwrap());
        python.serve(&mut executor);
        Bench { _folder: folder, executor, events: Vec::new() }
    }

    fn run_with(
        &mut self,
        nodes: &[(&str, &str)],
        inputs: &[Value],
        options: RunOptions,
    ) -> Result<Vec<Value>, Fault> {
        let manifest = chain(nodes);
        let events = &mut self.events;
        let mut hear = |event: &RunEvent| events.push(event.clone());
        let inputs = Inputs::from_values(inputs.to_vec());
        self.executor.run(&manifest, None, inputs, options, &mut hear).map(|(outputs, _)| outputs)
    }

    fn run(&mut self, nodes: &[(&str, &str)], inputs: &[Value]) -> Result<Vec<Value>, Fault> {
        self.run_with(nodes, inputs, options())
    }

    fn logs(&self) -> Vec<&str> {
        self.events.iter().filter_map(log).collect()
    }
}

fn knowing(folder: &Path) -> Options {
    Options { paths: vec![folder.into()], ..Options::default() }
}

/// A manifest of nodes in a row, each its id and its type.
fn chain(nodes: &[(&str, &str)]) -> String {
    let text = |it: &str| Value::Text(it.into());
    let made = nodes.iter().map(|(id, kind)| Value::map([("id", text(id)), ("node_type", text(kind))]));
    let ids = nodes.windows(2).map(|pair| Value::map([("from", text(pair[0].0)), ("to", text(pair[1].0))]));
    Value::map([
        ("version", text("v1")),
        ("nodes", Value::List(made.collect())),
        ("connections", Value::List(ids.collect())),
    ])
    .to_json()
}

fn json(text: &str) -> Vec<Value> {
    Value::from_json(text).unwrap().items().unwrap()
}

const NODES: &str = r#"
import asyncio, ctypes, os, subprocess, sys, time
from remotemedia import Node, Piece, node

class Same(Node):
    def process(self, data):
        return data

class Several(Node):
    def process(self, data):
        for i in range(data):
            yield i

class Late(Node):
    async def initialize(self):
        await asyncio.sleep(0.01)
        self.kept = []

    async def process(self, data):
        await asyncio.sleep(0.001)
        self.kept.append(data)
        yield data * 2

    async def flush(self):
        await asyncio.sleep(0.001)
        return {"kept": self.kept}

    async def cleanup(self):
        await asyncio.sleep(0.001)
        self.log("cleaned up")

class Noisy(Node):
    def process(self, data):
        print("printed")
        os.write(1, b"\x00\x01raw bytes")
        sys.__stdout__.write("past the log")
        sys.__stdout__.flush()
        subprocess.run([sys.executable, "-c", "print('from a child')"], check=True)
        return sys.stdin.read() if sys.stdin else ""

class Fails(Node):
    def process(self, data):
        raise ValueError(f"not {data}")

    def cleanup(self):
        self.log("cleaned up")

class Large(Node):
    def process(self, data):
        return {"text": "x" * data, "numbers": [0.5] * (data // 8)}

class Loops(Node):
    def process(self, data):
        while True:
            pass

class Stubborn(Node):
    def process(self, data):
        while True:
            try:
                while True:
                    time.sleep(0.01)
            except BaseException:
                pass

class Heeds(Node):
    def process(self, data):
        self.folder = data
        open(data + "/begun", "x").close()
        while True:
            pass

    def cleanup(self):
        open(self.folder + "/cleaned", "x").close()

class Speaks(Node):
    def process(self, data):
        self.log("listen")
        while not os.path.exists(data):
            time.sleep(0.001)
        return "heard"

class Exits(Node):
    def process(self, data):
        os.write(2, b"farewell")
        os._exit(3)

class Crashes(Node):
    def process(self, data):
        ctypes.string_at(0)

@node("größe")
def size(it):
    return len(it)
"#;

fn log(event: &RunEvent) -> Option<&str> {
    match event {
        RunEvent::Log { message, .. } => Some(message.as_str()),
        _ => None,
    }
}

#[test]
fn built_in_nodes_give_what_they_give_elsewhere() {
    let outputs = Bench::new("").run(&[("text", "TextProcessorNode")], &json(r#"["ab", {"text": "x y"}]"#));
    let expected = json(
        r#"[{"original_text":"ab","results":{"uppercase":"AB"},"processed_by":"TextProcessorNode[text]"},
            {"original_text":"x y","results":{"uppercase":"X Y"},"processed_by":"TextProcessorNode[text]"}]"#,
    );
    assert_eq!(outputs.unwrap(), expected);
    let outputs = Bench::new("").run(&[("it", "DataTransformNode")], &json(r#"[1, "a"]"#));
    assert_eq!(outputs.unwrap(), json(r#"[1, "a"]"#));
}

#[test]
fn generators_coroutines_and_ids_of_any_letters() {
    let mut bench = Bench::new(NODES);
    let outputs = bench.run(&[("a", "Several"), ("Müller 😀 \"';", "Late")], &json("[2, 3]")).unwrap();
    assert_eq!(outputs, json(r#"[0, 2, 0, 2, 4, {"kept": [0, 1, 0, 1, 2]}]"#));
    assert_eq!(bench.logs(), ["cleaned up"]);
    assert_eq!(bench.run(&[("a", "größe")], &json(r#"["äöü"]"#)).unwrap(), json("[3]"));
}

#[test]
fn rust_and_python_work_on_the_same_items() {
    let mut bench = Bench::new(NODES);
    let items: Vec<_> = (0..5000).map(Value::Int).collect();
    let nodes = [("a", "MultiplyNode"), ("b", "Same"), ("c", "MultiplyNode"), ("d", "Same")];
    let expected: Vec<_> = (0..5000).map(|it| Value::Int(it * 4)).collect();
    assert_eq!(bench.run(&nodes, &items).unwrap(), expected);
}

#[test]
fn what_is_printed_never_gets_between_the_frames() {
    let mut bench = Bench::new(NODES);
    assert_eq!(bench.run(&[("a", "Noisy")], &json("[1, 2]")).unwrap(), json(r#"["", ""]"#));
    assert_eq!(bench.logs(), ["printed", "printed"]);
}

#[test]
fn a_large_output_comes_whole() {
    let outputs = Bench::new(NODES).run(&[("a", "Large")], &[Value::Int(16 << 20)]).unwrap();
    assert_eq!(outputs[0].get("text").unwrap().as_text().unwrap().len(), 16 << 20);
    assert_eq!(outputs[0].get("numbers").unwrap().items().unwrap().len(), 2 << 20);
}

#[test]
fn an_exception_is_told_with_its_place_and_cleanup_follows() {
    let mut bench = Bench::new(NODES);
    let fault = bench.run(&[("bad", "Fails")], &json("[7]")).unwrap_err();
    assert_eq!((fault.code, fault.node.as_deref()), (Code::NodeFailed, Some("bad")));
    assert!(fault.message.contains("ValueError: not 7"), "{}", fault.message);
    let traceback = fault.traceback.unwrap();
    assert!(traceback.contains("mine.py\", line") && traceback.contains("raise ValueError"), "{traceback}");
    assert_eq!(bench.logs(), ["cleaned up"]);
}

#[track_caller]
fn check_lost(kind: &str, words: &[&str]) {
    let mut bench = Bench::new(NODES);
    let fault = bench.run(&[("a", kind)], &json("[1]")).unwrap_err();
    assert_eq!((fault.code, fault.node.as_deref()), (Code::WorkerCrashed, Some("a")), "{fault:?}");
    assert!(words.iter().all(|word| fault.message.contains(word)), "{}", fault.message);
    // The next run has a process of its own.
    assert_eq!(bench.run(&[("a", "Same")], &json("[1]")).unwrap(), json("[1]"));
}

#[test]
fn a_process_that_ends_is_missed_with_its_last_words() {
    check_lost("Exits", &["Python ended in mid-run (exit status: 3)", "farewell"]);
    check_lost("Crashes", &["SIGSEGV", "mine.py", "in process"]);
}

#[test]
fn nothing_holds_up_the_end_of_a_run() {
    for kind in ["Loops", "Stubborn"] {
        let begun = Instant::now();
        let limited = RunOptions { timeout_ms: Some(300), ..options() };
        let fault = Bench::new(NODES).run_with(&[("a", kind)], &json("[1]"), limited).unwrap_err();
        assert_eq!(fault.code, Code::TimedOut, "{kind}");
        // Far more than it takes, and far less than for ever.
        assert!(begun.elapsed() < Duration::from_secs(60));
    }
}

#[test]
fn a_cancelled_node_is_interrupted_and_cleans_up() {
    let mut bench = Bench::new(NODES);
    let folder = tempfile::tempdir().unwrap();
    let (begun, cleaned) = (folder.path().join("begun"), folder.path().join("cleaned"));
    let cancel = bench.executor.cancel();
    thread::spawn(move || {
        while !begun.exists() {
            thread::yield_now();
        }
        cancel.cancel();
    });
    let item = Value::Text(folder.path().to_str().unwrap().into());
    let fault = bench.run(&[("a", "Heeds")], &[item]).unwrap_err();
    assert_eq!(fault.code, Code::Cancelled);
    assert!(cleaned.exists());
}

#[test]
fn what_a_node_says_is_heard_while_it_works() {
    let mut bench = Bench::new(NODES);
    let folder = tempfile::tempdir().unwrap();
    let answer = folder.path().join("answer");
    let item = Value::Text(answer.to_str().unwrap().into());
    let mut hear = |event: &RunEvent| {
        if log(event) == Some("listen") {
            fs::write(&answer, "").unwrap();
        }
    };
    // So that it fails, and does not wait, if nobody hears.
    let limited = RunOptions { timeout_ms: Some(60_000), ..options() };
    let inputs = Inputs::from_values([item]);
    let run = bench.executor.run(&chain(&[("a", "Speaks")]), None, inputs, limited, &mut hear);
    assert_eq!(run.unwrap().0, json(r#"["heard"]"#));
}

#[track_caller]
fn check_start(options: Options, code: Code, words: &[&str]) {
    let fault = Python::new(options).unwrap().kinds().unwrap_err();
    assert_eq!((fault.code, fault.stage.as_deref()), (code, Some("start")), "{fault:?}");
    assert!(words.iter().all(|word| fault.message.contains(word)), "{}", fault.message);
}

#[test]
fn a_python_that_cannot_serve_says_what_to_do() {
    let program = |it: &str| Options { program: it.into(), ..Options::default() };
    check_start(
        program("no-such-python"),
        Code::StartFailed,
        &["there is no `no-such-python`", "install it"],
    );
    check_start(program("false"), Code::StartFailed, &["`false` cannot serve Python nodes", "Python 3.9"]);
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("bad.py"), "import no_such_module").unwrap();
    check_start(knowing(folder.path()), Code::LoadFailed, &["no_such_module"]);
    fs::write(folder.path().join("bad.py"), "while True: pass").unwrap();
    let hasty = Options { patience: Duration::from_millis(500), ..knowing(folder.path()) };
    check_start(hasty, Code::StartFailed, &["has not told its nodes"]);
}

#[test]
fn modules_of_a_folder_import_each_other_and_libraries() {
    let folder = tempfile::tempdir().unwrap();
    let [own, other] = ["own", "other"].map(|name| folder.path().join(name));
    fs::create_dir_all(own.join("helpers")).unwrap();
    fs::create_dir_all(&other).unwrap();
    fs::write(own.join("helpers/tool.py"), "def twice(x): return 2 * x").unwrap();
    fs::write(own.join("shared.py"), "K = 100").unwrap();
    fs::write(other.join("lib.py"), "def more(x): return x + 1").unwrap();
    let source = "\
from helpers.tool import twice
from shared import K
from lib import more
from remotemedia import node

@node()
def sum_up(x):
    return more(twice(x)) + K
";
    fs::write(own.join("nodes.py"), source).unwrap();
    let python = Python::new(Options { libraries: vec![other], ..knowing(&own) }).unwrap();
    let mut executor = Executor::new();
    executor.learn(python.kinds().unwrap());
    python.serve(&mut executor);
    let inputs = Inputs::from_values(json("[5]"));
    let run = executor.run(&chain(&[("a", "sum_up")]), None, inputs, options(), &mut |_| {});
    assert_eq!(run.unwrap().0, json("[111]"));
}
