//! Which files a package may have, and what must be true of them.

use protocol::Problem;
use serde_json::Value;

use crate::lock::LOCK;
use crate::manifest::{self, Findings, TOLD};
use crate::rejection::problem;
use crate::signature::SIGNATURE;
use crate::text::{line, shown};
use crate::{Limits, Rejection};

pub(crate) const MANIFEST: &str = "manifest.json";
pub(crate) const METADATA: &str = "metadata.json";
pub(crate) const RUNTIME: &str = "runtime.wasm";
pub(crate) const PYTHON: &str = "python/";
pub(crate) const WHEELS: &str = "wheels/";
pub(crate) const MODELS: &str = "models/";
pub(crate) const MEDIA: &str = "media/";
pub(crate) const PLUGINS: &str = "plugins/";

/// What format 1 does not know.
const OF_FORMAT_2: &[&str] = &[PYTHON, WHEELS, MODELS, PLUGINS];

/// What the manifest and the names of the files come to.
pub(crate) struct Head {
    pub(crate) format: u8,
    pub(crate) manifest: Value,
    pub(crate) warnings: Vec<Problem>,
}

/// A manifest as it was parsed, if there is one.
pub(crate) type Parsed = Option<serde_json::Result<Value>>;

/// The format of a package whose files are called `names`, so far as it can be told.
pub(crate) fn format(manifest: &Parsed, names: &[&str]) -> Result<u8, Problem> {
    match manifest {
        Some(Ok(manifest)) => manifest::format(manifest),
        _ => Ok(if names.contains(&LOCK) { 2 } else { 1 }),
    }
}

/// Checks the manifest and the names, in the order of the original.
///
/// # Errors
/// Everything that is wrong at the first step where something is.
pub(crate) fn check(manifest: Parsed, names: &[&str]) -> Result<Head, Rejection> {
    let format = format(&manifest, names)?;
    let required = [MANIFEST, if format == 1 { RUNTIME } else { LOCK }];
    let missing: Vec<&str> = required.into_iter().filter(|it| !names.contains(it)).collect();
    let manifest = match manifest {
        Some(manifest) if missing.is_empty() => manifest,
        _ => return Err(Rejection::new(format!("Missing required files: {}", missing.join(", ")))),
    };
    let invalid = |why: String| Rejection::new(format!("Invalid {MANIFEST}: {why}"));
    let manifest = manifest.map_err(|error| invalid(error.to_string()))?;
    if !manifest.is_object() {
        return Err(invalid("an object is expected".into()));
    }
    let Findings { mut errors, warnings } = manifest::check(&manifest, format, names.contains(&RUNTIME));
    if format == 2 {
        errors.extend(missing_media(&manifest, names));
    }
    errors.extend(names.iter().filter_map(|it| misplaced(it, format)).take(TOLD));
    if errors.is_empty() {
        Ok(Head { format, manifest, warnings })
    } else {
        Err(Rejection { problems: errors })
    }
}

/// Example inputs that name an entry which the package lacks.
fn missing_media(manifest: &Value, names: &[&str]) -> Vec<Problem> {
    let inputs = manifest.pointer("/package/example/inputs").and_then(Value::as_array);
    let named = inputs.into_iter().flatten().enumerate();
    let missing = named.filter_map(|(i, input)| {
        let object = input.as_object().filter(|it| it.len() == 1)?;
        let name = object.get("media")?.as_str().filter(|it| !names.contains(it))?;
        let message = format!("Example input {i}: `{}` is not in the package", shown(name));
        Some(problem(format!("/package/example/inputs/{i}"), message))
    });
    missing.take(TOLD).collect()
}

fn misplaced(name: &str, format: u8) -> Option<Problem> {
    let it = shown(name);
    let needs = "needs package.format 2 in the manifest";
    let message = if format == 1 && [LOCK, SIGNATURE].contains(&name) {
        format!("Downgraded package: `{it}` {needs}")
    } else if format == 1 && OF_FORMAT_2.iter().any(|folder| name.starts_with(folder)) {
        format!("`{it}` {needs}")
    } else if !is_of(name, WHEELS, ".whl") {
        format!("`{it}` is no wheel: only wheels/NAME.whl is expected there")
    } else if !is_of(name, PLUGINS, ".wasm") {
        format!("`{it}` is no plugin: only plugins/NAME.wasm is expected there")
    } else {
        return None;
    };
    Some(problem(String::new(), message))
}

fn is_of(name: &str, folder: &str, ending: &str) -> bool {
    name.strip_prefix(folder).is_none_or(|it| !it.contains('/') && it.ends_with(ending))
}

/// Files that are stored as they are, so that a page can use slices of the package.
pub(crate) fn is_stored(name: &str) -> bool {
    name.starts_with(MODELS) || name.starts_with(MEDIA)
}

/// Whether the file `name` is a text of ours, which a package is judged by.
pub(crate) fn is_text(name: &str) -> bool {
    [MANIFEST, METADATA, LOCK, SIGNATURE].contains(&name)
}

/// How many bytes of the file `name` are needed to [check its contents](check_contents), and how many it may have.
pub(crate) fn looks_into(name: &str, limits: &Limits) -> (u64, u64) {
    match name {
        _ if is_text(name) => (u64::MAX, limits.text),
        RUNTIME => (4, u64::MAX),
        _ if name.starts_with(PLUGINS) => (u64::MAX, limits.plugin),
        _ => (0, u64::MAX),
    }
}

/// Whether the WebAssembly module `name` is one, by as many of its bytes as [`looks_into`] says.
pub(crate) fn check_contents(name: &str, bytes: &[u8], limits: &Limits) -> Result<(), Problem> {
    let verdict = match name {
        RUNTIME if !bytes.starts_with(b"\0asm") => Err("is no WebAssembly module (bad magic number)".into()),
        _ if name.starts_with(PLUGINS) => node_abi::module::check(bytes, limits.plugin_memory),
        _ => return Ok(()),
    };
    // A module's own names may stand in it.
    verdict.map_err(|why| problem(String::new(), format!("Invalid {}: it {}", shown(name), line(&why, 400))))
}
