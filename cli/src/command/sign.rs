//! `sign`: who stands for a package.
use std::fs::File;
use std::io::{BufReader, BufWriter, Write};
use std::path::PathBuf;

use package::Limits;

use super::console::Console;
use super::failure::Failure;
use super::{Done, files, keys};

/// Sign a package
///
/// Several may sign one package. What is signed is its list of hashes, so every byte of it.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// A package (.rmpkg) of format 2
    package: PathBuf,
    /// The secret key's file, as `keygen` made it
    #[arg(short, long, value_name = "FILE", default_value = "remotemedia.key")]
    key: PathBuf,
    /// Write the signed package there instead of in its place
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(crate) fn run(args: Args, console: &mut Console) -> Done {
    let key = keys::read(&args.key)?;
    let package = File::open(&args.package).map_err(|error| Failure::of_file(&args.package, &error))?;
    let output = args.output.as_ref().unwrap_or(&args.package);
    files::replace(output, |file| {
        let mut file = BufWriter::new(file);
        package::sign_to(BufReader::new(package), &key, &Limits::default(), &mut file)
            .map_err(|rejection| Failure::rejected(&args.package, &rejection))?;
        file.flush().map_err(|error| Failure::of_file(output, &error))
    })?;
    console.say(&format!("{}: signed by {}", output.display(), key.public().id()))
}
