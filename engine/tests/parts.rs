//! Large items in parts: joined where they are wanted whole, in order, within limits.
#![allow(clippy::result_large_err, reason = "what a run ends with, as it is")]
mod support;

use engine::Event;
use protocol::{Code, Fault, Home, Limits, RunId, RunOptions, ToRuntime, Value};
use support::{Bench, Program, manifest, options};

#[track_caller]
fn run(nodes: &[Program], edges: &[(usize, usize)], options: RunOptions) -> Result<Vec<Value>, Fault> {
    let programs: Vec<_> = nodes.iter().map(|it| (*it, Home::Compute)).collect();
    let mut bench = Bench::new(&programs);
    let run = RunId(1);
    bench.event(Event::Page(ToRuntime::Start {
        run,
        manifest: manifest(nodes, edges),
        params: None,
        options,
        kinds: vec![],
    }));
    bench.push(run, &[3]);
    bench.event(Event::Page(ToRuntime::End { run }));
    let mut turn = 0;
    while bench.step(turn) {
        turn += 1;
    }
    bench.result(run).expect("the run ends")
}

fn list(n: usize) -> Value {
    Value::List(vec![Value::Int(3); n])
}

#[test]
fn sinks_and_plain_nodes_get_one_joined_value() {
    assert_eq!(run(&[Program::Parts(40)], &[], options(1)), Ok(vec![list(40)]));
    assert_eq!(run(&[Program::Parts(40), Program::Sum], &[(0, 1)], options(1)), Ok(vec![Value::Int(120)]));
    let through = [Program::Parts(40), Program::PassParts, Program::Sum];
    assert_eq!(run(&through, &[(0, 1), (1, 2)], options(1)), Ok(vec![Value::Int(120)]));
}

/// 0 gives parts to 1 (wants them whole) and 2 (passes them on); 3 must hear 1 before 2, but 1 speaks only when all
/// parts are there, so what 2 gives has to wait somewhere.
const DIAMOND: [Program; 4] = [Program::Parts(200), Program::Sum, Program::PassParts, Program::PassParts];
const EDGES: [(usize, usize); 4] = [(0, 1), (0, 2), (1, 3), (2, 3)];

#[test]
fn a_queue_that_the_order_needs_grows_instead_of_deadlocking() {
    assert_eq!(run(&DIAMOND, &EDGES, options(1)), Ok(vec![Value::Int(600), list(200)]));
}

#[test]
fn and_grows_to_the_byte_limit_only() {
    let limits = Limits { run_bytes: 2000, ..options(1).limits };
    let fault = run(&DIAMOND, &EDGES, RunOptions { limits, ..options(1) }).unwrap_err();
    assert_eq!(fault.code, Code::LimitExceeded);
    // Half of it is being joined for n1, half of it waits for n3: either may be the last straw.
    assert!(matches!(fault.node.as_deref(), Some("n1" | "n3")), "{fault}");
    assert!(fault.message.contains("at most 2000"), "{fault}");
}

#[test]
fn an_item_joined_beyond_its_limit_names_who_wanted_it_whole() {
    let limits = Limits { item_bytes: 500, ..options(4).limits };
    let fault =
        run(&[Program::Parts(40), Program::Sum], &[(0, 1)], RunOptions { limits, ..options(4) }).unwrap_err();
    assert_eq!((fault.code, fault.node.as_deref()), (Code::LimitExceeded, Some("n1")));
}
