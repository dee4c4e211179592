//! Workers that serve runs: made when needed, leased to one run at a time, in order, and replaced.
use std::collections::VecDeque;

use protocol::{Code, Fault, Frame, FromWorker, HostId, HostKind, LoadKind, RunId, ToRuntime, ToWorker};

use crate::host::{Host, State, is_leased};
use crate::places::Places;
use crate::runtime::broken;
use crate::table::Table;
use crate::{Action, Coordinator, PackageId, Role, WorkerId};

/// The workers there are, and the runs that wait for one.
pub(crate) struct Pool {
    pub(crate) hosts: Table<WorkerId, Host>,
    /// Who may have workers.
    pub(crate) places: Places,
    /// What those wait for, in order; a run may wait for several.
    pub(crate) waiting: VecDeque<Wanted>,
    next_host: u32,
    /// When to see to a spare Python worker.
    pub(crate) spare_at: Option<f64>,
    /// The most Python workers that were leased at once.
    pub(crate) python_peak: usize,
    /// For what packages, or none, an interpreter broke and was replaced since one came up.
    pub(crate) replaced: Vec<Option<PackageId>>,
}

/// A worker that a run waits for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted {
    pub(crate) run: RunId,
    pub(crate) kind: HostKind,
    /// Only a worker that is bound to it will do; none: only one that is bound to none.
    pub(crate) package: Option<PackageId>,
}

impl Default for Pool {
    fn default() -> Self {
        Pool {
            hosts: Table::default(),
            places: Places::default(),
            waiting: VecDeque::new(),
            next_host: HostId::LOCAL.0 + 1,
            spare_at: None,
            python_peak: 0,
            replaced: Vec::new(),
        }
    }
}

impl Pool {
    pub(crate) fn stop_waiting(&mut self, run: RunId) {
        self.waiting.retain(|waiting| waiting.run != run);
        self.places.forget(run);
    }
    pub(crate) fn stop_one(&mut self, run: RunId, kind: HostKind) {
        if let Some(at) = self.waiting.iter().position(|it| (it.run, it.kind) == (run, kind)) {
            self.waiting.remove(at);
        }
    }
    pub(crate) fn leased_as(&self, wanted: HostId) -> Option<WorkerId> {
        let is_it = |host: &Host| matches!(host.state, State::Leased { host, .. } if host == wanted);
        self.hosts.iter().find(|(_, host)| is_it(host)).map(|(worker, _)| *worker)
    }
    pub(crate) fn into_workers(self) -> impl Iterator<Item = WorkerId> {
        self.hosts.into_entries().map(|(worker, _)| worker)
    }
    pub(crate) fn postpone(&mut self, ms: f64) {
        for host in self.hosts.values_mut() {
            host.heard += ms;
            host.watch.iter_mut().for_each(|watch| watch.postpone(ms));
        }
    }
    pub(crate) fn fresh_host(&mut self) -> HostId {
        self.next_host += 1;
        HostId(self.next_host - 1)
    }
    pub(crate) fn count(&self, kind: HostKind, which: impl Fn(State) -> bool) -> usize {
        self.hosts.values().filter(|host| host.kind == kind && which(host.state)).count()
    }
    /// One that could be leased at once to a run of `package`.
    pub(crate) fn idle(&self, kind: HostKind, package: Option<PackageId>) -> Option<WorkerId> {
        let fits = |host: &Host| host.serves(kind, package) && host.installed && host.state == State::Idle;
        self.hosts.iter().find(|(_, host)| fits(host)).map(|(worker, _)| *worker)
    }
    /// How many of those will be there without anybody doing more.
    pub(crate) fn coming(&self, kind: HostKind, package: Option<PackageId>) -> usize {
        self.hosts.values().filter(|host| host.serves(kind, package) && host.is_coming()).count()
    }
    fn first_waiting(&mut self, kind: HostKind, package: Option<PackageId>) -> Option<RunId> {
        let at = self.waiting.iter().position(|it| it.is_for(kind, package))?;
        self.waiting.remove(at).map(|it| it.run)
    }
    /// Runs that want a worker of this kind, soon or later.
    pub(crate) fn wanted_by(
        &self,
        kind: HostKind,
        package: Option<PackageId>,
    ) -> impl Iterator<Item = RunId> {
        let wanted = self.waiting.iter().chain(self.places.without());
        wanted.filter(move |it| it.is_for(kind, package)).map(|it| it.run)
    }
    /// The first `most` runs that wait for a worker of this kind, and what it must be bound to.
    pub(crate) fn first_waiting_for(&self, kind: HostKind, most: usize) -> Vec<(RunId, Option<PackageId>)> {
        let waiting = self.waiting.iter().filter(|it| it.kind == kind);
        waiting.take(most).map(|it| (it.run, it.package)).collect()
    }
    fn how_many_wait(&self, kind: HostKind, package: Option<PackageId>) -> usize {
        self.waiting.iter().filter(|it| it.is_for(kind, package)).count()
    }
    /// Everybody who waits for a plugin.
    pub(crate) fn plugins_waited_for(&self) -> Vec<(RunId, HostKind, Option<PackageId>)> {
        let waiting = self.waiting.iter().filter(|it| matches!(it.kind, HostKind::Plugin(_)));
        waiting.map(|it| (it.run, it.kind, it.package)).collect()
    }
}

impl Wanted {
    fn is_for(&self, kind: HostKind, package: Option<PackageId>) -> bool {
        self.kind == kind && self.package == package
    }
}

impl Coordinator {
    /// Brings workers and those who wait for one together.
    pub(crate) fn pump(&mut self) {
        if !self.is_open() {
            return;
        }
        self.end_closed_python();
        self.teach();
        self.give_places();
        self.lease_compute();
        self.lease_python();
        self.see_to_plugins();
        self.see_to_spare();
        self.drop_packages();
        // Who is not needed at once did not make anybody wait.
        for host in self.pool.hosts.values_mut().filter(|host| host.state == State::Idle) {
            host.start_ms = 0;
        }
    }

    fn lease_compute(&mut self) {
        let (kind, max) = (HostKind::Compute, self.options.compute_workers.max(1) as usize);
        while self.pool.count(kind, is_leased) < max && self.pool.how_many_wait(kind, None) > 0 {
            let Some(worker) = self.pool.idle(kind, None) else { break };
            let Some(run) = self.pool.first_waiting(kind, None) else { break };
            self.lease(worker, run, kind);
        }
        let leased = self.pool.count(kind, is_leased);
        let wanted = self.pool.how_many_wait(kind, None).min(max.saturating_sub(leased));
        (self.pool.coming(kind, None)..wanted).for_each(|_| self.spawn_host(kind, None));
    }

    pub(crate) fn lease(&mut self, worker: WorkerId, run: RunId, kind: HostKind) {
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

    /// Makes a compute or Python worker.
    pub(crate) fn spawn_host(&mut self, kind: HostKind, package: Option<PackageId>) {
        let role = match kind {
            HostKind::Compute => Role::Compute,
            HostKind::Python => Role::Python,
            HostKind::Plugin(_) => Role::Plugin,
        };
        let worker = self.fresh_worker();
        self.pool.hosts.insert(worker, Host::new(kind, package, self.now));
        self.out.push(Action::Spawn { worker, role, plugin: None });
    }

    /// Ends a worker that nobody will miss.
    pub(crate) fn end_host(&mut self, worker: WorkerId) {
        if self.pool.hosts.remove(&worker).is_some() {
            self.out.push(Action::Terminate { worker });
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
                    if matches!(host.kind, HostKind::Plugin(_)) {
                        self.plugin_ready(worker);
                    }
                }
            }
            Ok(FromWorker::Loading { name, loaded, total }) => {
                let (kind, package) = (host.kind, host.package);
                self.pass_on_loading(kind, package, &name, loaded, total);
            }
            Ok(FromWorker::Registered { request, result }) => {
                if host.state == State::Installing && host.package == Some(PackageId(request)) {
                    return self.installed(worker, result);
                }
                if host.state != State::Learning(request) {
                    return;
                }
                host.state = State::Idle;
                host.known = request;
                let package = host.package;
                self.pool.replaced.retain(|it| *it != package);
                if let Some(fault) = self.registered(request, result) {
                    self.unusable(worker, fault);
                }
            }
            Ok(FromWorker::Pong) => self.ponged(worker),
            Ok(FromWorker::Fatal { fault }) => {
                let code =
                    Some(fault.code).filter(|code| !matches!(code, Code::WorkerCrashed | Code::StartFailed));
                if code.is_none() && self.is_replaced(worker) {
                    return self.end_host(worker);
                }
                self.host_broke(worker, code, &fault.message);
            }
        }
    }

    fn pass_on_loading(
        &mut self,
        kind: HostKind,
        package: Option<PackageId>,
        name: &str,
        loaded: u64,
        total: Option<u64>,
    ) {
        let what = match kind {
            HostKind::Compute | HostKind::Plugin(_) => LoadKind::Wasm,
            HostKind::Python => LoadKind::Python,
        };
        let runs: Vec<RunId> = self.pool.wanted_by(kind, package).collect();
        for run in runs {
            self.tell(ToRuntime::Loading { run, what, name: name.into(), loaded, total });
        }
    }

    /// A worker died or must die.
    pub(crate) fn host_broke(&mut self, worker: WorkerId, code: Option<Code>, message: &str) {
        let Some(host) = self.pool.hosts.get(&worker) else { return };
        let what = self.name_of(host.kind, host.package);
        let fault = broken(&what, host.state != State::Starting, code, message);
        self.unusable(worker, fault);
    }

    pub(crate) fn unusable(&mut self, worker: WorkerId, fault: Fault) {
        let Some(Host { kind, state, package, run, .. }) = self.pool.hosts.remove(&worker) else { return };
        self.out.push(Action::Terminate { worker });
        match state {
            State::Leased { run, host } => self.lost(run, kind, host, fault),
            State::Learning(source) if self.registry.is_new(source) => self.registration_failed(fault),
            State::Starting | State::Learning(_) | State::Installing if run.is_some() => {
                let host = self.pool.fresh_host();
                run.into_iter().for_each(|run| self.lost(run, kind, host, fault.clone()));
            }
            // Whoever waited for it hears why there is none; the next one in line gets another try.
            State::Starting | State::Learning(_) | State::Installing => {
                self.nobody_comes(kind, package, &fault);
            }
            State::Idle => {}
        }
    }

    pub(crate) fn nobody_comes(&mut self, kind: HostKind, package: Option<PackageId>, fault: &Fault) {
        let coming = self.pool.coming(kind, package);
        let run = match self.pool.how_many_wait(kind, package) {
            // It was made ahead of time, for one that will want it.
            0 if coming == 0 && kind == HostKind::Python => {
                self.python_to_come().filter(|it| it.package == package).map(|it| it.run)
            }
            waiting if coming < waiting => self.pool.first_waiting(kind, package),
            _ => None,
        };
        if let Some(run) = run {
            let host = self.pool.fresh_host();
            self.lost(run, kind, host, fault.clone());
        }
        let Some(package) = package else { return self.nobody_learns(kind, coming, fault) };
        if coming == 0 && self.packages.lesson(package).is_some() {
            self.install_failed(package, fault.clone());
        }
    }

    /// A run has lost a worker, or gets none.
    pub(crate) fn lost(&mut self, run: RunId, kind: HostKind, host: HostId, fault: Fault) {
        self.pool.places.give_back(run, kind);
        self.tell(ToRuntime::HostLost { run, kind, host, fault });
    }

    fn nobody_learns(&mut self, kind: HostKind, coming: usize, fault: &Fault) {
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
        let Some(host) = self.pool.hosts.get_mut(&worker) else { return };
        let was = std::mem::replace(&mut host.state, State::Idle);
        let (kind, is_used_up) = (host.kind, host.run.is_some());
        if let State::Leased { run, .. } = was {
            self.pool.places.give_back(run, kind);
        }
        if is_used_up {
            self.end_host(worker);
        }
    }

    pub(crate) fn kill(&mut self, host: HostId) {
        let Some(worker) = self.pool.leased_as(host) else { return };
        let Some(Host { kind, state, .. }) = self.pool.hosts.remove(&worker) else { return };
        self.out.push(Action::Terminate { worker });
        if let State::Leased { run, .. } = state {
            self.pool.places.give_back(run, kind);
        }
        if kind == HostKind::Python {
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
        self.pool.places.clear();
    }

    pub(crate) fn host_deadlines(&self) -> impl Iterator<Item = f64> {
        let hosts = self.pool.hosts.values();
        let watched = hosts.clone().filter(|host| host.is_watched());
        let plugins = hosts.filter_map(|host| Some(host.watch?.due()));
        watched.map(|host| host.heard + self.patience(host)).chain(plugins).chain(self.pool.spare_at)
    }

    pub(crate) fn watch_hosts(&mut self) {
        let silent = |host: &Host| host.is_watched() && host.heard + self.patience(host) <= self.now;
        let late = self.pool.hosts.iter().filter(|(_, host)| silent(host));
        let asked = |host: &Host| matches!(host.kind, HostKind::Plugin(_)) && host.state == State::Installing;
        let code = |host: &Host| asked(host).then_some(Code::TimedOut);
        let late: Vec<_> =
            late.map(|(worker, host)| (*worker, self.patience(host) as u64, code(host))).collect();
        for (worker, waited, code) in late {
            self.host_broke(worker, code, &format!("said nothing for {waited} ms"));
        }
        self.watch_plugins();
    }

    fn patience(&self, host: &Host) -> f64 {
        match (host.kind, host.state) {
            (HostKind::Plugin(_), State::Installing) => Self::plugin_patience(),
            (HostKind::Compute | HostKind::Plugin(_), _) => self.options.start_timeout_ms,
            (HostKind::Python, _) => self.options.python_timeout_ms,
        }
    }
}
