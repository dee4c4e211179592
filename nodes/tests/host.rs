//! The node host against its contract, as `protocol` documents it.
#![allow(clippy::unwrap_used, reason = "a test that meets nothing where something must be has failed")]
use std::cell::Cell;

use nodes::{Node, NodeError, NodeHost, Outbox, Turn};
use protocol::{Code, FromHost, LogLevel, NodeIdx, RunId, ToHost, Unit, Value, WorkItem};

const RUN: RunId = RunId(7);
const A: NodeIdx = NodeIdx(0);
const B: NodeIdx = NodeIdx(1);

thread_local!(static NOW: Cell<f64> = const { Cell::new(0.0) });

/// Microseconds of a clock that only `Slow` moves.
fn clock() -> f64 {
    NOW.get()
}

/// `text` items are scripts: `emit N`, `more N`, `fail`, `log`, `progress`, `slow N` (microseconds); `told N` is
/// `more N` with progress, `long N` is `more N` with turns of 10 ms.
struct Scripted {
    /// Turns and outputs still due.
    left: i64,
    /// Microseconds of each of them.
    each: f64,
}

impl Scripted {
    fn act(&mut self, script: &str, out: &mut Outbox) -> Result<Turn, NodeError> {
        let (word, count) = script.split_once(' ').unwrap_or((script, "1"));
        let count: i64 = count.parse().unwrap();
        match word {
            "emit" => (0..count).for_each(|i| out.emit(Value::Int(i))),
            "more" | "told" | "long" => {
                self.each = if word == "long" { 10_000.0 } else { 0.0 };
                if word == "told" {
                    out.progress(7.0, None, Unit::Items);
                }
                self.left = count;
                return Ok(Turn::More);
            }
            "fail" => return Err("no luck".into()),
            "refuse" => return Err(NodeError::new(Code::LimitExceeded, "too much")),
            "log" => out.log(LogLevel::Warn, "mind"),
            "progress" => (0..count).for_each(|i| out.progress(i as f64, None, Unit::Items)),
            "slow" => NOW.set(NOW.get() + count as f64),
            _ => return Err(format!("unknown word {word}").into()),
        }
        Ok(Turn::Done)
    }
}

impl Node for Scripted {
    fn process(&mut self, input: WorkItem, out: &mut Outbox) -> Result<Turn, NodeError> {
        self.act(input.value.as_text().unwrap(), out)
    }
    fn resume(&mut self, out: &mut Outbox) -> Result<Turn, NodeError> {
        out.emit(Value::Text(format!("resumed, {} left", self.left)));
        self.left -= 1;
        NOW.set(NOW.get() + self.each);
        Ok(if self.left == 0 { Turn::Done } else { Turn::More })
    }
    fn flush(&mut self, out: &mut Outbox) -> Result<Turn, NodeError> {
        out.emit(Value::Text("flushed".into()));
        Ok(Turn::Done)
    }
}

fn host() -> NodeHost {
    NodeHost::with_opener(clock, |kind, _| match kind {
        "Scripted" => Ok(Box::new(Scripted { left: 0, each: 0.0 })),
        other => Err(format!("not {other}").into()),
    })
}

fn open(host: &mut NodeHost, run: RunId, node: NodeIdx) {
    let params = Value::Map(Vec::new());
    let said = host.handle(ToHost::Open { run, node, id: "id".into(), kind: "Scripted".into(), params });
    assert_eq!(said, [FromHost::Opened { run, node }]);
}

fn give(host: &mut NodeHost, node: NodeIdx, scripts: &[&str]) {
    let item = |script: &&str| WorkItem { value: Value::Text((*script).into()), part: protocol::Part::WHOLE };
    let items = scripts.iter().map(item).collect();
    assert_eq!(host.handle(ToHost::Process { run: RUN, node, items }), []);
}

fn credit(host: &mut NodeHost, node: NodeIdx, outputs: u32, bytes: u64) {
    assert_eq!(host.handle(ToHost::Credit { run: RUN, node, outputs, bytes }), []);
}

/// What was said, in short.
fn show(said: Vec<FromHost>) -> String {
    let lines = said.into_iter().map(|said| match said {
        FromHost::Worked { node, outputs, done, .. } => {
            let outputs = outputs.iter().map(|it| format!("{}:{}", it.input, it.value.to_json()));
            format!("{} worked [{}] done {done}", node.0, outputs.collect::<Vec<_>>().join(" "))
        }
        FromHost::Flushed { node, .. } => format!("{} flushed", node.0),
        FromHost::Failed { node, fault, .. } => {
            format!("{} failed {} {} {}", node.0, fault.code, fault.stage.unwrap_or_default(), fault.message)
        }
        FromHost::Progress { node, done, .. } => format!("{} progress {done}", node.0),
        FromHost::Log { message, .. } => format!("log {message}"),
        FromHost::Closed { run } => format!("closed {}", run.0),
        other @ (FromHost::Opened { .. } | FromHost::Partial { .. } | FromHost::Load { .. }) => {
            format!("{other:?}")
        }
    });
    lines.collect::<Vec<_>>().join("; ")
}

/// One node, plenty of credit, these items, then a flush.
#[track_caller]
fn check(scripts: &[&str], expected: &str) {
    let mut host = host();
    open(&mut host, RUN, A);
    credit(&mut host, A, 1000, 1 << 40);
    give(&mut host, A, scripts);
    let mut said = host.step(1e6);
    host.handle(ToHost::Flush { run: RUN, node: A });
    while host.has_work() {
        let more = host.step(1e6);
        assert_ne!(more, [], "work without an answer");
        said.extend(more);
    }
    assert_eq!(show(said), expected);
}

#[test]
fn outputs_tell_their_input_and_travel_in_one_message() {
    check(
        &["emit", "emit 0", "emit 2"],
        "0 worked [0:0 2:0 2:1] done 3; 0 worked [0:\"flushed\"] done 0; 0 flushed",
    );
}

#[test]
fn a_node_that_has_more_is_resumed_before_the_next_input() {
    check(
        &["more 2", "emit"],
        "0 worked [0:\"resumed, 2 left\" 0:\"resumed, 1 left\" 1:0] done 2; 0 worked [0:\"flushed\"] done 0; 0 flushed",
    );
}

#[test]
fn what_a_node_says_is_passed_on_with_its_newest_progress() {
    check(
        &["log", "progress 3", "emit"],
        "log mind; 0 progress 2; 0 worked [2:0] done 3; 0 worked [0:\"flushed\"] done 0; 0 flushed",
    );
}

#[test]
fn progress_comes_before_the_word_that_its_item_is_done_and_after_those_before_it() {
    check(
        &["progress 3", "progress 5", "told 2"],
        "0 progress 7; 0 worked [2:\"resumed, 2 left\" 2:\"resumed, 1 left\"] done 3; \
         0 worked [0:\"flushed\"] done 0; 0 flushed",
    );
    let mut host = host();
    open(&mut host, RUN, A);
    credit(&mut host, A, 1, 1 << 40);
    give(&mut host, A, &["progress 3", "told 2"]);
    assert_eq!(show(host.step(1e6)), "0 progress 2; 0 worked [1:\"resumed, 2 left\"] done 1; 0 progress 7");
}

#[test]
fn a_failure_comes_after_what_was_done_before_it_and_ends_the_node() {
    check(&["emit", "fail", "emit"], "0 worked [0:0] done 1; 0 failed NodeFailed process no luck");
    check(&["refuse"], "0 worked [] done 0; 0 failed LimitExceeded process too much");
}

#[test]
fn a_node_without_credit_takes_no_turn_and_one_turn_may_overdraw() {
    let mut host = host();
    open(&mut host, RUN, A);
    give(&mut host, A, &["emit 3", "emit", "emit"]);
    assert!(!host.has_work());
    credit(&mut host, A, 2, 1000);
    assert_eq!(show(host.step(1e6)), "0 worked [0:0 0:1 0:2] done 1");
    assert!(!host.has_work());
    credit(&mut host, A, 1, 0);
    assert!(!host.has_work(), "the overdraft is not made up for yet");
    credit(&mut host, A, 1, 0);
    assert_eq!(show(host.step(1e6)), "0 worked [0:0] done 1");
    assert!(!host.has_work());
}

#[test]
fn credit_is_counted_in_bytes_too() {
    let mut host = host();
    open(&mut host, RUN, A);
    give(&mut host, A, &["emit", "emit", "emit"]);
    credit(&mut host, A, 100, 17);
    assert_eq!(show(host.step(1e6)), "0 worked [0:0 1:0] done 2");
    assert!(!host.has_work());
}

#[test]
fn a_flush_asked_for_early_waits_for_the_items_and_for_credit() {
    let mut host = host();
    open(&mut host, RUN, A);
    give(&mut host, A, &["more 1", "emit"]);
    host.handle(ToHost::Flush { run: RUN, node: A });
    credit(&mut host, A, 2, 1000);
    assert_eq!(show(host.step(1e6)), "0 worked [0:\"resumed, 1 left\" 1:0] done 2");
    assert!(!host.has_work());
    credit(&mut host, A, 1, 0);
    assert_eq!(show(host.step(1e6)), "0 worked [0:\"flushed\"] done 0; 0 flushed");
    assert!(!host.has_work());
}

#[test]
fn nodes_share_a_step_and_a_step_ends_when_its_time_is_over() {
    let mut host = host();
    for node in [A, B] {
        open(&mut host, RUN, node);
        credit(&mut host, node, 100, 1000);
        give(&mut host, node, &["slow 300", "slow 300", "emit"]);
    }
    assert_eq!(show(host.step(400.0)), "0 worked [] done 1; 1 worked [] done 1");
    assert_eq!(show(host.step(100.0)), "0 worked [] done 1");
    assert_eq!(show(host.step(1e6)), "1 worked [1:0] done 2; 0 worked [0:0] done 1");
    assert!(!host.has_work());
}

#[test]
fn long_turns_are_timed_one_by_one_however_quick_those_before_them_were() {
    let mut host = host();
    open(&mut host, RUN, A);
    credit(&mut host, A, 1000, 1 << 40);
    give(&mut host, A, &["emit 0"; 500]);
    host.step(8000.0);
    give(&mut host, A, &["long 3"]);
    for left in [3, 2] {
        assert_eq!(
            show(host.step(8000.0)),
            format!("0 worked [0:\"resumed, {left} left\"] done 0"),
            "mail is read after 10 ms"
        );
    }
    assert_eq!(show(host.step(8000.0)), "0 worked [0:\"resumed, 1 left\"] done 1");
}

#[test]
fn busy_time_is_the_time_of_the_turns() {
    let mut host = host();
    open(&mut host, RUN, A);
    credit(&mut host, A, 100, 1000);
    give(&mut host, A, &["slow 300", "slow 5"]);
    let said = host.step(1e6);
    let [FromHost::Worked { busy_us, done, .. }] = &said[..] else { panic!("{said:?}") };
    assert_eq!((*busy_us, *done), (305, 2));
}

#[test]
fn close_drops_the_nodes_of_its_run_only_and_late_messages_are_ignored() {
    let (mut host, other) = (host(), RunId(8));
    open(&mut host, RUN, A);
    open(&mut host, other, A);
    credit(&mut host, A, 100, 1000);
    give(&mut host, A, &["emit"]);
    host.handle(ToHost::Credit { run: other, node: A, outputs: 9, bytes: 999 });
    assert_eq!(show(host.handle(ToHost::Close { run: RUN })), "closed 7");
    assert!(!host.has_work());
    give(&mut host, A, &["emit"]);
    assert!(!host.has_work());
    host.handle(ToHost::Flush { run: other, node: A });
    assert_eq!(show(host.step(1e6)), "0 worked [0:\"flushed\"] done 0; 0 flushed");
    assert_eq!(show(host.handle(ToHost::Close { run: RunId(99) })), "closed 99");
}

#[test]
fn a_node_that_cannot_be_opened_fails_with_the_reason() {
    let params = Value::Map(Vec::new());
    let said =
        host().handle(ToHost::Open { run: RUN, node: A, id: "x".into(), kind: "Nonsense".into(), params });
    assert_eq!(show(said), "0 failed NodeFailed open not Nonsense");
}

#[test]
#[ignore = "a benchmark: prints nanoseconds"]
fn numbers_through_two_light_nodes() {
    thread_local!(static START: std::time::Instant = std::time::Instant::now());
    let mut host = NodeHost::new(|| START.with(|start| start.elapsed().as_secs_f64() * 1e6));
    for (node, kind) in [(A, "MultiplyNode"), (B, "AddNode")] {
        let (id, params) = ("n".into(), Value::map([("factor", Value::Int(2)), ("addend", Value::Int(10))]));
        host.handle(ToHost::Open { run: RUN, node, id, kind: kind.into(), params });
        credit(&mut host, node, u32::MAX, 1 << 60);
    }
    for _ in 0..5 {
        let start = std::time::Instant::now();
        let (mut next, mut results) = (0, 0);
        while results < 100_000 {
            let item = |x| WorkItem { value: Value::Int(x), part: protocol::Part::WHOLE };
            if next < 100_000 {
                let items = (next..next + 1000).map(item).collect();
                host.handle(ToHost::Process { run: RUN, node: A, items });
                next += 1000;
            }
            for said in host.step(1000.0) {
                let FromHost::Worked { node, outputs, .. } = said else { continue };
                if node == B {
                    results += outputs.len();
                } else {
                    let items =
                        outputs.into_iter().map(|it| WorkItem { value: it.value, part: it.part }).collect();
                    host.handle(ToHost::Process { run: RUN, node: B, items });
                }
            }
        }
        println!("{:.1} ns per item and node", start.elapsed().as_nanos() as f64 / 200_000.0);
    }
}
