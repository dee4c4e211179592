//! Coordinator and engine together, with workers that do what they are told: runs that need several kinds of workers
//! never wait for each other in a ring, whatever comes in whatever order.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod script;

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use engine::{Action as Doing, Engine, Event as Heard};
use main_thread::{Action, Coordinator, Event, Notice, Options, PackageId, PluginPlace, Role, WorkerId};
use proptest::prelude::*;
use protocol::{
    Code, FromHost, FromRuntime, FromWorker, Home, HostId, InputMode, Limits, ModelFiles, NodeKind, RunId,
    RunOptions, ToHost, ToRuntime, ToWorker,
};
use script::{code_of, frame, node};

/// What packages are made of; the kinds of nodes they have follow from that.
const PACKAGES: [&[&str]; 3] = [&["python", "one", "two"], &["one"], &["python"]];
/// What runs without a package, and those of each package, can be made of.
const KINDS: [&[&str]; 4] = [
    &["Light", "Heavy", "Speech", "Snake"],
    &["Heavy", "Speech", "Own", "Plugged0", "Plugged1"],
    &["Heavy", "Speech", "Snake", "Plugged0"],
    &["Heavy", "Speech", "Own"],
];

fn kinds() -> Vec<NodeKind> {
    let params =
        r#"{"type":"object","properties":{"model":{"type":"string","format":"model","default":"m"}}}"#;
    let kind = |name, home| NodeKind { home, ..node(name) };
    vec![
        kind("Light", Home::Runtime),
        kind("Heavy", Home::Compute),
        NodeKind { params: params.into(), ..kind("Speech", Home::Compute) },
        kind("Snake", Home::Python),
    ]
}

/// Everybody, and what each has still to hear: of any of them the first may be next.
struct World {
    coordinator: Coordinator,
    engine: Engine,
    runtime: WorkerId,
    hosts: HashMap<HostId, WorkerId>,
    places: HashMap<WorkerId, PluginPlace>,
    /// Those that live, but for the runtime's.
    workers: BTreeSet<WorkerId>,
    mail: BTreeMap<To, VecDeque<Mail>>,
    ended: BTreeMap<RunId, Option<Code>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum To {
    Page,
    /// The page too, but from a worker, or whoever loads models.
    PageFrom(WorkerId),
    Models,
    Engine,
    Host(WorkerId),
}

enum Mail {
    Page(Event),
    Engine(Heard),
    Host(HostId, ToHost),
}

impl World {
    fn new(options: Options) -> Self {
        let mut world = World {
            coordinator: Coordinator::new(options),
            engine: Engine::new(kinds()),
            runtime: WorkerId(0),
            hosts: HashMap::new(),
            places: HashMap::new(),
            workers: BTreeSet::new(),
            mail: BTreeMap::new(),
            ended: BTreeMap::new(),
        };
        world.page(Event::Start);
        let ready = FromRuntime::Ready { kinds: kinds(), start_ms: 1 };
        world.page(Event::Message { worker: world.runtime, frame: frame(&ready) });
        for (request, words) in (1..).zip(PACKAGES) {
            world.page(Event::Install { request, package: PackageId(request), code: code_of(words) });
        }
        while world.step(0) {}
        world
    }

    fn send(&mut self, to: To, mail: Mail) {
        self.mail.entry(to).or_default().push_back(mail);
    }

    fn say(&mut self, worker: WorkerId, message: &FromWorker) {
        self.send(To::PageFrom(worker), Mail::Page(Event::Message { worker, frame: frame(message) }));
    }

    /// Lets somebody hear something; false if nobody has anything to hear.
    fn step(&mut self, choice: usize) -> bool {
        self.mail.retain(|_, mail| !mail.is_empty());
        let count = self.mail.len().max(1);
        let Some(mail) = self.mail.values_mut().nth(choice % count).and_then(VecDeque::pop_front) else {
            return false;
        };
        match mail {
            Mail::Page(event) => self.page(event),
            Mail::Engine(event) => self.engine(event),
            Mail::Host(host, message) => self.host(host, message),
        }
        true
    }

    fn page(&mut self, event: Event) {
        for action in self.coordinator.handle(0.0, event) {
            self.act(action);
        }
    }

    fn act(&mut self, action: Action) {
        match action {
            Action::Spawn { worker, role: Role::Runtime, .. } => self.runtime = worker,
            Action::Spawn { worker, plugin, .. } => {
                self.workers.insert(worker);
                self.places.extend(plugin.map(|place| (worker, place)));
                self.say(worker, &FromWorker::Ready { start_ms: 1, note: String::new() });
            }
            Action::Tell { message, .. } => self.send(To::Engine, Mail::Engine(Heard::Page(message))),
            Action::TellHost { worker, message } => self.teach(worker, message),
            Action::Link { worker, attach, .. } => {
                if let ToRuntime::Attach { host, .. } = &attach {
                    self.hosts.insert(*host, worker);
                }
                self.send(To::Engine, Mail::Engine(Heard::Page(attach)));
            }
            Action::Terminate { worker } => {
                self.workers.remove(&worker);
                self.mail.remove(&To::PageFrom(worker));
                self.mail.remove(&To::Host(worker));
                self.hosts.retain(|_, it| *it != worker);
            }
            Action::LoadModel { run, model } => {
                let result = Ok(ModelFiles { files: vec![], note: None });
                self.send(To::Models, Mail::Page(Event::Model { run, model, result }));
            }
            Action::Notify(Notice::Finished { run, .. }) => self.end(run, None),
            Action::Notify(Notice::Failed { run, fault }) => self.end(run, Some(fault.code)),
            Action::Notify(_)
            | Action::Interrupt { .. }
            | Action::DropPackage { .. }
            | Action::DropModels { .. }
            | Action::Wake { .. } => {}
        }
    }

    fn end(&mut self, run: RunId, code: Option<Code>) {
        assert!(self.ended.insert(run, code).is_none(), "{run:?} ended twice");
    }

    fn teach(&mut self, worker: WorkerId, message: ToWorker) {
        let (request, name) = match message {
            ToWorker::Install { request, .. } => (request, "Own".into()),
            ToWorker::Kinds { request } => (request, format!("Plugged{}", self.places[&worker].plugin)),
            ToWorker::Connect { .. } | ToWorker::Register { .. } | ToWorker::Ping => return,
        };
        self.say(worker, &FromWorker::Registered { request, result: Ok(vec![node(&name)]) });
    }

    fn engine(&mut self, event: Heard) {
        for doing in self.engine.handle(0.0, event) {
            match doing {
                Doing::Page(message) => {
                    let event = Event::Message { worker: self.runtime, frame: frame(&message) };
                    self.send(To::Page, Mail::Page(event));
                }
                // The engine's own nodes work in its worker.
                Doing::Host(host, message) => {
                    let worker =
                        if host == HostId::LOCAL { Some(&self.runtime) } else { self.hosts.get(&host) };
                    let to = worker.copied().map(To::Host);
                    to.into_iter().for_each(|to| self.send(to, Mail::Host(host, message.clone())));
                }
            }
        }
    }

    /// Every node takes everything and gives nothing.
    fn host(&mut self, host: HostId, message: ToHost) {
        let said = match message {
            ToHost::Open { run, node, .. } => FromHost::Opened { run, node },
            ToHost::Process { run, node, items } => {
                FromHost::Worked { run, node, outputs: vec![], done: items.len() as u32, busy_us: 1 }
            }
            ToHost::Flush { run, node } => FromHost::Flushed { run, node },
            ToHost::Close { run } => FromHost::Closed { run },
            ToHost::Credit { .. } => return,
        };
        self.send(To::Engine, Mail::Engine(Heard::Host(host, said)));
    }

    fn suffer(&mut self, trouble: Trouble) {
        match trouble {
            Trouble::Cancel(run) => self.page(Event::Cancel { run: RunId(run) }),
            Trouble::Break(nth) => {
                if let Some(worker) = self.workers.iter().nth(nth).copied() {
                    self.page(Event::Broke { worker, code: None, message: "boom".into() });
                }
            }
        }
    }

    fn run(&mut self, run: u32, package: usize, nodes: &[&str]) {
        let nodes: Vec<_> =
            nodes.iter().map(|name| format!(r#"{{"id":"{name}","node_type":"{name}"}}"#)).collect();
        let manifest = format!(r#"{{"version":"v1","nodes":[{}],"connections":[]}}"#, nodes.join(","));
        let options = RunOptions {
            timeout_ms: None,
            collect: true,
            events: false,
            edges: false,
            inputs: InputMode::Absent,
            limits: Limits::default(),
        };
        let package = (package > 0).then_some(PackageId(package as u32));
        self.page(Event::Run { run: RunId(run), manifest, params: None, options, package });
    }
}

/// What goes wrong.
#[derive(Debug, Clone, Copy)]
enum Trouble {
    Cancel(u32),
    /// The worker that is the so-manieth of those that live.
    Break(usize),
}

fn troubles() -> impl Strategy<Value = Trouble> {
    prop_oneof![(1..8u32).prop_map(Trouble::Cancel), (0..9usize).prop_map(Trouble::Break)]
}

/// Which package (none: 0), and which of the kinds it may be made of.
fn runs() -> impl Strategy<Value = Vec<(usize, u8)>> {
    prop::collection::vec((0..4usize, 1..32u8), 1..8)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]
    #[test]
    fn every_run_gets_the_workers_it_needs_in_the_end(
        runs in runs(),
        limits in (1..3u32, 1..3u32, 1..3u32),
        choices in prop::collection::vec(any::<u16>(), 0..200),
        troubles in prop::collection::vec((0..200usize, troubles()), 0..4),
    ) {
        let (compute_workers, python_workers, plugin_runs) = limits;
        let mut world = World::new(Options { compute_workers, python_workers, plugin_runs, ..Options::default() });
        for (run, (package, bits)) in (1..).zip(&runs) {
            let kinds = KINDS[*package].iter().enumerate();
            let nodes: Vec<_> = kinds.filter(|(i, _)| bits & (1 << i) != 0).map(|(_, it)| *it).collect();
            world.run(run, *package, if nodes.is_empty() { &["Light"] } else { &nodes });
        }
        let mut choices = choices.into_iter().map(usize::from).chain(std::iter::repeat(0));
        for at in 0.. {
            troubles.iter().filter(|(when, _)| *when == at).for_each(|(_, trouble)| world.suffer(*trouble));
            if !world.step(choices.next().unwrap_or(0)) {
                break;
            }
        }
        prop_assert_eq!(world.ended.len(), runs.len(), "some wait for ever: {:?}", world.ended);
        let bad = world.ended.values().filter(|code| code.is_some()).count();
        prop_assert!(bad <= troubles.len(), "{:?}", world.ended);
    }
}
