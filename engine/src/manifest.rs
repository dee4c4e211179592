//! Manifest v1 as its author wrote it: fields and their types, nothing about the graph.
use protocol::{Code, Problem, Severity, Value};

/// A node as written.
pub(crate) struct RawNode {
    /// Its place in `nodes`, for JSON Pointers.
    pub(crate) at: usize,
    pub(crate) id: String,
    pub(crate) node_type: String,
    pub(crate) params: Vec<(String, Value)>,
}

/// A connection as written.
pub(crate) struct RawConnection {
    /// Its place in `connections`.
    pub(crate) at: usize,
    pub(crate) from: String,
    pub(crate) to: String,
}

/// A manifest as written.
#[derive(Default)]
pub(crate) struct Manifest {
    pub(crate) version: Option<String>,
    pub(crate) nodes: Vec<RawNode>,
    /// How many nodes were written, broken ones included; none if there is no list of nodes.
    pub(crate) node_count: Option<usize>,
    pub(crate) connections: Vec<RawConnection>,
}

/// Defects in the order in which the original looks for them: its first one is our first line.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rank {
    Json,
    Parse,
    Edge,
    Cycle,
    Version,
    Empty,
    Duplicate,
    Param,
    Type,
    Warning,
}

impl Rank {
    /// What the original puts before its text.
    pub(crate) fn prefix(self) -> &'static str {
        match self {
            Rank::Json => "Failed to parse input: ",
            Rank::Parse => "Failed to parse manifest: ",
            Rank::Edge | Rank::Cycle | Rank::Version | Rank::Empty | Rank::Duplicate => "Manifest error: ",
            Rank::Param | Rank::Type | Rank::Warning => "",
        }
    }
}

/// All defects found so far.
#[derive(Default)]
pub(crate) struct Problems(pub(crate) Vec<(Rank, Problem)>);

impl Problems {
    pub(crate) fn add(&mut self, rank: Rank, node: Option<&str>, path: String, message: impl Into<String>) {
        let code = if rank == Rank::Type { Code::UnknownNode } else { Code::InvalidManifest };
        let severity = if rank == Rank::Warning { Severity::Warning } else { Severity::Error };
        let message = message.into();
        self.0.push((rank, Problem { code, severity, node: node.map(str::to_owned), path, message }));
    }
    /// By rank, those of one rank in the order in which they were found. Into one pile each: a sort of the standard
    /// library is kilobytes.
    pub(crate) fn sorted(self) -> Vec<(Rank, Problem)> {
        let mut piles = [const { Vec::new() }; Rank::Warning as usize + 1];
        for (rank, problem) in self.0 {
            piles[rank as usize].push((rank, problem));
        }
        piles.into_iter().flatten().collect()
    }
}

/// One step of a JSON Pointer (RFC 6901), escaped.
pub(crate) fn step(name: &str) -> String {
    format!("/{}", name.replace('~', "~0").replace('/', "~1"))
}

/// Reads `text`; whatever is broken is left out and told.
pub(crate) fn read(text: &str, problems: &mut Problems) -> Manifest {
    let value = match Value::from_json(text) {
        Ok(value) => value,
        Err(error) => {
            problems.add(Rank::Json, None, String::new(), error.to_string());
            return Manifest::default();
        }
    };
    if !matches!(value, Value::Map(_)) {
        problems.add(
            Rank::Parse,
            None,
            String::new(),
            format!("expected an object, found {}", value.type_name()),
        );
        return Manifest::default();
    }
    let mut manifest =
        Manifest { version: text_field(&value, "version", "", None, problems), ..Default::default() };
    if let Some(nodes) = list_field(&value, "nodes", problems) {
        manifest.node_count = Some(nodes.len());
        manifest.nodes =
            nodes.iter().enumerate().filter_map(|(at, node)| read_node(at, node, problems)).collect();
    }
    if let Some(connections) = list_field(&value, "connections", problems) {
        manifest.connections =
            connections.iter().enumerate().filter_map(|(at, it)| read_connection(at, it, problems)).collect();
    }
    for field in ["metadata"] {
        if let Some(it) = value.get(field).filter(|it| !matches!(it, Value::Map(_) | Value::Null)) {
            problems.add(
                Rank::Parse,
                None,
                step(field),
                format!("`{field}` must be an object, not {}", it.type_name()),
            );
        }
    }
    manifest
}

fn read_node(at: usize, node: &Value, problems: &mut Problems) -> Option<RawNode> {
    let path = format!("/nodes/{at}");
    if !matches!(node, Value::Map(_)) {
        problems.add(Rank::Parse, None, path, format!("a node must be an object, not {}", node.type_name()));
        return None;
    }
    let id = text_field(node, "id", &path, None, problems);
    let node_type = text_field(node, "node_type", &path, id.as_deref(), problems);
    if id.as_deref() == Some("") {
        problems.add(Rank::Parse, None, format!("{path}/id"), "`id` must not be empty");
    }
    check_hints(node, &path, id.as_deref(), problems);
    let params = match node.get("params") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Map(params)) => params.clone(),
        Some(other) => {
            let message = format!("`params` must be an object, not {}", other.type_name());
            problems.add(Rank::Param, id.as_deref(), format!("{path}/params"), message);
            Vec::new()
        }
    };
    Some(RawNode { at, id: id?, node_type: node_type?, params })
}

/// The optional fields that the original parses strictly, although nothing here depends on them.
fn check_hints(node: &Value, path: &str, id: Option<&str>, problems: &mut Problems) {
    let mut wrong =
        |field: &str, message: String| problems.add(Rank::Parse, id, format!("{path}/{field}"), message);
    if let Some(it) = node.get("is_streaming").filter(|it| !matches!(it, Value::Bool(_))) {
        wrong("is_streaming", format!("`is_streaming` must be a boolean, not {}", it.type_name()));
    }
    if let Some(it) = node.get("host").filter(|it| !matches!(it, Value::Text(_) | Value::Null)) {
        wrong("host", format!("`host` must be a string, not {}", it.type_name()));
    }
    const HINTS: [&str; 4] = ["rust_python", "cpython", "cpython_wasm", "auto"];
    if let Some(it) = node.get("runtime_hint").filter(|it| **it != Value::Null)
        && !it.as_text().is_some_and(|hint| HINTS.contains(&hint))
    {
        wrong(
            "runtime_hint",
            format!("unknown variant {}, expected one of {}", it.to_json(), HINTS.join(", ")),
        );
    }
    let gpu = node.get("capabilities").and_then(|it| it.get("gpu")).filter(|it| **it != Value::Null);
    if gpu.is_some_and(|gpu| gpu.get("type").and_then(Value::as_text).is_none()) {
        wrong("capabilities/gpu", "missing field `type`".into());
    }
}

fn read_connection(at: usize, connection: &Value, problems: &mut Problems) -> Option<RawConnection> {
    let path = format!("/connections/{at}");
    if !matches!(connection, Value::Map(_)) {
        let message = format!("a connection must be an object, not {}", connection.type_name());
        problems.add(Rank::Parse, None, path, message);
        return None;
    }
    let from = text_field(connection, "from", &path, None, problems);
    let to = text_field(connection, "to", &path, None, problems);
    Some(RawConnection { at, from: from?, to: to? })
}

fn text_field(
    of: &Value,
    field: &str,
    path: &str,
    node: Option<&str>,
    problems: &mut Problems,
) -> Option<String> {
    match of.get(field) {
        Some(Value::Text(text)) => return Some(text.clone()),
        None => problems.add(Rank::Parse, node, path.to_owned(), format!("missing field `{field}`")),
        Some(other) => {
            let message = format!("`{field}` must be a string, not {}", other.type_name());
            problems.add(Rank::Parse, node, format!("{path}/{field}"), message);
        }
    }
    None
}

fn list_field(of: &Value, field: &str, problems: &mut Problems) -> Option<Vec<Value>> {
    let items = of.get(field).and_then(Value::items);
    if items.is_none() {
        match of.get(field) {
            None => problems.add(Rank::Parse, None, String::new(), format!("missing field `{field}`")),
            Some(other) => {
                let message = format!("`{field}` must be an array, not {}", other.type_name());
                problems.add(Rank::Parse, None, step(field), message);
            }
        }
    }
    items
}
