//! Kinds that one run alone knows, and nodes in plugins of its package.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod support;

use engine::{Action, Engine, Event};
use protocol::{
    Code, Fault, FromHost, FromRuntime, Home, HostId, HostKind, NodeIdx, NodeKind, RunId, ToHost, ToRuntime,
};
use support::{kind, options};

const MINE: RunId = RunId(1);
const OTHER: RunId = RunId(2);

fn manifest(nodes: &[&str]) -> String {
    let node = |name: &&str| format!(r#"{{"id":"my {name}","node_type":"{name}"}}"#);
    let nodes: Vec<_> = nodes.iter().map(node).collect();
    format!(r#"{{"version":"v1","nodes":[{}],"connections":[]}}"#, nodes.join(","))
}

/// An engine with one built-in kind and one of the user's, and what it does.
struct Play {
    engine: Engine,
    now: f64,
}

impl Play {
    fn new() -> Self {
        let mut it = Play { engine: Engine::new(vec![kind("BuiltIn", Home::Runtime)]), now: 0.0 };
        it.page(ToRuntime::Kinds { kinds: vec![kind("Users", Home::Python)] });
        it
    }
    fn event(&mut self, event: Event) -> Vec<Action> {
        self.engine.handle(self.now, event)
    }
    fn page(&mut self, message: ToRuntime) -> Vec<String> {
        self.event(Event::Page(message)).iter().filter_map(show).collect()
    }
    fn host(&mut self, host: u32, message: FromHost) -> Vec<String> {
        self.event(Event::Host(HostId(host), message)).iter().filter_map(show).collect()
    }
    fn start(&mut self, run: RunId, nodes: &[&str], kinds: Vec<NodeKind>) -> Vec<String> {
        let manifest = manifest(nodes);
        self.page(ToRuntime::Start { run, manifest, params: None, options: options(4), kinds })
    }
    fn attach(&mut self, kind: HostKind, host: u32) -> Vec<String> {
        self.page(ToRuntime::Attach { run: MINE, host: HostId(host), kind, start_ms: 7 })
    }
}

fn show(action: &Action) -> Option<String> {
    Some(match action {
        Action::Page(FromRuntime::Lease { kinds, .. }) => {
            format!("lease {}", kinds.iter().map(|kind| format!("{kind:?}")).collect::<Vec<_>>().join(" "))
        }
        Action::Page(FromRuntime::Release { kind, host, .. }) => format!("release {kind:?} {host:?}"),
        Action::Page(FromRuntime::Kill { host }) => format!("kill {}", host.0),
        Action::Page(FromRuntime::Failed { fault, .. }) => format!("failed {} {fault}", fault.code),
        Action::Page(_) => return None,
        Action::Host(host, ToHost::Open { kind, .. }) => format!("open {kind} at {}", host.0),
        Action::Host(host, ToHost::Close { .. }) => format!("close {}", host.0),
        Action::Host(..) => return None,
    })
}

#[test]
fn a_run_knows_the_kinds_of_its_package_and_no_other_run_does() {
    let mut play = Play::new();
    let own = vec![kind("Plugged", Home::Plugin(3))];
    assert_eq!(play.start(MINE, &["Plugged"], own), ["lease Plugin(3)"]);
    let said = play.start(OTHER, &["Plugged"], vec![]);
    assert_eq!(said, ["failed UnknownNode `my Plugged` Unknown node type: Plugged"]);
}

#[test]
fn a_kind_of_the_package_counts_before_the_users_of_its_name() {
    let mut play = Play::new();
    let own = vec![kind("Users", Home::Plugin(0))];
    assert_eq!(play.start(MINE, &["Users"], own), ["lease Plugin(0)"]);
    assert_eq!(play.start(OTHER, &["Users"], vec![]), ["lease Python"]);
}

#[test]
fn a_manifest_is_checked_against_the_kinds_that_come_with_it() {
    let mut play = Play::new();
    let mut count = |kinds: Vec<NodeKind>| {
        let manifest = manifest(&["Plugged", "BuiltIn", "Users"]);
        let validate = ToRuntime::Validate { request: 1, manifest, params: None, kinds };
        match &play.event(Event::Page(validate))[..] {
            [Action::Page(FromRuntime::Problems { problems, .. })] => problems.len(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(count(vec![kind("Plugged", Home::Plugin(0))]), 0);
    assert_eq!(count(vec![]), 1);
}

#[test]
fn every_plugin_is_a_host_of_its_own_and_all_let_go_before_the_last_word() {
    let mut play = Play::new();
    let own = vec![kind("A", Home::Plugin(0)), kind("B", Home::Plugin(1)), kind("C", Home::Plugin(1))];
    let said = play.start(MINE, &["A", "B", "C", "Users"], own);
    assert_eq!(said, ["lease Python Plugin(0) Plugin(1)"]);
    assert_eq!(play.attach(HostKind::Plugin(1), 11), ["open B at 11", "open C at 11"]);
    assert_eq!(play.attach(HostKind::Plugin(0), 10), ["open A at 10"]);
    assert_eq!(play.attach(HostKind::Plugin(2), 12), ["release Plugin(2) Some(HostId(12))"]);
    let said = play.page(ToRuntime::Cancel { run: MINE });
    assert_eq!(said, ["close 0", "close 10", "close 11", "release Python None"]);
    assert_eq!(play.host(0, FromHost::Closed { run: MINE }), [""; 0]);
    assert_eq!(play.host(11, FromHost::Closed { run: MINE }), ["release Plugin(1) Some(HostId(11))"]);
    play.now = 199.0;
    assert!(play.event(Event::Tick).is_empty());
    play.now = 200.0;
    let said: Vec<_> = play.event(Event::Tick).iter().filter_map(show).collect();
    assert_eq!(said, ["kill 10", "failed Cancelled the run was cancelled"]);
    assert!(play.engine.is_idle());
}

#[test]
fn a_plugin_that_dies_ends_the_run_naming_the_node_it_worked_on() {
    let mut play = Play::new();
    let own = vec![kind("A", Home::Plugin(0)), kind("B", Home::Plugin(1))];
    play.start(MINE, &["A", "B"], own);
    play.attach(HostKind::Plugin(0), 10);
    play.attach(HostKind::Plugin(1), 11);
    play.host(11, FromHost::Opened { run: MINE, node: NodeIdx(1) });
    let (kind, host) = (HostKind::Plugin(1), HostId(11));
    let fault = Fault::new(Code::WorkerCrashed, "is gone");
    let said = play.page(ToRuntime::HostLost { run: MINE, kind, host, fault });
    assert_eq!(said, ["close 0", "close 10"]);
    play.host(0, FromHost::Closed { run: MINE });
    let said = play.host(10, FromHost::Closed { run: MINE });
    assert_eq!(said, ["release Plugin(0) Some(HostId(10))", "failed WorkerCrashed `my B` is gone"]);
}
