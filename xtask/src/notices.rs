//! The licenses of everything that is shipped and not ours.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::project::{cargo, path, run_quietly};

const RULE: &str = "\n----------------------------------------------------------------------\n";

/// The crates that the wasm modules are compiled from.
const ROOTS: [&str; 5] = ["main-thread", "runtime-worker", "python-worker", "node-abi", "package"];

/// The npm packages that are bundled into the scripts.
const MODULES: [&str; 1] = ["@bjorn3/browser_wasi_shim"];

struct Part {
    name: String,
    version: String,
    license: String,
    repository: String,
    folder: PathBuf,
}

/// The text of `THIRD-PARTY-NOTICES.txt`.
///
/// # Errors
/// cargo fails, or a file cannot be read.
pub(crate) fn text() -> Result<String> {
    let mut text = String::from("What this package contains and others wrote.\n");
    text.push_str("\n= Python =\n\n");
    text.push_str(&fs::read_to_string(path("xtask/notices/python.txt"))?);
    text.push_str("\n= JavaScript =\n\n");
    let modules = MODULES.iter().map(|name| module(name)).collect::<Result<Vec<_>>>()?;
    list_parts(&mut text, &modules)?;
    text.push_str("\n= Rust =\n\n");
    let mut parts = crates()?;
    list_parts(&mut text, &parts)?;
    parts.extend(modules);
    text.push_str("\n= Licenses =\n");
    for (license, users) in license_texts(&parts)? {
        write!(
            text,
            "{RULE}{}{RULE}\n{}\n",
            users.into_iter().collect::<Vec<_>>().join(", "),
            license.trim_end()
        )?;
    }
    for (name, file) in [("CPython", "PSF-2.0.txt"), ("Pyodide, and crates under MPL-2.0", "MPL-2.0.txt")] {
        write!(text, "{RULE}{name}{RULE}\n{}", fs::read_to_string(path("xtask/notices").join(file))?)?;
    }
    Ok(text)
}

fn list_parts(text: &mut String, parts: &[Part]) -> Result<()> {
    for Part { name, version, license, repository, .. } in parts {
        writeln!(text, "{name} {version}, {license}\n  {repository}")?;
    }
    Ok(())
}

/// A package of npm's.
fn module(name: &str) -> Result<Part> {
    let folder = path("node_modules").join(name);
    let manifest: Value = serde_json::from_str(&fs::read_to_string(folder.join("package.json"))?)?;
    let text = |value: &Value| string(value).to_owned();
    Ok(Part {
        name: name.to_owned(),
        version: text(&manifest["version"]),
        license: text(&manifest["license"]),
        repository: text(&manifest["repository"]["url"]),
        folder,
    })
}

/// Third-party crates that the roots are compiled with, by name.
fn crates() -> Result<Vec<Part>> {
    let mut command = cargo();
    command.args(["metadata", "--format-version", "1", "--all-features", "--locked"]);
    let metadata = run_quietly(command.args(["--filter-platform", "wasm32-unknown-unknown"]))?;
    let metadata: Value = serde_json::from_str(&metadata)?;
    let packages: HashMap<&str, &Value> =
        list(&metadata["packages"]).map(|it| (string(&it["id"]), it)).collect();
    let nodes: HashMap<&str, &Value> =
        list(&metadata["resolve"]["nodes"]).map(|it| (string(&it["id"]), it)).collect();
    let mut open: Vec<&str> = packages
        .values()
        .filter(|it| ROOTS.contains(&string(&it["name"])))
        .map(|it| string(&it["id"]))
        .collect();
    let mut seen = BTreeSet::new();
    while let Some(id) = open.pop() {
        if seen.insert(id) {
            let node = nodes.get(id).with_context(|| format!("cargo metadata has no node `{id}`"))?;
            open.extend(list(&node["deps"]).filter(|it| is_linked(it)).map(|it| string(&it["pkg"])));
        }
    }
    let mut parts: Vec<Part> = seen
        .iter()
        .filter_map(|id| packages.get(id))
        .filter(|it| !it["source"].is_null())
        .map(|it| part(it))
        .collect();
    parts.sort_by(|a, b| (&a.name, &a.version).cmp(&(&b.name, &b.version)));
    Ok(parts)
}

fn part(package: &Value) -> Part {
    let text = |key: &str| string(&package[key]).to_owned();
    let manifest = PathBuf::from(text("manifest_path"));
    Part {
        name: text("name"),
        version: text("version"),
        license: text("license"),
        repository: text("repository"),
        folder: manifest.parent().unwrap_or(&manifest).to_owned(),
    }
}

/// Whether a dependency's code ends in the module: build scripts' and tests' does not.
fn is_linked(dependency: &Value) -> bool {
    list(&dependency["dep_kinds"]).any(|it| it["kind"].is_null())
}

/// Each license text, with the crates it came with. Of a choice that includes MIT, MIT is taken.
fn license_texts(parts: &[Part]) -> Result<BTreeMap<String, BTreeSet<String>>> {
    let mut texts: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for part in parts {
        let mut files = license_files(&part.folder)?;
        let is_mit = |it: &PathBuf| file_name(it).to_ascii_uppercase().contains("MIT");
        if part.license.contains(" OR ") && files.iter().any(is_mit) {
            files.retain(is_mit);
        }
        for file in files {
            let text = String::from_utf8_lossy(&fs::read(&file)?).replace("\r\n", "\n");
            texts.entry(text).or_default().insert(part.name.clone());
        }
    }
    Ok(texts)
}

fn license_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let file = entry?.path();
        let name = file_name(&file).to_ascii_uppercase();
        if file.is_file() && ["LICENSE", "LICENCE", "COPYING", "NOTICE"].iter().any(|it| name.starts_with(it))
        {
            found.push(file);
        }
    }
    found.sort();
    Ok(found)
}

fn file_name(file: &Path) -> &str {
    file.file_name().and_then(|it| it.to_str()).unwrap_or("")
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn string(value: &Value) -> &str {
    value.as_str().unwrap_or("")
}
