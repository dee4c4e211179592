//! What a package says of itself.

use serde::Serialize;
use serde_json::Value;

use crate::Signature;

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
