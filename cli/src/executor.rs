//! The page's part, without a page: one loop that asks whoever has work to do some.
use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use nodes::NodeHost;
use protocol::{
    Code, Fault, FromHost, FromRuntime, HostId, HostKind, InputMode, Limits, ModelFiles, NodeKind, Packed,
    Problem, RunEvent, RunId, RunOptions, RunReport, ToHost, ToRuntime, Value,
};
use runtime_worker::{Action, Event, Runtime};

use crate::host::{Host, Lease, Maker, Stop};
use crate::inputs::Inputs;

/// Microseconds that light nodes work before anybody else has a turn.
const STEP_US: f64 = 8_000.0;
/// So many items are handed over at once: they are copied on the way.
const MOST_ITEMS: usize = 4096;
/// A cancelled run is noticed within this time.
const MOST_WAIT: Duration = Duration::from_millis(20);
/// What comes from elsewhere is noticed within this time while a run also waits for inputs.
const A_LITTLE: Duration = Duration::from_millis(2);

/// Microseconds since the first call; never falls.
pub(crate) fn now_us() -> f64 {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    START.elapsed().as_nanos() as f64 / 1000.0
}

fn now_ms() -> f64 {
    now_us() / 1000.0
}

/// Ends runs from elsewhere: another thread, a signal's handler.
#[derive(Debug, Clone, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// Ends the run under way with `Cancelled`, and all later ones until [`Cancel::clear`].
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
    /// Lets later runs run.
    pub fn clear(&self) {
        self.0.store(false, Ordering::Relaxed);
    }
    /// Whether it was asked for.
    pub fn is_asked(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// What every message passes on its way, so that tests can send them as bytes.
#[derive(Clone, Copy)]
#[allow(missing_docs, reason = "each type says all there is")]
pub struct Wires {
    pub to_runtime: fn(ToRuntime) -> ToRuntime,
    pub from_runtime: fn(FromRuntime) -> FromRuntime,
    pub to_host: fn(ToHost) -> ToHost,
    pub from_host: fn(FromHost) -> FromHost,
}

impl Default for Wires {
    /// As they are.
    fn default() -> Self {
        Wires { to_runtime: |it| it, from_runtime: |it| it, to_host: |it| it, from_host: |it| it }
    }
}

/// How runs are done unless somebody says otherwise: results are kept, events are told.
pub fn options() -> RunOptions {
    RunOptions {
        timeout_ms: None,
        collect: true,
        events: true,
        edges: false,
        inputs: InputMode::Stream,
        limits: Limits::default(),
    }
}

type Models = Box<dyn FnMut(&str) -> Result<ModelFiles, Fault>>;

/// The engine, and whoever hosts its nodes.
pub struct Executor {
    runtime: Runtime,
    wires: Wires,
    makers: BTreeMap<HostKind, Maker>,
    models: Models,
    hosts: BTreeMap<HostId, Box<dyn Host>>,
    /// Known to every run, over the built-in ones.
    learned: Vec<NodeKind>,
    said: VecDeque<FromRuntime>,
    /// What hosts have said and the engine has not heard yet.
    mail: VecDeque<(HostId, FromHost)>,
    stop: Stop,
    next: u32,
}

impl Default for Executor {
    fn default() -> Self {
        Self::new()
    }
}

/// A run under way.
struct Course<'a, 'b> {
    run: RunId,
    inputs: Inputs<'a>,
    demand: usize,
    ended: bool,
    cancelled: bool,
    /// Why the inputs broke off: what the run ends with, whatever it says itself.
    broken: Option<Fault>,
    on_event: &'b mut dyn FnMut(&RunEvent),
}

type Ended = Result<(Vec<Value>, RunReport), Fault>;

impl Executor {
    /// An executor that hosts Rust nodes, light and heavy.
    pub fn new() -> Self {
        let mut executor = Executor {
            runtime: Runtime::new(now_us),
            wires: Wires::default(),
            makers: BTreeMap::new(),
            models: Box::new(|name| Err(no_model(name))),
            hosts: BTreeMap::new(),
            learned: Vec::new(),
            said: VecDeque::new(),
            mail: VecDeque::new(),
            stop: Stop::default(),
            next: 0,
        };
        executor.host_with(HostKind::Compute, Box::new(|_| Ok(Box::new(NodeHost::new(now_us)))));
        executor
    }

    /// Sends all messages over `wires`.
    pub fn wire(&mut self, wires: Wires) {
        self.wires = wires;
    }

    /// Has hosts of `kind` made by `maker` from now on. A run that needs a kind nobody makes fails with `NotSupported`.
    pub fn host_with(&mut self, kind: HostKind, maker: Maker) {
        self.makers.insert(kind, maker);
    }

    /// Has models found by `find`, by the name a manifest gives them.
    pub fn find_models(&mut self, find: impl FnMut(&str) -> Result<ModelFiles, Fault> + 'static) {
        self.models = Box::new(find);
    }

    /// Makes node kinds known, all of them: those said before are forgotten. They count before built-in ones of their
    /// names.
    pub fn learn(&mut self, kinds: Vec<NodeKind>) {
        self.learned = kinds;
    }

    /// The built-in kinds.
    pub fn kinds(&self) -> &[NodeKind] {
        self.runtime.kinds()
    }

    /// What ends runs of this executor from elsewhere.
    pub fn cancel(&self) -> Cancel {
        self.stop.cancel.clone()
    }

    /// Every defect of a manifest, and what may not be meant; `params` are `{ nodeId: params }`, JSON text, over the
    /// manifest's own.
    pub fn validate(&mut self, manifest: &str, params: Option<&str>) -> Vec<Problem> {
        let (params, kinds) = (params.map(str::to_owned), self.learned.clone());
        self.tell(ToRuntime::Validate { request: 1, manifest: manifest.into(), params, kinds });
        self.said
            .drain(..)
            .find_map(|message| match message {
                FromRuntime::Problems { problems, .. } => Some(problems),
                _ => None,
            })
            .unwrap_or_default()
    }

    /// Runs a manifest to its end. `options.inputs` is as `inputs` are; `on_event` hears what happens meanwhile if
    /// `options.events`. Gives the outputs (sinks in manifest order, each sink's in item order) if `options.collect`.
    ///
    /// # Errors
    /// As the run ends: the manifest's defects all at once, the node that failed, `Cancelled`, `TimedOut`.
    pub fn run(
        &mut self,
        manifest: &str,
        params: Option<&str>,
        inputs: Inputs,
        options: RunOptions,
        on_event: &mut dyn FnMut(&RunEvent),
    ) -> Result<(Vec<Value>, RunReport), Fault> {
        self.next += 1;
        let run = RunId(self.next);
        let mode = if inputs.0.is_some() { InputMode::Stream } else { InputMode::Absent };
        let options = RunOptions { inputs: mode, ..options };
        let ended = mode == InputMode::Absent;
        let mut course = Course { run, inputs, demand: 0, ended, cancelled: false, broken: None, on_event };
        let (params, kinds) = (params.map(str::to_owned), self.learned.clone());
        self.stop.until.set(options.timeout_ms.map(|ms| now_us() + f64::from(ms) * 1000.0));
        self.tell(ToRuntime::Start { run, manifest: manifest.into(), params, options, kinds });
        let result = self.follow(&mut course);
        // What is left was lent to a run that is no more.
        self.hosts.clear();
        match course.broken {
            Some(fault) => Err(fault),
            None => result,
        }
    }

    fn follow(&mut self, course: &mut Course) -> Ended {
        loop {
            while let Some(message) = self.said.pop_front() {
                if let Some(end) = self.heard(course, message) {
                    return end;
                }
            }
            if !course.ended && !course.cancelled {
                course.inputs.listen(Duration::ZERO);
            }
            if self.stop.cancel.is_asked() && !course.cancelled {
                course.cancelled = true;
                self.tell(ToRuntime::Cancel { run: course.run });
            } else if course.demand > 0 && !course.ended && course.inputs.are_ready() {
                self.feed(course);
            } else if !course.ended && course.inputs.have_ended() {
                course.ended = true;
                self.tell(ToRuntime::End { run: course.run });
            } else if !self.work() && !self.wait_for(course) {
                let fault = Fault::new(Code::WorkerCrashed, "nobody has work, but the run has not ended");
                return Err(fault);
            }
        }
    }

    /// What the run says; its last word ends it.
    fn heard(&mut self, course: &mut Course, message: FromRuntime) -> Option<Ended> {
        let run = course.run;
        match message {
            FromRuntime::Demand { run: of, items } if of == run => course.demand += items as usize,
            FromRuntime::Lease { run, kinds } => kinds.into_iter().for_each(|kind| self.lease(run, kind)),
            FromRuntime::NeedModel { run, model } => {
                let result = (self.models)(&model);
                self.tell(ToRuntime::Model { run, model, result });
            }
            FromRuntime::Interrupt { host } => {
                if let Some(host) = self.hosts.get_mut(&host) {
                    host.interrupt();
                }
            }
            FromRuntime::Release { host: Some(host), .. } | FromRuntime::Kill { host } => {
                self.hosts.remove(&host);
            }
            FromRuntime::Events { run: of, events } if of == run => {
                let outputs = events.iter().map(outputs_in).sum();
                events.iter().for_each(&mut *course.on_event);
                if outputs > 0 {
                    self.tell(ToRuntime::Credit { run, outputs });
                }
            }
            FromRuntime::Finished { run: of, report, outputs } if of == run => {
                let unreadable =
                    |error: protocol::DecodeError| Fault::new(Code::NodeFailed, error.to_string());
                return Some(outputs.unpack().map_err(unreadable).map(|outputs| (outputs, report)));
            }
            FromRuntime::Failed { run: of, fault } if of == run => return Some(Err(fault)),
            FromRuntime::Fatal { fault, .. } => return Some(Err(fault)),
            FromRuntime::Demand { .. }
            | FromRuntime::Events { .. }
            | FromRuntime::Finished { .. }
            | FromRuntime::Failed { .. }
            | FromRuntime::Release { host: None, .. }
            | FromRuntime::Ready { .. }
            | FromRuntime::Problems { .. } => {}
        }
        None
    }

    fn feed(&mut self, course: &mut Course) {
        let packed = course.inputs.take(course.demand.min(MOST_ITEMS)).and_then(|values| {
            course.demand -= values.len();
            Packed::pack(&values)
                .map_err(|error| Fault::new(Code::InvalidInput, error.to_string()).during("input"))
        });
        match packed {
            Ok(items) => self.tell(ToRuntime::Push { run: course.run, items, open: false }),
            Err(fault) => {
                course.broken = Some(fault);
                course.ended = true;
                course.cancelled = true;
                self.tell(ToRuntime::Cancel { run: course.run });
            }
        }
    }

    fn lease(&mut self, run: RunId, kind: HostKind) {
        self.next += 1;
        let host = HostId(self.next);
        let begun = now_ms();
        let made = match self.makers.get_mut(&kind) {
            Some(make) => make(Lease { run, host, kind }),
            None => Err(nobody_hosts(kind)),
        };
        match made {
            Ok(mut made) => {
                made.watch(self.stop.clone());
                self.hosts.insert(host, made);
                let start_ms = (now_ms() - begun) as u32;
                self.tell(ToRuntime::Attach { run, host, kind, start_ms });
            }
            Err(fault) => self.tell(ToRuntime::HostLost { run, kind, host, fault }),
        }
    }

    fn tell(&mut self, message: ToRuntime) {
        self.handle(Event::Page((self.wires.to_runtime)(message)));
    }

    fn handle(&mut self, event: Event) {
        let actions = self.runtime.handle(now_ms(), event);
        self.act(actions);
    }

    /// Everybody who has work does some of it; false if nobody has.
    fn work(&mut self) -> bool {
        let mut worked = self.tick();
        if self.runtime.has_work() {
            worked = true;
            let actions = self.runtime.step(now_ms(), STEP_US);
            self.act(actions);
        }
        let hosts: Vec<_> = self.hosts.keys().copied().collect();
        for host in hosts {
            if let Some(it) = self.hosts.get_mut(&host).filter(|it| it.has_work()) {
                worked = true;
                let said = it.step();
                self.hear(host, said);
            }
        }
        worked || !self.said.is_empty()
    }

    /// Lets the engine look at the clock if it asked for that.
    fn tick(&mut self) -> bool {
        let due = self.runtime.deadline().is_some_and(|at| at <= now_ms());
        if due {
            self.handle(Event::Tick);
        }
        due
    }

    /// Waits for the next item, if that is what the run lacks, and for whatever else can come.
    fn wait_for(&mut self, course: &mut Course) -> bool {
        let lacks = !course.ended && !course.cancelled && course.demand > 0 && !course.inputs.are_ready();
        if !lacks {
            return self.wait();
        }
        // Nobody can wait for two things at once on one thread: a little for one, then for the other.
        let most = if self.hosts.is_empty() { MOST_WAIT } else { A_LITTLE };
        course.inputs.listen(most);
        if !course.inputs.are_ready() && !self.hosts.is_empty() {
            self.wait();
        }
        true
    }

    /// Waits for what comes from elsewhere, or for the engine's next look at the clock; false if there is nothing to
    /// wait for.
    fn wait(&mut self) -> bool {
        let deadline = self.runtime.deadline();
        let left = deadline.map(|at| Duration::from_secs_f64((at - now_ms()).max(0.0) / 1000.0));
        let most = left.map_or(MOST_WAIT, |left| left.min(MOST_WAIT));
        let hosts: Vec<_> = self.hosts.keys().copied().collect();
        let mut waits = false;
        for host in hosts {
            if let Some(said) = self.hosts.get_mut(&host).and_then(|it| it.wait(most)) {
                waits = true;
                self.hear(host, said);
            }
        }
        if !waits && deadline.is_some() {
            std::thread::sleep(most);
        }
        waits || deadline.is_some()
    }

    fn hear(&mut self, host: HostId, said: Vec<FromHost>) {
        self.mail.extend(said.into_iter().map(|message| (host, message)));
        self.act(Vec::new());
    }

    /// Carries out `actions`, and whatever follows from them. What hosts answer waits for its turn: handled at once it
    /// would overtake what the engine, or the host itself, had said before.
    fn act(&mut self, actions: Vec<Action>) {
        self.carry_out(actions);
        while let Some((host, message)) = self.mail.pop_front() {
            let event = Event::Host(host, (self.wires.from_host)(message));
            let actions = self.runtime.handle(now_ms(), event);
            self.carry_out(actions);
        }
    }

    fn carry_out(&mut self, actions: Vec<Action>) {
        for action in actions {
            match action {
                Action::Page(message) => self.said.push_back((self.wires.from_runtime)(message)),
                Action::Host(host, message) => {
                    let message = (self.wires.to_host)(message);
                    let said = self.hosts.get_mut(&host).map(|it| it.handle(message)).unwrap_or_default();
                    self.mail.extend(said.into_iter().map(|message| (host, message)));
                }
            }
        }
    }
}

fn outputs_in(event: &RunEvent) -> u32 {
    if let RunEvent::Output { values, .. } = event { values.count } else { 0 }
}

fn no_model(name: &str) -> Fault {
    Fault::new(Code::LoadFailed, format!("no model `{name}`"))
}

fn nobody_hosts(kind: HostKind) -> Fault {
    let what = match kind {
        HostKind::Compute => "heavy Rust nodes",
        HostKind::Python => "Python nodes",
        HostKind::Plugin(_) => "nodes of plugins",
    };
    Fault::new(Code::NotSupported, format!("{what} cannot be run here"))
}

#[cfg(test)]
#[path = "executor_tests.rs"]
mod tests;
