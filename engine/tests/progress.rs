//! Progress of nodes that count seconds, and what those say that do not know the whole.
#![allow(clippy::unwrap_used, reason = "a test that meets nothing where something must be has failed")]
mod support;

use engine::{Action, Engine, Event};
use protocol::{
    FromHost, FromRuntime, Home, HostId, NodeIdx, Packed, Part, RunEvent, RunId, RunOptions, ToRuntime, Unit,
    Value, WorkOutput,
};
use support::{kind, options};

const RUN: RunId = RunId(1);
const SECONDS: Unit = Unit::Seconds;

/// A pipeline of nodes one after another, played by the test.
struct Play {
    engine: Engine,
    now: f64,
    /// Of the last node: done, total, fraction.
    told: Vec<(f64, Option<f64>, Option<f64>)>,
    last: String,
}

impl Play {
    fn new(nodes: usize) -> Self {
        let mut streaming = kind("S", Home::Runtime);
        streaming.streaming = true;
        let list = |of: Vec<String>| of.join(",");
        let manifest = format!(
            r#"{{"version":"v1","nodes":[{}],"connections":[{}]}}"#,
            list((0..nodes).map(|n| format!(r#"{{"id":"n{n}","node_type":"S"}}"#)).collect()),
            list((1..nodes).map(|n| format!(r#"{{"from":"n{}","to":"n{n}"}}"#, n - 1)).collect()),
        );
        let last = format!("n{}", nodes - 1);
        let mut play = Play { engine: Engine::new(vec![streaming]), now: 0.0, told: Vec::new(), last };
        let options = RunOptions { events: true, ..options(100) };
        play.event(Event::Page(ToRuntime::Start {
            run: RUN,
            manifest,
            params: None,
            options,
            kinds: vec![],
        }));
        (0..nodes).for_each(|n| play.host(FromHost::Opened { run: RUN, node: NodeIdx(n as u32) }));
        play
    }

    fn event(&mut self, event: Event) {
        // Progress is told at most 60 times a second.
        self.now += 20.0;
        for action in self.engine.handle(self.now, event) {
            let Action::Page(FromRuntime::Events { events, .. }) = action else { continue };
            for event in events {
                if let RunEvent::Progress { node, done, total, fraction, .. } = event
                    && node == self.last
                {
                    self.told.push((done, total, fraction));
                }
            }
        }
    }

    fn host(&mut self, message: FromHost) {
        self.event(Event::Host(HostId::LOCAL, message));
    }

    /// So many inputs, and no more.
    fn inputs(&mut self, count: usize) {
        let items = Packed::pack(&vec![Value::Int(1); count]).unwrap();
        self.event(Event::Page(ToRuntime::Push { run: RUN, items, open: false }));
        self.event(Event::Page(ToRuntime::End { run: RUN }));
    }

    fn says(&mut self, n: u32, done: f64, total: Option<f64>) {
        self.host(FromHost::Progress { run: RUN, node: NodeIdx(n), done, total, unit: SECONDS });
    }

    /// Node `n` gives part of an item.
    fn gives(&mut self, n: u32, index: u32) {
        let outputs = vec![WorkOutput { input: 0, part: Part { index, last: false }, value: Value::Int(1) }];
        self.host(FromHost::Worked { run: RUN, node: NodeIdx(n), outputs, done: 0, busy_us: 1 });
    }

    /// Node `n` gives the last part of an item, which is done; `inputs` came in for it.
    fn ends(&mut self, n: u32, index: u32, inputs: u32) {
        let outputs = vec![WorkOutput { input: 0, part: Part { index, last: true }, value: Value::Int(1) }];
        self.host(FromHost::Worked { run: RUN, node: NodeIdx(n), outputs, done: inputs, busy_us: 1 });
    }

    fn flushed(&mut self, n: u32) {
        self.host(FromHost::Flushed { run: RUN, node: NodeIdx(n) });
    }

    /// What the last node was last told to have done.
    #[track_caller]
    fn check(&self, done: f64, total: Option<f64>, fraction: Option<f64>) {
        assert_eq!(self.told.last(), Some(&(done, total, fraction)), "{:?}", self.told);
    }

    #[track_caller]
    fn never_falls(&self) {
        let fractions: Vec<f64> = self.told.iter().filter_map(|(.., fraction)| *fraction).collect();
        assert!(fractions.is_sorted(), "{fractions:?}");
        assert_eq!(fractions.last(), Some(&1.0));
    }
}

#[test]
fn a_node_that_knows_no_total_has_that_of_the_node_before_it() {
    let mut play = Play::new(3);
    play.inputs(1);
    play.gives(0, 0);
    play.says(0, 30.0, Some(100.0));
    play.gives(1, 0);
    play.says(1, 20.0, None);
    play.says(2, 10.0, None);
    play.check(10.0, Some(100.0), Some(0.1));
    // The header was wrong by two seconds.
    play.says(0, 98.0, Some(98.0));
    play.ends(0, 1, 1);
    play.flushed(0);
    play.says(2, 49.0, None);
    play.check(49.0, Some(98.0), Some(0.5));
    play.says(1, 98.0, None);
    play.ends(1, 1, 2);
    play.flushed(1);
    play.says(2, 98.0, Some(98.0));
    play.check(98.0, Some(98.0), Some(0.999));
    play.ends(2, 0, 2);
    play.flushed(2);
    play.check(98.0, Some(98.0), Some(1.0));
    play.never_falls();
}

#[test]
fn its_own_total_wins_once_it_says_one() {
    let mut play = Play::new(2);
    play.inputs(1);
    play.gives(0, 0);
    play.says(0, 100.0, Some(100.0));
    play.says(1, 10.0, None);
    play.check(10.0, Some(100.0), Some(0.1));
    play.says(1, 20.0, Some(40.0));
    play.check(20.0, Some(40.0), Some(0.5));
}

#[test]
fn nobody_makes_up_a_total_that_nobody_knows() {
    let mut play = Play::new(2);
    play.inputs(1);
    play.gives(0, 0);
    play.says(0, 30.0, None);
    play.says(1, 10.0, None);
    play.check(10.0, None, Some(0.0));
    play.says(0, 40.0, None);
    play.ends(0, 1, 1);
    play.flushed(0);
    play.says(1, 20.0, None);
    play.check(20.0, Some(40.0), Some(0.5));
    play.says(1, 39.5, None);
    play.ends(1, 0, 2);
    play.flushed(1);
    play.check(39.5, Some(39.5), Some(1.0));
}

#[test]
fn of_three_files_each_has_its_own_length() {
    let mut play = Play::new(2);
    play.inputs(3);
    play.gives(0, 0);
    play.says(0, 5.0, Some(10.0));
    play.says(1, 5.0, None);
    play.check(5.0, None, Some(0.5 / 3.0));
    // The first node runs ahead: two files of 10 and 20 seconds, then half of one of 40.
    play.says(0, 10.0, Some(10.0));
    play.ends(0, 1, 1);
    play.says(0, 20.0, Some(30.0));
    play.says(0, 30.0, Some(30.0));
    play.ends(0, 0, 1);
    play.gives(0, 0);
    play.says(0, 50.0, Some(70.0));
    play.says(1, 10.0, None);
    play.check(10.0, None, Some(1.0 / 3.0));
    play.ends(1, 0, 2);
    play.says(1, 15.0, None);
    play.check(15.0, None, Some(1.25 / 3.0));
    play.says(1, 30.0, None);
    play.ends(1, 0, 1);
    play.says(1, 50.0, None);
    play.check(50.0, Some(70.0), Some(2.5 / 3.0));
    play.says(0, 70.0, Some(70.0));
    play.ends(0, 1, 1);
    play.flushed(0);
    play.says(1, 60.0, Some(70.0));
    play.check(60.0, Some(70.0), Some(2.75 / 3.0));
    play.says(1, 70.0, Some(70.0));
    play.ends(1, 0, 2);
    play.check(70.0, Some(70.0), Some(0.999));
    play.flushed(1);
    play.never_falls();
}

#[test]
fn files_that_are_done_at_once_have_no_length_of_their_own() {
    let mut play = Play::new(2);
    play.inputs(2);
    play.says(0, 3.0, Some(3.0));
    let outputs = [0, 1].map(|input| WorkOutput { input, part: Part::WHOLE, value: Value::Int(1) });
    play.host(FromHost::Worked { run: RUN, node: NodeIdx(0), outputs: outputs.into(), done: 2, busy_us: 1 });
    play.says(1, 1.0, None);
    play.check(1.0, None, Some(0.0));
    play.says(1, 2.0, Some(2.0));
    play.ends(1, 0, 1);
    play.check(2.0, None, Some(0.5));
    play.says(1, 3.0, Some(3.0));
    play.check(3.0, Some(3.0), Some(0.999));
}

#[test]
fn what_does_not_change_is_told_once_a_second() {
    let mut play = Play::new(1);
    play.inputs(1);
    play.says(0, 1.0, Some(4.0));
    assert_eq!(play.told.len(), 1);
    // Every word of the host takes 20 ms.
    (0..49).for_each(|_| play.says(0, 1.0, Some(4.0)));
    assert_eq!(play.told.len(), 1);
    play.says(0, 1.0, Some(4.0));
    assert_eq!(play.told.len(), 2);
    play.says(0, 2.0, Some(4.0));
    assert_eq!(play.told.len(), 3);
    play.check(2.0, Some(4.0), Some(0.5));
}
