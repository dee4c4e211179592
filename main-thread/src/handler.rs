//! The coordinator: runs, requests, time.
use protocol::{Code, Fault, Packed, RunId, RunOptions, ToRuntime};

use crate::packages::Packages;
use crate::pool::Pool;
use crate::register::Registry;
use crate::runtime::Runtime;
use crate::table::Table;
use crate::{Action, Event, Notice, Options, PackageId, WorkerId};

/// A timer that fires this much later than asked, in milliseconds, means the page itself slept (a hidden tab, a
/// blocked thread): answers may lie in its mail unread, so nobody is called late for it.
const SLEPT_MS: f64 = 300.0;

/// Silence is forgiven while a cancelled run's runtime still talks, but not beyond this many times the limit.
const TALKING: f64 = 5.0;

/// Starts, leases, watches and replaces workers; every run gets exactly one last word.
pub struct Coordinator {
    pub(crate) options: Options,
    pub(crate) now: f64,
    pub(crate) out: Vec<Action>,
    pub(crate) phase: Phase,
    pub(crate) next_worker: u32,
    pub(crate) runtime: Option<Runtime>,
    pub(crate) runs: Table<RunId, Live>,
    pub(crate) validations: Table<u32, ()>,
    pub(crate) pool: Pool,
    pub(crate) registry: Registry,
    pub(crate) packages: Packages,
    wake: Option<f64>,
}

/// How far the whole has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Not up yet.
    Starting,
    /// Was up once: a runtime worker that dies is replaced.
    Open,
    /// Nothing happens any more.
    Closed,
}

/// A run that has not ended.
pub(crate) struct Live {
    /// When it was cancelled.
    cancelled: Option<f64>,
    /// When the engine should long have ended it by itself.
    overdue: Option<f64>,
    /// Models it waits for.
    pub(crate) models: Vec<String>,
    /// Whose it is.
    pub(crate) package: Option<PackageId>,
    /// How long one of its plugins may take for a turn, in milliseconds.
    pub(crate) plugin_turn_ms: f64,
}

impl Coordinator {
    /// One that has done nothing yet.
    pub fn new(options: Options) -> Self {
        Coordinator {
            options,
            now: 0.0,
            out: Vec::new(),
            phase: Phase::Starting,
            next_worker: 1,
            runtime: None,
            runs: Table::default(),
            validations: Table::default(),
            pool: Pool::default(),
            registry: Registry::default(),
            packages: Packages::default(),
            wake: None,
        }
    }

    /// Takes `event` in and says what to do. `now_ms`: any clock that never goes back, in milliseconds.
    pub fn handle(&mut self, now_ms: f64, event: Event) -> Vec<Action> {
        self.now = self.now.max(now_ms);
        match event {
            Event::Start => self.start_runtime(),
            Event::Message { worker, frame } if self.is_runtime(worker) => self.runtime_said(&frame),
            Event::Message { worker, frame } => self.host_said(worker, &frame),
            Event::Broke { worker, code, message } if self.is_runtime(worker) => {
                self.runtime_broke(code, &message)
            }
            Event::Broke { worker, code, message } => self.host_broke(worker, code, &message),
            Event::Run { run, manifest, params, options, package } => {
                self.run(run, manifest, params, options, package)
            }
            Event::Push { run, items, open } => self.tell_run(run, ToRuntime::Push { run, items, open }),
            Event::End { run } => self.tell_run(run, ToRuntime::End { run }),
            Event::Credit { run, outputs } => self.tell_run(run, ToRuntime::Credit { run, outputs }),
            Event::Cancel { run } => self.cancel(run),
            Event::Validate { request, manifest, params, package } => {
                self.validate(request, manifest, params, package)
            }
            Event::Register { request, source, packages } => self.register(request, source, packages),
            Event::Install { request, package, code } => self.install(request, package, code),
            Event::ClosePackage { package } => self.close_package(package),
            Event::ModelLoading { run, model, loaded, total } => {
                self.model_loading(run, model, loaded, total)
            }
            Event::Model { run, model, result } => self.model_came(run, model, result),
            Event::Tick => self.tick(),
            Event::Close => self.close(&closed()),
        }
        self.pump();
        self.set_wake();
        std::mem::take(&mut self.out)
    }

    pub(crate) fn notify(&mut self, notice: Notice) {
        self.out.push(Action::Notify(notice));
    }

    pub(crate) fn fresh_worker(&mut self) -> WorkerId {
        self.next_worker += 1;
        WorkerId(self.next_worker - 1)
    }

    pub(crate) fn is_open(&self) -> bool {
        self.phase != Phase::Closed
    }

    /// Ends `run` badly, unless it has ended.
    pub(crate) fn fail(&mut self, run: RunId, fault: Fault) {
        if self.forget(run) {
            self.notify(Notice::Failed { run, fault });
        }
    }

    pub(crate) fn finish(&mut self, run: RunId, report: protocol::RunReport, outputs: Packed) {
        if self.forget(run) {
            self.notify(Notice::Finished { run, report, outputs });
        }
    }

    /// Every run ends: those somebody had cancelled as cancelled, the others with `fault`.
    pub(crate) fn fail_all(&mut self, fault: &Fault) {
        for (run, live) in std::mem::take(&mut self.runs).into_entries() {
            self.drop_models(run, &live.models);
            let fault = if live.cancelled.is_some() && fault.code != Code::Closed {
                cancelled()
            } else {
                fault.clone()
            };
            self.notify(Notice::Failed { run, fault });
        }
        for (request, ()) in std::mem::take(&mut self.validations).into_entries() {
            self.notify(Notice::Refused { request, fault: fault.clone() });
        }
    }

    /// Ends everything; users hear `fault`.
    pub(crate) fn close(&mut self, fault: &Fault) {
        if self.phase == Phase::Closed {
            return;
        }
        self.fail_all(fault);
        self.refuse_registrations(fault);
        self.refuse_installs(fault);
        let hosts = std::mem::take(&mut self.pool).into_workers();
        let workers = self.runtime.take().map(|runtime| runtime.worker).into_iter().chain(hosts);
        self.out.extend(workers.map(|worker| Action::Terminate { worker }));
        self.phase = Phase::Closed;
        self.notify(Notice::Closed);
    }

    fn forget(&mut self, run: RunId) -> bool {
        self.pool.stop_waiting(run);
        let Some(live) = self.runs.remove(&run) else { return false };
        self.drop_models(run, &live.models);
        true
    }

    fn run(
        &mut self,
        run: RunId,
        manifest: String,
        params: Option<String>,
        options: RunOptions,
        package: Option<PackageId>,
    ) {
        if self.runs.contains_key(&run) {
            return;
        }
        if !self.is_open() {
            return self.notify(Notice::Failed { run, fault: closed() });
        }
        let kinds = match self.packages.kinds(package) {
            Ok(kinds) => kinds,
            Err(fault) => return self.notify(Notice::Failed { run, fault }),
        };
        let plugin_turn_ms = f64::from(options.limits.plugin_turn_ms);
        let overdue = options.timeout_ms.map(|ms| self.now + f64::from(ms) + self.options.cancel_timeout_ms);
        let models = Vec::new();
        self.runs.insert(run, Live { cancelled: None, overdue, models, package, plugin_turn_ms });
        self.tell(ToRuntime::Start { run, manifest, params, options, kinds });
    }

    fn tell_run(&mut self, run: RunId, message: ToRuntime) {
        if self.runs.contains_key(&run) {
            self.tell(message);
        }
    }

    fn cancel(&mut self, run: RunId) {
        let now = self.now;
        let Some(live) = self.runs.get_mut(&run) else { return };
        if live.cancelled.is_some() {
            return;
        }
        live.cancelled = Some(now);
        self.pool.places.stop(run);
        if self.unsay(run) {
            self.fail(run, cancelled());
        } else {
            self.tell(ToRuntime::Cancel { run });
        }
    }

    fn validate(
        &mut self,
        request: u32,
        manifest: String,
        params: Option<String>,
        package: Option<PackageId>,
    ) {
        if !self.is_open() {
            return self.notify(Notice::Refused { request, fault: closed() });
        }
        match self.packages.kinds(package) {
            Ok(kinds) => {
                self.validations.insert(request, ());
                self.tell(ToRuntime::Validate { request, manifest, params, kinds });
            }
            Err(fault) => self.notify(Notice::Refused { request, fault }),
        }
    }

    fn tick(&mut self) {
        // The timer has fired: whatever is still due needs another.
        let late = self.wake.take().map_or(0.0, |at| self.now - at);
        if late > SLEPT_MS {
            return self.postpone(late);
        }
        self.watch_runtime();
        self.watch_runs();
        self.watch_hosts();
    }

    fn postpone(&mut self, ms: f64) {
        for live in self.runs.values_mut() {
            live.cancelled = live.cancelled.map(|at| at + ms);
            live.overdue = live.overdue.map(|at| at + ms);
        }
        if let Some(runtime) = &mut self.runtime {
            runtime.heard += ms;
        }
        self.pool.postpone(ms);
    }

    /// A runtime that neither ends a run it must end nor says anything is stuck: it is replaced.
    fn watch_runs(&mut self) {
        let overdue = self.run_deadlines().find(|(_, at)| *at <= self.now);
        if let Some((run, _)) = overdue {
            if self.runs.get(&run).is_some_and(|live| live.cancelled.is_none()) {
                self.fail(run, Fault::new(Code::TimedOut, "took longer than its timeout").during("process"));
            }
            self.runtime_broke(None, "the runtime worker does not answer");
        }
    }

    fn run_deadlines(&self) -> impl Iterator<Item = (RunId, f64)> {
        let limit = self.options.cancel_timeout_ms;
        // Until the runtime is up its own watchdog is the one to ask.
        let heard = self.runtime.as_ref().filter(|runtime| runtime.ready).map(|runtime| runtime.heard);
        self.runs.iter().filter_map(move |(run, live)| {
            let due = match (live.cancelled, live.overdue) {
                (Some(at), _) => at + limit,
                (None, at) => at?,
            };
            Some((*run, due.max(heard? + limit).min(due + (TALKING - 1.0) * limit)))
        })
    }

    fn set_wake(&mut self) {
        let runs = self.run_deadlines().map(|(_, at)| at);
        let next =
            self.runtime_deadline().into_iter().chain(runs).chain(self.host_deadlines()).reduce(f64::min);
        // A timer that is too early does no harm: it asks again.
        let enough = match (self.wake, next) {
            (Some(set), Some(next)) => self.now < set && set <= next,
            (Some(set), None) => self.now < set,
            (None, next) => next.is_none(),
        };
        if !enough {
            self.wake = next;
            self.out.push(Action::Wake { at_ms: next });
        }
    }
}

pub(crate) fn closed() -> Fault {
    Fault::new(Code::Closed, "the runtime was closed")
}

fn cancelled() -> Fault {
    Fault::new(Code::Cancelled, "the run was cancelled").during("cancel")
}
