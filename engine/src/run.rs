//! One run's state.
use std::collections::VecDeque;

use protocol::{
    Audio, Buffer, Code, Fault, Home, HostId, HostKind, InputMode, LogLevel, Part, RunEvent, RunId,
    RunOptions, ToHost, Value,
};

use crate::engine::Cx;
use crate::key::Key;
use crate::metrics::Meter;
use crate::plan::Plan;
use crate::port::{Entry, JoinError, Port};
use crate::progress::Progress;

/// How far a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Its host is not there yet.
    Waiting,
    /// `Open` was sent.
    Opening,
    /// It takes items.
    Running,
    /// `Flush` was sent.
    Flushing,
    /// It has given everything.
    Done,
}

/// An input at the host.
#[derive(Debug)]
pub(crate) struct Inflight {
    pub(crate) key: Key,
    pub(crate) part: Part,
    pub(crate) weight: u64,
    pub(crate) since: f64,
}

/// One node of a run.
#[derive(Debug)]
pub(crate) struct NodeState {
    pub(crate) phase: Phase,
    pub(crate) ports: Vec<Port>,
    pub(crate) inflight: VecDeque<Inflight>,
    pub(crate) inflight_bytes: u64,
    /// Key of the input whose outputs are being given, and how many are given.
    pub(crate) giving: Option<(Key, u32)>,
    /// Credit the host still has.
    pub(crate) credit: i64,
    pub(crate) credit_bytes: i64,
    /// Joins the parts of what a sink gives, one item at a time.
    pub(crate) sink: Port,
    /// What a sink gave.
    pub(crate) collected: Vec<Value>,
    pub(crate) meter: Meter,
    pub(crate) progress: Progress,
    /// Items (not parts) that came in so far.
    pub(crate) received: u64,
    pub(crate) queued: bool,
}

/// A worker that a run needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Link {
    /// Not needed.
    Unused,
    /// Asked for.
    Leasing,
    /// There.
    Attached(HostId),
    /// It was there.
    Gone,
}

/// Where the inputs of the run are.
#[derive(Debug, Default)]
pub(crate) struct Inputs {
    /// Index of the item that the next value belongs to.
    pub(crate) item: u64,
    /// A recording being pushed in parts: number of the next part, rate, channels.
    open: Option<(u32, u32, u16)>,
    pub(crate) ended: bool,
    /// Items the page may push without asking.
    pub(crate) demanded: u32,
}

/// How a run is ending.
#[derive(Debug)]
pub(crate) struct Ending {
    /// None if it ends well.
    pub(crate) fault: Option<Fault>,
    /// Hosts that have not answered `Close`; none before it was sent.
    pub(crate) waiting: Option<Vec<HostId>>,
    /// When those are given up.
    pub(crate) deadline: f64,
}

/// One run.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) id: RunId,
    pub(crate) plan: Plan,
    pub(crate) options: RunOptions,
    pub(crate) nodes: Vec<NodeState>,
    pub(crate) fan_in: bool,
    pub(crate) compute: Link,
    pub(crate) python: Link,
    pub(crate) inputs: Inputs,
    /// Outputs the page can still take.
    pub(crate) page_credit: i64,
    pub(crate) held: u64,
    pub(crate) collected_bytes: u64,
    pub(crate) peak: u64,
    pub(crate) started_at: f64,
    pub(crate) opened_at: Option<f64>,
    pub(crate) python_ms: f64,
    pub(crate) wasm_ms: f64,
    pub(crate) events: Vec<RunEvent>,
    pub(crate) logs: u32,
    pub(crate) logs_left_out: u64,
    pub(crate) ending: Option<Ending>,
    /// Nodes to look at.
    pub(crate) worklist: Vec<usize>,
    /// Nodes whose progress has news.
    pub(crate) news: Vec<usize>,
    /// Lower bounds of what each node can still give; only with fan-in.
    pub(crate) lows: Vec<Option<Key>>,
}

impl Run {
    pub(crate) fn new(id: RunId, plan: Plan, options: RunOptions, now: f64) -> Self {
        let node = |inputs: usize| NodeState {
            phase: Phase::Waiting,
            ports: (0..inputs.max(1)).map(|_| Port::default()).collect(),
            inflight: VecDeque::new(),
            inflight_bytes: 0,
            giving: None,
            credit: 0,
            credit_bytes: 0,
            sink: Port::default(),
            collected: Vec::new(),
            meter: Meter::default(),
            progress: Progress::default(),
            received: 0,
            queued: false,
        };
        let needs =
            |home| if plan.nodes.iter().any(|node| node.home == home) { Link::Leasing } else { Link::Unused };
        Run {
            id,
            nodes: plan.nodes.iter().map(|it| node(it.inputs.len())).collect(),
            fan_in: plan.nodes.iter().any(|node| node.inputs.len() > 1),
            compute: needs(Home::Compute),
            python: needs(Home::Python),
            plan,
            page_credit: i64::from(options.limits.queue_items.max(1)),
            options,
            inputs: Inputs::default(),
            held: 0,
            collected_bytes: 0,
            peak: 0,
            started_at: now,
            opened_at: None,
            python_ms: 0.0,
            wasm_ms: 0.0,
            events: Vec::new(),
            logs: 0,
            logs_left_out: 0,
            ending: None,
            worklist: Vec::new(),
            news: Vec::new(),
            lows: Vec::new(),
        }
    }

    /// Asks for workers, opens what can be opened, lets inputs come.
    pub(crate) fn start(&mut self, cx: &mut Cx) {
        let order = self.plan.order.iter().map(|&node| self.plan.nodes[node].id.clone()).collect();
        self.event(RunEvent::Started { order });
        for warning in std::mem::take(&mut self.plan.warnings) {
            self.log(warning.node, LogLevel::Warn, warning.message);
        }
        for (link, kind) in [(self.compute, HostKind::Compute), (self.python, HostKind::Python)] {
            if link == Link::Leasing {
                cx.page(protocol::FromRuntime::Lease { run: self.id, kind });
            }
        }
        self.open_nodes(Home::Runtime, HostId::LOCAL, cx);
        if self.options.inputs == InputMode::Absent {
            self.take_input(Value::Null, Part::WHOLE, cx.now);
            self.end_inputs(cx.now);
        }
    }

    pub(crate) fn attached(&mut self, kind: HostKind, host: HostId, start_ms: u32, cx: &mut Cx) {
        let home = match kind {
            HostKind::Compute => {
                self.compute = Link::Attached(host);
                self.wasm_ms = f64::from(start_ms);
                Home::Compute
            }
            HostKind::Python => {
                self.python = Link::Attached(host);
                self.python_ms = f64::from(start_ms);
                Home::Python
            }
        };
        self.open_nodes(home, host, cx);
    }

    fn open_nodes(&mut self, home: Home, host: HostId, cx: &mut Cx) {
        for &n in &self.plan.order {
            let node = &self.plan.nodes[n];
            if node.home == home {
                self.nodes[n].phase = Phase::Opening;
                let (id, kind, params) = (node.id.clone(), node.kind.clone(), node.params.clone());
                cx.host(host, ToHost::Open { run: self.id, node: idx(n), id, kind, params });
            }
        }
    }

    /// The host of a node, once it is there.
    pub(crate) fn host_of(&self, n: usize) -> Option<HostId> {
        match self.plan.nodes[n].home {
            Home::Runtime => Some(HostId::LOCAL),
            Home::Compute => attached(self.compute),
            Home::Python => attached(self.python),
        }
    }

    pub(crate) fn hosts(&self) -> impl Iterator<Item = HostId> + use<> {
        [Some(HostId::LOCAL), attached(self.compute), attached(self.python)].into_iter().flatten()
    }

    /// One input (or part of one) for every source.
    pub(crate) fn take_input(&mut self, value: Value, part: Part, now: f64) {
        let key = Key::item(self.inputs.item);
        if part.last {
            self.inputs.item += 1;
        }
        for n in 0..self.nodes.len() {
            if self.plan.nodes[n].inputs.is_empty() {
                self.arrive(n, 0, key.clone(), part, value.clone(), now);
            }
        }
    }

    /// Values pushed by the page; with `open` the last one is a recording that goes on with the next push.
    pub(crate) fn pushed(&mut self, values: Vec<Value>, open: bool, now: f64) {
        let count = values.len();
        self.inputs.demanded = self.inputs.demanded.saturating_sub(count as u32);
        for (i, value) in values.into_iter().enumerate() {
            let goes_on = open && i + 1 == count;
            match (&value, self.inputs.open) {
                (Value::Audio(audio), at) if goes_on || at.is_some() => {
                    let index = at.map_or(0, |(next, ..)| next);
                    self.inputs.open = goes_on.then_some((index + 1, audio.sample_rate, audio.channels));
                    self.take_input(value, Part { index, last: !goes_on }, now);
                }
                _ => {
                    self.close_recording(now);
                    self.take_input(value, Part::WHOLE, now);
                }
            }
        }
    }

    pub(crate) fn end_inputs(&mut self, now: f64) {
        self.close_recording(now);
        self.inputs.ended = true;
        for n in 0..self.nodes.len() {
            if self.plan.nodes[n].inputs.is_empty() {
                self.nodes[n].ports[0].ended = true;
                self.look_at(n);
            }
        }
    }

    /// A recording pushed in parts ends with an empty last part.
    fn close_recording(&mut self, now: f64) {
        if let Some((index, sample_rate, channels)) = self.inputs.open.take() {
            let samples = Buffer::from_f32(Vec::new());
            let rest = Value::Audio(Audio { sample_rate, channels, samples });
            self.take_input(rest, Part { index, last: true }, now);
        }
    }

    /// A value for `n` at its `input`-th connection.
    pub(crate) fn arrive(&mut self, n: usize, input: usize, key: Key, part: Part, value: Value, now: f64) {
        let planned = &self.plan.nodes[n];
        let entry = Entry {
            key: key.entering(planned.level, input),
            part,
            weight: value.weight(),
            value,
            since: now,
        };
        let node = &mut self.nodes[n];
        node.received += u64::from(part.last);
        match node.ports[input].push(entry, !planned.streaming, self.options.limits.item_bytes) {
            Ok(bytes) => self.hold(n, bytes),
            Err(error) => self.refuse(n, error),
        }
        self.look_at(n);
    }

    /// Counts `bytes` more, waiting for `n`.
    pub(crate) fn hold(&mut self, n: usize, bytes: u64) {
        self.held += bytes;
        self.peak = self.peak.max(self.held + self.collected_bytes);
        if self.held > self.options.limits.run_bytes {
            let message = format!(
                "{} bytes wait in the queues of this run, at most {} may (limits.runBytes)",
                self.held, self.options.limits.run_bytes
            );
            self.fail(Fault::new(Code::LimitExceeded, message).at(&self.plan.nodes[n].id).during("process"));
        }
    }

    pub(crate) fn refuse(&mut self, n: usize, error: JoinError) {
        let fault = match error {
            JoinError::TooLarge { bytes, max } => Fault::new(
                Code::LimitExceeded,
                format!("an item of {bytes} bytes or more, at most {max} may be joined (limits.itemBytes)"),
            ),
            JoinError::Mixed(why) => Fault::new(Code::NodeFailed, why),
        };
        self.fail(fault.at(&self.plan.nodes[n].id).during("input"));
    }

    pub(crate) fn look_at(&mut self, n: usize) {
        if !std::mem::replace(&mut self.nodes[n].queued, true) {
            self.worklist.push(n);
        }
    }

    pub(crate) fn event(&mut self, event: RunEvent) {
        if self.options.events {
            self.events.push(event);
        }
    }

    pub(crate) fn log(&mut self, node: Option<String>, level: LogLevel, message: String) {
        if self.logs >= self.options.limits.logs {
            self.logs_left_out += 1;
        } else {
            self.logs += 1;
            self.event(RunEvent::Log { node, level, message });
        }
    }

    /// The run will end badly; the first fault counts.
    pub(crate) fn fail(&mut self, fault: Fault) {
        // A fault while an end is being wound up (a `cleanup` that kills its worker) spoils nothing.
        self.ending.get_or_insert(Ending { fault: Some(fault), waiting: None, deadline: f64::INFINITY });
    }
}

pub(crate) fn idx(n: usize) -> protocol::NodeIdx {
    protocol::NodeIdx(n as u32)
}

fn attached(link: Link) -> Option<HostId> {
    if let Link::Attached(host) = link { Some(host) } else { None }
}
