//! Graphs of thousands of nodes, and items by the thousand.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod support;

use std::collections::{HashMap, VecDeque};

use engine::{Action, Engine, Event};
use protocol::{
    FromHost, FromRuntime, Home, NodeIdx, Packed, RunId, RunOptions, ToHost, ToRuntime, Value, WorkItem,
    WorkOutput,
};
use support::{Program, kind, manifest, number, options};

/// A node that passes what it gets, as much at once as it may.
#[derive(Default)]
struct Through {
    inbox: VecDeque<WorkItem>,
    credit: usize,
}

impl Through {
    fn work(&mut self, run: RunId, node: NodeIdx) -> Option<FromHost> {
        let count = self.inbox.len().min(self.credit);
        self.credit -= count;
        let items = self.inbox.drain(..count).enumerate();
        let outputs: Vec<_> = items
            .map(|(input, WorkItem { value, part })| WorkOutput { input: input as u32, part, value })
            .collect();
        (count > 0).then_some(FromHost::Worked { run, node, outputs, done: count as u32, busy_us: 1 })
    }
}

#[derive(Default)]
struct Host(HashMap<NodeIdx, Through>);

impl Host {
    fn handle(&mut self, message: ToHost) -> Option<FromHost> {
        match message {
            ToHost::Open { run, node, .. } => {
                self.0.insert(node, Through::default());
                Some(FromHost::Opened { run, node })
            }
            ToHost::Process { run, node, items } => {
                let it = self.0.get_mut(&node)?;
                it.inbox.extend(items);
                it.work(run, node)
            }
            ToHost::Credit { run, node, outputs, .. } => {
                let it = self.0.get_mut(&node)?;
                it.credit += outputs as usize;
                it.work(run, node)
            }
            ToHost::Flush { run, node } => Some(FromHost::Flushed { run, node }),
            ToHost::Close { run } => Some(FromHost::Closed { run }),
        }
    }
}

/// What `0..items` become in a graph of `nodes` nodes that all pass what they get.
fn run(nodes: usize, edges: &[(usize, usize)], items: i64) -> Vec<i64> {
    let program = Program::One(0);
    let mut engine = Engine::new(vec![kind(&program.kind(), Home::Runtime)]);
    let mut host = Host::default();
    let (run, manifest) = (RunId(1), manifest(&vec![program; nodes], edges));
    let options = RunOptions { events: true, ..options(1024) };
    let start = Event::Page(ToRuntime::Start { run, manifest, params: None, options, kinds: vec![] });
    let mut inputs = (0..items).map(Value::Int).collect::<Vec<_>>().into_iter();
    let mut results = None;
    let mut now = 0.0;
    let mut left = VecDeque::from(engine.handle(now, start));
    while let Some(action) = left.pop_front() {
        now += 0.01;
        let events = match action {
            Action::Host(from, message) => {
                host.handle(message).into_iter().map(|said| Event::Host(from, said)).collect()
            }
            Action::Page(FromRuntime::Demand { items, .. }) => {
                let some: Vec<_> = inputs.by_ref().take(items as usize).collect();
                let push = ToRuntime::Push { run, items: Packed::pack(&some).unwrap(), open: false };
                let end = (inputs.len() == 0).then_some(ToRuntime::End { run });
                [Some(push), end].into_iter().flatten().map(Event::Page).collect()
            }
            Action::Page(FromRuntime::Events { events, .. }) => {
                let outputs = |event: &protocol::RunEvent| match event {
                    protocol::RunEvent::Output { values, .. } => values.count,
                    _ => 0,
                };
                let outputs = events.iter().map(outputs).sum();
                vec![Event::Page(ToRuntime::Credit { run, outputs })]
            }
            Action::Page(FromRuntime::Finished { outputs, .. }) => {
                results = Some(outputs.unpack().unwrap().iter().map(number).collect());
                vec![]
            }
            Action::Page(other) => panic!("{other:?}"),
        };
        left.extend(events.into_iter().flat_map(|event| engine.handle(now, event)));
    }
    assert!(engine.is_idle());
    results.expect("the run ends well")
}

#[test]
fn a_chain_of_five_thousand_nodes_passes_a_hundred_items() {
    let edges: Vec<_> = (1..5000).map(|n| (n - 1, n)).collect();
    assert_eq!(run(5000, &edges, 100), (0..100).collect::<Vec<_>>());
}

#[test]
fn a_thousand_nodes_side_by_side_are_heard_item_by_item() {
    const MIDDLE: usize = 998;
    let last = MIDDLE + 1;
    let edges: Vec<_> = (1..last).flat_map(|n| [(0, n), (n, last)]).collect();
    let expected: Vec<_> = (0..100).flat_map(|item| [item; MIDDLE]).collect();
    assert!(run(last + 1, &edges, 100) == expected);
}

#[test]
fn a_ladder_of_joins_keeps_order_however_deep() {
    // 0 → 1, 0 → 2, 1 → 2, 2 → 3, 2 → 4, 3 → 4, …: each join doubles the items, so there are few of them.
    const RUNGS: usize = 8;
    let rungs = (0..RUNGS).map(|rung| rung * 2).flat_map(|n| [(n, n + 1), (n, n + 2), (n + 1, n + 2)]);
    let tail = (RUNGS * 2 + 1..200).map(|n| (n - 1, n));
    let expected: Vec<_> = (0..20).flat_map(|item| [item; 1 << RUNGS]).collect();
    assert!(run(200, &rungs.chain(tail).collect::<Vec<_>>(), 20) == expected);
}
