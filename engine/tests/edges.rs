//! What users are told of the queues between nodes.
#![allow(clippy::unwrap_used, reason = "a test that meets nothing where something must be has failed")]
mod support;

use engine::{Action, Engine, Event};
use protocol::{
    FromHost, FromRuntime, Home, HostId, NodeIdx, Packed, Part, RunEvent, RunId, RunOptions, ToRuntime,
    Value, WorkOutput,
};
use support::{kind, options};

const RUN: RunId = RunId(1);

/// A run whose hosts are played by the test, and what is told of its connections, as `from>to items`.
struct Play {
    engine: Engine,
    now: f64,
    told: Vec<String>,
}

impl Play {
    fn new(connections: &[(&str, &str)], edges: bool) -> Self {
        let mut play =
            Play { engine: Engine::new(vec![kind("S", Home::Runtime)]), now: 0.0, told: Vec::new() };
        let nodes = ["a", "b", "c"].map(|id| format!(r#"{{"id":"{id}","node_type":"S"}}"#)).join(",");
        let connections: Vec<_> =
            connections.iter().map(|(from, to)| format!(r#"{{"from":"{from}","to":"{to}"}}"#)).collect();
        let connections = connections.join(",");
        let manifest = format!(r#"{{"version":"v1","nodes":[{nodes}],"connections":[{connections}]}}"#);
        let options = RunOptions { events: true, edges, ..options(100) };
        play.event(Event::Page(ToRuntime::Start {
            run: RUN,
            manifest,
            params: None,
            options,
            kinds: vec![],
        }));
        (0..3).for_each(|n| play.host(FromHost::Opened { run: RUN, node: NodeIdx(n) }));
        play
    }

    fn event(&mut self, event: Event) {
        for action in self.engine.handle(self.now, event) {
            let Action::Page(FromRuntime::Events { events, .. }) = action else { continue };
            for event in events {
                if let RunEvent::Edge { from, to, items, bytes } = event {
                    assert_eq!(items == 0, bytes == 0);
                    self.told.push(format!("{from}>{to} {items}"));
                }
            }
        }
    }

    fn host(&mut self, message: FromHost) {
        self.event(Event::Host(HostId::LOCAL, message));
    }

    fn inputs(&mut self, count: usize) {
        let items = Packed::pack(&vec![Value::Int(1); count]).unwrap();
        self.event(Event::Page(ToRuntime::Push { run: RUN, items, open: false }));
        self.event(Event::Page(ToRuntime::End { run: RUN }));
    }

    /// Node `n` has worked on `count` of its inputs, each of which gives one value.
    fn works(&mut self, n: u32, count: u32) {
        let output = |input| WorkOutput { input, part: Part::WHOLE, value: Value::Int(1) };
        let outputs = (0..count).map(output).collect();
        self.host(FromHost::Worked { run: RUN, node: NodeIdx(n), outputs, done: count, busy_us: 1 });
    }

    fn flushed(&mut self, n: u32) {
        self.host(FromHost::Flushed { run: RUN, node: NodeIdx(n) });
    }

    /// Lets the time of the next look come.
    fn later(&mut self) {
        self.now += 100.0;
        self.event(Event::Tick);
    }

    /// What was told since the last check.
    #[track_caller]
    fn check(&mut self, expected: &[&str]) {
        assert_eq!(std::mem::take(&mut self.told), expected);
    }
}

#[test]
fn a_connection_holds_what_is_given_and_not_yet_worked_on() {
    let mut play = Play::new(&[("a", "b"), ("b", "c")], true);
    play.inputs(5);
    play.works(0, 5);
    assert!(play.engine.deadline().is_some(), "what changed within a tenth of a second is told after it");
    play.later();
    play.check(&["a>b 5"]);
    play.works(1, 2);
    play.check(&[]);
    play.later();
    play.check(&["a>b 3", "b>c 2"]);
    play.later();
    play.check(&[]);
    assert_eq!(play.engine.deadline(), None, "nothing is looked at while nothing happens");
}

#[test]
fn the_last_word_of_a_good_end_is_that_every_connection_is_empty() {
    let mut play = Play::new(&[("a", "b"), ("b", "c")], true);
    play.inputs(2);
    play.works(0, 2);
    play.flushed(0);
    play.later();
    play.check(&["a>b 2"]);
    play.works(1, 2);
    play.flushed(1);
    play.works(2, 2);
    play.flushed(2);
    play.check(&["a>b 0"]);
}

#[test]
fn where_connections_meet_each_has_its_own_share() {
    let mut play = Play::new(&[("a", "c"), ("b", "c")], true);
    play.inputs(3);
    play.works(1, 1);
    play.works(0, 3);
    play.later();
    // Both sources hear every input; what `b` gave first is with `c` already.
    play.check(&["a>c 3", "b>c 1"]);
}

#[test]
fn a_connection_that_is_there_twice_is_one() {
    let mut play = Play::new(&[("a", "b"), ("a", "b"), ("b", "c")], true);
    play.inputs(2);
    play.works(0, 2);
    play.later();
    assert_eq!(play.told.last().map(String::as_str), Some("a>b 4"));
}

#[test]
fn nobody_is_told_who_did_not_ask() {
    let mut play = Play::new(&[("a", "b"), ("b", "c")], false);
    play.inputs(5);
    play.works(0, 5);
    play.later();
    play.check(&[]);
}
