//! Packages: their code is learned by workers that serve nothing else, and known to their own runs only.
use protocol::{Code, Fault, Home, HostKind, Language, NodeKind, Problem, Severity, ToWorker};

use crate::handler::closed;
use crate::table::Table;
use crate::{Action, Coordinator, Notice, PackageCode, PackageId};

/// The packages that are installed, and those that are being installed.
#[derive(Default)]
pub(crate) struct Packages(Table<PackageId, Package>);

struct Package {
    code: PackageCode,
    /// The user's question, until it is answered.
    request: Option<u32>,
    /// What has been learned of it so far.
    kinds: Vec<NodeKind>,
    python_known: bool,
    plugins_known: u32,
    closed: bool,
}

/// What is to be learned of a package next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lesson {
    Python,
    Plugin(u32),
}

impl Package {
    fn has_python(&self) -> bool {
        !self.code.modules.is_empty() || !self.code.wheels.is_empty()
    }
    fn lesson(&self) -> Option<Lesson> {
        if self.request.is_none() || self.closed {
            return None;
        }
        let plugin = (self.plugins_known as usize) < self.code.plugins.len();
        match self.has_python() && !self.python_known {
            true => Some(Lesson::Python),
            false => plugin.then_some(Lesson::Plugin(self.plugins_known)),
        }
    }
    fn learned(&mut self, lesson: Lesson, kinds: Vec<NodeKind>) {
        let (home, language) = match lesson {
            Lesson::Python => (Home::Python, Language::Python),
            Lesson::Plugin(plugin) => (Home::Plugin(plugin), Language::Rust),
        };
        match lesson {
            Lesson::Python => self.python_known = true,
            Lesson::Plugin(_) => self.plugins_known += 1,
        }
        // Where its nodes run is not for the code of a package to say.
        self.kinds.extend(kinds.into_iter().map(|kind| NodeKind { home, language, ..kind }));
    }
}

impl Packages {
    /// The kinds that runs of `package` know beside the others.
    pub(crate) fn kinds(&self, package: Option<PackageId>) -> Result<Vec<NodeKind>, Fault> {
        let Some(package) = package else { return Ok(Vec::new()) };
        match self.0.get(&package) {
            Some(it) if it.request.is_none() && !it.closed => Ok(it.kinds.clone()),
            Some(_) | None => Err(Fault::new(Code::Closed, "the package was closed").during("start")),
        }
    }
    /// The package that a worker of this `kind` must be bound to for runs of `package`.
    pub(crate) fn serving(&self, package: Option<PackageId>, kind: HostKind) -> Option<PackageId> {
        match kind {
            HostKind::Compute => None,
            HostKind::Python => package.filter(|id| self.0.get(id).is_some_and(Package::has_python)),
            HostKind::Plugin(_) => package,
        }
    }
    /// How the user knows a plugin.
    pub(crate) fn plugin(&self, package: Option<PackageId>, plugin: u32) -> Option<&str> {
        self.0.get(&package?)?.code.plugins.get(plugin as usize).map(String::as_str)
    }
    /// Packages of which something is to be learned, and what.
    pub(crate) fn lessons(&self) -> impl Iterator<Item = (PackageId, Lesson)> {
        self.0.iter().filter_map(|(id, package)| Some((*id, package.lesson()?)))
    }
    pub(crate) fn lesson(&self, package: PackageId) -> Option<Lesson> {
        self.0.get(&package)?.lesson()
    }
    pub(crate) fn is_closed(&self, package: PackageId) -> bool {
        self.0.get(&package).is_none_or(|package| package.closed)
    }
    /// What teaches a Python worker the code of `package`.
    pub(crate) fn message(&self, package: PackageId) -> Option<ToWorker> {
        let PackageCode { modules, wheels, .. } = self.0.get(&package)?.code.clone();
        Some(ToWorker::Install { request: package.0, modules, wheels })
    }
}

impl Coordinator {
    pub(crate) fn install(&mut self, request: u32, package: PackageId, code: PackageCode) {
        if !self.is_open() {
            return self.notify(Notice::Refused { request, fault: closed() });
        }
        if self.packages.0.contains_key(&package) {
            let fault = Fault::new(Code::InvalidInput, "there is a package of this number").during("load");
            return self.notify(Notice::Refused { request, fault });
        }
        let package_of = |code| Package {
            code,
            request: Some(request),
            kinds: Vec::new(),
            python_known: false,
            plugins_known: 0,
            closed: false,
        };
        self.packages.0.insert(package, package_of(code));
        self.answer_install(package);
    }

    /// Something of a package has been learned.
    pub(crate) fn lesson_learned(&mut self, package: PackageId, kinds: Vec<NodeKind>) {
        let Some(it) = self.packages.0.get_mut(&package) else { return };
        let Some(lesson) = it.lesson() else { return };
        let problems = taken_names(&kinds, &it.kinds, &self.registry.builtin);
        it.learned(lesson, kinds);
        if problems.is_empty() {
            return self.answer_install(package);
        }
        let lines: Vec<_> = problems.iter().map(|problem| problem.message.as_str()).collect();
        let fault = Fault::new(Code::PackageRejected, lines.join("\n")).during("load");
        self.install_failed(package, Fault { problems, ..fault });
    }

    fn answer_install(&mut self, package: PackageId) {
        let Some(it) = self.packages.0.get_mut(&package).filter(|it| it.lesson().is_none()) else { return };
        let kinds = it.kinds.clone();
        if let Some(request) = it.request.take() {
            self.notify(Notice::Registered { request, kinds });
        }
    }

    pub(crate) fn install_failed(&mut self, package: PackageId, fault: Fault) {
        let Some(it) = self.packages.0.get_mut(&package) else { return };
        it.closed = true;
        if let Some(request) = it.request.take() {
            self.notify(Notice::Refused { request, fault });
        }
    }

    pub(crate) fn close_package(&mut self, package: PackageId) {
        let fault = Fault::new(Code::Closed, "the package was closed").during("load");
        self.install_failed(package, fault);
    }

    pub(crate) fn refuse_installs(&mut self, fault: &Fault) {
        for package in self.packages.0.keys().copied().collect::<Vec<_>>() {
            self.install_failed(package, Fault { code: Code::Closed, ..fault.clone() });
        }
    }

    /// Forgets packages that were closed and have no run left.
    pub(crate) fn drop_packages(&mut self) {
        let of_a_run = |id: PackageId| self.runs.values().any(|run| run.package == Some(id));
        let closed = self.packages.0.iter().filter(|(_, it)| it.closed).map(|(id, _)| *id);
        let done: Vec<_> = closed.filter(|id| !of_a_run(*id)).collect();
        for package in done {
            self.packages.0.remove(&package);
            self.out.push(Action::DropPackage { package });
        }
    }
}

/// One problem for each of the `kinds` whose name is a built-in node's, or was given before.
fn taken_names(kinds: &[NodeKind], before: &[NodeKind], builtin: &[NodeKind]) -> Vec<Problem> {
    let mut known: Vec<&str> = before.iter().flat_map(names).collect();
    let mut problems = Vec::new();
    for kind in kinds {
        for name in names(kind) {
            let message = if name.is_empty() {
                "a node of this package has no name".to_owned()
            } else if builtin.iter().flat_map(names).any(|it| it == name) {
                format!("{name} is the name of a built-in node, which no package may take")
            } else if known.contains(&name) {
                format!("two nodes of this package are called {name}")
            } else {
                continue;
            };
            let (code, severity) = (Code::PackageRejected, Severity::Error);
            problems.push(Problem { code, severity, node: None, path: String::new(), message });
        }
        known.extend(names(kind));
    }
    problems
}

fn names(kind: &NodeKind) -> impl Iterator<Item = &str> {
    std::iter::once(kind.name.as_str()).chain(kind.aliases.iter().map(String::as_str))
}
