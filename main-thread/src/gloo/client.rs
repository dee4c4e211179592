//! The page's end of the bridge: runs, requests, and a watch over the worker.
use std::collections::BTreeMap;
use std::task::{Context, Poll, Waker};

use protocol::{Code, Fault, FromRuntime, NodeKind, Problem, RunId, ToRuntime, Value};

use super::live::Live;
use super::message::{Answer, Ask, Order, Settings, Word};
use super::{Request, Update};

/// A timer that fires this much later than asked, in milliseconds, means the page itself slept: answers may lie in its
/// mail unread, so nobody is called silent for it.
const SLEPT_MS: f64 = 300.0;

/// How long the worker may be silent, in milliseconds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// Until its first word.
    pub(crate) start_ms: f64,
    /// While its runtime starts, before it is asked whether it lives; and then until it answers.
    pub(crate) open_ms: f64,
    /// Later, while something is expected of it, before it is asked whether it lives; and then until it answers.
    pub(crate) silence_ms: f64,
}

/// How far the runtime has come.
enum Phase {
    /// Not a word so far.
    Called,
    /// The worker lives.
    Opened,
    /// The runtime is up.
    Ready,
    /// Nothing happens any more.
    Closed(Fault),
}

/// A question somebody waits for.
#[derive(Default)]
struct Question {
    answer: Option<Result<Reply, Fault>>,
    waiting: Option<Waker>,
}

/// What answers a question that was no mistake.
pub(crate) enum Reply {
    Problems(Vec<Problem>),
    Kinds(Vec<NodeKind>),
}

/// Knows every run and request; a value, as the coordinator is.
pub(crate) struct Client {
    phase: Phase,
    patience: Patience,
    kinds: Vec<NodeKind>,
    runs: BTreeMap<RunId, Live>,
    questions: BTreeMap<u32, Question>,
    /// Of runs and requests alike.
    numbers: u32,
    opening: Option<Waker>,
    /// What the worker holds while it lives.
    lock: Option<String>,
    out: Vec<Ask>,
    /// When the worker last said anything, or began to be expected to.
    heard: f64,
    /// When it was asked whether it lives.
    asked: Option<f64>,
    wake: Option<f64>,
    /// The worker fell silent while its runtime started.
    hung: bool,
}

impl Client {
    /// One that asks its worker to open.
    pub(crate) fn new(now: f64, settings: Settings, patience: Patience) -> Self {
        Client {
            phase: Phase::Called,
            patience,
            kinds: Vec::new(),
            runs: BTreeMap::new(),
            questions: BTreeMap::new(),
            numbers: 0,
            opening: None,
            lock: None,
            out: vec![Ask::Order(Order::Open { settings })],
            heard: now,
            asked: None,
            wake: None,
            hung: false,
        }
    }

    /// What is to be sent, in order.
    pub(crate) fn outgoing(&mut self) -> Vec<Ask> {
        std::mem::take(&mut self.out)
    }

    /// When [`Client::tick`] is to be called, if that has changed since it was asked last.
    pub(crate) fn wake_at(&mut self) -> Option<Option<f64>> {
        let next = self.deadline();
        if next == self.wake {
            return None;
        }
        self.wake = next;
        Some(next)
    }

    /// The lock that is to be watched, once.
    pub(crate) fn lock(&mut self) -> Option<String> {
        self.lock.take()
    }

    /// Whether another worker may do what this one did not.
    pub(crate) fn has_hung(&self) -> bool {
        self.hung
    }

    pub(crate) fn is_closed(&self) -> bool {
        matches!(self.phase, Phase::Closed(_))
    }

    pub(crate) fn kinds(&self) -> &[NodeKind] {
        &self.kinds
    }

    /// The worker said something.
    pub(crate) fn said(&mut self, now: f64, answer: Answer) {
        self.heard = now;
        self.asked = None;
        match answer {
            Answer::Word(word) => self.word(word),
            Answer::Runtime(message) => self.runtime(message),
        }
    }

    /// The worker broke, or nobody can understand it.
    pub(crate) fn broke(&mut self, fault: Fault) {
        let started = matches!(self.phase, Phase::Ready);
        let fault = if started || fault.code != Code::WorkerCrashed {
            fault
        } else {
            Fault { code: Code::StartFailed, ..fault }.during("start")
        };
        self.close(fault);
    }

    /// Ends everything; whoever waits hears `fault`.
    pub(crate) fn close(&mut self, fault: Fault) {
        if self.is_closed() {
            return;
        }
        self.runs.values_mut().for_each(|live| live.failed(fault.clone()));
        let open = self.questions.values_mut().filter(|it| it.answer.is_none());
        open.for_each(|it| it.settle(Err(fault.clone())));
        self.out.clear();
        self.phase = Phase::Closed(fault);
        self.opening.take().into_iter().for_each(Waker::wake);
    }

    /// The time asked for has come.
    pub(crate) fn tick(&mut self, now: f64) {
        let late = self.wake.take().map_or(0.0, |at| now - at);
        if late > SLEPT_MS {
            self.heard = now;
            self.asked = self.asked.map(|_| now);
        }
        if self.deadline().is_none_or(|at| at > now) {
            return;
        }
        if matches!(self.phase, Phase::Called) {
            let what = "the pipelines worker did not start: is its script there, and may the page load it?";
            self.close(Fault::new(Code::StartFailed, what).during("start"));
        } else if self.asked.is_some() {
            self.hung = matches!(self.phase, Phase::Opened);
            self.broke(Fault::new(Code::WorkerCrashed, "the pipelines worker does not answer"));
        } else {
            self.asked = Some(now);
            self.out.push(Ask::Order(Order::Ping));
        }
    }

    fn deadline(&self) -> Option<f64> {
        match &self.phase {
            Phase::Called => Some(self.heard + self.patience.start_ms),
            // What it starts may take longer: the coordinator has a watch of its own over that.
            Phase::Opened => Some(self.asked.unwrap_or(self.heard) + self.patience.open_ms),
            Phase::Ready if self.expects() => {
                Some(self.asked.unwrap_or(self.heard) + self.patience.silence_ms)
            }
            Phase::Ready | Phase::Closed(_) => None,
        }
    }

    /// Whether anybody waits for the worker.
    fn expects(&self) -> bool {
        self.runs.values().any(|live| !live.is_over())
            || self.questions.values().any(|it| it.answer.is_none())
    }

    /// An idle worker owes no word: its silence counts from now on.
    fn expect(&mut self, now: f64) {
        if !self.expects() {
            self.heard = now;
            self.asked = None;
        }
    }

    fn word(&mut self, word: Word) {
        match word {
            Word::Opened { lock } if matches!(self.phase, Phase::Called) => {
                self.phase = Phase::Opened;
                self.lock = lock;
            }
            Word::Opened { .. } | Word::Pong => {}
            Word::Ready { kinds } => {
                self.kinds = kinds;
                self.phase = Phase::Ready;
                self.opening.take().into_iter().for_each(Waker::wake);
            }
            Word::StartFailed { fault } => self.close(fault),
            Word::Kinds { kinds } => self.kinds = kinds,
            Word::Registered { request, kinds } => self.answer(request, Ok(Reply::Kinds(kinds))),
            Word::Refused { request, fault } => self.answer(request, Err(fault)),
        }
    }

    fn runtime(&mut self, message: FromRuntime) {
        match message {
            FromRuntime::Problems { request, problems } => {
                self.answer(request, Ok(Reply::Problems(problems)));
            }
            FromRuntime::Demand { run, items } => self.with(run, |live, out| live.demanded(items, out)),
            FromRuntime::Events { run, events } => self.with(run, |live, _| live.happened(events)),
            FromRuntime::Finished { run, report, outputs } => {
                self.with(run, |live, _| {
                    live.finished(report, &outputs);
                    Ok(())
                });
            }
            FromRuntime::Failed { run, fault } => {
                self.with(run, |live, _| {
                    live.failed(fault);
                    Ok(())
                });
            }
            // What the coordinator has to answer; it does, in the worker.
            FromRuntime::Ready { .. }
            | FromRuntime::Lease { .. }
            | FromRuntime::Release { .. }
            | FromRuntime::Interrupt { .. }
            | FromRuntime::Kill { .. }
            | FromRuntime::NeedModel { .. }
            | FromRuntime::Fatal { .. } => {
                self.close(Fault::new(Code::ProtocolMismatch, "the pipelines worker spoke to a coordinator"));
            }
        }
    }

    /// Lets a run do something; it is cancelled where that fails.
    fn with(&mut self, run: RunId, act: impl FnOnce(&mut Live, &mut Vec<ToRuntime>) -> Result<(), Fault>) {
        let Some(live) = self.runs.get_mut(&run) else { return };
        let mut out = Vec::new();
        if let Err(fault) = act(live, &mut out) {
            live.failed(fault);
            out.push(ToRuntime::Cancel { run });
        }
        self.out.extend(out.into_iter().map(Ask::Runtime));
    }

    fn answer(&mut self, request: u32, answer: Result<Reply, Fault>) {
        if let Some(question) = self.questions.get_mut(&request) {
            question.settle(answer);
        }
    }
}

/// What front ends ask for.
impl Client {
    pub(crate) fn poll_open(&mut self, context: &Context<'_>) -> Poll<Result<(), Fault>> {
        match &self.phase {
            Phase::Called | Phase::Opened => {
                self.opening = Some(context.waker().clone());
                Poll::Pending
            }
            Phase::Ready => Poll::Ready(Ok(())),
            Phase::Closed(fault) => Poll::Ready(Err(fault.clone())),
        }
    }

    pub(crate) fn run(&mut self, now: f64, request: Request) -> RunId {
        self.expect(now);
        self.numbers += 1;
        let run = RunId(self.numbers);
        let Request { manifest, params, inputs, options } = request;
        let mut live = Live::new(run, inputs, options.limits);
        if let Phase::Closed(fault) = &self.phase {
            live.failed(fault.clone());
        } else {
            self.out.push(Ask::Runtime(ToRuntime::Start {
                run,
                manifest,
                params,
                options,
                kinds: Vec::new(),
            }));
        }
        self.runs.insert(run, live);
        // Without a single input the end is due at once.
        self.with(run, |live, out| live.demanded(0, out));
        run
    }

    /// Gives the number to wait for.
    pub(crate) fn push(&mut self, run: RunId, value: Value, open: bool) -> Result<u64, Fault> {
        let live = self.runs.get_mut(&run).ok_or_else(gone)?;
        if let Some(fault) = live.refusal() {
            return Err(fault);
        }
        let number = live.push(value, open);
        self.with(run, |live, out| live.demanded(0, out));
        Ok(number)
    }

    pub(crate) fn poll_sent(
        &mut self,
        run: RunId,
        number: u64,
        context: &Context<'_>,
    ) -> Poll<Result<(), Fault>> {
        match self.runs.get_mut(&run) {
            Some(live) => live.poll_sent(number, context),
            None => Poll::Ready(Err(gone())),
        }
    }

    pub(crate) fn end(&mut self, run: RunId) {
        self.with(run, Live::end);
    }

    pub(crate) fn cancel(&mut self, run: RunId) {
        if self.runs.get(&run).is_some_and(|live| !live.is_over()) {
            self.out.push(Ask::Runtime(ToRuntime::Cancel { run }));
        }
    }

    /// Nobody reads the run any more: what is left of it stops.
    pub(crate) fn forget(&mut self, run: RunId) {
        self.cancel(run);
        self.runs.remove(&run);
    }

    pub(crate) fn poll_next(&mut self, run: RunId, context: &Context<'_>) -> Poll<Option<Update>> {
        let Some(live) = self.runs.get_mut(&run) else { return Poll::Ready(None) };
        let mut out = Vec::new();
        let next = live.poll_next(context, &mut out);
        self.out.extend(out.into_iter().map(Ask::Runtime));
        next
    }

    pub(crate) fn validate(&mut self, now: f64, manifest: String, params: Option<String>) -> u32 {
        self.ask(now, |request| {
            Ask::Runtime(ToRuntime::Validate { request, manifest, params, kinds: Vec::new() })
        })
    }

    pub(crate) fn register(&mut self, now: f64, source: String, packages: Vec<String>) -> u32 {
        self.ask(now, |request| Ask::Order(Order::Register { request, source, packages }))
    }

    fn ask(&mut self, now: f64, question: impl FnOnce(u32) -> Ask) -> u32 {
        self.expect(now);
        self.numbers += 1;
        let mut waiting = Question::default();
        if let Phase::Closed(fault) = &self.phase {
            waiting.settle(Err(fault.clone()));
        } else {
            self.out.push(question(self.numbers));
        }
        self.questions.insert(self.numbers, waiting);
        self.numbers
    }

    /// Nobody waits for the answer any more.
    pub(crate) fn unask(&mut self, request: u32) {
        self.questions.remove(&request);
    }

    pub(crate) fn poll_answer(&mut self, request: u32, context: &Context<'_>) -> Poll<Result<Reply, Fault>> {
        let Some(question) = self.questions.get_mut(&request) else { return Poll::Pending };
        match question.answer.take() {
            Some(answer) => Poll::Ready(answer),
            None => {
                question.waiting = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}

fn gone() -> Fault {
    Fault::new(Code::Closed, "the run is over")
}

impl Question {
    fn settle(&mut self, answer: Result<Reply, Fault>) {
        self.answer = Some(answer);
        self.waiting.take().into_iter().for_each(Waker::wake);
    }
}
