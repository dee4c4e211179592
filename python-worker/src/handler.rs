//! Messages in, messages and calls of Python out.
// A new message must break every handler that ignores it.
#![warn(clippy::wildcard_enum_match_arm)]
use std::collections::{BTreeMap, VecDeque};

use protocol::{
    Buffer, Code, Fault, FromHost, FromWorker, LogLevel, NodeIdx, PackageFile, RunId, ToHost, ToWorker, Unit,
    Value,
};

use crate::lesson::{Lesson, Registration};
use crate::node::{Call, Node};
use crate::values::{self, Answer, State, Text};

/// Everything that can happen, but for the answer to a [`Call`].
#[derive(Debug)]
pub enum Event {
    /// The page says something.
    Page(ToWorker),
    /// The engine says something.
    Engine(ToHost),
    /// What [`Action::Load`] or [`Action::Unpack`] asked for is there, or why it is not.
    Loaded(Result<(), String>),
    /// Python's `wake(node)`: what a node waited for has ended; -1 means the closing of the run.
    Woken(i32),
    /// Python's `say(text)`, with the buffers it refers to.
    Said(String, Vec<Buffer>),
}

/// What has to be done.
#[derive(Debug)]
pub enum Action {
    /// Tell the page.
    Page(FromWorker),
    /// Tell the engine.
    Engine(FromHost),
    /// Load packages into Python; answered by [`Event::Loaded`].
    Load(Vec<String>),
    /// Write files to the interpreter's file system, where [`Call::Install`] finds them; answered by [`Event::Loaded`].
    Unpack {
        /// Of the folder `python`.
        modules: Vec<PackageFile>,
        /// Of the folder `wheels`.
        wheels: Vec<PackageFile>,
    },
}

/// The host. After each event, [`Handler::step`] until it has nothing more to ask of Python.
#[derive(Debug, Default)]
pub struct Handler {
    run: Option<Run>,
    registering: VecDeque<Registration>,
    todo: VecDeque<Call>,
    calling: Option<Calling>,
}

#[derive(Debug)]
struct Run {
    id: RunId,
    nodes: BTreeMap<NodeIdx, Node>,
    failed: bool,
    closing: bool,
    /// The node after this one has the next turn.
    last: NodeIdx,
}

/// The call whose answer is waited for.
#[derive(Debug, Clone, Copy)]
enum Calling {
    Register,
    Open(NodeIdx),
    Turn(NodeIdx),
    Flush(NodeIdx),
    Close,
    Reset,
}

impl Handler {
    /// Takes `event` in, and says what must be done before anything else happens.
    pub fn handle(&mut self, event: Event) -> Vec<Action> {
        match event {
            Event::Page(message) => self.page(message),
            Event::Engine(message) => self.engine(message),
            Event::Loaded(result) => self.loaded(result),
            Event::Woken(node) => {
                self.woken(node);
                Vec::new()
            }
            Event::Said(text, buffers) => self.said(&text, &buffers),
        }
    }

    /// What to ask of Python next; its answer goes to [`Handler::returned`] before anything else is said.
    pub fn step(&mut self) -> Option<Call> {
        // Sources and packages come first: nodes opened meanwhile may need them.
        let call = match self.registering.front() {
            Some(first) => first.call(),
            None => self.todo.pop_front().or_else(|| self.run.as_mut()?.turn()),
        }?;
        self.calling = Some(match &call {
            Call::Register { .. } | Call::Install => Calling::Register,
            Call::Open { node, .. } | Call::Opened { node } => Calling::Open(*node),
            Call::Turn { node, .. } => Calling::Turn(*node),
            Call::Flush { node, .. } => Calling::Flush(*node),
            Call::Close => Calling::Close,
            Call::Reset => Calling::Reset,
        });
        Some(call)
    }

    /// Python's answer to the last call, which took `busy_us` microseconds.
    pub fn returned(&mut self, answer: Result<Answer, String>, busy_us: u64) -> Vec<Action> {
        let answer = answer.unwrap_or_else(|why| Answer::Fault {
            message: format!("the Python host gave no answer: {why}"),
            traceback: None,
            stage: "process".into(),
        });
        match self.calling.take() {
            Some(Calling::Register) => self.registered(answer),
            Some(Calling::Open(node)) => self.opened(node, answer),
            Some(Calling::Turn(node)) => self.turned(node, answer, busy_us, false),
            Some(Calling::Flush(node)) => self.turned(node, answer, busy_us, true),
            Some(Calling::Close) => self.closed(answer),
            Some(Calling::Reset) | None => Vec::new(),
        }
    }

    fn page(&mut self, message: ToWorker) -> Vec<Action> {
        match message {
            ToWorker::Connect { run, .. } => {
                if self.run.replace(Run::new(run)).is_some() {
                    self.todo = VecDeque::from([Call::Close, Call::Reset]);
                }
                Vec::new()
            }
            ToWorker::Register { request, source, packages } => {
                let loaded = packages.is_empty();
                self.learn(Registration { request, lesson: Lesson::Source { source, packages }, loaded })
            }
            ToWorker::Install { request, modules, wheels } => {
                let lesson = Lesson::Package { modules, wheels };
                self.learn(Registration { request, lesson, loaded: false })
            }
            ToWorker::Kinds { request } => {
                let fault = Fault::new(Code::NotSupported, "a Python worker has no plugin");
                vec![Action::Page(FromWorker::Registered { request, result: Err(fault) })]
            }
            ToWorker::Ping => vec![Action::Page(FromWorker::Pong)],
        }
    }

    fn learn(&mut self, registration: Registration) -> Vec<Action> {
        self.registering.push_back(registration);
        if self.registering.len() == 1 { self.load() } else { Vec::new() }
    }

    fn load(&mut self) -> Vec<Action> {
        self.registering.front_mut().and_then(Registration::load).into_iter().collect()
    }

    fn loaded(&mut self, result: Result<(), String>) -> Vec<Action> {
        let Some(first) = self.registering.front_mut() else { return Vec::new() };
        match result {
            Ok(()) => {
                first.loaded = true;
                Vec::new()
            }
            Err(why) => {
                let code = first.lesson.refused(Code::LoadFailed);
                self.end_registration(Err(Fault::new(code, why).during("start")))
            }
        }
    }

    fn registered(&mut self, answer: Answer) -> Vec<Action> {
        let code =
            self.registering.front().map_or(Code::InvalidInput, |it| it.lesson.refused(Code::InvalidInput));
        let result = match answer {
            Answer::Kinds(kinds) => Ok(kinds),
            Answer::Fault { message, traceback, .. } => {
                Err(Fault { traceback, ..Fault::new(code, message).during("start") })
            }
            Answer::Turn { .. } => Err(Fault::new(code, "no kinds").during("start")),
        };
        if self.run.is_none() {
            self.todo.push_back(Call::Reset);
        }
        self.end_registration(result)
    }

    fn end_registration(&mut self, result: Result<Vec<protocol::NodeKind>, Fault>) -> Vec<Action> {
        let Some(Registration { request, .. }) = self.registering.pop_front() else { return Vec::new() };
        let mut actions = vec![Action::Page(FromWorker::Registered { request, result })];
        actions.extend(self.load());
        actions
    }

    fn engine(&mut self, message: ToHost) -> Vec<Action> {
        match message {
            ToHost::Open { run, node, id, kind, params } => {
                if let Some(at) = self.live(run) {
                    at.nodes.insert(node, Node::new());
                    self.todo.push_back(Call::Open { node, id, kind, params: Text::value(&params) });
                }
            }
            ToHost::Process { run, node, items } => self.with(run, node, |at| at.give(items)),
            ToHost::Credit { run, node, outputs, bytes } => {
                self.with(run, node, |at| at.credit(outputs, bytes))
            }
            ToHost::Flush { run, node } => self.with(run, node, Node::flush),
            ToHost::Close { run } => return self.close(run),
        }
        Vec::new()
    }

    fn close(&mut self, id: RunId) -> Vec<Action> {
        match &mut self.run {
            Some(run) if run.id == id => {
                if !run.closing {
                    run.closing = true;
                    self.todo.retain(|call| !matches!(call, Call::Open { .. } | Call::Opened { .. }));
                    self.todo.push_back(Call::Close);
                }
                Vec::new()
            }
            Some(_) | None => vec![Action::Engine(FromHost::Closed { run: id })],
        }
    }

    fn closed(&mut self, answer: Answer) -> Vec<Action> {
        if matches!(answer, Answer::Turn { state: State::Waiting, .. }) {
            return Vec::new();
        }
        // A `Close` that was owed to the run before this one has nobody to tell.
        let Some(run) = self.run.take_if(|run| run.closing) else { return Vec::new() };
        self.todo.push_back(Call::Reset);
        vec![Action::Engine(FromHost::Closed { run: run.id })]
    }

    fn woken(&mut self, node: i32) {
        let Some(run) = &mut self.run else { return };
        let Ok(node) = u32::try_from(node).map(NodeIdx) else {
            if run.closing {
                self.todo.push_back(Call::Close);
            }
            return;
        };
        match run.nodes.get_mut(&node) {
            Some(at) if at.opening && at.waiting => {
                at.waiting = false;
                self.todo.push_back(Call::Opened { node });
            }
            Some(at) => at.woken(),
            None => {}
        }
    }

    fn opened(&mut self, node: NodeIdx, answer: Answer) -> Vec<Action> {
        let Some(run) = &mut self.run else { return Vec::new() };
        match answer {
            Answer::Turn { state: State::Waiting, .. } => {
                if let Some(at) = run.nodes.get_mut(&node) {
                    at.waiting = true;
                }
                Vec::new()
            }
            Answer::Turn { .. } => {
                if let Some(at) = run.nodes.get_mut(&node) {
                    at.opening = false;
                }
                vec![Action::Engine(FromHost::Opened { run: run.id, node })]
            }
            Answer::Fault { .. } | Answer::Kinds(_) => run.fail(node, answer),
        }
    }

    fn turned(&mut self, node: NodeIdx, answer: Answer, busy_us: u64, flush: bool) -> Vec<Action> {
        let Some(run) = &mut self.run else { return Vec::new() };
        let Answer::Turn { done, state, outputs } = answer else { return run.fail(node, answer) };
        let Some(at) = run.nodes.get_mut(&node) else { return Vec::new() };
        let busy_us = at.turned(done, state, &outputs, busy_us);
        let mut actions = Vec::new();
        if done > 0 || !outputs.is_empty() {
            actions.push(Action::Engine(FromHost::Worked { run: run.id, node, outputs, done, busy_us }));
        }
        if flush && state == State::Idle {
            at.flushed();
            actions.push(Action::Engine(FromHost::Flushed { run: run.id, node }));
        }
        actions
    }

    fn said(&self, text: &str, buffers: &[Buffer]) -> Vec<Action> {
        let Some(run) = &self.run else { return Vec::new() };
        let message = values::read(text, buffers).ok().and_then(|said| said_by(run.id, said));
        message.map(Action::Engine).into_iter().collect()
    }

    fn live(&mut self, id: RunId) -> Option<&mut Run> {
        self.run.as_mut().filter(|run| run.id == id && !run.failed && !run.closing)
    }

    fn with(&mut self, run: RunId, node: NodeIdx, act: impl FnOnce(&mut Node)) {
        if let Some(at) = self.live(run).and_then(|run| run.nodes.get_mut(&node)) {
            act(at);
        }
    }
}

impl Run {
    fn new(id: RunId) -> Self {
        Run { id, nodes: BTreeMap::new(), failed: false, closing: false, last: NodeIdx(u32::MAX) }
    }

    /// The next turn, each node in its turn.
    fn turn(&mut self) -> Option<Call> {
        if self.failed || self.closing {
            return None;
        }
        let last = self.last;
        let order =
            self.nodes.keys().filter(|it| **it > last).chain(self.nodes.keys().filter(|it| **it <= last));
        for idx in order.copied().collect::<Vec<_>>() {
            if let Some(call) = self.nodes.get_mut(&idx).and_then(|node| node.call(idx)) {
                self.last = idx;
                return Some(call);
            }
        }
        None
    }

    fn fail(&mut self, node: NodeIdx, answer: Answer) -> Vec<Action> {
        if self.failed || self.closing {
            return Vec::new();
        }
        self.failed = true;
        let (message, traceback, stage) = match answer {
            Answer::Fault { message, traceback, stage } => (message, traceback, stage),
            Answer::Turn { .. } | Answer::Kinds(_) => {
                ("no answer to what was asked".into(), None, "process".into())
            }
        };
        let code = if message.starts_with("MemoryError") { Code::OutOfMemory } else { Code::NodeFailed };
        let fault = Fault { traceback, ..Fault::new(code, message).during(&stage) };
        vec![Action::Engine(FromHost::Failed { run: self.id, node, fault })]
    }
}

/// `[node, kind, …]` as `_said.py` writes it.
fn said_by(run: RunId, said: Value) -> Option<FromHost> {
    let mut parts = said.items()?.into_iter();
    let node =
        if let Value::Int(it) = parts.next()? { u32::try_from(it).ok().map(NodeIdx) } else { return None };
    let kind = parts.next()?;
    match (kind.as_text()?, node) {
        ("log", node) => {
            let level = match parts.next()?.as_text()? {
                "debug" => LogLevel::Debug,
                "warn" => LogLevel::Warn,
                "error" => LogLevel::Error,
                _ => LogLevel::Info,
            };
            Some(FromHost::Log { run, node, level, message: parts.next()?.as_text()?.to_owned() })
        }
        ("progress", Some(node)) => {
            let (done, total) = (parts.next()?.as_f64()?, parts.next()?.as_f64());
            let unit = match parts.next()?.as_text()? {
                "seconds" => Unit::Seconds,
                "bytes" => Unit::Bytes,
                "tokens" => Unit::Tokens,
                _ => Unit::Items,
            };
            Some(FromHost::Progress { run, node, done, total, unit })
        }
        ("partial", Some(node)) => Some(FromHost::Partial { run, node, value: parts.next()? }),
        _ => None,
    }
}

#[cfg(test)]
#[path = "handler_tests.rs"]
mod tests;
