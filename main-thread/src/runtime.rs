//! The life of the runtime worker.
use protocol::{Code, Fault, Frame, FromRuntime, NodeKind, RunId, ToRuntime};

use crate::handler::Phase;
use crate::{Action, Coordinator, Notice, Role, WorkerId};

/// Text of a worker's error, at most this many characters.
const MAX_TEXT: usize = 2_000;

pub(crate) struct Runtime {
    pub(crate) worker: WorkerId,
    /// Whether it has said that it is there. Until then nothing is posted to it.
    pub(crate) ready: bool,
    /// When it was last heard of, or made.
    pub(crate) heard: f64,
    /// What to say to it once it is there.
    backlog: Vec<ToRuntime>,
}

impl Coordinator {
    pub(crate) fn is_runtime(&self, worker: WorkerId) -> bool {
        self.runtime.as_ref().is_some_and(|runtime| runtime.worker == worker)
    }

    pub(crate) fn start_runtime(&mut self) {
        if self.runtime.is_some() || !self.is_open() {
            return;
        }
        let worker = self.fresh_worker();
        self.out.push(Action::Spawn { worker, role: Role::Runtime, plugin: None });
        self.runtime = Some(Runtime { worker, ready: false, heard: self.now, backlog: Vec::new() });
    }

    /// Says `message` as soon as somebody listens.
    pub(crate) fn tell(&mut self, message: ToRuntime) {
        self.start_runtime();
        let Some(runtime) = &mut self.runtime else { return };
        if runtime.ready {
            self.out.push(Action::Tell { worker: runtime.worker, message });
        } else {
            runtime.backlog.push(message);
        }
    }

    /// Takes back what was not yet said of `run`; false if it has been.
    pub(crate) fn unsay(&mut self, run: RunId) -> bool {
        let Some(runtime) = self.runtime.as_mut().filter(|runtime| !runtime.ready) else { return false };
        let before = runtime.backlog.len();
        runtime.backlog.retain(|message| run_of(message) != Some(run));
        runtime.backlog.len() < before
    }

    pub(crate) fn runtime_deadline(&self) -> Option<f64> {
        let starting = self.runtime.as_ref().filter(|runtime| !runtime.ready)?;
        Some(starting.heard + self.options.start_timeout_ms)
    }

    pub(crate) fn watch_runtime(&mut self) {
        if self.runtime_deadline().is_some_and(|at| at <= self.now) {
            // Here and elsewhere as a whole number: what writes floats into texts is kilobytes.
            let waited = self.options.start_timeout_ms as u64;
            self.runtime_broke(None, &format!("said nothing for {waited} ms"));
        }
    }

    pub(crate) fn runtime_said(&mut self, frame: &Frame) {
        let message = match protocol::decode::<FromRuntime>(frame) {
            Ok(message) => message,
            Err(error) => return self.runtime_broke(Some(Code::ProtocolMismatch), &error.to_string()),
        };
        if let Some(runtime) = &mut self.runtime {
            runtime.heard = self.now;
        }
        self.runtime_asks(message);
    }

    fn runtime_asks(&mut self, message: FromRuntime) {
        match message {
            FromRuntime::Ready { kinds, .. } => self.runtime_ready(kinds),
            FromRuntime::Problems { request, problems } => {
                if self.validations.remove(&request).is_some() {
                    self.notify(Notice::Problems { request, problems });
                }
            }
            FromRuntime::Lease { run, kinds } => self.ask_for(run, kinds),
            FromRuntime::Release { run, kind, host: None } => self.lease_is_off(run, kind),
            FromRuntime::Release { host: Some(host), .. } => self.release(host),
            FromRuntime::Interrupt { host } => {
                if let Some(worker) = self.pool.leased_as(host) {
                    self.out.push(Action::Interrupt { worker });
                }
            }
            FromRuntime::Kill { host } => self.kill(host),
            FromRuntime::Demand { run, items } => {
                if self.runs.contains_key(&run) {
                    self.notify(Notice::Demand { run, items });
                }
            }
            FromRuntime::Events { run, events } => {
                if self.runs.contains_key(&run) {
                    self.notify(Notice::Events { run, events });
                }
            }
            FromRuntime::Finished { run, report, outputs } => self.finish(run, report, outputs),
            FromRuntime::Failed { run, fault } => self.fail(run, fault),
            FromRuntime::Fatal { run, fault } => self.runtime_crashed(run, fault),
            FromRuntime::NeedModel { run, model } => self.model_needed(run, model),
        }
    }

    fn runtime_ready(&mut self, kinds: Vec<NodeKind>) {
        let Some(runtime) = self.runtime.as_mut().filter(|runtime| !runtime.ready) else { return };
        runtime.ready = true;
        let backlog = std::mem::take(&mut runtime.backlog);
        self.registry.builtin = kinds;
        let user = self.registry.user_kinds();
        if !user.is_empty() {
            self.tell(ToRuntime::Kinds { kinds: user });
        }
        for message in backlog {
            self.tell(message);
        }
        if self.phase == Phase::Starting {
            self.phase = Phase::Open;
            self.notify(Notice::Ready { kinds: self.registry.all_kinds() });
        }
    }

    /// A node broke the runtime worker: its own run hears its name, all others hear that the worker is gone.
    fn runtime_crashed(&mut self, run: Option<RunId>, fault: Fault) {
        let message = fault.message.clone();
        if let Some(run) = run {
            self.fail(run, fault);
        }
        self.runtime_broke(None, &message);
    }

    /// The runtime worker is no use any more: everything in it ends, and the next run gets another.
    pub(crate) fn runtime_broke(&mut self, code: Option<Code>, message: &str) {
        let Some(runtime) = self.runtime.take() else { return };
        let fault = broken("runtime worker", runtime.ready, code, message);
        if self.phase == Phase::Starting {
            self.notify(Notice::StartFailed { fault: fault.clone() });
            self.runtime = Some(runtime);
            return self.close(&fault);
        }
        self.out.push(Action::Terminate { worker: runtime.worker });
        let wanted = !self.runs.is_empty() || !self.validations.is_empty();
        self.fail_all(&fault);
        self.drop_leased();
        // One that dies unasked is replaced when somebody asks, lest it die for ever.
        if runtime.ready && wanted {
            self.start_runtime();
        }
    }
}

/// What to tell users about a worker that broke.
pub(crate) fn broken(what: &str, ready: bool, code: Option<Code>, message: &str) -> Fault {
    let (usual, verb, stage) = match ready {
        true => (Code::WorkerCrashed, "crashed", "process"),
        false => (Code::StartFailed, "did not start", "start"),
    };
    // A file that is missing later on is no failed start, but the worker that wanted it is gone all the same.
    let code = code.unwrap_or(usual);
    Fault::new(code, format!("the {what} {verb}: {}", plain(message))).during(stage)
}

/// `message` without the stack that browsers and wasm append: it names addresses and helps nobody.
fn plain(message: &str) -> String {
    let frame = |line: &&str| {
        let line = line.trim_start();
        line.starts_with("at ")
            || line.starts_with("Stack:")
            || line.contains("wasm-function[")
            || line.contains("@http")
    };
    let lines: Vec<&str> = message.lines().take_while(|line| !frame(line)).collect();
    let text: String = lines.join("\n").trim().chars().take(MAX_TEXT).collect();
    if text.is_empty() { "no reason given".into() } else { text }
}

fn run_of(message: &ToRuntime) -> Option<RunId> {
    match message {
        ToRuntime::Start { run, .. }
        | ToRuntime::Push { run, .. }
        | ToRuntime::End { run }
        | ToRuntime::Credit { run, .. }
        | ToRuntime::Cancel { run }
        | ToRuntime::Attach { run, .. }
        | ToRuntime::HostLost { run, .. }
        | ToRuntime::Loading { run, .. }
        | ToRuntime::Model { run, .. } => Some(*run),
        ToRuntime::Validate { .. } | ToRuntime::Kinds { .. } => None,
    }
}
