//! `metadata.json` as the original's packer makes it, and the manifest as it is packed.

use serde::Serialize;
use serde_json::Value;

use crate::info::{count, node_types};
use crate::{Rejection, manifest};

const MIB: u64 = 1 << 20;

/// The fields stand in the order in which they are written.
#[derive(Serialize)]
struct Metadata<'a> {
    package_name: &'a str,
    package_version: &'a str,
    author: &'a str,
    license: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_at: Option<&'a str>,
    runtime_info: RuntimeInfo,
    performance_hints: Hints,
}

#[derive(Serialize)]
struct RuntimeInfo {
    wasm_size_bytes: u64,
    has_python_nodes: bool,
    has_rust_nodes: bool,
    node_types: Vec<String>,
    node_count: usize,
    connection_count: usize,
}

#[derive(Serialize)]
struct Hints {
    expected_load_time_ms: u32,
    expected_execution_time_ms: u32,
    memory_requirement_mb: u64,
}

/// The text of `metadata.json` for `manifest` and an executor of `wasm` bytes.
pub(crate) fn make(manifest: &Value, wasm: u64, created_at: Option<&str>) -> Result<String, Rejection> {
    let named = |name: &str, default: &'static str| {
        let found = manifest.get("metadata").and_then(|it| it.get(name)).and_then(Value::as_str);
        found.filter(|it| !it.is_empty()).unwrap_or(default)
    };
    let node_types = node_types(manifest);
    let has_python_nodes = node_types.iter().any(|it| is_python(it));
    let has_rust_nodes = node_types.iter().any(|it| ["MultiplyNode", "AddNode"].contains(&it.as_str()));
    let metadata = Metadata {
        package_name: named("name", "unnamed-pipeline"),
        package_version: named("version", "1.0.0"),
        author: named("author", "Unknown"),
        license: named("license", "MIT"),
        created_at,
        runtime_info: RuntimeInfo {
            wasm_size_bytes: wasm,
            has_python_nodes,
            has_rust_nodes,
            node_types,
            node_count: count(manifest, "nodes"),
            connection_count: count(manifest, "connections"),
        },
        performance_hints: Hints {
            expected_load_time_ms: if wasm < 10 * MIB { 50 } else { 200 },
            expected_execution_time_ms: if has_python_nodes { 50 } else { 10 },
            memory_requirement_mb: wasm.div_ceil(MIB) + 20,
        },
    };
    serde_json::to_string_pretty(&metadata).map_err(|error| Rejection::new(error.to_string()))
}

fn is_python(node_type: &str) -> bool {
    node_type.contains("Python") || ["TextProcessorNode", "DataTransformNode"].contains(&node_type)
}

/// `text`, saying that it is the manifest of a package of format 2. What it says of that stays; so does the rest.
///
/// # Errors
/// It is not JSON, or says that it is of another format.
pub(crate) fn with_format(text: &str) -> Result<String, Rejection> {
    let invalid = |why: &dyn std::fmt::Display| Rejection::new(format!("Invalid manifest.json: {why}"));
    let value: Value = serde_json::from_str(text).map_err(|error| invalid(&error))?;
    let object = value.as_object().ok_or_else(|| invalid(&"an object is expected"))?;
    if value.pointer("/package/format").is_some() {
        return match manifest::format(&value)? {
            2 => Ok(text.to_owned()),
            other => Err(Rejection::new(format!("package.format is {other} in the manifest, not 2"))),
        };
    }
    let (key, fields) = match object.get("package") {
        None => (None, object.len()),
        Some(Value::Object(package)) => (Some("package"), package.len()),
        Some(_) => return Err(invalid(&"`package` is no object")),
    };
    let at = start_of(text, key).ok_or_else(|| invalid(&"`package` is there twice"))?;
    let format = if key.is_some() { "\"format\": 2" } else { "\"package\": { \"format\": 2 }" };
    let comma = if fields > 0 { "," } else { "" };
    Ok([&text[..at], " ", format, comma, &text[at..]].concat())
}

/// Where the fields begin of the object that `text` (valid JSON) is, or that the last of its fields called `key` is.
fn start_of(text: &str, key: Option<&str>) -> Option<usize> {
    let Some(key) = key else { return text.find('{').map(|at| at + 1) };
    let (mut depth, mut found, mut string) = (0, None, None);
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        match (bytes[at], string) {
            (b'\\', Some(_)) => at += 1,
            (b'"', Some(from)) => {
                string = None;
                let is_key = depth == 1 && text[at + 1..].trim_start().starts_with(':');
                if is_key && serde_json::from_str(&text[from..=at]).ok() == Some(key.to_owned()) {
                    found = text[at..].find('{').map(|offset| at + offset + 1);
                }
            }
            (b'"', None) => string = Some(at),
            (b'{' | b'[', None) => depth += 1,
            (b'}' | b']', None) => depth -= 1,
            _ => {}
        }
        at += 1;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let made = with_format(text).unwrap_or_else(|it| it.to_string());
        assert_eq!(made, expected);
    }

    #[test]
    fn a_manifest_is_told_its_format_and_keeps_the_rest_of_its_text() {
        check("{}", "{ \"package\": { \"format\": 2 }}");
        check(" {\n  \"b\": 1.0}", " { \"package\": { \"format\": 2 },\n  \"b\": 1.0}");
        check(r#"{"package":{}}"#, r#"{"package":{ "format": 2}}"#);
        check(
            r#"{"a":"package","package" : {"x":1}}"#,
            r#"{"a":"package","package" : { "format": 2,"x":1}}"#,
        );
        check(
            r#"{"a":{"package":{"\\\"":[]}},"p\u0061ckage":{"x":1}}"#,
            r#"{"a":{"package":{"\\\"":[]}},"p\u0061ckage":{ "format": 2,"x":1}}"#,
        );
        check(r#"{"package":{"format":2}}"#, r#"{"package":{"format":2}}"#);
    }

    #[test]
    fn a_manifest_that_says_otherwise_is_refused() {
        check("[]", "Invalid manifest.json: an object is expected");
        check("{", "Invalid manifest.json: EOF while parsing an object at line 1 column 1");
        check(r#"{"package":1}"#, "Invalid manifest.json: `package` is no object");
        check(r#"{"package":{"format":1}}"#, "package.format is 1 in the manifest, not 2");
        check(
            r#"{"package":{"format":3}}"#,
            "Invalid manifest:\nUnsupported package format: 3 (this version reads 1 and 2)",
        );
    }
}
