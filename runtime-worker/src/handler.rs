//! The runtime worker as a value: the engine, and the host of light nodes a function call away from it.
// A new message must break every handler that ignores it.
#![warn(clippy::wildcard_enum_match_arm)]
use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};

use engine::Engine;
pub use engine::{Action, Event};
use nodes::NodeHost;
use protocol::{
    Code, Fault, FromHost, FromRuntime, Home, HostId, Language, NodeIdx, NodeKind, RunId, ToHost, Value,
};

/// Built-in Python kinds; the Python package's own tests keep the file true to the package.
const PYTHON_KINDS: &str = include_str!("../../python-worker/python/remotemedia/kinds.json");

/// Every built-in kind of node.
pub fn kinds() -> Vec<NodeKind> {
    let python = Value::from_json(PYTHON_KINDS).ok().and_then(|it| it.items()).unwrap_or_default();
    nodes::catalog().into_iter().chain(python.iter().filter_map(python_kind)).collect()
}

/// A kind as the Python package tells it.
fn python_kind(told: &Value) -> Option<NodeKind> {
    let text = |name| told.get(name).and_then(Value::as_text).map(String::from);
    let texts = |name| {
        let items = told.get(name)?.items()?;
        items.iter().map(|it| it.as_text().map(String::from)).collect::<Option<Vec<_>>>()
    };
    Some(NodeKind {
        name: text("name")?,
        aliases: texts("aliases")?,
        language: Language::Python,
        home: Home::Python,
        description: text("description")?,
        params: text("params")?,
        inputs: texts("inputs")?,
        outputs: texts("outputs")?,
        streaming: told.get("streaming") == Some(&Value::Bool(true)),
    })
}

thread_local! {
    /// Ids of the nodes in this worker. Beside the runtime, which is out of reach while one of them panics.
    static NAMES: RefCell<BTreeMap<(RunId, NodeIdx), String>> = const { RefCell::new(BTreeMap::new()) };
}

/// What to tell the page about a panic or trap: whose turn it was.
pub fn broken(what: &str) -> FromRuntime {
    let fault = Fault::new(Code::WorkerCrashed, what).during("process");
    let Some((run, node)) = nodes::at_work() else { return FromRuntime::Fatal { run: None, fault } };
    let id = NAMES.with_borrow(|names| names.get(&(run, node)).cloned());
    FromRuntime::Fatal { run: Some(run), fault: Fault { node: id, ..fault } }
}

/// Engine and local host. [`Action::Host`]s that come out are for other workers.
pub struct Runtime {
    engine: Engine,
    local: NodeHost,
}

impl Runtime {
    /// `clock` tells microseconds and never falls.
    pub fn new(clock: fn() -> f64) -> Self {
        Runtime { engine: Engine::new(kinds()), local: NodeHost::new(clock) }
    }

    /// Every built-in kind.
    pub fn kinds(&self) -> &[NodeKind] {
        self.engine.built_in()
    }

    /// Takes `event` in at `now_ms`, and says what must be said before anything else happens.
    pub fn handle(&mut self, now_ms: f64, event: Event) -> Vec<Action> {
        let actions = self.engine.handle(now_ms, event);
        self.serve(now_ms, actions)
    }

    /// Works for about `budget_us` in nodes of this worker. Nothing is said without [`Runtime::has_work`].
    pub fn step(&mut self, now_ms: f64, budget_us: f64) -> Vec<Action> {
        let said = self.local.step(budget_us);
        let mut actions = Vec::new();
        for message in said {
            actions.extend(self.handle(now_ms, Event::Host(HostId::LOCAL, message)));
        }
        actions
    }

    /// Whether a node of this worker can take a turn.
    pub fn has_work(&self) -> bool {
        self.local.has_work()
    }

    /// When [`Event::Tick`] is due, in the caller's milliseconds.
    pub fn deadline(&self) -> Option<f64> {
        self.engine.deadline()
    }

    /// Passes what is for the local host to it, and its answers back to the engine, until only others are addressed.
    fn serve(&mut self, now_ms: f64, actions: Vec<Action>) -> Vec<Action> {
        let mut left = VecDeque::from(actions);
        let mut outside = Vec::new();
        while let Some(action) = left.pop_front() {
            match action {
                Action::Host(HostId::LOCAL, message) => {
                    for answer in self.tell_local(message) {
                        left.extend(self.engine.handle(now_ms, Event::Host(HostId::LOCAL, answer)));
                    }
                }
                other @ (Action::Host(..) | Action::Page(_)) => outside.push(other),
            }
        }
        outside
    }

    fn tell_local(&mut self, message: ToHost) -> Vec<FromHost> {
        if let ToHost::Open { run, node, id, .. } = &message {
            NAMES.with_borrow_mut(|names| names.insert((*run, *node), id.clone()));
        } else if let ToHost::Close { run } = &message {
            NAMES.with_borrow_mut(|names| names.retain(|(of, _), _| of != run));
        }
        self.local.handle(message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kinds_of_the_python_package_are_known_as_it_tells_them() {
        let told: Vec<NodeKind> = serde_json::from_str(PYTHON_KINDS).unwrap();
        let known: Vec<_> = kinds().into_iter().filter(|it| it.language == Language::Python).collect();
        assert_eq!(known, told);
    }
}
