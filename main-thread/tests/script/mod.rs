//! Scripts for the coordinator: one event a line, and the actions it must cause.
#![allow(
    clippy::unwrap_used,
    dead_code,
    unreachable_pub,
    reason = "test support, of which each test uses a part"
)]
use std::collections::HashMap;

use main_thread::{
    Action, Coordinator, Event, Notice, Options, PackageCode, PackageId, PluginPlace, Role, WorkerId,
};
use protocol::{
    Buffer, Code, Fault, Frame, FromRuntime, FromWorker, GraphInfo, Home, HostId, HostKind, InputMode,
    Language, Limits, Message, ModelFiles, NodeKind, PackageFile, Packed, RunId, RunMetrics, RunOptions,
    RunReport, ToRuntime, ToWorker, encode,
};

/// A coordinator and what is known about its workers.
pub struct Script {
    pub coordinator: Coordinator,
    pub now: f64,
    pub roles: HashMap<WorkerId, Role>,
}

impl Script {
    pub fn new(options: Options) -> Self {
        Script { coordinator: Coordinator::new(options), now: 0.0, roles: HashMap::new() }
    }
    pub fn handle(&mut self, event: Event) -> Vec<Action> {
        let actions = self.coordinator.handle(self.now, event);
        for action in &actions {
            if let Action::Spawn { worker, role, .. } = action {
                self.roles.insert(*worker, *role);
            }
        }
        actions
    }
}

/// Runs `script`: lines `event => action; action`, timers left out.
#[track_caller]
pub fn check(options: Options, script: &str) {
    let mut it = Script::new(options);
    for line in script.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (event, expected) = line.split_once("=>").unwrap_or((line, ""));
        let words: Vec<&str> = event.split_whitespace().collect();
        if words[0] == "at" {
            it.now = words[1].parse().unwrap();
        }
        let event = event_of(&it, &words);
        let actions = it.handle(event);
        let said: Vec<String> = actions.iter().filter_map(show).collect();
        assert_eq!(said.join("; "), expected.trim(), "after `{line}`");
    }
}

fn event_of(it: &Script, words: &[&str]) -> Event {
    match words {
        ["start"] => Event::Start,
        ["at", _] => Event::Tick,
        ["close"] => Event::Close,
        ["run", run] => start(number(run), None),
        ["run", run, "of", package] => start_of(number(run), Some(PackageId(number(package)))),
        ["run", run, timeout] => start(number(run), timeout.parse().ok()),
        ["install", request, package, code @ ..] => Event::Install {
            request: number(request),
            package: PackageId(number(package)),
            code: code_of(code),
        },
        ["uninstall", package] => Event::ClosePackage { package: PackageId(number(package)) },
        ["cancel", run] => Event::Cancel { run: RunId(number(run)) },
        ["push", run] => {
            Event::Push { run: RunId(number(run)), items: Packed::pack(&[]).unwrap(), open: false }
        }
        ["validate", request] => {
            Event::Validate { request: number(request), manifest: "{}".into(), params: None, package: None }
        }
        ["loaded", run, model] => {
            let result = Ok(ModelFiles { files: vec![], note: None });
            Event::Model { run: RunId(number(run)), model: (*model).into(), result }
        }
        ["rejected", run, model] => {
            let result = Err(Fault::new(Code::ModelRejected, "no"));
            Event::Model { run: RunId(number(run)), model: (*model).into(), result }
        }
        ["loading", run, model] => {
            Event::ModelLoading { run: RunId(number(run)), model: (*model).into(), loaded: 1, total: None }
        }
        ["register", request] => Event::Register {
            request: number(request),
            source: format!("source {request}"),
            packages: vec![],
        },
        [worker, rest @ ..] => said(it, WorkerId(number(worker)), rest),
        [] => unreachable!("blank lines are left out"),
    }
}

fn said(it: &Script, worker: WorkerId, words: &[&str]) -> Event {
    let kind = |word: &str| match word {
        "python" => HostKind::Python,
        "compute" => HostKind::Compute,
        plugin => HostKind::Plugin(number(plugin)),
    };
    let run = |word: &str| RunId(number(word));
    let host = |word: &str| HostId(number(word));
    let runtime = it.roles.get(&worker) == Some(&Role::Runtime);
    let frame = match words {
        ["ready"] if runtime => frame(&FromRuntime::Ready { kinds: vec![node("Echo")], start_ms: 1 }),
        ["ready"] => frame(&FromWorker::Ready { start_ms: 1, note: String::new() }),
        ["pong"] => frame(&FromWorker::Pong),
        ["loading"] => frame(&FromWorker::Loading { name: "x".into(), loaded: 1, total: None }),
        ["registered", number, "badly"] => {
            let result = Err(Fault::new(Code::NodeFailed, "no"));
            frame(&FromWorker::Registered { request: number.parse().unwrap(), result })
        }
        ["registered", number, names @ ..] => {
            let result = Ok(names.iter().map(|name| node(name)).collect());
            frame(&FromWorker::Registered { request: number.parse().unwrap(), result })
        }
        ["fatal"] if runtime => {
            frame(&FromRuntime::Fatal { run: None, fault: Fault::new(Code::WorkerCrashed, "panicked") })
        }
        ["fatal"] => frame(&FromWorker::Fatal { fault: Fault::new(Code::WorkerCrashed, "panicked") }),
        ["stale"] => stale(),
        ["lease", r, kinds @ ..] => {
            frame(&FromRuntime::Lease { run: run(r), kinds: kinds.iter().map(|it| kind(it)).collect() })
        }
        ["release", r, k] => frame(&FromRuntime::Release { run: run(r), kind: kind(k), host: None }),
        ["release", r, k, h] => {
            frame(&FromRuntime::Release { run: run(r), kind: kind(k), host: Some(host(h)) })
        }
        ["kill", h] => frame(&FromRuntime::Kill { host: host(h) }),
        ["interrupt", h] => frame(&FromRuntime::Interrupt { host: host(h) }),
        ["need", r, model] => frame(&FromRuntime::NeedModel { run: run(r), model: (*model).into() }),
        ["demand", r] => frame(&FromRuntime::Demand { run: run(r), items: 5 }),
        ["problems", q] => frame(&FromRuntime::Problems { request: number(q), problems: vec![] }),
        ["finished", r] => frame(&finished(run(r))),
        ["failed", r, code] => {
            let code = Code::ALL.into_iter().find(|it| it.to_string() == *code).unwrap();
            frame(&FromRuntime::Failed { run: run(r), fault: Fault::new(code, "so") })
        }
        ["broke"] => return Event::Broke { worker, code: None, message: "boom".into() },
        ["missing"] => return Event::Broke { worker, code: Some(Code::LoadFailed), message: "404".into() },
        _ => panic!("no such event: {words:?}"),
    };
    Event::Message { worker, frame }
}

pub fn frame<M: Message>(message: &M) -> Frame {
    encode(message).unwrap()
}

/// A message of another build.
pub fn stale() -> Frame {
    let mut frame = frame(&FromRuntime::Fatal { run: None, fault: Fault::new(Code::WorkerCrashed, "") });
    frame.header[2] ^= 1;
    frame
}

pub fn finished(run: RunId) -> FromRuntime {
    let graph = GraphInfo { node_count: 0, source_count: 0, sink_count: 0, execution_order: vec![] };
    let metrics = RunMetrics {
        total_ms: 0.0,
        start_ms: 0.0,
        python_ms: 0.0,
        wasm_ms: 0.0,
        models_ms: 0.0,
        nodes: vec![],
        peak_bytes: 0,
    };
    FromRuntime::Finished { run, report: RunReport { graph, metrics }, outputs: Packed::pack(&[]).unwrap() }
}

pub fn start(run: u32, timeout_ms: Option<u32>) -> Event {
    let Event::Run { run, manifest, params, options, package } = start_of(run, None) else { unreachable!() };
    Event::Run { run, manifest, params, options: RunOptions { timeout_ms, ..options }, package }
}

/// With `python` a module, with every other word a plugin of that name.
pub fn code_of(words: &[&str]) -> PackageCode {
    let module = PackageFile { path: "nodes.py".into(), data: Buffer::from_bytes(vec![1]) };
    let modules = words.iter().filter(|word| **word == "python").map(|_| module.clone()).collect();
    let plugins = words.iter().filter(|word| **word != "python").map(|word| (*word).to_owned()).collect();
    PackageCode { modules, wheels: vec![], plugins }
}

pub fn start_of(run: u32, package: Option<PackageId>) -> Event {
    let options = RunOptions {
        timeout_ms: None,
        collect: true,
        events: false,
        edges: false,
        inputs: InputMode::Absent,
        limits: Limits::default(),
    };
    Event::Run { run: RunId(run), manifest: "{}".into(), params: None, options, package }
}

pub fn node(name: &str) -> NodeKind {
    NodeKind {
        name: name.into(),
        aliases: vec![],
        language: Language::Python,
        home: Home::Python,
        description: String::new(),
        params: "{}".into(),
        inputs: vec![],
        outputs: vec![],
        streaming: false,
    }
}

fn number(word: &str) -> u32 {
    word.trim_start_matches(char::is_alphabetic).parse().unwrap()
}

fn show(action: &Action) -> Option<String> {
    Some(match action {
        Action::Spawn { worker, role, plugin: None } => format!("spawn w{} {role:?}", worker.0),
        Action::Spawn { worker, plugin: Some(PluginPlace { package, plugin }), .. } => {
            format!("spawn w{} p{}.{plugin}", worker.0, package.0)
        }
        Action::DropPackage { package } => format!("drop p{}", package.0),
        Action::TellHost { worker, message: ToWorker::Install { request, modules, .. } } => {
            format!("w{} install p{request} {}", worker.0, modules.len())
        }
        Action::TellHost { worker, message: ToWorker::Kinds { request } } => {
            format!("w{} kinds of p{request}", worker.0)
        }
        Action::TellHost { worker, message: ToWorker::Ping } => format!("w{} ping", worker.0),
        Action::Tell { worker, message } => format!("w{} {}", worker.0, show_told(message)),
        Action::TellHost { worker, message: ToWorker::Register { request, source, .. } } => {
            format!("w{} learn {request} {source}", worker.0)
        }
        Action::TellHost { message: ToWorker::Connect { .. }, .. } => {
            panic!("a host is connected with a port")
        }
        Action::Link { worker, attach: ToRuntime::Attach { run, host, start_ms, .. }, .. } => {
            format!("link w{} h{} r{} {start_ms}", worker.0, host.0, run.0)
        }
        Action::Link { .. } => panic!("a port is attached"),
        Action::Interrupt { worker } => format!("interrupt w{}", worker.0),
        Action::Terminate { worker } => format!("end w{}", worker.0),
        Action::LoadModel { run, model } => format!("load {model} r{}", run.0),
        Action::DropModels { run } => format!("drop r{}", run.0),
        Action::Wake { .. } => return None,
        Action::Notify(notice) => show_notice(notice),
    })
}

fn show_told(message: &ToRuntime) -> String {
    match message {
        ToRuntime::Validate { request, .. } => format!("validate q{request}"),
        ToRuntime::Start { run, kinds, .. } if kinds.is_empty() => format!("start r{}", run.0),
        ToRuntime::Start { run, kinds, .. } => {
            let kinds: Vec<_> = kinds.iter().map(|it| format!("{}@{:?}", it.name, it.home)).collect();
            format!("start r{} with {}", run.0, kinds.join(" "))
        }
        ToRuntime::Push { run, .. } => format!("push r{}", run.0),
        ToRuntime::End { run } => format!("end r{}", run.0),
        ToRuntime::Credit { run, .. } => format!("credit r{}", run.0),
        ToRuntime::Cancel { run } => format!("cancel r{}", run.0),
        ToRuntime::Attach { .. } => panic!("a port is attached"),
        ToRuntime::HostLost { run, host, fault, .. } => format!("lost r{} h{} {}", run.0, host.0, fault.code),
        ToRuntime::Kinds { kinds } => {
            format!("kinds {}", kinds.iter().map(|kind| &*kind.name).collect::<Vec<_>>().join(","))
        }
        ToRuntime::Loading { run, .. } => format!("loading r{}", run.0),
        ToRuntime::Model { run, model, result } => {
            let how = result.as_ref().map_or_else(|fault| fault.code.to_string(), |_| "files".into());
            format!("model r{} {model} {how}", run.0)
        }
    }
}

fn show_notice(notice: &Notice) -> String {
    match notice {
        Notice::Ready { .. } => "ready".into(),
        Notice::StartFailed { fault } => format!("start failed {}", fault.code),
        Notice::Kinds { kinds } => format!("{} kinds", kinds.len()),
        Notice::Problems { request, .. } => format!("q{request} problems"),
        Notice::Registered { request, .. } => format!("q{request} registered"),
        Notice::Refused { request, fault } => format!("q{request} refused {}", fault.code),
        Notice::Demand { run, items } => format!("r{} demand {items}", run.0),
        Notice::Events { run, .. } => format!("r{} events", run.0),
        Notice::Finished { run, .. } => format!("r{} finished", run.0),
        Notice::Failed { run, fault } => format!("r{} {}", run.0, fault.code),
        Notice::Closed => "closed".into(),
    }
}
