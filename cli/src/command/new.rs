//! `new`: something to begin with.
use std::path::{Path, PathBuf};

use clap::Subcommand;
use protocol::Code;

use super::console::Console;
use super::failure::Failure;
use super::{Done, files, templates};

/// Begin a node or a pipeline of your own
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    Node(Node),
    Pipeline(Pipeline),
}

/// A node: a plugin in Rust, or a Python file with its test
#[derive(clap::Args)]
struct Node {
    /// What to call it, in small letters: loudness, word-count
    name: String,
    /// Write it in Python
    #[arg(long)]
    python: bool,
    /// The folder to write to [default: for Rust one called NAME, for Python this one]
    #[arg(short, long, value_name = "FOLDER")]
    output: Option<PathBuf>,
}

/// A manifest that runs
#[derive(clap::Args)]
struct Pipeline {
    /// What to call it: NAME.json is written
    name: String,
    /// What it works on
    #[arg(long, value_enum, default_value = "numbers")]
    on: templates::Matter,
    /// The folder to write to
    #[arg(short, long, value_name = "FOLDER", default_value = ".")]
    output: PathBuf,
}

pub(crate) fn run(args: Args, console: &mut Console) -> Done {
    let (folder, made) = match &args.what {
        What::Node(node) => {
            let name = templates::Name::parse(&node.name).map_err(Failure::Usage)?;
            let usual = if node.python { PathBuf::from(".") } else { PathBuf::from(&node.name) };
            let made = if node.python { templates::python_node(&name) } else { templates::rust_node(&name) };
            (node.output.clone().unwrap_or(usual), made)
        }
        What::Pipeline(pipeline) => {
            let name = templates::Name::parse(&pipeline.name).map_err(Failure::Usage)?;
            (pipeline.output.clone(), templates::pipeline(&name, pipeline.on))
        }
    };
    let paths: Vec<PathBuf> = made.files.iter().map(|(name, _)| below(&folder, name)).collect();
    if let Some(path) = paths.iter().find(|it| it.exists()) {
        return Err(Failure::new(Code::InvalidInput, format!("{}: is there already", path.display())));
    }
    for (path, (_, text)) in paths.iter().zip(&made.files) {
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(|error| Failure::of_file(parent, &error))?;
        }
        files::write(path, text)?;
        console.say(&format!("wrote {}", path.display()))?;
    }
    console.say("\nNext:")?;
    let mut lines = made.next.iter().map(|line| line.replace("{folder}/", &prefix(&folder)));
    lines.try_for_each(|line| console.say(&format!("  {line}")))
}

/// `name` in `folder`, as people write it: without `./`.
fn below(folder: &Path, name: &str) -> PathBuf {
    if folder == Path::new(".") { name.into() } else { folder.join(name) }
}

fn prefix(folder: &Path) -> String {
    if folder == Path::new(".") { String::new() } else { format!("{}/", folder.display()) }
}
