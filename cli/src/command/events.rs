//! What happens in a run, as programs read it: the objects that a page gets from JavaScript.
use protocol::{LoadKind, LogLevel, NodeMetrics, RunEvent, RunReport, Unit, Value};

use crate::json;

fn text(it: &str) -> Value {
    Value::Text(it.into())
}

/// With envelopes for what JSON has no word for; what cannot be read any more is null.
fn shown(it: &Value) -> Value {
    json::enveloped(it).unwrap_or_default()
}

fn count(it: u64) -> Value {
    Value::uint(it)
}

fn optional(it: Option<f64>) -> Value {
    it.map_or(Value::Null, Value::number)
}

fn event(name: &str, rest: impl IntoIterator<Item = (&'static str, Value)>) -> Value {
    Value::map([("type", text(name))].into_iter().chain(rest))
}

/// One object for an event, or one for each of its values.
pub(crate) fn values_of(it: &RunEvent) -> Vec<Value> {
    match it {
        RunEvent::Started { order } => vec![event("started", [("order", ids(order))])],
        RunEvent::Load { what, name, loaded, total } => {
            let total = total.map_or(Value::Null, count);
            let facts = [
                ("what", text(load_kind(*what))),
                ("name", text(name)),
                ("loaded", count(*loaded)),
                ("total", total),
            ];
            vec![event("load", facts)]
        }
        RunEvent::Progress { node, done, total, unit, fraction, eta_ms } => {
            let facts = [
                ("node", text(node)),
                ("done", Value::number(*done)),
                ("total", optional(*total)),
                ("unit", text(unit_name(*unit))),
                ("fraction", optional(*fraction)),
                ("etaMs", optional(*eta_ms)),
            ];
            vec![event("progress", facts)]
        }
        RunEvent::Partial { node, value } => many("partial", node, value),
        RunEvent::Output { node, values } => many("output", node, values),
        RunEvent::Log { node, level, message } => {
            let node = node.as_deref().map(|it| ("node", text(it)));
            let facts = [("level", text(level_name(*level))), ("message", text(message))];
            vec![event("log", node.into_iter().chain(facts))]
        }
        RunEvent::Edge { from, to, items, bytes } => {
            let facts =
                [("from", text(from)), ("to", text(to)), ("items", count(*items)), ("bytes", count(*bytes))];
            vec![event("edge", facts)]
        }
    }
}

fn many(name: &str, node: &str, packed: &protocol::Packed) -> Vec<Value> {
    let unpacked = packed.unpack().unwrap_or_default();
    unpacked.iter().map(|it| event(name, [("node", text(node)), ("value", shown(it))])).collect()
}

/// The last object of a run that went well.
pub(crate) fn finished(outputs: &[Value], report: &RunReport) -> Value {
    event("finished", [("result", result(outputs, report))])
}

/// The result of a run, as `run` resolves to in JavaScript.
pub(crate) fn result(outputs: &[Value], report: &RunReport) -> Value {
    let graph = &report.graph;
    let graph_info = Value::map([
        ("node_count", Value::Int(graph.node_count.into())),
        ("source_count", Value::Int(graph.source_count.into())),
        ("sink_count", Value::Int(graph.sink_count.into())),
        ("execution_order", ids(&graph.execution_order)),
    ]);
    Value::map([
        ("status", text("success")),
        ("outputs", Value::List(outputs.iter().map(shown).collect())),
        ("graph_info", graph_info),
        ("metrics", metrics(report)),
    ])
}

fn metrics(report: &RunReport) -> Value {
    let metrics = &report.metrics;
    let load = [("wasm", metrics.wasm_ms), ("python", metrics.python_ms), ("models", metrics.models_ms)];
    Value::map([
        ("totalMs", Value::number(metrics.total_ms)),
        ("startMs", Value::number(metrics.start_ms)),
        ("loadMs", Value::map(load.map(|(name, ms)| (name, Value::number(ms))))),
        ("nodes", Value::map(metrics.nodes.iter().map(|(id, it)| (id.as_str(), node_metrics(it))))),
        ("peakBytes", count(metrics.peak_bytes)),
    ])
}

fn node_metrics(it: &NodeMetrics) -> Value {
    Value::map([
        ("items", count(it.items)),
        ("busyMs", Value::number(it.busy_ms)),
        ("waitMs", Value::number(it.wait_ms)),
        ("bytesIn", count(it.bytes_in)),
        ("bytesOut", count(it.bytes_out)),
        ("p50Us", Value::number(it.p50_us)),
        ("p95Us", Value::number(it.p95_us)),
    ])
}

fn ids(it: &[String]) -> Value {
    Value::List(it.iter().map(|id| text(id)).collect())
}

fn load_kind(it: LoadKind) -> &'static str {
    match it {
        LoadKind::Wasm => "wasm",
        LoadKind::Python => "python",
        LoadKind::Model => "model",
        LoadKind::Package => "package",
    }
}

pub(crate) fn level_name(it: LogLevel) -> &'static str {
    match it {
        LogLevel::Debug => "debug",
        LogLevel::Info => "info",
        LogLevel::Warn => "warn",
        LogLevel::Error => "error",
    }
}

fn unit_name(it: Unit) -> &'static str {
    match it {
        Unit::Items => "items",
        Unit::Seconds => "seconds",
        Unit::Bytes => "bytes",
        Unit::Tokens => "tokens",
    }
}
