//! Events in, actions out.
// A new message must break every handler that ignores it.
#![warn(clippy::wildcard_enum_match_arm)]
use std::collections::BTreeMap;
use std::rc::Rc;

use protocol::{
    Code, Fault, FromHost, FromRuntime, HostId, HostKind, LogLevel, NodeKind, Problem, RunEvent, RunId,
    ToHost, ToRuntime,
};

use crate::plan::{Catalog, Plan, fault_of, plan};
use crate::run::{Link, Run};

/// Everything that can happen to the engine. There is nothing else.
#[derive(Debug)]
pub enum Event {
    /// The page says something.
    Page(ToRuntime),
    /// A host says something.
    Host(HostId, FromHost),
    /// Time has passed: due when [`Engine::deadline`] says so.
    Tick,
}

/// What must be done before anything else happens, in order.
#[derive(Debug)]
pub enum Action {
    /// Tell the page.
    Page(FromRuntime),
    /// Tell a host.
    Host(HostId, ToHost),
}

/// Now, and where actions go.
pub(crate) struct Cx<'a> {
    pub(crate) now: f64,
    actions: &'a mut Vec<Action>,
}

impl Cx<'_> {
    pub(crate) fn page(&mut self, message: FromRuntime) {
        self.actions.push(Action::Page(message));
    }
    pub(crate) fn host(&mut self, host: HostId, message: ToHost) {
        self.actions.push(Action::Host(host, message));
    }
}

/// The scheduler: all runs of one runtime worker.
#[derive(Debug)]
pub struct Engine {
    built_in: Vec<NodeKind>,
    /// Those, and those with what was registered.
    base: Rc<Catalog>,
    catalog: Rc<Catalog>,
    runs: BTreeMap<RunId, Run>,
}

impl Engine {
    /// An engine that knows the `built_in` kinds.
    pub fn new(built_in: Vec<NodeKind>) -> Self {
        let base = Rc::new(Catalog::new(built_in.clone()));
        Engine { built_in, catalog: base.clone(), base, runs: BTreeMap::new() }
    }

    /// The kinds it was made with.
    pub fn built_in(&self) -> &[NodeKind] {
        &self.built_in
    }

    /// Takes `event` in at `now_ms` (any zero, never falling), and says what must be done.
    pub fn handle(&mut self, now_ms: f64, event: Event) -> Vec<Action> {
        let mut actions = Vec::new();
        let mut cx = Cx { now: now_ms, actions: &mut actions };
        match event {
            Event::Page(message) => self.page(message, &mut cx),
            Event::Host(host, message) => self.host(host, message, &mut cx),
            Event::Tick => {
                let runs: Vec<_> = self.runs.keys().copied().collect();
                for run in runs {
                    self.settle(run, &mut cx);
                }
            }
        }
        actions
    }

    /// When [`Event::Tick`] is due, if nothing else happens before.
    pub fn deadline(&self) -> Option<f64> {
        let of_run = |run: &Run| {
            let timeout = run.ending.is_none().then(|| run.times_out_at()).flatten();
            let ending = run.ending.as_ref().map(|ending| ending.deadline).filter(|at| at.is_finite());
            [timeout, ending, run.news_due(), run.edges_due()].into_iter().flatten().min_by(f64::total_cmp)
        };
        self.runs.values().filter_map(of_run).min_by(f64::total_cmp)
    }

    /// Whether no run is under way.
    pub fn is_idle(&self) -> bool {
        self.runs.is_empty()
    }

    fn page(&mut self, message: ToRuntime, cx: &mut Cx) {
        match message {
            ToRuntime::Validate { request, manifest, params, kinds } => {
                let max = protocol::Limits::default().nodes;
                let problems = match self.plan(&manifest, params.as_deref(), kinds, max) {
                    Ok(plan) => plan.warnings,
                    Err(problems) => problems,
                };
                cx.page(FromRuntime::Problems { request, problems });
            }
            ToRuntime::Start { run, manifest, params, options, kinds } => {
                match self.plan(&manifest, params.as_deref(), kinds, options.limits.nodes) {
                    Err(problems) => cx.page(FromRuntime::Failed { run, fault: fault_of(problems) }),
                    Ok(plan) => {
                        self.runs
                            .entry(run)
                            .or_insert_with(|| Run::new(run, plan, options, cx.now))
                            .start(cx);
                        self.settle(run, cx);
                    }
                }
            }
            ToRuntime::Push { run, items, open } => self.with(run, cx, |run, cx| match items.unpack() {
                _ if run.inputs.ended => {}
                Ok(values) => run.pushed(values, open, cx.now),
                Err(error) => run.fail(Fault::new(Code::InvalidInput, error.to_string()).during("input")),
            }),
            ToRuntime::End { run } => self.with(run, cx, |run, cx| run.end_inputs(cx.now)),
            ToRuntime::Credit { run, outputs } => self.with(run, cx, |run, _| run.page_took(outputs)),
            ToRuntime::Cancel { run } => self.with(run, cx, |run, _| {
                run.fail(Fault::new(Code::Cancelled, "the run was cancelled").during("cancel"));
            }),
            ToRuntime::Attach { run, host, kind, start_ms } => match self.runs.get_mut(&run) {
                Some(it) if it.ending.is_none() && it.link(kind) == Some(Link::Leasing) => {
                    it.attached(kind, host, start_ms, cx);
                    self.settle(run, cx);
                }
                // The lease crossed its own cancellation on the way.
                Some(_) | None => cx.page(FromRuntime::Release { run, kind, host: Some(host) }),
            },
            ToRuntime::HostLost { run, kind, host, fault } => {
                self.with(run, cx, |run, _| run.lost_host(kind, host, fault))
            }
            ToRuntime::Kinds { kinds } => {
                self.catalog = Rc::new(self.base.with(kinds));
            }
            ToRuntime::Loading { run, what, name, loaded, total } => {
                self.with(run, cx, |run, _| run.event(RunEvent::Load { what, name, loaded, total }));
            }
            ToRuntime::Model { run, model, result } => self.with(run, cx, |run, cx| {
                if run.ending.is_none() {
                    run.model_came(&model, result, cx);
                }
            }),
        }
    }

    /// A plan over every kind there is, those of a package first.
    fn plan(
        &self,
        manifest: &str,
        params: Option<&str>,
        kinds: Vec<NodeKind>,
        max_nodes: u32,
    ) -> Result<Plan, Vec<Problem>> {
        if kinds.is_empty() {
            return plan(manifest, params, &self.catalog, max_nodes);
        }
        plan(manifest, params, &self.catalog.with(kinds), max_nodes)
    }

    fn host(&mut self, host: HostId, message: FromHost, cx: &mut Cx) {
        match message {
            FromHost::Opened { run, node } => self.of_node(run, node, cx, |run, n, cx| run.opened(n, cx.now)),
            FromHost::Worked { run, node, outputs, done, busy_us } => {
                self.of_node(run, node, cx, |run, n, cx| run.worked(n, outputs, done, busy_us, cx.now));
            }
            FromHost::Flushed { run, node } => {
                self.of_node(run, node, cx, |run, n, cx| run.flushed(n, cx.now))
            }
            FromHost::Progress { run, node, done, total, unit } => {
                self.of_node(run, node, cx, |run, n, _| {
                    run.nodes[n].progress.says(done, total, unit);
                    run.has_news(n);
                })
            }
            FromHost::Partial { run, node, value } => {
                self.of_node(run, node, cx, |run, n, _| run.partial(n, &value))
            }
            FromHost::Log { run, node, level, message } => self.with(run, cx, |run, _| {
                let node =
                    node.and_then(|node| run.plan.nodes.get(node.0 as usize)).map(|node| node.id.clone());
                run.log(node, level, message);
            }),
            FromHost::Load { run, what, name, loaded, total } => {
                self.with(run, cx, |run, _| run.event(RunEvent::Load { what, name, loaded, total }));
            }
            FromHost::Failed { run, node, fault } => self.of_node(run, node, cx, |run, n, _| {
                let stage = fault.stage.clone().unwrap_or_else(|| "process".into());
                run.fail(fault.at(&run.plan.nodes[n].id).during(&stage));
            }),
            FromHost::Closed { run } => self.with(run, cx, |run, cx| run.closed(host, cx)),
        }
    }

    /// Does `what` to a run, if there is one, and lets follow what follows.
    fn with(&mut self, run: RunId, cx: &mut Cx, what: impl FnOnce(&mut Run, &mut Cx)) {
        if let Some(it) = self.runs.get_mut(&run) {
            what(it, cx);
            self.settle(run, cx);
        }
    }

    /// The same for a node of a run that still goes on.
    fn of_node(
        &mut self,
        run: RunId,
        node: protocol::NodeIdx,
        cx: &mut Cx,
        what: impl FnOnce(&mut Run, usize, &mut Cx),
    ) {
        self.with(run, cx, |run, cx| {
            let n = node.0 as usize;
            if run.ending.is_none() && n < run.nodes.len() {
                what(run, n, cx);
            }
        });
    }

    fn settle(&mut self, id: RunId, cx: &mut Cx) {
        let Some(run) = self.runs.get_mut(&id) else { return };
        if run.ending.is_none() && run.times_out_at().is_some_and(|at| cx.now >= at) {
            run.time_out(cx.now);
        }
        if run.ending.is_none() {
            run.pump(cx);
            run.tell_news(cx.now);
            run.tell_edges(cx.now);
        }
        run.flush_events(cx);
        if run.wind_up(cx) {
            self.runs.remove(&id);
        }
    }
}

impl Run {
    fn times_out_at(&self) -> Option<f64> {
        self.options.timeout_ms.map(|ms| self.started_at + f64::from(ms))
    }

    fn time_out(&mut self, now: f64) {
        // Who works for itself first: a worker is where time goes.
        let kinds = self.links.keys().rev().copied().map(Some).chain([None]);
        let suspect = kinds.into_iter().find_map(|kind| {
            let (n, stage) = self.suspect(kind)?;
            (!self.nodes[n].inflight.is_empty()).then_some((n, stage))
        });
        let message = format!("the run was not done after {:.0} ms (timeoutMs)", now - self.started_at);
        let fault = Fault::new(Code::TimedOut, message);
        let loading = self.waits_for_model().map(|node| node.id.clone());
        self.fail(match (suspect, loading) {
            (Some((n, stage)), _) => fault.at(&self.plan.nodes[n].id).during(stage),
            (None, Some(node)) => fault.at(node).during("load"),
            (None, None) => fault,
        });
    }

    fn lost_host(&mut self, kind: HostKind, host: HostId, fault: Fault) {
        let link = self.link(kind);
        if link != Some(Link::Attached(host)) && link != Some(Link::Leasing) {
            return;
        }
        let suspect = self.suspect(Some(kind));
        self.links.insert(kind, Link::Gone);
        self.lost(host);
        self.fail(match suspect {
            Some((n, stage)) => {
                let stage = fault.stage.clone().unwrap_or_else(|| stage.into());
                fault.at(&self.plan.nodes[n].id).during(&stage)
            }
            None => fault,
        });
    }

    fn partial(&mut self, n: usize, value: &protocol::Value) {
        match protocol::Packed::pack(std::slice::from_ref(value)) {
            Ok(value) => self.event(RunEvent::Partial { node: self.plan.nodes[n].id.clone(), value }),
            Err(error) => self.log(Some(self.plan.nodes[n].id.clone()), LogLevel::Warn, error.to_string()),
        }
    }
}
