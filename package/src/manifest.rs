//! What a package must say in its manifest, and which format it is. Whether the pipeline can run is the engine's business.

use std::collections::HashSet;

use protocol::{Problem, Severity};
use serde_json::Value;

use crate::rejection::problem;
use crate::text::shown;

/// The only target the original knows.
const TARGET: &str = "wasm32-wasi";

/// So many problems of a kind are told; a manifest of nothing but problems would fill the memory with them.
pub(crate) const TOLD: usize = 100;

/// What was found in a manifest, in the order of the original's loader.
#[derive(Default)]
pub(crate) struct Findings {
    pub(crate) errors: Vec<Problem>,
    pub(crate) warnings: Vec<Problem>,
}

impl Findings {
    fn error(&mut self, path: impl Into<String>, message: impl Into<String>) {
        if self.errors.len() < TOLD {
            self.errors.push(problem(path.into(), message));
        }
    }
    fn warning(&mut self, path: impl Into<String>, message: impl Into<String>) {
        if self.warnings.len() < TOLD {
            self.warnings.push(Problem { severity: Severity::Warning, ..problem(path.into(), message) });
        }
    }
}

/// The format of the package: 1 unless the manifest says more.
///
/// # Errors
/// It is no format of ours.
pub(crate) fn format(manifest: &Value) -> Result<u8, Problem> {
    let Some(format) = manifest.get("package").and_then(|it| it.get("format")) else { return Ok(1) };
    match format.as_u64() {
        Some(1) => Ok(1),
        Some(2) => Ok(2),
        _ => {
            let message = format!(
                "Unsupported package format: {} (this version reads 1 and 2)",
                shown(&format.to_string())
            );
            Err(problem("/package/format".into(), message))
        }
    }
}

/// Everything that the original's loader finds, and what format 2 adds.
pub(crate) fn check(manifest: &Value, format: u8, executor: bool) -> Findings {
    let mut found = Findings::default();
    check_version(manifest, &mut found);
    let nodes = list(manifest, "nodes", &mut found);
    if nodes.is_some_and(<[Value]>::is_empty) {
        found.warning("/nodes", "Pipeline has no nodes");
    }
    let connections = list(manifest, "connections", &mut found);
    check_runtime(manifest, format == 1 || executor, &mut found);
    for (i, node) in nodes.unwrap_or_default().iter().enumerate() {
        if found.errors.len() == TOLD {
            return found;
        }
        check_node(i, node, &mut found);
    }
    if let (Some(nodes), Some(connections)) = (nodes, connections) {
        let ids: HashSet<String> = nodes.iter().filter_map(|it| it.get("id")).map(Value::to_string).collect();
        for (i, connection) in connections.iter().enumerate() {
            check_connection(i, connection, &ids, &mut found);
        }
    }
    check_needs(manifest, &mut found);
    found
}

/// As JavaScript sees it: absent, null, false, 0 and "" are as good as nothing.
fn truthy<'a>(object: &'a Value, name: &str) -> Option<&'a Value> {
    let value = object.get(name)?;
    let nothing = match value {
        Value::Null => true,
        Value::Bool(it) => !it,
        Value::Number(it) => it.as_f64() == Some(0.0),
        Value::String(it) => it.is_empty(),
        Value::Array(_) | Value::Object(_) => false,
    };
    (!nothing).then_some(value)
}

/// A value in a message: text without quotes.
fn plain(value: &Value) -> String {
    shown(&value.as_str().map_or_else(|| value.to_string(), str::to_owned))
}

fn check_version(manifest: &Value, found: &mut Findings) {
    match truthy(manifest, "version") {
        None => found.error("/version", "Missing required field: version"),
        Some(version) if version != "v1" => {
            let message = format!("Unsupported manifest version: {} (expected v1)", plain(version));
            found.warning("/version", message);
        }
        Some(_) => {}
    }
}

fn list<'a>(manifest: &'a Value, name: &str, found: &mut Findings) -> Option<&'a [Value]> {
    let list = manifest.get(name).and_then(Value::as_array);
    if list.is_none() {
        found.error(format!("/{name}"), format!("Missing or invalid {name} array"));
    }
    list.map(Vec::as_slice)
}

fn check_runtime(manifest: &Value, needed: bool, found: &mut Findings) {
    let Some(runtime) = truthy(manifest, "runtime") else {
        if needed {
            found.warning("/runtime", "Missing runtime configuration. Assuming wasm32-wasi target.");
        }
        return;
    };
    match truthy(runtime, "target") {
        None => found.error("/runtime/target", "Missing required field: runtime.target"),
        Some(target) if target != TARGET => {
            let message = format!("Unsupported runtime target: {} (supported: {TARGET})", plain(target));
            found.error("/runtime/target", message);
        }
        Some(_) => {}
    }
    // The original reads it nowhere, so it stops nothing here.
    if let Some(version) = newer(runtime.get("min_version")) {
        let message =
            format!("Made for version {version} of the runtime, this is {}", env!("CARGO_PKG_VERSION"));
        found.warning("/runtime/min_version", message);
    }
}

fn check_node(i: usize, node: &Value, found: &mut Findings) {
    let id = truthy(node, "id");
    for (field, value) in [("id", id), ("node_type", truthy(node, "node_type"))] {
        if value.is_none() {
            found.error(format!("/nodes/{i}/{field}"), format!("Node {i}: missing required field: {field}"));
        }
    }
    if truthy(node, "params").is_none() {
        let name = id.map_or_else(|| i.to_string(), plain);
        found.warning(format!("/nodes/{i}"), format!("Node {name}: missing params (using empty object)"));
    }
}

fn check_connection(i: usize, connection: &Value, ids: &HashSet<String>, found: &mut Findings) {
    for field in ["from", "to"] {
        let path = format!("/connections/{i}/{field}");
        match truthy(connection, field) {
            None => found.error(path, format!("Connection {i}: missing required field: {field}")),
            Some(id) if !ids.contains(&id.to_string()) => {
                found.error(path, format!("Connection {i}: unknown node id: {}", plain(id)));
            }
            Some(_) => {}
        }
    }
}

/// What the package asks of us: `package.min_version`.
fn check_needs(manifest: &Value, found: &mut Findings) {
    let Some(version) = manifest.get("package").and_then(|it| it.get("min_version")) else { return };
    let path = "/package/min_version";
    if numbers(version).is_none() {
        found.error(
            path,
            format!("Invalid package.min_version: {}, not a version like 1.2.3", plain(version)),
        );
    } else if let Some(version) = newer(Some(version)) {
        let own = env!("CARGO_PKG_VERSION");
        found.error(path, format!("The package needs version {version} or a later one, this is {own}"));
    }
}

/// `version` if it is one, and later than ours.
fn newer(version: Option<&Value>) -> Option<&str> {
    let own = numbers(&Value::from(env!("CARGO_PKG_VERSION")))?;
    version.filter(|it| numbers(it).is_some_and(|it| it > own)).and_then(Value::as_str)
}

/// The numbers of a version; what follows `-` or `+` counts for nothing.
fn numbers(version: &Value) -> Option<[u64; 3]> {
    let text = version.as_str()?.split(['-', '+']).next()?;
    let numbers: Vec<u64> = text.split('.').map(str::parse).collect::<Result<_, _>>().ok()?;
    match numbers[..] {
        [major] => Some([major, 0, 0]),
        [major, minor] => Some([major, minor, 0]),
        [major, minor, patch] => Some([major, minor, patch]),
        _ => None,
    }
}
