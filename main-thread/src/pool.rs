//! Compute and Python workers: made when needed, leased to one run at a time, in order, and replaced.
use std::collections::{BTreeMap, VecDeque};

use protocol::{Code, Fault, Frame, FromWorker, HostId, HostKind, LoadKind, RunId, ToRuntime, ToWorker};

use crate::runtime::broken;
use crate::{Action, Coordinator, Role, WorkerId};

/// The workers there are, and the runs that wait for one.
pub(crate) struct Pool {
    hosts: BTreeMap<WorkerId, Host>,
    /// In order of asking; a run may wait for several.
    waiting: VecDeque<(RunId, HostKind)>,
    next_host: u32,
    /// When to see to a spare Python worker.
    spare_at: Option<f64>,
    /// The most Python workers that were leased at once.
    python_peak: usize,
}

struct Host {
    kind: HostKind,
    state: State,
    /// When it was made.
    spawned: f64,
    /// When it last said something, or was asked something.
    heard: f64,
    /// Newest of the user's sources that it knows.
    known: u32,
    /// Milliseconds its start-up took, while nobody had the worker yet.
    start_ms: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Starting,
    /// It learns the source of this number.
    Learning(u32),
    Idle,
    Leased {
        run: RunId,
        host: HostId,
    },
}

impl Default for Pool {
    fn default() -> Self {
        Pool {
            hosts: BTreeMap::new(),
            waiting: VecDeque::new(),
            next_host: HostId::LOCAL.0 + 1,
            spare_at: None,
            python_peak: 0,
        }
    }
}

impl Pool {
    pub(crate) fn wait(&mut self, run: RunId, kind: HostKind) {
        self.waiting.push_back((run, kind));
    }
    pub(crate) fn stop_waiting(&mut self, run: RunId) {
        self.waiting.retain(|(waiting, _)| *waiting != run);
    }
    pub(crate) fn stop_one(&mut self, run: RunId, kind: HostKind) {
        if let Some(at) = self.waiting.iter().position(|lease| *lease == (run, kind)) {
            self.waiting.remove(at);
        }
    }
    pub(crate) fn leased_as(&self, wanted: HostId) -> Option<WorkerId> {
        let is_it = |host: &Host| matches!(host.state, State::Leased { host, .. } if host == wanted);
        self.hosts.iter().find(|(_, host)| is_it(host)).map(|(worker, _)| *worker)
    }
    pub(crate) fn into_workers(self) -> impl Iterator<Item = WorkerId> {
        self.hosts.into_keys()
    }
    pub(crate) fn postpone(&mut self, ms: f64) {
        self.hosts.values_mut().for_each(|host| host.heard += ms);
    }
    fn fresh_host(&mut self) -> HostId {
        self.next_host += 1;
        HostId(self.next_host - 1)
    }
    fn count(&self, kind: HostKind, which: impl Fn(State) -> bool) -> usize {
        self.hosts.values().filter(|host| host.kind == kind && which(host.state)).count()
    }
    fn idle(&self, kind: HostKind) -> Option<WorkerId> {
        let mut hosts = self.hosts.iter();
        hosts.find(|(_, host)| host.kind == kind && host.state == State::Idle).map(|(worker, _)| *worker)
    }
    fn first_waiting(&mut self, kind: HostKind) -> Option<RunId> {
        let at = self.waiting.iter().position(|(_, waiting)| *waiting == kind)?;
        self.waiting.remove(at).map(|(run, _)| run)
    }
    fn how_many_wait(&self, kind: HostKind) -> usize {
        self.waiting.iter().filter(|(_, waiting)| *waiting == kind).count()
    }
}

fn is_leased(state: State) -> bool {
    matches!(state, State::Leased { .. })
}

impl Coordinator {
    /// Brings workers and those who wait for one together.
    pub(crate) fn pump(&mut self) {
        if !self.is_open() {
            return;
        }
        self.teach();
        self.lease_all(HostKind::Compute, self.options.compute_workers.max(1) as usize);
        self.lease_all(HostKind::Python, self.python_max());
        self.see_to_spare();
        // Who is not needed at once did not make anybody wait.
        for host in self.pool.hosts.values_mut().filter(|host| host.state == State::Idle) {
            host.start_ms = 0;
        }
    }

    fn python_max(&self) -> usize {
        self.options.python_workers.max(1) as usize
    }

    fn lease_all(&mut self, kind: HostKind, max: usize) {
        while self.pool.count(kind, is_leased) < max && self.pool.how_many_wait(kind) > 0 {
            let Some(worker) = self.pool.idle(kind) else { break };
            let Some(run) = self.pool.first_waiting(kind) else { break };
            self.lease(worker, run, kind);
        }
        let leased = self.pool.count(kind, is_leased);
        let coming = self.pool.count(kind, |state| matches!(state, State::Starting | State::Learning(_)));
        let wanted = self.pool.how_many_wait(kind).min(max.saturating_sub(leased));
        (coming..wanted).for_each(|_| self.spawn_host(kind));
    }

    fn lease(&mut self, worker: WorkerId, run: RunId, kind: HostKind) {
        let host = self.pool.fresh_host();
        let Some(runtime) = self.runtime.as_ref().map(|runtime| runtime.worker) else { return };
        let Some(entry) = self.pool.hosts.get_mut(&worker) else { return };
        entry.state = State::Leased { run, host };
        let start_ms = std::mem::take(&mut entry.start_ms);
        self.out.push(Action::Link {
            worker,
            connect: ToWorker::Connect { host, run },
            runtime,
            attach: ToRuntime::Attach { run, host, kind, start_ms },
        });
        if kind == HostKind::Python {
            self.pool.python_peak = self.pool.python_peak.max(self.pool.count(kind, is_leased));
            self.pool.spare_at.get_or_insert(self.now + self.options.spare_after_ms);
        }
    }

    pub(crate) fn spawn_host(&mut self, kind: HostKind) {
        let worker = self.fresh_worker();
        let (spawned, heard) = (self.now, self.now);
        let host = Host { kind, state: State::Starting, spawned, heard, known: 0, start_ms: 0 };
        self.pool.hosts.insert(worker, host);
        let role = match kind {
            HostKind::Compute => Role::Compute,
            HostKind::Python => Role::Python,
            HostKind::Plugin(_) => return,
        };
        self.out.push(Action::Spawn { worker, role });
    }

    /// One Python worker more than runs have needed at once: a run that has to be ended by force costs the next
    /// one no start-up.
    fn see_to_spare(&mut self) {
        if self.pool.spare_at.is_none_or(|at| at > self.now) {
            return;
        }
        self.pool.spare_at = None;
        let wanted = self.pool.python_peak.min(self.python_max()) + 1;
        let there = self.pool.count(HostKind::Python, |_| true);
        (there..wanted).for_each(|_| self.spawn_host(HostKind::Python));
    }

    /// Teaches idle Python workers what they do not know yet, then one of them what is new to all.
    fn teach(&mut self) {
        let idle = |host: &&mut Host| host.kind == HostKind::Python && host.state == State::Idle;
        for (worker, host) in &mut self.pool.hosts {
            let Some(host) = Some(host).filter(idle) else { continue };
            if let Some(message) = self.registry.next_for(host.known) {
                host.learns(&message, self.now);
                self.out.push(Action::TellHost { worker: *worker, message });
            }
        }
        if !self.registry.wants_teacher() {
            return;
        }
        if let Some(worker) = self.pool.idle(HostKind::Python) {
            let Some(host) = self.pool.hosts.get_mut(&worker) else { return };
            let Some(message) = self.registry.introduce() else { return };
            host.learns(&message, self.now);
            self.out.push(Action::TellHost { worker, message });
        } else {
            let free = self.pool.count(HostKind::Python, |state| !is_leased(state));
            if free == 0 {
                self.spawn_host(HostKind::Python);
            }
        }
    }

    pub(crate) fn host_said(&mut self, worker: WorkerId, frame: &Frame) {
        let Some(host) = self.pool.hosts.get_mut(&worker) else { return };
        host.heard = self.now;
        match protocol::decode::<FromWorker>(frame) {
            Err(error) => self.host_broke(worker, Some(Code::ProtocolMismatch), &error.to_string()),
            Ok(FromWorker::Ready { .. }) => {
                if host.state == State::Starting {
                    host.state = State::Idle;
                    host.start_ms = (self.now - host.spawned) as u32;
                }
            }
            Ok(FromWorker::Loading { name, loaded, total }) => {
                let kind = host.kind;
                self.pass_on_loading(kind, &name, loaded, total);
            }
            Ok(FromWorker::Registered { request, result }) => {
                if host.state != State::Learning(request) {
                    return;
                }
                host.state = State::Idle;
                host.known = request;
                if let Some(fault) = self.registered(request, result) {
                    self.unusable(worker, fault);
                }
            }
            Ok(FromWorker::Fatal { fault }) => {
                let code =
                    Some(fault.code).filter(|code| !matches!(code, Code::WorkerCrashed | Code::StartFailed));
                self.host_broke(worker, code, &fault.message);
            }
        }
    }

    fn pass_on_loading(&mut self, kind: HostKind, name: &str, loaded: u64, total: Option<u64>) {
        let what = match kind {
            HostKind::Compute | HostKind::Plugin(_) => LoadKind::Wasm,
            HostKind::Python => LoadKind::Python,
        };
        let runs: Vec<RunId> =
            self.pool.waiting.iter().filter(|(_, waiting)| *waiting == kind).map(|(run, _)| *run).collect();
        for run in runs {
            self.tell(ToRuntime::Loading { run, what, name: name.into(), loaded, total });
        }
    }

    /// A worker died or must die.
    pub(crate) fn host_broke(&mut self, worker: WorkerId, code: Option<Code>, message: &str) {
        let Some(host) = self.pool.hosts.get(&worker) else { return };
        let what = match host.kind {
            HostKind::Compute => "compute worker",
            HostKind::Python => "Python worker",
            HostKind::Plugin(_) => "plugin worker",
        };
        let fault = broken(what, host.state != State::Starting, code, message);
        self.unusable(worker, fault);
    }

    fn unusable(&mut self, worker: WorkerId, fault: Fault) {
        let Some(Host { kind, state, .. }) = self.pool.hosts.remove(&worker) else { return };
        self.out.push(Action::Terminate { worker });
        match state {
            State::Leased { run, host } => self.tell(ToRuntime::HostLost { run, kind, host, fault }),
            State::Learning(source) if self.registry.is_new(source) => self.registration_failed(fault),
            // Whoever waited for it hears why there is none; the next one in line gets another try.
            State::Starting | State::Learning(_) => self.nobody_comes(kind, &fault),
            State::Idle => {}
        }
    }

    fn nobody_comes(&mut self, kind: HostKind, fault: &Fault) {
        let coming = self.pool.count(kind, |state| matches!(state, State::Starting | State::Learning(_)));
        if coming < self.pool.how_many_wait(kind)
            && let Some(run) = self.pool.first_waiting(kind)
        {
            let host = self.pool.fresh_host();
            self.tell(ToRuntime::HostLost { run, kind, host, fault: fault.clone() });
        }
        if kind == HostKind::Python
            && coming == 0
            && self.registry.wants_teacher()
            && self.registry.introduce().is_some()
        {
            self.registration_failed(fault.clone());
        }
    }

    pub(crate) fn release(&mut self, host: HostId) {
        let Some(worker) = self.pool.leased_as(host) else { return };
        if let Some(host) = self.pool.hosts.get_mut(&worker) {
            host.state = State::Idle;
        }
    }

    pub(crate) fn kill(&mut self, host: HostId) {
        let Some(worker) = self.pool.leased_as(host) else { return };
        let killed = self.pool.hosts.remove(&worker);
        self.out.push(Action::Terminate { worker });
        if killed.is_some_and(|host| host.kind == HostKind::Python) {
            self.pool.spare_at.get_or_insert(self.now + self.options.spare_after_ms);
        }
    }

    /// The engine that had them is gone: nobody will ever release them.
    pub(crate) fn drop_leased(&mut self) {
        let leased =
            self.pool.hosts.iter().filter(|(_, host)| is_leased(host.state)).map(|(worker, _)| *worker);
        let leased: Vec<WorkerId> = leased.collect();
        for worker in leased {
            self.pool.hosts.remove(&worker);
            self.out.push(Action::Terminate { worker });
        }
        self.pool.waiting.clear();
    }

    pub(crate) fn host_deadlines(&self) -> impl Iterator<Item = f64> {
        let watched = self
            .pool
            .hosts
            .values()
            .filter(|host| matches!(host.state, State::Starting | State::Learning(_)));
        watched.map(|host| host.heard + self.patience(host.kind)).chain(self.pool.spare_at)
    }

    pub(crate) fn watch_hosts(&mut self) {
        let silent = |host: &Host| {
            matches!(host.state, State::Starting | State::Learning(_))
                && host.heard + self.patience(host.kind) <= self.now
        };
        let late: Vec<(WorkerId, HostKind)> = self
            .pool
            .hosts
            .iter()
            .filter(|(_, host)| silent(host))
            .map(|(worker, host)| (*worker, host.kind))
            .collect();
        for (worker, kind) in late {
            let waited = self.patience(kind);
            self.host_broke(worker, None, &format!("said nothing for {waited} ms"));
        }
    }

    fn patience(&self, kind: HostKind) -> f64 {
        match kind {
            HostKind::Compute | HostKind::Plugin(_) => self.options.start_timeout_ms,
            HostKind::Python => self.options.python_timeout_ms,
        }
    }
}

impl Host {
    fn learns(&mut self, message: &ToWorker, now: f64) {
        if let ToWorker::Register { request, .. } = message {
            self.state = State::Learning(*request);
            self.heard = now;
        }
    }
}
