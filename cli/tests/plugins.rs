//! Plugins in pipelines: one that was built once and must work for ever, and those that mean no good.
#![cfg(feature = "native")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod support;

use std::io::{BufRead, BufReader};
use std::process::Command;

use cli::plugin::{Plugin, PluginHost, PluginLimits};
use cli::{Cancel, Executor, Host, Inputs, Stop};
use node_abi::{FromGuest, Kind, Level, Output, Part, State, encode};
use protocol::{Audio, Buffer, Code, Fault, FromHost, HostKind, RunEvent, RunOptions, ToHost, Value};
use support::Desk;

/// Built on the day v1 was frozen.
const V1: &[u8] = include_bytes!("../../tests/plugins/v1.wasm");

fn executor(name: &str, wasm: &[u8], limits: PluginLimits) -> Result<Executor, Fault> {
    let plugin = Plugin::load(name, wasm, limits)?;
    let mut executor = Executor::new();
    executor.learn(plugin.kinds(0)?);
    executor.host_with(HostKind::Plugin(0), plugin.maker());
    Ok(executor)
}

fn v1() -> Executor {
    executor("v1.wasm", V1, PluginLimits::default()).unwrap()
}

/// A chain of nodes: kind and parameters.
fn chain(nodes: &[(&str, &str)]) -> String {
    let node = |(at, (kind, params)): (usize, &(&str, &str))| {
        format!("{{\"id\":\"n{at}\",\"node_type\":\"{kind}\",\"params\":{params}}}")
    };
    let links = (1..nodes.len()).map(|to| format!("{{\"from\":\"n{}\",\"to\":\"n{to}\"}}", to - 1));
    format!(
        "{{\"version\":\"v1\",\"nodes\":[{}],\"connections\":[{}]}}",
        nodes.iter().enumerate().map(node).collect::<Vec<_>>().join(","),
        links.collect::<Vec<_>>().join(",")
    )
}

fn run(
    executor: &mut Executor,
    manifest: &str,
    inputs: Vec<Value>,
) -> (Result<Vec<Value>, Fault>, Vec<RunEvent>) {
    let mut events = Vec::new();
    let inputs = Inputs::from_values(inputs);
    let result = executor
        .run(manifest, None, inputs, cli::options(), &mut |event| events.push(event.clone()))
        .map(|(outputs, _)| outputs);
    (result, events)
}

fn texts(texts: &[&str]) -> Vec<Value> {
    texts.iter().map(|it| Value::Text((*it).into())).collect()
}

#[test]
fn a_plugin_of_the_first_day_works_among_built_in_nodes() {
    let manifest = chain(&[("PassThrough", "{}"), ("WordCount", "{}"), ("Echo", "{}")]);
    let (outputs, events) = run(&mut v1(), &manifest, texts(&["to be or", "", "not to be"]));
    let inputs: Vec<_> = outputs.unwrap().iter().map(|it| it.get("input").unwrap().to_json()).collect();
    let words = ["to", "be", "or", "not", "to", "be"].map(|it| format!("{it:?}"));
    assert_eq!(inputs[..6], words);
    assert_eq!(inputs[6..], ["{\"be\":2,\"not\":1,\"or\":1,\"to\":2}"]);
    assert!(
        events.iter().any(|it| matches!(it, RunEvent::Log { message, .. } if message == "4 different words"))
    );
    assert!(events.iter().any(|it| matches!(it, RunEvent::Partial { node, .. } if node == "n1")));
}

#[test]
fn sound_goes_through_a_plugin_in_parts() {
    let samples: Vec<f32> = (0..480_000).map(|i| (i as f32 / 7.0).sin() / 2.0).collect();
    let sound = |samples| {
        Value::Audio(Audio { sample_rate: 48_000, channels: 1, samples: Buffer::from_f32(samples) })
    };
    let manifest = chain(&[("Gain", "{\"factor\":0.5}"), ("PassThrough", "{}")]);
    let (outputs, _) = run(&mut v1(), &manifest, vec![sound(samples.clone())]);
    assert_eq!(outputs.unwrap(), [sound(samples.iter().map(|it| it * 0.5).collect())]);
    let resampled = chain(&[("AudioResample", "{\"sample_rate\":16000}"), ("Gain", "{\"factor\":3}")]);
    let (outputs, _) = run(&mut v1(), &resampled, vec![sound(samples)]);
    let [Value::Audio(audio)] = &outputs.unwrap()[..] else { panic!("one recording comes out as one") };
    assert_eq!((audio.sample_rate, audio.samples.size()), (16_000, 4 * 160_000));
}

#[test]
fn a_plugins_parameters_are_checked_and_its_errors_carry_the_nodes_name() {
    let mut executor = v1();
    let problems = executor.validate(&chain(&[("Gain", "{\"factor\":\"loud\"}")]), None);
    assert!(problems[0].message.contains("`factor`"), "{problems:?}");
    let (result, _) = run(&mut executor, &chain(&[("Gain", "{}")]), texts(&["no sound"]));
    let fault = result.unwrap_err();
    assert_eq!((fault.code, fault.node.as_deref()), (Code::InvalidInput, Some("n0")));
    assert_eq!(fault.message, "is text, expected audio");
}

#[test]
fn each_run_has_an_instance_of_its_own() {
    let mut executor = v1();
    for _ in 0..3 {
        let (outputs, _) = run(&mut executor, &chain(&[("WordCount", "{}")]), texts(&["a"]));
        assert_eq!(outputs.unwrap()[1].to_json(), "{\"a\":1}");
    }
}

/// A plugin that answers as it should, but for `turn`, which is text of a function's body.
fn hostile(turn: &str) -> Vec<u8> {
    let kind = Kind {
        name: "Hostile".into(),
        aliases: vec![],
        description: String::new(),
        params: String::new(),
        inputs: vec!["any".into()],
        outputs: vec!["any".into()],
        streaming: false,
    };
    let output = Output { input: 7, part: Part::WHOLE, value: node_abi::Value::Null };
    let frames = [
        FromGuest::Hello { capabilities: vec![], kinds: vec![kind] },
        FromGuest::Opened,
        FromGuest::Closed,
        FromGuest::Worked { outputs: vec![output], done: 1, state: State::Idle },
        FromGuest::Log { node: None, level: Level::Info, message: "x".repeat(4000) },
    ];
    let frames = frames.map(|frame| encode(&frame).unwrap());
    let data: String = frames
        .iter()
        .enumerate()
        .map(|(i, frame)| {
            let bytes: String = frame.iter().map(|byte| format!("\\{byte:02x}")).collect();
            format!("(data (i32.const {}) \"{bytes}\")\n", i * 256)
        })
        .collect();
    let answer = |i: usize| format!("(i64.const {})", (i as u64 * 256) << 32 | frames[i].len() as u64);
    let [hello, opened, closed, foreign] = [0, 1, 2, 3].map(answer);
    wat(&format!(
        "(module
          (import \"remotemedia_v1\" \"say\" (func $say (param i32 i32)))
          (memory (export \"memory\") 1 2)
          {data}
          (func $deep (param i32) (result i32)
            (i32.add (call $deep (local.get 0)) (i32.const 1)))
          (func (export \"rm_abi_v1_alloc\") (param i32) (result i32) (i32.const 8192))
          (func (export \"rm_abi_v1_call\") (param $at i32) (param $len i32) (result i64)
            (local $what i32)
            (local.set $what (i32.load8_u offset=1 (local.get $at)))
            (if (i32.eq (local.get $what) (i32.const 0)) (then (return {hello})))
            (if (i32.eq (local.get $what) (i32.const 1)) (then (return {opened})))
            (if (i32.eq (local.get $what) (i32.const 4)) (then (return {closed})))
            {turn}))",
        turn = turn
            .replace("FOREIGN", &foreign)
            .replace("LOG", &format!("(i32.const 1024) (i32.const {})", frames[4].len()))
    ))
}

fn wat(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap()
}

#[track_caller]
fn fails(turn: &str, code: Code, expected: &str) {
    let limits = PluginLimits { fuel: 1_000_000, ..PluginLimits::default() };
    let mut executor = executor("hostile.wasm", &hostile(turn), limits).unwrap();
    let (result, _) = run(&mut executor, &chain(&[("PassThrough", "{}"), ("Hostile", "{}")]), texts(&["x"]));
    let fault = result.unwrap_err();
    assert_eq!((fault.code, fault.node.as_deref()), (code, Some("n1")), "{fault:?}");
    assert!(fault.message.contains(expected), "found {:?}, expected {expected:?}", fault.message);
    // The executor goes on with other runs.
    let (result, _) = run(&mut executor, &chain(&[("PassThrough", "{}")]), texts(&["x"]));
    assert_eq!(result.unwrap(), texts(&["x"]));
}

#[test]
fn an_endless_loop_runs_out_of_fuel() {
    fails(ENDLESS, Code::TimedOut, "more than 1000000 instructions for one turn");
}

/// A turn that does not come back.
const ENDLESS: &str = "(loop $on (br $on)) (unreachable)";
/// More instructions than a test has time for.
const TIRELESS: PluginLimits = PluginLimits { memory: 1 << 28, fuel: u64::MAX, slice: 5_000_000 };

fn endless() -> Executor {
    executor("hostile.wasm", &hostile(ENDLESS), TIRELESS).unwrap()
}

#[test]
fn a_time_limit_ends_a_turn_that_does_not_come_back() {
    let (mut executor, inputs) = (endless(), Inputs::from_values(texts(&["x"])));
    let manifest = chain(&[("PassThrough", "{}"), ("Hostile", "{}")]);
    let limited = RunOptions { timeout_ms: Some(50), ..cli::options() };
    let fault = executor.run(&manifest, None, inputs, limited, &mut |_| {}).unwrap_err();
    assert_eq!((fault.code, fault.node.as_deref()), (Code::TimedOut, Some("n1")), "{fault:?}");
    assert!(fault.message.contains("the run was not done after"), "{}", fault.message);
}

/// A plugin whose run is cancelled as soon as it works.
struct Cancelled(PluginHost, Cancel);

impl Host for Cancelled {
    fn handle(&mut self, message: ToHost) -> Vec<FromHost> {
        self.0.handle(message)
    }
    fn step(&mut self) -> Vec<FromHost> {
        self.1.cancel();
        self.0.step()
    }
    fn has_work(&self) -> bool {
        self.0.has_work()
    }
    fn watch(&mut self, stop: Stop) {
        self.0.watch(stop);
    }
}

#[test]
fn a_cancel_ends_a_turn_that_does_not_come_back_and_the_executor_goes_on() {
    let mut executor = endless();
    let cancel = executor.cancel();
    let plugin = Plugin::load("hostile.wasm", &hostile(ENDLESS), TIRELESS).unwrap();
    executor.host_with(
        HostKind::Plugin(0),
        Box::new(move |_| Ok(Box::new(Cancelled(plugin.host()?, cancel.clone())))),
    );
    let manifest = chain(&[("PassThrough", "{}"), ("Hostile", "{}")]);
    let (result, _) = run(&mut executor, &manifest, texts(&["x"]));
    assert_eq!(result.unwrap_err().code, Code::Cancelled);
    executor.cancel().clear();
    let (result, _) = run(&mut executor, &chain(&[("PassThrough", "{}")]), texts(&["x"]));
    assert_eq!(result.unwrap(), texts(&["x"]));
}

/// A desk with an endless node, and what runs it.
fn desk() -> (Desk, [&'static str; 6]) {
    let desk = Desk::with(&[("endless.json", &chain(&[("PassThrough", "{}"), ("Hostile", "{}")]))]);
    desk.write("hostile.wasm", hostile(ENDLESS));
    (desk, ["run", "endless.json", "--nodes", "hostile.wasm", "--json", "--input=1"])
}

#[test]
fn the_command_ends_an_endless_node_by_its_time_limit() {
    let (desk, run) = desk();
    let lines = desk.run(&[&run[..], &["--timeout", "0.2"]].concat()).lines();
    let error = |word| support::text(lines.last().unwrap(), &["error", word]);
    assert_eq!((error("code"), error("node")), ("TimedOut", "n1"));
    assert!(error("message").contains("the run was not done after"), "{}", error("message"));
}

#[cfg(unix)]
#[test]
fn an_interrupt_ends_an_endless_node() {
    let (desk, run) = desk();
    let mut child = desk.start(&run);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    while !lines.next().unwrap().unwrap().contains("\"started\"") {}
    let status = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(status.unwrap().success());
    let last = Value::from_json(&lines.last().unwrap().unwrap()).unwrap();
    assert_eq!(support::text(&last, &["error", "code"]), "Cancelled");
    assert_eq!(child.wait().unwrap().code(), Some(130));
}

#[test]
fn a_turn_in_a_thousand_slices_gives_what_it_gives_in_one() {
    let manifest = chain(&[("WordCount", "{}")]);
    let inputs = texts(&["to be or not to be", "that is the question"]);
    let (whole, _) = run(&mut v1(), &manifest, inputs.clone());
    let limits = PluginLimits { slice: 10, ..PluginLimits::default() };
    let (sliced, _) = run(&mut executor("v1.wasm", V1, limits).unwrap(), &manifest, inputs);
    assert_eq!(whole.unwrap(), sliced.unwrap());
}

#[test]
fn a_memory_hog_ends_with_its_maximum() {
    let hog = "(loop $on (br_if $on (i32.ne (memory.grow (i32.const 1)) (i32.const -1)))) (unreachable)";
    fails(hog, Code::OutOfMemory, "ran out of memory, at 131072 bytes");
}

#[test]
fn traps_and_endless_recursion_fail_by_name() {
    // Full memory is taken for the cause of a trap, so this one has room left.
    fails(
        "(drop (i32.div_u (i32.const 1) (i32.const 0))) (i64.const 0)",
        Code::NodeFailed,
        "trapped: integer divide",
    );
    fails(
        "(drop (call $deep (i32.const 0))) (i64.const 0)",
        Code::NodeFailed,
        "trapped: call stack exhausted",
    );
}

#[test]
fn wrong_answers_fail_by_name() {
    fails("(i64.const -1)", Code::NodeFailed, "answered from outside of its memory");
    fails("(i64.const 0)", Code::NodeFailed, "answered with an empty frame");
    fails("(i64.const 0x300000000004)", Code::NodeFailed, "answered with a frame of node ABI version 0");
    fails("FOREIGN", Code::NodeFailed, "gave an output for its input 7");
    fails(
        "(call $say (i32.const 0) (i32.const -1)) (i64.const 0)",
        Code::NodeFailed,
        "from outside of its memory",
    );
    let flood = "(loop $on (call $say LOG) (br $on)) (unreachable)";
    fails(flood, Code::NodeFailed, "said too much in one turn");
}

#[test]
fn modules_that_want_more_than_they_may_are_refused_before_they_run() {
    #[track_caller]
    fn refused(text: &str, expected: &str) {
        let Err(fault) = Plugin::load("bad.wasm", &wat(text), PluginLimits::default()) else {
            panic!("it was accepted")
        };
        assert_eq!(fault.code, Code::LoadFailed);
        assert!(fault.message.starts_with("the plugin bad.wasm "), "{}", fault.message);
        assert!(fault.message.contains(expected), "{}", fault.message);
    }
    refused("(module (import \"env\" \"fetch\" (func)))", "imports env.fetch");
    refused("(module (func $s) (start $s) (memory 1 1))", "start function");
    refused("(module (memory (export \"memory\") 1))", "no maximum of its memory");
    refused("(module (memory (export \"memory\") 1 65536))", "at most 268435456 are allowed");
    refused("(module (memory (export \"memory\") 1 2))", "does not export rm_abi_v1_alloc");
    // What is looked at is right; the code is not.
    let mut broken = hostile("(i64.const 0)");
    let code = broken.iter().rposition(|byte| *byte == 0x0b).unwrap();
    broken[code] = 0x1a;
    let fault = Plugin::load("bad.wasm", &broken, PluginLimits::default()).err().unwrap();
    assert!(fault.message.contains("cannot be compiled"), "{}", fault.message);
}

#[test]
#[ignore = "a benchmark: prints microseconds"]
fn items_through_a_plugin() {
    let mut executor = v1();
    for count in [1, 1000, 100_000] {
        for kind in ["PassThrough", "WordCount"] {
            let inputs = texts(&vec!["word"; count]);
            let begun = std::time::Instant::now();
            run(&mut executor, &chain(&[(kind, "{}")]), inputs).0.unwrap();
            let us = begun.elapsed().as_micros();
            println!("{count} items through {kind}: {us} µs, {:.2} µs each", us as f64 / count as f64);
        }
    }
}
