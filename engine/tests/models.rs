//! Models: asked for at the start, handed to the node that names them, given up with the run.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod support;

use engine::{Action, Engine, Event};
use protocol::{
    Buffer, Code, Fault, FromHost, FromRuntime, Home, HostId, HostKind, ModelFile, ModelFiles, NodeIdx,
    NodeKind, RunEvent, RunId, RunOptions, ToHost, ToRuntime, Value,
};
use support::{kind, options};

const RUN: RunId = RunId(1);
const COMPUTE: HostId = HostId(9);

fn speaking(name: &str, home: Home) -> NodeKind {
    let params = r#"{"type":"object","properties":{
        "model":{"type":"string","format":"model","default":"demo","x-aliases":["model_path"]},
        "vad":{"type":"string","format":"model"},"language":{"type":"string","default":"en"}}}"#;
    NodeKind { params: params.into(), ..kind(name, home) }
}

fn engine() -> Engine {
    Engine::new(vec![speaking("Speech", Home::Compute), speaking("Local", Home::Runtime), {
        kind("Light", Home::Runtime)
    }])
}

/// A chain of nodes, each `(type, params)`, called n0, n1, …
fn start(engine: &mut Engine, nodes: &[(&str, &str)], options: RunOptions) -> Vec<String> {
    let list = nodes.iter().enumerate();
    let list: Vec<_> = list
        .map(|(i, (kind, params))| format!(r#"{{"id":"n{i}","node_type":"{kind}","params":{params}}}"#))
        .collect();
    let edges: Vec<_> = (1..nodes.len()).map(|i| format!(r#"{{"from":"n{}","to":"n{i}"}}"#, i - 1)).collect();
    let manifest =
        format!(r#"{{"version":"v1","nodes":[{}],"connections":[{}]}}"#, list.join(","), edges.join(","));
    page(engine, 0.0, ToRuntime::Start { run: RUN, manifest, params: None, options, kinds: vec![] })
}

/// What is said, in short.
fn page(engine: &mut Engine, now: f64, message: ToRuntime) -> Vec<String> {
    shown(engine.handle(now, Event::Page(message)))
}

fn shown(actions: Vec<Action>) -> Vec<String> {
    actions.iter().filter_map(show).collect()
}

fn show(action: &Action) -> Option<String> {
    Some(match action {
        Action::Page(FromRuntime::NeedModel { model, .. }) => format!("need {model}"),
        Action::Page(FromRuntime::Lease { kinds, .. }) => format!("lease {kinds:?}"),
        Action::Page(FromRuntime::Release { kind, .. }) => format!("release {kind:?}"),
        Action::Page(FromRuntime::Failed { fault, .. }) => {
            let (node, stage) = (fault.node.clone().unwrap_or_default(), fault.stage.clone());
            format!("failed {} {node} {}", fault.code, stage.unwrap_or_default())
        }
        Action::Page(FromRuntime::Events { events, .. }) => {
            format!("events {}", events.iter().filter_map(event).collect::<Vec<_>>().join(" "))
        }
        Action::Host(_, ToHost::Open { node, params, .. }) => {
            format!("open n{} {}", node.0, describe(params))
        }
        Action::Page(_) | Action::Host(..) => return None,
    })
}

fn event(event: &RunEvent) -> Option<String> {
    match event {
        RunEvent::Load { name, loaded, .. } => Some(format!("load {name} {loaded}")),
        RunEvent::Log { message, .. } => Some(format!("log {message}")),
        _ => None,
    }
}

fn describe(params: &Value) -> String {
    let Value::Map(entries) = params else { return String::new() };
    let entry = |(name, value): &(String, Value)| match (value, ModelFiles::from_value(value)) {
        (_, Some(model)) => {
            let files: Vec<_> = model.files.iter().map(|file| file.name.as_str()).collect();
            format!("{name}={}[{}]", value.get("name").unwrap().as_text().unwrap(), files.join(" "))
        }
        (value, None) => format!("{name}={}", value.to_json()),
    };
    entries.iter().map(entry).collect::<Vec<_>>().join(" ")
}

fn came(model: &str, files: &[&str], note: Option<&str>) -> ToRuntime {
    let file =
        |name: &&str| ModelFile { name: (*name).into(), data: Buffer::from_bytes(name.as_bytes().to_vec()) };
    let files = ModelFiles {
        files: files.iter().map(file).collect(),
        note: note.map(std::borrow::ToOwned::to_owned),
    };
    ToRuntime::Model { run: RUN, model: model.into(), result: Ok(files) }
}

fn attach() -> ToRuntime {
    ToRuntime::Attach { run: RUN, host: COMPUTE, kind: HostKind::Compute, start_ms: 0 }
}

#[test]
fn a_node_is_opened_with_the_files_of_its_model_once_they_are_there() {
    let mut engine = engine();
    let nodes = [("Light", "{}"), ("Speech", r#"{"model_path":"tiny"}"#)];
    assert_eq!(start(&mut engine, &nodes, options(8)), ["need tiny", "lease [Compute]", "open n0 "]);
    let loading = |loaded| ToRuntime::Loading {
        run: RUN,
        what: protocol::LoadKind::Model,
        name: "tiny".into(),
        loaded,
        total: None,
    };
    assert!(page(&mut engine, 1.0, loading(5)).is_empty(), "nobody listens for events");
    assert!(page(&mut engine, 2.0, came("tiny", &["a", "b"], None)).is_empty());
    assert_eq!(page(&mut engine, 3.0, attach()), [r#"open n1 model=tiny[a b] language="en""#]);
    assert!(page(&mut engine, 4.0, came("tiny", &["late"], None)).is_empty());
}

#[test]
fn each_name_is_asked_for_once_and_each_node_waits_for_its_own() {
    let mut engine = engine();
    let nodes = [
        ("Local", r#"{"model":"a"}"#),
        ("Local", r#"{"model":"b","vad":"a"}"#),
        ("Local", r#"{"model":"c"}"#),
        ("Local", "{}"),
    ];
    assert_eq!(start(&mut engine, &nodes, options(8)), ["need a", "need b", "need c", "need demo"]);
    assert_eq!(
        page(&mut engine, 1.0, came("a", &["f"], None)),
        [r#"open n0 model=a[f] language="en""#],
        "n1 needs b too"
    );
    assert_eq!(
        page(&mut engine, 2.0, came("b", &["g"], None)),
        [r#"open n1 model=b[g] vad=a[f] language="en""#]
    );
    assert!(page(&mut engine, 3.0, came("nobody's", &["f"], None)).is_empty());
}

#[test]
fn a_model_that_does_not_come_ends_the_run_and_names_the_node() {
    for code in [Code::ModelRejected, Code::LoadFailed, Code::StorageFull, Code::InvalidInput] {
        let mut engine = engine();
        start(&mut engine, &[("Light", "{}"), ("Speech", "{}")], options(8));
        let result = Err(Fault::new(code, "no").during("somewhere"));
        let message = ToRuntime::Model { run: RUN, model: "demo".into(), result };
        assert_eq!(page(&mut engine, 1.0, message), ["release Compute"], "the hosts are closed first");
        let closed = Event::Host(HostId::LOCAL, FromHost::Closed { run: RUN });
        assert_eq!(shown(engine.handle(2.0, closed)), [format!("failed {code} n1 load")]);
        assert!(engine.is_idle());
    }
}

#[test]
fn a_run_can_be_cancelled_and_can_time_out_while_it_loads() {
    for (timeout_ms, expected) in [(None, "failed Cancelled  cancel"), (Some(100), "failed TimedOut n0 load")]
    {
        let mut engine = engine();
        start(&mut engine, &[("Speech", "{}")], RunOptions { timeout_ms, ..options(8) });
        let said = if timeout_ms.is_some() {
            shown(engine.handle(100.0, Event::Tick))
        } else {
            page(&mut engine, 100.0, ToRuntime::Cancel { run: RUN })
        };
        assert_eq!(said, ["release Compute"], "its place among those who wait");
        assert!(page(&mut engine, 101.0, came("demo", &["f"], None)).is_empty());
        let closed = Event::Host(HostId::LOCAL, FromHost::Closed { run: RUN });
        assert_eq!(shown(engine.handle(102.0, closed)), [expected]);
    }
}

#[test]
fn loading_is_told_and_timed() {
    let mut engine = engine();
    let wanted = RunOptions { events: true, inputs: protocol::InputMode::Absent, ..options(8) };
    start(&mut engine, &[("Local", "{}")], wanted);
    let what = protocol::LoadKind::Model;
    let loading = ToRuntime::Loading { run: RUN, what, name: "demo".into(), loaded: 7, total: Some(9) };
    assert_eq!(page(&mut engine, 10.0, loading), ["events load demo 7"]);
    let said = page(&mut engine, 250.0, came("demo", &["f"], Some("kept in memory")));
    assert_eq!(said, [r#"open n0 model=demo[f] language="en""#, "events log kept in memory"]);
    let (run, node) = (RUN, NodeIdx(0));
    for message in [
        FromHost::Opened { run, node },
        FromHost::Worked { run, node, outputs: vec![], done: 1, busy_us: 1 },
        FromHost::Flushed { run, node },
    ] {
        engine.handle(300.0, Event::Host(HostId::LOCAL, message));
    }
    let last = engine.handle(301.0, Event::Host(HostId::LOCAL, FromHost::Closed { run }));
    let report = last.iter().find_map(|action| match action {
        Action::Page(FromRuntime::Finished { report, .. }) => Some(report),
        _ => None,
    });
    assert_eq!(report.unwrap().metrics.models_ms, 250.0);
}
