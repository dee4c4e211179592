//! The package `remotemedia`, all of it: a module with nodes may build pipelines, too.
use std::io;

use tempfile::TempDir;

macro_rules! sources {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../../python-worker/python/remotemedia/", $name)))),*]
    };
}

/// Each file with its text.
const SOURCES: &[(&str, &str)] = sources![
    "__init__.py",
    "_abi.py",
    "_entry.py",
    "_errors.py",
    "_folder.py",
    "_host.py",
    "_postcard.py",
    "_reset.py",
    "_said.py",
    "_sources.py",
    "_wire.py",
    "envelope.py",
    "host.py",
    "kinds.json",
    "kinds.py",
    "node.py",
    "nodes/__init__.py",
    "nodes/data_transform.py",
    "nodes/text_processor.py",
    "pipelines/__init__.py",
    "pipelines/archive.py",
    "pipelines/errors.py",
    "pipelines/forms.py",
    "pipelines/local.py",
    "pipelines/pipeline.py",
    "pipelines/running.py",
    "pipelines/signing.py",
    "pipelines/sources.py",
    "pipelines/wasi.py",
    "state.py",
    "values.py",
];

/// A temporary folder with the package in it, for `PYTHONPATH`.
pub(super) fn written() -> io::Result<TempDir> {
    let home = tempfile::Builder::new().prefix("remotemedia-").tempdir()?;
    let package = home.path().join("remotemedia");
    for (name, text) in SOURCES {
        let path = package.join(name);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(path, text)?;
    }
    Ok(home)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn listed(folder: &Path, prefix: &str, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            if name.ends_with("__pycache__") || name == "py.typed" {
                continue;
            }
            if entry.path().is_dir() {
                listed(&entry.path(), &format!("{name}/"), found);
            } else {
                found.push(name);
            }
        }
    }

    #[test]
    fn every_file_of_the_package_is_in_here() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../python-worker/python/remotemedia");
        let mut found = Vec::new();
        listed(&folder, "", &mut found);
        found.sort();
        let here: Vec<_> = SOURCES.iter().map(|(name, _)| *name).collect();
        assert_eq!(here, found);
    }
}
