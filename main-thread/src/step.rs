//! Actions as JavaScript takes them: one JSON text per batch and, beside it, what must not go through JSON.
use protocol::{Fault, Frame, Message, Packed, RunEvent, encode};
use serde::Serialize;

use crate::view::{EventView, NodeView, ProblemView, ReportView};
use crate::{Action, Notice, PluginPlace, Role, WorkerId};

/// What lies beside the JSON text.
#[derive(Debug)]
pub enum Bulk {
    /// A message for a worker.
    Frame(Frame),
    /// Values for the user.
    Packed(Packed),
}

/// A fault as JavaScript sees it.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(test, ts(optional_fields))]
pub struct FaultView {
    #[cfg_attr(test, ts(type = "ErrorCode"))]
    code: protocol::Code,
    #[serde(skip_serializing_if = "Option::is_none")]
    node: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stage: Option<String>,
    message: String,
    problems: Vec<ProblemView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    traceback: Option<String>,
    /// JSON text.
    #[serde(skip_serializing_if = "Option::is_none")]
    details: Option<String>,
}

/// One [`Action`]. Numbers called `…bulk` are positions in the list beside the text.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "do", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[allow(missing_docs, reason = "as in Action and Notice")]
pub enum Step {
    Spawn { worker: u32, role: Role, plugin: Option<PluginPlace> },
    Post { worker: u32, bulk: usize },
    Link { worker: u32, bulk: usize, runtime: u32, runtime_bulk: usize },
    Interrupt { worker: u32 },
    Terminate { worker: u32 },
    LoadModel { run: u32, model: String },
    DropModels { run: u32 },
    DropPackage { package: u32 },
    Wake { at_ms: Option<f64> },
    Ready { kinds: Vec<NodeView> },
    StartFailed { fault: FaultView },
    Kinds { kinds: Vec<NodeView> },
    Problems { request: u32, problems: Vec<ProblemView> },
    Registered { request: u32, kinds: Vec<NodeView> },
    Refused { request: u32, fault: FaultView },
    Demand { run: u32, items: u32 },
    Events { run: u32, events: Vec<EventView> },
    Finished { run: u32, report: ReportView, bulk: usize },
    Failed { run: u32, fault: FaultView },
    Closed,
}

/// `actions`, in order, and what lies beside them.
pub fn steps(actions: Vec<Action>) -> (Vec<Step>, Vec<Bulk>) {
    let mut bulk = Vec::new();
    let steps = actions.into_iter().filter_map(|action| step(action, &mut bulk)).collect();
    (steps, bulk)
}

fn step(action: Action, bulk: &mut Vec<Bulk>) -> Option<Step> {
    Some(match action {
        Action::Spawn { worker: WorkerId(worker), role, plugin } => Step::Spawn { worker, role, plugin },
        Action::Tell { worker, message } => Step::Post { worker: worker.0, bulk: put(bulk, &message)? },
        Action::TellHost { worker, message } => Step::Post { worker: worker.0, bulk: put(bulk, &message)? },
        Action::Link { worker, connect, runtime, attach } => Step::Link {
            worker: worker.0,
            bulk: put(bulk, &connect)?,
            runtime: runtime.0,
            runtime_bulk: put(bulk, &attach)?,
        },
        Action::Interrupt { worker } => Step::Interrupt { worker: worker.0 },
        Action::Terminate { worker } => Step::Terminate { worker: worker.0 },
        Action::LoadModel { run, model } => Step::LoadModel { run: run.0, model },
        Action::DropModels { run } => Step::DropModels { run: run.0 },
        Action::DropPackage { package } => Step::DropPackage { package: package.0 },
        Action::Wake { at_ms } => Step::Wake { at_ms },
        Action::Notify(notice) => notify(notice, bulk),
    })
}

fn notify(notice: Notice, bulk: &mut Vec<Bulk>) -> Step {
    match notice {
        Notice::Ready { kinds } => Step::Ready { kinds: views(kinds) },
        Notice::StartFailed { fault } => Step::StartFailed { fault: fault.into() },
        Notice::Kinds { kinds } => Step::Kinds { kinds: views(kinds) },
        Notice::Problems { request, problems } => Step::Problems { request, problems: views(problems) },
        Notice::Registered { request, kinds } => Step::Registered { request, kinds: views(kinds) },
        Notice::Refused { request, fault } => Step::Refused { request, fault: fault.into() },
        Notice::Demand { run, items } => Step::Demand { run: run.0, items },
        Notice::Events { run, events } => {
            Step::Events { run: run.0, events: events.into_iter().map(|it| event(it, bulk)).collect() }
        }
        Notice::Finished { run, report, outputs } => {
            Step::Finished { run: run.0, report: report.into(), bulk: pack(bulk, outputs) }
        }
        Notice::Failed { run, fault } => Step::Failed { run: run.0, fault: fault.into() },
        Notice::Closed => Step::Closed,
    }
}

fn event(event: RunEvent, bulk: &mut Vec<Bulk>) -> EventView {
    match event {
        RunEvent::Started { order } => EventView::Started { order },
        RunEvent::Load { what, name, loaded, total } => EventView::Load { what, name, loaded, total },
        RunEvent::Progress { node, done, total, unit, fraction, eta_ms } => {
            EventView::Progress { node, done, total, unit, fraction, eta_ms }
        }
        RunEvent::Partial { node, value } => EventView::Partial { node, bulk: pack(bulk, value) },
        RunEvent::Output { node, values } => EventView::Output { node, bulk: pack(bulk, values) },
        RunEvent::Log { node, level, message } => EventView::Log { node, level, message },
        RunEvent::Edge { from, to, items, bytes } => EventView::Edge { from, to, items, bytes },
    }
}

/// No message of ours holds a bare value, so none is ever too deep to write: see [`Packed`].
fn put<M: Message>(bulk: &mut Vec<Bulk>, message: &M) -> Option<usize> {
    bulk.push(Bulk::Frame(encode(message).ok()?));
    Some(bulk.len() - 1)
}

fn pack(bulk: &mut Vec<Bulk>, packed: Packed) -> usize {
    bulk.push(Bulk::Packed(packed));
    bulk.len() - 1
}

fn views<T, V: From<T>>(items: Vec<T>) -> Vec<V> {
    items.into_iter().map(V::from).collect()
}

impl From<Fault> for FaultView {
    fn from(it: Fault) -> Self {
        FaultView {
            code: it.code,
            node: it.node,
            stage: it.stage,
            message: it.message,
            problems: views(it.problems),
            traceback: it.traceback,
            details: it.details,
        }
    }
}
