//! The command `pipeline_executor_wasm`: a request on standard input, the result on standard output.
use std::fmt::Write as _;
use std::io::{Read, Write};
use std::path::Path;
use std::process::ExitCode;

use protocol::{Code, Fault, GraphInfo, LogLevel, ModelFiles, RunEvent, RunReport, Value};

use crate::{Executor, files, json, options};

/// Where models are looked for that are named by no path.
const MODELS: &str = "/models";

/// Answers the request on standard input: the result on standard output, and nothing else there; the log on standard
/// error. Fails with 1 and `Pipeline execution failed: ` before the reason.
pub fn main() -> ExitCode {
    let mut executor = Executor::new();
    executor.find_models(find_model);
    #[cfg(feature = "python")]
    executor.host_with(protocol::HostKind::Python, Box::new(crate::interpreter::host));
    let answered = received().and_then(|text| answer(&mut executor, &text, &mut |line| eprintln!("{line}")));
    let written = answered.and_then(|text| {
        std::io::stdout().write_all(text.as_bytes()).map_err(|error| format!("I/O error: {error}"))
    });
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("Pipeline execution failed: {why}");
            ExitCode::FAILURE
        }
    }
}

fn received() -> Result<String, String> {
    let mut bytes = Vec::new();
    std::io::stdin().read_to_end(&mut bytes).map_err(|error| format!("I/O error: {error}"))?;
    String::from_utf8(bytes).map_err(|_| "Failed to parse input: it is not UTF-8".to_owned())
}

/// The answer to `request`, a manifest or `{ "manifest": …, "input_data": […] }`; `log` takes one line after the other.
///
/// # Errors
/// Why the pipeline failed, as the command says it after its prefix.
pub fn answer(executor: &mut Executor, request: &str, log: &mut dyn FnMut(&str)) -> Result<String, String> {
    let (manifest, inputs) = parts(request)?;
    let mut on_event = |event: &RunEvent| {
        if let RunEvent::Log { node, level, message } = event {
            log(&logged(node.as_deref(), *level, message));
        }
    };
    let (outputs, report) =
        executor.run(&manifest, None, inputs.into(), options(), &mut on_event).map_err(|it| told(&it))?;
    result(&outputs, &report).map_err(|error| format!("I/O error: {error}"))
}

/// The manifest, and the items if there is a list of them.
fn parts(request: &str) -> Result<(String, Option<Vec<Value>>), String> {
    let value = Value::from_json(request).map_err(|error| format!("Failed to parse input: {error}"))?;
    let Some(manifest) = value.get("manifest") else { return Ok((request.into(), None)) };
    let manifest = manifest.to_json();
    let Value::Map(entries) = value else { return Ok((manifest, None)) };
    let inputs = entries.into_iter().find(|(key, _)| key == "input_data").map(|(_, value)| value);
    let inputs = match inputs.unwrap_or_default() {
        Value::Null => return Ok((manifest, None)),
        Value::List(items) => items,
        other => {
            let found = other.type_name();
            return Err(format!("Failed to parse input: `input_data` must be a list, not {found}"));
        }
    };
    let items = inputs.into_iter().map(|item| json::opened_with(item, &mut file));
    let items: Result<_, _> = items.collect();
    Ok((manifest, Some(items.map_err(|why| format!("Failed to parse input: {why}"))?)))
}

/// The file that a `__file__` names: the host decides which folders there are.
fn file(path: &str) -> Result<Value, String> {
    files::value(Path::new(path)).map_err(|fault| fault.message)
}

/// A model by its path, or by its name in the folder of models.
fn find_model(name: &str) -> Result<ModelFiles, Fault> {
    let below = Path::new(MODELS).join(name);
    match [Path::new(name), &below].into_iter().find(|path| path.exists()) {
        Some(path) => files::model(path),
        None => {
            let message = format!("no model `{name}`: neither {name} nor {} is there", below.display());
            Err(Fault::new(Code::LoadFailed, message))
        }
    }
}

fn logged(node: Option<&str>, level: LogLevel, message: &str) -> String {
    let level = match level {
        LogLevel::Debug => "debug",
        LogLevel::Info => "info",
        LogLevel::Warn => "warning",
        LogLevel::Error => "error",
    };
    match node {
        Some(node) => format!("{level}: {node}: {message}"),
        None => format!("{level}: {message}"),
    }
}

/// In the original's words first, then what it does not say: whose fault it is, and Python's traceback.
fn told(fault: &Fault) -> String {
    let prefix = match fault.code {
        Code::NodeFailed if fault.traceback.is_some() => "Python VM error: ",
        Code::NodeFailed => "Execution error: ",
        Code::LoadFailed | Code::ModelRejected => "I/O error: ",
        Code::InvalidInput => "Marshaling error: ",
        // The defects of a manifest have their prefixes, and the rest has no name in the original.
        Code::InvalidManifest
        | Code::UnknownNode
        | Code::Cancelled
        | Code::TimedOut
        | Code::LimitExceeded
        | Code::WorkerCrashed
        | Code::StartFailed
        | Code::ProtocolMismatch
        | Code::PackageRejected
        | Code::StorageFull
        | Code::OutOfMemory
        | Code::NotSupported
        | Code::Closed => "",
    };
    let mut text = format!("{prefix}{}", fault.message);
    if let Some(node) = fault.node.as_ref().filter(|_| fault.problems.len() <= 1) {
        // Writing to a String cannot fail.
        _ = write!(text, "\nat node `{node}`");
    }
    if let Some(traceback) = &fault.traceback {
        _ = write!(text, "\n{}", traceback.trim_end());
    }
    text
}

/// The result as JSON text, one output a line.
fn result(outputs: &[Value], report: &RunReport) -> Result<String, protocol::ReadError> {
    let mut text = format!("{{\n  \"graph_info\": {},\n  \"outputs\": [", graph(&report.graph).to_json());
    for (at, output) in outputs.iter().enumerate() {
        text.push_str(if at == 0 { "\n    " } else { ",\n    " });
        text.push_str(&json::written(output)?);
    }
    text.push_str(if outputs.is_empty() { "]" } else { "\n  ]" });
    text.push_str(",\n  \"status\": \"success\"\n}\n");
    Ok(text)
}

fn graph(graph: &GraphInfo) -> Value {
    let order = graph.execution_order.iter().map(|id| Value::Text(id.clone())).collect();
    Value::map([
        ("execution_order", Value::List(order)),
        ("node_count", Value::uint(graph.node_count.into())),
        ("sink_count", Value::uint(graph.sink_count.into())),
        ("source_count", Value::uint(graph.source_count.into())),
    ])
}
