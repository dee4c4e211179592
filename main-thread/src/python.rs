//! Python workers: lent to runs in order, taught what the user registered, bound to a package for good.
use protocol::{Fault, HostKind, NodeKind};

use crate::host::{Host, State, is_leased};
use crate::packages::Lesson;
use crate::table::Table;
use crate::{Action, Coordinator, PackageId, WorkerId};

const PYTHON: HostKind = HostKind::Python;

impl Coordinator {
    pub(crate) fn python_max(&self) -> usize {
        self.options.python_workers.max(1) as usize
    }

    /// Whoever asked first gets a worker first, each from those that serve its package, or none.
    pub(crate) fn lease_python(&mut self) {
        let room = self.python_max().saturating_sub(self.pool.count(PYTHON, is_leased));
        let mut missing: Table<Option<PackageId>, usize> = Table::default();
        let mut miss =
            |package| missing.insert(package, missing.get(&package).map_or(1, |wanted| wanted + 1));
        for (run, package) in self.pool.first_waiting_for(PYTHON, room) {
            if let Some(worker) = self.pool.idle(PYTHON, package) {
                self.pool.stop_one(run, PYTHON);
                self.lease(worker, run, PYTHON);
            } else {
                miss(package);
            }
        }
        // Starting one takes long enough to begin while models load.
        let ahead = self.python_to_come().filter(|it| self.pool.idle(PYTHON, it.package).is_none());
        ahead.into_iter().for_each(|it| miss(it.package));
        let lessons = self.packages.lessons().filter(|(_, lesson)| *lesson == Lesson::Python);
        lessons.for_each(|(package, _)| missing.insert(Some(package), 1));
        for (package, wanted) in missing.into_entries() {
            let coming = self.pool.coming(PYTHON, package);
            (coming..wanted).for_each(|_| self.get_python(package));
        }
        self.teach_packages();
    }

    /// Another worker for `package`, or for none.
    fn get_python(&mut self, package: Option<PackageId>) {
        let idle = package.and_then(|_| self.pool.idle(PYTHON, None));
        match idle.and_then(|worker| self.pool.hosts.get_mut(&worker)) {
            Some(host) => host.bind(package),
            None => {
                self.make_room_for_python();
                self.spawn_host(PYTHON, package);
            }
        }
    }

    /// Where there are as many as there may be, one that idles for another package goes.
    fn make_room_for_python(&mut self) {
        if self.pool.count(PYTHON, |_| true) <= self.python_max() {
            return;
        }
        let bound = |host: &Host| {
            host.kind == PYTHON && host.package.is_some() && host.installed && host.state == State::Idle
        };
        let idle = self.pool.hosts.iter().filter(|(_, host)| bound(host));
        let longest = idle.min_by(|(_, a), (_, b)| a.heard.total_cmp(&b.heard)).map(|(worker, _)| *worker);
        if let Some(worker) = longest {
            self.end_host(worker);
        }
    }

    /// Those bound to packages that are closed, and to none that is being installed or used.
    pub(crate) fn end_closed_python(&mut self) {
        let over = |host: &Host| {
            host.kind == PYTHON
                && !is_leased(host.state)
                && host.package.is_some_and(|package| self.packages.is_closed(package))
                && self.pool.wanted_by(PYTHON, host.package).next().is_none()
        };
        let hosts = self.pool.hosts.iter().filter(|(_, host)| over(host));
        for worker in hosts.map(|(worker, _)| *worker).collect::<Vec<_>>() {
            self.end_host(worker);
        }
    }

    /// One Python worker more than runs have needed at once: a run that has to be ended by force costs the next
    /// one no start-up.
    pub(crate) fn see_to_spare(&mut self) {
        if self.pool.spare_at.is_none_or(|at| at > self.now) {
            return;
        }
        self.pool.spare_at = None;
        let wanted = self.pool.python_peak.min(self.python_max()) + 1;
        let there = self.pool.count(PYTHON, |_| true);
        (there..wanted).for_each(|_| self.spawn_host(PYTHON, None));
    }

    /// Teaches idle workers the packages they are bound to.
    fn teach_packages(&mut self) {
        let untaught = |host: &&mut Host| host.kind == PYTHON && host.state == State::Idle && !host.installed;
        for (worker, host) in self.pool.hosts.iter_mut() {
            let Some(host) = Some(host).filter(untaught) else { continue };
            if let Some(message) = host.package.and_then(|package| self.packages.message(package)) {
                host.asked_to_install(self.now);
                self.out.push(Action::TellHost { worker: *worker, message });
            }
        }
    }

    /// Teaches idle workers the sources they do not know yet, then one of them what is new to all.
    pub(crate) fn teach(&mut self) {
        let idle = |host: &&mut Host| host.kind == PYTHON && host.state == State::Idle && host.installed;
        for (worker, host) in self.pool.hosts.iter_mut() {
            let Some(host) = Some(host).filter(idle) else { continue };
            if let Some(message) = self.registry.next_for(host.known) {
                host.learns(&message, self.now);
                self.out.push(Action::TellHost { worker: *worker, message });
            }
        }
        if !self.registry.wants_teacher() {
            return;
        }
        if let Some(worker) = self.pool.idle(PYTHON, None) {
            let Some(host) = self.pool.hosts.get_mut(&worker) else { return };
            let Some(message) = self.registry.introduce() else { return };
            host.learns(&message, self.now);
            self.out.push(Action::TellHost { worker, message });
        } else if self.pool.coming(PYTHON, None) == 0 {
            self.make_room_for_python();
            self.spawn_host(PYTHON, None);
        }
    }

    /// Whether another takes the place of `worker`, which broke while it learned, with nobody hearing of it: once, until
    /// one has learned the same. Engines break interpreters now and then for no reason of ours, as WebKit does with
    /// accesses out of bounds, and no run had this one yet.
    pub(crate) fn is_replaced(&mut self, worker: WorkerId) -> bool {
        let Some(host) = self.pool.hosts.get(&worker).filter(|host| host.kind == PYTHON) else {
            return false;
        };
        let is_learned = match host.state {
            State::Learning(source) => !self.registry.is_new(source),
            State::Installing => true,
            State::Starting | State::Idle | State::Leased { .. } => false,
        };
        let replaced = &mut self.pool.replaced;
        let before = replaced.len();
        replaced.retain(|package| *package != host.package);
        let is_first = is_learned && replaced.len() == before;
        replaced.extend(is_first.then_some(host.package));
        is_first
    }

    /// A worker knows its package, or told what nodes a plugin has.
    pub(crate) fn installed(&mut self, worker: WorkerId, result: Result<Vec<NodeKind>, Fault>) {
        let Some(host) = self.pool.hosts.get_mut(&worker) else { return };
        let (kind, Some(package)) = (host.kind, host.package) else { return };
        host.state = State::Idle;
        host.installed = true;
        self.pool.replaced.retain(|it| *it != Some(package));
        let is_first = self.packages.lesson(package).is_some_and(|lesson| match lesson {
            Lesson::Python => kind == PYTHON,
            Lesson::Plugin(plugin) => kind == HostKind::Plugin(plugin),
        });
        if kind != PYTHON {
            self.end_host(worker);
        }
        match result {
            Ok(kinds) if is_first => self.lesson_learned(package, kinds),
            Ok(_) => {}
            Err(fault) if is_first => self.install_failed(package, fault),
            Err(fault) => {
                self.nobody_comes(kind, Some(package), &fault);
                self.end_host(worker);
            }
        }
    }
}
