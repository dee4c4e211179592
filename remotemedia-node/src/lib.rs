//! Nodes for RemoteMedia pipelines, compiled to wasm.
