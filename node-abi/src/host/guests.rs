//! The state machine between engine and guest.
use std::collections::BTreeMap;

use protocol::{Code, Fault, FromHost, NodeIdx, RunId, ToHost, Value, WorkItem};

use super::desk::{Ask, Desk};
use super::{Bounds, Greeting, Guest, answer, convert};
use crate::{FromGuest, Item, Kind, Part, SOURCES, State, ToGuest, encode};

/// A node host whose nodes live in a guest; serves one run at a time. Answers as [`ToHost`] and [`FromHost`] document.
pub struct Guests<G> {
    guest: G,
    /// Microseconds since whenever; never falls.
    clock: fn() -> f64,
    bounds: Bounds,
    greeting: Option<Greeting>,
    /// Why the guest is not asked anything any more.
    gone: Option<Fault>,
    run: Option<Run>,
}

struct Run {
    id: RunId,
    nodes: BTreeMap<NodeIdx, Node>,
    /// Nothing more is done for it, but closing.
    failed: bool,
    closing: bool,
    /// The node after this one has the next turn.
    last: NodeIdx,
}

struct Node {
    /// What it is to be opened with; none once it is.
    opening: Option<ToGuest>,
    desk: Desk,
    next_part: u32,
}

/// What to do next.
enum Job {
    Open(NodeIdx, ToGuest),
    Work(NodeIdx, Ask),
    Close,
}

impl<G: Guest> Guests<G> {
    /// A host of the nodes of `guest`, which has been asked nothing yet. `clock` tells microseconds and never falls.
    pub fn new(guest: G, clock: fn() -> f64, bounds: Bounds) -> Self {
        Guests { guest, clock, bounds, greeting: None, gone: None, run: None }
    }

    /// Greets the guest, unless that was done before; the first node to be opened does it otherwise.
    ///
    /// # Errors
    /// The guest cannot answer, or speaks another version.
    pub fn greet(&mut self) -> Result<&Greeting, Fault> {
        if self.greeting.is_none() {
            let answer = self.ask(&ToGuest::Hello { capabilities: Vec::new() });
            // What is said before there is a run has nobody to hear it.
            self.guest.said();
            self.greeting = Some(answer.and_then(answer::greeting).map_err(|fault| fault.during("start"))?);
        }
        self.greeting.as_ref().ok_or_else(|| Fault::new(Code::NodeFailed, "no greeting"))
    }

    /// Teaches the guest the nodes of a source; only for those with the capability [`crate::SOURCES`].
    ///
    /// # Errors
    /// The guest cannot, or the source is wrong.
    pub fn register(&mut self, name: &str, source: &str) -> Result<Vec<Kind>, Fault> {
        if !self.greet()?.capabilities.iter().any(|it| it == SOURCES) {
            return Err(Fault::new(Code::NotSupported, "this guest takes no sources").during("start"));
        }
        let answer = self.ask(&ToGuest::Register { name: name.into(), source: source.into() })?;
        self.guest.said();
        answer::kinds(answer)
    }

    /// The guest itself, e.g. to end it.
    pub fn guest(&mut self) -> &mut G {
        &mut self.guest
    }

    /// The node that has been given a turn last, if a run is on: who to name when the guest does not come back.
    pub fn at_work(&self) -> Option<(RunId, NodeIdx)> {
        self.run.as_ref().map(|run| (run.id, run.last))
    }

    /// Takes `message` in, and says what must be said before anything else. No node works in here.
    pub fn handle(&mut self, message: ToHost) -> Vec<FromHost> {
        match message {
            ToHost::Open { run, node, id, kind, params } => self.open((run, node), id, kind, &params),
            ToHost::Process { run, node, items } => self.with((run, node), |desk| desk.give(items)),
            ToHost::Credit { run, node, outputs, bytes } => {
                self.with((run, node), |desk| desk.credit(outputs, bytes))
            }
            ToHost::Flush { run, node } => self.with((run, node), Desk::flush),
            ToHost::Close { run } => match &mut self.run {
                Some(at) if at.id == run => {
                    at.closing = true;
                    Vec::new()
                }
                Some(_) | None => vec![FromHost::Closed { run }],
            },
        }
    }

    /// Works for about `budget_us` microseconds (a call that has begun is ended), and says what came of it.
    pub fn step(&mut self, budget_us: f64) -> Vec<FromHost> {
        let end = (self.clock)() + budget_us;
        let mut said = Vec::new();
        while let Some((job, patient)) = self.next() {
            match job {
                Job::Open(node, question) => self.opened(node, &question, &mut said),
                Job::Work(node, ask) => self.turn(node, ask, &mut said),
                Job::Close => self.closed(&mut said),
            }
            // Whoever waits is asked once, then mail is read.
            if patient || (self.clock)() >= end {
                break;
            }
        }
        said
    }

    /// Whether [`Guests::step`] has something to do.
    pub fn has_work(&self) -> bool {
        let Some(run) = &self.run else { return false };
        run.closing
            || !run.failed && run.nodes.values().any(|node| node.opening.is_some() || node.desk.has_work())
    }

    fn open(
        &mut self,
        (run, node): (RunId, NodeIdx),
        id: String,
        kind: String,
        params: &Value,
    ) -> Vec<FromHost> {
        if self.run.as_ref().is_none_or(|it| it.id != run) {
            // A run before this one that was never closed has nobody left to hear of it.
            if self.run.take().is_some() {
                _ = self.ask(&ToGuest::Close);
                self.guest.said();
            }
            self.run = Some(Run::new(run));
        }
        let params = convert::to_guest(params, self.bounds.frame as u64);
        let Some(run) = self.run.as_mut().filter(|run| !run.failed && !run.closing) else {
            return Vec::new();
        };
        match params {
            Ok(params) => {
                let question = ToGuest::Open { node: node.0, id, kind, params };
                let at = Node { opening: Some(question), desk: Desk::default(), next_part: 0 };
                run.nodes.insert(node, at);
                Vec::new()
            }
            Err(fault) => run.fail(node, fault.during("open")).into_iter().collect(),
        }
    }

    fn with(&mut self, (run, node): (RunId, NodeIdx), act: impl FnOnce(&mut Desk)) -> Vec<FromHost> {
        let run = self.run.as_mut().filter(|it| it.id == run && !it.failed && !it.closing);
        if let Some(node) = run.and_then(|run| run.nodes.get_mut(&node)) {
            act(&mut node.desk);
        }
        Vec::new()
    }

    /// What to do next, and whether it is only to ask whether waiting is over.
    fn next(&mut self) -> Option<(Job, bool)> {
        let run = self.run.as_mut()?;
        if run.closing {
            return Some((Job::Close, false));
        }
        if run.failed {
            return None;
        }
        let opening = run.nodes.iter_mut().find_map(|(node, it)| Some((*node, it.opening.take()?)));
        if let Some((node, question)) = opening {
            return Some((Job::Open(node, question), false));
        }
        run.turn().map(|job| (job, false)).or_else(|| Some((run.turn_of_waiting()?, true)))
    }

    /// Asks the guest; one that does not answer, or not in words of v1, is never asked again.
    fn ask(&mut self, question: &ToGuest) -> Result<FromGuest, Fault> {
        if let Some(fault) = &self.gone {
            return Err(fault.clone());
        }
        let frame = encode(question)
            .map_err(|error| Fault::new(Code::LimitExceeded, format!("cannot be asked: {error}")))?;
        let answer = self.guest.call(&frame).and_then(|frame| {
            answer::read(&frame, &self.bounds).map_err(|why| Fault::new(Code::NodeFailed, why))
        });
        if let Err(fault) = &answer {
            self.gone = Some(fault.clone());
        }
        answer
    }

    /// Asks for `node`, and passes on what the guest said meanwhile.
    fn ask_for(
        &mut self,
        node: NodeIdx,
        question: &ToGuest,
        said: &mut Vec<FromHost>,
    ) -> Result<FromGuest, Fault> {
        if let Some(run) = &mut self.run {
            run.last = node;
        }
        let answer = self.ask(question);
        self.listen(said)?;
        answer
    }

    fn listen(&mut self, said: &mut Vec<FromHost>) -> Result<(), Fault> {
        let frames = self.guest.said();
        let Some(run) = &self.run else { return Ok(()) };
        for frame in frames.iter().take(self.bounds.said) {
            match answer::said(frame, run.id, &self.bounds, |node| run.nodes.contains_key(&node)) {
                Ok(message) => said.extend(message),
                Err(fault) => {
                    self.gone.get_or_insert_with(|| fault.clone());
                    return Err(fault);
                }
            }
        }
        Ok(())
    }

    fn opened(&mut self, node: NodeIdx, question: &ToGuest, said: &mut Vec<FromHost>) {
        let greeted = self.greet().map(|_| ());
        let answer = greeted.and_then(|()| self.ask_for(node, question, said));
        let Some(run) = &mut self.run else { return };
        match answer {
            Ok(FromGuest::Opened) => said.push(FromHost::Opened { run: run.id, node }),
            Ok(other) => said.extend(run.fail(node, answer::unexpected(other, "open"))),
            Err(fault) => said.extend(run.fail(node, at_stage(fault, "open"))),
        }
    }

    fn turn(&mut self, node: NodeIdx, ask: Ask, said: &mut Vec<FromHost>) {
        let stage = if matches!(ask, Ask::Turn { .. }) { "process" } else { "flush" };
        let from = (self.clock)();
        let answer = question(node, ask, self.bounds.frame as u64)
            .and_then(|question| self.ask_for(node, &question, said));
        let busy_us = ((self.clock)() - from).max(0.0).round() as u64;
        let Some(run) = &mut self.run else { return };
        let outcome = match answer {
            Ok(FromGuest::Worked { outputs, done, state }) => {
                run.worked(node, (outputs, done, state), busy_us, stage == "flush")
            }
            Ok(other) => Err(answer::unexpected(other, stage)),
            Err(fault) => Err(at_stage(fault, stage)),
        };
        match outcome {
            Ok(messages) => said.extend(messages),
            Err(fault) => said.extend(run.fail(node, fault)),
        }
    }

    fn closed(&mut self, said: &mut Vec<FromHost>) {
        let answer = self.ask(&ToGuest::Close);
        // Its last words are passed on, but nothing that goes wrong now changes how the run ended.
        _ = self.listen(said);
        let Some(run) = self.run.take() else { return };
        if let Ok(FromGuest::Fault { code, stage, message, traceback }) = answer {
            let fault = answer::fault(&code, stage, message, traceback);
            let message = format!("closing: {}", fault.message);
            said.push(FromHost::Log { run: run.id, node: None, level: protocol::LogLevel::Warn, message });
        }
        said.push(FromHost::Closed { run: run.id });
    }
}

impl Run {
    fn new(id: RunId) -> Self {
        Run { id, nodes: BTreeMap::new(), failed: false, closing: false, last: NodeIdx(u32::MAX) }
    }

    /// The next turn, each node in its turn.
    fn turn(&mut self) -> Option<Job> {
        let last = self.last;
        let order =
            self.nodes.keys().filter(|it| **it > last).chain(self.nodes.keys().filter(|it| **it <= last));
        order.copied().collect::<Vec<_>>().into_iter().find_map(|idx| {
            let ask = self.nodes.get_mut(&idx)?.desk.next(convert::size)?;
            Some(Job::Work(idx, ask))
        })
    }

    /// As [`Run::turn`], among those that wait.
    fn turn_of_waiting(&mut self) -> Option<Job> {
        self.nodes.values_mut().filter(|it| it.desk.is_waiting()).for_each(|it| it.desk.woken());
        self.turn()
    }

    fn worked(
        &mut self,
        node: NodeIdx,
        (outputs, done, state): (Vec<crate::Output>, u32, State),
        busy_us: u64,
        flush: bool,
    ) -> Result<Vec<FromHost>, Fault> {
        let Some(at) = self.nodes.get_mut(&node) else { return Ok(Vec::new()) };
        let asked = (at.desk.at_work(), &mut at.next_part);
        let outputs = answer::worked(outputs, (done, state), asked).map_err(|why| {
            Fault::new(Code::NodeFailed, why).during(if flush { "flush" } else { "process" })
        })?;
        let busy_us = at.desk.turned(done, state, &outputs, busy_us);
        let mut messages = Vec::new();
        if done > 0 || !outputs.is_empty() {
            messages.push(FromHost::Worked { run: self.id, node, outputs, done, busy_us });
        }
        if flush && state == State::Idle {
            if at.next_part != 0 {
                let why = "ended in the middle of an output that it gave in parts";
                return Err(Fault::new(Code::NodeFailed, why).during("flush"));
            }
            at.desk.flushed();
            messages.push(FromHost::Flushed { run: self.id, node });
        }
        Ok(messages)
    }

    /// The run is over, but for closing; none if it was before.
    fn fail(&mut self, node: NodeIdx, fault: Fault) -> Option<FromHost> {
        if std::mem::replace(&mut self.failed, true) || self.closing {
            return None;
        }
        Some(FromHost::Failed { run: self.id, node, fault })
    }
}

fn question(node: NodeIdx, ask: Ask, room: u64) -> Result<ToGuest, Fault> {
    let NodeIdx(node) = node;
    Ok(match ask {
        Ask::Turn { items, outputs, bytes } => {
            let item = |WorkItem { value, part }: &WorkItem| {
                let part = Part { index: part.index, last: part.last };
                Ok(Item { value: convert::to_guest(value, room)?, part })
            };
            let items = items.iter().map(item).collect::<Result<_, Fault>>()?;
            ToGuest::Turn { node, items, outputs, bytes }
        }
        Ask::Flush { outputs, bytes } => ToGuest::Flush { node, outputs, bytes },
    })
}

fn at_stage(fault: Fault, stage: &str) -> Fault {
    if fault.stage.is_some() { fault } else { fault.during(stage) }
}
