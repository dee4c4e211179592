//! A host whose nodes are tiny programs, and a naive interpreter of the same programs.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
use std::collections::{HashMap, VecDeque};

use engine::{Action, Engine, Event};
use protocol::{
    FromHost, FromRuntime, Home, HostId, HostKind, InputMode, Language, Limits, NodeIdx, NodeKind, Packed,
    Part, RunId, RunOptions, ToHost, ToRuntime, Value, WorkItem, WorkOutput,
};

/// What the nodes of these tests do; numbers in, numbers out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Program {
    /// x → x·10 + tag.
    One(i64),
    /// x → n outputs x·10, x·10 + 1, …
    Many(u32),
    /// Passes every n-th only.
    Filter(u32),
    /// Gives nothing until the flush, then everything it got.
    Hold,
    /// Passes everything, and in the flush n numbers −1, −2, …
    Tail(u32),
    /// x → one list [x, x, …] that comes in n parts of one entry.
    Parts(u32),
    /// Passes parts as they come.
    PassParts,
    /// A list → the sum of its entries.
    Sum,
}

impl Program {
    pub fn kind(self) -> String {
        format!("{self:?}")
    }
    /// Outputs for the `seen`-th input `x`.
    pub fn process(self, x: i64, seen: usize) -> Vec<i64> {
        match self {
            Program::One(tag) => vec![x.wrapping_mul(10).wrapping_add(tag)],
            Program::Many(n) => (0..i64::from(n)).map(|i| x.wrapping_mul(10).wrapping_add(i)).collect(),
            Program::Filter(n) => {
                if seen.is_multiple_of(n as usize) {
                    vec![x]
                } else {
                    vec![]
                }
            }
            Program::Hold => vec![],
            Program::Tail(_) => vec![x],
            // Of a list only the sum counts.
            Program::Parts(n) => vec![x.wrapping_mul(i64::from(n))],
            Program::PassParts | Program::Sum => vec![x],
        }
    }
    /// The same, in values and parts.
    fn give(self, item: &WorkItem, seen: usize) -> Vec<(Part, Value)> {
        let list = |x: i64| Value::List(vec![Value::Int(x)]);
        match self {
            Program::Parts(n) => (0..n)
                .map(|index| (Part { index, last: index + 1 == n }, list(number(&item.value))))
                .collect(),
            Program::PassParts => vec![(item.part, item.value.clone())],
            Program::Sum => vec![(Part::WHOLE, Value::Int(number(&item.value)))],
            Program::One(_) | Program::Many(_) | Program::Filter(_) | Program::Hold | Program::Tail(_) => {
                self.process(number(&item.value), seen)
                    .into_iter()
                    .map(|x| (Part::WHOLE, Value::Int(x)))
                    .collect()
            }
        }
    }
    pub fn flush(self, got: &[i64]) -> Vec<i64> {
        match self {
            Program::One(_) | Program::Many(_) | Program::Filter(_) => vec![],
            Program::Parts(_) | Program::PassParts | Program::Sum => vec![],
            Program::Hold => got.to_vec(),
            Program::Tail(n) => (1..=i64::from(n)).map(|i| -i).collect(),
        }
    }
}

/// The number this is, or the sum of the list.
pub fn number(value: &Value) -> i64 {
    match value {
        Value::Int(x) => *x,
        Value::List(items) => items.iter().map(number).fold(0, i64::wrapping_add),
        other => panic!("{other:?} is no integer and no list"),
    }
}

struct TestNode {
    program: Program,
    inbox: VecDeque<WorkItem>,
    got: Vec<i64>,
    seen: usize,
    /// Outputs of the current input (or flush) not yet given.
    giving: VecDeque<(Part, Value)>,
    busy: bool,
    flushing: bool,
    credit: i64,
    credit_bytes: i64,
}

impl TestNode {
    fn can_work(&self) -> bool {
        self.credit > 0 && self.credit_bytes > 0 && (self.busy || self.flushing || !self.inbox.is_empty())
    }
}

/// Runs programs turn by turn, as protocol::host demands.
#[derive(Default)]
pub struct TestHost {
    nodes: HashMap<(RunId, NodeIdx), TestNode>,
}

impl TestHost {
    pub fn handle(&mut self, message: ToHost, programs: &HashMap<String, Program>) -> Vec<FromHost> {
        match message {
            ToHost::Open { run, node, kind, .. } => {
                let program = programs[&kind];
                let it = TestNode {
                    program,
                    inbox: VecDeque::new(),
                    got: vec![],
                    seen: 0,
                    giving: VecDeque::new(),
                    busy: false,
                    flushing: false,
                    credit: 0,
                    credit_bytes: 0,
                };
                self.nodes.insert((run, node), it);
                vec![FromHost::Opened { run, node }]
            }
            ToHost::Process { run, node, items } => {
                assert!(!items.is_empty());
                self.nodes.get_mut(&(run, node)).expect("an open node").inbox.extend(items);
                vec![]
            }
            ToHost::Credit { run, node, outputs, bytes } => {
                let it = self.nodes.get_mut(&(run, node)).expect("an open node");
                it.credit += i64::from(outputs);
                it.credit_bytes += bytes as i64;
                vec![]
            }
            ToHost::Flush { run, node } => {
                let it = self.nodes.get_mut(&(run, node)).expect("an open node");
                assert!(it.inbox.is_empty() && !it.busy, "flushed with work left");
                it.flushing = true;
                it.giving =
                    it.program.flush(&it.got).into_iter().map(|x| (Part::WHOLE, Value::Int(x))).collect();
                vec![]
            }
            ToHost::Close { run } => {
                self.nodes.retain(|(of, _), _| *of != run);
                vec![FromHost::Closed { run }]
            }
        }
    }

    pub fn ready(&self) -> Vec<(RunId, NodeIdx)> {
        let mut ready: Vec<_> =
            self.nodes.iter().filter(|(_, it)| it.can_work()).map(|(at, _)| *at).collect();
        ready.sort();
        ready
    }

    /// Up to `most` turns of at most one output each, told at once.
    pub fn work(&mut self, (run, node): (RunId, NodeIdx), most: usize) -> Vec<FromHost> {
        let it = self.nodes.get_mut(&(run, node)).expect("an open node");
        let (mut outputs, mut done, mut flushed) = (vec![], 0, false);
        for _ in 0..most {
            if !it.can_work() || flushed {
                break;
            }
            if !it.busy && !it.flushing {
                it.giving = it.program.give(&it.inbox[0], it.seen).into();
                it.seen += 1;
                it.got.push(number(&it.inbox[0].value));
                it.busy = true;
            }
            if let Some((part, value)) = it.giving.pop_front() {
                it.credit -= 1;
                it.credit_bytes -= value.weight() as i64;
                outputs.push(WorkOutput { input: done, part, value });
            }
            if it.giving.is_empty() {
                if it.flushing {
                    (it.flushing, flushed) = (false, true);
                } else {
                    it.busy = false;
                    it.inbox.pop_front();
                    done += 1;
                }
            }
        }
        let mut said = vec![FromHost::Worked { run, node, outputs, done, busy_us: 1 }];
        said.extend(flushed.then_some(FromHost::Flushed { run, node }));
        said
    }
}

pub fn kind(name: &str, home: Home) -> NodeKind {
    NodeKind {
        name: name.into(),
        aliases: vec![],
        language: Language::Rust,
        home,
        description: String::new(),
        params: r#"{"type":"object","properties":{}}"#.into(),
        inputs: vec!["any".into()],
        outputs: vec!["any".into()],
        streaming: false,
    }
}

pub fn options(bound: u32) -> RunOptions {
    RunOptions {
        timeout_ms: None,
        collect: true,
        events: false,
        edges: false,
        inputs: InputMode::Stream,
        limits: Limits { queue_items: bound, ..Limits::default() },
    }
}

pub fn manifest(nodes: &[Program], edges: &[(usize, usize)]) -> String {
    let nodes: Vec<_> = nodes
        .iter()
        .enumerate()
        .map(|(i, program)| format!(r#"{{"id":"n{i}","node_type":"{}"}}"#, program.kind()))
        .collect();
    let edges: Vec<_> =
        edges.iter().map(|(from, to)| format!(r#"{{"from":"n{from}","to":"n{to}"}}"#)).collect();
    format!(r#"{{"version":"v1","nodes":[{}],"connections":[{}]}}"#, nodes.join(","), edges.join(","))
}

/// Engine, hosts and page in one, driven by random choices.
pub struct Bench {
    pub engine: Engine,
    pub hosts: HashMap<HostId, TestHost>,
    pub programs: HashMap<String, Program>,
    pub mail: HashMap<HostId, VecDeque<ToHost>>,
    pub page: Vec<FromRuntime>,
    pub demand: HashMap<RunId, u32>,
    pub now: f64,
    /// Turns that hosts take at once.
    pub stretch: usize,
}

impl Bench {
    pub fn new(programs: &[(Program, Home)]) -> Self {
        let mut kinds: Vec<_> = programs.iter().map(|(program, home)| kind(&program.kind(), *home)).collect();
        kinds.iter_mut().for_each(|kind| kind.streaming = kind.name == Program::PassParts.kind());
        Bench {
            engine: Engine::new(kinds),
            hosts: HashMap::new(),
            programs: programs.iter().map(|(program, _)| (program.kind(), *program)).collect(),
            mail: HashMap::new(),
            page: vec![],
            demand: HashMap::new(),
            now: 0.0,
            stretch: 1,
        }
    }

    pub fn event(&mut self, event: Event) {
        self.now += 0.01;
        for action in self.engine.handle(self.now, event) {
            match action {
                Action::Host(host, message) => self.mail.entry(host).or_default().push_back(message),
                Action::Page(FromRuntime::Demand { run, items }) => {
                    *self.demand.entry(run).or_default() += items
                }
                Action::Page(FromRuntime::Lease { run, kinds }) => {
                    for kind in kinds {
                        let place = match kind {
                            HostKind::Compute => 0,
                            HostKind::Python => 1,
                            HostKind::Plugin(plugin) => 2 + plugin,
                        };
                        let host = HostId(100 * (run.0 + 1) + place);
                        self.event(Event::Page(ToRuntime::Attach { run, host, kind, start_ms: 0 }));
                    }
                }
                Action::Page(message) => self.page.push(message),
            }
        }
    }

    pub fn push(&mut self, run: RunId, values: &[i64]) {
        let values: Vec<_> = values.iter().map(|x| Value::Int(*x)).collect();
        *self.demand.entry(run).or_default() -= values.len() as u32;
        self.event(Event::Page(ToRuntime::Push { run, items: Packed::pack(&values).unwrap(), open: false }));
    }

    /// One step of whoever `choice` points at; false if nobody can do anything.
    pub fn step(&mut self, choice: usize) -> bool {
        let mut steps: Vec<(HostId, Option<(RunId, NodeIdx)>)> = vec![];
        let mut hosts: Vec<_> =
            self.mail.iter().filter(|(_, mail)| !mail.is_empty()).map(|(host, _)| *host).collect();
        hosts.sort();
        steps.extend(hosts.into_iter().map(|host| (host, None)));
        let mut hosts: Vec<_> = self.hosts.keys().copied().collect();
        hosts.sort();
        for host in hosts {
            steps.extend(self.hosts[&host].ready().into_iter().map(|at| (host, Some(at))));
        }
        if steps.is_empty() {
            return false;
        }
        let (host, what) = steps[choice % steps.len()];
        let said = match what {
            None => {
                let message = self.mail.get_mut(&host).and_then(VecDeque::pop_front).expect("mail");
                self.hosts.entry(host).or_default().handle(message, &self.programs)
            }
            Some(at) => self.hosts.get_mut(&host).expect("a host").work(at, self.stretch),
        };
        for message in said {
            self.event(Event::Host(host, message));
        }
        true
    }

    pub fn result(&self, run: RunId) -> Option<Result<Vec<Value>, protocol::Fault>> {
        self.page.iter().find_map(|message| match message {
            FromRuntime::Finished { run: of, outputs, .. } if *of == run => {
                Some(Ok(outputs.unpack().unwrap()))
            }
            FromRuntime::Failed { run: of, fault } if *of == run => Some(Err(fault.clone())),
            _ => None,
        })
    }
}

/// What a pipeline gives, worked out list by list, with nothing of the engine's in it: each output has a path with two
/// numbers per level (connection, output number); a fan-in takes in the order of (path, connection).
pub fn interpret(nodes: &[Program], edges: &[(usize, usize)], inputs: &[i64]) -> Vec<i64> {
    type Path = Vec<u64>;
    let mut level = vec![0usize; nodes.len()];
    for _ in 0..nodes.len() {
        for (from, to) in edges {
            level[*to] = level[*to].max(level[*from] + 1);
        }
    }
    let width = 1 + 2 * (level.iter().max().unwrap_or(&0) + 1);
    let mut order: Vec<usize> = (0..nodes.len()).collect();
    order.sort_by_key(|&n| level[n]);
    let mut outputs: Vec<Vec<(Path, i64)>> = vec![vec![]; nodes.len()];
    for n in order {
        let heard: Vec<_> = edges.iter().filter(|(_, to)| *to == n).map(|(from, _)| *from).collect();
        let mut taken: Vec<(Path, i64)> = vec![];
        if heard.is_empty() {
            for (i, x) in inputs.iter().enumerate() {
                let mut path = vec![0; width];
                path[0] = i as u64;
                taken.push((path, *x));
            }
        }
        for (connection, from) in heard.iter().enumerate() {
            for (path, x) in &outputs[*from] {
                let mut path = path.clone();
                path[1 + 2 * level[n]] = connection as u64;
                taken.push((path, *x));
            }
        }
        taken.sort_by(|a, b| a.0.cmp(&b.0));
        let mut got = vec![];
        for (path, x) in taken {
            for (j, y) in nodes[n].process(x, got.len()).into_iter().enumerate() {
                let mut path = path.clone();
                path[2 + 2 * level[n]] = j as u64;
                outputs[n].push((path, y));
            }
            got.push(x);
        }
        for (j, y) in nodes[n].flush(&got).into_iter().enumerate() {
            let mut path = vec![0; width];
            path[..2 + 2 * level[n]].fill(u64::MAX);
            path[2 + 2 * level[n]] = j as u64;
            outputs[n].push((path, y));
        }
    }
    let is_sink = |n: &usize| !edges.iter().any(|(from, _)| from == n);
    (0..nodes.len())
        .filter(is_sink)
        .flat_map(|n| outputs[n].iter().map(|(_, x)| *x).collect::<Vec<_>>())
        .collect()
}
