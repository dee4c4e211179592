//! What the documentation says of manifests and nodes, held against the engine and the nodes themselves.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
use std::path::{Path, PathBuf};

use protocol::{Audio, Buffer, Bytes, ModelFile, ModelFiles, NodeKind, Severity, Value};
use tests::Page;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(file: &str) -> String {
    std::fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

fn parse(text: &str) -> Value {
    Value::from_json(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// Every kind of node that comes with the bundle: Rust's first, both by name.
fn kinds() -> Vec<NodeKind> {
    let python = read("python-worker/python/remotemedia/kinds.json");
    let python: Vec<NodeKind> = serde_json::from_str(&python).unwrap();
    nodes::catalog().into_iter().chain(python).collect()
}

fn listed(kind: &NodeKind) -> serde_json::Value {
    serde_json::json!({
        "type": kind.name, "aliases": kind.aliases, "language": kind.language, "home": kind.home,
        "description": kind.description, "params": kind.params, "inputs": kind.inputs, "outputs": kind.outputs,
        "streaming": kind.streaming,
    })
}

#[test]
fn the_list_of_nodes_is_that_of_the_registry() {
    let path = root().join("docs/generated/nodes.json");
    let list: Vec<_> = kinds().iter().map(listed).collect();
    let text = format!("{}\n", serde_json::to_string_pretty(&list).unwrap());
    if std::env::var_os("UPDATE_GENERATED").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &text).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == text,
        "docs/generated/nodes.json is out of date: run UPDATE_GENERATED=1 cargo test -p tests --test book"
    );
}

/// The recording that examples call `$file`.
fn recording() -> Value {
    let data = std::fs::read(root().join("whisper/demo-model/recordings/command.wav")).unwrap();
    Value::Bytes(Bytes { mime: None, name: Some("command.wav".into()), data: Buffer::from_bytes(data) })
}

fn demo_model() -> ModelFiles {
    let folder = root().join("whisper/demo-model/hf");
    let files = std::fs::read_dir(folder).unwrap().map(|file| {
        let path = file.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        ModelFile { name, data: Buffer::from_bytes(std::fs::read(path).unwrap()) }
    });
    ModelFiles { files: files.collect(), note: None }
}

/// Whether `found` has everything that `shown` has: an example does not show all of a large value.
fn shows(found: &Value, shown: &Value) -> bool {
    match (found, shown) {
        (Value::Audio(audio), Value::Map(_)) => shows(&described(audio), shown),
        (Value::Map(_), Value::Map(fields)) => {
            fields.iter().all(|(name, value)| found.get(name).is_some_and(|it| shows(it, value)))
        }
        (found, shown) => match (found.items(), shown.items()) {
            (Some(found), Some(shown)) => {
                found.len() == shown.len()
                    && found.iter().zip(&shown).all(|(found, shown)| shows(found, shown))
            }
            _ => found == shown,
        },
    }
}

fn described(audio: &Audio) -> Value {
    let rate = Value::Int(audio.sample_rate.into());
    let fields = [
        ("type", Value::Text("audio".into())),
        ("sampleRate", rate),
        ("channels", Value::Int(audio.channels.into())),
    ];
    Value::Map(fields.map(|(name, value)| (name.to_owned(), value)).into())
}

fn check_example(kind: &NodeKind) {
    let name = &kind.name;
    let example = parse(&read(&format!("docs/examples/{name}.json")));
    let manifest = example.get("manifest").unwrap();
    let types = manifest.get("nodes").and_then(Value::items).unwrap();
    let is_shown = types.iter().any(|it| it.get("node_type").and_then(Value::as_text) == Some(name));
    assert!(is_shown, "{name}: its example does not have it");
    let mut page = Page::default();
    page.models.insert("demo".into(), demo_model());
    let inputs = example.get("inputs").map(|it| it.items().unwrap());
    let filled = inputs.map(|it| {
        let filled = |it: Value| if it.as_text() == Some("$file") { recording() } else { it };
        it.into_iter().map(filled).collect::<Vec<_>>()
    });
    let problems = page.validate(&manifest.to_json());
    assert!(problems.is_empty(), "{name}: {problems:?}");
    let outputs = Value::List(page.run(&manifest.to_json(), filled.as_deref()).outputs());
    let expected = example.get("outputs").unwrap();
    assert!(shows(&outputs, expected), "{name}: {outputs:?} does not show {}", expected.to_json());
}

#[test]
fn every_node_has_an_example_that_gives_what_it_shows() {
    kinds().iter().for_each(check_example);
}

/// Fenced JSON of a Markdown text with the line it begins in, but for what is marked as not to be run.
fn manifests(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut open: Option<(usize, String, bool)> = None;
    for (at, line) in text.lines().enumerate() {
        match (&mut open, line.trim_start().strip_prefix("```")) {
            (None, Some(info)) => {
                let is_run = info.split_whitespace().next() == Some("json") && !info.contains("ignore: ");
                open = Some((at + 1, String::new(), is_run));
            }
            (Some(_), Some(_)) => found.extend(open.take()),
            (Some((_, code, _)), None) => *code += &format!("{line}\n"),
            (None, None) => {}
        }
    }
    let is_manifest = |(_, code, is_run): &(usize, String, bool)| *is_run && code.contains("\"nodes\"");
    found.into_iter().filter(is_manifest).map(|(line, code, _)| (line, code)).collect()
}

/// The Markdown files whose code is run by tests.
fn documents() -> Vec<PathBuf> {
    let mut found = vec![root().join("README.md")];
    let mut folders = vec![root().join("docs/src")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == "md") {
                found.push(path);
            }
        }
    }
    found
}

#[test]
fn every_manifest_of_the_documentation_is_valid() {
    let mut checked = 0;
    for path in documents() {
        for (line, manifest) in manifests(&std::fs::read_to_string(&path).unwrap()) {
            let problems = Page::default().validate(&manifest);
            assert!(problems.is_empty(), "{}:{line}: {problems:?}", path.display());
            checked += 1;
        }
    }
    assert!(checked > 0);
}

const SCHEMA: &str = include_str!("../../engine/manifest.schema.json");

/// Valid, with every field that the schema knows.
const FULL: &str = r#"{"version":"v1","metadata":{},"connections":[{"from":"a","to":"b"}],"nodes":[
    {"id":"a","node_type":"Echo","params":{},"is_streaming":false,"capabilities":{},"host":"h:1","runtime_hint":"auto"},
    {"id":"b","node_type":"Echo"}]}"#;

/// One field of the manifest, as the schema describes it.
struct Field {
    /// Where it is in [`FULL`], a step at a time.
    path: Vec<String>,
    rule: Value,
    required: bool,
}

fn fields(rule: &Value, at: &[String], found: &mut Vec<Field>) {
    let required = rule.get("required").and_then(Value::items).unwrap_or_default();
    if let Some(Value::Map(properties)) = rule.get("properties") {
        for (name, rule) in properties {
            let path: Vec<_> = at.iter().cloned().chain([name.clone()]).collect();
            let required = required.iter().any(|it| it.as_text() == Some(name));
            found.push(Field { path: path.clone(), rule: rule.clone(), required });
            fields(rule, &path, found);
        }
    }
    if let Some(rule) = rule.get("items") {
        fields(rule, &at.iter().cloned().chain(["0".into()]).collect::<Vec<_>>(), found);
    }
}

/// `value` with what is at `path` replaced, or without it.
fn changed(value: &Value, path: &[String], to: Option<&Value>) -> Value {
    let Some((step, rest)) = path.split_first() else { return to.unwrap().clone() };
    let inner = |it: &Value| if rest.is_empty() { to.cloned() } else { Some(changed(it, rest, to)) };
    match value {
        Value::Map(entries) => Value::Map(
            entries
                .iter()
                .filter_map(|(name, it)| {
                    Some((name.clone(), if name == step { inner(it)? } else { it.clone() }))
                })
                .collect(),
        ),
        other => {
            let items = other.items().unwrap().into_iter().enumerate();
            Value::List(
                items
                    .filter_map(|(at, it)| if at.to_string() == *step { inner(&it) } else { Some(it) })
                    .collect(),
            )
        }
    }
}

/// The names of JSON types that a rule takes, that of its constant or list included.
fn takes(rule: &Value, value: &Value) -> bool {
    if let Some(only) = rule.get("const") {
        return only == value;
    }
    if let Some(allowed) = rule.get("enum").and_then(Value::items) {
        return allowed.contains(value);
    }
    let types = rule.get("type").unwrap();
    let types = types.items().unwrap_or_else(|| vec![types.clone()]);
    let name = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Text(_) => "string",
        Value::Map(_) => "object",
        Value::List(_) | Value::Numbers(_) => "array",
        _ => "number",
    };
    types.iter().any(|it| it.as_text() == Some(name))
}

/// The manifest's errors, but those about which nodes there are.
fn errors(manifest: &Value) -> Vec<String> {
    let problems = Page::default().validate(&manifest.to_json());
    let is_error = |it: &protocol::Problem| it.severity == Severity::Error;
    problems.into_iter().filter(is_error).map(|it| format!("{} {}", it.path, it.message)).collect()
}

#[test]
fn the_schema_of_the_manifest_refuses_what_the_engine_refuses() {
    let full = parse(FULL);
    assert_eq!(errors(&full), [""; 0]);
    let mut found = Vec::new();
    fields(&parse(SCHEMA), &[], &mut found);
    assert!(found.len() >= 13);
    for Field { path, rule, required } in found {
        let name = path.join("/");
        assert_eq!(!errors(&changed(&full, &path, None)).is_empty(), required, "{name} left out");
        for wrong in ["1", "true", "\"?\"", "null"].map(parse) {
            // Which ids and node types there are is no matter of the schema; capabilities are looked at inside.
            let elsewhere = matches!(path.last().unwrap().as_str(), "id" | "node_type" | "from" | "to")
                && wrong.as_text().is_some();
            if !elsewhere && path.last().unwrap() != "capabilities" {
                let errors = errors(&changed(&full, &path, Some(&wrong)));
                assert_eq!(
                    errors.is_empty(),
                    takes(&rule, &wrong),
                    "{name}: {}: {errors:?}",
                    wrong.to_json()
                );
            }
        }
    }
}
