//! `pack`: a pipeline and what it needs, in one file.
use std::fs::File;
use std::path::{Path, PathBuf};

use package::{PackOptions, ReadSeek, SigningKey};
use protocol::{Code, Severity};

use super::console::Console;
use super::failure::Failure;
use super::report::{self, Document};
use super::{Done, files, keys, words};
use crate::Executor;

/// Files up to this size are read at once, so that a package of thousands needs no thousands of open files.
const SMALL: u64 = 1 << 20;
/// What a package's writer makes itself.
const MADE: [&str; 2] = ["package.lock.json", "signature"];

/// Pack a pipeline and everything it needs into one file
///
/// SOURCE is a folder laid out as a package (manifest.json, python/, wheels/, models/, media/, plugins/), or a manifest.
/// The same input gives the same bytes.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  remotemedia pack subtitles/ -o subtitles.rmpkg
  remotemedia pack talk.json -o talk.rmpkg --add models/tiny=tiny/ --add python/clean.py=clean.py
  remotemedia pack -m calculator.json -w pipeline_executor_wasm.wasm -o calculator.rmpkg --format 1")]
pub(crate) struct Args {
    /// A folder or a manifest
    #[arg(required_unless_present = "manifest")]
    source: Option<PathBuf>,
    /// The manifest, in the words of the original's packer
    #[arg(short, long, value_name = "FILE", conflicts_with = "source")]
    manifest: Option<PathBuf>,
    /// The package to write
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// A file or folder to add, and its place in the package; repeat it for more
    #[arg(long, value_name = "PLACE=FILE")]
    add: Vec<String>,
    /// A WASI executor to bring along as runtime.wasm
    #[arg(short, long, value_name = "FILE")]
    wasm: Option<PathBuf>,
    /// The text of metadata.json; else it is made from the manifest
    #[arg(long, value_name = "FILE")]
    metadata: Option<PathBuf>,
    /// Sign with this secret key
    #[arg(long, value_name = "KEYFILE")]
    sign: Option<PathBuf>,
    /// 1 is for the original's loader: it needs --wasm, and brings nothing but the manifest
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=2))]
    format: u8,
}

/// What goes into the package.
#[derive(Default)]
struct Contents {
    manifest: Option<PathBuf>,
    metadata: Option<PathBuf>,
    /// Place in the package, and file.
    files: Vec<(String, PathBuf)>,
}

pub(crate) fn run(args: Args, console: &mut Console) -> Done {
    let source = args.source.as_ref().or(args.manifest.as_ref());
    let source = source.ok_or_else(|| Failure::Usage("a folder or a manifest is needed".into()))?;
    let mut contents = Contents::of(source)?;
    contents.metadata = args.metadata.or(contents.metadata);
    for it in &args.add {
        contents.add(it)?;
    }
    contents.files.extend(args.wasm.map(|it| ("runtime.wasm".into(), it)));
    let manifest = contents.checked_manifest(console)?;
    let metadata = contents.metadata.as_deref().map(files::text).transpose()?;
    let sign: Option<SigningKey> = args.sign.as_deref().map(keys::read).transpose()?;
    let options = PackOptions { format: args.format, metadata, sign, ..PackOptions::default() };
    let packed = contents.files.iter().map(opened).collect::<Result<Vec<_>, _>>()?;
    files::replace(&args.output, |file| {
        package::pack_to(&manifest, packed, &options, file)
            .map_err(|rejection| Failure::rejected(&args.output, &rejection))
    })?;
    let size = std::fs::metadata(&args.output).map_or(0, |it| it.len());
    let count = words::count(contents.files.len() + 1, "file");
    console.say(&format!("{}: {count}, {}", args.output.display(), words::bytes(size)))
}

impl Contents {
    fn of(source: &Path) -> Result<Self, Failure> {
        let facts = std::fs::metadata(source).map_err(|error| Failure::of_file(source, &error))?;
        if !facts.is_dir() {
            return Ok(Contents { manifest: Some(source.into()), ..Contents::default() });
        }
        let mut contents = Contents::default();
        for path in files::within(source)? {
            let name = place_of(&path, source)?;
            match name.as_str() {
                "manifest.json" => contents.manifest = Some(path),
                "metadata.json" => contents.metadata = Some(path),
                name if MADE.contains(&name) => {}
                name if name.split('/').any(|part| part == "__pycache__") => {}
                _ => contents.files.push((name, path)),
            }
        }
        if contents.manifest.is_none() {
            return Err(Failure::new(
                Code::LoadFailed,
                format!("{}: has no manifest.json", source.display()),
            ));
        }
        Ok(contents)
    }

    /// Adds what `--add PLACE=FILE` says.
    fn add(&mut self, it: &str) -> Result<(), Failure> {
        let Some((place, file)) =
            it.split_once('=').filter(|(place, file)| !place.is_empty() && !file.is_empty())
        else {
            return Err(Failure::Usage(format!("--add {it}: PLACE=FILE, for example models/tiny=tiny/")));
        };
        let (place, path) = (place.trim_end_matches('/'), Path::new(file));
        let facts = std::fs::metadata(path).map_err(|error| Failure::of_file(path, &error))?;
        if !facts.is_dir() {
            self.files.push((place.into(), path.into()));
            return Ok(());
        }
        for inner in files::within(path)? {
            self.files.push((format!("{place}/{}", place_of(&inner, path)?), inner));
        }
        Ok(())
    }

    /// The manifest's text. A pipeline that could not run is not packed; nodes that nobody knows yet may come with it.
    fn checked_manifest(&self, console: &mut Console) -> Result<String, Failure> {
        let Some(path) = &self.manifest else { return Ok(String::new()) };
        let text = files::text(path)?;
        let document = Document { name: path.display().to_string(), manifest: 0..text.len(), text };
        let mut problems = Executor::new().validate(&document.text, None);
        problems.retain(|it| it.code != Code::UnknownNode);
        if problems.iter().any(|it| it.severity == Severity::Error) {
            report::problems(console, Some(&document), &problems);
            console.tell(&report::summary(&document.name, &problems));
            return Err(Failure::Told);
        }
        Ok(document.text)
    }
}

/// The name of an entry: parts with `/` between them, whatever this system writes.
fn place_of(path: &Path, folder: &Path) -> Result<String, Failure> {
    let relative = path.strip_prefix(folder).unwrap_or(path);
    let parts = relative.components().map(|it| it.as_os_str().to_str());
    let parts: Option<Vec<&str>> = parts.collect();
    let refused = || Failure::new(Code::InvalidInput, format!("{}: its name is no text", path.display()));
    parts.map(|it| it.join("/")).ok_or_else(refused)
}

fn opened((name, path): &(String, PathBuf)) -> Result<package::File<'static>, Failure> {
    let failed = |error: std::io::Error| Failure::of_file(path, &error);
    let size = std::fs::metadata(path).map_err(failed)?.len();
    let data: Box<dyn ReadSeek> = if size <= SMALL {
        Box::new(std::io::Cursor::new(std::fs::read(path).map_err(failed)?))
    } else {
        Box::new(File::open(path).map_err(failed)?)
    };
    Ok(package::File { name: name.clone(), data })
}
