//! One worker that serves runs.
use protocol::{HostId, HostKind, RunId, ToWorker};

use crate::PackageId;
use crate::plugins::Watch;

pub(crate) struct Host {
    pub(crate) kind: HostKind,
    pub(crate) state: State,
    /// What it is bound to for good.
    pub(crate) package: Option<PackageId>,
    /// Whether it knows the code of that; true if it is bound to none.
    pub(crate) installed: bool,
    /// The run that a plugin worker was made for.
    pub(crate) run: Option<RunId>,
    /// How a plugin at work is watched.
    pub(crate) watch: Option<Watch>,
    /// When it was made.
    pub(crate) spawned: f64,
    /// When it last said something, or was asked something.
    pub(crate) heard: f64,
    /// Newest of the user's sources that it knows.
    pub(crate) known: u32,
    /// Milliseconds its start-up took, while nobody had the worker yet.
    pub(crate) start_ms: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Starting,
    /// It learns the source of this number.
    Learning(u32),
    /// It learns its package, or is asked what nodes its plugin has.
    Installing,
    Idle,
    Leased {
        run: RunId,
        host: HostId,
    },
}

pub(crate) fn is_leased(state: State) -> bool {
    matches!(state, State::Leased { .. })
}

impl Host {
    pub(crate) fn new(kind: HostKind, package: Option<PackageId>, now: f64) -> Self {
        Host {
            kind,
            state: State::Starting,
            package,
            installed: package.is_none(),
            run: None,
            watch: None,
            spawned: now,
            heard: now,
            known: 0,
            start_ms: 0,
        }
    }
    pub(crate) fn serves(&self, kind: HostKind, package: Option<PackageId>) -> bool {
        self.kind == kind && self.package == package
    }
    /// Whether it owes an answer before it can serve anybody.
    pub(crate) fn is_watched(&self) -> bool {
        matches!(self.state, State::Starting | State::Learning(_) | State::Installing)
    }
    pub(crate) fn is_coming(&self) -> bool {
        self.is_watched() || (self.state == State::Idle && !self.installed)
    }
    /// For good: it will know the code of a package.
    pub(crate) fn bind(&mut self, package: Option<PackageId>) {
        self.package = package;
        self.installed = false;
    }
    pub(crate) fn asked_to_install(&mut self, now: f64) {
        self.state = State::Installing;
        self.heard = now;
    }
    pub(crate) fn learns(&mut self, message: &ToWorker, now: f64) {
        if let ToWorker::Register { request, .. } = message {
            self.state = State::Learning(*request);
            self.heard = now;
        }
    }
}
