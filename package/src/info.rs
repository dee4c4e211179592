//! What a package says of itself.

use serde::Serialize;
use serde_json::Value;

use crate::layout::{MEDIA, MODELS, PLUGINS, PYTHON, RUNTIME, WHEELS};
use crate::text::size;
use crate::{Entry, Signature};

/// What a package needs the page's consent for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Permission {
    /// It brings Python modules.
    Python,
    /// It brings Python wheels.
    Wheels,
    /// It brings nodes compiled to WebAssembly.
    Plugins,
    /// It brings an executor of its own, which runs only where the caller asks for it.
    Executor,
}

/// What a package is and holds. Serialized, it is the `PackageInfo` of the JavaScript API.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Info {
    /// `metadata.name` of the manifest, else `package_name` of `metadata.json`.
    pub name: Option<String>,
    /// `metadata.version`, else `package_version`.
    pub version: Option<String>,
    /// `metadata.description`.
    pub description: Option<String>,
    /// `metadata.author`, else `author`.
    pub author: Option<String>,
    /// `metadata.license`, else `license`.
    pub license: Option<String>,
    /// 1 or 2.
    pub format: u8,
    /// Bytes of the file.
    pub size: u64,
    /// SHA-256 of the file, in hexadecimal.
    pub sha256: String,
    /// Types of its nodes, each once, in the manifest's order.
    pub node_types: Vec<String>,
    /// Nodes of its manifest.
    pub node_count: usize,
    /// Connections of its manifest.
    pub connection_count: usize,
    /// What it needs consent for.
    pub permissions: Vec<Permission>,
    /// Whether it is signed, and by whom.
    pub signature: Signature,
    /// Bytes of its `runtime.wasm`.
    pub executor: Option<u64>,
    /// Entries below `models/`.
    pub models: Vec<String>,
    /// Entries below `media/`.
    pub media: Vec<String>,
    /// `metadata.json`, if there is one that is JSON.
    pub metadata: Option<Value>,
    /// The lines that the original shows.
    pub text: String,
}

/// Where it all comes from.
pub(crate) struct About<'a> {
    pub(crate) manifest: &'a Value,
    pub(crate) metadata: Option<&'a Value>,
    pub(crate) entries: &'a [Entry],
}

impl About<'_> {
    pub(crate) fn info(&self, format: u8, size: u64, sha256: String, signature: Signature) -> Info {
        let named = |name: &str| self.of_manifest(name);
        Info {
            name: self.of_metadata("package_name").or(named("name")),
            version: self.of_metadata("package_version").or(named("version")),
            description: named("description"),
            author: self.of_metadata("author").or(named("author")),
            license: self.of_metadata("license").or(named("license")),
            format,
            size,
            sha256,
            node_types: node_types(self.manifest),
            node_count: count(self.manifest, "nodes"),
            connection_count: count(self.manifest, "connections"),
            permissions: self.permissions(),
            signature,
            executor: self.executor(),
            models: self.below(MODELS),
            media: self.below(MEDIA),
            metadata: self.metadata.cloned(),
            text: self.text(),
        }
    }

    /// `manifest.metadata.NAME`, unless it is empty.
    fn of_manifest(&self, name: &str) -> Option<String> {
        text_of(self.manifest.get("metadata")?.get(name))
    }
    /// The same of `metadata.json`.
    fn of_metadata(&self, name: &str) -> Option<String> {
        text_of(self.metadata?.get(name))
    }
    fn below(&self, folder: &str) -> Vec<String> {
        self.entries.iter().map(|it| &it.name).filter(|it| it.starts_with(folder)).cloned().collect()
    }
    fn executor(&self) -> Option<u64> {
        self.entries.iter().find(|it| it.name == RUNTIME).map(|it| it.size)
    }
    fn permissions(&self) -> Vec<Permission> {
        let brings = [
            (Permission::Python, PYTHON),
            (Permission::Wheels, WHEELS),
            (Permission::Plugins, PLUGINS),
            (Permission::Executor, RUNTIME),
        ];
        let brings = brings.into_iter().filter(|(_, prefix)| !self.below(prefix).is_empty());
        brings.map(|(permission, _)| permission).collect()
    }

    /// As the original's loader shows it, line for line.
    fn text(&self) -> String {
        let name = self.of_metadata("package_name").or(self.of_manifest("name"));
        let mut lines = vec![("Package", name.unwrap_or_else(|| "Unnamed".into()))];
        let mut add = |label, value: Option<String>| lines.extend(value.map(|value| (label, value)));
        add("Version", self.of_metadata("package_version").or(self.of_manifest("version")));
        add("Description", self.of_manifest("description"));
        add("Author", self.of_metadata("author").or(self.of_manifest("author")));
        add("Nodes", Some(count(self.manifest, "nodes").to_string()));
        add("Connections", Some(count(self.manifest, "connections").to_string()));
        let target = text_of(self.manifest.pointer("/runtime/target"));
        add("Runtime", Some(target.unwrap_or_else(|| "wasm32-wasi (default)".into())));
        add("WASM Size", self.executor().map(size));
        let types = self.metadata.and_then(|it| it.pointer("/runtime_info/node_types")?.as_array());
        add("Node Types", types.map(|it| it.iter().map(plain).collect::<Vec<_>>().join(", ")));
        for (label, name, unit) in [
            ("Est. Load Time", "expected_load_time_ms", "ms"),
            ("Est. Execution Time", "expected_execution_time_ms", "ms"),
            ("Memory Required", "memory_requirement_mb", "MB"),
        ] {
            let hint = self.metadata.and_then(|it| it.get("performance_hints")?.get(name));
            add(label, hint.map(|it| plain(it) + unit));
        }
        lines.iter().map(|(label, value)| format!("{label}: {value}")).collect::<Vec<_>>().join("\n")
    }
}

fn text_of(value: Option<&Value>) -> Option<String> {
    value?.as_str().filter(|it| !it.is_empty()).map(str::to_owned)
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

pub(crate) fn count(manifest: &Value, list: &str) -> usize {
    manifest.get(list).and_then(Value::as_array).map_or(0, Vec::len)
}

/// Types of the nodes of `manifest`, each once, in its order.
pub(crate) fn node_types(manifest: &Value) -> Vec<String> {
    let mut types = Vec::new();
    for node in manifest.get("nodes").and_then(Value::as_array).into_iter().flatten() {
        if let Some(name) = node.get("node_type").and_then(Value::as_str)
            && !types.iter().any(|it| it == name)
        {
            types.push(name.to_owned());
        }
    }
    types
}
