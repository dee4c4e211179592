//! A slow reader slows the run, and bounds what is kept for it.
mod support;

use engine::Event;
use protocol::{FromRuntime, Home, Limits, RunEvent, RunId, RunOptions, ToRuntime};
use support::{Bench, Program, manifest, options};

const RUN: RunId = RunId(1);

/// Results the page was given so far.
fn given(bench: &Bench) -> u32 {
    let events = bench.page.iter().filter_map(|message| match message {
        FromRuntime::Events { events, .. } => Some(events),
        _ => None,
    });
    let counts = events.flatten().filter_map(|event| match event {
        RunEvent::Output { values, .. } => Some(values.count),
        _ => None,
    });
    counts.sum()
}

fn start(limits: Limits) -> Bench {
    let (nodes, edges) = ([Program::One(1), Program::Many(30)], [(0, 1)]);
    let mut bench = Bench::new(&nodes.map(|it| (it, Home::Runtime)));
    let options = RunOptions { events: true, collect: false, limits, ..options(4) };
    bench.event(Event::Page(ToRuntime::Start {
        run: RUN,
        manifest: manifest(&nodes, &edges),
        params: None,
        options,
        kinds: vec![],
    }));
    bench
}

/// Pushes whatever is wanted until nobody can do anything; gives how many items that were.
fn feed(bench: &mut Bench) -> usize {
    let mut pushed = 0;
    loop {
        while bench.step(0) {}
        if bench.demand.get(&RUN).copied().unwrap_or(0) == 0 {
            return pushed;
        }
        bench.push(RUN, &[1]);
        pushed += 1;
    }
}

#[test]
fn nothing_is_asked_for_or_worked_on_ahead_of_a_reader_who_does_not_read() {
    let mut bench = start(options(4).limits);
    let pushed = feed(&mut bench);
    assert_eq!(given(&bench), 4);
    assert!(pushed <= 4 * 4, "{pushed} items wait in two queues and two hosts of 4");
    bench.event(Event::Page(ToRuntime::Credit { run: RUN, outputs: 3 }));
    assert!(feed(&mut bench) <= 1);
    assert_eq!(given(&bench), 7);
}

#[test]
fn large_results_are_bounded_by_their_bytes() {
    // A number weighs 16 bytes: two of them fill the reader.
    let mut bench = start(Limits { queue_items: 1000, queue_bytes: 32, ..options(4).limits });
    feed(&mut bench);
    assert_eq!(given(&bench), 2);
    bench.event(Event::Page(ToRuntime::Credit { run: RUN, outputs: 1 }));
    feed(&mut bench);
    assert_eq!(given(&bench), 3);
}

#[test]
fn everything_arrives_once_the_reader_reads() {
    let mut bench = start(options(4).limits);
    bench.push(RUN, &[1, 2]);
    bench.event(Event::Page(ToRuntime::End { run: RUN }));
    let mut taken = 0;
    while bench.result(RUN).is_none() {
        while bench.step(0) {}
        let outputs = given(&bench) - taken;
        assert!(outputs <= 4);
        taken += outputs;
        bench.event(Event::Page(ToRuntime::Credit { run: RUN, outputs }));
    }
    assert_eq!(given(&bench), 60);
}
