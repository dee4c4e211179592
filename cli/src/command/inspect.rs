//! `inspect`: what a package is and holds.
use std::path::PathBuf;

use package::{Entry, Info, Permission};
use protocol::Value;

use super::console::Console;
use super::failure::Failure;
use super::options::TrustedKeys;
use super::pipeline::Opened;
use super::{Done, keys, words};

/// Show what a package is, what it holds and what it asks for
///
/// Nothing of the package is run.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// A package (.rmpkg)
    package: PathBuf,
    #[command(flatten)]
    trusted: TrustedKeys,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: Args, console: &mut Console) -> Done {
    console.json = args.json;
    let trusted = args.trusted.read()?;
    let mut opened = Opened::open(&args.package)?;
    let info = opened.package.info(&trusted).map_err(|it| Failure::rejected(&args.package, &it))?;
    if args.json {
        return console.say_json(&described(&info, opened.package.entries())?);
    }
    for line in info.text.lines() {
        console.say(&words::line(line))?;
    }
    console.say(&format!("Permissions: {}", permissions(&info)))?;
    console.say(&format!("Signature: {}", keys::in_words(&info.signature)))?;
    console.say(&format!("SHA-256: {}", info.sha256))?;
    for warning in opened.package.warnings() {
        console.say(&format!("Warning: {}", words::line(&warning.message)))?;
    }
    console.say("")?;
    entries(console, opened.package.entries())
}

/// The contents, as a table.
pub(crate) fn entries(console: &mut Console, entries: &[Entry]) -> Done {
    let sizes: Vec<String> = entries.iter().map(|it| words::bytes(it.size)).collect();
    let width = sizes.iter().map(String::len).max().unwrap_or(0);
    for (entry, size) in entries.iter().zip(sizes) {
        let name = words::line(&entry.name);
        console.say(&format!("{size:>width$}  {}  {name}", &entry.sha256[..entry.sha256.len().min(12)]))?;
    }
    Ok(())
}

/// What a package's own code would be, in words.
pub(crate) fn permissions(info: &Info) -> String {
    let words = info.permissions.iter().map(|it| match it {
        Permission::Python => "runs Python of its own",
        Permission::Wheels => "brings Python wheels",
        Permission::Plugins => "runs plugin nodes of its own",
        Permission::Executor => "brings an executor (not used by this command)",
    });
    let words = words.collect::<Vec<_>>().join(", ");
    if words.is_empty() { "none needed".into() } else { words }
}

fn described(info: &Info, entries: &[Entry]) -> Result<Value, Failure> {
    let text = serde_json::to_string(info).map_err(|error| Failure::internal(&error))?;
    let Ok(Value::Map(mut object)) = Value::from_json(&text) else { return Ok(Value::Null) };
    let entries = entries.iter().map(entry_value).collect();
    object.push(("entries".into(), Value::List(entries)));
    Ok(Value::Map(object))
}

/// An entry as the page gets it.
pub(crate) fn entry_value(entry: &Entry) -> Value {
    Value::map([
        ("name", Value::Text(entry.name.clone())),
        ("size", Value::uint(entry.size)),
        ("compressed", Value::uint(entry.compressed)),
        ("sha256", Value::Text(entry.sha256.clone())),
    ])
}
