//! `unpack`: the files of a package, in a folder.
use std::fs::File;
use std::io::BufWriter;
use std::path::{Component, Path, PathBuf};

use package::Package;
use protocol::{Code, Value};

use super::console::Console;
use super::failure::Failure;
use super::pipeline::Opened;
use super::{Done, inspect, words};

/// Take a package apart, or list what is in it
///
/// Every file is checked against the package's list of hashes. Files that are there already are not overwritten.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// A package (.rmpkg)
    package: PathBuf,
    /// The folder to put the files in; it is made if need be [default: the package's name without .rmpkg]
    #[arg(short, long, value_name = "FOLDER")]
    output: Option<PathBuf>,
    /// List the files, write none
    #[arg(short, long, conflicts_with = "output")]
    list: bool,
    /// One JSON object for each file
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: Args, console: &mut Console) -> Done {
    console.json = args.json;
    let mut opened = Opened::open(&args.package)?;
    let names: Vec<String> = opened.package.entries().iter().map(|it| it.name.clone()).collect();
    let folder = args.output.unwrap_or_else(|| args.package.with_extension(""));
    if !args.list {
        all(&mut opened.package, &names, &folder)?;
    }
    if args.json {
        let values: Vec<Value> = opened.package.entries().iter().map(inspect::entry_value).collect();
        return values.iter().try_for_each(|it| console.say_json(it));
    }
    if args.list {
        return inspect::entries(console, opened.package.entries());
    }
    let place = words::line(&folder.display().to_string());
    console.say(&format!("{} in {place}", words::count(names.len(), "file")))
}

/// Writes `names` of a package below `folder`.
pub(crate) fn all(package: &mut Package<File>, names: &[String], folder: &Path) -> Result<(), Failure> {
    // All of them first: half a package helps nobody.
    let paths: Vec<PathBuf> = names.iter().map(|it| below(folder, it)).collect::<Result<_, _>>()?;
    if let Some(path) = paths.iter().find(|it| it.symlink_metadata().is_ok()) {
        return Err(Failure::new(Code::InvalidInput, format!("{}: is there already", path.display())));
    }
    for (name, path) in names.iter().zip(&paths) {
        one(package, name, path)?;
    }
    Ok(())
}

fn one(package: &mut Package<File>, name: &str, path: &Path) -> Result<(), Failure> {
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).map_err(|error| Failure::of_file(parent, &error))?;
    }
    let file = File::create_new(path).map_err(|error| Failure::of_file(path, &error))?;
    let mut out = BufWriter::new(file);
    package.copy(name, &mut out).map_err(|rejection| {
        // What was written is not what the package promised.
        _ = std::fs::remove_file(path);
        Failure::rejected(path, &rejection)
    })?;
    out.into_inner().map(drop).map_err(|error| Failure::of_file(path, error.error()))
}

/// Where an entry goes. The package was checked; this holds whatever it said.
fn below(folder: &Path, name: &str) -> Result<PathBuf, Failure> {
    let relative = Path::new(name);
    let is_safe = relative.components().all(|it| matches!(it, Component::Normal(_)));
    if is_safe && !name.contains(['\\', ':', '\0']) {
        return Ok(folder.join(relative));
    }
    Err(Failure::new(Code::PackageRejected, format!("`{}` is no name to unpack", words::line(name))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_written_outside_the_folder() {
        let folder = Path::new("out");
        for name in ["../a", "/a", "a/../../b", "C:\\a", "a\\b", "c:a", "."] {
            assert!(below(folder, name).is_err(), "{name}");
        }
        assert_eq!(below(folder, "models/a/b.bin").ok(), Some(folder.join("models/a/b.bin")));
    }
}
