//! `keygen`: a key to sign packages with.
use std::fs::OpenOptions;
use std::io::Write;
use std::path::PathBuf;

use package::SigningKey;
use protocol::{Code, Value};

use super::console::Console;
use super::failure::Failure;
use super::{Done, files, keys};

/// Make a key to sign packages with
///
/// Writes the secret key to FILE, readable by you alone, and the public one to FILE.pub; shows the public one.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Where to write the secret key
    #[arg(value_name = "FILE", default_value = "remotemedia.key")]
    file: PathBuf,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: Args, console: &mut Console) -> Done {
    console.json = args.json;
    let mut seed = [0; 32];
    getrandom::fill(&mut seed)
        .map_err(|error| Failure::new(Code::NotSupported, format!("no random numbers: {error}")))?;
    let key = SigningKey::from_seed(seed);
    let mut secret = secret_file().open(&args.file).map_err(|error| Failure::of_file(&args.file, &error))?;
    secret
        .write_all(keys::file_text(&key).as_bytes())
        .map_err(|error| Failure::of_file(&args.file, &error))?;
    let mut public_file = args.file.clone().into_os_string();
    public_file.push(".pub");
    let public_file = PathBuf::from(public_file);
    let public = key.public();
    files::write(&public_file, format!("{}\n", public.to_base64()))?;
    if args.json {
        let file = |path: &PathBuf| Value::Text(path.display().to_string());
        return console.say_json(&Value::map([
            ("id", Value::Text(public.id())),
            ("publicKey", Value::Text(public.to_base64())),
            ("secret", file(&args.file)),
            ("public", file(&public_file)),
        ]));
    }
    console.say(&format!(
        "Key {}: {} is secret, {} is for others",
        public.id(),
        args.file.display(),
        public_file.display()
    ))?;
    console.say(&public.to_base64())
}

/// A new file; a key that is there already is never overwritten.
fn secret_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}
