//! Workers for plugins: each is made for one run and one plugin, or to ask a plugin what nodes it has, and never used
//! again. One that does not come back from a turn is ended: nothing else stops a loop in a foreign module.
use protocol::{Code, Fault, HostKind, Limits, RunId, ToWorker};

use crate::host::{Host, State, is_leased};
use crate::packages::Lesson;
use crate::{Action, Coordinator, PackageId, PluginPlace, Role, WorkerId};

/// A plugin at work is asked this many times in the time that a turn may take, but not more often than every so many
/// milliseconds.
const ASKED: f64 = 4.0;
const ASKED_EVERY_MS: f64 = 50.0;

/// How a plugin's turns are watched.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Watch {
    /// How long a turn may take, in milliseconds.
    turn_ms: f64,
    /// When it was asked for a sign of life that it has not given yet.
    asked: Option<f64>,
    /// When it is to be asked next.
    next: f64,
}

impl Watch {
    fn new(turn_ms: f64, now: f64) -> Self {
        let mut watch = Watch { turn_ms, asked: None, next: now };
        watch.answered(now);
        watch
    }
    fn answered(&mut self, now: f64) {
        self.asked = None;
        self.next = now + (self.turn_ms / ASKED).max(ASKED_EVERY_MS);
    }
    pub(crate) fn due(&self) -> f64 {
        self.asked.map_or(self.next, |at| at + self.turn_ms)
    }
    pub(crate) fn postpone(&mut self, ms: f64) {
        self.asked = self.asked.map(|at| at + ms);
        self.next += ms;
    }
}

impl Coordinator {
    /// Makes the workers that runs and installations wait for, and ends those that nobody waits for any more.
    pub(crate) fn see_to_plugins(&mut self) {
        self.end_unwanted_plugins();
        for (run, kind, package) in self.pool.plugins_waited_for() {
            let HostKind::Plugin(plugin) = kind else { continue };
            let Some(package) = package.filter(|it| self.packages.plugin(Some(*it), plugin).is_some()) else {
                self.pool.stop_one(run, kind);
                let host = self.pool.fresh_host();
                let fault = Fault::new(Code::StartFailed, "the run has no such plugin").during("start");
                self.lost(run, kind, host, fault);
                continue;
            };
            self.pool.stop_one(run, kind);
            self.spawn_plugin(package, plugin, Some(run));
        }
        let lessons: Vec<_> = self.packages.lessons().collect();
        for (package, lesson) in lessons {
            if let Lesson::Plugin(plugin) = lesson
                && !self.pool.hosts.values().any(|host| is_asked(host, package))
            {
                self.spawn_plugin(package, plugin, None);
            }
        }
    }

    fn end_unwanted_plugins(&mut self) {
        let unwanted = |host: &Host| match (host.kind, host.run, host.package) {
            (HostKind::Plugin(_), Some(run), _) => !is_leased(host.state) && !self.runs.contains_key(&run),
            (HostKind::Plugin(_), None, Some(package)) => self.packages.is_closed(package),
            (HostKind::Plugin(_) | HostKind::Compute | HostKind::Python, _, _) => false,
        };
        let hosts = self.pool.hosts.iter().filter(|(_, host)| unwanted(host));
        for worker in hosts.map(|(worker, _)| *worker).collect::<Vec<_>>() {
            self.end_host(worker);
        }
    }

    fn spawn_plugin(&mut self, package: PackageId, plugin: u32, run: Option<RunId>) {
        let worker = self.fresh_worker();
        let host = Host::new(HostKind::Plugin(plugin), Some(package), self.now);
        self.pool.hosts.insert(worker, Host { run, ..host });
        let plugin = Some(PluginPlace { package, plugin });
        self.out.push(Action::Spawn { worker, role: Role::Plugin, plugin });
    }

    /// A plugin is up: it gets its run, or the question what nodes it has.
    pub(crate) fn plugin_ready(&mut self, worker: WorkerId) {
        let Some(host) = self.pool.hosts.get_mut(&worker) else { return };
        let (kind, Some(package)) = (host.kind, host.package) else { return };
        let Some(run) = host.run else {
            host.asked_to_install(self.now);
            let message = ToWorker::Kinds { request: package.0 };
            return self.out.push(Action::TellHost { worker, message });
        };
        if let Some(live) = self.runs.get(&run) {
            host.watch = Some(Watch::new(live.plugin_turn_ms, self.now));
            self.lease(worker, run, kind);
        }
    }

    /// A run does not want a worker any more that it has not got yet.
    pub(crate) fn lease_is_off(&mut self, run: RunId, kind: HostKind) {
        self.pool.stop_one(run, kind);
        self.pool.places.give_back(run, kind);
        self.pool.places.stop(run);
        let made_for_it =
            |host: &Host| host.kind == kind && host.run == Some(run) && host.state == State::Starting;
        let worker = self.pool.hosts.iter().find(|(_, host)| made_for_it(host)).map(|(worker, _)| *worker);
        if let Some(worker) = worker {
            self.end_host(worker);
        }
    }

    pub(crate) fn ponged(&mut self, worker: WorkerId) {
        let now = self.now;
        if let Some(watch) = self.pool.hosts.get_mut(&worker).and_then(|host| host.watch.as_mut()) {
            watch.answered(now);
        }
    }

    /// Asks plugins at work for signs of life, and ends those that gave none.
    pub(crate) fn watch_plugins(&mut self) {
        let mut late = Vec::new();
        for (worker, host) in self.pool.hosts.iter_mut() {
            let Some(watch) = host.watch.as_mut().filter(|watch| watch.due() <= self.now) else { continue };
            if watch.asked.is_some() {
                late.push((*worker, watch.turn_ms as u64, host.kind, host.package));
            } else {
                watch.asked = Some(self.now);
                self.out.push(Action::TellHost { worker: *worker, message: ToWorker::Ping });
            }
        }
        for (worker, turn_ms, kind, package) in late {
            let what = self.name_of(kind, package);
            let message = format!("the {what} did not come back within {turn_ms} ms (limits.pluginTurnMs)");
            self.unusable(worker, Fault::new(Code::TimedOut, message));
        }
    }

    /// How long a worker may be silent that is asked what nodes its plugin has, in milliseconds.
    pub(crate) fn plugin_patience() -> f64 {
        f64::from(Limits::default().plugin_turn_ms)
    }

    /// What to call a worker.
    pub(crate) fn name_of(&self, kind: HostKind, package: Option<PackageId>) -> String {
        match kind {
            HostKind::Compute => "compute worker".into(),
            HostKind::Python => "Python worker".into(),
            HostKind::Plugin(plugin) => {
                format!("plugin `{}`", self.packages.plugin(package, plugin).unwrap_or_default())
            }
        }
    }
}

/// Whether `host` is there to tell the nodes of a plugin of `package`.
fn is_asked(host: &Host, package: PackageId) -> bool {
    matches!(host.kind, HostKind::Plugin(_)) && host.run.is_none() && host.package == Some(package)
}
