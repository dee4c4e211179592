//! The packages that the site offers, written by the project's own packer.

use std::fs;
use std::path::Path;

use ::package::{File, PackOptions};
use anyhow::{Context, Result, anyhow};
use serde_json::{Value, json};

use crate::project::path;
use crate::stamp::files;

/// What the site is told of a package, beside its manifest; not part of the package.
const TOLD: &str = "site.json";

/// Packs every folder of `from` into `to`, with `index.json`, in the order of their names. A folder has a
/// `manifest.json`, files where the package has them, and [`TOLD`]: `title`, `summary`, and `files` that lie elsewhere in
/// the project, by their paths in the package.
///
/// # Errors
/// A file is missing, or what is packed would not open.
pub(crate) fn publish(from: &Path, to: &Path) -> Result<()> {
    let mut index = Vec::new();
    fs::create_dir_all(to)?;
    for told in files(from)?.into_iter().filter(|it| it.file_name().is_some_and(|it| it == TOLD)) {
        let folder = told.parent().unwrap_or(from);
        let name = format!("{}.rmpkg", folder.file_name().unwrap_or_default().to_string_lossy());
        let told: Value = serde_json::from_str(&fs::read_to_string(&told)?).with_context(|| name.clone())?;
        let bytes = pack(folder, &told["files"]).with_context(|| name.clone())?;
        index.push(json!({
            "file": name,
            "title": told["title"].as_str().context("`title` is missing")?,
            "summary": told["summary"].as_str().context("`summary` is missing")?,
            "bytes": bytes.len(),
        }));
        write(&to.join(name), &bytes)?;
    }
    write(&to.join("index.json"), Value::Array(index).to_string().as_bytes())
}

fn pack(folder: &Path, elsewhere: &Value) -> Result<Vec<u8>> {
    let manifest = fs::read_to_string(folder.join("manifest.json")).context("manifest.json is missing")?;
    let mut packed = Vec::new();
    for file in files(folder)? {
        let name = file.strip_prefix(folder)?.to_string_lossy().replace('\\', "/");
        if name != "manifest.json" && name != TOLD {
            packed.push(File::new(name, fs::read(&file)?));
        }
    }
    for (name, place) in elsewhere.as_object().into_iter().flatten() {
        let place = place.as_str().unwrap_or_default();
        let bytes = fs::read(path(place)).with_context(|| format!("{place} is missing"))?;
        packed.push(File::new(name.as_str(), bytes));
    }
    ::package::pack(&manifest, packed, &PackOptions::default()).map_err(|it| anyhow!("{it}"))
}

/// Leaves a file alone that is as it should be: lists of files look at what is new.
fn write(file: &Path, bytes: &[u8]) -> Result<()> {
    if fs::read(file).is_ok_and(|it| it == bytes) {
        return Ok(());
    }
    fs::write(file, bytes).with_context(|| format!("cannot write {}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    const MANIFEST: &str = r#"{ "version": "v1", "metadata": { "name": "t" }, "package": { "format": 2 },
        "nodes": [{ "id": "a", "node_type": "Echo", "params": {} }], "connections": [] }"#;

    fn folder(name: &str, content: &[(&str, &str)]) -> PathBuf {
        let folder = path("target/xtask/tests").join(name);
        fs::remove_dir_all(&folder).ok();
        for (file, text) in content {
            let file = folder.join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
        folder
    }

    #[test]
    fn each_folder_becomes_a_package_with_what_lies_in_it_and_elsewhere() {
        let told = r#"{ "title": "T", "summary": "s", "files": { "media/licence.txt": "LICENSE-MIT" } }"#;
        let content =
            [("one/manifest.json", MANIFEST), ("one/python/a.py", "A = 1\n"), ("one/site.json", told)];
        let from = folder("packages", &content);
        let to = from.join("out");
        publish(&from, &to).unwrap();
        let bytes = fs::read(to.join("one.rmpkg")).unwrap();
        let index: Value = serde_json::from_slice(&fs::read(to.join("index.json")).unwrap()).unwrap();
        let expected = json!([{ "file": "one.rmpkg", "title": "T", "summary": "s", "bytes": bytes.len() }]);
        assert_eq!(index, expected);
        let limits = ::package::Limits::default();
        let opened = ::package::Package::open(std::io::Cursor::new(bytes), Some("one.rmpkg"), &limits);
        let opened = opened.unwrap_or_else(|it| panic!("{it}"));
        let mut names: Vec<_> = opened.entries().iter().map(|it| it.name.as_str()).collect();
        names.sort_unstable();
        let expected =
            ["manifest.json", "media/licence.txt", "metadata.json", "package.lock.json", "python/a.py"];
        assert_eq!(names, expected);
    }

    #[test]
    fn what_is_missing_is_named_with_its_package() {
        let told = r#"{ "title": "T", "summary": "s", "files": { "media/a": "no/such/file" } }"#;
        let from = folder("packages-missing", &[("one/manifest.json", MANIFEST), ("one/site.json", told)]);
        let error = format!("{:#}", publish(&from, &from.join("out")).unwrap_err());
        assert!(error.starts_with("one.rmpkg: no/such/file is missing"), "{error}");
    }
}
