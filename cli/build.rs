//! Lists the sources of the package `remotemedia` for the interpreter inside the WASI command.
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

const PACKAGE: &str = "../python-worker/python/remotemedia";
/// For programs: nodes have no use for it.
const NOT_FOR_NODES: &str = "pipelines";

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed={PACKAGE}");
    if env::var_os("CARGO_FEATURE_PYTHON").is_none() {
        return Ok(());
    }
    let package = fs::canonicalize(PACKAGE)?;
    let mut files = Vec::new();
    collect(&package, &mut files)?;
    files.sort();
    let mut list = String::from("const SOURCES: &[(&str, &str)] = &[\n");
    for file in files {
        let inside = file.strip_prefix(&package).map_err(io::Error::other)?;
        let inside = inside.to_string_lossy().replace('\\', "/");
        // Writing to a String cannot fail.
        _ = writeln!(list, "(\"<remotemedia>/remotemedia/{inside}\", include_str!({file:?})),");
    }
    list.push_str("];\n");
    let out = env::var_os("OUT_DIR").ok_or(io::ErrorKind::NotFound)?;
    fs::write(Path::new(&out).join("sources.rs"), list)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() && !path.ends_with(NOT_FOR_NODES) {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|it| it == "py") {
            files.push(path);
        }
    }
    Ok(())
}
