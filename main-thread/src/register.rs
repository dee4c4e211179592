//! The user's own Python nodes: learned by one worker, then taught to every other.
use std::collections::VecDeque;

use protocol::{Code, Fault, NodeKind, ToRuntime, ToWorker};

use crate::handler::closed;
use crate::{Coordinator, Notice};

/// Every kind of node, and the sources of the user's.
#[derive(Default)]
pub(crate) struct Registry {
    pub(crate) builtin: Vec<NodeKind>,
    /// What workers must know, oldest first.
    sources: Vec<Source>,
    /// What is not learned yet.
    queue: VecDeque<Source>,
    /// What a worker is learning for the first time.
    learning: Option<Source>,
    /// Number of the newest source.
    newest: u32,
}

struct Source {
    /// Numbered in the order they were introduced.
    number: u32,
    /// The user's question.
    request: u32,
    text: String,
    packages: Vec<String>,
    kinds: Vec<NodeKind>,
}

impl Source {
    fn message(&self) -> ToWorker {
        ToWorker::Register {
            request: self.number,
            source: self.text.clone(),
            packages: self.packages.clone(),
        }
    }
}

impl Registry {
    /// The user's kinds; of those with one name, the newest.
    pub(crate) fn user_kinds(&self) -> Vec<NodeKind> {
        let mut kinds: Vec<NodeKind> = Vec::new();
        for kind in self.sources.iter().flat_map(|source| &source.kinds) {
            kinds.retain(|older| older.name != kind.name);
            kinds.push(kind.clone());
        }
        kinds
    }
    pub(crate) fn all_kinds(&self) -> Vec<NodeKind> {
        let user = self.user_kinds();
        let hidden = |kind: &&NodeKind| !user.iter().any(|own| own.name == kind.name);
        self.builtin.iter().filter(hidden).chain(&user).cloned().collect()
    }
    /// What to teach a worker that knows all up to `known`.
    pub(crate) fn next_for(&self, known: u32) -> Option<ToWorker> {
        self.sources.iter().find(|source| source.number > known).map(Source::message)
    }
    /// Whether a source waits for a worker to learn it.
    pub(crate) fn wants_teacher(&self) -> bool {
        self.learning.is_none() && !self.queue.is_empty()
    }
    /// The next source that no worker knows; it is being learned from now on.
    pub(crate) fn introduce(&mut self) -> Option<ToWorker> {
        let mut source = self.queue.pop_front()?;
        self.newest += 1;
        source.number = self.newest;
        Some(self.learning.insert(source).message())
    }
    pub(crate) fn is_new(&self, number: u32) -> bool {
        self.learning.as_ref().is_some_and(|source| source.number == number)
    }
    /// Keeps `source`, and no older one all of whose kinds it defines anew.
    fn keep(&mut self, source: Source) {
        let again = |kind: &NodeKind| source.kinds.iter().any(|new| new.name == kind.name);
        self.sources.retain(|older| !older.kinds.iter().all(again));
        self.sources.push(source);
    }
}

impl Coordinator {
    pub(crate) fn register(&mut self, request: u32, text: String, packages: Vec<String>) {
        if !self.is_open() {
            return self.notify(Notice::Refused { request, fault: closed() });
        }
        self.registry.queue.push_back(Source { number: 0, request, text, packages, kinds: Vec::new() });
    }

    /// A worker answered for source `number`. Gives the reason why that worker is of no use, if it could not learn
    /// what another one could.
    pub(crate) fn registered(&mut self, number: u32, result: Result<Vec<NodeKind>, Fault>) -> Option<Fault> {
        match result {
            result if !self.registry.is_new(number) => return result.err(),
            Ok(kinds) => self.learned(kinds),
            Err(fault) => self.registration_failed(fault),
        }
        None
    }

    fn learned(&mut self, kinds: Vec<NodeKind>) {
        let Some(mut source) = self.registry.learning.take() else { return };
        let request = source.request;
        source.kinds.clone_from(&kinds);
        self.registry.keep(source);
        self.tell(ToRuntime::Kinds { kinds: self.registry.user_kinds() });
        self.notify(Notice::Kinds { kinds: self.registry.all_kinds() });
        self.notify(Notice::Registered { request, kinds });
    }

    pub(crate) fn registration_failed(&mut self, fault: Fault) {
        if let Some(source) = self.registry.learning.take() {
            self.notify(Notice::Refused { request: source.request, fault });
        }
    }

    pub(crate) fn refuse_registrations(&mut self, fault: &Fault) {
        self.registration_failed(fault.clone());
        for source in std::mem::take(&mut self.registry.queue) {
            let fault = Fault { code: Code::Closed, ..fault.clone() };
            self.notify(Notice::Refused { request: source.request, fault });
        }
    }
}
