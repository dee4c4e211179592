//! Random graphs, random scheduling, tiny queues: always what the naive interpreter says, never a deadlock.
mod support;

use engine::Event;
use proptest::prelude::*;
use protocol::{Home, RunId, ToRuntime};
use support::{Bench, Program, interpret, manifest, number, options};

fn program() -> impl Strategy<Value = Program> {
    prop_oneof![
        3 => (0..4i64).prop_map(Program::One),
        2 => (0..4u32).prop_map(Program::Many),
        1 => Just(Program::Many(30)),
        2 => (1..4u32).prop_map(Program::Filter),
        1 => Just(Program::Hold),
        1 => (0..3u32).prop_map(Program::Tail),
        1 => (1..6u32).prop_map(Program::Parts),
        1 => Just(Program::PassParts),
        1 => Just(Program::Sum),
    ]
}

/// Nodes with their homes, and edges that only lead forward.
fn graph() -> impl Strategy<Value = (Vec<Program>, Vec<(usize, usize)>)> {
    (2..8usize).prop_flat_map(|n| {
        let edges = proptest::collection::vec((0..n, 0..n), 0..(2 * n));
        (proptest::collection::vec(program(), n), edges).prop_map(|(nodes, edges)| {
            let forward = edges.into_iter().filter(|(a, b)| a != b).map(|(a, b)| (a.min(b), a.max(b)));
            (nodes, forward.collect())
        })
    })
}

fn home(i: usize, salt: usize) -> Home {
    let homes = [Home::Runtime, Home::Compute, Home::Python, Home::Plugin(0), Home::Plugin(1)];
    homes[(i * 7 + salt) % homes.len()]
}

/// Guards against 30 · 30 · 30 … outputs.
fn size(nodes: &[Program], edges: &[(usize, usize)], inputs: usize) -> u64 {
    let mut count = vec![0u64; nodes.len()];
    for n in 0..nodes.len() {
        let heard: Vec<_> = edges.iter().filter(|(_, to)| *to == n).map(|(from, _)| count[*from]).collect();
        let taken = if heard.is_empty() { inputs as u64 } else { heard.iter().sum() };
        count[n] = match nodes[n] {
            Program::Many(k) => taken.saturating_mul(u64::from(k)),
            Program::Tail(k) => taken + u64::from(k),
            _ => taken,
        };
    }
    count.iter().fold(0, |sum, n| sum.saturating_add(*n))
}

/// Drives one run to its end, pushing whenever `choices` say so.
fn drive(bench: &mut Bench, runs: &[(RunId, Vec<i64>)], choices: &[u16]) {
    let mut left: Vec<(RunId, Vec<i64>, bool)> =
        runs.iter().map(|(run, inputs)| (*run, inputs.clone(), false)).collect();
    let mut turn = 0usize;
    loop {
        let choice = usize::from(choices[turn % choices.len()]).wrapping_add(turn / choices.len());
        turn += 1;
        assert!(turn < 2_000_000, "the run does not end");
        let at = choice % left.len();
        let (run, inputs, ended) = &mut left[at];
        let demand = bench.demand.get(run).copied().unwrap_or(0) as usize;
        if choice % 5 == 0 && demand > 0 && !inputs.is_empty() {
            let some: Vec<_> = inputs.drain(..demand.min(inputs.len()).min(1 + choice % 5)).collect();
            bench.push(*run, &some);
            continue;
        }
        if inputs.is_empty() && !*ended {
            *ended = true;
            let run = *run;
            bench.event(Event::Page(ToRuntime::End { run }));
            continue;
        }
        if !bench.step(choice) {
            if left.iter().all(|(run, ..)| bench.result(*run).is_some()) {
                return;
            }
            let stuck = left.iter().all(|(run, inputs, ended)| {
                bench.result(*run).is_some()
                    || *ended
                    || inputs.is_empty()
                    || bench.demand.get(run).copied().unwrap_or(0) == 0
            });
            let all_ended = left.iter().all(|(run, _, ended)| *ended || bench.result(*run).is_some());
            assert!(!(stuck && all_ended), "deadlock");
            assert!(
                left.iter().any(|(run, inputs, ended)| !*ended
                    && (inputs.is_empty() || bench.demand.get(run).copied().unwrap_or(0) > 0)),
                "deadlock: nothing can move and no input is wanted"
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn a_run_gives_what_the_naive_interpreter_gives(
        (nodes, edges) in graph(),
        inputs in proptest::collection::vec(-50..50i64, 0..12),
        bound in 1..9u32,
        salt in 0..5usize,
        stretch in 1..12usize,
        choices in proptest::collection::vec(any::<u16>(), 1..40),
    ) {
        prop_assume!(size(&nodes, &edges, inputs.len()) < 3000);
        let programs: Vec<_> = nodes.iter().enumerate().map(|(i, it)| (*it, home(i, salt))).collect();
        let mut bench = Bench { stretch, ..Bench::new(&programs) };
        let run = RunId(1);
        let start = ToRuntime::Start { run, manifest: manifest(&nodes, &edges), params: None, options: options(bound), kinds: vec![] };
        bench.event(Event::Page(start));
        drive(&mut bench, &[(run, inputs.clone())], &choices);
        let outputs: Vec<_> = bench.result(run).unwrap().unwrap().iter().map(number).collect();
        prop_assert_eq!(outputs, interpret(&nodes, &edges, &inputs));
        prop_assert!(bench.engine.is_idle());
    }

    #[test]
    fn runs_side_by_side_do_not_touch_each_other(
        (nodes, edges) in graph(),
        first in proptest::collection::vec(0..50i64, 0..4),
        second in proptest::collection::vec(0..50i64, 0..4),
        bound in 1..4u32,
        choices in proptest::collection::vec(any::<u16>(), 1..40),
    ) {
        prop_assume!(size(&nodes, &edges, first.len() + second.len()) < 1000);
        let programs: Vec<_> = nodes.iter().enumerate().map(|(i, it)| (*it, home(i, 1))).collect();
        let mut bench = Bench::new(&programs);
        let runs = [(RunId(1), first), (RunId(2), second)];
        for (run, _) in &runs {
            let manifest = manifest(&nodes, &edges);
            bench.event(Event::Page(ToRuntime::Start { run: *run, manifest, params: None, options: options(bound), kinds: vec![] }));
        }
        drive(&mut bench, &runs, &choices);
        for (run, inputs) in &runs {
            let outputs: Vec<_> = bench.result(*run).unwrap().unwrap().iter().map(number).collect();
            prop_assert_eq!(outputs, interpret(&nodes, &edges, inputs));
        }
    }

    #[test]
    fn a_run_cancelled_anywhere_says_so_once_and_leaves_nothing(
        (nodes, edges) in graph(),
        inputs in proptest::collection::vec(0..50i64, 1..4),
        after in 0..200usize,
        choices in proptest::collection::vec(any::<u16>(), 1..40),
    ) {
        prop_assume!(size(&nodes, &edges, inputs.len()) < 1000);
        let programs: Vec<_> = nodes.iter().enumerate().map(|(i, it)| (*it, home(i, 2))).collect();
        let mut bench = Bench::new(&programs);
        let run = RunId(7);
        bench.event(Event::Page(ToRuntime::Start { run, manifest: manifest(&nodes, &edges), params: None, options: options(2), kinds: vec![] }));
        if bench.demand.get(&run).copied().unwrap_or(0) > 0 {
            bench.push(run, &inputs[..1]);
        }
        for i in 0..after {
            bench.step(usize::from(choices[i % choices.len()]));
        }
        bench.event(Event::Page(ToRuntime::Cancel { run }));
        while bench.step(0) {}
        prop_assert!(bench.engine.is_idle());
        let fault = bench.result(run).unwrap().unwrap_err();
        prop_assert_eq!(fault.code, protocol::Code::Cancelled);
        let words = bench.page.iter().filter(|it| matches!(it, protocol::FromRuntime::Failed { .. } | protocol::FromRuntime::Finished { .. }));
        prop_assert_eq!(words.count(), 1);
    }
}
