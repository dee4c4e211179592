//! One run's state.
use std::collections::BTreeMap;

use protocol::{
    Code, Fault, Home, HostId, HostKind, InputMode, LogLevel, Part, RunEvent, RunId, RunOptions, ToHost,
    Value, WorkItem,
};

use crate::edges::Edges;
use crate::engine::Cx;
use crate::inputs::Inputs;
use crate::key::Key;
use crate::metrics::Meter;
use crate::models::Models;
use crate::plan::{Plan, PlanNode};
use crate::port::{JoinError, Port};
use crate::progress::Progress;
use crate::reader::Reader;
use crate::span::{Span, Spans};

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

/// One node of a run.
#[derive(Debug)]
pub(crate) struct NodeState {
    pub(crate) phase: Phase,
    pub(crate) ports: Vec<Port>,
    /// Inputs at the host.
    pub(crate) inflight: Spans,
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
    /// Asked for.
    Leasing,
    /// There.
    Attached(HostId),
    /// It was there.
    Gone,
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
    /// Nodes without inputs, nodes without outputs, nodes with several inputs.
    pub(crate) sources: Vec<usize>,
    pub(crate) sinks: Vec<usize>,
    pub(crate) fan_ins: Vec<usize>,
    /// Nodes that are not open yet, nodes that are not done.
    pub(crate) unopened: usize,
    pub(crate) undone: usize,
    /// The node that was last found able to move by itself: most likely it still is.
    pub(crate) mover: usize,
    /// The workers it needs, one of a kind.
    pub(crate) links: BTreeMap<HostKind, Link>,
    pub(crate) models: Models,
    pub(crate) inputs: Inputs,
    /// What the page has not taken yet; only with events.
    pub(crate) reader: Reader,
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
    /// When the first of it is due.
    pub(crate) news_at: f64,
    /// What was told of the connections.
    pub(crate) edges: Edges,
    /// Lower bounds of what each node can still give; kept up with fan-in only.
    pub(crate) lows: Vec<Option<Key>>,
}

impl Run {
    pub(crate) fn new(id: RunId, plan: Plan, options: RunOptions, now: f64) -> Self {
        let node = |inputs: usize| NodeState {
            phase: Phase::Waiting,
            ports: (0..inputs.max(1)).map(|_| Port::default()).collect(),
            inflight: Spans::default(),
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
        let pick = |which: fn(&PlanNode) -> bool| -> Vec<usize> {
            (0..plan.nodes.len()).filter(|&n| which(&plan.nodes[n])).collect()
        };
        let mut links = BTreeMap::new();
        links.extend(plan.nodes.iter().filter_map(|node| Some((kind_of(node.home)?, Link::Leasing))));
        Run {
            id,
            edges: Edges::new(plan.nodes.iter().map(|it| it.inputs.len())),
            lows: vec![Some(Key::item(0)); plan.nodes.len()],
            nodes: plan.nodes.iter().map(|it| node(it.inputs.len())).collect(),
            sources: pick(|node| node.inputs.is_empty()),
            sinks: pick(|node| node.outputs.is_empty()),
            fan_ins: pick(|node| node.inputs.len() > 1),
            unopened: plan.nodes.len(),
            undone: plan.nodes.len(),
            mover: 0,
            links,
            models: Models::of(&plan.nodes),
            plan,
            reader: Reader::default(),
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
            news_at: f64::INFINITY,
        }
    }

    /// Asks for models and workers, opens what can be opened, lets inputs come.
    pub(crate) fn start(&mut self, cx: &mut Cx) {
        let order = self.plan.order.iter().map(|&node| self.plan.nodes[node].id.clone()).collect();
        self.event(RunEvent::Started { order });
        for warning in std::mem::take(&mut self.plan.warnings) {
            self.log(warning.node, LogLevel::Warn, warning.message);
        }
        self.ask_for_models(cx);
        self.ask_for_workers(cx);
        self.open_nodes(cx);
        if self.options.inputs == InputMode::Absent {
            self.take_input(Value::Null, Part::WHOLE, cx.now);
            self.end_inputs(cx.now);
        }
    }

    pub(crate) fn attached(&mut self, kind: HostKind, host: HostId, start_ms: u32, cx: &mut Cx) {
        self.links.insert(kind, Link::Attached(host));
        match kind {
            HostKind::Compute | HostKind::Plugin(_) => self.wasm_ms = self.wasm_ms.max(f64::from(start_ms)),
            HostKind::Python => self.python_ms = f64::from(start_ms),
        }
        self.open_nodes(cx);
    }

    /// Opens every node whose host and models are there.
    pub(crate) fn open_nodes(&mut self, cx: &mut Cx) {
        for &n in &self.plan.order {
            let Some(host) = self.host_of(n).filter(|_| self.nodes[n].phase == Phase::Waiting) else {
                continue;
            };
            if self.has_models_of(n) {
                self.nodes[n].phase = Phase::Opening;
                let node = &self.plan.nodes[n];
                let (id, kind, params) = (node.id.clone(), node.kind.clone(), self.models.params(node));
                cx.host(host, ToHost::Open { run: self.id, node: idx(n), id, kind, params });
            }
        }
    }

    /// None where the run needs no worker of this kind.
    pub(crate) fn link(&self, kind: HostKind) -> Option<Link> {
        self.links.get(&kind).copied()
    }

    /// The host of a node, once it is there.
    pub(crate) fn host_of(&self, n: usize) -> Option<HostId> {
        match kind_of(self.plan.nodes[n].home) {
            None => Some(HostId::LOCAL),
            Some(kind) => attached(self.link(kind)?),
        }
    }

    pub(crate) fn hosts(&self) -> impl Iterator<Item = HostId> {
        std::iter::once(HostId::LOCAL).chain(self.links.values().copied().filter_map(attached))
    }

    /// `values`, which `span` is about, for `n` at its `input`-th connection.
    pub(crate) fn arrive(
        &mut self,
        (n, input): (usize, usize),
        mut span: Span,
        values: impl Iterator<Item = WorkItem>,
    ) {
        let planned = &self.plan.nodes[n];
        span.key = span.key.entering(planned.level, input);
        let node = &mut self.nodes[n];
        node.received += if span.part.last { span.count as u64 } else { 0 };
        match node.ports[input].push(span, values, !planned.streaming, self.options.limits.item_bytes) {
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

/// Which worker a node that lives in `home` needs, if not the runtime's own.
pub(crate) fn kind_of(home: Home) -> Option<HostKind> {
    match home {
        Home::Runtime => None,
        Home::Compute => Some(HostKind::Compute),
        Home::Python => Some(HostKind::Python),
        Home::Plugin(plugin) => Some(HostKind::Plugin(plugin)),
    }
}

fn attached(link: Link) -> Option<HostId> {
    if let Link::Attached(host) = link { Some(host) } else { None }
}
