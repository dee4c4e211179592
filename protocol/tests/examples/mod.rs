//! One example of every message and every kind of value; SPEC.md shows their bytes.
#![allow(unreachable_pub, dead_code, reason = "shared by several test files")]
use protocol::*;

const RUN: RunId = RunId(7);
const NODE: NodeIdx = NodeIdx(1);
const HOST: HostId = HostId(300);

pub fn audio() -> Value {
    Value::Audio(Audio { sample_rate: 16_000, channels: 1, samples: Buffer::from_f32(vec![0.5, -0.5]) })
}

pub fn values() -> Vec<Value> {
    vec![
        Value::Null,
        Value::Bool(true),
        Value::Int(-3),
        Value::UInt(u64::MAX),
        Value::Float(1.5),
        Value::Text("né".into()),
        Value::List(vec![Value::Int(1), Value::Null]),
        Value::Numbers(Buffer::from_f64(vec![1.0, 2.5])),
        Value::map([("k", Value::Int(1))]),
        audio(),
        Value::Tensor(Tensor {
            dtype: Dtype::Int16,
            shape: vec![2, 1],
            data: Buffer::from_bytes(vec![1, 0, 2, 0]),
        }),
        Value::Bytes(Bytes { mime: Some("a/b".into()), name: None, data: Buffer::from_bytes(vec![9]) }),
    ]
}

fn fault() -> Fault {
    Fault {
        problems: vec![Problem {
            code: Code::UnknownNode,
            severity: Severity::Error,
            node: Some("a".into()),
            path: "/nodes/0".into(),
            message: "m".into(),
        }],
        traceback: Some("t".into()),
        details: Some("{}".into()),
        ..Fault::new(Code::NodeFailed, "no").at("a").during("process")
    }
}

fn kind() -> NodeKind {
    NodeKind {
        name: "N".into(),
        aliases: vec!["M".into()],
        language: Language::Python,
        home: Home::Python,
        description: "d".into(),
        params: "{}".into(),
        inputs: vec!["any".into()],
        outputs: vec!["text".into()],
        streaming: true,
    }
}

fn packed() -> Packed {
    Packed { count: 1, data: Buffer::from_bytes(vec![1, 2, 2]), slots: vec![] }
}

fn model() -> ModelFiles {
    let files = vec![ModelFile { name: "f".into(), data: Buffer::from_bytes(vec![9]) }];
    ModelFiles { files, note: Some("n".into()) }
}

pub fn to_runtime() -> Vec<ToRuntime> {
    let limits = Limits {
        queue_items: 1,
        queue_bytes: 2,
        item_bytes: 3,
        run_bytes: 4,
        output_bytes: 5,
        nodes: 6,
        logs: 7,
        plugin_turn_ms: 8,
    };
    let options = RunOptions {
        timeout_ms: Some(1000),
        collect: true,
        events: false,
        edges: false,
        inputs: InputMode::Stream,
        limits,
    };
    vec![
        ToRuntime::Validate { request: 1, manifest: "{}".into(), params: None, kinds: vec![] },
        ToRuntime::Start {
            run: RUN,
            manifest: "{}".into(),
            params: Some("{}".into()),
            options,
            kinds: vec![NodeKind { home: Home::Plugin(300), language: Language::Rust, ..kind() }],
        },
        ToRuntime::Push { run: RUN, items: packed(), open: false },
        ToRuntime::End { run: RUN },
        ToRuntime::Credit { run: RUN, outputs: 300 },
        ToRuntime::Cancel { run: RUN },
        ToRuntime::Attach { run: RUN, host: HOST, kind: HostKind::Python, start_ms: 9 },
        ToRuntime::HostLost { run: RUN, kind: HostKind::Compute, host: HOST, fault: fault() },
        ToRuntime::Kinds { kinds: vec![kind()] },
        ToRuntime::Loading { run: RUN, what: LoadKind::Python, name: "p".into(), loaded: 1, total: Some(2) },
        ToRuntime::Model { run: RUN, model: "m".into(), result: Ok(model()) },
    ]
}

pub fn from_runtime() -> Vec<FromRuntime> {
    let metrics = NodeMetrics { items: 1, ..NodeMetrics::default() };
    let report = RunReport {
        graph: GraphInfo { node_count: 1, source_count: 1, sink_count: 1, execution_order: vec!["a".into()] },
        metrics: RunMetrics {
            total_ms: 1.0,
            start_ms: 0.0,
            python_ms: 0.0,
            wasm_ms: 0.0,
            models_ms: 0.0,
            nodes: vec![("a".into(), metrics)],
            peak_bytes: 3,
        },
    };
    let events = vec![
        RunEvent::Started { order: vec!["a".into()] },
        RunEvent::Load { what: LoadKind::Wasm, name: "w".into(), loaded: 1, total: None },
        RunEvent::Progress {
            node: "a".into(),
            done: 1.0,
            total: Some(2.0),
            unit: Unit::Items,
            fraction: Some(0.5),
            eta_ms: None,
        },
        RunEvent::Partial { node: "a".into(), value: packed() },
        RunEvent::Output { node: "a".into(), values: packed() },
        RunEvent::Log { node: None, level: LogLevel::Warn, message: "l".into() },
        RunEvent::Edge { from: "a".into(), to: "b".into(), items: 2, bytes: 300 },
    ];
    vec![
        FromRuntime::Ready { kinds: vec![kind()], start_ms: 5 },
        FromRuntime::Problems { request: 1, problems: fault().problems },
        FromRuntime::Lease { run: RUN, kinds: vec![HostKind::Compute, HostKind::Plugin(300)] },
        FromRuntime::Release { run: RUN, kind: HostKind::Python, host: Some(HOST) },
        FromRuntime::Interrupt { host: HOST },
        FromRuntime::Kill { host: HOST },
        FromRuntime::Demand { run: RUN, items: 1024 },
        FromRuntime::Events { run: RUN, events },
        FromRuntime::Finished { run: RUN, report, outputs: packed() },
        FromRuntime::Failed { run: RUN, fault: fault() },
        FromRuntime::Fatal { run: Some(RUN), fault: fault() },
        FromRuntime::NeedModel { run: RUN, model: "m".into() },
    ]
}

pub fn to_host() -> Vec<ToHost> {
    vec![
        ToHost::Open {
            run: RUN,
            node: NODE,
            id: "a".into(),
            kind: "N".into(),
            params: Value::map([("k", Value::Null)]),
        },
        ToHost::Process {
            run: RUN,
            node: NODE,
            items: vec![WorkItem { value: audio(), part: Part { index: 2, last: false } }],
        },
        ToHost::Credit { run: RUN, node: NODE, outputs: 4, bytes: 300 },
        ToHost::Flush { run: RUN, node: NODE },
        ToHost::Close { run: RUN },
    ]
}

pub fn from_host() -> Vec<FromHost> {
    let outputs = vec![WorkOutput { input: 0, part: Part::WHOLE, value: Value::Int(21) }];
    vec![
        FromHost::Opened { run: RUN, node: NODE },
        FromHost::Worked { run: RUN, node: NODE, outputs, done: 1, busy_us: 130 },
        FromHost::Flushed { run: RUN, node: NODE },
        FromHost::Progress { run: RUN, node: NODE, done: 1.5, total: None, unit: Unit::Seconds },
        FromHost::Partial { run: RUN, node: NODE, value: Value::Text("p".into()) },
        FromHost::Log { run: RUN, node: Some(NODE), level: LogLevel::Info, message: "l".into() },
        FromHost::Load { run: RUN, what: LoadKind::Model, name: "m".into(), loaded: 1, total: Some(2) },
        FromHost::Failed { run: RUN, node: NODE, fault: fault() },
        FromHost::Closed { run: RUN },
    ]
}

fn file(path: &str, byte: u8) -> PackageFile {
    PackageFile { path: path.into(), data: Buffer::from_bytes(vec![byte]) }
}

pub fn to_worker() -> Vec<ToWorker> {
    vec![
        ToWorker::Connect { host: HOST, run: RUN },
        ToWorker::Register { request: 1, source: "s".into(), packages: vec!["p".into()] },
        ToWorker::Install { request: 1, modules: vec![file("m.py", 1)], wheels: vec![file("w.whl", 2)] },
        ToWorker::Kinds { request: 1 },
        ToWorker::Ping,
    ]
}

pub fn from_worker() -> Vec<FromWorker> {
    vec![
        FromWorker::Ready { start_ms: 5, note: "snapshot".into() },
        FromWorker::Loading { name: "w".into(), loaded: 1, total: None },
        FromWorker::Registered { request: 1, result: Ok(vec![kind()]) },
        FromWorker::Fatal { fault: fault() },
        FromWorker::Pong,
    ]
}
